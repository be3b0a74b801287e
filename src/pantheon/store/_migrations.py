"""Bringing a database to the schema this program knows, or refusing with the reason."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pantheon.clock import Clock
from pantheon.errors import StoreFault
from pantheon.store._database import Database
from pantheon.store._faults import explain
from pantheon.store._files import back_up
from pantheon.store._schema import APPLICATION_ID, MIGRATIONS, Migration

_WAIT: Final = 5.0
"""Seconds until a locked database is Busy to whoever looks at it or copies it."""


@dataclass(frozen=True, slots=True)
class SchemaState:
    """How a database stands to this program, before it is opened for work."""

    found: int
    """Number of its schema; 0 where there is nothing yet."""
    latest: int
    """Of the schema that this program knows."""
    pending: tuple[Migration, ...]
    """What opening it would apply, in this order; empty where opening would only make a new one."""
    backup: Path | None
    """Where the copy of it lies that is written before; None where nothing is pending."""


def read_schema(file: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> SchemaState:
    """Look at a database without changing it, or making one.

    Raises StoreFault for a newer or a damaged one and for a file that is not Pantheon's, and Busy.
    """
    latest = migrations[-1].number
    found = _look(file, latest) if file.exists() else 0
    pending = tuple(m for m in migrations if 0 < found < m.number)
    return SchemaState(found, latest, pending, backup=_backup_of(file, found) if pending else None)


def _look(file: Path, latest: int) -> int:
    try:
        # Not `ro`, which would leave the files of the log behind; nothing is written all the same.
        address = f"{file.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=_WAIT)) as connection:
            read = connection.execute
            return _recognise(lambda sql: read(sql).fetchone()[0], str(file), latest=latest)
    except sqlite3.Error as error:
        raise explain(error, str(file)) from error


def migrate(
    database: Database, *, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Apply the migrations that the file lacks, all or none, after a backup.

    Raises StoreFault for a newer database and for a file that is not Pantheon's; both are left
    untouched.
    """
    latest = migrations[-1].number
    if _recognise(database.scalar, database.path, latest=latest) == latest:
        return
    with database.transaction():
        # Another process may have been faster between our look and our lock.
        found = _recognise(database.scalar, database.path, latest=latest)
        if 0 < found < latest and database.durability != "memory":
            _back_up(database, found)
        for migration in migrations:
            if migration.number > found:
                _apply(database, migration, at=clock.now())


def _recognise(read: Callable[[str], Any], path: str, *, latest: int) -> int:
    version = int(read("PRAGMA user_version"))
    ours = read("PRAGMA application_id") == APPLICATION_ID
    if not ours and (version or read("SELECT count(*) FROM sqlite_master")):
        raise StoreFault(
            f"The file {path} is an SQLite database, but not one of Pantheon's.",
            hint="Name another path, or move that file away.",
        )
    if version > latest:
        raise StoreFault(
            f"The database {path} was written by a newer Pantheon "
            f"(schema {version}; this one knows up to {latest}).",
            hint="Upgrade Pantheon (`pip install -U pantheon`), or restore a backup made before.",
        )
    return version


def _backup_of(file: Path, version: int) -> Path:
    """The copy of this schema that is as new as the file, else the first free name for one.

    No copy is written over: what was put back and worked with is copied beside its first copy.
    """
    target, number = Path(f"{file}.backup-{version}"), 1
    while target.exists() and not _is_of_now(target, file):
        number += 1
        target = Path(f"{file}.backup-{version}-{number}")
    return target


def _is_of_now(copy: Path, file: Path) -> bool:
    """Whether nothing was written since: else a migration that fails would copy again each time."""
    parts = (file, Path(f"{file}-wal"))
    changed = max(p.stat().st_mtime_ns for p in parts if p.exists() and p.stat().st_size)
    return copy.stat().st_mtime_ns >= changed


def _back_up(database: Database, version: int) -> None:
    """Copy what is committed, unless that was done.

    SQLite does not copy through a connection that holds the lock for writing, so another one reads.
    """
    target = _backup_of(Path(database.path), version)
    if target.exists():
        return
    reader = Database(database.path, durability=database.durability, busy_seconds=_WAIT)
    try:
        back_up(reader, target)
    finally:
        reader.close()


def _apply(database: Database, migration: Migration, *, at: float) -> None:
    for statement in migration.statements:
        database.write(statement)
    database.write(
        "INSERT INTO migrations (number, name, applied) VALUES (?, ?, ?)",
        (migration.number, migration.name, at),
    )
    database.write(f"PRAGMA application_id = {APPLICATION_ID:d}")
    database.write(f"PRAGMA user_version = {migration.number:d}")
