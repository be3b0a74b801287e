"""One budget of false discoveries for all agents."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pantheon.learn.gates import ALPHA, budget_left, decide, level, share
from pantheon.store import Store
from tests.learn.specimens import open_store


def put(store: Store, agent: str, log_e: float, *, night: str = "n1", subject: str = "s") -> bool:
    """Put one test to the budget."""
    return decide(
        store, agent=agent, test="superior", subject=subject, night=night, log_e=log_e
    ).rejected


def test_the_shares_sum_to_less_than_one_and_fall_slowly() -> None:
    """The rest of the sum is below its integral, 1 / ln(n)."""
    count = 20_000
    rest = 1 / math.log(count + 1) / 2.1098
    assert 0.99 < sum(share(p) for p in range(1, count + 1)) + rest <= 1.0001
    assert share(1000) > share(1) / 1e5


def test_a_hypothesis_keeps_its_place_over_nights() -> None:
    """Asked again on later nights it pays nothing more, and is rejected once the evidence is there."""
    with open_store() as store:
        needed = math.log(1 / level(1, 0))
        assert not put(store, "a", needed - 0.01)
        assert not put(store, "b", 0.0)
        assert not put(store, "a", needed - 0.01, night="n2")
        assert put(store, "a", needed + 0.01, night="n3")
        assert budget_left(store.decisions.list()).tests == 2
        assert [d.rejected for d in store.decisions.list("a")] == [False, True]


def test_rejections_of_others_raise_the_level() -> None:
    """What was found pays for what is looked for: e-LOND's level grows with the rejections."""
    with open_store() as store:
        put(store, "a", 0.0)
        put(store, "b", 100.0)
        lifted = math.log(1 / level(1, 1))
        assert lifted < math.log(1 / level(1, 0))
        assert put(store, "a", lifted + 0.01, night="n2")


def test_what_was_decided_stays_decided() -> None:
    """A night that is begun again does not take a promotion back, nor pay for it twice."""
    with open_store() as store:
        assert put(store, "a", 100.0)
        assert put(store, "a", 0.0)
        assert len(store.decisions.list()) == 1


def test_the_view_for_people_adds_up() -> None:
    """Spent and left are the whole budget; the next level is what the next test gets."""
    with open_store() as store:
        for agent in "abc":
            put(store, agent, 100.0 if agent == "b" else 0.0)
        budget = budget_left(store.decisions.list())
    assert (budget.tests, budget.rejected) == (3, 1)
    assert budget.spent + budget.left == pytest.approx(1)
    assert budget.next_level == level(4, 1)
    assert budget.e_needed == pytest.approx(1 / budget.next_level)


def test_false_discoveries_stay_within_alpha_when_evidence_depends() -> None:
    """One coin for all: every agent's e-value is 1 / (2 sqrt(u)) of the same uniform u, mean 1."""
    draw = np.random.default_rng(0)
    wrong = 0
    for _ in range(300):
        log_e = -0.5 * math.log(max(draw.random(), 1e-12)) - math.log(2)
        with open_store() as store:
            wrong += sum(put(store, str(agent), log_e) for agent in range(8)) > 0
    assert wrong / 300 <= ALPHA


def test_the_hardest_evidence_spends_no_more_than_alpha() -> None:
    """A gambler who stakes all on reaching the level exactly reaches it with a chance of it."""
    assert sum(level(position, 0) for position in range(1, 1000)) <= ALPHA
