"""Making the file smaller: what nobody asks for any longer is deleted, the rest moves together.

Every step is a transaction of its own, so that a killed program leaves a whole database, only a
larger one; the next compaction goes on. Others may work in the database meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pantheon.errors import Busy, InputError, StoreFault
from pantheon.store._database import Database

BATCH: Final = 200
"""Runs in one transaction: others may write in between."""
GRACE: Final = 86400.0
"""Seconds that a new blob or definition stays in any case: who wrote it may be about to refer to
it."""

TRACES: Final[Mapping[str, str]] = {
    "node_results": "",
    "events": "",
    "context_writes": "",
    "signals": "",
    "timers": "",
    "inbox": " AND state != 'open'",
}
"""Tables with the course of a run, and which of its rows may go."""

_ENDED: Final = """SELECT rowid, id FROM runs WHERE rowid > ?
 AND state IN ('done', 'failed', 'cancelled') AND finished < ? AND compacted IS NULL
 AND (lease_until IS NULL OR lease_until < ?)
 AND (night IS NULL
  OR night IS NOT (SELECT id FROM nights ORDER BY started DESC, rowid DESC LIMIT 1))
 AND id NOT IN (SELECT run FROM queue WHERE state IN ('queued', 'running') AND run IS NOT NULL)
 AND id NOT IN (SELECT run FROM answers WHERE run IS NOT NULL
  AND id IN (SELECT answer FROM owed_audits))
 ORDER BY rowid LIMIT ?"""
"""Ended long enough ago, and nobody needs its course: not the report of the last night, not the
queue, not an audit."""

_SUPERSEDED: Final = """DELETE FROM definitions AS old WHERE at < ? AND hash NOT IN ({references})
 AND EXISTS (SELECT 1 FROM definitions AS new
  WHERE new.kind = old.kind AND new.name = old.name AND new.at > old.at)"""
"""The newest definition of each name stays: a program at work may have it in mind."""

_UNREFERENCED: Final = "DELETE FROM blobs WHERE at < ? AND hash NOT IN ({references})"

_NAMED: Final = frozenset({("blobs", "hash"), ("definitions", "hash")})
"""Columns that give things their names; any other column that holds such a name refers to it."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a compaction removed, or (dry) would remove."""

    runs: int
    """How many runs lost the results of their nodes."""
    removed: Mapping[str, int]
    """Rows by table."""
    bytes_before: int
    bytes_after: int
    dry: bool
    unfinished: str | None = None
    """Why the file could not be made smaller this time; nothing is wrong with it."""


class _TakeBack(Exception):
    """Ends a dry compaction."""


class Compactor:
    """One compaction of a database."""

    def __init__(self, database: Database, *, keep_runs: float | None, now: float) -> None:
        if keep_runs is not None and not keep_runs >= 0:
            raise InputError(
                f"Ended runs cannot be kept for {keep_runs} seconds.",
                hint="Give a time such as `30d`, or `0s` for none.",
            )
        self._database = database
        self._keep_runs = keep_runs
        self._now = now
        self._runs = 0
        self._removed: Counter[str] = Counter(dict.fromkeys(TRACES, 0))

    def compact(self) -> Compaction:
        """Remove and shrink. Busy or StoreFault: what was removed until then stays removed."""
        before = _size(self._database)
        self._remove()
        unfinished = _shrink(self._database)
        return self._told(before, _size(self._database), dry=False, unfinished=unfinished)

    def rehearse(self) -> Compaction:
        """Remove it all and take that back: what is told is exact."""
        before = after = _size(self._database)
        try:
            with self._database.transaction():
                self._remove()
                after = _size(self._database) - _free(self._database)
                raise _TakeBack
        except _TakeBack:
            return self._told(before, after, dry=True)

    def _told(
        self, before: int, after: int, *, dry: bool, unfinished: str | None = None
    ) -> Compaction:
        return Compaction(self._runs, dict(self._removed), before, after, dry, unfinished)

    def _remove(self) -> None:
        if self._keep_runs is not None:
            self._remove_traces(ended_before=self._now - self._keep_runs)
        self._delete("cache", "DELETE FROM cache WHERE expires <= ?", self._now)
        references, old = find_references(self._database), self._now - GRACE
        self._delete("definitions", _SUPERSEDED.format(references=references), old)
        self._delete("blobs", _UNREFERENCED.format(references=references), old)

    def _delete(self, table: str, sql: str, *parameters: object) -> None:
        with self._database.transaction():
            self._removed[table] += self._database.write(sql, parameters)

    def _remove_traces(self, *, ended_before: float) -> None:
        last: int | None = -1
        while last is not None:
            with self._database.transaction():
                last = self._remove_batch(last, ended_before)

    def _remove_batch(self, last: int, ended_before: float) -> int | None:
        """Those of the next runs; returns where to go on, None at the end."""
        runs = self._database.rows(_ENDED, (last, ended_before, self._now, BATCH))
        for _, run in runs:
            for table, condition in TRACES.items():
                sql = f"DELETE FROM {table} WHERE run = ?{condition}"  # noqa: S608 (literals)
                self._removed[table] += self._database.write(sql, (run,))
            self._database.write("UPDATE runs SET compacted = ? WHERE id = ?", (self._now, run))
        self._runs += len(runs)
        return runs[-1][0] if runs else None


def find_references(database: Database) -> str:
    """SQL for all names of blobs and definitions that any row of any table holds.

    It goes by the schema, so a table that comes later is not forgotten.
    """
    columns = database.rows(
        "SELECT tables.name, columns.name FROM sqlite_master AS tables, "
        "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' "
        "AND tables.name NOT LIKE 'sqlite_%' AND columns.type = 'TEXT' ORDER BY 1, 2"
    )
    return " UNION ALL ".join(
        f'SELECT "{column}" FROM "{table}" WHERE "{column}" GLOB \'b2:*\''  # noqa: S608 (names of the schema)
        for table, column in columns
        if (table, column) not in _NAMED
    )


def _shrink(database: Database) -> str | None:
    """Give free pages back to the disk; why not, when another program is in the way."""
    try:
        database.row("VACUUM")
        checkpoint = database.row("PRAGMA wal_checkpoint(TRUNCATE)")
    except (Busy, StoreFault) as fault:
        return fault.message
    if checkpoint is not None and checkpoint[0]:
        return f"Another program is reading {database.path}; the file shrinks when it has ended."
    return None


def _size(database: Database) -> int:
    """Bytes of the database."""
    return int(database.scalar("PRAGMA page_count") * database.scalar("PRAGMA page_size"))


def _free(database: Database) -> int:
    """Bytes of it that hold nothing."""
    return int(database.scalar("PRAGMA freelist_count") * database.scalar("PRAGMA page_size"))
