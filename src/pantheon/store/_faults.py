"""What SQLite says when something is wrong, as the errors a user can act on."""

from __future__ import annotations

import sqlite3

from pantheon.errors import Busy, InputError, PantheonError, StoreFault

_PRIMARY = 0xFF
"""The low byte of an extended result code is the primary one."""


def explain(error: sqlite3.Error, path: str) -> PantheonError:
    """The error for users that an SQLite error means; nothing has been written by then."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    known = _KNOWN.get(code)
    if known is None:
        return StoreFault(
            f"The database {path} refused an operation: {error}.", hint=_CHECK.format(path=path)
        )
    kind, sentence, hint = known
    return kind(f"{sentence.format(path=path)} ({error}).", hint=hint.format(path=path))


_CHECK = "Nothing was written. Check the file: sqlite3 {path} 'PRAGMA integrity_check'"
_DAMAGED = (
    "Nothing was changed. Restore a backup (`{path}.backup-*`), or recover what is readable with "
    "`sqlite3 {path} .recover`, or move the file away to start with an empty database."
)
_LOCKED = "Wait until it has finished, or find and stop it (`fuser {path}`); nothing was lost."
_DISK = "Free some space and try again; what was committed before is safe and runs can be resumed."
_ACCESS = "Make the file and its folder readable and writable for this user (`ls -ld {path}`)."

_KNOWN: dict[int, tuple[type[PantheonError], str, str]] = {
    sqlite3.SQLITE_BUSY: (Busy, "Another program holds the database {path}", _LOCKED),
    sqlite3.SQLITE_LOCKED: (Busy, "Another part of this program holds {path}", _LOCKED),
    sqlite3.SQLITE_FULL: (StoreFault, "The disk with the database {path} is full", _DISK),
    sqlite3.SQLITE_IOERR: (StoreFault, "The disk with the database {path} failed", _DISK),
    sqlite3.SQLITE_CORRUPT: (StoreFault, "The database {path} is damaged", _DAMAGED),
    sqlite3.SQLITE_NOTADB: (StoreFault, "The file {path} is not a database", _DAMAGED),
    sqlite3.SQLITE_READONLY: (StoreFault, "The database {path} cannot be written", _ACCESS),
    sqlite3.SQLITE_CANTOPEN: (StoreFault, "The database {path} cannot be opened", _ACCESS),
    sqlite3.SQLITE_PERM: (StoreFault, "The database {path} may not be opened", _ACCESS),
    sqlite3.SQLITE_CONSTRAINT: (
        InputError,
        "The database {path} holds an entry of this name already",
        "Give the new one another id; what is there was not changed.",
    ),
    sqlite3.SQLITE_TOOBIG: (
        InputError,
        "A value is larger than one entry of the database {path} can be",
        "Keep values below 1 GB; pass large files by name.",
    ),
}
