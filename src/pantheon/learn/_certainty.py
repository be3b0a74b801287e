"""What a score means: the chance that the teacher would say the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pantheon.learn._rows import Flags, Floats

_PENALTY = 1e-2
"""On the squared weights, which else grow for ever where nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """Chance of agreeing with the teacher, from the margin: 1 / (1 + exp(-(slope m + offset)))."""

    slope: float
    offset: float

    @property
    def even(self) -> float:
        """The margin at which being right and being wrong are equally likely."""
        return -self.offset / self.slope

    def of(self, margin: Floats) -> Floats:
        """The chances, in the shape of `margin`."""
        return 1 / (1 + np.exp(-np.clip(self.slope * margin + self.offset, -30, 30)))


UNKNOWN = Certainty(1.0, 0.0)
"""Before anything was judged."""


def fit_certainty(margin: Floats, right: Flags) -> Certainty:
    """Platt scaling (1999) with his smoothed targets, by Newton's method."""
    hits, misses = int(right.sum()), int((~right).sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))
    x = np.column_stack([margin, np.ones_like(margin)])
    weights = np.array([4.0, 0.0])
    for _ in range(30):
        chance = Certainty(*weights).of(margin)
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + _PENALTY * np.eye(2)
        slope = x.T @ (chance - target) + _PENALTY * weights
        step = np.linalg.solve(curvature, slope).astype(np.float64)
        weights = (weights - _shorten(step, weights, x, target) * step).astype(np.float64)
    return Certainty(float(max(weights[0], 1e-3)), float(weights[1]))


def _shorten(step: Floats, weights: Floats, x: Floats, target: Floats) -> float:
    """The longest of 1, 1/2, 1/4, … steps that does not lose: a whole one can leap out of sight."""
    before = _surprise(weights, x, target)
    for halvings in range(30):
        share = 0.5**halvings
        if _surprise(weights - share * step, x, target) <= before:
            return share
    return 0.0


def _surprise(weights: Floats, x: Floats, target: Floats) -> float:
    """Penalised negative log-likelihood of the targets."""
    score = x @ weights
    return float((np.logaddexp(0, score) - target * score).sum() + _PENALTY / 2 * weights @ weights)
