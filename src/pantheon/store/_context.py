"""What the nodes of a run wrote into the context they share, each write with its author."""

from __future__ import annotations

from pantheon.ids import RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import ContextWrite
from pantheon.store._table import Table


class ContextWrites:
    """Writes by run; the newest one of a key is its value."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, ContextWrite, name="context_writes", json=("value",))

    def write(self, record: ContextWrite) -> None:
        """Keep one write; the caller (the one process that runs the run) numbers it."""
        self._table.insert(record)

    def of(self, run: RunId | str) -> list[ContextWrite]:
        """All writes of a run, in order."""
        return self._table.select("WHERE run = ? ORDER BY seq", (run,))
