"""Plans: what becomes a flow, what is refused and how it is told, and that a plan stays data."""

from __future__ import annotations

import sys
import time
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import SpecError
from pantheon.ids import Json, JsonObject
from pantheon.spec import AgentDef, FlowDef, expand_contract, parse_expression, validate_value
from pantheon.spec._constants import (
    NOWHERE,
)
from pantheon.spec._flow_model import (
    Planned,
)
from pantheon.spec._plan_flow import MAX_SIZE, PlanError, flow_from_plan, plan_schema
from pantheon.text import scrub

PLANNED = Planned(parse_expression("planner.plan", NOWHERE), ("search", "sum", "pair"), 5)
INPUT = expand_contract({"topic": "string", "urgent": "boolean", "note?": "string"})


def agent(name: str, given: JsonObject, gives: JsonObject) -> AgentDef:
    """An agent of which only the contract matters."""
    return AgentDef(name, expand_contract(given), expand_contract(gives), ())


AGENTS = {
    a.name: a
    for a in (
        agent("search", {"query": "string", "limit?": "integer"}, {"texts": ["string"]}),
        agent("sum", {"texts": ["string"]}, {"text": "string", "odd name": "number"}),
        agent("pair", {"left": "any", "right": {"a": "number"}}, {"text": "string"}),
        agent("delete", {"path": "string"}, {"ok": "boolean"}),
    )
}


def build(plan: Json) -> FlowDef:
    """The flow of a plan that may use `search`, `sum` and `pair`."""
    return flow_from_plan(plan, PLANNED, AGENTS, name="p", input_schema=INPUT)


def problems(plan: Json) -> tuple[str, ...]:
    """Everything that is wrong with a plan."""
    with pytest.raises(PlanError) as caught:
        build(plan)
    return caught.value.problems


def node(name: str, agent: str, **inputs: Json) -> JsonObject:
    """A node; an input that is a text is a path, anything else a literal."""
    given = {k: {"from": v} if isinstance(v, str) else {"value": v} for k, v in inputs.items()}
    return {"name": name, "agent": agent, "in": cast("JsonObject", given)}


def plan(*nodes: Json, output: str = "sum") -> JsonObject:
    """A plan of these nodes."""
    return {"nodes": list(nodes), "output": output}


GOOD = plan(
    {**node("find", "search", query="input.topic", limit=5)},
    {**node("sum", "sum", texts="find.texts"), "after": ["find"]},
)


def test_a_plan_becomes_a_flow() -> None:
    """Nodes, inputs, order and output are those of the plan; the types are inferred."""
    flow = build(GOOD)
    assert (flow.name, list(flow.nodes)) == ("p", ["find", "sum"])
    find, total = flow.nodes["find"], flow.nodes["sum"]
    assert {k: str(e) for k, e in find.inputs.items()} == {"query": "input.topic", "limit": "5"}
    assert (total.agent, total.after, flow.dependencies("sum")) == ("sum", ("find",), {"find"})
    assert {k: str(e) for k, e in flow.output.items()} == {
        "text": "sum.text",
        "odd name": 'sum["odd name"]',
    }
    assert validate_value(flow.output_schema, {"text": "x", "odd name": 1}) == []
    assert validate_value(flow.output_schema, {"text": 1}) != []


