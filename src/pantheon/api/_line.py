"""A thread with an event loop of its own, for callers that have none, or may not block theirs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Line:
    """The thread, and the way to have things done in it."""

    def __init__(self) -> None:
        made: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=_live, args=(made,), name="pantheon", daemon=True)
        self._thread.start()
        self._loop = made.result()

    def reach(self, work: Callable[[], T], /) -> T:
        """What a function returns when it is called in the thread."""
        if threading.current_thread() is self._thread:
            return work()

        async def call() -> T:
            return work()

        return self.wait(call())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns. Who is interrupted meanwhile cancels it, and sees it end."""
        answer: Future[T] = Future()
        started: Future[asyncio.Task[T]] = Future()

        def start() -> None:
            task = self._loop.create_task(work)
            task.add_done_callback(lambda done: _settle(answer, done))
            started.set_result(task)

        self._loop.call_soon_threadsafe(start)
        try:
            return answer.result()
        finally:
            if not answer.done():
                self._loop.call_soon_threadsafe(started.result().cancel)
                wait([answer])

    @contextmanager
    def holding(self, manager: AbstractAsyncContextManager[T]) -> Generator[T]:
        """An asynchronous context manager, entered and left in the thread."""
        value = self.wait(_enter(manager))
        try:
            yield value
        except BaseException as error:
            if not self.wait(_leave(manager, error)):
                raise
        else:
            self.wait(_leave(manager, None))

    def close(self) -> None:
        """End the loop and the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def _live(made: Future[asyncio.AbstractEventLoop]) -> None:
    """The life of the thread: the loop is made, run and closed in it."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        made.set_result(loop)
        loop.run_forever()


def _settle(answer: Future[T], task: asyncio.Task[T]) -> None:
    if task.cancelled():
        answer.set_exception(asyncio.CancelledError())
        return
    error = task.exception()
    if error is None:
        answer.set_result(task.result())
    else:
        answer.set_exception(error)


async def _enter(manager: AbstractAsyncContextManager[T]) -> T:
    return await manager.__aenter__()


async def _leave(
    manager: AbstractAsyncContextManager[object], error: BaseException | None
) -> bool | None:
    kind = None if error is None else type(error)
    return await manager.__aexit__(kind, error, error and error.__traceback__)
