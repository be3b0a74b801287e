# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""Logistic regression on a handful of features, small enough to be kept in a model's head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from pantheon.learn._rows import Flags, Floats


@dataclass(frozen=True, slots=True)
class Logistic:
    """Weights of standardised features, then the offset."""

    centre: Floats
    scale: Floats
    weights: Floats

    def odds(self, features: Floats) -> Floats:
        """Log-odds; shape (n,) for features of shape (n, d)."""
        return (features - self.centre) / self.scale @ self.weights[:-1] + self.weights[-1]

    def to_json(self) -> list[list[float]]:
        return [self.centre.tolist(), self.scale.tolist(), self.weights.tolist()]

    @classmethod
    def from_json(cls, parts: Sequence[Sequence[float]]) -> Logistic:
        centre, scale, weights = (np.array(part, dtype=np.float64) for part in parts)
        if not len(centre) == len(scale) == len(weights) - 1:
            raise ValueError("a regression's parts do not fit together")
        return cls(centre, scale, weights)


def fit_logistic(
    features: Floats, positive: Flags, *, penalty: float = 1.0, rising: bool = False
) -> Logistic:
    """Penalised maximum likelihood.

    Args:
        features: shape (n, d).
        positive: shape (n,).
        penalty: on the squared weights, the offset all but free.
        rising: no weight may be negative: more of a feature never lowers the odds.
    """
    centre, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    x = np.column_stack([(features - centre) / scale, np.ones(len(features))])
    weigh = np.append(np.full(features.shape[1], penalty), penalty / 100)

    def surprise(weights: Floats) -> tuple[float, Floats]:
        odds = x @ weights
        loss = (np.logaddexp(0, odds) - positive * odds).sum() + weigh @ weights**2 / 2
        chance = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return float(loss), x.T @ (chance - positive) + weigh * weights

    minimise: Any = optimize.minimize
    lowest = 0.0 if rising else None
    bounds = [(lowest, None)] * features.shape[1] + [(None, None)]
    start = np.zeros(x.shape[1])
    found = minimise(
        surprise, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}
    )
    return Logistic(centre, scale, np.asarray(found.x, dtype=np.float64))


def cross_fit(
    features: Floats,
    positive: Flags,
    folds: Sequence[int],
    *,
    penalty: float = 1.0,
    rising: bool = False,
) -> Floats:
    """Log-odds of every row by a regression that saw no row of its fold; shape (n,)."""
    part = np.asarray(folds)
    odds = np.zeros(len(features))
    for fold in np.unique(part):
        inside = part == fold
        seen = features[~inside], positive[~inside]
        if len(seen[1]):
            model = fit_logistic(*seen, penalty=penalty, rising=rising)
            odds[inside] = model.odds(features[inside])
    return odds
