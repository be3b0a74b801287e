"""What waiting runs wait for: times, and signals from outside."""

from __future__ import annotations

from pantheon.ids import RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import Signal, Timer
from pantheon.store._table import Table


class Signals:
    """Signals by run and name; one that comes before anyone waits for it is kept."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Signal, name="signals", json=("payload",))

    def send(self, signal: Signal) -> bool:
        """Keep a signal; the first of its name stands. Says whether this one was new."""
        return self._table.insert_new(signal)

    def get(self, run: RunId | str, name: str) -> Signal | None:
        """The signal, or None while there is none."""
        return self._table.first("WHERE run = ? AND name = ?", (run, name))


class Timers:
    """When which node is to go on."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(database, values, Timer, name="timers")
        self._set: set[str] = set()

    def set(self, timer: Timer) -> None:
        """Set a timer, in place of the one the node had."""
        self._set.add(timer.run)
        self._table.replace(timer)

    def due(self, now: float) -> list[RunId]:
        """Runs with a timer that has run out, longest due first."""
        rows = self._database.rows(
            "SELECT run FROM timers WHERE due <= ? GROUP BY run ORDER BY min(due), run", (now,)
        )
        return [RunId(row[0]) for row in rows]

    def next_due(self) -> float | None:
        """When the next timer runs out; None when none is set."""
        return self._database.scalar("SELECT min(due) FROM timers")

    def of(self, run: RunId | str) -> list[Timer]:
        """The timers of a run, the next one first."""
        return self._table.select('WHERE run = ? ORDER BY due, node, "index"', (run,))

    def drop(self, run: RunId | str) -> None:
        """Take the timers away that were set here; costs nothing when none was."""
        if run in self._set:
            self.clear(run)

    def leave(self, run: RunId | str) -> None:
        """The run waits, and nothing of it stays here; its timers do."""
        self._set.discard(run)

    def clear(self, run: RunId | str) -> None:
        """Take all timers of a run away."""
        self._set.discard(run)
        self._database.write("DELETE FROM timers WHERE run = ?", (run,))
