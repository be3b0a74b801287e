"""Limits for a mean that hold at all times at once, so that one may look after every run.

Somebody bets against "the mean is at most m", with a fortune of 1 and, on every value x ≥ 0, the
stake b: the fortune becomes (1 + b (x/m - 1)) times what it was. If the mean really is at most m,
whatever came before, the game is unfair to the gambler, and the fortune ever reaches 1/δ with a
chance of at most δ, however often one looks (Ville 1939). Nothing else is assumed of the values:
they may be 0 or 1, or dollars without a largest amount. As the best stake is not known, the fortune
is spread over a grid of stakes (Waudby-Smith & Ramdas 2024, "Estimating means of bounded random
variables by betting", J. R. Stat. Soc. B 86). The lower limit is the largest m that has been
refuted; the fortune against a smaller m is always larger, so that it is found by bisection.

A value that is not known yet counts as 0 here: that makes every fortune smaller, and what follows
from it stays true when the value comes.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

_STAKES: Final = np.geomspace(0.003, 0.9, 10)
_HALVINGS: Final = 50


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of which the mean is asked, none below zero."""

    values: tuple[float, ...] = ()
    pending: int = 0
    """How many more there are that are not known yet."""

    @property
    def mean(self) -> float:
        """Of those that are known."""
        return math.fsum(self.values) / len(self.values) if self.values else math.nan

    def mirrored(self, most: float) -> Sample:
        """How much each value is below `most`: a lower limit of that is an upper one of this."""
        return Sample(tuple(max(0.0, most - value) for value in self.values), self.pending)

    def counted(self) -> tuple[np.ndarray, np.ndarray]:
        """Distinct values, and how often each occurs; those not known yet are 0."""
        found = Counter(self.values)
        found[0.0] += self.pending
        kept = [(value, count) for value, count in found.items() if count]
        values, counts = zip(*kept, strict=True) if kept else ((), ())
        return np.asarray(values, dtype=np.float64), np.asarray(counts, dtype=np.float64)


def log_evidence(sample: Sample, mean: float) -> float:
    """Logarithm of the fortune of who bets against "the mean is at most `mean`"."""
    return _log_fortune(*sample.counted(), mean)


def _log_fortune(values: np.ndarray, counts: np.ndarray, mean: float) -> float:
    if mean <= 0:
        return math.inf if bool((values > 0).any()) else 0.0
    if not len(values):
        return 0.0
    grown = np.log1p(_STAKES[:, None] * (values / mean - 1)) @ counts
    return float(np.logaddexp.reduce(grown)) - math.log(len(_STAKES))


def lower_limit(sample: Sample, delta: float) -> float:
    """The mean is above this; wrong at any time with a chance of at most `delta`."""
    values, counts = sample.counted()
    if not bool((values > 0).any()):
        return 0.0
    low, high, needed = 0.0, sample.mean, -math.log(delta)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        refuted = _log_fortune(values, counts, middle) >= needed
        low, high = (middle, high) if refuted else (low, middle)
    return low


def upper_limit(sample: Sample, delta: float, *, most: float) -> float:
    """Likewise from above, for values of which none is above `most`.

    What is not known yet counts as `most`.
    """
    return most - lower_limit(sample.mirrored(most), delta) if most > 0 else 0.0
