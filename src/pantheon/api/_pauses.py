"""Waiting for what only time brings: a caller who sleeps until a run goes on, and nothing else.

A paused run holds no task. Whoever awaits one sleeps on the injected clock until the timer is due;
whoever does not leaves it to `wake`, or to another process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

from pantheon.api._result import pending_of
from pantheon.clock import Clock
from pantheon.ids import RunId
from pantheon.store import Run, Store

Resume: TypeAlias = Callable[[RunId], Awaitable[Run]]


class Pauses:
    """The runs that somebody awaits here while they wait for a time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sleepers: dict[RunId, asyncio.Future[None]] = {}
        self._outcomes: dict[RunId, asyncio.Future[Run]] = {}

    def __contains__(self, run: object) -> bool:
        return run in self._outcomes

    async def outcome(self, run: RunId) -> Run:
        """What a run that somebody else awaits comes to."""
        return await asyncio.shield(self._outcomes[run])

    async def see_through(self, run: Run, resume: Resume) -> Run:
        """Sleep and resume until the run has ended, or waits for more than time."""
        if self.due(run) is None or run.id in self._outcomes:
            return run
        outcome: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        self._outcomes[run.id] = outcome
        try:
            while (due := self.due(run)) is not None:
                if not await self._sleep(run.id, due):
                    continue  # clocks differ by a little: not yet
                run = self._store.runs.get(run.id)
                if run.state == "waiting":
                    run = await resume(run.id)
                if self.due(run) == due:
                    break  # its time came and nothing happened: sleeping again would not help
            outcome.set_result(run)
            return run
        finally:
            del self._outcomes[run.id]
            outcome.cancel()  # does nothing when there is a result

    def rouse(self, run: RunId) -> None:
        """Have whoever sleeps over a run look at it again now."""
        sleeper = self._sleepers.get(run)
        if sleeper is not None:
            sleeper.cancel()

    def due(self, run: Run) -> float | None:
        """When a run goes on by itself; None if it does not wait, or needs somebody."""
        if run.state != "waiting":
            return None
        timers = self._store.timers.of(run.id)
        needs = pending_of(self._store.journal.results(run.id))
        if not timers or not all(pending.timer for pending in needs):
            return None
        first = timers[0].due
        return first if run.deadline is None else min(first, run.deadline)

    async def _sleep(self, run: RunId, due: float) -> bool:
        """Sleep until then; whether the time has come, or somebody wants it looked at."""
        seconds = due - self._clock.now()
        sleeper = self._sleepers[run] = asyncio.ensure_future(self._clock.sleep(max(0.0, seconds)))
        try:
            await asyncio.wait([sleeper])
            return sleeper.cancelled() or self._clock.now() >= due
        finally:
            del self._sleepers[run]
            sleeper.cancel()
            with suppress(asyncio.CancelledError):
                await sleeper
