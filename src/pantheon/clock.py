"""Time as something handed in, so that a whole night can run in milliseconds."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import Protocol

_TURNS = 8
"""Turns of the loop that others get before a simulated clock jumps."""


class Clock(Protocol):
    """What the product may know about time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    def elapsed(self) -> float:
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FakeClock:
    """A clock for tests and simulations: it moves only when told, or when all others wait.

    Of several who sleep, whoever is due first wakes first; time jumps there after the other tasks
    of the loop have had a few turns to go to sleep as well.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int]] = []
        self._number = itertools.count()

    def now(self) -> float:
        return self._now

    def elapsed(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds`."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        due = self._now + max(seconds, 0.0)
        sleeper = (due, next(self._number))
        heapq.heappush(self._sleepers, sleeper)
        try:
            await asyncio.sleep(0)
            turns = 0
            while self._now < due:
                first = self._sleepers[0] is sleeper
                turns = turns + 1 if first else 0
                if turns > _TURNS:
                    self._now = due
                await asyncio.sleep(0)
        finally:
            self._sleepers.remove(sleeper)
            heapq.heapify(self._sleepers)


def iso(seconds: float) -> str:
    """ISO-8601 in UTC with millisecond precision, e.g. `2026-01-31T22:00:00.000Z`."""
    stamp = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")
