"""What putting one rung in the place of another is; what must be shown for it depends on that."""

from __future__ import annotations

from typing import Literal, TypeAlias

Move: TypeAlias = Literal["fill", "refresh", "improve", "replace"]
"""Into an empty slot; the same rung again; a dearer or another rung; a cheaper one."""


def move_of(*, rung: str, cost: int, deployed: tuple[str, int] | None) -> Move:
    """What putting a rung in the place of the deployed (rung, cost) is."""
    if deployed is None:
        return "fill"
    if rung == deployed[0]:
        return "refresh"
    return "replace" if cost < deployed[1] else "improve"
