"""Group commit: what is written in one turn of the event loop shares one transaction.

A commit costs tens of microseconds whatever it holds, so nodes that finish together pay once.
When only one node is at work nobody could share, and it commits at once, without waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator

from pantheon.errors import PantheonError
from pantheon.store._database import Database


class Commits:
    """Joins the writes of tasks on one event loop; every writer waits until its own are safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writers = 0
        self._committed: asyncio.Future[None] | None = None
        self._lost: PantheonError | None = None
        self._afterwards: list[Callable[[], None]] = []

    @contextlib.contextmanager
    def grouped(self) -> Generator[None]:
        """Writes made meanwhile share commits; each who enters counts as one writer."""
        if self._writers == 0:
            self._lost = None
            self._database.group(self._schedule(asyncio.get_running_loop()))
        self._writers += 1
        try:
            yield
        finally:
            self._writers -= 1
            if self._writers == 0:
                self._end()

    def _end(self) -> None:
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

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back once, after what has been written so far is committed; it must not raise."""
        self._afterwards.append(callback)

    async def durable(self) -> None:
        """Return when all that this task has written is committed.

        Raises what went wrong when it, or something written shortly before, could not be kept.
        """
        if self._lost is not None:
            raise self._lost
        if self._writers <= 1:
            self._flush()
        elif self._committed is not None:
            await asyncio.shield(self._committed)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        def on_open() -> None:
            self._committed = loop.create_future()
            loop.call_soon(self._flush_for_all)

        return on_open

    def _flush(self) -> None:
        """Commit now and tell the others; the caller sees the error, if any."""
        committed, self._committed = self._committed, None
        try:
            self._database.flush()
        except PantheonError as error:
            self._lost = error
            _settle(committed, error)
            raise
        _settle(committed, None)
        callbacks, self._afterwards = self._afterwards, []
        for callback in callbacks:
            callback()

    def _flush_for_all(self) -> None:
        # The error reaches everyone who waits; nobody is left to raise it to here.
        with contextlib.suppress(PantheonError):
            self._flush()


def _settle(future: asyncio.Future[None] | None, error: PantheonError | None) -> None:
    if future is None or future.done():
        return
    if error is None:
        future.set_result(None)
        return
    future.set_exception(error)
    future.exception()  # marks it as seen: perhaps nobody waits
