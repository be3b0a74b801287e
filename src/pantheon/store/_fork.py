"""A new run that begins with results of another one, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Final, TypeAlias

from pantheon.errors import InputError
from pantheon.ids import RunId
from pantheon.store._database import Database
from pantheon.store._records import ContextWrite, NodeResult, Run

Key: TypeAlias = tuple[str, int]
"""Node and index of a result."""
Keep: TypeAlias = Collection[Key] | Callable[[str, int], bool]


def _copy(table: str, record: type) -> str:
    """SQL that copies rows of one run to another, as they are: large values stay one blob."""
    columns = ", ".join(f'"{f.name}"' for f in fields(record) if f.name != "run")
    return f"INSERT INTO {table} (run, {columns}) SELECT ?, {columns} FROM {table} WHERE run = ?"  # noqa: S608 (names of fields)


_COPY_RESULT: Final = _copy("node_results", NodeResult) + ' AND node = ? AND "index" = ?'
_COPY_WRITE: Final = _copy("context_writes", ContextWrite) + " AND seq = ?"


def check_forkable(run: Run) -> None:
    """Raise InputError when the results of the run are not there any longer."""
    if run.compacted is not None:
        raise InputError(
            f"The results of the nodes of run {run.id} were deleted to save space.",
            hint="Run the flow anew; a longer `store: {keep_runs: …}` keeps results longer.",
        )


def copy_kept(database: Database, *, source: RunId, target: RunId, keep: Keep) -> None:
    """Copy results, and what their nodes wrote into the context; keys that are not there: none."""
    kept = _choose(database, source, keep)
    for node, index in kept:
        database.write(_COPY_RESULT, (target, source, node, index))
    written = database.rows(
        'SELECT seq, node, "index" FROM context_writes WHERE run = ? ORDER BY seq', (source,)
    )
    for seq, node, index in written:
        if (node, index) in kept:
            database.write(_COPY_WRITE, (target, source, seq))


def _choose(database: Database, source: RunId, keep: Keep) -> dict[Key, None]:
    """The keys to be copied, in the order of the source."""
    rows = database.rows(
        'SELECT node, "index" FROM node_results WHERE run = ? ORDER BY rowid', (source,)
    )
    if callable(keep):
        return {(node, index): None for node, index in rows if keep(node, index)}
    wanted = frozenset(keep)
    return {(node, index): None for node, index in rows if (node, index) in wanted}
