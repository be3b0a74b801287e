"""Evidence over nights is fair under the null and grows under the alternative."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn.gates import EProcess, log_growth, stakes


def mean_evidence(probabilities: tuple[float, float, float], nights: int, margin: float) -> float:
    """E[e] over all outcomes of two pairs a night, exactly; outcomes are win, loss, tie."""
    total = 0.0
    counts = [c for c in product(range(3), repeat=3) if sum(c) == 2]
    for path in product(counts, repeat=nights):
        chance, process = 1.0, EProcess(margin)
        for wins, losses, ties in path:
            ways = 2 / (math.factorial(wins) * math.factorial(losses) * math.factorial(ties))
            win, loss, tie = probabilities
            chance *= ways * win**wins * loss**losses * tie**ties
            process = process.add(wins, losses, ties)
        total += chance * math.exp(float(process.log_e))
    return total


@pytest.mark.parametrize(
    ("win", "loss", "margin"),
    [(0.1, 0.1, 0.0), (0.5, 0.5, 0.0), (0.05, 0.06, 0.01), (0.0, 0.1, 0.1), (0.2, 0.3, 0.1)],
)
def test_its_mean_is_one_on_the_edge_of_the_null(win: float, loss: float, margin: float) -> None:
    """A difference of exactly -margin: the game is fair, for every stake and every first night."""
    assert mean_evidence((win, loss, 1 - win - loss), 3, margin) == pytest.approx(1)


def test_its_mean_is_below_one_inside_the_null() -> None:
    """Worse challengers lose money."""
    assert mean_evidence((0.1, 0.2, 0.7), 3, 0.0) < 1
    assert mean_evidence((0.1, 0.3, 0.6), 3, 0.05) < 1


def test_it_is_fair_whichever_challenger_comes_next() -> None:
    """The chance of a difference may depend on the past, as long as its mean does not."""
    total = 0.0
    for first, second in product((1, -1, 0), repeat=2):
        chance = {1: 0.1, -1: 0.1, 0: 0.8}[first]
        rate = 0.4 if first == 1 else 0.02  # a challenger that differs more after a success
        chance *= {1: rate, -1: rate, 0: 1 - 2 * rate}[second]
        process = EProcess()
        for outcome in (first, second):
            process = process.add(outcome == 1, outcome == -1, outcome == 0)
        total += chance * math.exp(float(process.log_e))
    assert total == pytest.approx(1)


def test_ties_count_for_not_being_worse_and_for_nothing_else() -> None:
    """A thousand agreements show non-inferiority by 2 points; they do not show superiority."""
    assert float(EProcess(0.02).add(0, 0, 1000).log_e) > math.log(100)
    assert float(EProcess().add(0, 0, 1000).log_e) == pytest.approx(0)


def test_a_late_improvement_is_still_found() -> None:
    """Ten lost nights cost little: those who begin to bet later have not lost anything."""
    process = EProcess()
    for _ in range(10):
        process = process.add(5, 25, 170)
    low = float(process.log_e)
    for _ in range(6):
        process = process.add(25, 5, 170)
    assert low < 0
    assert float(process.log_e) > math.log(1000)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200)), max_size=9))
def test_it_goes_on_from_what_was_kept(nights: list[tuple[int, int, int]]) -> None:
    """JSON between two nights changes nothing, and the fortune never becomes negative or NaN."""
    straight = kept = EProcess(0.01)
    for night in nights:
        straight = straight.add(*night)
        kept = EProcess.from_json(kept.to_json()).add(*night)
    assert np.isfinite(straight.log_e)
    assert float(kept.log_e) == float(straight.log_e)
    assert kept.nights == len(nights)


def test_many_tests_at_once_are_the_same_as_each_alone() -> None:
    """Arrays are for simulations."""
    wins, losses = np.array([3, 9]), np.array([4, 1])
    both = EProcess().add(wins, losses).add(wins, losses)
    alone = [EProcess().add(w, x).add(w, x).log_e for w, x in zip(wins, losses, strict=True)]
    assert both.log_e == pytest.approx(np.array(alone))


def test_no_stake_can_lose_everything() -> None:
    """A loss leaves something, whatever the margin."""
    for margin in (0.0, 0.1, 0.9):
        assert np.isfinite(log_growth(0, 1, 0, margin)).all()
    with pytest.raises(ValueError, match="margin"):
        stakes(1.0)
