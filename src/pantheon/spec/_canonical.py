"""Definitions as JSON and back, exactly; and the content hashes that name their versions.

A run is pinned to hashes and must be resumable after the file was edited, so the JSON holds all
that matters (the text of prompts, the order of fields) and nothing that does not (where it was
written). What definitions have gained since is left out where it has its default: so what was
stored before can be read, and keeps its hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

from pantheon.errors import SpecError
from pantheon.ids import ContentHash, Json, JsonObject, hash_json
from pantheon.spec._canonical_flow import (
    FORMAT,
    flow_from_body,
    flow_to_body,
    plain,
    without_defaults,
)
from pantheon.spec._constants import NOWHERE
from pantheon.spec._expression import parse_expression
from pantheon.spec._flow_model import (
    FlowDef,
)
from pantheon.spec._model import (
    NO_RESOURCES,
    AgentDef,
    CloudTier,
    CommandTier,
    HumanTier,
    MemoryDef,
    Project,
    Promise,
    PromptTier,
    PythonTier,
    Resources,
    Rule,
    RulesTier,
    SpecialistTier,
    Tier,
)
from pantheon.spec._order import keep_order, order_example, restore_order
from pantheon.spec._same import EXACT, parse_same
from pantheon.spec._skill_model import (
    context_from_json,
    context_to_json,
    skill_from_json,
    skill_to_json,
)
from pantheon.spec._uses import agents_of, definitions_for, flows_of, memory_of

_TIERS: dict[str, type[Tier]] = {
    "specialist": SpecialistTier,
    "prompt": PromptTier,
    "cloud": CloudTier,
    "python": PythonTier,
    "command": CommandTier,
    "human": HumanTier,
    "rules": RulesTier,
}

_NEWER: JsonObject = {
    "resources": None,
    "deterministic": False,
    "cache": None,
    "same": str(EXACT),
    "critical": [],
    "context": [],
    "skills": [],
}
"""What agents have gained, with its defaults."""


def agent_hash(agent: AgentDef) -> ContentHash:
    """Content hash of an agent: equal exactly when it would behave the same.

    The text of prompts and of context counts, the names of the files they came from do not.
    """
    body = to_json(agent)
    for tier in cast("list[JsonObject]", body["tiers"]):
        tier.pop("template_path", None)
    for file in cast("list[JsonObject]", body.get("context", [])):
        file.pop("path", None)
    return hash_json(body)


def flow_hash(flow: FlowDef, project: Project) -> ContentHash:
    """Content hash of a flow with all that it uses: agents, other flows, long-term stores."""
    flows = flows_of(flow, project)
    every = [flow, *flows.values()]
    known = definitions_for([one.name for one in every], project)
    agents = frozenset[str]().union(*map(agents_of, every)) & set(known)
    stores = frozenset[str]().union(*map(memory_of, every)) & set(project.memory)
    body: JsonObject = {
        "flow": to_json(flow),
        "agents": {name: agent_hash(known[name]) for name in sorted(agents)},
    }
    newer: JsonObject = {
        "flows": {name: to_json(used) for name, used in flows.items()},
        "memory": {name: memory_to_json(project.memory[name]) for name in sorted(stores)},
    }
    return hash_json({**body, **without_defaults(newer, {"flows": {}, "memory": {}})})


def to_json(definition: AgentDef | FlowDef) -> JsonObject:
    """The definition as JSON, for `agent_from_json` or `flow_from_json`."""
    if isinstance(definition, AgentDef):
        return _agent_to_json(definition)
    return flow_to_body(definition)


def agent_from_json(body: JsonObject) -> AgentDef:
    """The agent that `to_json` was given, but for where it was written; raises SpecError."""
    return _read(_agent_from_json, body, "agent")


def flow_from_json(body: JsonObject) -> FlowDef:
    """The flow that `to_json` was given, but for where it was written; raises SpecError."""
    return _read(flow_from_body, body, "flow")


def memory_to_json(memory: MemoryDef) -> JsonObject:
    """A long-term store's definition as JSON, for `memory_from_json`."""
    return {
        "format": FORMAT,
        "scope": memory.scope,
        "schema": keep_order(memory.schema),
        "initial": memory.initial,
    }


