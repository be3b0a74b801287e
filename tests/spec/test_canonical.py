"""Definitions as JSON and back, and the hashes that name their versions."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import SpecError
from pantheon.ids import JsonObject, canonical_json
from pantheon.spec import (
    NOWHERE,
    AgentDef,
    CloudTier,
    CommandTier,
    CrossCheck,
    Expression,
    FlowDef,
    HumanTier,
    Merge,
    NodeDef,
    Project,
    Promise,
    PromptTier,
    PythonTier,
    Retry,
    SpecialistTier,
    agent_from_json,
    agent_hash,
    flow_from_json,
    flow_hash,
    load_project,
    parse_expression,
    render_text,
    to_json,
)
from pantheon.spec._syntax import write
from tests.spec.test_expression import TREES

FULL = Path(__file__).parent / "valid" / "full"
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAME = st.sampled_from(["a", "b", "zeta", "code-gen"])
SECONDS = st.floats(0.1, 1e6)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The thing, or None."""
    return st.none() | strategy


SCHEMA: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([{"type": "string"}, {}, {"type": "string", "enum": ["b", "a"]}]),
    lambda inner: st.one_of(
        st.dictionaries(NAME | TEXT, inner, max_size=4).map(
            lambda p: {"type": "object", "properties": p, "required": list(p)}
        ),
        inner.map(lambda s: {"type": "array", "items": s}),
        st.lists(inner, min_size=1, max_size=2).map(lambda s: {"anyOf": s}),
    ),
    max_leaves=6,
)
VALUES: st.SearchStrategy[Any] = st.dictionaries(NAME, TEXT | st.integers() | st.none(), max_size=3)
TIERS = st.one_of(
    st.just(SpecialistTier()),
    st.builds(PromptTier, maybe(NAME), maybe(TEXT), maybe(TEXT), st.floats(0, 1)),
    st.builds(CloudTier, NAME, maybe(TEXT), maybe(TEXT), st.integers(1, 99)),
    st.builds(PythonTier, TEXT, maybe(SECONDS)),
    st.builds(CommandTier, st.lists(TEXT, min_size=1, max_size=3).map(tuple), SECONDS),
    st.builds(HumanTier, maybe(TEXT)),
)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
AGENTS = st.builds(
    AgentDef,
    name=NAME,
    input=SCHEMA,
    output=SCHEMA,
    tiers=st.lists(TIERS, max_size=3).map(tuple),
    description=TEXT,
    promise=maybe(st.builds(Promise, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))),
    privacy=st.sampled_from(["any", "local"]),
    version=maybe(TEXT),
    tools=TEXTS,
    cost=maybe(SECONDS),
    validators=TEXTS,
    examples=st.lists(st.fixed_dictionaries({"input": VALUES, "output": VALUES}), max_size=2).map(
        tuple
    ),
)
EXPRESSIONS: st.SearchStrategy[Expression] = TREES.map(
    lambda tree: parse_expression(write(tree), NOWHERE)
)
NODES = st.builds(
    NodeDef,
    name=NAME,
    agent=maybe(NAME),
    inputs=st.dictionaries(NAME, EXPRESSIONS, max_size=3),
    when=maybe(EXPRESSIONS),
    map=maybe(EXPRESSIONS),
    concurrency=st.integers(1, 9),
    merge=maybe(
        st.builds(Merge, st.lists(NAME, max_size=2).map(tuple), st.sampled_from(["all", "any"]))
    ),
    retry=maybe(st.builds(Retry, st.integers(1, 5), st.just("constant"), SECONDS, TEXTS)),
    timeout=maybe(SECONDS),
    fallback=maybe(NAME),
    cross_check=maybe(st.builds(CrossCheck, maybe(NAME), maybe(TEXT))),
    reviews=maybe(NAME),
    constraint=maybe(TEXT),
    after=st.lists(NAME, max_size=2).map(tuple),
)
FLOWS = st.builds(
    FlowDef,
    name=NAME,
    input=SCHEMA,
    nodes=st.lists(NODES, max_size=3).map(lambda nodes: {node.name: node for node in nodes}),
    output=st.dictionaries(NAME, EXPRESSIONS, max_size=3),
    output_schema=SCHEMA,
    description=TEXT,
    examples=TEXTS,
    timeout=maybe(SECONDS),
)


