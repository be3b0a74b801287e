"""Flows and agents as a `pantheon.yaml` of their own, with all that they use and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pantheon.interop._losses import Carried, Losses
from pantheon.interop._yaml import HEADER, write_yaml
from pantheon.spec import (
    AgentDef,
    CloudTier,
    FlowDef,
    NightDef,
    Project,
    PromptTier,
    PythonTier,
    agents_of,
    flows_of,
    to_source,
)


def to_own_yaml(project: Project, definitions: Sequence[FlowDef | AgentDef]) -> Carried:
    """The text; what lies in other files is named, since only its name is in there."""
    part = part_of(project, definitions)
    losses = Losses()
    for agent in part.agents.values():
        for what in dict.fromkeys(_beside(agent)):
            losses.add(f"agents.{agent.name}", what)
    # Below a root without files every prompt is written out, so that none has to come along.
    body = to_source(replace(part, root=Path(os.devnull)))
    return Carried(HEADER + write_yaml(body), losses.listed())


def part_of(project: Project, definitions: Sequence[FlowDef | AgentDef]) -> Project:
    """The project without what these definitions do not use."""
    flows = {each.name: each for each in definitions if isinstance(each, FlowDef)}
    for flow in list(flows.values()):
        flows |= flows_of(flow, project)
    named = {each.name for each in definitions if isinstance(each, AgentDef)}
    named |= frozenset[str]().union(*(agents_of(flow) for flow in flows.values()))
    agents = _with_judges(project, named)
    models = {name for agent in agents.values() for name in _models_of(agent)}
    return replace(
        project,
        agents=agents,
        flows={name: flow for name, flow in project.flows.items() if name in flows},
        models={name: model for name, model in project.models.items() if name in models},
        router=None,
        night=NightDef(),
    )


def _with_judges(project: Project, names: Iterable[str]) -> dict[str, AgentDef]:
    """These agents, and those that say whether two answers of theirs are the same."""
    found = set(names)
    waiting = list(found)
    while waiting:
        agent = project.agents.get(waiting.pop())
        judge = agent.same.judge if agent is not None else ""
        if judge and judge not in found:
            found.add(judge)
            waiting.append(judge)
    return {name: agent for name, agent in project.agents.items() if name in found}


def _models_of(agent: AgentDef) -> Iterator[str]:
    for tier in agent.tiers:
        if isinstance(tier, PromptTier | CloudTier) and tier.model is not None:
            yield tier.model


def _beside(agent: AgentDef) -> Iterator[str]:
    """What an agent needs that stands in other files."""
    for tier in agent.tiers:
        if isinstance(tier, PythonTier):
            yield f"its function `{tier.function}` has to come along"
    for validator in agent.validators:
        yield f"its check `{validator}` has to come along"
    for file in agent.context:
        yield f"its context `{file.path}` has to come along"
    for skill in agent.skills:
        yield f"its skill `{skill.path}` has to come along"
