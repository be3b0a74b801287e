"""A holdout wears by what it has told, and renews itself with the traffic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn.gates import allowed_bits, inspect, record_look, told_bits, usable
from pantheon.learn.gates._ledger import PASSED, REJECTED
from pantheon.store import Look
from tests.learn.gates_world import rows_at
from tests.learn.specimens import open_store


def looks(*answers: tuple[float, bool]) -> list[Look]:
    """Looks at these times, passed or not."""
    return [Look("a", "n", 1, at, PASSED if passed else REJECTED, 100) for at, passed in answers]


def test_passing_tells_nothing_and_rejections_cost() -> None:
    """30 nights that pass are one story; one rejection among them is one of 30."""
    assert told_bits(30, 0) == 0
    assert told_bits(30, 1) == pytest.approx(math.log2(30) + 1)
    assert told_bits(30, 3) == pytest.approx(math.log2(4060) + 3)


@given(st.integers(1, 40))
def test_the_code_has_a_word_for_every_story(looks: int) -> None:
    """Kraft: over all stories of any number of rejections, 2^-bits sums to less than 2."""
    words = sum(math.comb(looks, r) * 2 ** -told_bits(looks, r) for r in range(looks + 1))
    assert words <= 2 + 1e-9


def test_large_holdouts_bear_more() -> None:
    """What is written in the docstring, and nothing for nothing."""
    bits = [allowed_bits(n) for n in (0, 50, 200, 1000, 2000)]
    assert bits == sorted(bits)
    assert bits[0] == 0
    assert [round(b, 1) for b in bits[2:]] == [2.2, 5.6, 8.6]


def test_an_unworn_holdout_is_used_whole() -> None:
    """Many passing looks leave every row usable."""
    rows = rows_at(range(100))
    kept, state = usable(rows, looks(*((float(50 + n), True) for n in range(40))))
    assert kept == rows
    assert (state.resting, state.bits) == (0, 0)


def test_a_worn_holdout_goes_on_with_what_came_since() -> None:
    """Rows that took part in several rejections rest; later ones do not know of them."""
    rows = rows_at([*range(100), *range(200, 260)])
    seen = looks((110.0, False), (120.0, True), (130.0, False), (140.0, False))
    kept, state = usable(rows, seen)
    assert kept == rows[100:]
    assert (state.rows, state.resting, state.looks, state.bits) == (60, 100, 0, 0)
    assert state.left == state.allowed > 0


def test_worn_out_means_no_rows_until_new_ones_come() -> None:
    """Nothing is looked at rather than something that cannot be trusted."""
    rows = rows_at(range(20))
    kept, state = usable(rows, looks(*((30.0 + n, False) for n in range(9))))
    assert kept == []
    assert state.resting == 20


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=12), st.integers(0, 60))
def test_no_row_is_used_beyond_its_budget(told: list[tuple[int, bool]], count: int) -> None:
    """Whatever the ledger holds, the bits told are within what the rows bear."""
    seen = looks(*((at + 0.5, passed) for at, passed in told))
    kept, state = usable(rows_at(range(count)), seen)
    assert not kept or state.bits <= state.allowed
    assert state.rows + state.resting == count
    assert state == inspect([float(n) for n in range(count)], seen)


def test_a_look_is_kept_with_its_answer() -> None:
    """What was asked, of how many rows, and what came of it."""
    with open_store() as store:
        record_look(store, "a", night="n1", rows=120, passed=False)
        (look,) = store.looks.list("a")
    assert (look.purpose, look.rows, look.looks) == (REJECTED, 120, 1)


def test_an_adaptive_night_cannot_overfit_a_holdout_within_its_budget() -> None:
    """A climber who keeps what the gate passes gains little before its rows rest."""
    draw = np.random.default_rng(1)
    gains: list[float] = []
    for _ in range(40):
        right = draw.random(1000) < 0.85
        best, told = right.mean(), 0
        for night in range(1, 200):
            if told_bits(night, told) > allowed_bits(1000):
                break
            challenger = (draw.random(1000) < 0.85).mean()
            told += challenger < best  # a rejection tells more than a pass
            best = max(best, challenger)
        gains.append(float(best) - 0.85)
    assert np.mean(gains) < 0.02
