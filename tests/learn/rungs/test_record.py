"""Sets, numbers and records are learnt field by field, and judged only by what did not see them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import InputError, PantheonError
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.learn import Promise, Row
from pantheon.learn._load import Around, load_model
from pantheon.learn._rung import Tools, Trained
from pantheon.learn._same import same_labels
from pantheon.learn._task import Shape, Task
from pantheon.learn.rungs._machine import MachineRung, RecordRung
from pantheon.learn.rungs._record import RecordModel
from pantheon.spec import Same, parse_same
from tests.learn.worlds import TOPICS, draw_rows, embed

EXACT = parse_same("exact")
FIELDS = {"topics", "state.urgent", "deadline"}


def task(shape: Shape = "record", same: Same = EXACT) -> Task:
    """An agent of one shape."""
    return Task("a", {}, {}, shape, Promise(0.1, 0.9, None), same=same)


def tools(same: Same = EXACT) -> Tools:
    """What a rung gets, without models."""
    return Tools(embed, "world", same_labels(same), FakeClock(0.0))


def world(count: int, *, seed: int = 0, noise: float = 0.0) -> list[tuple[str, JsonObject]]:
    """Texts of two topics among noise, an urgency and an amount, with the record they stand for."""
    draw = np.random.default_rng(seed)
    pairs: list[tuple[str, JsonObject]] = []
    for _ in range(count):
        topics = sorted({TOPICS[int(i)] for i in draw.integers(len(TOPICS), size=2)})
        urgent = bool(draw.random() < 0.5)
        said = urgent if draw.random() >= noise else not urgent
        size = int(draw.integers(1, 6))
        filler = [f"w{int(i)}" for i in draw.integers(300, size=2)]
        words = [*topics, *topics, *(["urgent"] * 2 * urgent), *(["much"] * size), *filler]
        record: JsonObject = {"topics": list[Json](topics), "state": {"urgent": said}}
        if said:
            record["deadline"] = "today"
        pairs.append((" ".join(words), record))
    return pairs


def rows_of(pairs: Sequence[tuple[str, JsonObject]], *, prefix: str = "r") -> list[Row]:
    """Every request asked of the teacher, each a group of its own."""
    return [
        Row(f"{prefix}{n}", text, canonical_json(output), f"{prefix}{n}", float(n), "bootstrap")
        for n, (text, output) in enumerate(pairs)
    ]


def train(rows: Sequence[Row], job: Task) -> Trained:
    """What the rung makes of the rows."""
    return asyncio.run(RecordRung().train(rows, job, tools(job.same)))


def answers(trained: Trained, texts: Sequence[str]) -> list[JsonObject]:
    """Outputs of the model, accepted or not."""
    return [json.loads(found.label) for found in trained.model.answer(texts)]


def test_a_record_is_learnt_field_by_field() -> None:
    """A set, a nested truth value and an optional field are right on fresh texts."""
    trained = train(rows_of(world(300)), task())
    fresh = world(100, seed=1)

    found = answers(trained, [text for text, _ in fresh])

    right = np.mean([a == b for a, (_, b) in zip(found, fresh, strict=True)])
    assert right > 0.8
    assert any("deadline" not in answer for answer in found)
    assert set(cast("JsonObject", trained.note["fields"])) == FIELDS


def test_scores_tell_right_from_wrong() -> None:
    """Left-out scores are in [0, 1] and higher for right answers."""
    judged = train(rows_of(world(300, noise=0.1)), task()).judged
    assert ((judged.margin >= 0) & (judged.margin <= 1) | (judged.margin == -1)).all()
    assert len(judged.said) == len(judged.ids) == 300
    assert judged.margin[~judged.wrong].mean() > judged.margin[judged.wrong].mean()


def test_left_out_answers_are_like_fresh_ones() -> None:
    """The closed form neither flatters nor slights: agreement is that on fresh texts."""
    trained = train(rows_of(world(400)), task())
    fresh = world(400, seed=2)
    found = answers(trained, [text for text, _ in fresh])
    agreement = np.mean([a == b for a, (_, b) in zip(found, fresh, strict=True)])
    assert abs((1 - trained.judged.wrong.mean()) - agreement) < 0.08


def test_a_number_within_tolerance_is_the_same() -> None:
    """How often a word comes is counted well enough for a tolerance of one."""
    pairs: list[tuple[str, JsonObject]] = []
    draw = np.random.default_rng(3)
    for _ in range(400):
        size = int(draw.integers(0, 12))
        words = ["much"] * size + ["less"] * (12 - size) + [f"w{int(draw.integers(50))}"]
        pairs.append((" ".join(words), {"size": size * 10}))
    job = task("number", parse_same("numeric(10)"))
    trained = train(rows_of(pairs), job)
    assert 1 - trained.judged.wrong.mean() > 0.9
    assert all(isinstance(a["size"], int) for a in answers(trained, ["much less", "less"]))


def test_values_that_never_come_again_are_left_to_others() -> None:
    """Text that is different in every answer is no field of this rung, and it says which."""
    pairs: list[tuple[str, JsonObject]] = [(f"card {n}", {"name": f"x{n}"}) for n in range(60)]
    rows = rows_of(pairs)
    reason = RecordRung().unfit(task(), rows, tools())
    assert reason is not None
    assert "`name`" in reason
    with pytest.raises(InputError, match="do not come again"):
        train(rows, task())


def test_one_label_is_left_to_the_machine() -> None:
    """Each of the two rungs names the other's tasks as unfit."""
    rows = draw_rows(40)
    assert RecordRung().unfit(task("label"), rows, tools()) is not None
    assert MachineRung().unfit(task("label"), rows, tools()) is None


