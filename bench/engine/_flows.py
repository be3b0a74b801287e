"""Flows of any size, made in Python: a YAML file holds at most 100,000 values."""

from __future__ import annotations

from pathlib import Path

from bench.engine._timing import PAYLOAD
from pantheon.ids import JsonObject
from pantheon.spec import (
    NOWHERE,
    AgentDef,
    Expression,
    FlowDef,
    Merge,
    NodeDef,
    Project,
    PythonTier,
    parse_expression,
)

CONTRACT: JsonObject = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "msg": {"type": "string"}},
    "required": ["n", "msg"],
    "additionalProperties": False,
}
WITH_ITEMS: JsonObject = {
    **CONTRACT,
    "properties": {
        "n": {"type": "integer"},
        "msg": {"type": "string"},
        "items": {"type": "array", "items": {"type": "integer"}},
    },
}


def make_project(flow: FlowDef, *, function: str = "step") -> Project:
    """A flow and the agent of its nodes, a function of `_noop`."""
    tier = PythonTier(f"_noop:{function}")
    agent = AgentDef("step", input=CONTRACT, output=CONTRACT, tiers=(tier,))
    return Project(Path(__file__).parent, agents={"step": agent}, flows={flow.name: flow})


def make_flow(shape: str, nodes: int) -> FlowDef:
    """A chain, a fan or a map with so many no-op nodes or items."""
    match shape:
        case "chain":
            return chain(nodes)
        case "fan":
            return fan(nodes - 2)
        case _:
            return mapped()


def make_input(shape: str, nodes: int) -> JsonObject:
    """What such a flow is run on."""
    return {**PAYLOAD, "items": list(range(nodes))} if shape == "map" else {**PAYLOAD}


def chain(length: int) -> FlowDef:
    """Each node reads from the one before."""
    nodes = [_step(f"n{i}", f"n{i - 1}" if i else "input") for i in range(length)]
    return _flow("chain", nodes, f"n{length - 1}.n")


def fan(width: int) -> FlowDef:
    """One node, many that read from it, a merge, and one that reads from the merge."""
    middle = [_step(f"m{i}", "first") for i in range(width)]
    merge = NodeDef("all", merge=Merge(tuple(node.name for node in middle)))
    nodes = [_step("first", "input"), *middle, merge, _step("last", "all.m0")]
    return _flow("fan", nodes, "last.n")


def mapped() -> FlowDef:
    """One node that is asked for each item of a list, a hundred at once."""
    inputs = {"n": _e("item"), "msg": _e("input.msg")}
    node = NodeDef("each", "step", inputs=inputs, map=_e("input.items"), concurrency=100)
    output = {"results": _e("each")}
    return FlowDef("map", input=WITH_ITEMS, nodes={"each": node}, output=output)


def _flow(name: str, nodes: list[NodeDef], output: str) -> FlowDef:
    by_name = {node.name: node for node in nodes}
    return FlowDef(name, input=CONTRACT, nodes=by_name, output={"n": _e(output)})


def _step(name: str, source: str) -> NodeDef:
    return NodeDef(name, "step", inputs={"n": _e(f"{source}.n"), "msg": _e(f"{source}.msg")})


def _e(text: str) -> Expression:
    return parse_expression(text, NOWHERE)
