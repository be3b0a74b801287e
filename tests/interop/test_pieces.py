"""What exports and imports are made of, without any library: types, prompts, order, names, text."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment
from ruamel.yaml import YAML

from pantheon.ids import Json, JsonObject
from pantheon.interop._agentspec_control import ALWAYS, read_control
from pantheon.interop._agentspec_order import Step, plan_order
from pantheon.interop._agentspec_prompt import placeholders_in, template_of
from pantheon.interop._agentspec_types import contract_of, properties_of
from pantheon.interop._names import Names
from pantheon.interop._short import short_contract
from pantheon.interop._yaml import write_yaml
from pantheon.spec import expand_contract, load_project


@dataclass
class Node:
    """What is looked at of a node component."""

    id: str
    branches: list[str] = field(default_factory=lambda: ["next"])


@dataclass
class Edge:
    """What is looked at of a control edge."""

    from_node: Node
    to_node: Node
    from_branch: str | None = None
    name: str = ""


@dataclass
class Flow:
    """What is looked at of a flow component."""

    nodes: list[Node]
    control_flow_connections: list[Edge]

    @property
    def start_node(self) -> Node:
        return self.nodes[0]


@dataclass
class Property:
    """What is looked at of a property."""

    title: str
    json_schema: JsonObject


# ---------------------------------------------------------------------------------------- types

CONTRACTS: list[JsonObject] = [
    {"text": "string"},
    {"a": "integer", "b?": "number", "c": ["string"]},
    {"team": {"enum": ["a", "b"]}, "n?": {"enum": [1, 2]}},
    {"sender": {"name": "string", "member?": "boolean"}},
    {"any": "any", "obj": "object", "d": {"type": "string", "description": "said"}},
    {"list": {"type": "array", "items": {"enum": ["x"]}}},
]


@pytest.mark.parametrize("short", CONTRACTS, ids=str)
def test_a_contract_comes_back(short: JsonObject) -> None:
    """As properties and back it is the same contract; nothing is said to be lost."""
    contract = expand_contract(short)
    lost: list[str] = []

    properties = properties_of(contract, lost.append)
    back = contract_of(Property(title, schema) for title, schema in properties.items())

    assert back == contract
    assert not lost


@pytest.mark.parametrize("short", CONTRACTS, ids=str)
def test_a_contract_is_written_short(short: JsonObject) -> None:
    """The short form means the same, and is the one that a person would have written."""
    assert expand_contract(short_contract(expand_contract(short))) == expand_contract(short)
    assert short_contract(expand_contract({"text": "string", "n?": "integer"})) == {
        "text": "string",
        "n?": "integer",
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        expand_contract({"type: x": "string"}),
    ],
)
def test_what_the_short_form_cannot_say_stays(schema: JsonObject) -> None:
    """No fields, other fields let through, odd names: the schema is written as it is."""
    assert short_contract(schema) == schema


def test_an_odd_field_is_renamed_and_told() -> None:
    """Titles may hold no spaces there."""
    lost: list[str] = []
    contract = expand_contract({"odd name": "string"})

    assert list(properties_of(contract, lost.append)) == ["odd_name"]
    assert lost == ["the field `odd name` is called `odd_name`"]


# -------------------------------------------------------------------------------------- prompts


@given(st.text(alphabet="ab{}%#\n \"'", max_size=30))
def test_a_prompt_becomes_a_template_that_gives_it(text: str) -> None:
    """Whatever Jinja would see in it is kept from Jinja; only placeholders are filled."""
    values = {name: f"<{name}>" for name in placeholders_in(text)}
    expected = text
    for name, value in values.items():
        for spaced in ("", " "):
            expected = expected.replace(f"{{{{{spaced}{name}{spaced}}}}}", value)
    if "{{" in expected:  # with more space inside; the plain cases are enough
        return

    environment = ImmutableSandboxedEnvironment(keep_trailing_newline=True)
    assert environment.from_string(template_of(text)).render(values) == expected


# ---------------------------------------------------------------------------------------- order

ORDERED = """
agents:
  a: {input: {x: any}, output: {x: any}, tiers: [human]}
