"""What a run has come to, and what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeVar

from pantheon.api._events import FlowEvent
from pantheon.api._translate import translate
from pantheon.errors import RunFailed
from pantheon.ids import JsonObject, RunId
from pantheon.store import AnswerRow, NodeResult, Run, RunState, Store

T = TypeVar("T")


class Reach(Protocol):
    """Calls a function where the store may be used: in its own thread."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """What the function returns."""
        ...


def call_here(work: Callable[[], T], /) -> T:
    """For those who are in that thread."""
    return work()


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run failed or was cancelled."""

    reason: str
    """One of the reasons in the reference, e.g. `timeout`."""
    message: str
    node: str | None
    """The node whose failure it was; None when it was the run as a whole."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One thing that a waiting run waits for."""

    node: str
    index: int
    message: str
    due: float | None = None
    """When it goes on by itself, in seconds since the epoch."""
    event: str | None = None
    """The event that has to be signalled."""
    question: str | None = None
    """The question in the inbox that a person has to answer."""

    @property
    def timer(self) -> bool:
        """Whether time alone is enough."""
        return self.due is not None and self.event is None and self.question is None


@dataclass(frozen=True, slots=True)
class Result:
    """A run as it stands: ended, or waiting."""

    id: RunId
    flow: str
    state: RunState
    output: JsonObject | None
    """What the flow gave when `state` is done."""
    failure: RunFailure | None
    """Why it did not, when it failed or was cancelled."""
    pending: tuple[Pending, ...] = ()
    """What it waits for when `state` is waiting."""
    _read: Callable[[], list[FlowEvent]] = field(default=list[FlowEvent], repr=False, compare=False)

    def events(self) -> list[FlowEvent]:
        """All that happened in it so far, from the store; only while its project is open."""
        return self._read()

    def raise_for_failure(self) -> Self:
        """This result, unless the run failed or was cancelled.

        Raises:
            RunFailed: it did; the message names the node and the reason.
        """
        if self.failure is None:
            return self
        at = f" at {self.failure.node!r}" if self.failure.node else ""
        raise RunFailed(
            f"Run {self.id} of {self.flow!r} {self.state}{at}: {self.failure.message}",
            hint=f"See what every node did: pantheon runs show {self.id}",
        )


@dataclass(frozen=True, slots=True)
class RunDetails:
    """Everything that is known of one run."""

    result: Result
    run: Run
    nodes: tuple[NodeResult, ...]
    """What each node and each item came to."""
    answers: tuple[AnswerRow, ...]
    """Who answered, what it cost, and why it was accepted."""


def result_of(run: Run, store: Store, reach: Reach) -> Result:
    """The result of a run; `reach` leads to the store later on."""

    def read() -> list[FlowEvent]:
        return reach(lambda: events_of(run.id, store))

    waiting = run.state == "waiting"
    return Result(
        id=run.id,
        flow=run.flow,
        state=run.state,
        output=run.output,
        failure=_failure_of(run.failure),
        pending=pending_of(store.journal.results(run.id)) if waiting else (),
        _read=read,
    )


def events_of(run: RunId, store: Store) -> list[FlowEvent]:
    """The events of a run so far."""
    return [typed for event in store.events.since(run) for typed in translate(event, store)]


def pending_of(results: Sequence[NodeResult]) -> tuple[Pending, ...]:
    """What the nodes of a run wait for; one that waits for those inside it is not named."""
    waiting = [r for r in results if r.state == "waiting"]
    return tuple(p for p in map(_pending, waiting) if p.due or p.event or p.question)


def _pending(result: NodeResult) -> Pending:
    reason: dict[str, Any] = result.reason or {}
    return Pending(
        result.node,
        result.index,
        str(reason.get("message", "")),
        due=reason.get("due"),
        event=reason.get("event"),
        question=reason.get("inbox"),
    )


def _failure_of(failure: JsonObject | None) -> RunFailure | None:
    if failure is None:
        return None
    node = failure.get("node")
    return RunFailure(
        reason=str(failure.get("reason") or ""),
        message=str(failure.get("message") or ""),
        node=None if node is None else str(node),
    )
