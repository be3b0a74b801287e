"""JSON Schema of `pantheon.yaml` for editors: completion, descriptions, first checks.

Made from the same tables of keys that the loader reads, so the two cannot drift apart. The loader
checks far more: names, types across nodes, cycles.
"""

from __future__ import annotations

from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._json_pieces import (
    ANY_VALUE,
    CONTRACT,
    COUNT,
    DURATION,
    EXPRESSION,
    FLAG,
    LABEL,
    NUMBER,
    REFERENCE,
    SHARE,
    SIZE,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    TYPE,
    choice,
    named,
    section,
)
from pantheon.spec._json_schema_flow import flow_schema, key_schema, node_schema, tree_schema
from pantheon.spec._json_schema_parameters import (
    allow_parameters,
    as_overlay,
    filled_in,
    parameters_schema,
)
from pantheon.spec._json_schema_test import TESTS, case_schema

_SAME = r"^(exact|normalised|fields|numeric\(.+\)|set_f1\(.+\)|judge:.+)$"


def json_schema(*, overlay: bool = False) -> JsonObject:
    """The schema, draft 2020-12; every key has a description.

    `overlay`: of a file that is laid over the project, `environments/prod.yaml`.
    """
    whole = allow_parameters(_whole_schema())
    return {**as_overlay(whole), "title": "Pantheon overlay"} if overlay else whole


def _whole_schema() -> JsonObject:
    top = section(
        keys.PROJECT,
        {
            "version": {"const": 1},
            "include": TEXT_OR_TEXTS,
            "parameters": parameters_schema(),
            "models": named("model"),
            "agents": named("agent"),
            "flows": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"$ref": "#/$defs/flow"}, {"$ref": "#/$defs/originalFlow"}]
                },
            },
            "router": {"$ref": "#/$defs/router"},
            "night": {"$ref": "#/$defs/night"},
            "limits": _resources(),
            "memory": named("memory"),
            "store": section(keys.STORE, {"keep_runs": DURATION}),
            "lint": _lint(),
        },
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pantheon project",
        **top,
        "$defs": {
            "parameter": filled_in(),
            "contract": _contract(),
            "model": _model(),
            "agent": _agent(),
            "tier": _tier(),
            "memory": _memory(),
            "test": case_schema(),
            "flow": flow_schema(),
            "node": node_schema(),
            "key": key_schema(),
            "tree": tree_schema(),
            "originalFlow": _original_flow(),
            "router": _router(),
            "night": _night(),
        },
    }


def _contract() -> JsonObject:
    return {
        "description": "Short form (`{text: string, note?: string}`), JSON Schema, or one tag.",
        "anyOf": [TEXT, {"type": "object"}],
    }


def _resources() -> JsonObject:
    return section(keys.RESOURCES, {"cpu": NUMBER, "memory": SIZE, "gpu": NUMBER})


def _lint() -> JsonObject:
    reasons: JsonObject = {"type": "object", "additionalProperties": TEXT}
    levels = dict.fromkeys(("error", "warning", "info"), TEXT_OR_TEXTS)
    return section(keys.LINT, {"ignore": reasons, **levels})


def _memory() -> JsonObject:
    return section(
        keys.MEMORY,
        {"scope": choice("flow", "agent", "user"), "type": TYPE, "initial": ANY_VALUE},
        required=("scope", "type"),
    )


def _model() -> JsonObject:
    return section(
        keys.MODEL,
        {
            "engine": choice("llama.cpp", "openai"),
            "weights": TEXT,
            "base_url": TEXT,
            "model": TEXT,
            "api_key_env": {"type": "string", "pattern": r"^[A-Za-z_]\w*$"},
            "price": section(keys.PRICE, {"input": NUMBER, "output": NUMBER}),
            "timeout": DURATION,
            "max_retries": {"type": "integer", "minimum": 0},
            "threads": COUNT,
            "context": COUNT,
            "limits": section(
                keys.MODEL_LIMITS,
                {
                    "concurrent": COUNT,
                    "requests_per_minute": NUMBER,
                    "tokens_per_minute": NUMBER,
                },
            ),
            "breaker": section(keys.BREAKER, {"failures": COUNT, "cooldown": DURATION}),
        },
        required=("engine",),
    )


