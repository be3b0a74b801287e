"""JSON Schema of `pantheon.yaml` for editors: completion, descriptions, first checks.

Made from the same tables of keys that the loader reads, so the two cannot drift apart. The loader
checks far more: names, types across nodes, cycles.
"""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys

_TEXT: JsonObject = {"type": "string"}
_LABEL: JsonObject = {"type": ["string", "number"]}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_TEXT_OR_TEXTS: JsonObject = {"anyOf": [_TEXT, _TEXTS]}
_NUMBER: JsonObject = {"type": "number", "minimum": 0}
_COUNT: JsonObject = {"type": "integer", "minimum": 1}
_REFERENCE: JsonObject = {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"}
_DURATION: JsonObject = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|min|h|d)?$"},
    ]
}
_SIZE: JsonObject = {
    "anyOf": [_COUNT, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*([KMGTkmgt]i?)?[Bb]?$"}]
}
_SHARE: JsonObject = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"},
    ]
}
_EXPRESSION: JsonObject = {
    "description": "An expression such as `triage.team`, or a value.",
    "type": ["string", "number", "boolean", "null", "array", "object"],
}
_EXPRESSIONS: JsonObject = {"type": "object", "additionalProperties": _EXPRESSION}
_CONTRACT: JsonObject = {"$ref": "#/$defs/contract"}


def json_schema() -> JsonObject:
    """The schema, draft 2020-12; every key has a description."""
    top = _section(
        keys.PROJECT,
        {
            "version": {"const": 1},
            "include": _TEXT_OR_TEXTS,
            "models": _named("model"),
            "agents": _named("agent"),
            "flows": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"$ref": "#/$defs/flow"}, {"$ref": "#/$defs/originalFlow"}]
                },
            },
            "router": {"$ref": "#/$defs/router"},
            "night": {"$ref": "#/$defs/night"},
        },
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pantheon project",
        **top,
        "$defs": {
            "contract": _contract(),
            "model": _model(),
            "agent": _agent(),
            "tier": _tier(),
            "flow": _flow(),
            "node": _node(),
            "originalFlow": _original_flow(),
            "router": _router(),
            "night": _night(),
        },
    }


def _section(
    descriptions: Mapping[str, str],
    types: Mapping[str, JsonObject],
    *,
    required: tuple[str, ...] = (),
) -> JsonObject:
    """An object with exactly these keys, each with its description."""
    assert set(descriptions) == set(types), set(descriptions) ^ set(types)
    properties: JsonObject = {
        key: {"description": text, **types[key]} for key, text in descriptions.items()
    }
    schema: JsonObject = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**schema, "required": list[Json](required)} if required else schema


