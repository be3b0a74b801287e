"""Records are read from texts, judged only by readers that did not see them, and kept as bytes."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import InputError
from pantheon.ids import JsonObject, canonical_json
from pantheon.learn import Promise, Row, load_specialist
from pantheon.learn._certainty import Certainty
from pantheon.learn._load import Around, load_model
from pantheon.learn._rung import Tools, Trained
from pantheon.learn._same import same_labels
from pantheon.learn._task import Task
from pantheon.learn.rungs._extract import ExtractorRung
from pantheon.learn.rungs._extractor import Extractor, RecordPrediction
from pantheon.learn.rungs._fields import learn_layout
from pantheon.learn.rungs._gazetteer import gather
from pantheon.learn.rungs._spans import Span, Wanted, align, find, to_spans, to_tags, tokenise
from pantheon.spec import parse_same
from tests.learn.worlds import embed

SAME = parse_same("fields")
_CITIES = [
    "Oslo",
    "Rome",
    "New York",
    "Lima",
    "Bonn",
    "Kyoto",
    "San Jose",
    "Riga",
    "Turin",
    "Quito",
]
_ARTISTS = ["Nina Simone", "Bach", "The Clash", "Dido", "Miles Davis", "Adele"]


def task() -> Task:
    """An agent whose outputs are records."""
    return Task("a", {}, {}, "record", Promise(0.1, 0.9, None), same=SAME)


def tools() -> Tools:
    """What a rung gets, without models."""
    return Tools(embed, "world", same_labels(SAME), FakeClock(0.0))


def utterance(rng: random.Random) -> tuple[str, JsonObject]:
    """A request to an assistant and what is in it; some slots are optional, `to` is a list."""
    city, other, artist = rng.choice(_CITIES), rng.choice(_CITIES), rng.choice(_ARTISTS)
    count = rng.randrange(2, 9)
    match rng.randrange(4):
        case 0:
            return f"weather in {city}", {"intent": "weather", "slots": {"to": [city]}}
        case 1:
            text = f"book {count} seats to {city} and {other}"
            return text, {"intent": "book", "slots": {"to": [city, other], "seats": count}}
        case 2:
            return f"play {artist} please", {"intent": "play", "slots": {"artist": artist.lower()}}
        case _:
            return "stop it " + rng.choice(["now", "at once", "please"]), {
                "intent": "stop",
                "slots": {},
            }


def rows(count: int, *, seed: int = 0) -> list[Row]:
    """Examples that came while everything was asked; equal texts share a group."""
    rng = random.Random(seed)
    pairs = [utterance(rng) for _ in range(count)]
    return [
        Row(f"{seed}-{n}", text, canonical_json(output), text, float(n), "bootstrap")
        for n, (text, output) in enumerate(pairs)
    ]


@cache
def taught() -> Trained:
    """What 160 examples teach."""
    return asyncio.run(ExtractorRung().train(rows(160), task(), tools()))


def said(trained: Trained, texts: Sequence[str]) -> list[JsonObject]:
    """The records that a model reads in texts."""
    return [json.loads(found.label) for found in trained.model.answer(texts)]


# ------------------------------------------------------------------------------------ the tagging
_WORDS = st.lists(st.sampled_from(["a", "bc", "7", ",", "É", "_"]), min_size=1, max_size=12)


@given(words=_WORDS, data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_tagged_is_read_back(words: list[str], data: st.DataObject) -> None:
    """Spans become tags and come back, unless two of one field touch, which tags keep apart too."""
    tokens = tokenise(" ".join(words))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(tokens)), max_size=8)))
    spans = [
        Span(start, end, data.draw(st.integers(0, 2)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]

    assert to_spans(to_tags(spans, len(tokens))) == spans


@given(words=_WORDS, data=st.data())
@settings(max_examples=60, deadline=None)
def test_values_cut_from_a_text_are_found_again(words: list[str], data: st.DataObject) -> None:
    """A record made of disjoint pieces of a text is, aligned and written, the same record."""
    tokens = tokenise("  ".join(words))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(tokens)), min_size=2, max_size=8)))
    places = list(zip(cuts[::2], cuts[1::2], strict=False))
    values = [(n, tokens.between(*place)) for n, place in enumerate(places)]

    spans, lost = align(tokens, [Wanted(n, (value,)) for n, value in values])

    if lost:  # a shorter piece may have been taken by its twin: the same text twice
        assert len(places) > 1
        return
    assert {(s.field, tokens.between(s.start, s.end)) for s in spans} == set(values)


def test_a_value_is_found_as_written_before_it_is_found_folded() -> None:
    """`Bar` the name is not `bar` the place, though either is found when it stands alone."""
    tokens = tokenise("a bar called Bar")

    assert find(tokens, "Bar") == [(3, 4), (1, 2)]
    assert find(tokens, "BAR CALLED") == [(1, 3)]
    assert find(tokens, "pub") == []


# ------------------------------------------------------------------------------------- the layout
def test_fields_are_told_apart_by_what_the_examples_show() -> None:
    """What stands in the texts is copied, also lower-cased or as a number; the rest is chosen."""
    pairs = [(tokenise(row.text), cast("JsonObject", json.loads(row.label))) for row in rows(80)]

    layout = learn_layout(pairs)

    found = {field.name: (field.kind, field.many, field.form) for field in layout.fields}
    assert found == {
        "intent": ("label", False, "as it is"),
        "slots.artist": ("span", False, "lower"),
        "slots.seats": ("span", False, "number"),
        "slots.to": ("span", True, "as it is"),
    }
    assert layout.objects == (("slots",),)


def test_the_gazetteer_forgets_a_row_while_it_trains_on_it() -> None:
    """A phrase known from one example only is unknown to that example."""
    tokens = tokenise("fly to Oslo")
    known = gather([(tokens, [Span(2, 3, 0)])])

    assert "gS1=0" in known.describe(tokens)[2]
    assert known.describe(tokens, known)[2] == ["unseen"]


# ---------------------------------------------------------------------------------------- the rung
def test_new_combinations_are_read_right() -> None:
    """Texts that no example held give their records: nested, optional, lists, numbers."""
    known = {row.text for row in rows(160)}
    fresh = [row for row in rows(120, seed=1) if row.text not in known]

    found = said(taught(), [row.text for row in fresh])

    same = same_labels(SAME)
    right = np.mean([same(canonical_json(f), r.label) for f, r in zip(found, fresh, strict=True)])
    assert len(fresh) > 20
    assert right > 0.85
    assert said(taught(), ["stop it please"]) == [{"intent": "stop", "slots": {}}]


def test_rows_are_judged_by_readers_that_did_not_see_them() -> None:
    """A name that one group alone holds cannot be right when that group is judged."""
    odd = [
        Row(f"odd{n}", "stop it this instant", '{"intent":"halt"}', "odd", 900.0 + n, "bootstrap")
        for n in range(6)
    ]

    trained = asyncio.run(ExtractorRung().train([*rows(100), *odd], task(), tools()))

    judged = dict(zip(trained.judged.ids, trained.judged.wrong, strict=True))
    assert all(judged[row.id] for row in odd)
    assert said(trained, ["stop it this instant"]) == [{"intent": "halt", "slots": {}}]


def test_the_score_ranks_right_before_wrong() -> None:
    """Where the teacher tosses a coin scores are lower; all are scores or refusals."""
    noisy = [
        replace(r, label='{"intent":"other"}') if r.text.startswith("book") and n % 2 else r
        for n, r in enumerate(rows(160, seed=3))
    ]

    judged = asyncio.run(ExtractorRung().train(noisy, task(), tools())).judged

    inside = judged.margin >= 0
    assert ((judged.margin <= 1) & (inside | (judged.margin == -1))).all()
    assert (
        judged.margin[inside & ~judged.wrong].mean() > judged.margin[inside & judged.wrong].mean()
    )


def test_order_of_rows_makes_no_difference_to_a_byte() -> None:
    """The same examples, in any order, give the same bytes."""
    again = asyncio.run(ExtractorRung().train(rows(160)[::-1], task(), tools()))

    assert again.model.dumps() == taught().model.dumps()
    assert (again.judged.margin == taught().judged.margin).all()


def test_what_is_loaded_answers_as_what_was_kept() -> None:
    """Bytes and back: the same records, sureness, and acceptance."""
    model = cast("Extractor", taught().model).accepting(0.5, Certainty(5.0, 0.0))
    texts = [row.text for row in rows(40, seed=2)]

    loaded = load_model(model.dumps(), Around(embed, "world"))

    assert list(loaded.answer(texts)) == model.answer(texts)
    assert loaded.dumps() == model.dumps()


def test_each_field_has_its_own_sureness() -> None:
    """A caller may trust some fields of a record more than others."""
    (found,) = taught().model.answer(["weather in Oslo"])

    assert isinstance(found, RecordPrediction)
    assert found.fields.keys() == {"intent", "slots.to"}
    assert all(0 <= sure <= 1 for sure in found.fields.values())


def test_the_foreign_and_the_blank_are_refused() -> None:
    """Whatever the threshold, nothing is accepted that resembles no example."""
    model = cast("Extractor", taught().model).accepting(0.0, Certainty(5.0, 0.0))

    found = model.answer(["zxqv grmpf hrrk", "   ", "", "weather in Rome"])

    assert [answer.accepted for answer in found] == [False, False, False, True]
    assert model.answer([]) == []


def test_damaged_bytes_are_a_fault_with_a_fix() -> None:
    """A tagger that is no model, or parts that do not fit, end in a sentence."""
    data = taught().model.dumps()

    with pytest.raises(InputError):
        load_specialist(data.replace(b'"part_by": 0', b'"part_by": 9'))


def test_tasks_that_are_none_of_extraction_are_declined() -> None:
    """Free text, plain labels and single values are for other rungs; the reason says why."""
    rung, job = ExtractorRung(), task()
    prose = [
        Row(
            r.id,
            r.text,
            canonical_json({"reply": f"Dear {n}, noted", "city": r.text}),
            r.group,
            r.at,
            "bootstrap",
        )
        for n, r in enumerate(rows(40))
    ]
    labels = [Row(r.id, r.text, '{"a":"x","b":"y"}', r.group, r.at, "bootstrap") for r in rows(40)]

    assert rung.unfit(job, rows(60), tools()) is None
    assert "`reply`" in (rung.unfit(job, prose, tools()) or "")
    assert "pieces of the text" in (rung.unfit(job, labels, tools()) or "")
    assert rung.unfit(job, [], tools()) is not None


def test_a_night_without_time_ends_in_a_sentence() -> None:
    """The ladder goes on with other rungs."""

    class Slow(FakeClock):
        def elapsed(self) -> float:
            self.advance(10.0)
            return super().elapsed()

    late = Tools(embed, "world", same_labels(SAME), Slow(0.0), deadline=60.0)
    with pytest.raises(InputError, match="time is up"):
        asyncio.run(ExtractorRung().train(rows(60), task(), late))
