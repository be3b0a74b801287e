"""Intervals for shares of counted things."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pantheon.learn._numeric import beta_quantile, normal_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its two-sided limits; `level` is the coverage, e.g. 0.95."""

    estimate: float
    low: float
    high: float
    level: float = 0.95


def clopper_pearson(count: float, total: float, level: float = 0.95) -> Interval:
    """Exact limits for a share: they cover at least as often as they say.

    Clopper & Pearson 1934. Without any observation the limits are 0 and 1. Effective counts of
    weighted samples (Korn & Graubard 1998) need not be whole.
    """
    if total == 0:
        return Interval(math.nan, 0.0, 1.0, level)
    tail = (1 - level) / 2
    low = beta_quantile(count, total - count + 1, tail) if count else 0.0
    high = beta_quantile(count + 1, total - count, 1 - tail) if count < total else 1.0
    return Interval(count / total, low, high, level)


def wilson(count: int, total: int, level: float = 0.95) -> Interval:
    """Score limits for a share: close to the level on average. Wilson 1927."""
    if total == 0:
        return Interval(math.nan, 0.0, 1.0, level)
    z = normal_quantile((1 + level) / 2)
    share, squared = count / total, z * z / total
    middle = share + squared / 2
    half = z * math.sqrt(share * (1 - share) / total + squared / (4 * total))
    low, high = (middle - half) / (1 + squared), (middle + half) / (1 + squared)
    return Interval(share, max(low, 0.0), min(high, 1.0), level)
