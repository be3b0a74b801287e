"""One night at a time per store, and what a night that was killed has left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from pantheon.errors import Busy

if TYPE_CHECKING:
    from pantheon.store import Night, Store

_LOCK_NAME = "night.lock"
_IN_THIS_PROCESS: WeakSet[Store] = WeakSet()
"""Stores in memory have no file to lock."""


@contextlib.contextmanager
def only_night(store: Store) -> Generator[None]:
    """Hold the right to run a night; the system gives it back when the process dies.

    Raises:
        Busy: another night is running on this store.
    """
    if store in _IN_THIS_PROCESS:
        raise _busy()
    _IN_THIS_PROCESS.add(store)
    try:
        with contextlib.nullcontext() if store.path == ":memory:" else _locked(store):
            yield
    finally:
        _IN_THIS_PROCESS.discard(store)


@contextlib.contextmanager
def _locked(store: Store) -> Generator[None]:
    import fcntl

    with Path(store.path).with_name(_LOCK_NAME).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy() from None
        yield


def _busy() -> Busy:
    return Busy(
        "A night is running already.",
        hint="Wait for it, or stop that process; a night that was killed leaves nothing locked.",
    )


def bury_dead_nights(store: Store, *, at: float) -> tuple[Night, ...]:
    """Mark nights that never finished as failed; call it while holding the right to run one."""
    dead = tuple(night for night in store.nights.list() if night.state == "running")
    for night in dead:
        lessons = len(store.nights.lessons(night=night.id))
        store.nights.finish(night.id, "failed", {"stopped": "killed", "lessons": lessons}, at)
    return dead
