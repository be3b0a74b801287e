"""Several seeds where one would be luck: few-shot and generative candidates vary between draws."""

from __future__ import annotations

import math
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pantheon.learn._numeric import t_quantile

SEEDS = (0, 1, 2)
"""As few as show a spread at all."""
MadeT = TypeVar("MadeT")


@dataclass(frozen=True, slots=True)
class Spread:
    """A measure over seeds.

    - mean, deviation: over the seeds (n - 1 in the denominator)
    - low, high: two-sided limits of the mean at 95 %, Student's t
    """

    values: tuple[float, ...]
    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Seeded(Generic[MadeT]):
    """What each seed made, its score, and the one to go on with: the median, not the luckiest."""

    made: tuple[MadeT, ...]
    spread: Spread

    @property
    def typical(self) -> MadeT:
        """What the seed with the median score made (the lower of two)."""
        values = self.spread.values
        order = sorted(range(len(values)), key=lambda index: (values[index], index))
        return self.made[order[(len(order) - 1) // 2]]


def spread_of(values: Sequence[float]) -> Spread:
    """Mean and spread of what seeds measured.

    Raises:
        ValueError: fewer than two values show no spread.
    """
    if len(values) < 2:
        raise ValueError("a spread needs at least two seeds")
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    half = t_quantile(0.975, len(values) - 1) * deviation / math.sqrt(len(values))
    return Spread(tuple(values), mean, deviation, mean - half, mean + half)


async def over_seeds(
    train: Callable[[int], Awaitable[MadeT]],
    score: Callable[[MadeT], float],
    seeds: Sequence[int] = SEEDS,
) -> Seeded[MadeT]:
    """Train once a seed, one after the other, and score each on rows it did not see."""
    made = [await train(seed) for seed in seeds]
    return Seeded(tuple(made), spread_of([score(one) for one in made]))
