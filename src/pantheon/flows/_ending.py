"""How a node (or one item of a map) ended: one of a closed set of states, with a typed reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pantheon.agents import Answer, Failure, Outcome, Reason, Waiting
from pantheon.ids import Json, JsonObject
from pantheon.store import NodeState

_UNWILLING = frozenset(
    {
        Reason.EMPTY_SLOT,
        Reason.DECLINED,
        Reason.LOW_CONFIDENCE,
        Reason.UNCERTIFIED,
        Reason.STEPPED_BACK,
        Reason.PRIVACY,
        Reason.NO_KEY,
        Reason.NOT_CONFIGURED,
        Reason.BUDGET,
    }
)
"""Nothing broke: nobody was there who could or would answer."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a node, before it is written down."""

    state: NodeState
    output: Json = None
    reason: JsonObject | None = None
    """`{reason, message, …}`: why it did not run, did not succeed, or who stood in."""
    attempts: int = 0
    note: JsonObject = field(default_factory=dict[str, Json])
    """For the event: who answered."""

    @property
    def gave(self) -> bool:
        """Whether there is an output."""
        return self.state == "ok"

    @property
    def broken(self) -> bool:
        """Whether it ran and gave nothing."""
        return self.state in BROKEN


BROKEN: frozenset[NodeState] = frozenset({"failed", "timed_out", "abstained", "cancelled"})


def ending_of(outcome: Outcome, *, attempts: int) -> Ending:
    """How a node ends whose agent came to this."""
    if isinstance(outcome, Answer):
        note: JsonObject = {"tier": outcome.tier, "source": outcome.source, "answer": outcome.id}
        return Ending("ok", outcome.output, attempts=attempts, note=note)
    if isinstance(outcome, Waiting):
        return waiting_for(outcome.inbox, attempts=attempts)
    reason: JsonObject = {"reason": outcome.reason.value, "message": outcome.message}
    return Ending(state_of(outcome), reason=reason, attempts=attempts)


def state_of(failure: Failure) -> NodeState:
    """The state that a failure puts a node in."""
    if failure.reason is Reason.TIMEOUT:
        return "timed_out"
    if failure.reason is Reason.CANCELLED:
        return "cancelled"
    if failure.reason in _UNWILLING:
        return "abstained"
    unwilling = all(a.reason in _UNWILLING for a in failure.tried)
    exhausted = failure.reason is Reason.EXHAUSTED
    return "abstained" if exhausted and failure.tried and unwilling else "failed"


def failed(reason: Reason, message: str, *, attempts: int = 0) -> Ending:
    """It could not be asked, or what it gave cannot be used."""
    return ending_of(Failure(reason, message), attempts=attempts)


def skipped(reason: Reason, message: str, **facts: Json) -> Ending:
    """It did not run, and why."""
    return Ending("skipped", reason={"reason": reason.value, "message": message, **facts})


def waiting_for(inbox: str, *, attempts: int, **facts: Json) -> Ending:
    """A person has been asked."""
    message = f"A person has been asked (question {inbox})."
    reason: JsonObject = {"message": message, "inbox": inbox, **facts}
    return Ending("waiting", reason=reason, attempts=attempts, note={"inbox": inbox})


def message_of(reason: JsonObject | None) -> str:
    """The sentence of a reason."""
    said: Any = (reason or {}).get("message", "")
    return str(said)
