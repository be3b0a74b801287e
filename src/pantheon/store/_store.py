"""The store: one file, one connection, its areas as attributes."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pantheon.clock import Clock
from pantheon.errors import PantheonError, StoreFault
from pantheon.ids import ContentHash, hash_bytes
from pantheon.store._answers import Answers, Audits, FeedbackLog
from pantheon.store._blobs import Blobs, Values
from pantheon.store._commits import Commits
from pantheon.store._database import Database, Durability
from pantheon.store._journal import Events, Journal
from pantheon.store._learning import Channels, Examples, Looks, Monitors, Versions
from pantheon.store._migrations import migrate
from pantheon.store._nights import Nights
from pantheon.store._queue import Inbox, Queue
from pantheon.store._runs import Definitions, Runs


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the whole file found."""

    blobs: int
    """How many blobs were read and hashed again."""
    damaged: tuple[ContentHash, ...]
    """Blobs whose content is not what their name says."""
    problems: tuple[str, ...]
    """What SQLite's own integrity check complains about."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damaged and not self.problems


class Store:
    """Everything Pantheon remembers. Open it with `Store.open`; belongs to one thread.

    Single writes commit by themselves; `with store.transaction():` groups several.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """For `open`; the database must have the current schema."""
        self._database = database
        self.clock = clock
        self.commits = Commits(database)
        self.blobs = Blobs(database)
        values = Values(self.blobs)
        self.definitions = Definitions(database, values, clock)
        self.runs = Runs(database, values, clock)
        self.journal = Journal(database, values)
        self.events = Events(database, values, clock)
        self.answers = Answers(database, values)
        self.audits = Audits(database, values, clock)
        self.feedback = FeedbackLog(database, values)
        self.examples = Examples(database, values)
        self.versions = Versions(database, values)
        self.channels = Channels(database, values)
        self.monitors = Monitors(database, values)
        self.looks = Looks(database)
        self.queue = Queue(database, values)
        self.inbox = Inbox(database, values)
        self.nights = Nights(database, values)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        clock: Clock,
        durability: Durability = "fast",
        busy_seconds: float = 5.0,
    ) -> Store:
        """Open the database at `path` (":memory:" keeps nothing), creating it when missing.

        `fast` survives a killed process; a power cut may take the last moments, never the file.
        `safe` waits for the disk at every commit. `memory` writes nothing to disk.
        Raises StoreFault (damaged, newer, not writable, disk full) or Busy (locked by another
        program for longer than `busy_seconds`); the file is then as it was.
        """
        kept = durability != "memory" and str(path) != ":memory:"
        if kept:
            _prepare(Path(path))
        database = Database(
            str(path) if kept else ":memory:",
            durability=durability if kept else "memory",
            busy_seconds=busy_seconds,
        )
        try:
            migrate(database, clock=clock)
        except BaseException:
            database.close()
            raise
        return cls(database, clock=clock)

    @property
    def path(self) -> str:
        """Where the file is; ":memory:" when nothing is kept."""
        return self._database.path

    @property
    def durability(self) -> Durability:
        """What survives what."""
        return self._database.durability

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """All writes inside, or none; may nest. Never `await` inside."""
        return self._database.transaction()

    def backup(self, target: Path) -> None:
        """Write a copy of the committed state to a new file."""
        if target.exists():
            raise StoreFault(f"The file {target} exists already.", hint="Name a new one.")
        self._database.backup(target)

    def verify(self) -> Verification:
        """Read everything: SQLite's integrity check, and every blob hashed again."""
        problems = [str(r[0]) for r in self._database.rows("PRAGMA integrity_check")]
        names = self.blobs.names()
        return Verification(
            blobs=len(names),
            damaged=tuple(name for name in names if not self._is_whole(name)),
            problems=tuple(p for p in problems if p != "ok"),
        )

    def _is_whole(self, name: ContentHash) -> bool:
        try:
            return hash_bytes(self.blobs.get(name)) == name
        except PantheonError:
            return False

    def close(self) -> None:
        """Commit what is pending and close; may be called twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _prepare(path: Path) -> None:
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
