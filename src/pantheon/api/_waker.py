"""Waking runs whose time has come, with one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from pantheon.clock import Clock
from pantheon.ids import RunId
from pantheon.store import Store

LOOK_SECONDS = 30.0
"""How often it looks, by the machine's clock, whether another process has set a timer."""
BUSY_SECONDS = 1.0
"""How long a run is left alone whose time has come but that another process has."""

Wake: TypeAlias = Callable[[RunId], Awaitable[object]]


class Waker:
    """Sleeps until the next timer of the store is due."""

    def __init__(self, store: Store, clock: Clock, *, due: Callable[[], list[RunId]]) -> None:
        """`due`: the runs that are to be woken now."""
        self._store = store
        self._clock = clock
        self._due = due
        self._news = asyncio.Event()
        self._woken: dict[RunId, asyncio.Task[object]] = {}

    def look(self) -> None:
        """There may be a new timer."""
        self._news.set()

    @asynccontextmanager
    async def awake(self, wake: Wake) -> AsyncGenerator[None]:
        """Wake runs while this is open; at the end those under way come to their end.

        Raises what kept a run from being written down.
        """
        watch = asyncio.create_task(self._watch(wake))
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.wait([watch, *self._woken.values()])
        if not watch.cancelled():
            watch.result()

    async def _watch(self, wake: Wake) -> None:
        while True:
            for run in self._due():
                if run not in self._woken:
                    self._woken[run] = asyncio.create_task(self._wake(run, wake))
            await asyncio.sleep(0)  # those who begin now take their timers away
            await self._until_next()

    async def _wake(self, run: RunId, wake: Wake) -> None:
        try:
            await wake(run)
        finally:
            del self._woken[run]
            self.look()

    async def _until_next(self) -> None:
        due = self._store.timers.next_due()
        left = None if due is None else due - self._clock.now()
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._news.wait())]
        if left is not None and left > 0:
            waits.append(asyncio.ensure_future(self._clock.sleep(left)))
        seconds = LOOK_SECONDS if left is None or left > 0 else BUSY_SECONDS
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            self._news.clear()
