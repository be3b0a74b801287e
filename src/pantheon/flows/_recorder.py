"""Writes what happens in one run: results and events, in shared commits, delivered in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pantheon.ids import JsonObject, RunId
from pantheon.store import Event, NodeResult, Store

OnEvent: TypeAlias = Callable[[Event], object]
"""Called for every event of a run, after it is safe on disk, in order."""


class Recorder:
    """The journal and the events of one run in this process."""

    def __init__(self, store: Store, run: RunId, on_event: OnEvent | None) -> None:
        self._store = store
        self._run = run
        self._on_event = on_event
        self._seq = store.events.last(run)
        self._undelivered: list[Event] = []
        self._listener_fault: Exception | None = None

    def event(self, kind: str, node: str | None, data: JsonObject) -> None:
        """Write an event; it is delivered after the commit."""
        self._seq += 1
        event = Event(
            seq=self._seq,
            run=self._run,
            at=self._store.clock.now(),
            kind=kind,
            node=node,
            data=data,
        )
        self._store.events.write((event,))
        if self._on_event is None:
            return
        if not self._undelivered:
            self._store.commits.after_commit(self._deliver)
        self._undelivered.append(event)

    def result(self, result: NodeResult, note: JsonObject) -> None:
        """Write what a node or an item came to, with its event."""
        self._store.journal.record(result)
        self.event(_kind_of(result), result.node, _facts_of(result, note))

    async def durable(self) -> None:
        """Return when all of this is committed. Raises what the listener raised, if it did."""
        await self._store.commits.durable()
        if self._listener_fault is not None:
            raise self._listener_fault

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


def _kind_of(result: NodeResult) -> str:
    if result.state == "waiting":
        return "node_waiting"
    if result.state == "skipped":
        return "node_skipped"
    return "node_finished" if result.index < 0 else "item_finished"


def _facts_of(result: NodeResult, note: JsonObject) -> JsonObject:
    facts: JsonObject = {"state": result.state}
    if result.index >= 0:
        facts["index"] = result.index
    if result.reason is not None:
        facts |= {key: result.reason[key] for key in ("reason", "message") if key in result.reason}
    return facts | note
