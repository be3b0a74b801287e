"""What a sandbox may do outside itself, and where its answers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pantheon.models import Budget, ChatModel
    from pantheon.store import Store

Tools: TypeAlias = Literal["pure", "functions", "real"]
"""Which code runs: functions of agents that are `deterministic`; all functions; programs as well."""
AnswersFrom: TypeAlias = Literal["models", "script", "records", "run"]
"""Who answers where a model would: it, a script, or what the store has recorded. Run: what agents
that are as they were said in one recorded run, whoever said it; beyond that, models."""

DEFAULT_USD = 0.10


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; by default nothing leaves the machine, and nothing acts on it."""

    cloud: bool = False
    """Whether remote models are asked."""
    max_usd: float = DEFAULT_USD
    """What they may cost, all attempts together."""
    tools: Tools = "pure"


@dataclass(frozen=True, slots=True)
class Setup:
    """How sandboxes of one command are made."""

    limits: Limits = Limits()
    answers: AnswersFrom = "models"
    source: Store | None = None
    """The project's store: its specialists and its records are read, nothing is written."""
    budget: Budget | None = None
    """Shared by several sandboxes; None: one of its own."""
    models: Mapping[str, ChatModel] = field(default_factory=dict[str, "ChatModel"])
    """Stand in for models of the project by name."""
    seed: int = 0
