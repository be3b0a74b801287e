"""The specialists in `pantheon.lock`: the store's channels follow what the file pins.

Where the file and the store differ, the file is right: so a revert in git is a rollback, and
merging a proposed branch is a promotion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.errors import NotFound
from pantheon.learn._channels import STABLE, clear_canary
from pantheon.learn._monitor_state import reset_monitor
from pantheon.releases import Lock, LockEntry, read_lock
from pantheon.store import ChannelMove

if TYPE_CHECKING:
    from pathlib import Path

    from pantheon.clock import Clock
    from pantheon.store import Store


def sync_lock(store: Store, path: Path, *, clock: Clock) -> tuple[ChannelMove, ...]:
    """Make the store's channels point where the lock says; the moves that took.

    An agent the lock does not name gets an empty slot, and so does every agent when there is no
    file: a revert of the commit that brought the file rolls back what it brought.

    Raises:
        InputError: the lock cannot be read.
        NotFound: it names a version that this store does not hold.
    """
    lock = read_lock(path)
    agents = lock.entries.keys() | {move.agent for move in store.channels.history()}
    moves = [_sync_agent(store, name, lock, clock=clock) for name in sorted(agents)]
    return tuple(move for move in moves if move is not None)


def _sync_agent(store: Store, agent: str, lock: Lock, *, clock: Clock) -> ChannelMove | None:
    entry = lock.entries.get(agent)
    wanted = entry.hash if entry else None
    current = store.channels.current(agent)
    if wanted == current:
        return None
    if entry is not None:
        _known_version(store, entry)
    label = f"{agent}@{entry.number}" if entry else "no version"
    move = ChannelMove(
        agent,
        STABLE,
        wanted,
        current,
        clock.now(),
        "pantheon.lock",
        f"the lock file pins {label}",
        "lock",
    )
    with store.transaction():
        store.channels.move(move)
        dismissed = clear_canary(
            store, agent, at=move.at, who=move.who, why=move.why, cause=move.cause
        )
        if dismissed is not None and dismissed.previous is not None:
            store.versions.set_state(dismissed.previous, "retired")
        reset_monitor(store, agent)
        if wanted is not None:
            store.versions.set_state(wanted, "promoted")
    return move


def _known_version(store: Store, entry: LockEntry) -> None:
    try:
        version = store.versions.get(entry.hash)
    except NotFound:
        version = None
    if version is None or version.agent != entry.agent or version.released:
        raise NotFound(
            f"pantheon.lock pins {entry.agent}@{entry.number} ({entry.hash}), "
            "which this project's store does not hold.",
            hint="Copy `.pantheon/` from the machine that trained it, take the file back from "
            f"git, or delete the entry: `pantheon night` then trains {entry.agent!r} anew.",
        )
