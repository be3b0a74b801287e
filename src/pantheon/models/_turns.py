"""Who is next at the engine: requests for the same adapter stay together, and nobody starves.

A change of adapter costs the prompt that the engine still knows; so the worker goes on with the
adapter it is at, until somebody has been overtaken too often.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

PATIENCE = 8
"""How many that came later may go first, before it is one's turn whatever the adapter."""

T = TypeVar("T")


@dataclass(slots=True)
class _Ticket:
    key: str
    work: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future[Any])
    overtaken: int = 0


class Turns:
    """A queue before one worker; work with the key of the last goes first, within `patience`."""

    def __init__(self, worker: ThreadPoolExecutor, *, patience: int = PATIENCE) -> None:
        self._worker = worker
        self._patience = patience
        self._waiting: list[_Ticket] = []
        self._last = ""
        self._lock = threading.Lock()

    def submit(self, key: str, work: Callable[[], T]) -> Future[T]:
        """Queue the work; cancelling the future before its turn takes it out."""
        ticket = _Ticket(key, work)
        with self._lock:
            self._waiting.append(ticket)
        self._worker.submit(self._take_one)
        return ticket.future

    def fail_all(self, error: Exception) -> None:
        """Whoever still waits gets this error: there will be no more turns."""
        with self._lock:
            left, self._waiting = self._waiting, []
        for ticket in left:
            if ticket.future.set_running_or_notify_cancel():
                ticket.future.set_exception(error)

    def _take_one(self) -> None:
        """Runs in the worker, once for each ticket."""
        ticket = self._next()
        if ticket is None or not ticket.future.set_running_or_notify_cancel():
            return
        try:
            ticket.future.set_result(ticket.work())
        except BaseException as error:  # noqa: BLE001 - it belongs to who waits, not to the worker
            ticket.future.set_exception(error)

    def _next(self) -> _Ticket | None:
        with self._lock:
            if not self._waiting:
                return None
            index = self._choose()
            for earlier in self._waiting[:index]:
                earlier.overtaken += 1
            ticket = self._waiting.pop(index)
            self._last = ticket.key
            return ticket

    def _choose(self) -> int:
        """The first that lost patience, else the first for the same adapter, else the first."""
        for index, ticket in enumerate(self._waiting):
            if ticket.overtaken >= self._patience:
                return index
        same = (index for index, ticket in enumerate(self._waiting) if ticket.key == self._last)
        return next(same, 0)
