"""One SQLite connection: transactions that nest, writes that can share a commit, clear errors.

A database belongs to the thread that opened it. Never `await` inside a transaction: what other
tasks write meanwhile would join it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from pantheon.errors import InputError, PantheonError, StoreFault
from pantheon.store._faults import explain

Durability: TypeAlias = Literal["fast", "safe", "memory"]
"""fast: survives a killed process (and a power cut up to the last moments); safe: both, always;
memory: nothing is written to disk."""
SqlRow: TypeAlias = "tuple[Any, ...]"

_SYNCHRONOUS = {"fast": "NORMAL", "safe": "FULL", "memory": "OFF"}

_REFUSALS = (sqlite3.Error, UnicodeEncodeError, OverflowError)
"""What sqlite3 raises for a statement or a value that it does not take."""


class Database:
    """A connection whose every failure is a `Busy`, `StoreFault` or `InputError` with a hint."""

    def __init__(self, path: str, *, durability: Durability, busy_seconds: float) -> None:
        self.path = path
        self.durability: Durability = durability
        self._depth = 0
        self._on_group: Callable[[], None] | None = None
        self._grouped = False
        self._broken: PantheonError | None = None
        with self._explained():
            self._connection = _connect(path, durability=durability, busy_seconds=busy_seconds)

    # ------------------------------------------------------------------ statements

    def write(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one writing statement; returns how many rows it touched."""
        if self._on_group is not None and not self._connection.in_transaction:
            self._open_group()
        try:
            return self._connection.execute(sql, parameters).rowcount
        except _REFUSALS as error:
            raise self._fault(error) from error

    def write_at_once(self, sql: str, parameters: Sequence[object]) -> int:
        """Like `write`, in a transaction of its own when none is open, grouping or not."""
        try:
            return self._connection.execute(sql, parameters).rowcount
        except _REFUSALS as error:
            raise self._fault(error) from error

    def write_batches(self, batches: Sequence[tuple[str, Sequence[Sequence[object]]]]) -> list[int]:
        """Run each statement for its rows, all or none; returns the rows that each touched.

        They join the open group, or open one that the next `flush` commits.
        """
        if not self._connection.in_transaction:
            self._run("BEGIN IMMEDIATE")
            self._grouped = True
        try:
            return [self._connection.executemany(sql, rows).rowcount for sql, rows in batches]
        except _REFUSALS as error:
            fault = self._fault(error)
            if self._grouped:
                self._grouped = False
                self._undo("")
            raise fault from error

    def write_many(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one writing statement for each row, all or none; returns the rows touched."""
        with self.transaction():
            try:
                return self._connection.executemany(sql, rows).rowcount
            except _REFUSALS as error:
                raise self._fault(error) from error

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[SqlRow]:
        """All rows of a query."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except _REFUSALS as error:
            raise self._fault(error) from error

    def row(self, sql: str, parameters: Sequence[object] = ()) -> SqlRow | None:
        """The first row of a query, or None."""
        try:
            return self._connection.execute(sql, parameters).fetchone()
        except _REFUSALS as error:
            raise self._fault(error) from error

    def scalar(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, parameters)
        return None if row is None else row[0]

    # ------------------------------------------------------------------ transactions

    def transaction(self) -> Transaction:
        """All writes inside, or none; may nest (an inner one that fails undoes only itself)."""
        return Transaction(self)

    def enter(self) -> str:
        """Begin a transaction, or one within; returns the name of its savepoint, if it is one."""
        if self._on_group is not None and not self._connection.in_transaction:
            self._open_group()
        name = f"level{self._depth}" if self._connection.in_transaction else ""
        self._run(f"SAVEPOINT {name}" if name else "BEGIN IMMEDIATE")
        self._depth += 1
        return name

    def leave(self, savepoint: str, *, keep: bool) -> None:
        """End what `enter` began; what was written is kept only if that can be promised."""
        self._depth -= 1
        if not keep:
            self._undo(savepoint)
            return
        try:
            self._run(f"RELEASE {savepoint}" if savepoint else "COMMIT")
        except BaseException:
            self._undo(savepoint)
            raise

    def _undo(self, savepoint: str) -> None:
        # A full disk may have rolled everything back already.
        if not self._connection.in_transaction:
            return
        with contextlib.suppress(sqlite3.Error):
            if not savepoint:
                self._connection.execute("ROLLBACK")
                return
            self._connection.execute(f"ROLLBACK TO {savepoint}")
            self._connection.execute(f"RELEASE {savepoint}")

    # ------------------------------------------------------------------ group commit

    def group(self, on_open: Callable[[], None] | None) -> None:
        """Let writes share transactions until `flush`.

        The first write outside a transaction opens one and calls `on_open`, which sees to it that
        `flush` is called soon. None ends the grouping; what is pending is committed.
        """
        if on_open is None and self._on_group is not None:
            self._on_group = None
            self.flush()
        self._on_group = on_open

    @property
    def pending(self) -> bool:
        """Whether something has been written that is not committed yet."""
        return self._grouped

    def flush(self) -> None:
        """Commit what the group has written; when that fails, none of it was."""
        if not self._grouped:
            return
        self._grouped = False
        broken, self._broken = self._broken, None
        if broken is not None:
            self._undo("")
            raise broken
        try:
            self._run("COMMIT")
        except PantheonError:
            self._undo("")
            raise

    def undo_group(self) -> None:
        """Write nothing of what the group holds: a part of it could not be written."""
        if self._grouped:
            self._grouped, self._broken = False, None
            self._undo("")

    def _open_group(self) -> None:
        if self._on_group is None or self._grouped:
            # The group was rolled back under us: nothing more may be written as if it were whole.
            raise self._broken or StoreFault(f"Writes to {self.path} were undone.", hint="Resume.")
        self._run("BEGIN IMMEDIATE")
        self._grouped = True
        self._on_group()

    # ------------------------------------------------------------------ whole file

    def backup(self, target: Path) -> None:
        """Write a copy of the committed state to `target`, which must not exist yet."""
        with self._explained(), contextlib.closing(sqlite3.connect(target)) as copy:
            self._connection.backup(copy)

    def close(self) -> None:
        """Commit what is pending and close; may be called twice."""
        try:
            self.group(None)
        finally:
            self._connection.close()

    # ------------------------------------------------------------------ failures

    def _run(self, sql: str) -> None:
        try:
            self._connection.execute(sql)
        except sqlite3.Error as error:
            raise self._fault(error) from error

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def _fault(self, error: sqlite3.Error | UnicodeEncodeError | OverflowError) -> PantheonError:
        if isinstance(error, OverflowError):
            return InputError(
                "A whole number for the database is too large.",
                hint="Use numbers between -2^63 and 2^63 - 1.",
            )
        if isinstance(error, UnicodeEncodeError):
            return InputError(
                f"A text for the database holds something that is not Unicode: {error.reason}.",
                hint="Decode it as UTF-8 first, replacing what does not decode.",
            )
        fault = explain(error, self.path)
        if self._grouped and not self._connection.in_transaction:
            self._broken = fault
        return fault


class Transaction:
    """The `with` block of a transaction. A class, because a generator costs more than the work."""

    __slots__ = ("_database", "_savepoint")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._savepoint = ""

    def __enter__(self) -> None:
        self._savepoint = self._database.enter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.leave(self._savepoint, keep=kind is None)


def _connect(path: str, *, durability: Durability, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, cached_statements=256
    )
    try:
        if durability != "memory":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
