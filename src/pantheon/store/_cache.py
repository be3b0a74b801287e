"""Answers that may be given again to equal inputs."""

from __future__ import annotations

from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import CacheEntry
from pantheon.store._table import Table, where


class Cache:
    """Entries by key."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(database, values, CacheEntry, name="cache", json=("output",))

    def get(self, key: str, now: float) -> CacheEntry | None:
        """The entry, unless there is none or it has expired."""
        return self._table.first("WHERE key = ? AND (expires IS NULL OR expires > ?)", (key, now))

    def put(self, entry: CacheEntry) -> None:
        """Keep an entry in place of the one of its key."""
        self._table.replace(entry)

    def drop_expired(self, now: float) -> int:
        """Delete what has expired; returns how many entries that were."""
        return self._database.write("DELETE FROM cache WHERE expires <= ?", (now,))

    def clear(self, agent: str | None = None) -> int:
        """Delete the entries of an agent, or all; returns how many there were."""
        clause, parameters = where(("agent = ?", agent))
        return self._database.write(f"DELETE FROM cache {clause}", parameters)  # noqa: S608 (literals)
