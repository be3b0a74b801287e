"""Ranks are uniform while nothing changes, and no fortune is made of them; drift makes one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn._rows import Floats
from pantheon.learn.drift import (
    JUDGED,
    MEASURED,
    YEAR,
    Bag,
    Detector,
    Looks,
    Martingale,
    Watched,
    WatchRules,
    to_levels,
)


def coins(count: int, seed: int = 0) -> Floats:
    """Coins that break ties."""
    return np.random.default_rng([seed, 5]).random(count)


@pytest.mark.parametrize("strategy", [*MEASURED, *JUDGED])
def test_every_bet_is_fair(strategy: Callable[[Floats], Floats]) -> None:
    """It integrates to 1 over p: what it wins on small p it loses on large ones."""
    edges = np.concatenate([[0.0], np.geomspace(1e-11, 1, 200_001)])
    middles = (edges[1:] + edges[:-1]) / 2

    assert (np.exp(strategy(middles)) * np.diff(edges)).sum() == pytest.approx(1, abs=0.01)


def test_ranks_are_uniform_while_rows_come_as_before() -> None:
    """Even on few levels, as coins break ties."""
    rng = np.random.default_rng(1)
    bag = Bag.of(rng.integers(3, size=50), 3)

    p = bag.rank(rng.integers(3, size=2000), rng.random(2000))

    assert np.histogram(p, bins=4, range=(0, 1))[0] == pytest.approx([500] * 4, abs=80)


def test_a_row_is_ranked_among_those_before_it() -> None:
    """The second of two strange rows is as strange as the first was."""
    bag = Bag.of(np.zeros(9, dtype=np.intp), 2)

    p = bag.rank(np.array([1, 1]), np.array([1.0, 1.0]))

    assert p.tolist() == pytest.approx([1 / 10, 2 / 11])


def test_a_stable_year_seldom_makes_a_fortune() -> None:
    """Of 200 years with 20 rows a night, hardly any reaches 20; Ville allows a twentieth."""
    rng = np.random.default_rng(2)
    reached = 0
    for _ in range(200):
        game = Martingale()
        for p in rng.random((YEAR // 5, 20)):
            game = game.see(p)
            if game.beyond(0.05):
                reached += 1
                break

    assert reached <= 10


def test_drift_after_a_calm_spring_is_seen_in_few_nights() -> None:
    """What was lost by betting too soon does not hold up what enters now."""
    rng = np.random.default_rng(3)
    detector = Detector(Bag.of(rng.integers(100, size=200), 257))
    for _ in range(60):
        detector = detector.see(rng.integers(100, size=50), rng.random(50))
    assert not detector.game.beyond(0.05)

    for _ in range(3):
        detector = detector.see(rng.integers(40, 140, size=50), rng.random(50))

    assert detector.game.beyond(0.001)


def test_rows_less_strange_than_before_raise_nothing() -> None:
    """A specialist that becomes surer threatens no promise."""
    rng = np.random.default_rng(4)
    detector = Detector(Bag.of(rng.integers(50, 100, size=200), 257))
    for _ in range(20):
        detector = detector.see(rng.integers(50, size=50), rng.random(50))

    assert not detector.game.beyond(0.05)


def test_few_bad_verdicts_become_many() -> None:
    """One in thirty differed; then one in three."""
    rng = np.random.default_rng(5)
    detector = Detector.of_verdicts()
    for _ in range(20):
        detector = detector.see((rng.random(10) < 0.03).astype(np.intp), rng.random(10))
    assert not detector.game.beyond(0.01)

    nights = 0
    while not detector.game.beyond(0.01):
        detector = detector.see((rng.random(10) < 0.33).astype(np.intp), rng.random(10))
        nights += 1

    assert nights <= 8


def test_an_alarm_is_over_when_some_nights_look_like_before() -> None:
    """While it is open nothing is added to what is usual."""
    rng = np.random.default_rng(6)
    detector = Detector(Bag.of(rng.integers(100, size=500), 257)).raised()
    shifted = detector.see(rng.integers(100, 200, size=100), rng.random(100))
    assert (shifted.calm, shifted.over, shifted.bag) == (0, False, detector.bag)

    for _ in range(5):
        shifted = shifted.see(rng.integers(100, size=100), rng.random(100))

    assert shifted.over
    assert not shifted.closed().alarmed


def test_another_version_does_not_win_back_what_was_staked() -> None:
    """One alpha covers a year of any number of versions."""
    game = Martingale()
    for _ in range(YEAR // 2):
        game = game.see(np.array([0.5])).renewed()

    assert game.nights == YEAR // 2
    assert game.log_evidence == pytest.approx(math.log(0.5), abs=0.01)


def test_all_detectors_together_keep_alpha() -> None:
    """Every slice and tier that may be watched has a share, and the shares sum to alpha."""
    rules = WatchRules(alpha=0.05)
    labels = [rules.alpha_of("disagreement", f"answer {i}") for i in range(64)]
    places = [rules.alpha_of("disagreement", f"node {i}") for i in range(16)]
    tiers = [rules.alpha_of(kind, "tier x") for kind in ("latency", "cost") for _ in range(4)]
    singles = [rules.alpha_of(kind) for kind in ("inputs", "confidence", "disagreement")]
    novel = rules.alpha_of("inputs", "far from every example")

    assert sum([*labels, *places, *tiers, *singles, novel]) == pytest.approx(0.05)
    assert Looks().alpha(0.01) * YEAR == pytest.approx(0.01)


@given(
    nights=st.lists(st.lists(st.integers(0, 256), max_size=6), max_size=4),
    alarmed=st.booleans(),
    seen=st.floats(0, 2e9),
)
def test_a_watch_survives_being_kept(nights: list[list[int]], alarmed: bool, seen: float) -> None:
    """What is read back goes on as if it had never been written."""
    detector = Detector(Bag((0,) * 257))
    for night in nights:
        detector = detector.see(np.array(night, dtype=np.intp), coins(len(night)))
    detector = detector.raised() if alarmed else detector
    state = Watched(seen=seen, looks=Looks(3, alarmed, 1)).having("confidence", "", detector)
    state = state.having("disagreement", "answer ☃", Detector.of_verdicts())

    assert Watched.from_json(state.to_json()) == state


@given(st.lists(st.floats(-2, 3, allow_nan=False), min_size=1, max_size=20))
def test_levels_keep_the_order(values: list[float]) -> None:
    """And what lies outside is clipped."""
    levels = to_levels(np.array(values), low=0, high=1, size=11)

    assert ((levels >= 0) & (levels <= 10)).all()
    assert (np.diff(levels[np.argsort(values, kind="stable")]) >= 0).all()