def _agent() -> JsonObject:
    pair = section(keys.EXAMPLE, {"input": {"type": "object"}, "output": {"type": "object"}})
    return section(
        keys.AGENT,
        {
            "description": TEXT,
            "input": CONTRACT,
            "output": CONTRACT,
            "tiers": {"type": "array", "items": {"$ref": "#/$defs/tier"}, "minItems": 1},
            "promise": section(keys.PROMISE, dict.fromkeys(keys.PROMISE, SHARE)),
            "privacy": choice("any", "local"),
            "version": LABEL,
            "tools": TEXTS,
            "cost": NUMBER,
            "validators": {"type": "array", "items": REFERENCE},
            "examples": {"type": "array", "items": pair},
            "resources": _resources(),
            "deterministic": FLAG,
            "cache": {"anyOf": [FLAG, choice("on", "off"), DURATION]},
            "same": {"type": "string", "pattern": _SAME},
            "critical": {"type": "array", "items": {"type": "object", "minProperties": 1}},
            "context": TEXT_OR_TEXTS,
            "skills": TEXT_OR_TEXTS,
            "tests": TESTS,
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
    prompt = {"model": TEXT, "template": TEXT, "min_confidence": share, "max_tokens": COUNT}
    cloud = {"model": TEXT, "template": TEXT, "max_tokens": COUNT}
    argv: JsonObject = {"type": "array", "items": LABEL, "minItems": 1}
    python = section(
        keys.PYTHON_TIER, {"function": REFERENCE, "timeout": DURATION, "process": FLAG}
    )
    command = section(keys.COMMAND_TIER, {"argv": argv, "timeout": DURATION})
    output: JsonObject = {"type": "object"}
    rule = section(keys.RULE, {"when": EXPRESSION, "give": output}, required=("when", "give"))
    return {
        "prompt": {"anyOf": [TEXT, section(keys.PROMPT_TIER, prompt)]},
        "cloud": {"anyOf": [TEXT, section(keys.CLOUD_TIER, cloud)]},
        "python": {"anyOf": [REFERENCE, python]},
        "command": {"anyOf": [argv, command]},
        "human": {"anyOf": [TEXT, section(keys.HUMAN_TIER, {"question": TEXT})]},
        "rules": {"type": "array", "items": rule, "minItems": 1},
    }


def _original_flow() -> JsonObject:
    node = section(keys.ORIGINAL_NODE, {"agent": TEXT, "inputSources": TEXTS}, required=("agent",))
    output = section({"agent": "The agent whose output is the flow's."}, {"agent": TEXT})
    return section(
        keys.ORIGINAL_FLOW,
        {
            "rootInputType": TEXT,
            "nodes": {"type": "array", "items": node},
            "outputNode": {"anyOf": [TEXT, output]},
        },
        required=("rootInputType", "nodes", "outputNode"),
    )


def _router() -> JsonObject:
    return section(
        keys.ROUTER,
        {
            "flows": TEXT_OR_TEXTS,
            "otherwise": TEXT,
            "min_similarity": {"type": "number", "minimum": -1, "maximum": 1},
        },
        required=("flows",),
    )


def _night() -> JsonObject:
    budget = section(
        keys.BUDGET, {"cloud_usd": NUMBER, "cpu": COUNT, "memory": SIZE, "time": DURATION}
    )
    return section(
        keys.NIGHT,
        {
            "window": {"type": "string", "pattern": r"^\d\d:\d\d-\d\d:\d\d$"},
            "budget": budget,
            "promote": choice("auto", "review"),
            "canary": SHARE,
        },
    )
