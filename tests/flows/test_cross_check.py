"""Cross-check: both paths answer, the better answer is kept, both stay on record."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pantheon.flows import Runtime
from pantheon.ids import Json, JsonObject
from pantheon.models import FailureReason, ModelFailure, ScriptedModel
from pantheon.spec import AgentDef, CloudTier, CrossCheck, FlowDef, PythonTier, Same
from pantheon.store import Run, Store
from tests.flows import work
from tests.flows.building import agent, flow, node

TEXT: JsonObject = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
}
TEAM: JsonObject = {
    "type": "object",
    "properties": {"team": {"type": "string"}},
    "required": ["team"],
}
BOTH = AgentDef(
    "both",
    input=TEXT,
    output=TEAM,
    tiers=(PythonTier("tests.flows.work:say_local"), CloudTier()),
)


def checked(rule: CrossCheck) -> FlowDef:
    """One node that is cross-checked."""
    return flow(
        node("a", "both", given={"text": "input.text"}, cross_check=rule), output={"team": "a.team"}
    )


def check(
    make_runtime: Any,
    rule: CrossCheck,
    *,
    cloud: str | ModelFailure,
    agents: tuple[AgentDef, ...] = (BOTH,),
) -> Run:
    """Run it once; the cloud says that."""
    answer: Any = cloud if isinstance(cloud, ModelFailure) else {"team": cloud}
    model = ScriptedModel([answer] * 4, remote=True)
    made: Runtime = make_runtime(checked(rule), agents=agents, models={"cloud": model})
    return asyncio.run(made.run("flow", {"text": "x"}))


def kept(store: Store, run: Run) -> tuple[Json, Json]:
    """Which side was kept, and why."""
    event = next(e for e in store.events.since(run.id) if e.kind == "node_finished")
    return event.data["kept"], event.data["why"]


@pytest.mark.parametrize(
    ("cloud", "side", "team"),
    [("short", "local", "local x"), ("a longer one", "cloud", "a longer one")],
)
def test_a_comparer_decides(
    make_runtime: Any, store: Store, cloud: str, side: str, team: str
) -> None:
    """A function of (input, local, cloud) says which is better; both answers are on record."""
    run = check(make_runtime, CrossCheck(compare="tests.flows.work:prefer_longer"), cloud=cloud)

    assert run.output == {"team": team}
    assert kept(store, run) == (side, "tests.flows.work:prefer_longer said so")
    rows = store.answers.list(run=run.id)
    assert {(row.tier, row.source) for row in rows} == {("python", "code"), ("cloud", "scripted")}
    assert {row.node for row in rows} == {"a"}


def test_a_judge_decides_without_knowing_the_sides(make_runtime: Any, store: Store) -> None:
    """An agent is shown a and b; which is which is drawn, and does not change its verdict."""
    for _ in range(6):
        run = check(make_runtime, CrossCheck(judge="judge"), cloud="cloud x")
        assert run.output == {"team": "local x"}
        assert kept(store, run) == ("local", "the judge 'judge' said so")
    asked = [row.input for row in store.answers.list("judge")]
    assert len({str(question["a"]) for question in asked}) == 2


def test_two_equal_answers_need_no_judge(make_runtime: Any, store: Store) -> None:
    """Agreement is settled without asking anybody."""
    run = check(make_runtime, CrossCheck(judge="judge"), cloud="local x")

    assert kept(store, run) == ("local", "both agree")
    assert work.CALLS["judge"] == 0


def test_equal_is_what_the_contract_says(make_runtime: Any, store: Store) -> None:
    """`same: normalised`: another spelling is no other answer."""
    lenient = replace(BOTH, same=Same("normalised"))
    rule = CrossCheck(judge="judge")
    run = check(make_runtime, rule, cloud="Local X!", agents=(lenient,))

    assert run.output == {"team": "local x"}
    assert kept(store, run) == ("local", "both agree")


def test_one_side_without_an_answer_leaves_the_other(make_runtime: Any, store: Store) -> None:
    """The cloud is out of reach: the local answer stands, and the reason is said."""
    failure = ModelFailure(FailureReason.UNREACHABLE, "no network")
    run = check(make_runtime, CrossCheck(judge="judge"), cloud=failure)

    assert run.output == {"team": "local x"}
    assert kept(store, run) == ("local", "the cloud gave no answer")


@pytest.mark.parametrize(
    "rule",
    [
        CrossCheck(compare="tests.flows.work:no_such_function"),
        CrossCheck(compare="tests.flows.work:say_local"),
        CrossCheck(judge="boom"),
    ],
)
def test_where_nobody_can_tell_the_cloud_stands(
    make_runtime: Any, store: Store, rule: CrossCheck
) -> None:
    """A comparer that is missing or says nonsense, a judge that fails: the teacher is kept."""
    run = check(make_runtime, rule, cloud="cloud x")

    assert run.output == {"team": "cloud x"}
    assert kept(store, run)[0] == "cloud"


def test_neither_side_is_a_failure(make_runtime: Any) -> None:
    """Both paths failing fails the node with the cloud's reason."""
    nothing = agent("both", PythonTier("tests.flows.work:boom"), CloudTier())
    made: Runtime = make_runtime(
        flow(node("a", "both", given={}, cross_check=CrossCheck(judge="judge"))), agents=(nothing,)
    )
    run = asyncio.run(made.run("flow", {}))

    assert run.failure is not None
    assert run.failure["node"] == "a"


def test_a_comparer_cannot_change_what_it_compares(make_runtime: Any) -> None:
    """It says which side is better; it does not write the answer."""
    run = check(make_runtime, CrossCheck(compare="tests.flows.work:spoil"), cloud="other")
    assert run.output == {"team": "local x"}


def test_rows_say_what_they_were_asked_for(make_runtime: Any, store: Store) -> None:
    """The local side is the request; the cloud beside it, and the judge, are no traffic."""
    check(make_runtime, CrossCheck(judge="judge"), cloud="cloud x")

    assert {(row.agent, row.tier, row.role) for row in store.answers.list()} == {
        ("both", "python", ""),
        ("both", "cloud", "cross_check"),
        ("judge", "python", "judge"),
    }
    assert [row.agent for row in store.answers.list(traffic=True)] == ["both"]
    assert store.answers.count(traffic=False) == 2