def stored(body: JsonObject) -> JsonObject:
    """As it comes back from a database: canonical JSON, keys sorted."""
    return json.loads(canonical_json(body))


@given(AGENTS)
def test_agent_comes_back_exactly(agent: AgentDef) -> None:
    """Through canonical JSON and back an agent is equal and has the same hash."""
    back = agent_from_json(stored(to_json(agent)))
    assert back == agent
    assert agent_hash(back) == agent_hash(agent)


@given(FLOWS)
def test_flow_comes_back_exactly(flow: FlowDef) -> None:
    """So does a flow, the order of its nodes and outputs included."""
    back = flow_from_json(stored(to_json(flow)))
    assert back == flow
    assert list(back.nodes) == list(flow.nodes)
    assert list(back.output) == list(flow.output)
    assert to_json(back) == to_json(flow)


@given(SCHEMA, VALUES)
def test_order_of_fields_survives(schema: JsonObject, value: JsonObject) -> None:
    """What learners see of an input is the same before and after storing the definition."""
    agent = AgentDef("a", input=schema, output={}, tiers=())
    back = agent_from_json(stored(to_json(agent)))
    assert render_text(back.input, value) == render_text(agent.input, value)


def test_loaded_project_comes_back() -> None:
    """Definitions from a file come back without their places, which do not matter."""
    project = load_project(FULL, environment={})
    for agent in project.agents.values():
        assert agent_from_json(stored(to_json(agent))) == agent
    for flow in project.flows.values():
        back = flow_from_json(stored(to_json(flow)))
        assert back == flow
        assert back.nodes.keys() == flow.nodes.keys()


def _edit(project: Project, agent: AgentDef) -> Project:
    return dataclasses.replace(project, agents={**project.agents, agent.name: agent})


def test_hashes_follow_meaning() -> None:
    """Places and file names change nothing; prompts, promises and agents of a flow do."""
    project = load_project(FULL, environment={})
    reply, support = project.agents["reply"], project.flows["support"]
    moved = dataclasses.replace(reply, where=NOWHERE)
    assert agent_hash(moved) == agent_hash(reply)
    before = flow_hash(support, project)
    prompt = reply.tiers[1]
    assert isinstance(prompt, PromptTier)
    renamed = dataclasses.replace(prompt, template_path="other.j2")
    edited = dataclasses.replace(prompt, template="Other {{ text }}")
    same = dataclasses.replace(reply, tiers=(reply.tiers[0], renamed, reply.tiers[2]))
    other = dataclasses.replace(reply, tiers=(reply.tiers[0], edited, reply.tiers[2]))
    assert agent_hash(same) == agent_hash(reply)
    assert agent_hash(other) != agent_hash(reply)
    assert flow_hash(support, _edit(project, same)) == before
    assert flow_hash(support, _edit(project, other)) != before
    unused = dataclasses.replace(project.agents["codegen"], description="new")
    assert flow_hash(support, _edit(project, unused)) == before


def test_hash_sees_the_order_of_fields() -> None:
    """Learners see the fields in order, so another order is another version."""
    first: JsonObject = {"type": "object", "properties": {"b": {}, "a": {}}}
    second: JsonObject = {"type": "object", "properties": {"a": {}, "b": {}}}
    one, two = (AgentDef("x", input=schema, output={}, tiers=()) for schema in (first, second))
    assert agent_hash(one) != agent_hash(two)


@pytest.mark.parametrize(
    "damage",
    [{"format": 9}, {"tiers": [{"kind": "oracle"}]}, {"tiers": 3}, {"promise": {"x": 1}}],
)
def test_damaged_definition_is_told(damage: JsonObject) -> None:
    """A stored definition that cannot be read is a clean error."""
    body = to_json(load_project(FULL, environment={}).agents["triage"])
    with pytest.raises(SpecError):
        agent_from_json({**body, **damage})
