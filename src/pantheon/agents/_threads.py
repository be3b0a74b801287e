"""Threads for the user's synchronous functions: few, reused, and never in the way of the exit.

Like `asyncio.to_thread`, but the threads are daemons: a function that does not come back is left
behind when its time is over, and keeps neither the program from ending nor others from running.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

MOST_IDLE = 32
"""Threads that are kept for the next call; more may be at work."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a function returned."""

    value: object


class Raised(Exception):
    """Carries what a user's function raised across the thread, whatever it was."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def is_cancelled(error: BaseException) -> bool:
    """Whether an error is the cancellation of the task that sees it.

    A function may let out a `CancelledError` of something of its own: that is a failure.
    """
    if not isinstance(error, asyncio.CancelledError):
        return False
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


_Job: TypeAlias = Callable[[], None]
_JOBS: queue.SimpleQueue[_Job] = queue.SimpleQueue()
_LOCK = threading.Lock()
_IDLE = [0]
"""How many threads wait for a job; changed under the lock."""


async def in_thread(
    function: Callable[..., object], args: tuple[object, ...], named: dict[str, object]
) -> object:
    """What the function returns; raises `Raised` around what it raised."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Returned | Raised] = loop.create_future()
    context = contextvars.copy_context()

    def settle(outcome: Returned | Raised) -> None:
        if not future.done():
            future.set_result(outcome)

    def job() -> None:
        outcome = _outcome(context, function, args, named)
        with suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, outcome)

    _hand_over(job)
    outcome = await future
    if isinstance(outcome, Raised):
        raise outcome
    return outcome.value


def _outcome(
    context: contextvars.Context,
    function: Callable[..., object],
    args: tuple[object, ...],
    named: dict[str, object],
) -> Returned | Raised:
    try:
        return Returned(context.run(function, *args, **named))
    except BaseException as error:  # noqa: BLE001  a user's sys.exit() must not end a thread silently
        return Raised(error)


def _hand_over(job: _Job) -> None:
    """To a thread that waits, else to a new one: a call never queues behind a slow one."""
    with _LOCK:
        waits = _IDLE[0] > 0
        if waits:
            _IDLE[0] -= 1
    if not waits:
        # Not as an argument of the thread, which would hold what the job holds as long as it lives.
        threading.Thread(target=_work, name="pantheon-function", daemon=True).start()
    _JOBS.put(job)


def _work() -> None:
    while True:
        job = _JOBS.get()
        job()
        del job  # what it holds must not live until the next one comes
        with _LOCK:
            if _IDLE[0] >= MOST_IDLE:
                return
            _IDLE[0] += 1
