"""Acceptance: the contract, the user's validators, and one row for every request."""

from __future__ import annotations

import asyncio
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Reason, Request
from pantheon.agents._contract import INPUT_CAP
from pantheon.errors import Where
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import NOWHERE, PythonTier, SpecialistTier
from tests.agents.world import TEAM, World, answered, ask, failed, run

CARDS: JsonObject = {"team": "cards"}
OTHER = PythonTier("fixed:other")


@pytest.fixture
def checks(world: World) -> World:
    """A world with a module of checks and one of fixed answers."""
    (world.root / "fixed.py").write_text("def other(text):\n    return {'team': 'other'}\n")
    (world.root / "checks.py").write_text(
        textwrap.dedent(
            """
            def no_cards(input, output):
                return True if output["team"] != "cards" else "cards is closed today"

            async def never(input, output):
                return False

            def broken(input, output):
                raise KeyError("nothing")

            def shouts(input, output):
                return input["text"].isupper()
            """
        )
    )
    return world


def test_a_rejected_answer_leads_to_the_next_tier(checks: World) -> None:
    """A validator's words become the reason, and automatic feedback for the night."""
    checks.promote({"card": CARDS})
    agent = checks.agent(SpecialistTier(), OTHER, validators=("checks:no_cards",))

    answer = answered(ask(agent, text="my card"))

    assert (answer.tier, answer.output) == ("python", {"team": "other"})
    assert answer.tried[0].reason is Reason.REJECTED
    (feedback,) = checks.store.feedback.list("triage")
    assert (feedback.answer, feedback.verdict, feedback.source) == (answer.id, "bad", "validator")
    assert feedback.note == "specialist: checks:no_cards: cards is closed today"


def test_an_answer_against_the_schema_is_automatic_feedback_too(checks: World) -> None:
    """The schema is the first check."""
    checks.promote({"card": {"team": "gone"}})

    answer = answered(ask(checks.agent(SpecialistTier(), OTHER), text="my card"))

    (feedback,) = checks.store.feedback.list("triage")
    assert feedback.source == "schema"
    assert answer.tried[0].reason is Reason.INVALID_OUTPUT


@pytest.mark.parametrize(
    ("validator", "said"),
    [
        ("checks:never", "returned False"),
        ("checks:broken", "KeyError: 'nothing' (checks.py:9)"),
        ("checks:missing", "no function 'missing'"),
    ],
)
def test_only_true_lets_an_answer_pass(checks: World, validator: str, said: str) -> None:
    """A validator that says no, breaks or is missing rejects: none waves answers through."""
    failure = failed(ask(checks.agent(OTHER, validators=(validator,)), text="x"))

    assert failure.tried[0].reason is Reason.REJECTED
    assert said in failure.tried[0].detail


def test_validators_see_input_and_output(checks: World) -> None:
    """The check may depend on the input."""
    agent = checks.agent(OTHER, validators=("checks:shouts",))

    assert answered(ask(agent, text="LOUD")).output == {"team": "other"}
    assert failed(ask(agent, text="quiet")).tried[0].reason is Reason.REJECTED


@pytest.mark.parametrize("input", [{}, {"text": 3}, {"text": "a", "more": 1}])
def test_a_wrong_input_is_refused_before_any_tier(checks: World, input: dict[str, Json]) -> None:
    """The failure names the field; nobody is asked, and the row says why."""
    agent = checks.agent(OTHER)

    failure = failed(run(agent.answer(input)))

    assert failure.reason is Reason.INVALID_INPUT
    assert "more" in failure.message or "text" in failure.message
    assert not failure.retryable
    (row,) = checks.store.answers.list("triage")
    assert (row.id, row.output, row.tier) == (failure.answer, None, "none")
    assert row.accepted == failure.message


