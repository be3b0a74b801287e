"""Several seeds: mean, spread, and the typical one."""

from __future__ import annotations

import asyncio

import pytest

from pantheon.learn.gates import SEEDS, over_seeds, spread_of


def test_the_typical_one_goes_on_and_not_the_luckiest() -> None:
    """The median of what the seeds made; every seed was trained once."""
    asked: list[int] = []

    async def train(seed: int) -> int:
        asked.append(seed)
        return {0: 70, 1: 90, 2: 72}[seed]

    seeded = asyncio.run(over_seeds(train, lambda made: made / 100))
    assert asked == list(SEEDS)
    assert seeded.typical == 72
    assert seeded.spread.mean == pytest.approx(0.7733, abs=1e-4)


def test_limits_are_students() -> None:
    """Three values: t with two degrees of freedom, 4.303."""
    spread = spread_of([1.0, 2.0, 3.0])
    assert spread.high - spread.mean == pytest.approx(4.3027 / 3**0.5, rel=1e-4)
    with pytest.raises(ValueError, match="two seeds"):
        spread_of([1.0])