def test_literals_and_paths_are_trees() -> None:
    """What looks like an expression inside a literal stays text."""
    literal: Json = {"a": -1.5, "b": ["input.topic", None, True, {"c d": "1 + 1"}]}
    flow = build(
        plan(node("f", "search", query="input.topic"),
             {**node("sum", "pair"), "in": {"left": {"value": literal["b"]},  # type: ignore[index]
                                            "right": {"value": {"a": -1.5}}}})
    )  # fmt: skip
    inputs = flow.nodes["sum"].inputs
    assert inputs["left"].evaluate({"input": {"topic": "no"}}) == literal["b"]  # type: ignore[index]
    assert inputs["right"].evaluate({}) == {"a": -1.5}
    assert all(parse_expression(e.source, NOWHERE).tree == e.tree for e in inputs.values())
    path = build(plan(node("f", "search", query="input.topic"),
                      node("sum", "pair", left="f.texts[0]", right={"a": 1})))  # fmt: skip
    read = path.nodes["sum"].inputs["left"]
    assert read.evaluate({"f": {"texts": ["first"]}}) == "first"
    assert parse_expression(read.source, NOWHERE).tree == read.tree


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([], "must be object"),
        ({}, "lacks the field `nodes`"),
        (plan(), "nodes"),
        ({**GOOD, "shell": "rm"}, "a field `shell`"),
        (plan({"name": "sum"}), "lacks the field `agent`"),
        (plan({**node("sum", "sum"), "when": "true"}), "a field `when`"),
        (plan({**node("sum", "sum"), "in": {"texts": "find.texts"}}), "must be object"),
        (plan({**node("sum", "sum"), "in": {"texts": {"expr": "1"}}}), "lacks the field"),
        (plan({**node("sum", "sum"), "in": {"texts": {"value": [], "from": "x"}}}), "a field"),
        (plan(node("sum", "delete", path=["x"])), "asks for the agent `delete`; it may not"),
        (plan(node("sum", "sun", texts=[])), "Did you mean `sum`?"),
        (plan(node("sum", "sum@>=1", texts=[])), "`sum@>=1`; it may not use it"),
        (plan(node("input", "sum", texts=[])), "`input` means something else"),
        (plan(node("a b", "sum", texts=[]), output="a b"), "is no name for a node"),
        (plan(node("sum", "sum", texts=[]), node("sum", "sum", texts=[])), "Two nodes are called"),
        (plan(node("sum", "sum", texts="find.texts")), "taken from `find`, which there is not"),
        (plan(node("sum", "sum", texts="sum.text")), "is taken from itself"),
        (plan(node("sum", "sum", texts="os.system('x')")), "which is no path"),
        (plan(node("sum", "sum", texts="input.topic + '!'")), "which is no path"),
        (plan(node("sum", "sum", texts="input.__class__")), "has no field `__class__`"),
        (plan(node("sum", "sum", texts="input" + ".a" * 20)), "which is no path"),
        (plan(node("sum", "sum", texts=[], extra=1)), "has no input `extra`"),
        (plan(node("sum", "sum")), "does not give `sum` its `texts`"),
        (plan(node("sum", "sum", texts=[1])), "`texts` of `sum` does not fit"),
        (plan(node("sum", "sum", texts="input.topic")), "string where list of string is wanted"),
        (plan(node("sum", "search", query="input.note")), "may be null where string"),
        (plan(node("sum", "search", query="input.topic", limit=0.5)), "`limit` of `sum`"),
        (plan(node("sum", "pair", left=1, right={})), "has no field `a`"),
        (plan({**node("sum", "sum", texts=[]), "after": ["sum"]}), "waits for itself"),
        (plan({**node("sum", "sum", texts=[]), "after": ["input"]}), "waits for `input`"),
        (plan({**node("sum", "sum", texts=[]), "after": ["what"]}), "which there is not"),
        (plan(node("sum", "sum", texts=[]), output="sun"), "Did you mean `sum`?"),
        (plan(node("sum", "sum", texts=[]), output="input"), "is to be that of `input`"),
        (plan(*(node(f"n{i}", "sum", texts=[]) for i in range(6))), "6 nodes; 5 are allowed"),
        (plan(node("sum", "sum", texts=[float("nan")])), "JSON cannot spell"),
        (plan(node("sum", "sum", texts=["\ud800"])), "JSON cannot spell"),
        (plan(node("sum", "pair", left=10**301, right={"a": 1})), "JSON cannot spell"),
        (plan(node("sum", "sum", texts=["x" * MAX_SIZE])), "too large"),
    ],
)  # fmt: skip
def test_a_problem_is_told(bad: Json, said: str) -> None:
    """What is wrong is said in a sentence that names it."""
    found = problems(bad)
    assert any(said in problem for problem in found), found
    assert all(problem[0].isupper() or problem[0] == "`" for problem in found)
    assert all(problem[-1] in ".?…" for problem in found)


def test_all_problems_are_told_together() -> None:
    """A planner learns everything from one refusal."""
    bad = plan(
        node("find", "search", kuery="input.topic"),
        node("sum", "sum", texts="find.text"),
        node("x", "delete"),
        output="y",
    )
    assert problems(bad) == (
        (
            "The node `x` asks for the agent `delete`; it may not use it. "
            "Use one of: `search`, `sum`, `pair`."
        ),
        "The agent `search` of `find` has no input `kuery`. Did you mean `query`?",
        "The node `find` does not give `search` its `query`.",
        "`texts` of `sum` cannot be had: `find` has no field `text`. Did you mean `texts`?",
        "The output is to be that of `y`, which there is not. Use one of: `find`, `sum`, `x`.",
    )
    with pytest.raises(SpecError) as caught:
        build(bad)
    assert all(problem in caught.value.message for problem in problems(bad))


