"""The store: one file, one connection, its areas as attributes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from pantheon.clock import Clock
from pantheon.errors import PantheonError, StoreFault
from pantheon.ids import ContentHash, RunId, hash_bytes
from pantheon.store._answers import Answers, Audits, FeedbackLog
from pantheon.store._beside import ShadowRuns
from pantheon.store._blobs import Blobs, Values
from pantheon.store._cache import Cache
from pantheon.store._commits import Commits
from pantheon.store._compact import Compaction, Compactor
from pantheon.store._context import ContextWrites
from pantheon.store._database import Database, Durability
from pantheon.store._files import back_up, make_private
from pantheon.store._fork import Keep, check_forkable, copy_kept
from pantheon.store._journal import Events, Journal
from pantheon.store._learning import Channels, Examples, Monitors, Versions
from pantheon.store._memory import Memory
from pantheon.store._migrations import migrate
from pantheon.store._nights import Nights
from pantheon.store._outcomes import Outcomes
from pantheon.store._queue import Inbox, Queue
from pantheon.store._records import Run
from pantheon.store._releases import Releases
from pantheon.store._runs import Definitions, Runs
from pantheon.store._school import (
    Alarms,
    Decisions,
    EvidenceLog,
    Judgements,
    Looks,
    ShadowPredictions,
    Suggestions,
    Trials,
)
from pantheon.store._waits import Signals, Timers


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
        self.blobs = Blobs(database, clock)
        values = Values(self.blobs)
        self.definitions = Definitions(database, values, clock)
        self.runs = Runs(database, values, clock)
        self.journal = Journal(database, values, self.commits)
        self.events = Events(database, values, clock, self.journal, self.commits)
        self.context = ContextWrites(database, values)
        self.memory = Memory(database, values)
        self.signals = Signals(database, values)
        self.timers = Timers(database, values)
        self.cache = Cache(database, values)
        self.answers = Answers(database, values)
        self.audits = Audits(database, values, clock)
        self.feedback = FeedbackLog(database, values)
        self.examples = Examples(database, values)
        self.versions = Versions(database, values)
        self.channels = Channels(database, values)
        self.monitors = Monitors(database, values)
        self.looks = Looks(database, values)
        self.trials = Trials(database, values)
        self.evidence = EvidenceLog(database, values)
        self.decisions = Decisions(database, values)
        self.judgements = Judgements(database, values)
        self.predictions = ShadowPredictions(database, values)
        self.alarms = Alarms(database, values)
        self.suggestions = Suggestions(database, values)
        self.queue = Queue(database, values)
        self.inbox = Inbox(database, values)
        self.nights = Nights(database, values)
        self.releases = Releases(database, values)
        self.shadows = ShadowRuns(database, values)
        self.outcomes = Outcomes(database)

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
            make_private(Path(path))
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

    def changed_elsewhere(self) -> int:
        """A number that differs from the one before when another connection has committed."""
        return int(self._database.scalar("PRAGMA data_version"))

    def fork(self, source: RunId | str, target: Run, keep: Keep) -> Run:
        """Write a new run that begins with results of another, and with what those wrote.

        `keep` says which: keys (node, index), or a function of both. Returns the run, whose parent
        is the source. Raises NotFound (no such source) or InputError (its results are deleted, or
        the new id is taken); nothing is written then.
        """
        self.commits.settle_rows()
        with self.transaction():
            original = self.runs.get(source)
            check_forkable(original)
            forked = replace(target, parent=original.id)
            self.runs.create(forked)
            copy_kept(self._database, source=original.id, target=forked.id, keep=keep)
        return forked

    def compact(self, *, keep_runs: float | None, now: float, dry: bool = False) -> Compaction:
        """Delete what is not needed any longer and make the file smaller.

        Runs that ended more than `keep_runs` seconds ago (None: none) lose the results of their
        nodes, not their answers. Not inside a transaction. Raises Busy or StoreFault; what was
        deleted by then stays deleted, and the next compaction goes on.
        """
        self.commits.settle_rows()
        compactor = Compactor(self._database, keep_runs=keep_runs, now=now)
        return compactor.rehearse() if dry else compactor.compact()

    def backup(self, target: Path) -> None:
        """Write a copy of the committed state to a new file, which only its owner may read.

        StoreFault when there is one of that name, or it cannot be written; none is left then.
        """
        if target.exists():
            raise StoreFault(f"The file {target} exists already.", hint="Name a new one.")
        back_up(self._database, target)

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
        try:
            self.commits.close()
        finally:
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
