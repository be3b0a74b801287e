"""Contracts in the short form, where one says the same."""

from __future__ import annotations

import re

from pantheon.ids import Json, JsonObject

_PLAIN = frozenset(["string", "integer", "number", "boolean", "object"])
_NAME = re.compile(r"[^\s?:{}\[\]#&*!|>'\"%@`,-][^\s?:{}\[\],]*")


def short_contract(schema: JsonObject) -> Json:
    """A contract as a person would write it; the schema itself where it says more."""
    short = _fields(schema)
    return schema if short is None or not short else short


def _fields(schema: JsonObject) -> JsonObject | None:
    """`{name: type, note?: type}` of a closed object; None: it is none."""
    if set(schema) - {"type", "properties", "required", "additionalProperties"}:
        return None
    fields, required = schema.get("properties"), schema.get("required", [])
    closed = schema.get("additionalProperties") is False and schema.get("type") == "object"
    if not closed or not isinstance(fields, dict) or not isinstance(required, list):
        return None
    if not all(_NAME.fullmatch(name) for name in fields) or set(fields) & {"type", "properties"}:
        return None
    return {n if n in required else f"{n}?": _type(s) for n, s in fields.items()}


def _type(schema: Json) -> Json:
    if not isinstance(schema, dict):
        return "any"
    if not schema:
        return "any"
    if set(schema) == {"type"} and schema["type"] in _PLAIN:
        return schema["type"]
    if set(schema) == {"type", "enum"} and schema["type"] == _kind_of(schema["enum"]):
        return {"enum": schema["enum"]}
    if set(schema) == {"type", "items"} and schema["type"] == "array":
        inner = _type(schema["items"])
        return [inner] if isinstance(inner, str) else schema
    return (_fields(schema) or schema) if "properties" in schema else schema


def _kind_of(values: Json) -> str | None:
    """The type that the short form gives to an enum."""
    if not isinstance(values, list):
        return None
    if all(isinstance(value, str) for value in values):
        return "string"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return "number" if numbers else None
