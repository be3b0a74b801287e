"""Moving a channel: promotion and rollback, together with the lock file that pins them.

The lock is written before the store moves: a crash between the two is healed at the next open,
where the lock is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.errors import GateFailed, NotFound
from pantheon.learn._lock import STABLE, LockEntry, read_lock, write_lock
from pantheon.learn._monitor_state import reset_monitor
from pantheon.store import ChannelMove

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import ContentHash
    from pantheon.store import Cause, Store, Version


def lock_entry(version: Version) -> LockEntry:
    """What the lock file says of a version."""
    summary = version.evidence.get("summary", "")
    return LockEntry(version.agent, version.number, version.hash, str(summary))


def promote(
    store: Store,
    agent: str,
    version: ContentHash,
    *,
    who: str,
    why: str,
    clock: Clock,
    lock: Path | None = None,
) -> ChannelMove:
    """Point an agent's stable channel at `version`; what was there is retired.

    The audit's evidence starts anew: it was about the old version.

    Raises:
        NotFound: the agent has no such version.
        GateFailed: it is answering already, or its gate rejected it.
    """
    chosen = store.versions.get(version)
    if chosen.agent != agent:
        raise NotFound(
            f"The version {version} belongs to agent {chosen.agent!r}, not to {agent!r}.",
            hint=f"`pantheon agents history {agent}` lists its versions.",
        )
    if store.channels.current(agent) == version:
        raise GateFailed(
            f"{agent}@{chosen.number} is what answers already.",
            hint=f"`pantheon agents history {agent}` shows every move.",
        )
    if chosen.state == "rejected":
        raise GateFailed(
            f"{agent}@{chosen.number} was rejected: no evidence supports the promise with it.",
            hint=f"`pantheon agents show {agent}@{chosen.number}` shows what there is.",
        )
    signed = _Signed(who, why, chosen.cause, clock.now())
    return _move(store, agent, chosen, signed=signed, lock=lock)


def rollback(
    store: Store, agent: str, *, who: str, why: str, clock: Clock, lock: Path | None = None
) -> ChannelMove:
    """Give an agent back the version that its current one replaced, or an empty slot.

    Raises:
        NotFound: the agent's slot is empty.
    """
    current = store.channels.current(agent)
    if current is None:
        raise NotFound(
            f"Agent {agent!r} has no promoted version, so nothing can be rolled back.",
            hint=f"`pantheon agents history {agent}` shows every move so far.",
        )
    replaced = _find_replaced(store, agent)
    target = None if replaced is None else store.versions.get(replaced)
    signed = _Signed(who, why, "rollback", clock.now())
    return _move(store, agent, target, signed=signed, lock=lock)


def _find_replaced(store: Store, agent: str) -> ContentHash | None:
    """What answered before the current version; a move back undoes all that came in between."""
    path: list[ContentHash] = []
    for move in store.channels.history(agent):
        if move.version is None:
            path.clear()
        elif move.version in path:
            del path[path.index(move.version) + 1 :]
        else:
            path.append(move.version)
    return path[-2] if len(path) > 1 else None


@dataclass(frozen=True, slots=True)
class _Signed:
    """Who moves a channel, why and when: kept with every move."""

    who: str
    why: str
    cause: Cause
    at: float


def _move(
    store: Store, agent: str, target: Version | None, *, signed: _Signed, lock: Path | None
) -> ChannelMove:
    previous = store.channels.current(agent)
    wanted = None if target is None else target.hash
    if lock is not None:
        _pin(lock, agent, target)
    move = ChannelMove(
        agent, STABLE, wanted, previous, signed.at, signed.who, signed.why, signed.cause
    )
    with store.transaction():
        store.channels.move(move)
        reset_monitor(store, agent)
        if previous is not None:
            store.versions.set_state(previous, "retired")
        if target is not None:
            supersede_proposals(store, target)
            store.versions.set_state(target.hash, "promoted")
    return move


def supersede_proposals(store: Store, version: Version) -> None:
    """Proposals of an agent that are older than `version` wait no longer; all can be promoted."""
    for other in store.versions.list(version.agent):
        if other.state == "proposed" and other.number < version.number:
            store.versions.set_state(other.hash, "retired")


def _pin(path: Path, agent: str, target: Version | None) -> None:
    lock = read_lock(path)
    changed = lock.without(agent) if target is None else lock.with_entry(lock_entry(target))
    if changed != lock:
        write_lock(path, changed)
