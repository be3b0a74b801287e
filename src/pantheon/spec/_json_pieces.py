"""Pieces of the editor's schema that several of its parts are made of."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import Json, JsonObject

TEXT: JsonObject = {"type": "string"}
LABEL: JsonObject = {"type": ["string", "number"]}
TEXTS: JsonObject = {"type": "array", "items": TEXT}
TEXT_OR_TEXTS: JsonObject = {"anyOf": [TEXT, TEXTS]}
NUMBER: JsonObject = {"type": "number", "minimum": 0}
COUNT: JsonObject = {"type": "integer", "minimum": 1}
REFERENCE: JsonObject = {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"}
DURATION: JsonObject = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|min|h|d)?$"},
    ]
}
SIZE: JsonObject = {
    "anyOf": [COUNT, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*([KMGTkmgt]i?)?[Bb]?$"}]
}
SHARE: JsonObject = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"},
    ]
}
EXPRESSION: JsonObject = {
    "description": "An expression such as `triage.team`, or a value.",
    "type": ["string", "number", "boolean", "null", "array", "object"],
}
EXPRESSIONS: JsonObject = {"type": "object", "additionalProperties": EXPRESSION}
CONTRACT: JsonObject = {"$ref": "#/$defs/contract"}
FLAG: JsonObject = {"type": "boolean"}
TYPE: JsonObject = {
    "anyOf": [TEXT, {"type": "array", "minItems": 1, "maxItems": 1}, {"type": "object"}]
}
ANY_VALUE: JsonObject = {
    "type": ["string", "number", "boolean", "null", "array", "object"],
}


def section(
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


def named(kind: str) -> JsonObject:
    """A mapping from name to a definition."""
    return {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{kind}"}}


def choice(*options: str) -> JsonObject:
    """One of a closed set."""
    return {"enum": list[Json](options)}
