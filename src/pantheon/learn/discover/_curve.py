"""What a specialist would have been certified for, had it been taught on the first n calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pantheon.errors import InputError
from pantheon.learn._bounds import rows_needed
from pantheon.learn._calibrate import Calibration
from pantheon.learn._intervals import Interval, clopper_pearson
from pantheon.learn._ladder import Climb, climb
from pantheon.learn._rows import Embed, Promise, Row
from pantheon.learn._rung import Tools
from pantheon.learn._same import same_labels
from pantheon.learn._task import Task, infer_shape
from pantheon.learn.rungs import all_rungs

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import JsonObject

_FIRST = 100

_DEAREST = 30
"""Cost of the dearest rung that is tried."""


class Certified(NamedTuple):
    """What may be accepted, and which rung of the ladder would answer."""

    calibration: Calibration
    rung: str


Certify: TypeAlias = Callable[[Sequence[Row]], Certified]
"""Trains on rows and says what may be accepted; each row is judged by a machine without it."""


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """After `calls` calls: the certified local share; `reason` says why there is none."""

    calls: int
    local: Interval
    reason: str = ""
    rows: int = 0
    """On how many of the calls it rests."""
    rung: str = ""
    """Which kind of specialist would answer."""

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
            "rung": self.rung,
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
        result, rung = certify(rows)
    except InputError as error:
        return LearningPoint(len(rows), nothing, error.message)
    if not result.certified:
        return LearningPoint(len(rows), nothing, result.reasons[0])
    return LearningPoint(len(rows), result.local_share, rows=result.rows, rung=rung)


def ladder_certify(*, task: Task, embed: Embed, clock: Clock) -> Certify:
    """The rungs that nights train in seconds: the best certified one of them counts.

    Dearer ones (generating, fine-tuned) are left for real nights: the curve claims too little.
    """
    tools = Tools(embed=embed, space="", same=same_labels(task.same), clock=clock)

    def certify(rows: Sequence[Row]) -> Certified:
        given = replace(task, shape=infer_shape(task.output, rows, same=task.same))
        rungs = [r for r in all_rungs() if r.cost <= _DEAREST and not r.unfit(given, rows, tools)]
        best = _in_loop(climb(rungs, rows, given, tools)).best
        if best is None:
            raise InputError("No kind of specialist fits these answers.", hint="")
        return Certified(best.calibration, best.rung)

    return certify


def _in_loop(climbing: Coroutine[Any, Any, Climb]) -> Climb:
    """Wait for it in a thread of its own: the caller may be inside an event loop, or not."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, climbing).result()
