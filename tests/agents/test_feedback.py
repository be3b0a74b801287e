"""Feedback: found by run, node, item or answer; checked against the contract; never ambiguous."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.agents import Agent, Request, give_feedback
from pantheon.errors import InputError, NotFound, UsageError
from pantheon.ids import ContentHash, JsonObject, RunId
from pantheon.spec import AgentDef, Project, SpecialistTier
from pantheon.store import Run
from tests.agents.world import TEXT, World, answered, run, shape

CARDS: JsonObject = {"team": "cards"}
RUN = RunId("r1")


@pytest.fixture
def triage(world: World) -> Agent:
    """A deployed specialist, and a run in which it may answer."""
    world.promote({"card": CARDS})
    world.store.runs.create(
        Run(RUN, "support", ContentHash("b2:0"), {"text": "card"}, "running", 0.0, "test")
    )
    return world.agent(SpecialistTier())


def answer_in(agent: Agent, node: str, index: int = -1) -> str:
    """The id of an answer given in the run."""
    return answered(run(agent.answer({"text": "card"}, Request(RUN, node, index)))).id


def test_a_run_can_be_praised_as_a_whole(world: World, triage: Agent) -> None:
    """`RUN --good` holds for each of its answers."""
    ids = [answer_in(triage, "first"), answer_in(triage, "second")]

    rows = give_feedback(world.store, None, RUN, verdict="good", at=9.0, note="fine")

    assert [row.answer for row in rows] == ids
    assert world.store.feedback.list("triage") == rows
    assert {(r.verdict, r.source, r.note, r.at) for r in rows} == {("good", "user", "fine", 9.0)}


def test_blame_needs_an_address(world: World, triage: Agent) -> None:
    """`--bad` for a run with several answers asks which, and lists them."""
    answer_in(triage, "first")
    answer_in(triage, "second", 3)

    with pytest.raises(UsageError, match="has 2 answers") as caught:
        give_feedback(world.store, None, RUN, verdict="bad", at=9.0)

    assert "r1:first, r1:second:3" in caught.value.hint
    assert world.store.feedback.list() == []


@pytest.mark.parametrize("target", ["r1:second:3", "r1:second"])
def test_a_node_or_an_item_is_found(world: World, triage: Agent, target: str) -> None:
    """`RUN:NODE` is enough when the node has one answer."""
    answer_in(triage, "first")
    wanted = answer_in(triage, "second", 3)

    (row,) = give_feedback(world.store, None, target, verdict="bad", at=9.0)

    assert row.answer == wanted


def test_of_several_attempts_the_last_one_counts(world: World, triage: Agent) -> None:
    """A retried node went on with its last answer."""
    answer_in(triage, "first")
    last = answer_in(triage, "first")

    (row,) = give_feedback(world.store, None, "r1:first", verdict="good", at=9.0)

    assert row.answer == last


def test_a_correction_is_kept_when_it_satisfies_the_contract(world: World, triage: Agent) -> None:
    """The contract of the version that answered is known even without the project."""
    id = answer_in(triage, "first")

    (row,) = give_feedback(
        world.store, None, id, verdict="correct", correction={"team": "other"}, at=9.0
    )

    assert (row.answer, row.correction) == (id, {"team": "other"})


def test_a_correction_against_the_contract_is_refused(world: World, triage: Agent) -> None:
    """The error names the field; nothing is kept."""
    id = answer_in(triage, "first")

    with pytest.raises(InputError, match="team"):
        give_feedback(
            world.store, None, id, verdict="correct", correction={"team": "nobody"}, at=9.0
        )

    assert world.store.feedback.list() == []


def test_todays_contract_is_the_measure(world: World, triage: Agent) -> None:
    """When the user has changed the contract, a correction must satisfy the new one."""
    id = answer_in(triage, "first")
    output = shape(team={"enum": ["fraud"]})
    project = Project(Path(), agents={"triage": AgentDef("triage", TEXT, output, ())})

    (row,) = give_feedback(
        world.store, project, id, verdict="correct", correction={"team": "fraud"}, at=9.0
    )

    assert row.correction == {"team": "fraud"}


@pytest.mark.parametrize("target", ["r9", "r1:nowhere", "r1:first:7", "a000", "nonsense", ""])
def test_what_does_not_exist_is_not_found(world: World, triage: Agent, target: str) -> None:
    """Every wrong address is an error that says what there is."""
    answer_in(triage, "first")

    with pytest.raises(NotFound) as caught:
        give_feedback(world.store, None, target, verdict="good", at=9.0)

    assert caught.value.hint


def test_correction_and_verdict_go_together(world: World, triage: Agent) -> None:
    """Neither is accepted without the other."""
    id = answer_in(triage, "first")

    for good in (True, False):
        with pytest.raises(UsageError, match="verdict `correct`"):
            give_feedback(
                world.store,
                None,
                id,
                verdict="good" if good else "correct",
                correction=CARDS if good else None,
                at=9.0,
            )


def test_a_request_without_an_answer_can_be_corrected(world: World, triage: Agent) -> None:
    """What should have been said is worth knowing; praise and blame have nothing to be about."""
    failure = run(triage.answer({"text": "unknown"}, Request(RUN, "first")))

    with pytest.raises(NotFound, match="no answer in r1:first"):
        give_feedback(world.store, None, "r1:first", verdict="good", at=9.0)
    (row,) = give_feedback(
        world.store, None, "r1:first", verdict="correct", correction={"team": "other"}, at=9.0
    )

    assert row.answer == getattr(failure, "answer", None)
