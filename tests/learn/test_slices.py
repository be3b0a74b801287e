"""Slices: out-of-scope requests are not answered as something else, and labels that abstain."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pantheon.learn import Promise, Row, Settings, Specialist, train_and_judge
from pantheon.learn._noise import find_doubtful
from pantheon.learn._slices import abstains, find_slices
from tests.learn.worlds import draw_rows, embed, label

PROMISE = Promise(0.1, 0.9, None)


@pytest.mark.parametrize(
    ("name", "yes"),
    [("oos", True), ("out_of_scope", True), ("None", True), ("card", False), ("oosphere", False)],
)
def test_labels_that_say_none_of_these(name: str, yes: bool) -> None:
    """Whole names only, however they are spelled."""
    assert abstains(json.dumps({"intent": name})) is yes


def test_critical_outputs_are_slices() -> None:
    """A partial output stands for all labels that hold it; one that all hold is no slice."""
    labels = ['{"a":"x","b":1}', '{"a":"x","b":2}', '{"a":"y","b":1}']
    (found,) = find_slices(labels, ['{"a":"x"}', "{}"])
    assert found.columns == (0, 1)


def _world(count: int, seed: int) -> list[Row]:
    """Four topics, and one request in ten that is of none: words of two topics."""
    rows = draw_rows(count, seed=seed)
    draw = np.random.default_rng(seed)
    texts = ["card loan", "rate fraud", "loan rate", "card fraud"]
    return [
        Row(r.id, f"{texts[int(draw.integers(4))]} w{n} v{n}", label("oos"), r.group, r.at, r.drawn)
        if n % 10 == 0
        else r
        for n, r in enumerate(rows)
    ]


def _leaks(machine: Specialist, rows: list[Row], threshold: float) -> float:
    """Share of out-of-scope rows answered as something else."""
    scores = machine.score([row.text for row in rows])
    said = [machine.labels[int(best)] for best in scores.best]
    outside = [row.label == label("oos") for row in rows]
    wrong = [
        out and margin >= threshold and answer != label("oos")
        for out, margin, answer in zip(outside, scores.margin.tolist(), said, strict=True)
    ]
    return sum(wrong) / sum(outside)


def test_a_gate_keeps_out_of_scope_requests_from_being_answered() -> None:
    """With a promise fewer of them are answered as something else than without."""
    settings = Settings(holdout_share=0.0)
    rows, fresh = _world(300, seed=1), _world(600, seed=2)
    free, _ = train_and_judge(rows, embed=embed, settings=settings)
    gated, judged = train_and_judge(rows, embed=embed, settings=settings, promise=PROMISE)
    assert _leaks(gated, fresh, 0.0) <= _leaks(free, fresh, 0.0)
    assert (judged.margin >= -1).all()
    again = Specialist.loads(gated.dumps(), embed=embed)
    texts = [row.text for row in fresh[:50]]
    assert (again.score(texts).margin == gated.score(texts).margin).all()


def test_probable_errors_of_the_teacher_are_found() -> None:
    """A row whose left-out scores clearly favour another label; never one that a person gave."""
    scores = np.array([[0.9, 0.1]] * 9 + [[0.05, 0.95]] * 10)
    said = np.array([0] * 9 + [0] + [1] * 9)
    rows = draw_rows(19)
    found = find_doubtful(scores, said, rows)
    assert np.flatnonzero(found).tolist() == [9]
    people = [Row(r.id, r.text, r.label, r.group, r.at, "feedback") for r in rows]
    assert not find_doubtful(scores, said, people).any()


def test_cleaning_unlearns_errors() -> None:
    """With `clean` a machine is as right as without, and judged by every row all the same."""
    rows = draw_rows(300, noise=0.2)
    settings = Settings(holdout_share=0.0, clean=True)
    machine, found = train_and_judge(rows, embed=embed, settings=settings)
    usual, judged = train_and_judge(rows, embed=embed, settings=replace(settings, clean=False))
    fresh = draw_rows(300, seed=5)
    texts = [row.text for row in fresh]
    right = [
        sum(a.label == row.label for a, row in zip(m.answer(texts), fresh, strict=True))
        for m in (machine, usual)
    ]
    assert right[0] >= right[1] > 200
    # All rows judge, those too that hardly teach.
    assert set(found.ids) == set(judged.ids) == {row.id for row in rows}
