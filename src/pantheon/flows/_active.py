"""The runs that this process executes: their leases are renewed, and they end when told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pantheon.errors import Busy, StoreFault
from pantheon.flows._lease import LEASE_SECONDS, RENEW_SECONDS
from pantheon.flows._work import Work
from pantheon.ids import RunId
from pantheon.store import Store

WATCH_SECONDS = 0.5
"""How often a process that executes runs looks whether another one wants them cancelled."""


@dataclass(slots=True)
class Active:
    """A run that this process executes."""

    run: RunId
    task: asyncio.Task[Any]
    ended: bool = False
    """Whether it has been written down, and the lease given back."""
    work: Work | None = None
    cancelled: str | None = None
    """Why it is to end, when somebody cancelled it."""
    over: asyncio.Event | None = None
    """Set when it is not executed here any longer, if somebody waits for that."""

    def look_again(self) -> None:
        """Go on with nodes that wait for what has come meanwhile."""
        if self.work is not None:
            self.work.look_again()

    def interrupt(self, why: str) -> None:
        """Cancel it; the first reason stands."""
        if self.cancelled is None:
            self.cancelled = why
            self.task.cancel()

    async def end(self) -> None:
        """Return when it is not executed here any longer, whatever its task goes on to do."""
        self.over = self.over or asyncio.Event()
        await self.over.wait()


class _Every:
    """Does something again and again while it is of use, and lapses by itself.

    Not cancelled with the last run: that would cost more than a short run does.
    """

    def __init__(self, seconds: float, work: Callable[[], bool]) -> None:
        """`work` says whether it is still of use."""
        self._seconds = seconds
        self._work = work
        self._loop: asyncio.AbstractEventLoop | None = None

    def ensure(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it that it goes on, on this loop."""
        if self._loop is not loop:
            self._loop = loop
            # The machine's own time: a lease guards against other processes, whatever the clock.
            loop.call_later(self._seconds, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            return
        if self._work():
            loop.call_later(self._seconds, self._fire, loop)
        else:
            self._loop = None


class ActiveRuns:
    """The active runs of one runtime."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._runs: dict[RunId, Active] = {}
        self._renewal = _Every(RENEW_SECONDS, self._renew)
        self._watch = _Every(WATCH_SECONDS, self._look)
        self._seen = -1

    def __contains__(self, run: object) -> bool:
        return run in self._runs

    def get(self, run: RunId) -> Active | None:
        """The run, if it is executed here."""
        return self._runs.get(run)

    def hold(self, run: RunId, work: Work) -> Active:
        """The task that calls this executes a run, whose lease it has."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        active = self._runs[run] = Active(run, task, work=work)
        loop = task.get_loop()
        self._renewal.ensure(loop)
        self._watch.ensure(loop)
        return active

    def let_go(self, active: Active) -> None:
        """It is not executed here any longer."""
        self._runs.pop(active.run, None)
        if active.over is not None:
            active.over.set()
        if not active.ended:
            self._store.runs.release(active.run, self._owner)

    def _renew(self) -> bool:
        if self._runs:
            # A store that cannot be written is told by the next result, to somebody who listens.
            with contextlib.suppress(Busy, StoreFault):
                self._store.runs.renew(self._owner, LEASE_SECONDS)
        return bool(self._runs)

    def _look(self) -> bool:
        """Whether another process wants one of the runs cancelled."""
        if self._runs:
            with contextlib.suppress(Busy, StoreFault):
                self._interrupt_cancelled()
        return bool(self._runs)

    def _interrupt_cancelled(self) -> None:
        version = self._store.changed_elsewhere()
        if version == self._seen:
            return
        self._seen = version
        for active in tuple(self._runs.values()):
            active.look_again()
        for run, why in self._store.runs.cancels(self._runs).items():
            self._runs[run].interrupt(why)
