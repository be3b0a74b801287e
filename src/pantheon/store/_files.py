"""The files of databases: private to their owner, and copies that are whole or not there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from pantheon.errors import EnvironmentFault, StoreFault
from pantheon.store._database import Database


def make_private(path: Path) -> None:
    """Make the folder and an empty file that only its owner may read: it will hold the work."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreFault(
            f"The database {path} cannot be created: {error.strerror}.",
            hint=f"Make the folder writable for this user (`ls -ld {path.parent}`), or free space.",
        ) from error


def back_up(database: Database, target: Path) -> None:
    """Write a copy of the committed state; it gets its name when it is whole."""
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of one that was killed
        make_private(partial)
        database.backup(partial)
        partial.rename(target)
    except (OSError, EnvironmentFault) as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise StoreFault(
            f"The copy {target} cannot be written: {getattr(error, 'message', error)}",
            hint="Name a file in a folder that is writable and has room for the whole database.",
        ) from error
