"""Bad cases are labelled again by the cheapest source that can be trusted, and never calibrate."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pytest

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, JsonObject, canonical_json, hash_json
from pantheon.learn import (
    Around,
    Known,
    curate,
    find_bad_cases,
    keep,
    measure_sources,
    sameness,
    select,
)
from pantheon.night import NightPlan, NightReport, relabel, run_night
from pantheon.spec import AgentDef, CloudTier, PythonTier, SpecialistTier
from pantheon.store import AnswerRow, Feedback, Store
from tests.night import world

TRIAGE = world.TRIAGE
AUTO = NightPlan(promote="auto")
WORK = world.rows(40)


def give(text: str) -> JsonObject:
    """A local answer that is sure of itself."""
    return {"team": "cards"} if "card" in text else {"team": "other"}


def fits(input: JsonObject, output: JsonObject) -> bool:
    """The agent's own check."""
    return output["team"] != "payments" or "refund" in str(input["text"])


def night(store: Store, agent: AgentDef, work: Sequence[JsonObject] = WORK) -> NightReport:
    """One night of a project with this agent."""
    runtime = world.open_runtime(
        store, FakeClock(10_000.0), defined=world.project(world.Path(), agent), work=work
    )
    return asyncio.run(run_night(runtime, AUTO))


def doubted(store: Store, count: int, *, agent: str = "triage") -> list[str]:
    """Local answers that a person called bad without saying what is right; their ids."""
    ids: list[str] = []
    for number, row in enumerate(WORK[:count]):
        input = row["input"]
        assert isinstance(input, dict)
        answer = AnswerRow(
            f"a{number}",
            agent,
            world_hash(),
            100.0 + number,
            input,
            {"team": "wrong"},
            "prompt",
            "sure",
            "model",
            confidence=0.9,
        )
        store.answers.add(answer)
        store.feedback.add(Feedback(answer.id, agent, 200.0, "bad", "user"))
        ids.append(answer.id)
    return ids


def world_hash() -> ContentHash:
    """Any version."""
    return hash_json("v")


@pytest.fixture
def store() -> Store:
    """An empty store in memory."""
    return Store.open(":memory:", clock=FakeClock(10_000.0))


def test_the_cloud_says_what_is_right_and_it_is_no_fair_sample(store: Store) -> None:
    """What a person called bad is asked of the cloud at night, and trains without calibrating."""
    ids = doubted(store, 3)
    report = night(store, TRIAGE)
    again = {str(e.answer): e for e in store.examples.list("triage")}

    assert report.night.summary["again"] == [
        {"agent": "triage", "routes": {"cloud": 3}, "causes": {"bad feedback": 3}}
    ]
    assert sorted(again) == ids
    assert all(e.drawn == "feedback" and e.source == "cloud" for e in again.values())
    assert [canonical_json(again[i].output) for i in ids] == [
        canonical_json(row["output"]) for row in WORK[:3]
    ]
    assert select(store, TRIAGE).random == 0


def test_nothing_is_labelled_twice(store: Store) -> None:
    """The second night finds no bad case, and the calls of the first are none."""
    doubted(store, 3)
    night(store, TRIAGE)
    report = night(store, TRIAGE)
    curate(store, TRIAGE)

    assert report.night.summary["again"] == []
    assert store.examples.count("triage") == 3
    assert find_bad_cases(store, "triage") == []


def test_without_a_cloud_a_person_is_asked_a_few_questions(store: Store) -> None:
    """The rest is left, and what a person answers trains the next night."""
    local = replace(TRIAGE, tiers=(SpecialistTier(),))
    doubted(store, 8)
    report = night(store, local)
    (question, *others) = store.inbox.list()
    store.inbox.answer(question.id, {"team": "payments"}, at=20_000.0)
    night(store, local)
    (example,) = store.examples.list("triage")

    assert report.night.summary["again"] == [
        {"agent": "triage", "routes": {"person": 5, "left": 3}, "causes": {"bad feedback": 8}}
    ]
    assert len(others) == 4
    assert "It said" in question.question
    assert (example.source, example.drawn, example.weight) == ("human", "feedback", 4.0)
    assert example.output == {"team": "payments"}


def test_an_answer_that_passes_the_agents_own_checks_is_verified(store: Store) -> None:
    """Nobody had answered; a local tier does at night, and the agent's check confirms it."""
    agent = replace(
        TRIAGE,
        tiers=(SpecialistTier(), PythonTier("tests.night.test_relabel:give"), CloudTier()),
        validators=("tests.night.test_relabel:fits",),
    )
    failed = AnswerRow(
        "a0",
        "triage",
        world_hash(),
        100.0,
        {"text": "my card is gone"},
        None,
        "none",
        "nobody answered",
        "model",
    )
    store.answers.add(failed)
    report = night(store, agent)
    (example,) = store.examples.list("triage")

    assert report.night.summary["again"] == [
        {"agent": "triage", "routes": {"verified": 1}, "causes": {"failed": 1}}
    ]
    assert (example.source, example.output) == ("verified", {"team": "cards"})
    assert example.weight < 1


def test_sources_are_weighed_by_what_better_ones_say(store: Store) -> None:
    """Labels that people correct lose weight; of none there is only the prior."""

    def known(number: int, source: Literal["agreement", "human"], team: str) -> Known:
        return Known(
            f"{source}{number}",
            {"text": f"request number {number} {number * 7919}"},
            {"team": team},
            source,
            "feedback",
            1.0 + number,
        )

    keep(store, TRIAGE, [known(n, "agreement", "cards") for n in range(20)])
    before = measure_sources(store, "triage", sameness(TRIAGE))["agreement"]
    keep(store, TRIAGE, [known(n, "human", "other") for n in range(10)])
    after = measure_sources(store, "triage", sameness(TRIAGE))["agreement"]

    assert before.weight == pytest.approx(0.8)
    assert (after.right, after.compared) == (0, 10)
    assert after.weight < 0.3
    assert after.share.high < 0.5


