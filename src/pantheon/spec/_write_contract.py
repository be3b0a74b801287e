"""JSON Schema of a contract → the short form where it has one, else the schema as it is."""

from __future__ import annotations

from typing import cast

from pantheon.ids import Json, JsonObject
from pantheon.spec._contract import TYPES, expand_contract

_NAMES = {"string", "integer", "number", "boolean", "object"}


def write_contract(schema: JsonObject) -> Json:
    """What a person would write; `expand_contract` gives the schema back."""
    short = _short_object(schema)
    if short is not None and expand_contract(short) == schema:
        return short
    return schema


def _short_object(schema: JsonObject) -> JsonObject | None:
    """Fields by name, if the object lists them all and says nothing else."""
    fields, required = schema.get("properties"), schema.get("required")
    closed = schema.get("additionalProperties") is False
    plain = {"type", "properties", "required", "additionalProperties"}
    if not closed or not isinstance(fields, dict) or set(schema) != plain:
        return None
    must = set(cast("list[str]", required))
    if any(name.endswith("?") or not name for name in fields):
        return None
    return {
        name if name in must else f"{name}?": write_type(cast("JsonObject", field))
        for name, field in fields.items()
    }


def write_type(schema: JsonObject) -> Json:
    """The type of one value as a contract spells it."""
    if not schema:
        return "any"
    named = schema.get("type")
    if set(schema) == {"type"} and isinstance(named, str) and named in _NAMES:
        return named
    if set(schema) == {"type", "enum"} and isinstance(named, str) and named in TYPES:
        return {"enum": schema["enum"]} if _told_by_values(schema) else schema
    items = schema.get("items")
    if set(schema) == {"type", "items"} and named == "array" and isinstance(items, dict):
        return [write_type(items)]
    if named == "object":
        short = _short_object(schema)
        # A field called `type` or `enum` would make it look like a schema.
        if short and expand_contract({"x": short}) == expand_contract({"x": schema}):
            return short
    return schema


def _told_by_values(schema: JsonObject) -> bool:
    """Whether the values of an enum alone say its type."""
    short: Json = {"enum": schema["enum"]}
    fields = expand_contract({"x": short})["properties"]
    return isinstance(fields, dict) and fields["x"] == schema
