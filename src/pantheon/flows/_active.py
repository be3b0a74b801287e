"""The runs that this process executes: their leases are renewed, and they end when told to."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, cast

from pantheon.errors import Busy, StoreFault
from pantheon.flows._lease import LEASE_SECONDS, RENEW_SECONDS
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
    cancelled: str | None = None
    """Why it is to end, when somebody cancelled it."""

    def interrupt(self, why: str) -> None:
        """Cancel it; the first reason stands."""
        if self.cancelled is None:
            self.cancelled = why
            self.task.cancel()


class ActiveRuns:
    """The active runs of one runtime. Two timers while there are any, none otherwise."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._runs: dict[RunId, Active] = {}
        self._renewal: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._seen = -1

    def __contains__(self, run: object) -> bool:
        return run in self._runs

    def get(self, run: RunId) -> Active | None:
        """The run, if it is executed here."""
        return self._runs.get(run)

    def hold(self, run: RunId) -> Active:
        """The task that calls this executes a run, whose lease it has."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        active = self._runs[run] = Active(run, task)
        if self._renewal is None:
            # The machine's own time: a lease guards against other processes, whatever the clock.
            loop = asyncio.get_running_loop()
            self._renewal = loop.call_later(RENEW_SECONDS, self._renew)
            self._watch = loop.call_later(WATCH_SECONDS, self._look)
        return active

    def let_go(self, active: Active) -> None:
        """It is not executed here any longer."""
        self._runs.pop(active.run, None)
        if not active.ended:
            self._store.runs.release(active.run, self._owner)
        if not self._runs:
            for handle in (self._renewal, self._watch):
                if handle is not None:
                    handle.cancel()
            self._renewal = self._watch = None

    def _renew(self) -> None:
        # A store that cannot be written is told by the next result, which has somebody to tell.
        with contextlib.suppress(Busy, StoreFault):
            self._store.runs.renew(self._owner, LEASE_SECONDS)
        self._renewal = asyncio.get_running_loop().call_later(RENEW_SECONDS, self._renew)

    def _look(self) -> None:
        """Whether another process wants one of the runs cancelled."""
        with contextlib.suppress(Busy, StoreFault):
            version = self._store.changed_elsewhere()
            if version != self._seen:
                self._seen = version
                for run, why in self._store.runs.cancels(self._runs).items():
                    self._runs[run].interrupt(why)
        self._watch = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._look)
