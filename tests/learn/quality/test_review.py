"""What people are asked, in which order, and what becomes of what they say."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound
from pantheon.ids import JsonObject
from pantheon.learn import Around, Tonight, World, curate, select, teach
from pantheon.learn.quality import (
    Given,
    compare_agent,
    find_question,
    look_ahead,
    plan_asking,
    quality_region,
    record_judgement,
    review,
)
from pantheon.learn.rungs._machine import MachineRung
from pantheon.spec import Promise
from pantheon.store import ShadowPrediction, Store
from tests.learn.specimens import TRIAGE, add_version, answer_all, open_store, traffic
from tests.learn.worlds import embed

AGENT = replace(TRIAGE, promise=Promise(0.1, 0.9, 0.2, quality=0.05))
COUNT = 120


def seen_day(store: Store, *, unlike: int = 5) -> None:
    """A day that a version was asked about: it differs from the cloud in every fifth request."""
    version = add_version(store, AGENT.name, 1)
    answer_all(store, traffic(COUNT))
    curate(store, AGENT)
    rows = select(store, AGENT).rows
    store.predictions.add(
        ShadowPrediction(
            AGENT.name,
            version.hash,
            row.id,
            row.at,
            {"team": "wrong"} if number % unlike == 0 else _said(row.label),
            score=0.5 + 0.4 * number / len(rows),
            accepted=True,
        )
        for number, row in enumerate(rows)
    )


def _said(label: str) -> JsonObject:
    import json

    return json.loads(label)


def judge_all(store: Store, verdict: str) -> int:
    """Judge everything that is asked, until nothing is."""
    given = 0
    while (queue := review(store, [AGENT])[0]).questions:
        question = queue.questions[0]
        record_judgement(store, AGENT, question, Given(verdict, "ann", 5.0))  # pyright: ignore[reportArgumentType]
        given += 1
    return given


def test_only_differences_are_asked_and_nothing_twice() -> None:
    """Where both say the same nobody need look; a judged one leaves the queue."""
    with open_store() as store:
        seen_day(store)
        differing = sum(c.differs for c in compare_agent(store, AGENT))
        queue = review(store, [AGENT])[0]

        assert len(queue.questions) == differing > 20
        assert {q.agent for q in queue.questions} == {AGENT.name}
        assert judge_all(store, "local") == differing
        assert review(store, [AGENT])[0].outlook.pending == 0


def test_an_agent_that_promises_no_quality_asks_nobody() -> None:
    """The agreement promise needs no person."""
    with open_store() as store:
        seen_day(store)

        assert review(store, [TRIAGE]) == ()


def test_judgements_that_favour_the_specialist_let_it_answer_more() -> None:
    """A specialist that wins its differences is shown to be as good; one that loses is not."""
    regions: list[float | None] = []
    for verdict in ("local", "cloud"):
        with open_store() as store:
            seen_day(store)
            judge_all(store, verdict)
            found = quality_region(compare_agent(store, AGENT), margin=0.05, delta=0.1)
            regions.append(found.confidence)

    assert regions[0] is not None
    assert regions[0] <= 0.5
    assert regions[1] is None or regions[1] > regions[0]


def test_the_outlook_says_what_judging_would_unlock() -> None:
    """Before anything is judged nothing is shown; winning all would show it, and how many do."""
    with open_store() as store:
        seen_day(store)
        judged = review(store, [AGENT])[0].questions[:12]
        for question in judged:
            record_judgement(store, AGENT, question, Given("local", "ann", 5.0))
        outlook = look_ahead(compare_agent(store, AGENT), margin=0.05, delta=0.1)

        assert outlook.judged == 12
        assert outlook.expected_share > outlook.local_share
        assert outlook.judgements_needed is not None
        assert 0 < outlook.judgements_needed <= outlook.pending


def test_the_two_answers_come_in_an_order_that_gives_nothing_away() -> None:
    """Neither the first nor the second is always the cloud's, and a choice means the right one."""
    with open_store() as store:
        seen_day(store)
        questions = review(store, [AGENT])[0].questions

        assert {q.local_first for q in questions} == {True, False}
        for question in questions:
            local = question.first if question.local_first else question.second
            assert local == {"team": "wrong"}
            assert question.verdict(1 if question.local_first else 2) == "local"
            assert question.verdict(2 if question.local_first else 1) == "cloud"


