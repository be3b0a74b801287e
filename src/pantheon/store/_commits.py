"""Group commit: what is written in one turn of the event loop shares one transaction.

A commit costs tens of microseconds whatever it holds, so nodes that finish together pay once.
When only one node is at work nobody could share, and it commits at once, without waiting. Rows of
the hot path are kept as plain tuples until then and written by one statement a table.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from pantheon.errors import PantheonError
from pantheon.store._database import Database

Checker: TypeAlias = "Callable[[list[Sequence[object]]], None]"
"""Called with the rows of a batch of which fewer were written than there are."""


_PILE = 256
"""Rows that may wait where nothing is kept anyway."""


class Batch:
    """Rows for one statement that wait for the next commit."""

    __slots__ = ("check", "rows", "sql")

    def __init__(self, sql: str, check: Checker | None = None) -> None:
        self.sql = sql
        self.check = check
        self.rows: list[Sequence[object]] = []


class Commits:
    """Joins the writes of tasks on one event loop; every writer waits until its own are safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept = database.durability != "memory"
        self._writers = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._batches: list[Batch] = []
        self._filled = False
        self._unwritten = 0
        self._scheduled = False
        self._closed = False
        self._waiters: list[asyncio.Future[None]] = []
        self._lost: PantheonError | None = None
        self.losses = 0
        """How often something could not be kept."""
        self._afterwards: list[Callable[[], None]] = []
        self._before: list[Callable[[], None]] = []

    # ------------------------------------------------------------------ rows

    def batch(self, sql: str, check: Checker | None = None) -> Batch:
        """A statement whose rows may wait for the next commit."""
        made = Batch(sql, check)
        self._batches.append(made)
        return made

    def add(self, batch: Batch, row: Sequence[object]) -> None:
        """Write a row with the next commit; at once when nobody groups."""
        batch.rows.append(row)
        self._filled = True
        self._unwritten += 1
        if not self._writers:
            self._flush()

    def put(self, batch: Batch, row: Sequence[object]) -> None:
        """Add a row to the commit that is about to be made."""
        batch.rows.append(row)
        self._filled = True

    def before_commit(self, callback: Callable[[], None]) -> None:
        """Call back before every commit, to add what must be in it."""
        self._before.append(callback)

    def settle_rows(self) -> None:
        """Bring rows that wait into the file, so that a query sees them."""
        if not self._filled:
            return
        try:
            self._write_rows()
            if not self._kept:
                self._database.flush()
        except PantheonError as error:
            self._lose(error)
            raise

    # ------------------------------------------------------------------ groups

    @contextlib.contextmanager
    def grouped(self) -> Generator[None]:
        """Writes made meanwhile share commits; each who enters counts as one writer."""
        if self._writers == 0:
            self._lost = None
            self._loop = asyncio.get_running_loop()
            self._scheduled = False
            if self._kept:
                self._database.group(self.soon)
        self._writers += 1
        try:
            yield
        finally:
            self._writers -= 1
            if self._writers == 0:
                self._end()

    def _end(self) -> None:
        if not self._kept:
            self._go_on()
            return
        try:
            self._flush()
        finally:
            self._database.group(None)

    def fork(self, writers: int) -> None:
        """So many more tasks will write before each of them calls `join`."""
        self._writers += writers

    def join(self) -> None:
        """One task that was counted by `fork` has ended."""
        self._writers -= 1

    # ------------------------------------------------------------------ commits

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back once, after what has been written so far is committed; it must not raise."""
        self._afterwards.append(callback)

    def soon(self) -> None:
        """Commit at the end of this turn of the loop."""
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._flush_for_all)

    async def durable(self, losses: int = 0) -> None:
        """Return when all that this task has written is committed.

        Raises what went wrong when it, or something written before, could not be kept. `losses` as
        it was when the caller began to write: what was lost earlier does not concern it.
        """
        if self._lost is not None and self.losses != losses:
            raise self._lost
        if not self._kept:
            self._go_on()
            return
        if self._writers <= 1:
            self._flush()
            return
        assert self._loop is not None
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(waiter)
        self.soon()
        await waiter

    def _go_on(self) -> None:
        """Nothing survives the process, so there is nothing to wait for; rows may pile up."""
        if self._afterwards or self._unwritten > _PILE:
            self._flush()
        else:
            self.soon()

    def _flush(self) -> None:
        """Commit now and tell the others; the caller sees the error, if any."""
        waiters, self._waiters = self._waiters, []
        try:
            for callback in self._before:
                callback()
            if self._filled:
                self._write_rows()
            self._database.flush()
        except PantheonError as error:
            self._waiters = waiters
            self._lose(error)
            raise
        if waiters:
            _settle(waiters, None)
        if self._afterwards:
            callbacks, self._afterwards = self._afterwards, []
            for callback in callbacks:
                callback()

    def _lose(self, error: PantheonError) -> None:
        """What was to be kept is not: all who wrote are told, now or when they ask."""
        self._lost = error
        self.losses += 1
        self._afterwards.clear()
        self._database.undo_group()
        waiters, self._waiters = self._waiters, []
        _settle(waiters, error)

    def _write_rows(self) -> None:
        self._filled = False
        self._unwritten = 0
        filled = [batch for batch in self._batches if batch.rows]
        if len(filled) == 1 and len(filled[0].rows) == 1:
            self._write_one(filled[0])
            return
        written = [(batch.sql, batch.rows) for batch in filled]
        for batch in filled:
            batch.rows = []
        counts = self._database.write_batches(written)
        for batch, (_, rows), count in zip(filled, written, counts, strict=True):
            if count < len(rows) and batch.check:
                batch.check(rows)

    def _write_one(self, batch: Batch) -> None:
        """A statement of its own is a transaction of its own: no BEGIN, no COMMIT."""
        rows, batch.rows = batch.rows, []
        if self._database.write_at_once(batch.sql, rows[0]) < 1 and batch.check:
            batch.check(rows)

    def close(self) -> None:
        """Nothing more is written; what waits is, where anything survives."""
        if self._kept:
            self._flush()
        self._closed = True

    def _flush_for_all(self) -> None:
        self._scheduled = False
        if self._closed:
            return
        # The error reaches everyone who waits; nobody is left to raise it to here.
        with contextlib.suppress(PantheonError):
            self._flush()


def _settle(waiters: Sequence[asyncio.Future[None]], error: PantheonError | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue  # its task was cancelled
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)
