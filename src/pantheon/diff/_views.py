"""Definitions as nested values under the keys that people write, so that a path means something.

What is not set is left out. Lists whose parts have names become mappings; a behaviour tree becomes
an outline; a schema becomes its fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast

from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    AgentDef,
    Expression,
    FlowDef,
    MemoryDef,
    ModelDef,
    NodeDef,
    Project,
    RulesTier,
    Skill,
    Tier,
    TreeDef,
)

_NOTHING: tuple[object, ...] = (None, "", (), [], {})


def view_agent(agent: AgentDef) -> JsonObject:
    """An agent under the keys of pantheon.yaml."""
    keys = [tier_key(agent.tiers, at) for at in range(len(agent.tiers))]
    return _set({
        "description": agent.description,
        "version": agent.version,
        "input": view_schema(agent.input),
        "output": view_schema(agent.output),
        "tiers": list(keys),
        **{f"tier {key}": _tier(tier) for key, tier in zip(keys, agent.tiers, strict=True)},
        "context": {file.path: file.text for file in agent.context},
        "skills": {skill.name: _skill(skill) for skill in agent.skills},
        "promise": _plain(asdict(agent.promise)) if agent.promise else None,
        "privacy": None if agent.privacy == "any" else agent.privacy,
        "tools": list(agent.tools),
        "cost": agent.cost,
        "validators": list(agent.validators),
        "examples": list(agent.examples),
        "resources": None if agent.resources.none else _plain(asdict(agent.resources)),
        "deterministic": agent.deterministic or None,
        "cache": agent.cache,
        "same": None if str(agent.same) == "exact" else str(agent.same),
        "critical": list(agent.critical),
    })  # fmt: skip


def tier_key(tiers: tuple[Tier, ...], at: int) -> str:
    """A tier's name among the tiers: its kind, numbered from the second of a kind on."""
    kinds = Counter(tier.kind for tier in tiers[: at + 1])
    kind = tiers[at].kind
    return kind if kinds[kind] == 1 else f"{kind} {kinds[kind]}"


def _tier(tier: Tier) -> JsonObject:
    if isinstance(tier, RulesTier):
        return {f"when {rule.when.source}": rule.give for rule in tier.rules}
    fields = {name: value for name, value in asdict(tier).items() if name != "kind"}
    return _set(_plain({name: value for name, value in fields.items() if value is not False}))


def _skill(skill: Skill) -> JsonObject:
    files: JsonObject = {f.path: f.hash if f.text is None else f.text for f in skill.files}
    return _set({
        "description": skill.description,
        "license": skill.license,
        "compatibility": skill.compatibility,
        "allowed tools": skill.allowed_tools,
        "metadata": dict(skill.metadata),
        "instructions": skill.body,
        "files": files,
    })  # fmt: skip


def view_flow(flow: FlowDef) -> JsonObject:
    """A flow under the keys of pantheon.yaml."""
    return _set({
        "description": flow.description,
        "examples": list(flow.examples),
        "input": view_schema(flow.input),
        "nodes": {name: view_node(node) for name, node in flow.nodes.items()},
        "output": _sources(flow.output),
        "returns": view_schema(flow.output_schema),
        "context": {name: _plain(_context(key)) for name, key in flow.context.items()},
        "tree": "\n".join(_outline(flow.tree, 0)) if flow.tree else None,
        "timeout": flow.timeout,
        "priority": flow.priority or None,
    })  # fmt: skip


def _context(key: Any) -> dict[str, Any]:
    return {**asdict(key), "schema": view_schema(key.schema)}


def view_node(node: NodeDef) -> JsonObject:
    """A node under the keys of pantheon.yaml."""
    agent = f"{node.agent}@{node.constraint}" if node.constraint else node.agent
    body = view_flow(node.body) if node.body else {}
    return _set({
        "agent": agent,
        "flow": node.flow,
        "in": _sources(node.inputs),
        "nodes": body.get("nodes"),
        "output": body.get("output"),
        "when": _source(node.when),
        "map": _source(node.map),
        "concurrency": node.concurrency if node.map else None,
        "merge": _dataclass(node.merge),
        "plan": _dataclass(node.plan),
        "wait": _dataclass(node.wait),
        "loop": _dataclass(node.loop),
        "reviews": node.reviews,
        "after": list(node.after),
        "retry": _dataclass(node.retry),
        "timeout": node.timeout,
        "fallback": node.fallback,
        "cross_check": _dataclass(node.cross_check),
        "on_error": None if node.on_error == "fail" else node.on_error,
        "give": node.give,
        "writes": _sources(node.writes),
    })  # fmt: skip