def test_what_was_judged_is_what_the_next_lesson_trains_on() -> None:
    """The cloud's wrong answer hardly trains any longer, the right one does, and it still calibrates."""
    with open_store() as store:
        seen_day(store)
        first, second = review(store, [AGENT])[0].questions[:2]
        record_judgement(store, AGENT, first, Given("neither", "ann", 5.0, {"team": "cards"}))
        record_judgement(store, AGENT, second, Given("cloud", "ann", 5.0))
        rows = {row.id: row for row in select(store, AGENT).rows}

        wronged, confirmed = first.wanted.compared.row.id, second.wanted.compared.row.id
        twin = next(row for id, row in rows.items() if id.startswith(f"{wronged}:"))
        assert rows[wronged].weight < 0.01
        assert rows[wronged].drawn == "bootstrap"
        assert (twin.label, twin.drawn, twin.weight) == ('{"team":"cards"}', "feedback", 10.0)
        assert twin.group == rows[wronged].group
        assert rows[confirmed].weight == 10.0


def test_a_right_answer_must_fit_the_contract() -> None:
    """A typing mistake is refused before anything is written."""
    with open_store() as store:
        seen_day(store)
        question = review(store, [AGENT])[0].questions[0]

        with pytest.raises(InputError, match="does not fit"):
            record_judgement(store, AGENT, question, Given("neither", "ann", 5.0, {"tem": "x"}))
        assert store.judgements.list(AGENT.name) == []
        with pytest.raises(NotFound, match="asked for"):
            find_question(review(store, [AGENT]), "q0")


def test_a_small_budget_asks_about_a_random_part() -> None:
    """The chance is fixed before the day, and only those that the coin picked are asked."""
    with open_store() as store:
        seen_day(store)
        everything = review(store, [AGENT])[0].outlook.pending
        version = store.versions.list(AGENT.name)[0].hash
        chance = plan_asking(store, AGENT, version, "n1", judgements=6)
        asked = review(store, [AGENT])[0].outlook.pending

        assert chance == pytest.approx(6 / everything)
        assert 0 < asked < everything / 2


def test_a_chance_that_was_fixed_is_not_drawn_again() -> None:
    """A version that is trained a second time keeps the chance of the first time."""
    with open_store() as store:
        seen_day(store)
        version = store.versions.list(AGENT.name)[0].hash
        plan_asking(store, AGENT, version, "n1", judgements=6)
        asked = {q.id for q in review(store, [AGENT])[0].questions}
        plan_asking(store, AGENT, version, "n2", judgements=10_000)

        assert {q.id for q in review(store, [AGENT])[0].questions} == asked


def test_a_teacher_that_is_known_to_be_wrong_hardly_trains() -> None:
    """Also where nobody says what is right."""
    with open_store() as store:
        seen_day(store)
        question = review(store, [AGENT])[0].questions[0]
        record_judgement(store, AGENT, question, Given("neither", "ann", 5.0))
        rows = {row.id: row for row in select(store, AGENT).rows}

        assert rows[question.wanted.compared.row.id].weight < 0.01


def test_a_night_counts_what_people_were_asked() -> None:
    """Whatever its seed: another coin than the queue's would count judgements that nobody wanted,
    and wait for those that nobody asked for.
    """
    with open_store() as store:
        seen_day(store)
        version = store.versions.list(AGENT.name)[0].hash
        plan_asking(store, AGENT, version, "n1", judgements=10)
        judge_all(store, "local")
        shown = quality_region(compare_agent(store, AGENT), margin=0.05, delta=0.1)
        world = World(Around(embed, "words"), FakeClock(), rungs=(MachineRung(),))
        asyncio.run(teach(store, AGENT, Tonight("n2", 77, "auto"), world))
        region = store.versions.list(AGENT.name)[-1].evidence["quality"]

        assert shown.judged == shown.wins > 0
        assert region == shown.to_json()
