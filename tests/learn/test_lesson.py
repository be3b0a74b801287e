"""A lesson trains, certifies, gates and decides, and keeps the evidence of every decision."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject
from pantheon.learn import (
    Around,
    Tonight,
    World,
    curate,
    load_specialist,
    select,
    teach,
)
from pantheon.learn._monitor_state import fresh_since
from pantheon.models import HashEmbedder
from pantheon.releases import read_lock
from pantheon.spec import AgentDef, HumanTier, SpecialistTier
from pantheon.store import Feedback, Lesson, Store
from tests.learn.specimens import TRIAGE, answer_all, answered, open_store, shape, traffic

EMBEDDER = HashEmbedder(128)
WORLD = World(Around(EMBEDDER.embed, EMBEDDER.id), FakeClock())
AUTO = Tonight("n1", 0, "auto")


def learn(store: Store, agent: AgentDef = TRIAGE, tonight: Tonight = AUTO) -> Lesson:
    """Curate and teach, as a night does."""
    curate(store, agent)
    return asyncio.run(teach(store, agent, tonight, WORLD))


def test_enough_agreement_is_promoted_with_its_evidence() -> None:
    """The version answers, and every figure of its evidence has an interval."""
    with open_store() as store:
        answer_all(store, traffic(300))

        lesson = learn(store)
        version = store.versions.get(cast("str", lesson.candidate))  # pyright: ignore[reportArgumentType]
        specialist = load_specialist(store.blobs.get(version.artifact), embedder=EMBEDDER)
        (prediction,) = specialist.answer(["where is the refund of my trip 7"])

    assert lesson.outcome == "promoted"
    assert (version.number, version.state, version.parent) == (1, "promoted", None)
    assert json.loads(prediction.label) == {"team": "payments"}
    risk = cast("JsonObject", lesson.calibration["risk"])
    assert cast("float", risk["low"]) <= cast("float", risk["value"]) <= cast("float", risk["high"])
    assert cast("float", lesson.calibration["risk_bound"]) <= 0.1
    assert any("so at most" in reason for reason in lesson.reasons)


def test_too_few_examples_say_how_many_are_needed() -> None:
    """A lesson that cannot certify anything is skipped in plain words; no version is made."""
    with open_store() as store:
        answer_all(store, traffic(12))

        lesson = learn(store)

        assert lesson.outcome == "skipped"
        assert lesson.reasons[0].startswith("1")
        assert "examples; at least" in lesson.reasons[0]
        assert "certify 10 % at 90 %" in lesson.reasons[0]
        assert store.versions.list() == []


def test_answers_that_never_repeat_are_left_alone() -> None:
    """There is nothing to choose among, and the nearest example says something else."""
    with open_store() as store:
        pairs = [(i, cast("JsonObject", {"team": f"t{n}"})) for n, (i, _) in enumerate(traffic(80))]
        answer_all(store, pairs)

        lesson = learn(store)
        version = store.versions.get(cast("str", lesson.candidate))  # pyright: ignore[reportArgumentType]
        tried = {
            cast("str", a["rung"]): a for a in cast("list[JsonObject]", version.evidence["ladder"])
        }

        assert lesson.outcome == "rejected"
        assert "differ from the teacher too often" in lesson.reasons[0]
        assert tried["machine"]["fate"] == "unfit"
        assert tried["machine"]["reason"] == "Too few answers come again to choose among them."
        assert (tried["neighbours"]["fate"], tried["neighbours"]["certified"]) == ("trained", False)


def test_noise_is_not_certified() -> None:
    """Answers drawn by lot leave nothing that keeps the promise; the slot stays empty."""
    with open_store() as store:
        inputs = [pair[0] for pair in traffic(200)]
        lots = [pair[1] for pair in traffic(200, seed=9)]
        answer_all(store, zip(inputs, lots, strict=True))

        lesson = learn(store)

        assert lesson.outcome in {"rejected", "promoted"}
        local = cast("JsonObject", lesson.calibration["local_share"])["value"]
        assert cast("float", local) < 0.35
        if lesson.outcome == "rejected":
            assert store.channels.current("triage") is None
            assert lesson.reasons


def test_the_same_examples_are_not_learned_twice() -> None:
    """Without anything new there is no second version."""
    with open_store() as store:
        end = answer_all(store, traffic(200))
        learn(store)

        idle = learn(store)
        answer_all(store, traffic(60, seed=1), end)
        next_night = learn(store)

        assert (idle.outcome, idle.reasons) == (
            "skipped",
            ("No new examples since triage@1 was trained.",),
        )
        assert next_night.candidate is not None
        assert [v.number for v in store.versions.list("triage")] == [1, 2]


def test_each_lesson_counts_as_a_look_at_the_holdout() -> None:
    """The ledger knows how worn the holdout is."""
    with open_store() as store:
        end = answer_all(store, traffic(200))
        learn(store)
        answer_all(store, traffic(60, seed=1), end)
        learn(store)

        assert store.looks.total("triage") == 2


def test_the_same_night_gives_the_same_version() -> None:
    """Same past, same seed: the same hash."""
    hashes: list[object] = []
    for _ in range(2):
        with open_store() as store:
            answer_all(store, traffic(200))
            hashes.append(learn(store).candidate)

    assert hashes[0] == hashes[1]


def test_review_proposes_and_moves_nothing(tmp_path: Path) -> None:
    """The version waits; a patch lies in the project's folder; the slot and the lock are as before."""
    with open_store() as store:
        answer_all(store, traffic(200))

        lesson = learn(store, tonight=Tonight("n1", 0, "review", tmp_path))

        assert lesson.outcome == "proposed"
        assert store.channels.current("triage") is None
        assert [v.state for v in store.versions.list("triage")] == ["proposed"]
    assert [p.suffix for p in (tmp_path / ".pantheon" / "proposals").iterdir()] == [".patch"]
    assert not (tmp_path / "pantheon.lock").exists()
    assert any(reason.startswith("No branch") for reason in lesson.reasons)


