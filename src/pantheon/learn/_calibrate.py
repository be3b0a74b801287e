"""Calibration: from which margin on a specialist may answer, so that the promise is kept.

Learn-then-Test (Angelopoulos et al. 2021) with fixed-sequence testing: margins are tried on a grid
fixed beforehand, from the strictest to the loosest, and the walk stops at the first that fails;
so trying many costs nothing. A row's loss is 1 if it would be answered here and differently from
the teacher, counted over all rows, so that no estimate of coverage enters.

The test at each margin is the exact binomial one (Clopper-Pearson) for the risk in the long run.
With a horizon it must also pass the exact hypergeometric test against the next requests; this
second one is stricter, and holds for a margin taken by itself.

What is assumed: the rows were drawn like the traffic to come, and losses of rows that were left
out, group by group, of a machine trained on all others are like those of the machine on new rows
(leave-one-out stability). The second is not a theorem. With few examples a label the risk at a
given margin differs from one draw of examples to another, which left-out scores cannot see; so
the horizon is then shortened (`steady_horizon`), by an amount fitted to what
bench/learning/violations.py measured on two streams, at 3 to 10 examples a label.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pantheon.learn._bounds import most_errors_allowed, rows_needed, upper_bound
from pantheon.learn._intervals import Interval, clopper_pearson
from pantheon.learn._rows import Flags, Floats, Promise

GRID = np.linspace(1.0, 0.0, 201)
"""Margins tried, strictest first."""
_CURVE_STEP = 5
_DRAW = 5.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What accepting from one margin on would mean; `bound` is one-sided at the confidence."""

    threshold: float
    local_share: float
    risk: float
    bound: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was certified, on how much evidence.

    - rows: random rows it rests on; errors: those answered here and unlike the teacher
    - threshold: margin from which answers are accepted; infinite if nothing was certified
    - risk: share of all rows answered here and unlike the teacher; bound: its one-sided limit
    - local_share: share of all rows answered here
    - disagreement_local: share of the rows answered here that are unlike the teacher
    - agreement: share of all rows on which it would say the same as the teacher if it had to
    - reasons: why nothing could be certified; empty otherwise
    """

    promise: Promise
    rows: int
    errors: int
    threshold: float
    risk: Interval
    bound: float
    local_share: Interval
    disagreement_local: Interval
    agreement: Interval
    curve: tuple[CurvePoint, ...]
    reasons: tuple[str, ...]

    @property
    def certified(self) -> bool:
        """Whether it may answer anything at all."""
        return not self.reasons


def calibrate(
    margin: Floats,
    wrong: Flags,
    promise: Promise,
    *,
    floor: float = 0.0,
    labels: int = 0,
    share: float = 1.0,
    slices: Sequence[Flags] = (),
) -> Calibration:
    """Find the largest region that keeps the promise.

    Args:
        margin: shape (n,), of rows drawn like the traffic, each scored by a machine that did not
            see it or its near-duplicates.
        wrong: shape (n,), whether that machine differed from the teacher.
        promise: what must be kept.
        floor: accept nothing below this margin, whatever the promise would allow.
        labels: how many the machine chooses from, if `margin` are left-out scores; 0 if the rows
            are fresh to the machine that will serve.
        share: of the promise's delta that this candidate may spend. If the shares of all that are
            calibrated sum to at most 1, the best of them may be taken (weighted Bonferroni).
        slices: shape (n,) each, which rows belong to a slice that must keep the promise by itself.
            All tests must pass at once, which costs none of them anything (intersection-union). A
            slice with too few rows for its test tolerates no known error instead: no certificate,
            but the most that so few rows can ask.
    """
    spent = replace(promise, confidence=1 - share * promise.delta)
    steady = steady_horizon(spent, len(margin), labels)
    conditions = [(np.ones(len(margin), dtype=bool), most_errors_allowed(len(margin), steady))]
    conditions += [(part, _allowed_within(part, spent)) for part in slices]
    threshold = max(_loosest(margin, wrong, conditions), floor)
    local = margin >= threshold
    total, answered, errors = len(margin), int(local.sum()), int((local & wrong).sum())
    return Calibration(
        promise=promise,
        rows=total,
        errors=errors,
        threshold=threshold if answered else math.inf,
        risk=clopper_pearson(errors, total, promise.confidence),
        bound=upper_bound(errors, total, spent.delta),
        local_share=clopper_pearson(answered, total, promise.confidence),
        disagreement_local=clopper_pearson(errors, answered, promise.confidence),
        agreement=clopper_pearson(int((~wrong).sum()), total, promise.confidence),
        curve=_draw_curve(margin, wrong, spent),
        reasons=() if answered else (_explain(wrong, promise, steady),),
    )


def steady_horizon(promise: Promise, rows: int, labels: int) -> Promise:
    """`promise` with a horizon short enough that its test also covers the draw of the examples.

    A horizon of h adds risk / h to the variance that is allowed for; the draw of the examples adds
    about 5 labels / rows^2 times the risk (see the module).
    """
    ahead = 1 / promise.horizon if promise.horizon else 0.0
    added = ahead + (_DRAW * labels / rows**2 if rows else 0.0)
    return replace(promise, horizon=max(round(1 / added), 1) if added else None)


def pick_by_point_estimate(margin: Floats, wrong: Flags, promise: Promise) -> float:
    """The loosest margin whose estimated risk is within the promise: NO guarantee; a baseline."""
    risks = np.array([(wrong & (margin >= threshold)).mean() for threshold in GRID])
    broken = np.flatnonzero(risks > promise.disagreement)
    last = (broken[0] if len(broken) else len(GRID)) - 1
    return float(GRID[last]) if last >= 0 else math.inf


def _allowed_within(part: Flags, promise: Promise) -> int:
    return max(most_errors_allowed(int(part.sum()), replace(promise, horizon=None)), 0)


def _loosest(margin: Floats, wrong: Flags, conditions: Sequence[tuple[Flags, int]]) -> float:
    found = math.inf
    for threshold in GRID:
        lost = wrong & (margin >= threshold)
        if any(int((lost & part).sum()) > allowed for part, allowed in conditions):
            break
        found = float(threshold)
    return found


def _draw_curve(margin: Floats, wrong: Flags, promise: Promise) -> tuple[CurvePoint, ...]:
    if len(margin) == 0:
        return ()
    points: list[CurvePoint] = []
    for threshold in GRID[::_CURVE_STEP]:
        local = margin >= threshold
        errors = int((local & wrong).sum())
        bound = upper_bound(errors, len(margin), promise.delta)
        share = float(local.mean())
        points.append(CurvePoint(float(threshold), share, errors / len(margin), bound))
    return tuple(points)


def _explain(wrong: Flags, promise: Promise, steady: Promise) -> str:
    total, asked = len(wrong), f"{promise.disagreement:.1%} at {promise.confidence:.0%}"
    if most_errors_allowed(total, steady) < 0:
        needed = max(rows_needed(replace(steady, horizon=promise.horizon)), total + 1)
        return (
            f"Only {total} examples were drawn like the traffic; a promise of {asked} "
            f"needs at least {needed}."
        )
    return (
        "Even its surest answers differ from the teacher too often to keep "
        f"{asked} (agreement on all: {1 - float(wrong.mean()):.1%})."
    )
