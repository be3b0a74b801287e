"""How a node (or one item of a map) ended: one of a closed set of states, with a typed reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pantheon.agents import Abstention, Answer, Failure, Outcome, Reason, Waiting
from pantheon.ids import Json, JsonObject
from pantheon.store import NodeState, encode_json

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
BROKEN: frozenset[NodeState] = frozenset({"failed", "timed_out", "abstained", "cancelled"})


class Note:
    """Who answered, as an object and as the text that the journal keeps."""

    __slots__ = ("data", "text")

    def __init__(self, data: JsonObject) -> None:
        self.data = data
        self.text = encode_json(data)


@dataclass(slots=True)  # not frozen: one is made for every node. Never changed.
class Ending:
    """What became of a node, before it is written down."""

    state: NodeState
    output: Json = None
    reason: JsonObject | None = None
    """`{reason, message, …}`: why it did not run, did not succeed, or who stood in."""
    attempts: int = 0
    note: Note | None = None
    """For the event: who answered."""

    @property
    def gave(self) -> bool:
        """Whether there is an output."""
        return self.state == "ok"

    @property
    def final(self) -> bool:
        """Whether it will never change."""
        return self.state != "waiting"

    @property
    def broken(self) -> bool:
        """Whether it ran and gave nothing, though it should have."""
        if self.state not in BROKEN:
            return False
        return (self.reason or {}).get("reason") != Reason.NOT_NEEDED.value


def ending_of(outcome: Outcome, *, attempts: int) -> Ending:
    """How a node ends whose agent came to this."""
    if isinstance(outcome, Answer):
        return Ending("ok", outcome.output, None, attempts, note_of(outcome))
    if isinstance(outcome, Waiting):
        return waiting_for(outcome.inbox, attempts=attempts)
    reason: JsonObject = {"reason": outcome.reason.value, "message": outcome.message}
    return Ending(state_of(outcome), None, reason, attempts)


def note_of(answer: Answer) -> Note:
    """Who answered: `{tier, source, answer, tried: [{tier, reason}]}`."""
    if not answer.id and not answer.tried:
        return _plain_note(answer.tier, answer.source)
    data: JsonObject = {"tier": answer.tier, "source": answer.source, "answer": answer.id}
    if answer.tried:
        data["tried"] = [_told(abstention) for abstention in answer.tried]
    return Note(data)


@cache
def _plain_note(tier: str, source: str) -> Note:
    """Of an answer that left no row: there are a handful of these in a whole process."""
    return Note({"tier": tier, "source": source})


def _told(abstention: Abstention) -> JsonObject:
    return {"tier": abstention.tier, "reason": abstention.reason.value}


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


def cancelled(reason: Reason, message: str, **facts: Json) -> Ending:
    """It was ended from outside, or will not be begun, and why."""
    return Ending("cancelled", reason={"reason": reason.value, "message": message, **facts})


def without(merge: str, *, late: bool) -> Ending:
    """A merge can do without it."""
    why = f"The merge {merge!r} " + ("waited no longer." if late else "had what it wanted.")
    return cancelled(Reason.NOT_NEEDED, why, merge=merge)


def waiting_for(inbox: str, *, attempts: int, **facts: Json) -> Ending:
    """A person has been asked."""
    message = f"A person has been asked (question {inbox})."
    reason: JsonObject = {"message": message, "inbox": inbox, **facts}
    return Ending("waiting", None, reason, attempts, Note({"inbox": inbox}))


def waiting(message: str, **facts: Json) -> Ending:
    """It goes on when something happens: a time, an event, the end of what is inside it."""
    return Ending("waiting", reason={"message": message, **facts})


def due_of(ending: Ending) -> float | None:
    """When a waiting node goes on by itself, in seconds since the epoch; None: not by itself."""
    due = (ending.reason or {}).get("due") if ending.state == "waiting" else None
    return float(due) if isinstance(due, int | float) else None


def soonest(held: Iterable[Ending]) -> JsonObject:
    """`{due}` of the first of several that goes on by itself; nothing when none does."""
    times = [due for due in map(due_of, held) if due is not None]
    return {"due": min(times)} if times else {}


def message_of(reason: JsonObject | None) -> str:
    """The sentence of a reason."""
    said: Any = (reason or {}).get("message", "")
    return str(said)


def past(ending: Ending) -> str:
    """What happened to it, to follow `was`."""
    words = {"timed_out": "too late", "failed": "unsuccessful", "abstained": "left unanswered"}
    return words.get(ending.state, ending.state)