flows:
  f:
    input: {x: any}
    nodes:
      first: {agent: a, in: {x: input.x}}
      maybe: {agent: a, in: {x: first.x}, when: first.x == "a"}
      other: {agent: a, in: {x: first.x}, when: first.x == "b"}
      after_maybe: {agent: a, in: {x: maybe.x}}
      sure: {agent: a, in: {x: first.x}}
      either: {agent: a, in: {x: "default(maybe.x, default(other.x, 1))"}}
    output: {x: either.x, y: after_maybe.x, z: sure.x}
"""


def test_what_is_skipped_together_stands_together(tmp_path: Path) -> None:
    """A node with a condition is followed by what needs it; what is certain comes before."""
    (tmp_path / "pantheon.yaml").write_text(ORDERED)
    plan = plan_order(load_project(tmp_path).flows["f"])

    def shown(steps: tuple[Step, ...]) -> list[object]:
        return [(s.node.name, shown(s.group)) if s.group else s.node.name for s in steps]

    assert shown(plan.steps) == ["first", "sure", ("maybe", ["after_maybe"]), "other", "either"]
    assert plan.may_lack("either", "maybe")
    assert not plan.may_lack("after_maybe", "maybe")
    assert plan.may_lack(None, "after_maybe")


def test_ways_that_meet_say_nothing_any_more() -> None:
    """Start branches into two, which meet; one of those branches again."""
    a, b, c, d, e = (Node(name) for name in "abcde")
    a.branches, d.branches = ["x", "default"], ["y", "default"]
    edges = [Edge(a, b, "x"), Edge(a, c, "default"), Edge(b, d), Edge(c, d), Edge(d, e, "y")]

    control = read_control(Flow([a, b, c, d, e], edges))

    assert control.conditions["b"] == frozenset([frozenset([("a", "x")])])
    assert control.conditions["d"] == ALWAYS
    assert control.conditions["e"] == frozenset([frozenset([("d", "y")])])
    assert control.may_lack(control.conditions["d"], b)
    assert not control.may_lack(control.conditions["e"], d)


@pytest.mark.timeout(20)
def test_long_flows_and_circles_end() -> None:
    """Thousands of nodes in a row, many diamonds, and ways back."""
    row = [Node(str(i)) for i in range(5_000)]
    edges = [Edge(row[i], row[i + 1]) for i in range(len(row) - 1)]
    assert len(read_control(Flow(row, [*edges, Edge(row[-1], row[0])])).back) == 1

    nodes: list[Node] = [Node("s")]
    diamonds: list[Edge] = []
    for i in range(40):
        nodes[-1].branches = ["x", "default"]
        one, two, end = Node(f"{i}a"), Node(f"{i}b"), Node(f"{i}c")
        diamonds += [Edge(nodes[-1], one, "x"), Edge(nodes[-1], two, "default")]
        diamonds += [Edge(one, end), Edge(two, end)]
        nodes += [one, two, end]
    assert read_control(Flow(nodes, diamonds)).conditions["39c"] == ALWAYS


# ------------------------------------------------------------------------------- names and text


def test_names_are_made_fit_and_stay_apart() -> None:
    """Letters, digits, `_` and `-`; nothing that means something in expressions; each once."""
    names, told = Names("node"), list[str]()

    taken = [
        names.take(n, told.append)
        for n in ("ok", "what kind?", "what-kind", "1st", "item", "ok", "?")
    ]

    assert taken == ["ok", "what_kind", "what-kind", "st", "item_node", "ok_2", "node"]
    assert "`item` is called `item_node`" in told
    assert len(told) == 5


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4))
@example({"a": [{"?0": None, "- x": ": y"}], "b": {"c": {"d": "\x85"}}})
def test_what_is_written_as_yaml_is_read_as_it_was(body: dict[str, Json]) -> None:
    """Texts stay texts, with their lines; only empty sections are left out."""
    yaml: Any = YAML(typ="safe", pure=True)
    kept = {key: value for key, value in body.items() if value not in ({}, [], None)}

    assert json.loads(json.dumps(yaml.load(io.StringIO(write_yaml(body))) or {})) == kept
