"""The gate promotes what is not worse, and says why it rejects."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn import (
    Candidate,
    GateRules,
    Promise,
    Row,
    Settings,
    Specialist,
    e_value,
    fit,
    gate,
    mid_p,
)
from pantheon.learn._gate import Sample
from tests.learn.worlds import draw_rows, embed, label

PROMISE = Promise(0.05, 0.95)
HALF = Settings(holdout_share=0.5)


def train(rows: list[Row]) -> Candidate[Specialist]:
    """A candidate from half of the rows."""
    return fit(rows, embed=embed, promise=PROMISE, settings=HALF)


def test_a_good_candidate_fills_an_empty_slot() -> None:
    """Nothing deployed means everything goes on to the next tier."""
    rows = draw_rows(400)
    result = gate(train(rows), None, rows, promise=PROMISE, settings=HALF)
    assert result.promoted
    assert result.deployed is None
    assert result.local.candidate_only > 100
    assert (
        result.candidate.risk.low <= result.candidate.risk.estimate <= result.candidate.risk_bound
    )


def test_what_is_not_certified_is_not_promoted() -> None:
    """The reason is calibration's own."""
    rows = draw_rows(40)
    candidate = train(rows)
    result = gate(candidate, None, rows, promise=PROMISE, settings=HALF)
    assert not result.promoted
    assert result.reasons == candidate.calibration.reasons


def test_held_out_evidence_can_contradict_the_certificate() -> None:
    """A world that changed on the held-out side stops the promotion."""
    rows = draw_rows(400)
    changed = [replace(row, label=label("other")) for row in rows]
    result = gate(train(rows), None, changed, promise=PROMISE, settings=HALF)
    assert not result.promoted
    assert "contradict the promise" in result.reasons[0]


def test_fewer_local_answers_are_a_reason_to_reject() -> None:
    """A candidate that accepts nothing does not replace one that works."""
    rows = draw_rows(400)
    good = train(rows)
    shy = replace(good, specialist=replace(good.specialist, threshold=math.inf))
    result = gate(shy, good.specialist, rows, promise=PROMISE, settings=HALF)
    assert not result.promoted
    assert "fewer requests" in result.reasons[0]


def test_an_equal_candidate_is_promoted() -> None:
    """Its certificate is fresher."""
    rows = draw_rows(400)
    good = train(rows)
    result = gate(good, good.specialist, rows, promise=PROMISE, settings=HALF)
    assert result.promoted
    assert (result.local.candidate_only, result.local.deployed_only) == (0, 0)


def test_one_new_wrong_answer_on_a_critical_label_is_one_too_many() -> None:
    """Zero tolerance holds even where the promise as a whole is kept."""
    rows = draw_rows(400)
    good = train(rows)
    odd = next(r for r in rows if inside_holdout(r))
    poisoned = [replace(r, label=label("danger")) if r.id == odd.id else r for r in rows]
    rules = GateRules(critical=frozenset({label("danger")}))
    result = gate(good, None, poisoned, promise=PROMISE, settings=HALF, rules=rules)
    assert not result.promoted
    assert result.reasons == (f"A critical answer got worse: {label('danger')}",)
    assert result.critical_rows == 1


def inside_holdout(row: Row) -> bool:
    """Whether the gate will look at `row`."""
    from pantheon.learn import assign_split

    return assign_split(row.group, holdout_share=0.5) == "holdout"


def test_training_rows_are_not_looked_at() -> None:
    """Only held-out rows are evidence, whatever is handed in."""
    rows = draw_rows(400)
    held = [row for row in rows if inside_holdout(row)]
    candidate = train(rows)
    every = gate(candidate, None, rows, promise=PROMISE, settings=HALF)
    assert every == gate(candidate, None, held, promise=PROMISE, settings=HALF)
    assert every.rows == len(held)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mid_p_is_the_exact_sum(fewer: int, more: int) -> None:
    """Half of what is as extreme as seen, and all that is more."""
    total = fewer + more
    below = sum(math.comb(total, x) for x in range(fewer))
    exact = (below + math.comb(total, fewer) / 2) / 2**total
    assert mid_p(fewer, more) == pytest.approx(exact, rel=1e-9)
    assert mid_p(fewer, more) + mid_p(more, fewer) == pytest.approx(1)


def test_evidence_grows_without_bound_only_if_there_is_a_difference() -> None:
    """Its mean under a fair coin is at most 1; ten wins in a row are strong."""
    mean = sum(math.comb(12, wins) / 2**12 * e_value(wins, 12 - wins) for wins in range(13))
    assert mean == pytest.approx(1)
    assert e_value(0, 0) == pytest.approx(1)
    assert e_value(10, 0) > 100 > 1 > e_value(0, 10)


def test_equal_candidates_are_rarely_rejected() -> None:
    """Two specialists from different halves of one world: the gate sees no harm."""
    rejected = 0
    for seed in range(8):
        rows = draw_rows(300, seed=seed, noise=0.02)
        first = train(rows[:250])
        result = gate(train(rows), first.specialist, rows, promise=PROMISE, settings=HALF)
        rejected += bool(first.calibration.certified and "fewer" in "".join(result.reasons))
    assert np.mean(rejected / 8) <= 0.2


def test_a_sample_may_be_limited_and_keeps_what_is_no_estimate() -> None:
    """Random rows are drawn by hash; others (critical ones) all stay; places point at their rows."""
    rows = tuple(draw_rows(40))
    sample = Sample(rows, tuple(range(30)))
    few = sample.limited(10)

    assert len(few.random) == 10
    assert len(few.rows) == 20
    assert {few.rows[place] for place in few.random} < set(rows[:30])
    assert set(rows[30:]) <= set(few.rows)
    assert sample.limited(99) == sample
