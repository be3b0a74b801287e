"""Bounds and intervals hold what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn import Promise, clopper_pearson, rows_needed, upper_bound, wilson
from pantheon.learn._bounds import (
    horizon_p_value,
    keeps_promise,
    long_run_p_value,
    most_errors_allowed,
)


@pytest.mark.parametrize(
    ("risk", "errors", "rows"),
    [
        (0.02, 0, 149),
        (0.02, 1, 236),
        (0.02, 2, 313),
        (0.02, 5, 523),
        (0.01, 0, 299),
        (0.05, 2, 124),
    ],
)
def test_published_sample_sizes_are_met_exactly(risk: float, errors: int, rows: int) -> None:
    """At 95 % so many rows with so many errors certify a risk, and one row fewer does not."""
    assert long_run_p_value(errors, rows, risk) <= 0.05
    assert long_run_p_value(errors, rows - 1, risk) > 0.05
    assert upper_bound(errors, rows, 0.05) <= risk < upper_bound(errors, rows - 1, 0.05)


def test_clopper_pearson_agrees_with_a_published_example() -> None:
    """10 of 100 at 95 %: 4.90 % to 17.62 %."""
    found = clopper_pearson(10, 100)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0490, 0.1762)


def test_wilson_agrees_with_a_published_example() -> None:
    """10 of 100 at 95 %: 5.52 % to 17.44 %."""
    found = wilson(10, 100)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0552, 0.1744)


def test_nothing_observed_leaves_everything_possible() -> None:
    """Without rows the estimate is not a number and the limits are 0 and 1."""
    for found in (clopper_pearson(0, 0), wilson(0, 0)):
        assert math.isnan(found.estimate)
        assert (found.low, found.high) == (0.0, 1.0)
    assert upper_bound(0, 0, 0.05) == 1.0


@given(st.integers(1, 400), st.data())
def test_intervals_hold_their_estimate_and_stay_in_bounds(total: int, data: st.DataObject) -> None:
    """0 <= low <= estimate <= high <= 1, and the exact interval is the wider at its ends."""
    count = data.draw(st.integers(0, total))
    for found in (clopper_pearson(count, total), wilson(count, total)):
        assert 0 <= found.low <= found.estimate + 1e-12
        assert found.estimate - 1e-12 <= found.high <= 1


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_the_horizon_test_is_the_hypergeometric_tail(
    total: int, horizon: int, data: st.DataObject
) -> None:
    """Its p-value equals the tail summed from binomial coefficients."""
    errors = data.draw(st.integers(0, total))
    later = data.draw(st.integers(0, horizon))
    held = errors + later
    ways = sum(math.comb(total, x) * math.comb(horizon, held - x) for x in range(errors + 1))
    exact = ways / math.comb(total + horizon, held)
    found = horizon_p_value(errors, total, later=later, horizon=horizon)
    assert found == pytest.approx(exact, rel=1e-9)


def test_more_errors_than_requests_ahead_cannot_happen() -> None:
    """The chance of what is impossible is 0."""
    assert horizon_p_value(3, 100, later=11, horizon=10) == 0.0


@given(st.integers(1, 2000), st.sampled_from([0.01, 0.02, 0.05, 0.2]))
def test_the_errors_allowed_are_the_last_that_keep_the_promise(total: int, budget: float) -> None:
    """One more error would break it, and a horizon never allows more."""
    promise = Promise(budget, 0.95)
    allowed = most_errors_allowed(total, promise)
    assert allowed == -1 or keeps_promise(allowed, total, promise)
    assert not keeps_promise(allowed + 1, total, promise)
    assert allowed <= most_errors_allowed(total, Promise(budget, 0.95, None))


def test_the_next_requests_keep_the_promise_as_often_as_said() -> None:
    """At whatever risk, certifying and then breaking the horizon is rarer than delta."""
    promise, draw = Promise(0.05, 0.9, 200), np.random.default_rng(5)
    allowed = most_errors_allowed(300, promise)
    for risk in (0.02, 0.03, 0.04, 0.05, 0.06, 0.08):
        seen, later = draw.binomial(300, risk, 20_000), draw.binomial(200, risk, 20_000)
        assert np.mean((seen <= allowed) & (later > 10)) <= 0.1


def test_rows_needed_is_where_certifying_begins() -> None:
    """With one row fewer nothing could be certified even without an error."""
    needed = rows_needed(Promise(0.05, 0.95, None))
    assert needed == 59


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1])
def test_a_promise_must_be_a_share(value: float) -> None:
    """Promising nothing or everything is a mistake."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        Promise(value)
