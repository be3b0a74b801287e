"""From a tier's definition to the runner that asks it."""

from __future__ import annotations

from typing import assert_never

from pantheon.agents._context import AgentContext
from pantheon.agents._tier import TierRunner
from pantheon.agents._tier_cloud import CloudRunner
from pantheon.agents._tier_command import CommandRunner
from pantheon.agents._tier_human import HumanRunner
from pantheon.agents._tier_process import ProcessRunner
from pantheon.agents._tier_prompt import PromptRunner
from pantheon.agents._tier_python import PythonRunner, output_fields
from pantheon.agents._tier_rules import RulesRunner
from pantheon.agents._tier_specialist import SpecialistRunner, SpecialistSlot
from pantheon.spec import (
    AgentDef,
    CloudTier,
    CommandTier,
    HumanTier,
    PromptTier,
    PythonTier,
    RulesTier,
    SpecialistTier,
    Tier,
)


def build_tier(
    tier: Tier, agent: AgentDef, *, context: AgentContext, slot: SpecialistSlot
) -> TierRunner:
    """The runner of one tier."""
    match tier:
        case SpecialistTier():
            return SpecialistRunner(slot, input_schema=agent.input)
        case PythonTier(process=True):
            return ProcessRunner(tier, agent, lambda: context.pool)
        case PythonTier():
            return PythonRunner(tier, context.functions, output_fields(agent))
        case CommandTier():
            return CommandRunner(tier, output=agent.output, root=context.root)
        case PromptTier():
            return PromptRunner(tier, agent, context.models)
        case CloudTier():
            return CloudRunner(tier, agent, context.models)
        case HumanTier():
            return HumanRunner(tier, agent, store=context.store, clock=context.clock)
        case RulesTier():
            return RulesRunner(tier)
        case _:
            assert_never(tier)
