"""One module for each way to learn a task; see `pantheon.learn._rung` for what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._rung import Rung


def all_rungs() -> tuple[Rung, ...]:
    """The ladder, the cheapest first; each says itself which tasks it is unfit for."""
    from pantheon.learn.rungs._cache import CacheRung
    from pantheon.learn.rungs._machine import MachineRung, RecordRung
    from pantheon.learn.rungs._neighbours import NeighboursRung

    return (CacheRung(), NeighboursRung(), MachineRung(), RecordRung())


__all__ = ["all_rungs"]
