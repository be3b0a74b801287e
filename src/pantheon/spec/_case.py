"""Tests of agents and flows as typed values: an input, and what must be true of what comes of it.

They stand beside what they test and are no part of it: neither hashes nor canonical forms see them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pantheon.errors import Where
from pantheon.ids import Json, JsonObject
from pantheon.spec._constants import NOWHERE

LOCAL = "local"
"""In `tier:`, anybody who sends nothing off this machine."""
ANY_FAILURE = "any"
"""In `fails:`, whatever the reason is."""
MODEL_FAILURES = (
    "no_key", "budget", "rate_limited", "timeout", "server_error", "cut_stream", "bad_reply",
    "refused", "unreachable", "context_overflow", "privacy", "unavailable", "circuit_open",
)  # fmt: skip
"""How a scripted answer may fail: as a model would."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """An answer that is given in place of a model's (or of whoever else would be asked)."""

    agent: str | None = None
    """Only in place of this agent; None: of any whose model is asked."""
    input: JsonObject | None = None
    """Only for inputs that have these parts."""
    output: JsonObject | None = None
    fails: str | None = None
    """Instead of an output: the reason why there is none."""
    repeat: bool = False
    """Whether it is given again and again, or once."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Satisfies:
    """An agent judges the output by a criterion in words."""

    judge: str
    criterion: str
    at_least: float = 0.5
    """The mean score that passes, from 0 to 1."""
    times: int = 1
    """How often the judge is asked."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be true of an outcome; everything that is given must be."""

    equals: JsonObject | None = None
    same: JsonObject | None = None
    """By the agent's own `same`."""
    contains: JsonObject | None = None
    """Parts of the output; a text is to be found in the text of the field."""
    matches: JsonObject | None = None
    """Regular expressions by field."""
    schema: JsonObject | None = None
    """A JSON Schema, narrower than the contract."""
    satisfies: tuple[Satisfies, ...] = ()
    tier: tuple[str, ...] = ()
    """Kinds of tiers of which one must have answered, or `local`."""
    nodes: JsonObject = field(default_factory=dict[str, Json])
    """Of a flow: the state that each of these nodes must have come to."""
    fails: str | None = None
    """The reason for which there must be no output, or `any`."""
    seconds: float | None = None
    """It took no longer."""
    usd: float | None = None
    """It cost no more."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test of one agent or flow."""

    name: str
    input: JsonObject
    expect: Expectation
    answers: tuple[Scripted, ...] = ()
    """Given in place of models; none: models are asked."""
    skip: str | None = None
    """Why it is not run at present."""
    where: Where = field(default=NOWHERE, compare=False)
