"""What came of one attempt in a sandbox, with who answered at every step.

`answered_by` is the label that people and programs are shown: `specialist`, `local model`, `cloud`,
`scripted`, `recorded`, `function`, `program`, `rules`, `cache`, `withheld` or `nobody`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pantheon.ids import Json, JsonObject

NOBODY, WITHHELD = "nobody", "withheld"
_KINDS = {
    "python": "function",
    "command": "program",
    "rules": "rules",
    "specialist": "specialist",
    "human": "person",
    "cache": "cache",
}
_SOURCES = frozenset({"scripted", "recorded"})


def label_of(tier: str, source: str, *, remote: bool) -> str:
    """Who answered, by the kind of the tier and where its answer came from."""
    if source in _SOURCES:
        return source
    if tier in _KINDS:
        return _KINDS[tier]
    return "cloud" if remote or tier == "cloud" else "local model"


def label_of_failure(tried: Iterable[JsonObject]) -> str:
    """Nobody answered; maybe because nobody was to be asked."""
    return WITHHELD if any(one.get("reason") == WITHHELD for one in tried) else NOBODY


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a flow (or one of its items), or the agent that was tried."""

    node: str
    """As people write it; the agent's name when it was tried alone."""
    state: str
    answered_by: str | None
    """None where nobody is asked: a merge, a node that was skipped."""
    agent: str | None = None
    tier: str | None = None
    model: str | None = None
    version: str | None = None
    """Of the specialist that answered: `triage@3`."""
    confidence: float | None = None
    accepted: str = ""
    output: Json = None
    reason: JsonObject | None = None
    """`{reason, message}` of everything but ok."""
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    tried: tuple[JsonObject, ...] = ()
    """`{tier, reason, detail}` of those that were asked before."""

    def to_json(self) -> JsonObject:
        """For programs."""
        return {
            "node": self.node,
            "state": self.state,
            "answered_by": self.answered_by,
            "agent": self.agent,
            "tier": self.tier,
            "model": self.model,
            "version": self.version,
            "confidence": self.confidence,
            "accepted": self.accepted,
            "output": self.output,
            "reason": self.reason,
            "cost_usd": self.cost_usd,
            "tokens": {"in": self.tokens_in, "out": self.tokens_out},
            "seconds": round(self.seconds, 6),
            "tried": list(self.tried),
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """One input that was tried on an agent or a flow."""

    kind: Literal["agent", "flow"]
    name: str
    version: str
    """`draft`, or the version whose definition was tried."""
    input: JsonObject
    state: Literal["done", "failed", "waiting"]
    output: JsonObject | None
    failure: JsonObject | None
    """`{reason, message, node}` when there is no output."""
    steps: tuple[Step, ...] = ()
    cost_usd: float = 0.0
    seconds: float = 0.0
    skipped_seconds: float = 0.0
    """Of waiting that was not waited for."""
    notes: tuple[str, ...] = field(default=())
    """What would be otherwise outside the sandbox."""

    @property
    def answered_by(self) -> tuple[str, ...]:
        """Everybody who answered, each once, in order."""
        return tuple(dict.fromkeys(step.answered_by for step in self.steps if step.answered_by))

    @property
    def reasons(self) -> frozenset[str]:
        """Every reason why somebody did not answer."""
        found = {str(one.get("reason")) for step in self.steps for one in step.tried}
        found |= {str(step.reason.get("reason")) for step in self.steps if step.reason}
        return frozenset(found | ({str(self.failure.get("reason"))} if self.failure else set()))

    def to_json(self) -> JsonObject:
        """For programs."""
        return {
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "sandbox": True,
            "state": self.state,
            "input": self.input,
            "output": self.output,
            "failure": self.failure,
            "answered_by": list(self.answered_by),
            "steps": [step.to_json() for step in self.steps],
            "cost_usd": self.cost_usd,
            "seconds": round(self.seconds, 6),
            "skipped_seconds": round(self.skipped_seconds, 3),
            "notes": list(self.notes),
        }
