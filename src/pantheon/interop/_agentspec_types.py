"""Contracts ↔ the lists of properties that components of Open Agent Spec have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from pantheon.ids import Json, JsonObject

Lose = Callable[[str], None]

_TITLE = re.compile(r"[.,{}\s'\"]+")
_UNREAD = ("allOf", "oneOf", "not", "if", "$ref", "$defs")
"""Parts of JSON Schema that its readers refuse."""
_ANNOTATIONS = ("title", "description", "default")


def properties_of(contract: JsonObject, lose: Lose) -> dict[str, JsonObject]:
    """Title → schema of each field; a field that may be absent is null by default."""
    declared = contract.get("properties")
    if not isinstance(declared, dict):
        return {}
    needed = contract.get("required")
    required = needed if isinstance(needed, list) else []
    found: dict[str, JsonObject] = {}
    for name, schema in declared.items():
        plain = schema_of(schema, name, lose)
        plain |= {} if "type" in plain or "anyOf" in plain else _type_of_values(plain)
        title = title_of(name, lose)
        found[title] = {**(plain if name in required else nullable(plain)), "title": title}
    if contract.get("additionalProperties", True) is not False:
        lose("fields that the contract does not list are let through; in Agent Spec they are not")
    return found


def title_of(name: str, lose: Lose) -> str:
    """The name of a field as a title may be."""
    title = _TITLE.sub("_", name) or "_"
    if title != name:
        lose(f"the field `{name}` is called `{title}`")
    return title


def nullable(schema: JsonObject) -> JsonObject:
    """The schema, or nothing; nothing by default."""
    kept: JsonObject = {k: v for k, v in schema.items() if k in ("title", "description")}
    inner = type_of(schema)
    if not inner:
        return {**kept, "default": None}
    listed = inner.get("anyOf")
    options = listed if isinstance(listed, list) and len(inner) == 1 else [inner]
    some = [option for option in options if option != {"type": "null"}]
    return {**kept, "anyOf": [*some, {"type": "null"}], "default": None}


def type_of(schema: JsonObject) -> JsonObject:
    """A property's schema without what belongs to the property: title, default."""
    return {key: value for key, value in schema.items() if key not in _ANNOTATIONS}


def schema_of(schema: Json, name: str, lose: Lose) -> JsonObject:
    """One field's schema, in the part of JSON Schema that Agent Spec works with."""
    if not isinstance(schema, dict):
        return {}
    if any(key in schema for key in _UNREAD):
        lose(f"the type of `{name}` says more than Agent Spec can; it is carried as any value")
        return {}
    read: dict[str, Json] = {}
    for key, value in schema.items():
        if key == "title":
            continue
        if key == "properties" and isinstance(value, dict):
            read[key] = {n: schema_of(s, f"{name}.{n}", lose) for n, s in value.items()}
        elif key == "items":
            read[key] = schema_of(value, f"{name}[]", lose)
        elif key == "anyOf" and isinstance(value, list):
            read[key] = [schema_of(option, name, lose) for option in value]
        else:
            read[key] = value
    return read


def _type_of_values(schema: Mapping[str, Json]) -> JsonObject:
    """An enum without a type has that of its values, which the readers want to know."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    kinds = (
        {_KINDS.get(type(value)) for value in values} if isinstance(values, list) else set[Any]()
    )
    return {"type": kinds.pop()} if len(kinds) == 1 and None not in kinds else {}


_KINDS: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


# -------------------------------------------------------------------------------------- back


def contract_of(properties: Iterable[Any]) -> JsonObject:
    """The contract that a component's properties make, as JSON Schema."""
    fields: dict[str, Json] = {}
    required: list[Json] = []
    for each in properties:
        schema = cast("JsonObject", dict(each.json_schema))
        name, optional = str(each.title), is_optional(schema)
        fields[name] = _without_null(schema) if optional else _bare(schema)
        if not optional:
            required.append(name)
    return {
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": False,
    }


def is_optional(schema: Mapping[str, Json]) -> bool:
    """Whether it may be left out: its default is null."""
    return "default" in schema and schema["default"] is None


def _bare(schema: Mapping[str, Json]) -> JsonObject:
    """The type alone; `title` names the property, and a default is wired where it is used."""
    return {key: value for key, value in schema.items() if key not in ("title", "default")}


def _without_null(schema: Mapping[str, Json]) -> JsonObject:
    options = schema.get("anyOf")
    if isinstance(options, list):
        some = [option for option in options if option != {"type": "null"}]
        if len(some) == 1 and isinstance(some[0], dict):
            kept = {k: v for k, v in schema.items() if k == "description"}
            return _bare({**some[0], **kept})
    return _bare(schema)
