"""What happens in a run, as typed values: what `stream` yields and `Result.events` lists.

Made from the events in the store, so a run that was followed live and one that is looked up later
tell the same. Several events may stand for one row: an answer that came after two tiers had passed
is `Escalated`, `Escalated`, `Answered`, `NodeFinished`, all with the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, TypeAlias

from pantheon.clock import iso
from pantheon.ids import Json, JsonObject, RunId
from pantheon.store import NodeState, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    run: RunId
    seq: int
    """Number of the event in its run; tokens have that of the event before them."""
    at: float
    """Seconds since the epoch."""
    kind: ClassVar[str]

    def to_json(self) -> JsonObject:
        """The event as `--json-lines` prints it: its kind, then its fields."""
        body: JsonObject = {"event": self.kind}
        for field in fields(self):
            value = getattr(self, field.name)
            body[field.name] = iso(value) if field.name == "at" else value
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(_Event):
    """The run is written down, and begins."""

    flow: str
    cause: str
    kind: ClassVar[str] = "run_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed(_Event):
    """The run goes on; what it has done before is kept."""

    kept: int
    """How many results of nodes and items there were."""
    kind: ClassVar[str] = "run_resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWaiting(_Event):
    """Nothing more can be done now: it waits for a time, a person or an event."""

    kind: ClassVar[str] = "run_waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(_Event):
    """The run has ended."""

    state: RunState
    output: JsonObject | None
    failure: JsonObject | None
    """`{reason, message, node}` when it failed or was cancelled."""
    kind: ClassVar[str] = "run_finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodeEvent(_Event):
    node: str
    """Path of the node in the run: `check`, or `draft#2/check` inside round 2 of `draft`."""
    index: int = -1
    """Item of a map or round of a loop; −1 for the node itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStarted(_NodeEvent):
    """The node, or one item of it, is at work."""

    kind: ClassVar[str] = "node_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens(_NodeEvent):
    """A piece of the text that a model is writing. A preview: `Answered` has what counts."""

    text: str
    kind: ClassVar[str] = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(_NodeEvent):
    """A tier did not answer, and the next one was asked."""

    tier: str
    reason: str
    to: str
    kind: ClassVar[str] = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_NodeEvent):
    """Who answered."""

    tier: str
    source: str
    """model, specialist, code, human, recorded or scripted."""
    answer: str | None
    """Id of the answer, for feedback; None for code, whose result says it all."""
    output: Json
    kind: ClassVar[str] = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried(_NodeEvent):
    """An attempt failed and another one will be made."""

    attempt: int
    """The one that failed; the first is 1."""
    seconds: float
    """Until the next."""
    reason: str
    message: str
    kind: ClassVar[str] = "retried"


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack(_NodeEvent):
    """The node failed, and another one is asked in its place."""

    to: str
    reason: str
    message: str
    kind: ClassVar[str] = "fell_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended(_NodeEvent):
    state: NodeState
    output: Json
    reason: str
    """Empty when it simply gave its output."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFinished(_Ended):
    """The node has come to its end."""

    kind: ClassVar[str] = "node_finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFinished(_Ended):
    """One item of a map, or one round of a loop, has."""

    kind: ClassVar[str] = "item_finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSkipped(_NodeEvent):
    """The node will not run, and why."""

    reason: str
    message: str
    kind: ClassVar[str] = "node_skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWaiting(_NodeEvent):
    """The node waits for a time, a person or an event."""

    message: str
    kind: ClassVar[str] = "node_waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(_Event):
    """Anything else that was written down in a run."""

    what: str
    node: str | None
    data: Mapping[str, Json]
    kind: ClassVar[str] = "noted"


FlowEvent: TypeAlias = (
    RunStarted
    | RunResumed
    | RunWaiting
    | RunFinished
    | NodeStarted
    | Tokens
    | Escalated
    | Answered
    | Retried
    | FellBack
    | NodeFinished
    | ItemFinished
    | NodeSkipped
    | NodeWaiting
    | Noted
)
