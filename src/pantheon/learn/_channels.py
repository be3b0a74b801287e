"""An agent's two channels: `stable` answers, and `canary` a share of the requests on probation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.store import ChannelMove

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.store import Cause, Store

STABLE = "stable"
CANARY = "canary"


def canary_of(store: Store, agent: str) -> ChannelMove | None:
    """The move by which a version began its probation; None if none is on probation."""
    last = store.channels.last(agent, CANARY)
    return last if last is not None and last.version is not None else None


def clear_canary(
    store: Store, agent: str, *, at: float, who: str, why: str, cause: Cause
) -> ChannelMove | None:
    """Point the canary channel at nothing; the move, or None if there was no canary."""
    move = canary_of(store, agent)
    if move is None:
        return None
    cleared = ChannelMove(agent, CANARY, None, move.version, at, who, why, cause, 0.0)
    store.channels.move(cleared)
    return cleared


def champions(store: Store, agent: str) -> list[ContentHash]:
    """What answered, one replacing the other, oldest first; a move back undoes all in between."""
    path: list[ContentHash] = []
    for move in store.channels.history(agent):
        if move.channel != STABLE:
            continue
        if move.version is None:
            path.clear()
        elif move.version in path:
            del path[path.index(move.version) + 1 :]
        else:
            path.append(move.version)
    return path
