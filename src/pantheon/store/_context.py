"""What the nodes of a run wrote into the context they share, each write with its author."""

from __future__ import annotations

from collections.abc import Iterable

from pantheon.ids import RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import ContextWrite
from pantheon.store._table import Table


class ContextWrites:
    """Writes by run; the newest one of a key is its value."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(database, values, ContextWrite, name="context_writes", json=("value",))

    def write(self, record: ContextWrite) -> None:
        """Keep one write; the caller (the one process that runs the run) numbers it."""
        self._table.insert(record)

    def of(self, run: RunId | str) -> list[ContextWrite]:
        """All writes of a run, in order."""
        return self._table.select("WHERE run = ? ORDER BY seq", (run,))

    def forget(self, run: RunId | str, keys: Iterable[tuple[str, int]]) -> None:
        """Take back what nodes (node, index) wrote, because they run again."""
        self._database.write_many(
            'DELETE FROM context_writes WHERE run = ? AND node = ? AND "index" = ?',
            [(run, node, index) for node, index in keys],
        )