@pytest.mark.parametrize("input", [{"text": "x" * (INPUT_CAP + 1)}, {"text": float("nan")}])
def test_what_is_too_big_or_no_json_is_not_kept(checks: World, input: dict[str, Json]) -> None:
    """A huge input gives a clear failure and does not fill the store."""
    failure = failed(run(checks.agent(OTHER).answer(input)))

    assert failure.reason is Reason.INVALID_INPUT
    assert "1 MiB" in failure.message or "not JSON" in failure.message
    assert checks.store.answers.list("triage")[0].input == {}


def test_half_a_character_does_not_break_anything(checks: World) -> None:
    """A lone surrogate, as JSON may carry it, is answered and kept."""
    answer = answered(ask(checks.agent(OTHER), text="a\ud800b"))

    assert checks.store.answers.get(answer.id).input == {"text": "a\ud800b"}


def test_when_nobody_answers_the_failure_tells_what_each_tier_said(checks: World) -> None:
    """The reasons reach the row and the caller."""
    agent = checks.agent(SpecialistTier(), PythonTier("fixed:missing"))

    failure = failed(ask(agent, text="x"))

    assert failure.reason is Reason.EXHAUSTED
    assert "specialist: No specialist has been promoted yet." in failure.message
    assert "python: fixed:missing" in failure.message
    row = checks.store.answers.get(str(failure.answer))
    assert [t["reason"] for t in row.tried] == ["empty_slot", "not_configured"]


def test_every_request_writes_one_row(checks: World) -> None:
    """Who answered, why, where in which run, with which version."""
    agent = checks.agent(SpecialistTier(), OTHER)
    place = Request(RunId("r7"), "sort", 4)

    answer = answered(run(agent.answer({"text": "x"}, place)))

    (row,) = checks.store.answers.list()
    assert (row.id, row.agent, row.run, row.node, row.index) == (
        answer.id, "triage", "r7", "sort", 4,
    )  # fmt: skip
    assert (row.tier, row.source, row.accepted) == ("python", "code", "fixed:other returned it")
    assert (row.version, row.output) == (answer.version, answer.output)
    assert checks.store.definitions.get(row.version)["specialist"] is None


def test_a_cancelled_request_leaves_its_row(checks: World) -> None:
    """A time limit above the agent must not make a request vanish."""
    (checks.root / "slow.py").write_text(
        "import asyncio\nasync def pick(text):\n    await asyncio.sleep(60)\n"
    )
    agent = checks.agent(PythonTier("slow:pick"))

    async def cut_short() -> None:
        async with asyncio.timeout(0.01):
            await agent.answer({"text": "x"})

    with pytest.raises(TimeoutError):
        run(cut_short())

    (row,) = checks.store.answers.list("triage")
    assert (row.output, row.accepted) == (None, "cancelled before any tier had answered")


def test_the_version_follows_the_definition_not_its_place(checks: World) -> None:
    """Moving a definition in the file changes nothing; changing its contract does."""
    same = checks.agent(OTHER)
    moved = checks.agent(OTHER, where=Where("other.yaml", 9, 1))
    changed = checks.agent(OTHER, output={**TEAM, "title": "changed"})

    versions = [answered(ask(a, text="x")).version for a in (same, moved, changed)]

    assert versions[0] == versions[1] != versions[2]
    assert moved.definition.where != NOWHERE


def test_the_same_seed_and_history_give_the_same_ids(checks: World) -> None:
    """A replayed day is the same day; a later one never reuses an id."""
    first = [answered(ask(checks.agent(OTHER), text=t)).id for t in "ab"]
    replay = World(checks.root, seed=checks.seed)
    again = [answered(ask(replay.agent(OTHER), text=t)).id for t in "ab"]
    checks.open_context()
    later = answered(ask(checks.agent(OTHER), text="a")).id

    assert first == again
    assert later not in first
    replay.store.close()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=6))
def test_no_input_value_makes_an_agent_raise(value: Json) -> None:
    """Whatever arrives, the outcome is a typed one."""
    from pathlib import Path

    world = World(Path("/nonexistent"))
    outcome = run(world.agent(PythonTier("textwrap:dedent")).answer({"text": value}))

    assert failed(outcome).reason in {Reason.INVALID_INPUT, Reason.EXHAUSTED}
    world.store.close()
