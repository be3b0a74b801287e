"""Writes what happens in one run: results and events, in shared commits, delivered in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pantheon.flows._ending import Ending
from pantheon.ids import JsonObject, RunId
from pantheon.store import Event, NodeResult, Store, event_of

OnEvent: TypeAlias = Callable[[Event], object]
"""Called for every event of a run, after it is safe on disk, in order."""


class Recorder:
    """The journal and the events of one run in this process."""

    def __init__(
        self, store: Store, run: RunId, on_event: OnEvent | None, *, new: bool = False
    ) -> None:
        self._store = store
        self._journal = store.journal
        self._events = store.events
        self._commits = store.commits
        self._now = store.clock.now
        self._kept = store.durability != "memory"
        self._run = run
        self._on_event = on_event
        self._counter = store.events.open(run, new=new)
        self._losses = self._commits.losses
        self._undelivered: list[Event] = []
        self._listener_fault: Exception | None = None

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return self._on_event is not None

    def event(self, kind: str, node: str | None, data: JsonObject) -> None:
        """Write an event; it is delivered after the commit."""
        self._counter.value += 1
        seq, now = self._counter.value, self._now()
        self._events.put(seq, self._run, now, kind, node, data)
        if self._on_event is not None:
            self._tell(Event(seq, self._run, now, kind, node, data))

    def tell(self, kind: str, node: str, data: JsonObject) -> None:
        """Deliver an event that nothing depends on and that is not kept, such as a token."""
        if self._on_event is not None:
            self._tell(Event(self._counter.value, self._run, self._now(), kind, node, data))

    def started(self, node: str, index: int) -> None:
        """A node began. Written only if it is still at work when something is committed."""
        if self._on_event is None and not self._kept:
            return  # nobody can look in from outside
        self._counter.value += 1
        seq = self._counter.value
        if self._on_event is None:
            self._events.begin(self._run, node, index, seq=seq, at=self._now())
            return
        data: JsonObject = {} if index < 0 else {"index": index}
        event = Event(seq, self._run, self._now(), "node_started", node, data)
        self._events.write(event)
        self._tell(event)

    def result(self, node: str, index: int, ending: Ending, *, started: float) -> None:
        """Write what a node or an item came to; that is its event as well."""
        self._counter.value += 1
        seq, finished, note = self._counter.value, self._now(), ending.note
        self._journal.put(
            self._run,
            node,
            index,
            ending.state,
            ending.output,
            reason=ending.reason,
            attempts=ending.attempts,
            started=started,
            finished=finished,
            seq=seq,
            note=None if note is None else note.text,
        )
        if self._on_event is None:
            if self._kept:
                self._events.end(self._run, node, index)
            return
        result = NodeResult(
            self._run, node, index, ending.state, ending.output, ending.reason, ending.attempts,
            started, finished, seq, None if note is None else note.data,
        )  # fmt: skip
        self._tell(event_of(result))

    async def durable(self) -> None:
        """Return when all of this is committed. Raises what the listener raised, if it did."""
        await self._commits.durable(self._losses)
        self._journal.check(self._run)
        if self._listener_fault is not None:
            raise self._listener_fault

    def close(self) -> None:
        """The run is not executed here any longer."""
        self._events.close(self._run)

    def _tell(self, event: Event) -> None:
        if self._on_event is None:
            return
        if not self._undelivered:
            self._commits.after_commit(self._deliver)
            self._commits.soon()
        self._undelivered.append(event)

    def _deliver(self) -> None:
        """Called right after a commit: a listener that fails stops the run, not the loop."""
        events, self._undelivered = self._undelivered, []
        if self._on_event is None or self._listener_fault is not None:
            return
        try:
            for event in events:
                self._on_event(event)
        except Exception as error:  # noqa: BLE001  raised again where the run can be left
            self._listener_fault = error