def test_a_newer_proposal_takes_the_place_of_an_older_one() -> None:
    """A person is asked about one version of an agent, the newest."""
    review = Tonight("n1", 0, "review")
    with open_store() as store:
        end = answer_all(store, traffic(200))
        learn(store, tonight=review)
        answer_all(store, traffic(60, seed=1), end)
        learn(store, tonight=review)

        assert [v.state for v in store.versions.list("triage")] == ["retired", "proposed"]


def test_auto_pins_what_it_promotes(tmp_path: Path) -> None:
    """The lock names the version and says in one line why."""
    with open_store() as store:
        answer_all(store, traffic(200))

        lesson = learn(store, tonight=Tonight("n1", 0, "auto", tmp_path))

    entry = read_lock(tmp_path / "pantheon.lock").entries["triage"]
    assert entry.hash == lesson.candidate
    assert "answered here; at most" in entry.evidence


def test_after_a_step_back_only_later_examples_calibrate() -> None:
    """What was learned before still trains; evidence has to be gathered anew."""
    with open_store() as store:
        end = answer_all(store, traffic(200))
        learn(store)
        moment = 1_700_000_000.0 + end
        store.monitors.set("triage", {"stepped_back": True, "fresh_since": moment})
        answer_all(store, traffic(5, seed=3), end)

        lesson = learn(store)

        assert lesson.outcome == "skipped"
        assert "since the specialist stepped back" in lesson.reasons[0]

        answer_all(store, traffic(120, seed=4), end + 5)
        recovered = learn(store)

        assert recovered.outcome == "promoted"
        assert cast("float", recovered.calibration["rows"]) <= 125
        assert not (store.monitors.get("triage") or {}).get("stepped_back")
        assert fresh_since(store, "triage") == moment


def test_after_a_step_back_the_same_text_counts_with_its_new_answer() -> None:
    """The teacher renamed its answers: no text is left with both."""
    with open_store() as store:
        pairs = traffic(60)
        end = answer_all(store, pairs)
        moment = 1_700_000_000.0 + end
        store.monitors.set("triage", {"stepped_back": True, "fresh_since": moment})
        renaming: list[tuple[JsonObject, JsonObject]] = [
            (asked, {"team": f"new {said['team']}"}) for asked, said in pairs[:30]
        ]
        answer_all(store, renaming, end)
        curate(store, TRIAGE)

        rows = select(store, TRIAGE).rows

    renamed = {row.group for row in rows if "new" in row.label}
    assert len(renamed) > 10
    assert not [row for row in rows if "new" not in row.label and row.group in renamed]


def test_an_agent_without_a_teacher_learns_from_people() -> None:
    """Where only people say what is right, what they said calibrates too."""
    agent = replace(TRIAGE, tiers=(SpecialistTier(),))
    with open_store() as store:
        for number, pair in enumerate(traffic(120)):
            row = answered(number, pair, tier="similarity", source="code", tried=())
            store.answers.add(row)
            store.feedback.add(Feedback(row.id, "triage", row.at, "good", "user"))

        assert learn(store, agent).outcome == "promoted"
        assert (
            learn(store, replace(agent, tiers=(SpecialistTier(), HumanTier()))).outcome == "skipped"
        )


@pytest.mark.parametrize(("fields", "labels"), [(1, 4), (2, 0)])
def test_an_enum_of_one_field_lists_the_possible_answers(fields: int, labels: int) -> None:
    """They are known before any example shows them."""
    rule: JsonObject = {"enum": ["cards", "payments", "account", "other"]}
    output = shape(team=rule) if fields == 1 else shape(team=rule, urgent={"type": "boolean"})
    with open_store() as store:
        assert len(select(store, replace(TRIAGE, output=output)).labels) == labels
