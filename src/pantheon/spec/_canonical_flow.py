"""Flows as JSON and back: nodes, policies, trees. What has its default is left out where it is newer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from pantheon.ids import Json, JsonObject
from pantheon.spec._constants import (
    NOWHERE,
)
from pantheon.spec._expression import Expression, parse_expression
from pantheon.spec._flow_model import (
    ContextKey,
    CrossCheck,
    FlowDef,
    Loop,
    Merge,
    NodeDef,
    Planned,
    Retry,
    TreeDef,
    Wait,
)
from pantheon.spec._order import keep_order, restore_order

FORMAT = 1


def plain(fields: Mapping[str, Any]) -> JsonObject:
    """The fields of a dataclass, tuples as lists."""
    return {
        k: list(cast("tuple[Json]", v)) if isinstance(v, tuple) else v for k, v in fields.items()
    }


def without_defaults(fields: JsonObject, defaults: Mapping[str, Json]) -> JsonObject:
    """Only the fields that say more than their default."""
    return {k: v for k, v in fields.items() if k not in defaults or v != defaults[k]}


def flow_to_body(flow: FlowDef) -> JsonObject:
    """The flow as JSON."""
    newer: JsonObject = {
        "context": {name: _key_to_json(key) for name, key in flow.context.items()},
        "tree": _tree_to_json(flow.tree) if flow.tree else None,
        "priority": flow.priority,
    }
    return {
        "format": FORMAT,
        "name": flow.name,
        "description": flow.description,
        "examples": list(flow.examples),
        "input": keep_order(flow.input),
        "nodes": [_node_to_json(node) for node in flow.nodes.values()],
        "output": _sources(flow.output),
        "output_schema": keep_order(flow.output_schema),
        "timeout": flow.timeout,
        **without_defaults(newer, {"context": {}, "tree": None, "priority": 0}),
    }


def flow_from_body(body: Any) -> FlowDef:
    """The flow that `flow_to_body` was given."""
    nodes = [_node_from_json(node) for node in body["nodes"]]
    context = {name: _key_from_json(key) for name, key in body.get("context", {}).items()}
    return FlowDef(
        name=body["name"],
        description=body["description"],
        examples=tuple(body["examples"]),
        input=restore_order(body["input"]),
        nodes={node.name: node for node in nodes},
        output=_expressions(body["output"]),
        output_schema=restore_order(body["output_schema"]),
        timeout=body["timeout"],
        context=context,
        tree=_tree_from_json(body["tree"]) if body.get("tree") else None,
        priority=body.get("priority", 0),
    )


def _sources(expressions: Mapping[str, Expression]) -> list[Json]:
    """Pairs rather than an object: their order is shown to users."""
    return [[name, expression.source] for name, expression in expressions.items()]


def _expressions(pairs: Any) -> dict[str, Expression]:
    return {name: parse_expression(source, NOWHERE) for name, source in pairs}


def _source(expression: Expression | None) -> str | None:
    return expression.source if expression else None


def _expression(source: str | None) -> Expression | None:
    return None if source is None else parse_expression(source, NOWHERE)


# -------------------------------------------------------------------------------------- nodes


def _node_to_json(node: NodeDef) -> JsonObject:
    retry, check = node.retry, node.cross_check
    return {
        "name": node.name,
        "agent": node.agent,
        "inputs": _sources(node.inputs),
        "when": _source(node.when),
        "map": _source(node.map),
        "concurrency": node.concurrency,
        "merge": _merge_to_json(node.merge) if node.merge else None,
        "retry": plain(asdict(retry)) if retry else None,
        "timeout": node.timeout,
        "fallback": node.fallback,
        "cross_check": plain(asdict(check)) if check else None,
        "reviews": node.reviews,
        "constraint": node.constraint,
        "after": list(node.after),
        **_newer_to_json(node),
    }


_NEWER: dict[str, Json] = {
    "flow": None,
    "body": None,
    "plan": None,
    "wait": None,
    "loop": None,
    "on_error": "fail",
    "give": None,
    "writes": [],
}


def _newer_to_json(node: NodeDef) -> JsonObject:
    fields: JsonObject = {
        "flow": node.flow,
        "body": flow_to_body(node.body) if node.body else None,
        "plan": _plan_to_json(node.plan) if node.plan else None,
        "wait": _wait_to_json(node.wait) if node.wait else None,
        "loop": _loop_to_json(node.loop) if node.loop else None,
        "on_error": node.on_error,
        "give": node.give,
        "writes": _sources(node.writes),
    }
    return without_defaults(fields, _NEWER)


def _node_from_json(body: Any) -> NodeDef:
    retry, check, merge = body["retry"], body["cross_check"], body["merge"]
    return NodeDef(
        name=body["name"],
        agent=body["agent"],
        inputs=_expressions(body["inputs"]),
        when=_expression(body["when"]),
        map=_expression(body["map"]),
        concurrency=body["concurrency"],
        merge=_merge_from_json(merge) if merge else None,
        retry=_retry_from_json(retry) if retry else None,
        timeout=body["timeout"],
        fallback=body["fallback"],
        cross_check=CrossCheck(**check) if check else None,
        reviews=body["reviews"],
        constraint=body["constraint"],
        after=tuple(body["after"]),
        **_newer_from_json(body),
    )


def _newer_from_json(stored: Any) -> dict[str, Any]:
    body: dict[str, Any] = {**_NEWER, **stored}
    return {
        "flow": body["flow"],
        "body": flow_from_body(body["body"]) if body["body"] else None,
        "plan": _plan_from_json(body["plan"]) if body["plan"] else None,
        "wait": _wait_from_json(body["wait"]) if body["wait"] else None,
        "loop": _loop_from_json(body["loop"]) if body["loop"] else None,
        "on_error": body["on_error"],
        "give": body["give"],
        "writes": _expressions(body["writes"]),
    }


def _retry_from_json(body: Any) -> Retry:
    return Retry(body["attempts"], body["backoff"], body["delay"], tuple(body["on"]))


def _merge_to_json(merge: Merge) -> JsonObject:
    newer: JsonObject = {
        "k": merge.k,
        "by": _source(merge.by),
        "valid": _source(merge.valid),
        "timeout": merge.timeout,
    }
    absent = dict.fromkeys(newer)
    return {
        "sources": list(merge.sources),
        "policy": merge.policy,
        **without_defaults(newer, absent),
    }


def _merge_from_json(body: Any) -> Merge:
    by, valid = _expression(body.get("by")), _expression(body.get("valid"))
    return Merge(
        tuple(body["sources"]), body["policy"], body.get("k"), by, valid, body.get("timeout")
    )


def _loop_to_json(loop: Loop) -> JsonObject:
    return {"until": loop.until.source, "max": loop.max, "exhausted": loop.exhausted}


def _loop_from_json(body: Any) -> Loop:
    return Loop(parse_expression(body["until"], NOWHERE), body["max"], body["exhausted"])


def _plan_to_json(plan: Planned) -> JsonObject:
    return {
        "source": plan.source.source,
        "agents": list(plan.agents),
        "max_nodes": plan.max_nodes,
    }


def _plan_from_json(body: Any) -> Planned:
    source = parse_expression(body["source"], NOWHERE)
    return Planned(source, tuple(body["agents"]), body["max_nodes"])


def _wait_to_json(wait: Wait) -> JsonObject:
    return {
        "seconds": _source(wait.seconds),
        "event": wait.event,
        "schema": keep_order(wait.schema),
    }


def _wait_from_json(body: Any) -> Wait:
    return Wait(_expression(body["seconds"]), body["event"], restore_order(body["schema"]))


# ---------------------------------------------------------------------------- context and tree


def _key_to_json(key: ContextKey) -> JsonObject:
    return {
        "schema": keep_order(key.schema),
        "initial": key.initial,
        "readers": None if key.readers is None else list(key.readers),
        "writers": None if key.writers is None else list(key.writers),
    }


def _key_from_json(body: Any) -> ContextKey:
    readers, writers = body["readers"], body["writers"]
    return ContextKey(
        schema=restore_order(body["schema"]),
        initial=body["initial"],
        readers=None if readers is None else tuple(readers),
        writers=None if writers is None else tuple(writers),
    )


_LEAF: dict[str, Json] = {
    "children": [],
    "node": None,
    "test": None,
    "count": None,
    "seconds": None,
    "usd": None,
    "requests": None,
}


def _tree_to_json(tree: TreeDef) -> JsonObject:
    fields: JsonObject = {
        "kind": tree.kind,
        "children": [_tree_to_json(child) for child in tree.children],
        "node": tree.node,
        "test": _source(tree.test),
        "count": tree.count,
        "seconds": tree.seconds,
        "usd": tree.usd,
        "requests": tree.requests,
    }
    return without_defaults(fields, _LEAF)


def _tree_from_json(stored: Any) -> TreeDef:
    body: dict[str, Any] = {**_LEAF, **stored}
    return TreeDef(
        kind=body["kind"],
        children=tuple(_tree_from_json(child) for child in body["children"]),
        node=body["node"],
        test=_expression(body["test"]),
        count=body["count"],
        seconds=body["seconds"],
        usd=body["usd"],
        requests=body["requests"],
    )
