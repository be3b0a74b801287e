"""The same project for programs without asyncio: every call is made in a thread of its own loop.

The thread is not the caller's, so that it also works where a loop runs already, as in a notebook.
Nothing is written twice: a method here is the method of `Pantheon`, called over there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from pantheon.api._pantheon import Pantheon

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Line:
    """A thread with an event loop, and the way for others to have things done in it."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pantheon", daemon=True)
        self._thread.start()

    def reach(self, work: Callable[[], T], /) -> T:
        """What a function returns when it is called in the loop's thread."""
        if threading.current_thread() is self._thread:
            return work()

        async def call() -> T:
            return work()

        return self.wait(call())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns; an interruption of the caller cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            _call_off(future)
            raise

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._runner.close()


def _call_off(future: Future[Any]) -> None:
    """Cancel what is still under way, and let it come to its end."""
    if future.cancel():
        return


class _Call(Generic[P, R]):
    """A method of the twin: the original's, made in the loop's thread."""

    def __init__(self, call: Callable[Concatenate[SyncPantheon, P], R], original: object) -> None:
        self._call = call
        self.__doc__ = original.__doc__

    def __get__(self, twin: SyncPantheon, owner: type[SyncPantheon]) -> Callable[P, R]:
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return self._call(twin, *args, **kwargs)

        call.__doc__ = self.__doc__
        return call


def _awaited(method: Callable[Concatenate[Pantheon, P], Coroutine[Any, Any, R]]) -> _Call[P, R]:
    """For a coroutine method."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return twin.line.wait(method(twin.original, *args, **kwargs))

    return _Call(call, method)


def _called(method: Callable[Concatenate[Pantheon, P], R]) -> _Call[P, R]:
    """For a plain method."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return twin.line.reach(lambda: method(twin.original, *args, **kwargs))

    return _Call(call, method)


def _yielded(
    method: Callable[Concatenate[Pantheon, P], AsyncGenerator[R]],
) -> _Call[P, Generator[R]]:
    """For a method that is an asynchronous generator; who leaves it early closes it there."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> Generator[R]:
        made = method(twin.original, *args, **kwargs)
        over = object()

        async def take() -> R | object:
            return await anext(made, over)

        try:
            while (item := twin.line.wait(take())) is not over:
                yield item  # pyright: ignore[reportReturnType] (it is not `over`)
        finally:
            twin.line.wait(made.aclose())

    return _Call(call, method)


def _entered(
    method: Callable[Concatenate[Pantheon, P], AbstractAsyncContextManager[R]],
) -> _Call[P, Any]:
    """For a method that gives an asynchronous context manager."""

    @contextmanager
    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> Generator[R]:
        with twin.line.holding(method(twin.original, *args, **kwargs)) as value:
            yield value

    return _Call(call, method)


class SyncPantheon:
    """`Pantheon` for programs without asyncio; made by `Pantheon.open_sync`."""

    def __init__(self, original: Pantheon, line: Line) -> None:
        self.original = original
        self.line = line

    run = _awaited(Pantheon.run)
    resume = _awaited(Pantheon.resume)
    cancel = _awaited(Pantheon.cancel)
    signal = _awaited(Pantheon.signal)
    wake = _awaited(Pantheon.wake)
    ask = _awaited(Pantheon.ask)
    stream = _yielded(Pantheon.stream)
    runs = _called(Pantheon.runs)
    show = _called(Pantheon.show)
    events = _called(Pantheon.events)
    memory = _called(Pantheon.memory)
    context = _called(Pantheon.context)
