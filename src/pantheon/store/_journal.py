"""What the nodes of runs came to, written once each, and the events of runs as they happen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pantheon.clock import Clock
from pantheon.errors import Busy
from pantheon.ids import Json, JsonObject, RunId
from pantheon.store._blobs import Values
from pantheon.store._commits import Commits
from pantheon.store._database import Database
from pantheon.store._records import Event, NodeResult, NodeState
from pantheon.store._table import Table

_COLUMNS = 'run, node, "index", state, output, reason, attempts, started, finished, seq, note'
_RECORD = f"""INSERT INTO node_results ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (run, node, "index") DO UPDATE SET state = excluded.state,
 output = excluded.output, reason = excluded.reason, attempts = excluded.attempts,
 started = excluded.started, finished = excluded.finished, seq = excluded.seq,
 note = excluded.note WHERE state = 'waiting'"""  # noqa: S608 (a constant)
"""A result never changes, but the note that a node waits gives way to what it came to."""
_HAPPEN = "INSERT INTO events (seq, run, at, kind, node, data) VALUES (?, ?, ?, ?, ?, ?)"
_RUN, _NODE, _INDEX, _STARTED, _FINISHED, _SEQ = 0, 1, 2, 7, 8, 9


class Journal:
    """Results keyed by run, node and item."""

    def __init__(self, database: Database, values: Values, commits: Commits) -> None:
        self._database = database
        self._commits = commits
        self._pack = values.pack
        self._batch = commits.batch(_RECORD, self._look_for_others)
        self._lost: dict[str, Busy] = {}
        self._table = Table(
            database, values, NodeResult, name="node_results", json=("output", "reason", "note")
        )

    def record(self, result: NodeResult) -> None:
        """Write a result; the next commit makes it last.

        When one is there already, someone else runs the run: `check` raises Busy from then on.
        """
        self._commits.add(self._batch, self._table.row(result))
        if self._lost:
            self.check(result.run)

    def put(  # noqa: PLR0913 (a row, without an object made for it: ten thousand a second)
        self,
        run: RunId,
        node: str,
        index: int,
        state: NodeState,
        output: Json,
        *,
        reason: JsonObject | None,
        attempts: int,
        started: float,
        finished: float,
        seq: int,
        note: str | None,
    ) -> None:
        """Like `record`; `note` is JSON already."""
        pack = self._pack
        shown = None if output is None else pack(output)
        why = None if reason is None else pack(reason)
        row = (run, node, index, state, shown, why, attempts, started, finished, seq, note)
        self._commits.add(self._batch, row)

    def check(self, run: RunId | str) -> None:
        """Raise Busy when another process turned out to have recorded results of this run."""
        if self._lost and run in self._lost:
            raise self._lost[run]

    def _look_for_others(self, rows: Sequence[Sequence[object]]) -> None:
        """Find the runs of which somebody else has written a result: theirs stands."""
        for row in rows:
            kept = self._database.row(
                "SELECT seq, started, finished FROM node_results "
                'WHERE run = ? AND node = ? AND "index" = ?',
                (row[_RUN], row[_NODE], row[_INDEX]),
            )
            if kept != (row[_SEQ], row[_STARTED], row[_FINISHED]):
                run = str(row[_RUN])
                self._lost[run] = Busy(
                    f"Another process has recorded results of run {run} meanwhile.",
                    hint=f"Let it finish; `pantheon runs show {run}` follows it.",
                )

    def forget(self, run: RunId | str, keys: Iterable[tuple[str, int]]) -> None:
        """Take results (node, index) out, so that those nodes run again; events stay."""
        self._commits.settle_rows()
        self._lost.pop(run, None)
        self._database.write_many(
            'DELETE FROM node_results WHERE run = ? AND node = ? AND "index" = ?',
            [(run, node, index) for node, index in keys],
        )

    def results(self, run: RunId | str) -> list[NodeResult]:
        """All results of a run, in the order in which they were first written."""
        self._commits.settle_rows()
        return self._table.select("WHERE run = ? ORDER BY rowid", (run,))

    def waiting(self, run: RunId | str) -> list[NodeResult]:
        """The results of a run that give way to others."""
        self._commits.settle_rows()
        return self._table.select("WHERE run = ? AND state = 'waiting' ORDER BY rowid", (run,))

    def get(self, run: RunId | str, node: str, index: int = -1) -> NodeResult | None:
        """One result, or None while there is none."""
        self._commits.settle_rows()
        return self._table.first('WHERE run = ? AND node = ? AND "index" = ?', (run, node, index))

    def last(self, run: RunId | str) -> int:
        """The highest event number among the results of a run; 0 when there is none."""
        self._commits.settle_rows()
        found = self._database.scalar("SELECT max(seq) FROM node_results WHERE run = ?", (run,))
        return int(found or 0)


class Counter:
    """The number of the newest event of a run that this process executes."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class Events:
    """What happened in each run, numbered in the order it happened.

    That a node ended is an event as well; it is kept in the journal only, and told from there.
    """

    def __init__(
        self, database: Database, values: Values, clock: Clock, journal: Journal, commits: Commits
    ) -> None:
        self._database = database
        self._clock = clock
        self._journal = journal
        self._commits = commits
        self._pack = values.pack
        self._batch = commits.batch(_HAPPEN)
        self._table = Table(database, values, Event, name="events", json=("data",))
        self._counters: dict[str, Counter] = {}
        self._begun: dict[tuple[str, str, int], tuple[int, float]] = {}
        commits.before_commit(self._write_begun)

    def open(self, run: RunId, *, new: bool = False) -> Counter:
        """The counter that all who write events of a run share while it is executed here."""
        counter = self._counters[run] = Counter(0 if new else self.last(run))
        return counter

    def close(self, run: RunId) -> None:
        """The run is not executed here any longer."""
        self._counters.pop(run, None)

    def append(self, run: RunId, kind: str, node: str | None, data: JsonObject) -> Event:
        """Write the next event of a run, from outside its execution."""
        counter = self._counters.get(run) or Counter(self.last(run))
        counter.value += 1
        now = self._clock.now()
        event = Event(seq=counter.value, run=run, at=now, kind=kind, node=node, data=data)
        self.write(event)
        return event

    def write(self, event: Event) -> None:
        """Write an event whose number the caller (the one process that runs the run) gave."""
        self.put(event.seq, event.run, event.at, event.kind, event.node, event.data)

    def put(
        self, seq: int, run: RunId, at: float, kind: str, node: str | None, data: JsonObject
    ) -> None:
        """Like `write`."""
        self._commits.add(self._batch, (seq, run, at, kind, node, self._pack(data)))

    def begin(self, run: RunId, node: str, index: int, *, seq: int, at: float) -> None:
        """A node began: an event if it has not ended by the next commit.

        Most end before, and that they ended says when they began as well.
        """
        self._begun[run, node, index] = (seq, at)
        self._commits.soon()

    def end(self, run: RunId, node: str, index: int) -> None:
        """A node ended."""
        self._begun.pop((run, node, index), None)

    def _write_begun(self) -> None:
        if not self._begun:
            return
        begun, self._begun = self._begun, {}
        for (run, node, index), (seq, at) in begun.items():
            data = "{}" if index < 0 else f'{{"index":{index}}}'
            self._commits.put(self._batch, (seq, run, at, "node_started", node, data))

    def last(self, run: RunId | str) -> int:
        """The number of the newest event of a run; 0 when there is none."""
        self._commits.settle_rows()
        found = self._database.scalar("SELECT max(seq) FROM events WHERE run = ?", (run,))
        return max(int(found or 0), self._journal.last(run))

    def since(self, run: RunId | str, seq: int = 0) -> list[Event]:
        """The events of a run after number `seq`, oldest first."""
        self._commits.settle_rows()
        told = self._table.select("WHERE run = ? AND seq > ? ORDER BY seq", (run, seq))
        ended = [r for r in self._journal.results(run) if r.seq > seq]
        return sorted([*told, *map(event_of, ended)], key=lambda event: event.seq)


def event_of(result: NodeResult) -> Event:
    """A result as the event that it is."""
    data: JsonObject = {"state": result.state}
    if result.index >= 0:
        data["index"] = result.index
    reason = result.reason or {}
    data |= {key: reason[key] for key in ("reason", "message") if key in reason}
    data |= result.note or {}
    return Event(result.seq, result.run, result.finished, _kind_of(result), result.node, data)


def _kind_of(result: NodeResult) -> str:
    if result.state in {"waiting", "skipped"}:
        return f"node_{result.state}"
    return "node_finished" if result.index < 0 else "item_finished"
