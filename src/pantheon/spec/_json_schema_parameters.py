"""What parameters and overlays add to the editor's schema: values left open, definitions in part."""

from __future__ import annotations

from typing import cast

from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._json_pieces import TEXT, TYPE, section

_NAMED = r"^\$\{parameters\.[^\W\d][\w-]*\}$"
_FIXED = frozenset({"version", "include", "parameters", "name", "description"})
_SINGLE = frozenset({"string", "number", "integer", "boolean", "null"})
_VALUE: JsonObject = {"type": ["string", "number", "boolean", "array"]}


def parameters_schema() -> JsonObject:
    """The `parameters` section: declarations, or values alone."""
    declaration = section(keys.PARAMETER, {"type": TYPE, "default": _VALUE, "description": TEXT})
    return {"type": "object", "additionalProperties": {"anyOf": [declaration, _VALUE]}}


def filled_in() -> JsonObject:
    """`${parameters.NAME}`, where the value itself is no text."""
    return {"description": "A parameter of the project.", "type": "string", "pattern": _NAMED}


def allow_parameters(schema: JsonObject) -> JsonObject:
    """The schema, in which a parameter may stand for every single value."""
    return {key: _allow(key, value) for key, value in schema.items()}


def _allow(key: str, value: Json) -> Json:
    if isinstance(value, list):
        return [allow_parameters(item) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    below = allow_parameters(value)
    if key != "properties":
        return below
    return {
        name: part if name in _FIXED or not isinstance(part, dict) else _or_parameter(part)
        for name, part in below.items()
    }


def _or_parameter(schema: JsonObject) -> JsonObject:
    if not _is_single(schema) or _takes_any_text(schema):
        return schema
    told = {key: value for key, value in schema.items() if key == "description"}
    rest: JsonObject = {key: value for key, value in schema.items() if key != "description"}
    options = rest["anyOf"] if list(rest) == ["anyOf"] else [rest]
    return {**told, "anyOf": [*cast("list[Json]", options), {"$ref": "#/$defs/parameter"}]}


def _is_single(schema: JsonObject) -> bool:
    """Whether it is about one value, not a list or a mapping or a definition."""
    if "anyOf" in schema:
        return any(_is_single(part) for part in _parts(schema))
    return "enum" in schema or (bool(_kinds(schema)) and _kinds(schema) <= _SINGLE)


def _takes_any_text(schema: JsonObject) -> bool:
    if "anyOf" in schema:
        return any(_takes_any_text(part) for part in _parts(schema))
    return "string" in _kinds(schema) and not {"pattern", "enum"} & schema.keys()


def _kinds(schema: JsonObject) -> set[Json]:
    kind = schema.get("type", [])
    return set(kind if isinstance(kind, list) else [kind])


def _parts(schema: JsonObject) -> list[JsonObject]:
    return [part for part in cast("list[Json]", schema["anyOf"]) if isinstance(part, dict)]


def as_overlay(schema: JsonObject) -> JsonObject:
    """The schema of a file that changes some of a project: nothing must be there, null removes."""
    return {key: _loosen(key, value) for key, value in schema.items() if key != "required"}


def _loosen(key: str, value: Json) -> Json:
    if isinstance(value, list):
        return [as_overlay(item) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    if key in {"properties", "$defs"}:
        loose = {name: _loosen("", part) for name, part in value.items()}
        return {n: _or_null(p) for n, p in loose.items()} if key == "properties" else loose
    below = as_overlay(value)
    return _or_null(below) if key == "additionalProperties" else below


def _or_null(schema: Json) -> Json:
    if not isinstance(schema, dict):
        return schema
    told = {key: value for key, value in schema.items() if key == "description"}
    rest: JsonObject = {key: value for key, value in schema.items() if key != "description"}
    options = rest["anyOf"] if list(rest) == ["anyOf"] else [rest]
    return {**told, "anyOf": [*cast("list[Json]", options), {"type": "null"}]}
