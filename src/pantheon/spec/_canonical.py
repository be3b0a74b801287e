"""Definitions as JSON and back, exactly; and the content hashes that name their versions.

A run is pinned to hashes and must be resumable after the file was edited, so the JSON holds all
that matters (the text of prompts, the order of fields) and nothing that does not (where it was
written). `propertyOrder` keeps the order of a schema's fields through canonical JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, cast

from pantheon.errors import SpecError
from pantheon.ids import ContentHash, Json, JsonObject, hash_json
from pantheon.spec._compatibility import properties_of
from pantheon.spec._expression import Expression, parse_expression
from pantheon.spec._model import (
    NOWHERE,
    AgentDef,
    CloudTier,
    CommandTier,
    CrossCheck,
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
    Tier,
)

FORMAT = 1
_ORDER = "propertyOrder"
_TIERS: dict[str, type[Tier]] = {
    "specialist": SpecialistTier,
    "prompt": PromptTier,
    "cloud": CloudTier,
    "python": PythonTier,
    "command": CommandTier,
    "human": HumanTier,
}


def agent_hash(agent: AgentDef) -> ContentHash:
    """Content hash of an agent: equal exactly when it would behave the same.

    The prompts' text counts, the names of the files they came from do not.
    """
    body = to_json(agent)
    for tier in cast("list[JsonObject]", body["tiers"]):
        tier.pop("template_path", None)
    return hash_json(body)


def flow_hash(flow: FlowDef, project: Project) -> ContentHash:
    """Content hash of a flow with all the agents that it uses."""
    named = {node.agent for node in flow.nodes.values()}
    named |= {node.fallback for node in flow.nodes.values()}
    named |= {node.cross_check.judge for node in flow.nodes.values() if node.cross_check}
    used = sorted(name for name in named if name is not None and name in project.agents)
    agents: JsonObject = {name: agent_hash(project.agents[name]) for name in used}
    return hash_json({"flow": to_json(flow), "agents": agents})


def to_json(definition: AgentDef | FlowDef) -> JsonObject:
    """The definition as JSON, for `agent_from_json` or `flow_from_json`."""
    if isinstance(definition, AgentDef):
        return _agent_to_json(definition)
    return _flow_to_json(definition)


def agent_from_json(body: JsonObject) -> AgentDef:
    """The agent that `to_json` was given, but for where it was written; raises SpecError."""
    return _read(_agent_from_json, body, "agent")


def flow_from_json(body: JsonObject) -> FlowDef:
    """The flow that `to_json` was given, but for where it was written; raises SpecError."""
    return _read(_flow_from_json, body, "flow")


def _read(build: Callable[[Any], Any], body: JsonObject, kind: str) -> Any:
    if body.get("format") != FORMAT:
        message = f"The stored {kind} is of format {body.get('format')!r}, not {FORMAT}."
        raise SpecError(message, hint="use the version of the program that stored it")
    try:
        return build(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"The stored {kind} cannot be read: {error!r}."
        raise SpecError(message, hint="the database may be damaged") from None


# ------------------------------------------------------------------------------------- agents


def _agent_to_json(agent: AgentDef) -> JsonObject:
    tiers: list[Json] = [_plain(asdict(tier)) for tier in agent.tiers]
    return {
        "format": FORMAT,
        "name": agent.name,
        "description": agent.description,
        "input": _keep_order(agent.input),
        "output": _keep_order(agent.output),
        "tiers": tiers,
        "promise": _plain(asdict(agent.promise)) if agent.promise else None,
        "privacy": agent.privacy,
        "version": agent.version,
        "tools": list(agent.tools),
        "cost": agent.cost,
        "validators": list(agent.validators),
        "examples": list(agent.examples),
    }


def _plain(fields: dict[str, Any]) -> JsonObject:
    return {
        k: list(cast("tuple[Json]", v)) if isinstance(v, tuple) else v for k, v in fields.items()
    }


def _agent_from_json(body: Any) -> AgentDef:
    input, output = _restore_order(body["input"]), _restore_order(body["output"])
    return AgentDef(
        name=body["name"],
        description=body["description"],
        input=input,
        output=output,
        tiers=tuple(_tier_from_json(tier) for tier in body["tiers"]),
        promise=Promise(**body["promise"]) if body["promise"] else None,
        privacy=body["privacy"],
        version=body["version"],
        tools=tuple(body["tools"]),
        cost=body["cost"],
        validators=tuple(body["validators"]),
        examples=tuple(order_example(example, input, output) for example in body["examples"]),
    )


def _tier_from_json(body: Any) -> Tier:
    fields = dict(body)
    kind = _TIERS[fields.pop("kind")]
    if "argv" in fields:
        fields["argv"] = tuple(fields["argv"])
    return kind(**fields)


def order_example(example: JsonObject, input: JsonObject, output: JsonObject) -> JsonObject:
    """The example with its fields in the contract's order, so that prompts never change by it."""
    schemas = {"input": input, "output": output}
    return {key: _order_fields(example[key], schemas[key]) for key in schemas if key in example}


