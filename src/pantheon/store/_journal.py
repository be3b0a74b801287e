"""What the nodes of runs came to, written once each, and the events of runs as they happen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pantheon.clock import Clock
from pantheon.errors import Busy
from pantheon.ids import JsonObject, RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import Event, NodeResult
from pantheon.store._table import Table

_ONCE = """ON CONFLICT (run, node, "index") DO UPDATE SET state = excluded.state,
 output = excluded.output, reason = excluded.reason, attempts = excluded.attempts,
 started = excluded.started, finished = excluded.finished WHERE state = 'waiting'"""
"""A result never changes, but the note that a node waits gives way to what it came to."""


class Journal:
    """Results keyed by run, node and item."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(
            database, values, NodeResult, name="node_results", json=("output", "reason")
        )

    def record(self, *results: NodeResult) -> None:
        """Write results, all or none. Busy when one is there already: someone else runs the run."""
        if len(results) == 1:
            self._write(results)
            return
        with self._database.transaction():
            self._write(results)

    def _write(self, results: Sequence[NodeResult]) -> None:
        if results and self._table.upsert(results, conflict=_ONCE) < len(results):
            run = results[0].run
            raise Busy(
                f"Another process has recorded results of run {run} meanwhile.",
                hint=f"Let it finish; `pantheon runs show {run}` follows it.",
            )

    def forget(self, run: RunId | str, keys: Iterable[tuple[str, int]]) -> None:
        """Take results (node, index) out, so that those nodes run again; events stay."""
        self._database.write_many(
            'DELETE FROM node_results WHERE run = ? AND node = ? AND "index" = ?',
            [(run, node, index) for node, index in keys],
        )

    def results(self, run: RunId | str) -> list[NodeResult]:
        """All results of a run, in the order in which they were first written."""
        return self._table.select("WHERE run = ? ORDER BY rowid", (run,))

    def get(self, run: RunId | str, node: str, index: int = -1) -> NodeResult | None:
        """One result, or None while there is none."""
        return self._table.first('WHERE run = ? AND node = ? AND "index" = ?', (run, node, index))


class Events:
    """What happened in each run, numbered from 1 in the order it happened."""

    def __init__(self, database: Database, values: Values, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._table = Table(database, values, Event, name="events", json=("data",))

    def append(self, run: RunId, kind: str, node: str | None, data: JsonObject) -> Event:
        """Write the next event of a run."""
        with self._database.transaction():
            event = Event(
                seq=self.last(run) + 1,
                run=run,
                at=self._clock.now(),
                kind=kind,
                node=node,
                data=data,
            )
            self._table.insert(event)
        return event

    def write(self, events: Sequence[Event]) -> None:
        """Write events whose numbers the caller (the one process that runs the run) gave."""
        for event in events:
            self._table.insert(event)

    def last(self, run: RunId | str) -> int:
        """The number of the newest event of a run; 0 when there is none."""
        return self._database.scalar("SELECT max(seq) FROM events WHERE run = ?", (run,)) or 0

    def since(self, run: RunId | str, seq: int = 0) -> list[Event]:
        """The events of a run after number `seq`, oldest first."""
        return self._table.select("WHERE run = ? AND seq > ? ORDER BY seq", (run, seq))