def memory_from_json(body: JsonObject) -> MemoryDef:
    """The definition that `memory_to_json` was given; raises SpecError."""
    return _read(_memory_from_json, body, "memory")


def _read(build: Callable[[Any], Any], body: JsonObject, kind: str) -> Any:
    if body.get("format") != FORMAT:
        message = f"The stored {kind} is of format {body.get('format')!r}, not {FORMAT}."
        raise SpecError(message, hint="use the version of the program that stored it")
    try:
        return build(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"The stored {kind} cannot be read: {error!r}."
        raise SpecError(message, hint="the database may be damaged") from None


def _memory_from_json(body: Any) -> MemoryDef:
    return MemoryDef(body["scope"], restore_order(body["schema"]), body["initial"])


def _agent_to_json(agent: AgentDef) -> JsonObject:
    newer: JsonObject = {
        "resources": None if agent.resources == NO_RESOURCES else plain(asdict(agent.resources)),
        "deterministic": agent.deterministic,
        "cache": agent.cache,
        "same": str(agent.same),
        "critical": list(agent.critical),
        "context": [context_to_json(file) for file in agent.context],
        "skills": [skill_to_json(skill) for skill in agent.skills],
    }
    return {
        "format": FORMAT,
        "name": agent.name,
        "description": agent.description,
        "input": keep_order(agent.input),
        "output": keep_order(agent.output),
        "tiers": [_tier_to_json(tier) for tier in agent.tiers],
        "promise": _promise_to_json(agent.promise) if agent.promise else None,
        "privacy": agent.privacy,
        "version": agent.version,
        "tools": list(agent.tools),
        "cost": agent.cost,
        "validators": list(agent.validators),
        "examples": list(agent.examples),
        **without_defaults(newer, _NEWER),
    }


def _promise_to_json(promise: Promise) -> JsonObject:
    return without_defaults(plain(asdict(promise)), {"quality": None})


def _tier_to_json(tier: Tier) -> Json:
    if isinstance(tier, RulesTier):
        rules: list[Json] = [{"when": r.when.source, "give": r.give} for r in tier.rules]
        return {"kind": tier.kind, "rules": rules}
    return without_defaults(plain(asdict(tier)), {"process": False})


def _agent_from_json(body: Any) -> AgentDef:
    input, output = restore_order(body["input"]), restore_order(body["output"])
    resources = body.get("resources")
    return AgentDef(
        name=body["name"],
        description=body["description"],
        input=input,
        output=output,
        tiers=tuple(_tier_from_json(tier, output) for tier in body["tiers"]),
        promise=Promise(**body["promise"]) if body["promise"] else None,
        privacy=body["privacy"],
        version=body["version"],
        tools=tuple(body["tools"]),
        cost=body["cost"],
        validators=tuple(body["validators"]),
        examples=tuple(order_example(example, input, output) for example in body["examples"]),
        resources=Resources(**resources) if resources else NO_RESOURCES,
        deterministic=body.get("deterministic", False),
        cache=body.get("cache"),
        same=parse_same(body.get("same", str(EXACT))),
        critical=tuple(body.get("critical", ())),
        context=tuple(map(context_from_json, body.get("context", ()))),
        skills=tuple(map(skill_from_json, body.get("skills", ()))),
    )


def _tier_from_json(body: Any, output: JsonObject) -> Tier:
    fields = dict(body)
    kind = _TIERS[fields.pop("kind")]
    if "rules" in fields:
        fields["rules"] = tuple(_rule_from_json(rule, output) for rule in fields["rules"])
    if "argv" in fields:
        fields["argv"] = tuple(fields["argv"])
    return kind(**fields)


def _rule_from_json(body: Any, output: JsonObject) -> Rule:
    give = order_example({"output": body["give"]}, {}, output)["output"]
    return Rule(parse_expression(body["when"], NOWHERE), cast("JsonObject", give))