def test_it_answers_the_same_after_loading() -> None:
    """Nothing that decides an answer is lost in the bytes, which are the same each time."""
    model = train(rows_of(world(200)), task()).model.accepting(
        0.5, train(rows_of(world(50)), task()).model.certainty
    )
    data = model.dumps()
    loaded = load_model(data, Around(embed, "world"))
    texts = [text for text, _ in world(50, seed=5)]
    assert loaded.answer(texts) == model.answer(texts)
    assert loaded.dumps() == data
    assert isinstance(loaded, RecordModel)


def test_fields_have_a_confidence_each() -> None:
    """By dotted path, in [0, 1]."""
    model = train(rows_of(world(200)), task()).model
    assert isinstance(model, RecordModel)
    (found,) = model.confidences(["card card urgent urgent"])
    assert set(found) == FIELDS
    assert all(0 <= chance <= 1 for chance in found.values())


def test_blank_requests_are_never_answered() -> None:
    """Their score is below every threshold."""
    model = train(rows_of(world(200)), task()).model
    assert isinstance(model, RecordModel)
    assert model.score(["", "  "])[1].tolist() == [-1.0, -1.0]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-1e6, 1e6),
    st.sampled_from(["a", "b", ""]),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True),
)
OUTPUTS = st.dictionaries(st.sampled_from(["a", "b", "c.d"]), VALUES, max_size=3)


@settings(max_examples=25, deadline=None)
@given(st.lists(OUTPUTS, min_size=2, max_size=25))
def test_any_outputs_are_learnt_or_declined(outputs: list[JsonObject]) -> None:
    """Whatever the fields hold, training ends with a model that answers, or says why not."""
    rows = rows_of([(f"card w{n % 7}", output) for n, output in enumerate(outputs)])
    job = task("record", parse_same("numeric(0.5)"))
    if RecordRung().unfit(job, rows, tools(job.same)) is not None:
        return
    try:
        trained = train(rows, job)
    except PantheonError:
        return
    assert all(isinstance(answer, dict) for answer in answers(trained, ["card", "", "ß́😀"]))
    assert np.isfinite(trained.judged.margin).all()


def test_a_label_that_counts_as_the_same_is_no_error() -> None:
    """What the teacher spells in two ways is two labels, and one answer to the contract."""
    rows = [
        Row(r.id, r.text, r.label.upper() if n % 2 else r.label, r.group, r.at, r.drawn)
        for n, r in enumerate(draw_rows(120))
    ]
    rows = [replace(r, label=r.label.replace("INTENT", "intent")) for r in rows]
    wrong = {}
    for written in ("exact", "normalised"):
        job = task("label", parse_same(written))
        trained = asyncio.run(MachineRung().train(rows, job, tools(job.same)))
        wrong[written] = float(trained.judged.wrong.mean())
    assert wrong["normalised"] < 0.1 < wrong["exact"]
