"""The specialists of a project, readable in a store of a sandbox."""

from __future__ import annotations

from collections.abc import Iterable

from pantheon.errors import NotFound
from pantheon.store import Store

_CHANNELS = ("stable", "canary")


def borrow_specialists(scratch: Store, source: Store, agents: Iterable[str]) -> None:
    """Point the channels of a store where those of another point.

    Versions and monitors are copied; models and adapters are read from the other store when they
    are needed, so it must stay open.
    """
    scratch.blobs.borrow(source.blobs)
    for agent in agents:
        monitor = source.monitors.get(agent)
        if monitor is not None:
            scratch.monitors.set(agent, monitor)
        for channel in _CHANNELS:
            _borrow(scratch, source, agent, channel)


def _borrow(scratch: Store, source: Store, agent: str, channel: str) -> None:
    move = source.channels.last(agent, channel)
    if move is None or move.version is None:
        return
    try:
        version = source.versions.get(move.version)
    except NotFound:
        return  # the lock names what this machine has not got: the slot is empty here too
    scratch.versions.add(version)
    scratch.channels.move(move)
