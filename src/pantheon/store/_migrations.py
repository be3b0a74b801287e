"""Bringing a database to the schema this program knows, or refusing with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pantheon.clock import Clock
from pantheon.errors import StoreFault
from pantheon.store._database import Database
from pantheon.store._files import back_up
from pantheon.store._schema import APPLICATION_ID, MIGRATIONS, Migration


def migrate(
    database: Database, *, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Apply the migrations the file lacks, each in a transaction, after a backup.

    Raises StoreFault for a newer database and for a file that is not Pantheon's; both are left
    untouched.
    """
    latest = migrations[-1].number
    found = _recognise(database, latest=latest)
    if found == latest:
        return
    if found > 0:
        _back_up(database, found)
    for migration in migrations:
        _apply(database, migration, at=clock.now())


def _recognise(database: Database, *, latest: int) -> int:
    version = int(database.scalar("PRAGMA user_version"))
    ours = database.scalar("PRAGMA application_id") == APPLICATION_ID
    if not ours and (version or database.scalar("SELECT count(*) FROM sqlite_master")):
        raise StoreFault(
            f"The file {database.path} is an SQLite database, but not one of Pantheon's.",
            hint="Name another path, or move that file away.",
        )
    if version > latest:
        raise StoreFault(
            f"The database {database.path} was written by a newer Pantheon "
            f"(schema {version}; this one knows up to {latest}).",
            hint="Upgrade Pantheon (`pip install -U pantheon`), or restore a backup made before.",
        )
    return version


def _back_up(database: Database, version: int) -> None:
    target = Path(f"{database.path}.backup-{version}")
    if database.durability != "memory" and not target.exists():
        back_up(database, target)


def _apply(database: Database, migration: Migration, *, at: float) -> None:
    with database.transaction():
        # Another process may have been faster between our look and our lock.
        if int(database.scalar("PRAGMA user_version")) >= migration.number:
            return
        for statement in migration.statements:
            database.write(statement)
        database.write(
            "INSERT INTO migrations (number, name, applied) VALUES (?, ?, ?)",
            (migration.number, migration.name, at),
        )
        database.write(f"PRAGMA application_id = {APPLICATION_ID:d}")
        database.write(f"PRAGMA user_version = {migration.number:d}")