def view_model(model: ModelDef) -> JsonObject:
    """A model under the keys of pantheon.yaml."""
    return _dataclass(model, without=("name", "where")) or {}


def view_memory(memory: MemoryDef) -> JsonObject:
    """A long-term store under the keys of pantheon.yaml."""
    return _set({
        "scope": memory.scope,
        "schema": view_schema(memory.schema),
        "initial": memory.initial,
    })  # fmt: skip


def view_settings(project: Project) -> dict[str, JsonObject]:
    """What a project says once: router, night, limits, store."""
    found = {
        "router": _dataclass(project.router, without=("where",)),
        "night": _dataclass(project.night, without=("where",)),
        "limits": None if project.limits.none else _plain(asdict(project.limits)),
        "store": _dataclass(project.retention),
    }
    return {name: body for name, body in found.items() if body}


def view_schema(schema: JsonObject) -> JsonObject:
    """The fields of an object with their types, in place of `properties` and `required`."""
    rest = {key: value for key, value in schema.items() if key not in _STRUCTURE}
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        inner = {key: _inner(value) for key, value in schema.items()}
        return inner if inner != {"type": "object"} else {}
    required = schema.get("required")
    needed = cast("list[Json]", required) if isinstance(required, list) else []
    fields: JsonObject = {
        name: _field(field, optional=name not in needed) for name, field in properties.items()
    }
    others = schema.get("additionalProperties", True)
    more: JsonObject = {} if others is False else {"other fields": _inner(others)}
    return {**fields, **more, **{key: _inner(value) for key, value in rest.items()}}


_STRUCTURE = frozenset({"type", "properties", "required", "additionalProperties", "propertyOrder"})


def _field(field: Json, *, optional: bool) -> Json:
    body = _inner(field)
    if not isinstance(body, dict):
        return body
    return {**body, "optional": True} if optional else body


def _inner(value: Json) -> Json:
    return view_schema(value) if isinstance(value, dict) else value


def _outline(tree: TreeDef, depth: int) -> Iterator[str]:
    """A behaviour tree as indented lines, one a part."""
    fields = [
        f"{name} {value}"
        for name, value in (
            ("test", tree.test), ("count", tree.count), ("seconds", tree.seconds),
            ("usd", tree.usd), ("requests", tree.requests),
        )
        if value is not None
    ]  # fmt: skip
    what = tree.node or tree.kind
    yield "  " * depth + what + (f" ({', '.join(fields)})" if fields else "")
    for child in tree.children:
        yield from _outline(child, depth + 1)


def _sources(expressions: Mapping[str, Expression]) -> JsonObject:
    return {name: expression.source for name, expression in expressions.items()}


def _source(expression: Expression | None) -> str | None:
    return expression.source if expression else None


def _dataclass(value: Any, *, without: tuple[str, ...] = ()) -> JsonObject | None:
    """The fields that are set, by name; parts likewise."""
    if value is None:
        return None
    names = [name for name in value.__dataclass_fields__ if name not in without]
    return _set({name: _value(getattr(value, name)) for name in names}) or None


def _value(value: Any) -> Json:
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, tuple):
        return [_value(part) for part in cast("tuple[Any, ...]", value)]
    return _dataclass(value) if hasattr(value, "__dataclass_fields__") else value


def _plain(fields: Mapping[str, Any]) -> JsonObject:
    return _set({
        name: list(cast("tuple[Json]", value)) if isinstance(value, tuple) else value
        for name, value in fields.items()
    })  # fmt: skip


def _set(fields: Mapping[str, Any]) -> JsonObject:
    """Only what says something."""
    return {name: value for name, value in fields.items() if value not in _NOTHING}
