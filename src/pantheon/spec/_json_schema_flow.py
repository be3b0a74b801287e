"""The parts of the editor's schema about flows: nodes, their policies, behaviour trees."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec import _patterns as patterns
from pantheon.spec import _tree as trees
from pantheon.spec._json_pieces import (
    ANY_VALUE,
    CONTRACT,
    COUNT,
    DURATION,
    EXPRESSION,
    EXPRESSIONS,
    NUMBER,
    REFERENCE,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    TYPE,
    choice,
    named,
    section,
)
from pantheon.spec._json_schema_test import TESTS

_CONDITION: JsonObject = {"type": ["string", "boolean"]}
_TREE: JsonObject = {"$ref": "#/$defs/tree"}
_OUTPUT: JsonObject = {"anyOf": [TEXT, EXPRESSIONS]}


def flow_schema() -> JsonObject:
    """A flow in the full form."""
    return section(
        keys.FLOW,
        {
            "description": TEXT,
            "examples": TEXTS,
            "input": CONTRACT,
            "nodes": named("node"),
            "output": _OUTPUT,
            "timeout": DURATION,
            "priority": {"type": "integer", "minimum": -1000, "maximum": 1000},
            "context": named("key"),
            "tree": _TREE,
            "tests": TESTS,
        },
        required=("input", "nodes", "output"),
    )


def key_schema() -> JsonObject:
    """A key of a flow's context: a type, or a type with more."""
    full = section(
        keys.CONTEXT_KEY,
        {"type": TYPE, "initial": ANY_VALUE, "read": TEXT_OR_TEXTS, "write": TEXT_OR_TEXTS},
        required=("type",),
    )
    return {"anyOf": [full, TYPE]}


def node_schema() -> JsonObject:
    """A node: the name of an agent, or a mapping."""
    return {"anyOf": [TEXT, section(keys.NODE, {**_kinds(), **_policies()})]}


def _kinds() -> dict[str, JsonObject]:
    """What a node runs, with the keys that belong to that."""
    timer = section({"for": keys.WAIT["for"]}, {"for": EXPRESSION}, required=("for",))
    event = section(
        {key: keys.WAIT[key] for key in ("event", "output")},
        {"event": TEXT, "output": CONTRACT},
        required=("event",),
    )
    return {
        "agent": TEXT,
        "flow": TEXT,
        "nodes": named("node"),
        "merge": {"anyOf": [TEXTS, _merge()]},
        "plan": EXPRESSION,
        "wait": {"anyOf": [timer, event]},
        "vote": _pattern(patterns.VOTE),
        "debate": _pattern(patterns.DEBATE),
        "best_of": _pattern(patterns.BEST_OF),
        "in": EXPRESSIONS,
        "input": CONTRACT,
        "output": _OUTPUT,
        "context": named("key"),
        "tree": _TREE,
        "agents": TEXT_OR_TEXTS,
        "max_nodes": COUNT,
    }


def _policies() -> dict[str, JsonObject]:
    over = section(keys.MAP, {"over": EXPRESSION, "concurrency": COUNT}, required=("over",))
    loop = section(
        keys.LOOP,
        {"until": _CONDITION, "max": COUNT, "exhausted": choice("fail", "keep")},
        required=("until", "max"),
    )
    give = section(keys.ON_ERROR, {"give": {"type": "object"}}, required=("give",))
    return {
        "when": _CONDITION,
        "map": {"anyOf": [TEXT, {"type": "array"}, over]},
        "loop": loop,
        "retry": {"anyOf": [COUNT, _retry()]},
        "timeout": DURATION,
        "fallback": TEXT,
        "on_error": {"anyOf": [choice("fail", "stop", "continue"), give]},
        "cross_check": section(keys.CROSS_CHECK, {"judge": TEXT, "compare": REFERENCE}),
        "reviews": TEXT,
        "after": TEXT_OR_TEXTS,
        "writes": EXPRESSIONS,
    }


def _merge() -> JsonObject:
    return section(
        keys.MERGE,
        {
            "from": TEXTS,
            "policy": choice("all", "any", "first", "quorum", "best", "majority"),
            "k": COUNT,
            "by": EXPRESSION,
            "valid": _CONDITION,
            "timeout": DURATION,
        },
        required=("from",),
    )


def _retry() -> JsonObject:
    return section(
        keys.RETRY,
        {
            "attempts": COUNT,
            "backoff": choice("none", "constant", "exponential"),
            "delay": DURATION,
            "on": TEXT_OR_TEXTS,
        },
    )


_PATTERN: dict[str, JsonObject] = {
    "agents": TEXTS,
    "agent": TEXT,
    "n": {"type": "integer", "minimum": 2},
    "by": EXPRESSION,
    "k": COUNT,
    "rounds": COUNT,
    "judge": TEXT,
    "scorer": TEXT,
}


def _pattern(descriptions: Mapping[str, str]) -> JsonObject:
    return section(descriptions, {key: _PATTERN[key] for key in descriptions})


# --------------------------------------------------------------------------------------- trees


def tree_schema() -> JsonObject:
    """A part of a behaviour tree: the name of a node, or a mapping with one key."""
    leaf = section(
        {key: trees.TREE[key] for key in ("node", "success")},
        {"node": TEXT, "success": _CONDITION},
        required=("node",),
    )
    kinds: list[Json] = [
        section({kind: trees.TREE[kind]}, {kind: schema}, required=(kind,))
        for kind, schema in _tree_kinds().items()
    ]
    return {"description": "A part of a behaviour tree.", "anyOf": [TEXT, leaf, *kinds]}


def _tree_kinds() -> dict[str, JsonObject]:
    parts: JsonObject = {"type": "array", "items": _TREE, "minItems": 1}
    need: JsonObject = {"anyOf": [{"const": "all"}, COUNT]}
    parallel = section(trees.TREE_PARALLEL, {"need": need, "do": parts}, required=("do",))
    return {
        "sequence": parts,
        "selector": parts,
        "parallel": {"anyOf": [parts, parallel]},
        "condition": _CONDITION,
        "retry": _decorator(trees.TREE_RETRY, {"attempts": COUNT}, "attempts"),
        "timeout": _decorator(trees.TREE_TIMEOUT, {"after": DURATION}, "after"),
        "guard": _decorator(trees.TREE_GUARD, {"if": _CONDITION}, "if"),
        "invert": _TREE,
        "repeat": _decorator(trees.TREE_REPEAT, {"times": COUNT, "until": _CONDITION}, "times"),
        "once": _TREE,
        "budget": _decorator(
            trees.TREE_BUDGET, {"usd": NUMBER, "requests": {"type": "integer", "minimum": 0}}
        ),
    }


def _decorator(
    descriptions: Mapping[str, str], settings: Mapping[str, JsonObject], *required: str
) -> JsonObject:
    return section(descriptions, {**settings, "do": _TREE}, required=(*required, "do"))
