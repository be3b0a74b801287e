"""What a specialist would have been certified for, had it been taught on the first n calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pantheon.errors import InputError
from pantheon.learn._bounds import rows_needed
from pantheon.learn._calibrate import Calibration
from pantheon.learn._fit import fit
from pantheon.learn._intervals import Interval, clopper_pearson
from pantheon.learn._rows import Embed, Promise, Row, Settings

if TYPE_CHECKING:
    from pantheon.ids import JsonObject

_FIRST = 100

Certify: TypeAlias = Callable[[Sequence[Row]], Calibration]
"""Trains on rows and says what may be accepted; each row is judged by a machine without it."""


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """After `calls` calls: the certified local share; `reason` says why there is none."""

    calls: int
    local: Interval
    reason: str = ""
    rows: int = 0
    """On how many of the calls it rests."""

    def local_at(self, level: float) -> Interval:
        """The share with limits of another level."""
        if not self.rows:
            return self.local
        return clopper_pearson(round(self.local.estimate * self.rows), self.rows, level)

    def to_json(self) -> JsonObject:
        """The point under stable keys."""
        return {
            "calls": self.calls,
            "local": {"value": self.local.estimate, "low": self.local.low, "high": self.local.high},
            "reason": self.reason,
        }


def learning_curve(
    rows: Sequence[Row], *, certify: Certify, promise: Promise
) -> tuple[LearningPoint, ...]:
    """Points at 100, 200, 400 … calls and at all of them, in the order of the log.

    Where too few calls can be held against the promise, the point says so, and claims nothing.
    """
    return tuple(_point(rows[:size], certify, promise) for size in _sizes(len(rows)))


def _sizes(total: int) -> list[int]:
    sizes = [_FIRST * 2**step for step in range(20) if _FIRST * 2**step < total * 0.9]
    return [*sizes, total] if total else []


def _point(rows: Sequence[Row], certify: Certify, promise: Promise) -> LearningPoint:
    nothing = Interval(0.0, 0.0, 0.0, promise.confidence)
    needed = rows_needed(promise)
    if len(rows) < needed:
        reason = f"too few: {needed} calls are needed to certify anything"
        return LearningPoint(len(rows), nothing, reason)
    try:
        result = certify(rows)
    except InputError as error:
        return LearningPoint(len(rows), nothing, error.message)
    if not result.certified:
        return LearningPoint(len(rows), nothing, result.reasons[0])
    return LearningPoint(len(rows), result.local_share, rows=result.rows)


def kernel_certify(
    *, embed: Embed, promise: Promise, seed: int, labels: tuple[str, ...]
) -> Certify:
    """The kernel machine that nights teach."""
    settings = Settings(labels=labels)

    def certify(rows: Sequence[Row]) -> Calibration:
        fitted = fit(rows, embed=embed, promise=promise, seed=seed, settings=settings)
        return fitted.calibration

    return certify
