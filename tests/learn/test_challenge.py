"""Challengers gather evidence over nights and are decided within everybody's budget."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from pantheon.ids import ContentHash
from pantheon.learn import Prediction, Promise
from pantheon.learn._gate import Claim, Sample, gate_answers
from pantheon.learn.gates import Challenge, fresh_rows, move_of, shadow, standing, weigh
from tests.learn.gates_world import RIGHT, WRONG, answers, rows_at
from tests.learn.specimens import open_store

CHAMPION = ContentHash("b2:champion")
BETTER = Challenge("triage", "machine", CHAMPION)
CHEAPER = Challenge("triage", "rules", CHAMPION, "not_inferior")


def flags(code: str) -> np.ndarray:
    """1 for a right local answer."""
    return np.array([c == "1" for c in code], dtype=bool)


def test_evidence_grows_from_night_to_night_until_it_suffices() -> None:
    """Three wins to one loss, 20 pairs a night: shown after a few nights, and never before."""
    ours, theirs = flags("1" * 15 + "0" * 5 + "1" * 80), flags("0" * 15 + "1" * 5 + "1" * 80)
    with open_store() as store:
        seen = [weigh(store, BETTER, f"n{n}", ours, theirs) for n in range(4)]
        kept = standing(store, BETTER)
    assert [w.shown for w in seen] == sorted(w.shown for w in seen)
    assert not seen[0].shown
    assert seen[-1].shown
    assert (seen[-1].rows, seen[-1].wins, seen[-1].losses, seen[-1].nights) == (400, 60, 20, 4)
    assert kept == seen[-1]
    assert "evidence" in seen[0].reason


def test_a_night_that_is_begun_again_counts_once() -> None:
    """A crash after the evidence was written doubles nothing."""
    with open_store() as store:
        first = weigh(store, BETTER, "n1", flags("110"), flags("000"))
        again = weigh(store, BETTER, "n1", flags("110"), flags("000"))
        assert again == first
        assert len(store.evidence.list("triage")) == 1


def test_a_cheaper_rung_needs_agreement_and_no_victory() -> None:
    """500 equal answers a night show that it is no worse by two points."""
    same = flags("1" * 500)
    with open_store() as store:
        assert weigh(store, CHEAPER, "n1", same, same).shown
        assert not weigh(store, BETTER, "n1", same, same).shown


def test_what_is_shown_to_be_worse_is_futile() -> None:
    """Nobody need shadow it any longer."""
    with open_store() as store:
        stand = weigh(store, BETTER, "n1", flags("0" * 40), flags("1" * 40))
    assert stand.futile
    assert not stand.shown


def test_moves_have_names() -> None:
    """By rung and cost alone."""
    assert move_of(rung="machine", cost=2, deployed=None) == "fill"
    assert move_of(rung="machine", cost=2, deployed=("machine", 2)) == "refresh"
    assert move_of(rung="lora", cost=5, deployed=("machine", 2)) == "improve"
    assert move_of(rung="other", cost=2, deployed=("machine", 2)) == "improve"
    assert move_of(rung="rules", cost=1, deployed=("machine", 2)) == "replace"


def test_an_improvement_waits_for_its_evidence() -> None:
    """Nothing speaks against it; that is not enough for another rung, and enough for the same."""
    rows = rows_at(range(60))
    sample, said = Sample(tuple(rows), tuple(range(60))), answers("+" * 60)
    promise = Promise(0.05)
    waits = gate_answers(sample, said, said, promise=promise, claim=Claim(move="improve"))
    fresh = gate_answers(sample, said, said, promise=promise, claim=Claim(move="refresh"))
    with open_store() as store:
        weighed = weigh(store, BETTER, "n1", flags("1" * 30), flags("0" * 30))
    shown = gate_answers(
        sample, said, said, promise=promise, claim=Claim(move="improve", weighed=weighed)
    )
    assert (waits.promoted, waits.waiting) == (False, True)
    assert "still to show" in waits.reasons[0]
    assert fresh.promoted
    assert (shown.promoted, shown.waiting) == (True, False)


def test_harm_is_not_outweighed_by_evidence() -> None:
    """A label that is answered wrongly far more often rejects what is better on the whole."""
    rows = rows_at(range(60))
    sample = Sample(tuple(rows), tuple(range(60)))
    with open_store() as store:
        weighed = weigh(store, BETTER, "n1", flags("1" * 30), flags("0" * 30))
    result = gate_answers(
        sample,
        answers("-" * 12 + "+" * 48),
        answers("+" * 60),
        promise=Promise(0.4),
        claim=Claim(move="improve", weighed=weighed),
    )
    assert (result.promoted, result.waiting) == (False, False)
    assert "Answers got worse where" in result.reasons[0]


def test_shadows_are_asked_once_and_only_of_later_rows() -> None:
    """Rows that were there when a version was trained never test it."""
    rows = rows_at([1.0, 2.0, 3.0, 4.0])
    asked: list[str] = []

    async def ask(texts: Sequence[str]) -> list[Prediction]:
        asked.extend(texts)
        return [Prediction(WRONG if "3" in text else RIGHT, 0.9, True, ()) for text in texts]

    fresh = fresh_rows(rows, since=2.0)
    with open_store() as store:
        said = asyncio.run(shadow(store, "triage", CHAMPION, fresh, ask))
        assert asyncio.run(shadow(store, "triage", CHAMPION, fresh, ask)).said == said.said
    assert asked == ["text r 2", "text r 3"]
    assert said.judge(fresh, str.__eq__).wrong.tolist() == [False, True]