def test_nodes_that_wait_for_each_other() -> None:
    """A cycle is refused, be it by data or by `after`."""
    by_data = plan(node("a", "pair", left="sum.text", right={"a": 1}),
                   node("sum", "pair", left="a.text", right={"a": 1}))  # fmt: skip
    assert problems(by_data) == ("These nodes wait for each other: a → sum → a.",)
    by_order = plan(
        {**node("a", "pair", left=1, right={"a": 1}), "after": ["sum"]},
        node("sum", "pair", left="a.text", right={"a": 1}),
    )
    assert problems(by_order) == ("These nodes wait for each other: a → sum → a.",)


def test_an_output_without_known_fields() -> None:
    """The output of a flow has names, so the last agent must list its own."""
    agents = {"any": agent("any", {"x": "any"}, {"type": "object"})}
    planned = Planned(PLANNED.source, ("any",))
    with pytest.raises(PlanError, match="whose fields are not known"):
        flow_from_plan(
            plan(node("sum", "any", x=1)), planned, agents, name="p", input_schema=INPUT
        )  # fmt: skip


def test_what_the_plan_says_is_harmless_when_told() -> None:
    """Control characters and endless names of a plan do not reach the message."""
    (found,) = problems(plan(node("sum", "\x1b[2J" + "z" * 5000, texts=[])))
    assert "\x1b" not in found
    assert len(found) <= 400


def test_many_mistakes_cost_little() -> None:
    """A plan made to be slow to refuse is refused soon, and the message stays short."""
    many: JsonObject = {f"port{i}": {"value": 1} for i in range(9000)}
    began = time.perf_counter()
    with pytest.raises(PlanError) as caught:
        build(plan({"name": "sum", "agent": "sum", "in": many}))
    assert time.perf_counter() - began < 10
    assert len(caught.value.message) < 20_000


def test_the_schema_admits_what_is_built() -> None:
    """A model held to the schema can write the plan, and no agent that it may not use."""
    schema = plan_schema(PLANNED.agents)
    assert validate_value(schema, GOOD) == []
    assert validate_value(schema, plan(node("sum", "delete", path="input.topic"))) != []
    assert validate_value(schema, plan(node("a b", "sum"))) != []
    assert validate_value(schema, {**GOOD, "x": 1}) != []


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from(["find", "sum", "search", "input.topic", "find.texts", "__import__('os')"])
)  # fmt: skip
KEYS = st.sampled_from(
    ["nodes", "output", "name", "agent", "in", "after", "value", "from", "texts"]
)
JSON = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=25,
)
GIVEN = st.fixed_dictionaries({"from": SCALARS.map(str)}) | st.fixed_dictionaries({"value": JSON})
NODES = st.fixed_dictionaries(
    {"name": st.sampled_from(["find", "sum", "x", "input"]), "agent": st.sampled_from([*AGENTS])},
    optional={
        "in": st.dictionaries(
            st.sampled_from(["texts", "query", "left", "right"]), GIVEN, max_size=3
        ),
        "after": st.lists(st.sampled_from(["find", "sum", "x"]), max_size=2),
    },
)
PLANS = st.fixed_dictionaries(
    {"nodes": st.lists(NODES, max_size=4), "output": st.sampled_from(["find", "sum", "x"])}
)


def outcome(value: Json) -> FlowDef | PlanError:
    """What a plan comes to; any other error fails the test."""
    try:
        return build(value)
    except PlanError as error:
        return error


@given(JSON | PLANS)
def test_any_json_is_a_flow_or_a_plan_error(value: Any) -> None:
    """Nothing else comes out, and nothing is imported on the way."""
    before = set(sys.modules)
    found = outcome(value)
    assert set(sys.modules) == before
    if isinstance(found, PlanError):
        assert found.problems
        assert scrub(found.message) == found.message
    else:
        assert {n.agent for n in found.nodes.values()} <= set(PLANNED.agents)
        assert validate_value(plan_schema(PLANNED.agents), value) == []


@given(JSON)
def test_a_literal_is_given_as_it_is(value: Any) -> None:
    """Whatever a plan gives as a value reaches the agent unchanged."""
    given: JsonObject = {"left": {"value": value}, "right": {"value": {"a": 0}}}
    found = outcome(plan({"name": "sum", "agent": "pair", "in": given}))
    if isinstance(found, PlanError):
        assert "JSON cannot spell" in found.message
    else:
        assert found.nodes["sum"].inputs["left"].evaluate({}) == value