def _order_fields(value: Json, schema: JsonObject) -> Json:
    if not isinstance(value, dict):
        return value
    named = [name for name in properties_of(schema) if name in value]
    return {name: value[name] for name in [*named, *sorted(set(value) - set(named))]}


# -------------------------------------------------------------------------------------- flows


def _flow_to_json(flow: FlowDef) -> JsonObject:
    return {
        "format": FORMAT,
        "name": flow.name,
        "description": flow.description,
        "examples": list(flow.examples),
        "input": _keep_order(flow.input),
        "nodes": [_node_to_json(node) for node in flow.nodes.values()],
        "output": _sources(flow.output),
        "output_schema": _keep_order(flow.output_schema),
        "timeout": flow.timeout,
    }


def _sources(expressions: Mapping[str, Expression]) -> list[Json]:
    """Pairs rather than an object: their order is shown to users."""
    return [[name, expression.source] for name, expression in expressions.items()]


def _node_to_json(node: NodeDef) -> JsonObject:
    retry, check, merge = node.retry, node.cross_check, node.merge
    return {
        "name": node.name,
        "agent": node.agent,
        "inputs": _sources(node.inputs),
        "when": node.when.source if node.when else None,
        "map": node.map.source if node.map else None,
        "concurrency": node.concurrency,
        "merge": {"sources": list(merge.sources), "policy": merge.policy} if merge else None,
        "retry": _plain(asdict(retry)) if retry else None,
        "timeout": node.timeout,
        "fallback": node.fallback,
        "cross_check": _plain(asdict(check)) if check else None,
        "reviews": node.reviews,
        "constraint": node.constraint,
        "after": list(node.after),
    }


def _flow_from_json(body: Any) -> FlowDef:
    nodes = [_node_from_json(node) for node in body["nodes"]]
    return FlowDef(
        name=body["name"],
        description=body["description"],
        examples=tuple(body["examples"]),
        input=_restore_order(body["input"]),
        nodes={node.name: node for node in nodes},
        output=_expressions(body["output"]),
        output_schema=_restore_order(body["output_schema"]),
        timeout=body["timeout"],
    )


def _expressions(pairs: Any) -> dict[str, Expression]:
    return {name: parse_expression(source, NOWHERE) for name, source in pairs}


def _optional_expression(source: str | None) -> Expression | None:
    return None if source is None else parse_expression(source, NOWHERE)


def _node_from_json(body: Any) -> NodeDef:
    retry, check, merge = body["retry"], body["cross_check"], body["merge"]
    return NodeDef(
        name=body["name"],
        agent=body["agent"],
        inputs=_expressions(body["inputs"]),
        when=_optional_expression(body["when"]),
        map=_optional_expression(body["map"]),
        concurrency=body["concurrency"],
        merge=Merge(tuple(merge["sources"]), merge["policy"]) if merge else None,
        retry=_retry_from_json(retry) if retry else None,
        timeout=body["timeout"],
        fallback=body["fallback"],
        cross_check=CrossCheck(**check) if check else None,
        reviews=body["reviews"],
        constraint=body["constraint"],
        after=tuple(body["after"]),
    )


def _retry_from_json(body: Any) -> Retry:
    return Retry(body["attempts"], body["backoff"], body["delay"], tuple(body["on"]))


# -------------------------------------------------------------------------------------- order

_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")


def _keep_order(schema: JsonObject) -> JsonObject:
    """The schema with the order of its fields beside them, where sorting would lose it."""
    kept = _map_schemas(schema, _keep_order)
    names = list(properties_of(schema))
    return {**kept, _ORDER: list[Json](names)} if names != sorted(names) else kept


def _restore_order(schema: JsonObject) -> JsonObject:
    kept = _map_schemas(schema, _restore_order)
    order = kept.pop(_ORDER, None)
    properties = kept.get("properties")
    if isinstance(properties, dict):
        names = cast("list[str]", order) if isinstance(order, list) else sorted(properties)
        kept["properties"] = {name: properties[name] for name in names}
    return kept


def _map_schemas(schema: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    """The schema with every schema directly inside it changed."""

    def changed(value: Json) -> Json:
        return change(value) if isinstance(value, dict) else value

    result: JsonObject = {}
    for key, value in schema.items():
        if key in _ONE:
            result[key] = changed(value)
        elif key in _SEVERAL and isinstance(value, list):
            result[key] = [changed(item) for item in value]
        elif key in _NAMED and isinstance(value, dict):
            result[key] = {name: changed(item) for name, item in value.items()}
        else:
            result[key] = value
    return result
