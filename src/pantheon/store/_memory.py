"""The long-term memory of flows, agents and users, with all that it ever held."""

from __future__ import annotations

from pantheon.ids import Json
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import MemoryWrite
from pantheon.store._table import Table

_NEWEST = """id = (SELECT max(id) FROM memory_writes AS other WHERE other.scope = mine.scope
 AND other.owner = mine.owner AND other.name = mine.name) AND value IS NOT NULL"""
"""The write that counts, of a name that has a value."""


class Memory:
    """Values by scope, owner and name; nothing is overwritten, the newest write counts."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._values = values
        self._table = Table(database, values, MemoryWrite, name="memory_writes", json=("value",))

    def set(self, write: MemoryWrite) -> None:
        """Keep a value; null takes the one before away."""
        self._table.insert(write)

    def get(self, scope: str, owner: str, name: str) -> Json:
        """The value last set, or None."""
        newest = self._database.scalar(
            "SELECT value FROM memory_writes WHERE scope = ? AND owner = ? AND name = ? "
            "ORDER BY id DESC LIMIT 1",
            (scope, owner, name),
        )
        return self._values.unpack(newest)

    def history(self, scope: str, owner: str, name: str) -> list[MemoryWrite]:
        """Every write, oldest first."""
        return self._table.select(
            "WHERE scope = ? AND owner = ? AND name = ? ORDER BY id", (scope, owner, name)
        )

    def names(self, scope: str, owner: str) -> list[str]:
        """Names that have a value, sorted."""
        sql = f"""SELECT name FROM memory_writes AS mine
            WHERE scope = ? AND owner = ? AND {_NEWEST} ORDER BY name"""  # noqa: S608 (literals)
        return [row[0] for row in self._database.rows(sql, (scope, owner))]

    def owners(self, scope: str) -> list[str]:
        """Flows, agents or users that have a value, sorted."""
        sql = f"""SELECT DISTINCT owner FROM memory_writes AS mine
            WHERE scope = ? AND {_NEWEST} ORDER BY owner"""  # noqa: S608 (literals)
        return [row[0] for row in self._database.rows(sql, (scope,))]
