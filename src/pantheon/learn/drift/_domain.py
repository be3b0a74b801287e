"""Do the requests of late come from where those before came from?

Whether: the maximum mean discrepancy (Gretton et al. 2012) between the two samples, with a kernel
about as wide as a topic, against random regroupings of the same rows. These give the mean, spread
and skew of the statistic; the tail is that of the Pearson III curve with the same three (Kazi-Aoual
et al. 1995; Minas & Montana 2014), as a yearly alpha divided among nightly looks is far smaller
than regroupings could be counted for.

How much: the share of pairs that a linear classifier, which has learned on one half of the rows,
puts in the right order on the other (its AUC). Half is by luck; it is what people can picture, and
what decides whether the change is strong.

Looks at the same reference depend on each other. The yearly alpha is divided among them
(Bonferroni), which needs no independence; so the sample may also be of the last few days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._rows import Flags, Floats
from pantheon.learn.drift._typed import discriminant, pearson_tail, rank_test

_WIDTH = 0.5
"""Squared distance of unit vectors at which the kernel has fallen to 1/e."""
_REGROUPINGS = 200
_RIDGE = 0.03
"""Added to each eigenvalue of the covariance, as a share of their sum."""


@dataclass(frozen=True, slots=True)
class DomainTest:
    """Whether and how far two samples differ.

    - p: chance of such a discrepancy if both were drawn alike
    - z: the discrepancy in standard deviations of regroupings
    - rows: how many of the reference and of the fresh sample
    """

    p: float
    z: float
    rows: tuple[int, int]


def same_source(
    reference: NDArray[np.float32], fresh: NDArray[np.float32], *, seed: int
) -> DomainTest:
    """Test whether `fresh` (m, d) is drawn like `reference` (n, d), rows of length 1.

    Args:
        reference: vectors of what was usual.
        fresh: vectors of what came.
        seed: draws the regroupings.
    """
    rows = np.concatenate([reference, fresh]).astype(np.float32)
    sizes = len(reference), len(fresh)
    kernel = np.exp((np.minimum(rows @ rows.T, 1) - 1) * np.float32(2 / _WIDTH))
    weights = np.concatenate([np.full(sizes[0], -1 / sizes[0]), np.full(sizes[1], 1 / sizes[1])])
    rng = np.random.default_rng(seed)
    drawn = np.tile(weights.astype(np.float32), (_REGROUPINGS + 1, 1))
    drawn[1:] = rng.permuted(drawn[1:], axis=1)
    values = ((drawn @ kernel) * drawn).sum(axis=1, dtype=np.float64)
    z, skew = _standardise(values)
    return DomainTest(pearson_tail(z, skew), z, sizes)


def _standardise(values: Floats) -> tuple[float, float]:
    """How far the first value is from the others in their deviations, and the others' skew."""
    others = values[1:]
    centred = others - others.mean()
    spread = float(np.sqrt((centred**2).mean()))
    if spread <= 1e-12:
        return 0.0, 0.0
    return float(values[0] - others.mean()) / spread, float((centred**3).mean()) / spread**3


def tell_apart(reference: NDArray[np.float32], fresh: NDArray[np.float32], *, seed: int) -> float:
    """AUC of a classifier that tells the two samples apart, on rows it has not learned from."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([reference, fresh]).astype(np.float64)
    is_fresh = np.arange(len(rows)) >= len(reference)
    first = np.zeros(len(rows), dtype=bool)
    for members in (np.flatnonzero(~is_fresh), np.flatnonzero(is_fresh)):
        first[rng.permutation(members)[: len(members) // 2]] = True
    return float(np.mean([_rank(rows, is_fresh, learned) for learned in (first, ~first)]))


def _rank(rows: Floats, is_fresh: Flags, learned: Flags) -> float:
    """AUC on the rows that were not learned from."""
    direction = discriminant(rows[learned], is_fresh[learned], ridge=_RIDGE)
    score, fresh = rows[~learned] @ direction, is_fresh[~learned]
    return rank_test(score[fresh], score[~fresh])[0]