def test_guesses_of_a_prompt_are_doubted_and_certified_answers_are_not(store: Store) -> None:
    """Only what nothing certifies and nobody is sure of."""
    plain = AnswerRow(
        "a0", "triage", world_hash(), 1.0, {"text": "t"}, {"team": "cards"}, "prompt", "", "model"
    )
    store.answers.add(replace(plain, confidence=0.3))
    store.answers.add(replace(plain, id="a1", confidence=0.9))
    store.answers.add(replace(plain, id="a2", confidence=0.3, tier="specialist"))
    store.answers.add(replace(plain, id="a3", tier="cloud"))

    assert [(c.answer, c.cause) for c in find_bad_cases(store, "triage")] == [("a0", "unsure")]


def test_two_tiers_that_agree_are_believed_without_the_cloud(store: Store) -> None:
    """A rule of the user's and the specialist's guess are the same: no call is made for it."""
    clock, work = FakeClock(1_000.0), world.rows(200)
    runtime = world.open_runtime(store, clock, work=work)
    asyncio.run(world.serve(runtime, work))
    asyncio.run(run_night(runtime, AUTO))
    guess = AnswerRow(
        "b0",
        "triage",
        world_hash(),
        clock.now(),
        {"text": "my card does not work 77"},
        {"team": "other"},
        "prompt",
        "a guess",
        "model",
        confidence=0.2,
    )
    store.answers.add(guess)
    tiers = (PythonTier("tests.night.test_relabel:give"), SpecialistTier(), CloudTier())
    project = world.project(world.Path(), replace(TRIAGE, tiers=tiers, promise=None))
    again = world.open_runtime(store, clock, defined=project)
    around = Around(world.EMBEDDER.embed, world.EMBEDDER.id)
    found = asyncio.run(relabel(again, project.agents["triage"], around, spent=lambda: True))
    (example,) = [e for e in store.examples.list("triage") if e.answer == "b0"]

    assert found is not None
    assert (dict(found.by_route), dict(found.by_cause)) == ({"agreement": 1}, {"unsure": 1})
    assert (example.source, example.output, example.weight) == ("agreement", {"team": "cards"}, 0.8)


def test_what_was_labelled_again_trains_and_still_calibrates_nothing(store: Store) -> None:
    """Of an agent with a teacher and of one without; what a person says later counts instead."""
    ids = doubted(store, 3)
    night(store, TRIAGE)
    store.feedback.add(Feedback(ids[0], "triage", 20_000.0, "good", "user"))

    for agent in (TRIAGE, replace(TRIAGE, tiers=(SpecialistTier(),))):
        rows = {row.id: row.drawn for row in select(store, agent).rows}
        assert rows == {f"{id}:again": "feedback" for id in ids[1:]}


def test_answers_of_the_day_are_not_forgotten_when_a_case_is_labelled_again(store: Store) -> None:
    """Answers that are hours older than the new label, and no examples yet, become examples."""
    (bad,) = doubted(store, 1)
    store.answers.add(answer_of("c0", at=150.0, tier="cloud", output={"team": "cards"}))
    night(store, TRIAGE)
    examples = store.examples.list("triage")

    assert {e.id for e in examples} == {"c0", f"{bad}:again"}
    assert {e.at for e in examples} == {150.0, 10_000.0}


def test_the_cloud_is_not_believed_when_it_repeats_what_a_person_called_bad(store: Store) -> None:
    """A person is asked instead."""
    said = WORK[0]["output"]
    assert isinstance(said, dict)
    input = WORK[0]["input"]
    assert isinstance(input, dict)
    store.answers.add(replace(answer_of("c0", tier="cloud", output=said), input=input))
    store.feedback.add(Feedback("c0", "triage", 200.0, "bad", "user"))
    report = night(store, TRIAGE)

    assert report.night.summary["again"] == [
        {"agent": "triage", "routes": {"person": 1}, "causes": {"bad feedback": 1}}
    ]


def test_a_guess_is_not_verified_by_checks_that_it_has_passed_already(store: Store) -> None:
    """The same tier would say the same again; the cloud is asked."""
    agent = replace(
        TRIAGE,
        tiers=(SpecialistTier(), PythonTier("tests.night.test_relabel:give"), CloudTier()),
        validators=("tests.night.test_relabel:fits",),
        promise=None,
    )
    input = WORK[0]["input"]
    assert isinstance(input, dict)
    store.answers.add(replace(answer_of("a0", confidence=0.1), input=input))

    assert night(store, agent).night.summary["again"] == [
        {"agent": "triage", "routes": {"cloud": 1}, "causes": {"unsure": 1}}
    ]


def test_a_request_that_breaks_the_contract_is_no_case(store: Store) -> None:
    """No tier may answer it, and nothing is to be learned from it."""
    failed = replace(answer_of("a0", tier="none"), input={"message": 3}, output=None)
    store.answers.add(failed)

    assert night(store, TRIAGE).night.summary["again"] == []
    assert store.inbox.list(None) == []


def answer_of(
    id: str,
    *,
    at: float = 100.0,
    tier: str = "prompt",
    output: JsonObject | None = None,
    confidence: float | None = None,
) -> AnswerRow:
    """An answer to a request about cards."""
    input: JsonObject = {"text": "my card does not work 4711"}
    said: JsonObject = output or {"team": "cards"}
    return AnswerRow(
        id, "triage", world_hash(), at, input, said, tier, "", "model", confidence=confidence
    )
