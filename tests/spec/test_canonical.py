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
    NO_RESOURCES,
    NOWHERE,
    AgentDef,
    CloudTier,
    CommandTier,
    ContextKey,
    CrossCheck,
    Expression,
    FlowDef,
    HumanTier,
    Loop,
    MemoryDef,
    Merge,
    NodeDef,
    Planned,
    Project,
    Promise,
    PromptTier,
    PythonTier,
    Resources,
    Retry,
    Rule,
    RulesTier,
    SpecialistTier,
    TreeDef,
    Wait,
    agent_from_json,
    agent_hash,
    flow_from_json,
    flow_hash,
    load_project,
    memory_from_json,
    memory_to_json,
    parse_expression,
    render_text,
    to_json,
)
from pantheon.spec._syntax import write
from tests.spec.test_expression import TREES
from tests.spec.test_same import RELATIONS

FULL = Path(__file__).parent / "valid" / "full"
ENGINE = Path(__file__).parent / "valid" / "engine"
DECLARED = Path(__file__).parent / "valid" / "declared"
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
EXPRESSIONS: st.SearchStrategy[Expression] = TREES.map(
    lambda tree: parse_expression(write(tree), NOWHERE)
)
RULES = st.builds(Rule, EXPRESSIONS, VALUES)
TIERS = st.one_of(
    st.just(SpecialistTier()),
    st.builds(PromptTier, maybe(NAME), maybe(TEXT), maybe(TEXT), st.floats(0, 1)),
    st.builds(CloudTier, NAME, maybe(TEXT), maybe(TEXT), st.integers(1, 99)),
    st.builds(PythonTier, TEXT, maybe(SECONDS), st.booleans()),
    st.builds(CommandTier, st.lists(TEXT, min_size=1, max_size=3).map(tuple), SECONDS),
    st.builds(HumanTier, maybe(TEXT)),
    st.builds(RulesTier, st.lists(RULES, max_size=2).map(tuple)),
)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
AGENTS = st.builds(
    AgentDef,
    name=NAME,
    input=SCHEMA,
    output=SCHEMA,
    tiers=st.lists(TIERS, max_size=3).map(tuple),
    description=TEXT,
    promise=maybe(
        st.builds(
            Promise, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), maybe(st.floats(0, 1))
        )
    ),
    privacy=st.sampled_from(["any", "local"]),
    version=maybe(TEXT),
    tools=TEXTS,
    cost=maybe(SECONDS),
    validators=TEXTS,
    examples=st.lists(st.fixed_dictionaries({"input": VALUES, "output": VALUES}), max_size=2).map(
        tuple
    ),
    resources=st.just(NO_RESOURCES) | st.builds(Resources, SECONDS, st.integers(0, 9), SECONDS),
    deterministic=st.booleans(),
    cache=maybe(SECONDS),
    same=RELATIONS,
    critical=st.lists(VALUES, max_size=2).map(tuple),
)
SOURCES = st.lists(NAME, max_size=2).map(tuple)
MERGES = st.builds(
    Merge,
    SOURCES,
    st.sampled_from(["all", "any", "first", "quorum", "best", "majority"]),
    maybe(st.integers(1, 9)),
    maybe(EXPRESSIONS),
    maybe(EXPRESSIONS),
    maybe(SECONDS),
)
WAITS = st.builds(Wait, maybe(EXPRESSIONS), maybe(NAME), SCHEMA)
BODIES: st.SearchStrategy[Any] = st.deferred(lambda: FLOWS)
NODES = st.builds(
    NodeDef,
    name=NAME,
    agent=maybe(NAME),
    inputs=st.dictionaries(NAME, EXPRESSIONS, max_size=3),
    when=maybe(EXPRESSIONS),
    map=maybe(EXPRESSIONS),
    concurrency=st.integers(1, 9),
    merge=maybe(MERGES),
    retry=maybe(st.builds(Retry, st.integers(1, 5), st.just("constant"), SECONDS, TEXTS)),
    timeout=maybe(SECONDS),
    fallback=maybe(NAME),
    cross_check=maybe(st.builds(CrossCheck, maybe(NAME), maybe(TEXT))),
    reviews=maybe(NAME),
    constraint=maybe(TEXT),
    after=SOURCES,
    flow=maybe(NAME),
    body=st.none() | st.none() | BODIES,
    plan=maybe(st.builds(Planned, EXPRESSIONS, SOURCES, st.integers(1, 99))),
    wait=maybe(WAITS),
    loop=maybe(st.builds(Loop, EXPRESSIONS, st.integers(1, 9), st.sampled_from(["fail", "keep"]))),
    on_error=st.sampled_from(["fail", "stop", "continue"]),
    give=maybe(VALUES),
    writes=st.dictionaries(NAME, EXPRESSIONS, max_size=2),
)
KEYS = st.builds(ContextKey, SCHEMA, maybe(TEXT), maybe(SOURCES), maybe(SOURCES))
LEAVES = st.builds(TreeDef, st.just("node"), node=NAME, test=maybe(EXPRESSIONS))
TREES_OF_NODES: st.SearchStrategy[TreeDef] = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        TreeDef,
        st.sampled_from(["sequence", "parallel", "budget"]),
        st.lists(inner, min_size=1, max_size=2).map(tuple),
        count=maybe(st.integers(1, 9)),
        seconds=maybe(SECONDS),
        usd=maybe(SECONDS),
        requests=maybe(st.integers(0, 9)),
    ),
    max_leaves=4,
)
FLOWS = st.builds(
    FlowDef,
    name=NAME,
    input=SCHEMA,
    nodes=st.lists(NODES, max_size=2).map(lambda nodes: {node.name: node for node in nodes}),
    output=st.dictionaries(NAME, EXPRESSIONS, max_size=3),
    output_schema=SCHEMA,
    description=TEXT,
    examples=TEXTS,
    timeout=maybe(SECONDS),
    context=st.dictionaries(NAME, KEYS, max_size=2),
    tree=maybe(TREES_OF_NODES),
    priority=st.integers(-9, 9),
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


@given(st.builds(MemoryDef, st.sampled_from(["flow", "agent", "user"]), SCHEMA, maybe(TEXT)))
def test_memory_comes_back_exactly(memory: MemoryDef) -> None:
    """So does the definition of a long-term store."""
    assert memory_from_json(stored(memory_to_json(memory))) == memory


@pytest.mark.parametrize("folder", [FULL, ENGINE, DECLARED])
def test_loaded_project_comes_back(folder: Path) -> None:
    """Definitions from a file come back without their places, which do not matter."""
    project = load_project(folder, environment={})
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


def test_what_was_stored_before_can_be_read_and_keeps_its_hash() -> None:
    """A definition that uses nothing newer is stored as it always was."""
    project = load_project(FULL, environment={})
    agent: dict[str, Any] = to_json(project.agents["triage"])
    newest = {"resources", "deterministic", "cache", "same", "critical"}
    assert newest.isdisjoint(agent)
    assert agent["promise"] is None or "quality" not in agent["promise"]
    flow: dict[str, Any] = to_json(project.flows["support"])
    assert {"context", "tree", "priority"}.isdisjoint(flow)
    newer = {"flow", "body", "plan", "wait", "loop", "on_error", "give", "writes"}
    assert newer.isdisjoint(flow["nodes"][0])
    assert agent_hash(project.agents["triage"]) == "b2:e7e84d595777406c0173febe3c4bb5a9"
    assert flow_hash(project.flows["support"], project) == "b2:a6728d9b3d309ef90a1ce772962d7d57"


def test_hash_of_a_flow_follows_the_flows_agents_and_memory_that_it_uses() -> None:
    """A change inside a sub-flow, a flow written in a node or a store is another version."""
    project = load_project(ENGINE, environment={})
    flow = project.flows["everything"]
    before = flow_hash(flow, project)
    for name in ("crunch", "label", "critic", "judge"):
        other = dataclasses.replace(project.agents[name], description="new")
        assert flow_hash(flow, _edit(project, other)) != before
    short = dataclasses.replace(project.flows["short"], description="new")
    flows = {**project.flows, "short": short}
    assert flow_hash(flow, dataclasses.replace(project, flows=flows)) != before
    tone = dataclasses.replace(project.memory["tone"], initial="warm")
    edited = dataclasses.replace(project, memory={**project.memory, "tone": tone})
    assert flow_hash(flow, edited) != before
    unused = {**project.memory, "last_seen": tone}
    assert flow_hash(flow, dataclasses.replace(project, memory=unused)) == before


def test_hash_of_flows_that_contain_each_other_ends() -> None:
    """Made by hand such flows are possible; their hashes still cover both."""
    nodes = [NodeDef("n", flow=other) for other in ("two", "one")]
    one, two = (
        FlowDef(name, {}, {"n": node}, {}) for name, node in zip(("one", "two"), nodes, strict=True)
    )
    project = Project(Path(), flows={"one": one, "two": two})
    before = flow_hash(one, project)
    other = dataclasses.replace(two, description="new")
    assert flow_hash(one, dataclasses.replace(project, flows={"one": one, "two": other})) != before
