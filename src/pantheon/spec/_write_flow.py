"""Flows as a person would write them: typed definitions → what `pantheon.yaml` would hold.

Patterns (vote, debate, best_of) come out as the flow they are short for; what is read back is
equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pantheon.ids import Json, JsonObject
from pantheon.spec._constants import ANY_OBJECT
from pantheon.spec._expression import Expression
from pantheon.spec._flow_model import (
    ContextKey,
    FlowDef,
    Loop,
    Merge,
    NodeDef,
    Retry,
    TreeDef,
    Wait,
)
from pantheon.spec._parameters import escape_definition
from pantheon.spec._write_contract import write_contract, write_type


def write_flow(flow: FlowDef) -> JsonObject:
    """What stands below a flow's name."""
    written = _without_nothing(
        {
            "description": flow.description,
            "examples": list(flow.examples),
            "timeout": write_number(flow.timeout),
            "priority": flow.priority or None,
            "input": write_contract(flow.input),
            **_parts(flow),
        },
        kept=("input", "nodes", "output"),
    )
    return escape_definition(written)


def _parts(flow: FlowDef) -> JsonObject:
    """What a flow and a node with nodes of its own have in common."""
    return {
        "context": {name: _write_key(key) for name, key in flow.context.items()},
        "nodes": {name: _write_node(node) for name, node in flow.nodes.items()},
        "tree": None if flow.tree is None else _write_tree(flow.tree),
        "output": _texts(flow.output),
    }


def _without_nothing(fields: JsonObject, kept: tuple[str, ...] = ()) -> JsonObject:
    """Only what says something."""
    empty: tuple[Json, ...] = (None, "", [], {})
    return {k: v for k, v in fields.items() if k in kept or v not in empty}


def write_number(value: float | None) -> Json:
    """A whole number without a fraction."""
    return int(value) if value is not None and float(value).is_integer() else value


def _texts(expressions: Mapping[str, Expression]) -> JsonObject:
    return {name: expression.source for name, expression in expressions.items()}


def _text(expression: Expression | None) -> str | None:
    return None if expression is None else expression.source


def _write_key(key: ContextKey) -> Json:
    """A key of the context."""
    more = _without_nothing({"initial": key.initial})
    more |= {} if key.readers is None else {"read": list(key.readers)}
    more |= {} if key.writers is None else {"write": list(key.writers)}
    return {"type": write_type(key.schema), **more} if more else write_type(key.schema)


# --------------------------------------------------------------------------------------- nodes


def _write_node(node: NodeDef) -> JsonObject:
    return {
        **_runs(node),
        **_without_nothing(
            {
                "in": {} if node.by_name else _texts(node.inputs),
                "when": _text(node.when),
                "map": _write_map(node),
                "loop": _write_loop(node.loop),
                "retry": _write_retry(node.retry),
                "timeout": write_number(node.timeout),
                "fallback": node.fallback,
                "on_error": _write_on_error(node),
                "cross_check": _write_cross_check(node),
                "reviews": node.reviews,
                "after": list(node.after),
                "writes": _texts(node.writes),
            }
        ),
    }


def _runs(node: NodeDef) -> JsonObject:
    """What the node runs."""
    if node.body is not None:
        given = {} if node.body.input == ANY_OBJECT else {"input": write_contract(node.body.input)}
        return {**given, **_without_nothing(_parts(node.body), kept=("nodes", "output"))}
    if node.flow is not None:
        return {"flow": node.flow}
    if node.merge is not None:
        return {"merge": _write_merge(node.merge)}
    if node.plan is not None:
        plan = node.plan
        return {"plan": plan.source.source, "agents": [*plan.agents], "max_nodes": plan.max_nodes}
    if node.wait is not None:
        return {"wait": _write_wait(node.wait)}
    return {"agent": f"{node.agent}@{node.constraint}" if node.constraint else node.agent}


def _write_map(node: NodeDef) -> Json:
    if node.map is None or node.concurrency == 8:
        return _text(node.map)
    return {"over": node.map.source, "concurrency": node.concurrency}


def _write_loop(loop: Loop | None) -> Json:
    if loop is None:
        return None
    ends: JsonObject = {} if loop.exhausted == "fail" else {"exhausted": loop.exhausted}
    return {"until": loop.until.source, "max": loop.max, **ends}


def _write_retry(retry: Retry | None) -> Json:
    if retry is None:
        return None
    standard = Retry()
    fields: JsonObject = {"attempts": retry.attempts}
    fields |= {} if retry.backoff == standard.backoff else {"backoff": retry.backoff}
    fields |= {} if retry.delay == standard.delay else {"delay": write_number(retry.delay)}
    return {**fields, "on": list(retry.on)} if retry.on else fields


def _write_on_error(node: NodeDef) -> Json:
    if node.give is not None:
        return {"give": node.give}
    return None if node.on_error == "fail" else node.on_error


def _write_cross_check(node: NodeDef) -> Json:
    check = node.cross_check
    if check is None:
        return None
    return _without_nothing({"judge": check.judge, "compare": check.compare})


def _write_merge(merge: Merge) -> Json:
    fields: JsonObject = {
        "policy": None if merge.policy == "all" else merge.policy,
        "k": merge.k,
        "by": _text(merge.by),
        "valid": _text(merge.valid),
        "timeout": write_number(merge.timeout),
    }
    more = _without_nothing(fields)
    return {"from": list(merge.sources), **more}


def _write_wait(wait: Wait) -> Json:
    if wait.seconds is not None:
        return {"for": wait.seconds.source}
    given = {} if wait.schema == ANY_OBJECT else {"output": write_contract(wait.schema)}
    return {"event": wait.event, **given}


# ---------------------------------------------------------------------------------------- trees


def _write_tree(tree: TreeDef) -> Json:
    return _PARTS[tree.kind](tree)


def _children(tree: TreeDef) -> list[Json]:
    return [_write_tree(child) for child in tree.children]


def _write_leaf(tree: TreeDef) -> Json:
    return tree.node if tree.test is None else {"node": tree.node, "success": tree.test.source}


def _write_parallel(tree: TreeDef) -> Json:
    if tree.count is None:
        return {"parallel": _children(tree)}
    return {"parallel": {"need": tree.count, "do": _children(tree)}}


def _around(tree: TreeDef, **settings: Json) -> Json:
    """A part with settings and one part below."""
    return {tree.kind: {**_without_nothing(settings), "do": _write_tree(tree.children[0])}}


def _write_guard(tree: TreeDef) -> Json:
    return {"guard": {"if": _text(tree.test), "do": _write_tree(tree.children[0])}}


_PARTS: dict[str, Callable[[TreeDef], Json]] = {
    "node": _write_leaf,
    "condition": lambda tree: {"condition": _text(tree.test)},
    "sequence": lambda tree: {"sequence": _children(tree)},
    "selector": lambda tree: {"selector": _children(tree)},
    "parallel": _write_parallel,
    "retry": lambda tree: _around(tree, attempts=tree.count),
    "timeout": lambda tree: _around(tree, after=write_number(tree.seconds)),
    "guard": _write_guard,
    "invert": lambda tree: {"invert": _write_tree(tree.children[0])},
    "repeat": lambda tree: _around(tree, times=tree.count, until=_text(tree.test)),
    "once": lambda tree: {"once": _write_tree(tree.children[0])},
    "budget": lambda tree: _around(tree, usd=tree.usd, requests=tree.requests),
}