def _named(kind: str) -> JsonObject:
    return {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{kind}"}}


def _choice(*options: str) -> JsonObject:
    return {"enum": list[Json](options)}


def _contract() -> JsonObject:
    return {
        "description": "Short form (`{text: string, note?: string}`), JSON Schema, or one tag.",
        "anyOf": [_TEXT, {"type": "object"}],
    }


def _model() -> JsonObject:
    return _section(
        keys.MODEL,
        {
            "engine": _choice("llama.cpp", "openai"),
            "weights": _TEXT,
            "base_url": _TEXT,
            "model": _TEXT,
            "api_key_env": {"type": "string", "pattern": r"^[A-Za-z_]\w*$"},
            "price": _section(keys.PRICE, {"input": _NUMBER, "output": _NUMBER}),
            "timeout": _DURATION,
            "max_retries": {"type": "integer", "minimum": 0},
            "threads": _COUNT,
        },
        required=("engine",),
    )


def _agent() -> JsonObject:
    pair = _section(keys.EXAMPLE, {"input": {"type": "object"}, "output": {"type": "object"}})
    return _section(
        keys.AGENT,
        {
            "description": _TEXT,
            "input": _CONTRACT,
            "output": _CONTRACT,
            "tiers": {"type": "array", "items": {"$ref": "#/$defs/tier"}, "minItems": 1},
            "promise": _section(keys.PROMISE, dict.fromkeys(keys.PROMISE, _SHARE)),
            "privacy": _choice("any", "local"),
            "version": _LABEL,
            "tools": _TEXTS,
            "cost": _NUMBER,
            "validators": {"type": "array", "items": _REFERENCE},
            "examples": {"type": "array", "items": pair},
        },
        required=("input", "output"),
    )


def _tier() -> JsonObject:
    """A name, or one name with its settings."""
    settings = _tier_settings()
    named: list[Json] = [
        {
            "type": "object",
            "properties": {kind: {"description": keys.TIERS[kind], **schema}},
            "required": [kind],
            "additionalProperties": False,
        }
        for kind, schema in settings.items()
    ]
    bare: list[Json] = [
        {"const": kind, "description": keys.TIERS[kind]}
        for kind in ("specialist", "prompt", "cloud", "human")
    ]
    return {"anyOf": [*bare, *named]}


def _tier_settings() -> dict[str, JsonObject]:
    share: JsonObject = {"type": "number", "minimum": 0, "maximum": 1}
    prompt = {"model": _TEXT, "template": _TEXT, "min_confidence": share, "max_tokens": _COUNT}
    cloud = {"model": _TEXT, "template": _TEXT, "max_tokens": _COUNT}
    argv: JsonObject = {"type": "array", "items": _LABEL, "minItems": 1}
    python = _section(keys.PYTHON_TIER, {"function": _REFERENCE, "timeout": _DURATION})
    command = _section(keys.COMMAND_TIER, {"argv": argv, "timeout": _DURATION})
    return {
        "prompt": {"anyOf": [_TEXT, _section(keys.PROMPT_TIER, prompt)]},
        "cloud": {"anyOf": [_TEXT, _section(keys.CLOUD_TIER, cloud)]},
        "python": {"anyOf": [_REFERENCE, python]},
        "command": {"anyOf": [argv, command]},
        "human": {"anyOf": [_TEXT, _section(keys.HUMAN_TIER, {"question": _TEXT})]},
    }


def _flow() -> JsonObject:
    return _section(
        keys.FLOW,
        {
            "description": _TEXT,
            "examples": _TEXTS,
            "input": _CONTRACT,
            "nodes": _named("node"),
            "output": {"anyOf": [_TEXT, _EXPRESSIONS]},
            "timeout": _DURATION,
        },
        required=("input", "nodes", "output"),
    )


def _node() -> JsonObject:
    over = _section(keys.MAP, {"over": _EXPRESSION, "concurrency": _COUNT}, required=("over",))
    merge = _section(
        keys.MERGE, {"from": _TEXTS, "policy": _choice("all", "any")}, required=("from",)
    )
    settings = _section(
        keys.NODE,
        {
            "agent": _TEXT,
            "in": _EXPRESSIONS,
            "when": {"type": ["string", "boolean"]},
            "map": {"anyOf": [_TEXT, {"type": "array"}, over]},
            "merge": {"anyOf": [_TEXTS, merge]},
            "retry": {"anyOf": [_COUNT, _retry()]},
            "timeout": _DURATION,
            "fallback": _TEXT,
            "cross_check": _section(keys.CROSS_CHECK, {"judge": _TEXT, "compare": _REFERENCE}),
            "reviews": _TEXT,
            "after": _TEXT_OR_TEXTS,
        },
    )
    return {"anyOf": [_TEXT, settings]}


def _retry() -> JsonObject:
    return _section(
        keys.RETRY,
        {
            "attempts": _COUNT,
            "backoff": _choice("none", "constant", "exponential"),
            "delay": _DURATION,
            "on": _TEXT_OR_TEXTS,
        },
    )


def _original_flow() -> JsonObject:
    node = _section(
        keys.ORIGINAL_NODE, {"agent": _TEXT, "inputSources": _TEXTS}, required=("agent",)
    )
    output = _section({"agent": "The agent whose output is the flow's."}, {"agent": _TEXT})
    return _section(
        keys.ORIGINAL_FLOW,
        {
            "rootInputType": _TEXT,
            "nodes": {"type": "array", "items": node},
            "outputNode": {"anyOf": [_TEXT, output]},
        },
        required=("rootInputType", "nodes", "outputNode"),
    )


def _router() -> JsonObject:
    return _section(
        keys.ROUTER,
        {
            "flows": _TEXT_OR_TEXTS,
            "otherwise": _TEXT,
            "min_similarity": {"type": "number", "minimum": -1, "maximum": 1},
        },
        required=("flows",),
    )


def _night() -> JsonObject:
    budget = _section(
        keys.BUDGET, {"cloud_usd": _NUMBER, "cpu": _COUNT, "memory": _SIZE, "time": _DURATION}
    )
    return _section(
        keys.NIGHT,
        {
            "window": {"type": "string", "pattern": r"^\d\d:\d\d-\d\d:\d\d$"},
            "budget": budget,
            "promote": _choice("auto", "review"),
        },
    )
