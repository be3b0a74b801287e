"""Ranks among everything before: conformal p-values from counts of levels.

Scores are put on levels fixed beforehand, and ties are broken by coins. That is just another
measure of strangeness, so the p-values stay exactly uniform, and all that must be remembered of a
year of requests is how many were on each level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._rows import Floats

Levels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Bag:
    """How many rows so far were on each level, from the most usual to the strangest."""

    counts: tuple[int, ...]

    @classmethod
    def of(cls, levels: Levels, size: int) -> Bag:
        """A bag of `size` levels with these rows in it."""
        counts: list[int] = np.bincount(levels, minlength=size).tolist()
        return cls(tuple(counts))

    @property
    def rows(self) -> int:
        """How many rows are in it."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """Mean level; NaN of an empty bag."""
        rows = self.rows
        weighted = sum(level * count for level, count in enumerate(self.counts))
        return weighted / rows if rows else math.nan

    @property
    def median(self) -> float:
        """The middle level; NaN of an empty bag."""
        if not self.rows:
            return math.nan
        return float(np.searchsorted(np.cumsum(self.counts), self.rows / 2))

    def with_rows(self, levels: Levels) -> Bag:
        """The bag with more rows."""
        added = np.bincount(levels, minlength=len(self.counts))
        counts: list[int] = (np.array(self.counts) + added).tolist()
        return Bag(tuple(counts))

    def rank(self, levels: Levels, coins: Floats) -> Floats:
        """The p-value of each row, in order, among the bag and the rows before it.

        Args:
            levels: shape (n,), in the order in which the rows came.
            coins: shape (n,), uniform in (0, 1); they break ties.
        """
        counts = np.array(self.counts)
        above = counts.sum() - np.cumsum(counts)
        earlier = np.tri(len(levels), k=-1, dtype=bool)
        stranger = above[levels] + ((levels > levels[:, None]) & earlier).sum(axis=1)
        alike = counts[levels] + ((levels == levels[:, None]) & earlier).sum(axis=1)
        seen = counts.sum() + np.arange(len(levels))
        return (stranger + coins * (alike + 1)) / (seen + 1)


def to_levels(values: Floats, *, low: float, high: float, size: int = 257) -> Levels:
    """Levels of values, `low` on the first and `high` on the last; what is outside is clipped."""
    share = (np.asarray(values, dtype=np.float64) - low) / (high - low)
    return np.rint(np.clip(share, 0, 1) * (size - 1)).astype(np.intp)
