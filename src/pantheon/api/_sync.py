"""The same project for programs without asyncio: every call is made in a thread with its own loop.

The thread is not the caller's, so that it also works where a loop runs already, as in a notebook.
Nothing is written twice: a method here is the method of `Opened`, called over there.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload

from pantheon.api._line import Line
from pantheon.api._opened import Opened

P = ParamSpec("P")
R = TypeVar("R")


class _Method(Generic[P, R]):
    """A method of the twin, made of the original's and a way to call it."""

    def __init__(self, original: object, call: Callable[Concatenate[SyncPantheon, P], R]) -> None:
        self._call = call
        self._original = original
        self.__doc__ = original.__doc__

    @overload
    def __get__(self, twin: SyncPantheon, owner: object) -> Callable[P, R]: ...

    @overload
    def __get__(self, twin: None, owner: object) -> Self: ...

    def __get__(self, twin: SyncPantheon | None, owner: object) -> Callable[P, R] | Self:
        if twin is None:
            return self
        bound = functools.partial(self._call, twin)
        return functools.update_wrapper(cast("Callable[P, R]", bound), cast("Any", self._original))


def _awaited(method: Callable[Concatenate[Opened, P], Coroutine[Any, Any, R]]) -> _Method[P, R]:
    """For a coroutine method: returns what it returns."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return twin.line.wait(method(twin.original, *args, **kwargs))

    return _Method(method, call)


def _called(method: Callable[Concatenate[Opened, P], R]) -> _Method[P, R]:
    """For a plain method: it is called where the store may be used."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return twin.line.reach(lambda: method(twin.original, *args, **kwargs))

    return _Method(method, call)


def _entered(
    method: Callable[Concatenate[Opened, P], AbstractAsyncContextManager[R]],
) -> _Method[P, AbstractContextManager[R]]:
    """For a method that gives a context manager."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[R]:
        return twin.line.holding(method(twin.original, *args, **kwargs))

    return _Method(method, call)


def _yielded(
    method: Callable[Concatenate[Opened, P], AsyncGenerator[R]],
) -> _Method[P, Generator[R]]:
    """For an asynchronous generator: who leaves the loop early closes it."""

    def call(twin: SyncPantheon, /, *args: P.args, **kwargs: P.kwargs) -> Generator[R]:
        made = method(twin.original, *args, **kwargs)
        try:
            while (item := twin.line.wait(_next(made))) is not None:
                yield item[0]
        finally:
            twin.line.wait(made.aclose())

    return _Method(method, call)


async def _next(made: AsyncGenerator[R]) -> tuple[R] | None:
    """The next item; None after the last."""
    async for item in made:
        return (item,)
    return None


class SyncPantheon:
    """`Pantheon` for programs without asyncio; made by `Pantheon.open_sync`."""

    def __init__(self, original: Opened, line: Line) -> None:
        self.original = original
        self.line = line
        original.reach = line.reach

    run = _awaited(Opened.run)
    resume = _awaited(Opened.resume)
    cancel = _awaited(Opened.cancel)
    signal = _awaited(Opened.signal)
    wake = _awaited(Opened.wake)
    ask = _awaited(Opened.ask)
    waking = _entered(Opened.waking)
    stream = _yielded(Opened.stream)
    runs = _called(Opened.runs)
    show = _called(Opened.show)
    events = _called(Opened.events)
    memory = _called(Opened.memory)
    context = _called(Opened.context)


def blocking(
    open_project: Callable[P, AbstractAsyncContextManager[Opened]],
) -> Callable[P, AbstractContextManager[SyncPantheon]]:
    """The way to open a project without asyncio, made of the way with it."""

    @contextmanager
    @functools.wraps(open_project)
    def open_sync(*args: P.args, **kwargs: P.kwargs) -> Generator[SyncPantheon]:
        line = Line()
        try:
            with line.holding(open_project(*args, **kwargs)) as opened:
                yield SyncPantheon(opened, line)
        finally:
            line.close()

    return open_sync
