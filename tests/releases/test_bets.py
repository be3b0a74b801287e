"""Limits for a mean that may be looked at after every value: how often they are wrong, how soon
they tell, and that what is not known yet never makes them bolder.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.releases._bets import _STAKES, Sample, log_evidence, lower_limit, upper_limit

RUNS = 600
CANARIES = 2_000
AMOUNTS = st.lists(st.floats(0, 100), max_size=30).map(tuple)


def evidence(values: np.ndarray, bound: float) -> np.ndarray:
    """What is known after each of many values, in the last dimension."""
    grown = np.cumsum(np.log1p(_STAKES[:, None] * (values[..., None, :] / bound - 1)), axis=-1)
    return np.logaddexp.reduce(grown, axis=-2) - math.log(len(_STAKES))


def first_passed(values: np.ndarray, bound: float) -> list[int]:
    """After how many values each row is shown to pass the bound, of those that are."""
    passed = evidence(values, bound) >= -math.log(0.05)
    return [int(row.argmax()) + 1 for row in passed if row.any()]


def stopped(rng: np.random.Generator, rate: float, *, bound: float) -> list[int]:
    """When those of many canaries were stopped that were, if looked at after every run."""
    draws = rng.random((CANARIES, RUNS)) < rate
    return [n for part in np.split(draws, 20) for n in first_passed(part.astype(float), bound)]


def test_looking_step_by_step_is_looking_at_the_whole() -> None:
    """The simulations below compute what the guards do."""
    values = np.array([0, 1, 0, 0, 1, 1, 0, 1.0])
    steps = evidence(values, 0.1)
    for size in range(1, len(values) + 1):
        sample = Sample(tuple(values[:size]))

        assert log_evidence(sample, 0.1) == pytest.approx(steps[size - 1])
        assert (lower_limit(sample, 0.05) > 0.1) == (steps[size - 1] > -math.log(0.05))


@pytest.mark.parametrize("bound", [0.01, 0.05, 0.2])
def test_a_version_at_its_bound_is_hardly_ever_stopped(bound: float) -> None:
    """Of 2,000 canaries exactly at the bound, looked at after each of 600 runs: at most 5 %."""
    found = stopped(np.random.default_rng(5), bound, bound=bound)

    assert len(found) / CANARIES <= 0.05


def test_a_version_at_twice_its_bound_is_stopped_soon() -> None:
    """Half of them within 250 runs; at four times the bound, within 40."""
    rng = np.random.default_rng(6)
    twice, four_times = stopped(rng, 0.10, bound=0.05), stopped(rng, 0.20, bound=0.05)

    assert len(twice) / CANARIES > 0.95
    assert np.median(twice) < 250
    assert len(four_times) == CANARIES
    assert np.median(four_times) < 40


def test_costs_without_a_largest_value_are_bounded_as_well() -> None:
    """Heavy tails at the bound seldom stop it; twice the bound does."""
    rng = np.random.default_rng(7)
    costs = rng.lognormal(-0.5, 1.0, (400, 300))  # of mean 1
    wrong, right = first_passed(costs, 1.0), first_passed(costs * 2, 1.0)

    assert len(wrong) / 400 <= 0.05
    assert len(right) == 400
    assert np.median(right) < 60


def test_both_limits_hold_at_all_times() -> None:
    """Of 200 samples, the true share is outside of limits seen at any of six moments in 10 %."""
    rng = np.random.default_rng(8)
    outside = 0
    for _ in range(200):
        values = (rng.random(300) < 0.3).astype(float)
        for size in range(50, 301, 50):
            sample = Sample(tuple(values[:size]))
            low, high = lower_limit(sample, 0.05), upper_limit(sample, 0.05, most=1.0)
            if not low <= 0.3 <= high:
                outside += 1
                break
    assert outside / 200 <= 0.10


def test_without_a_failure_the_upper_limit_tells_how_little_few_runs_show() -> None:
    """What documentation says of `--promote-after`."""
    found = {n: round(upper_limit(Sample((0.0,) * n), 0.05, most=1.0), 3) for n in (50, 120, 500)}

    assert found == {50: 0.107, 120: 0.046, 500: 0.011}


@given(AMOUNTS, st.integers(0, 20), st.integers(0, 20))
def test_what_is_not_known_yet_makes_limits_only_wider(
    values: tuple[float, ...], some: int, more: int
) -> None:
    """So that nothing has to be taken back when it comes."""
    fewer, further = Sample(values, some), Sample(values, some + more)

    assert lower_limit(further, 0.05) <= lower_limit(fewer, 0.05) + 1e-9
    assert upper_limit(further, 0.05, most=100) >= upper_limit(fewer, 0.05, most=100) - 1e-9


@given(AMOUNTS.filter(bool))
def test_the_mean_is_within_its_limits(values: tuple[float, ...]) -> None:
    """Whatever the values are."""
    sample = Sample(values)

    assert 0 <= lower_limit(sample, 0.05) <= sample.mean + 1e-9
    assert sample.mean - 1e-9 <= upper_limit(sample, 0.05, most=100) <= 100


def test_nothing_seen_bounds_nothing() -> None:
    """And a bound of zero is passed by the first value above it."""
    assert lower_limit(Sample(), 0.05) == 0
    assert upper_limit(Sample(), 0.05, most=1.0) == 1
    assert log_evidence(Sample(), 0.1) == 0
    assert log_evidence(Sample((0.0, 0.0)), 0.0) == 0
    assert log_evidence(Sample((0.0, 1.0)), 0.0) == math.inf
