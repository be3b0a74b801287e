"""Flows inside nodes, loops, dynamic children: each with results of its own in the journal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pantheon.ids import Json, JsonObject
from pantheon.spec import AgentDef, FlowDef, Loop, Planned, PythonTier, Retry
from pantheon.store import Store
from tests.flows import work
from tests.flows.building import RunFlow, agent, e, flow, node, states, why


def inner(name: str = "inner") -> FlowDef:
    """Two steps."""
    return flow(
        node("a", "step", given={"n": "input.n", "key": '"a"'}),
        node("b", "step", given={"n": "a.n", "key": '"b"'}),
        name=name,
    )


def test_a_flow_runs_inside_a_node(make_runtime: Any, store: Store) -> None:
    """By name; its nodes are in the journal under the path of the outer node."""
    outer = flow(node("x", flow="inner", given={"n": "input.n"}), output={"n": "x.n"})
    made = make_runtime(outer, inner())
    run = asyncio.run(made.run("flow", {"n": 1}))

    assert (run.state, run.output) == ("done", {"n": 3})
    assert states(store, run) == {"x/a": "ok", "x/b": "ok", "x": "ok"}


def test_a_flow_written_inside_a_node_runs_per_item(run_flow: RunFlow, store: Store) -> None:
    """Each item of a map has a path of its own."""
    outer = flow(node("x", body=inner(), given={"n": "item"}, map="input.items"), output={"x": "x"})
    run = run_flow(outer, {"items": [1, 10]})

    assert run.output == {"x": [{"n": 3}, {"n": 12}]}
    assert {"x#0/a", "x#0/b", "x#1/a", "x#1/b", "x[0]", "x[1]", "x"} == set(states(store, run))


def test_a_failure_inside_is_the_nodes_failure(run_flow: RunFlow, store: Store) -> None:
    """It names the node inside; a retry runs the flow anew, under another path."""
    body = flow(node("f", "flaky", given={"key": '"f"', "failures": "1"}), name="body")
    outer = flow(node("x", body=body, given={}), output={"n": "x.n"})
    failed = run_flow(outer)
    assert failed.failure is not None
    assert failed.failure["node"] == "x"
    assert "The flow 'body' inside it failed" in str(failed.failure["message"])

    work.CALLS.clear()
    patient = flow(
        node("x", body=body, given={}, retry=Retry(attempts=2, delay=1.0, on=("exhausted",))),
        output={"n": "x.n"},
    )
    run = run_flow(patient)
    assert (run.state, run.output) == ("done", {"n": 2})
    assert states(store, run) == {"x/f": "failed", "x@2/f": "ok", "x": "ok"}


def test_a_wrong_input_is_refused_at_the_door_of_the_inner_flow(
    make_runtime: Any, store: Store
) -> None:
    """The outer node fails with the contract of the flow."""
    strict = flow(
        node("a", "step", given={"n": "input.n"}),
        name="strict",
        input={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    )
    outer = flow(node("x", flow="strict", given={"n": '"text"'}), output={"n": "x.n"})
    run = asyncio.run(make_runtime(outer, strict).run("flow", {}))

    assert run.state == "failed"
    assert why(store, run, "x")[0] == "invalid_input"


# ---------------------------------------------------------------------------------------- loops


def looped(**rule: Any) -> FlowDef:
    """A node that adds one to its last output, round after round."""
    loop = Loop(until=e(rule.pop("until", "last.ok")), max=rule.pop("max", 5), **rule)
    return flow(
        node("x", "grow", given={"n": "default(last.n, 0)"}, loop=loop),
        output={"n": "x.n"},
    )


def test_a_loop_ends_when_its_condition_is_true(run_flow: RunFlow, store: Store) -> None:
    """Each round is given the output of the one before, and has a result of its own."""
    run = run_flow(looped())

    assert (run.state, run.output) == ("done", {"n": 3})
    assert states(store, run) == {"x[0]": "ok", "x[1]": "ok", "x[2]": "ok", "x": "ok"}


def test_rounds_count_from_one(run_flow: RunFlow) -> None:
    """`round` is in scope of the condition."""
    assert run_flow(looped(until="round == 2")).output == {"n": 2}


def test_an_exhausted_loop_fails_or_keeps(run_flow: RunFlow, store: Store) -> None:
    """As it is written; the failure says which condition was never true."""
    failed = run_flow(looped(max=2))
    assert failed.state == "failed"
    assert why(store, failed, "x") == (
        "loop_exhausted",
        "`last.ok` was still not true after 2 rounds.",
    )
    assert run_flow(looped(max=2, exhausted="keep")).output == {"n": 2}


def test_a_loop_goes_on_at_the_round_that_failed(make_runtime: Any, store: Store) -> None:
    """Finished rounds are not done again when the run is resumed."""
    chain = flow(
        node(
            "x",
            "grow",
            given={"n": "default(last.n, 0)", "key": '"k"', "failures": "round == 2 ? 2 : 0"},
            loop=Loop(until=e("last.ok"), max=5),
        ),
        output={"n": "x.n"},
    )
    made = make_runtime(chain)
    failed = asyncio.run(made.run("flow", {}))
    assert failed.state == "failed"
    assert "Round 2: " in why(store, failed, "x")[1]
    done = asyncio.run(made.resume(failed.id))

    assert (done.state, done.output) == ("done", {"n": 3})
    assert work.CALLS["k"] == 4  # one of the rounds twice


def test_a_flow_can_be_looped(run_flow: RunFlow, store: Store) -> None:
    """Every round runs it under a path of its own."""
    body = flow(node("g", "grow", given={"n": "input.n"}), output={"n": "g.n", "ok": "g.ok"})
    outer = flow(
        node(
            "x",
            body=body,
            given={"n": "default(last.n, 1)"},
            loop=Loop(until=e("last.ok"), max=3),
        ),
        output={"n": "x.n"},
    )
    run = run_flow(outer)

    assert run.output == {"n": 3}
    assert {"x#0/g", "x#1/g"} <= set(states(store, run))


# ---------------------------------------------------------------------------------------- plans

PLAN: Json = {
    "nodes": [
        {"name": "one", "agent": "step", "in": {"n": {"value": 40}}},
        {"name": "two", "agent": "step", "in": {"n": {"from": "one.n"}}},
    ],
    "output": "two",
}


NUMBER: JsonObject = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
TYPED = tuple(
    AgentDef(name, NUMBER, NUMBER, (PythonTier(f"tests.flows.work:{name}"),))
    for name in ("step", "boom")
)


def planned(agents: tuple[str, ...] = ("step",)) -> FlowDef:
    """A node that runs the plan another gave."""
    return flow(
        node("planner", "timed", given={"value": "input.plan"}),
        node("x", given={}, plan=Planned(e("planner.value"), agents)),
        output={"n": "x.n"},
        name="flow",
        input={"type": "object"},
    )


def test_a_plan_is_run_as_part_of_the_run(make_runtime: Any, store: Store) -> None:
    """Its nodes are in the journal like any others."""
    run = asyncio.run(make_runtime(planned(), agents=TYPED).run("flow", {"plan": PLAN}))

    assert (run.state, run.output) == ("done", {"n": 42})
    assert states(store, run) == {"planner": "ok", "x/one": "ok", "x/two": "ok", "x": "ok"}


BAD_PLANS: list[Json] = [
    "text",
    {"nodes": []},
    {"nodes": [{"name": "a", "agent": "boom", "in": {}}], "output": "a"},
    {"nodes": [{"name": "a", "agent": "step", "in": {"n": {"from": "a.n"}}}], "output": "a"},
    {"nodes": [{"name": "../a", "agent": "step", "in": {"n": {"value": 1}}}], "output": "../a"},
]


@pytest.mark.parametrize("plan", BAD_PLANS)
def test_a_bad_plan_is_refused_before_any_of_it_runs(
    make_runtime: Any, store: Store, plan: Json
) -> None:
    """No plan at all, nothing in it, an agent it may not use, a cycle, a name that is none."""
    run = asyncio.run(make_runtime(planned(), agents=TYPED).run("flow", {"plan": plan}))

    assert run.state == "failed"
    assert why(store, run, "x")[0] == "bad_plan"
    assert work.CALLS["step"] == work.CALLS["boom"] == 0


def test_a_question_inside_a_flow_inside_a_loop_waits_and_goes_on(
    make_runtime: Any, store: Store
) -> None:
    """The pause reaches the run; answered, the round goes on where it was."""
    asks = flow(node("ask", "person", given={"q": '"?"'}), output={"ok": "ask.ok"}, name="asks")
    outer = flow(
        node("x", body=asks, given={}, loop=Loop(until=e("last.ok"), max=3)),
        output={"ok": "x.ok"},
    )
    made = make_runtime(outer)
    run = asyncio.run(made.run("flow", {}))
    for answer in (False, True):
        assert run.state == "waiting"
        (item,) = store.inbox.list(state="open")
        store.inbox.answer(item.id, {"ok": answer}, store.clock.now())
        run = asyncio.run(made.resume(run.id))

    assert (run.state, run.output) == ("done", {"ok": True})
    assert agent("person").name == "person"
