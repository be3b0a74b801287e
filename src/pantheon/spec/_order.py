"""The order of a schema's fields, kept through canonical JSON by `propertyOrder`.

Learners and people see an object's fields in the order of its contract, so the order counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from pantheon.ids import Json, JsonObject
from pantheon.spec._compatibility import properties_of

_ORDER = "propertyOrder"
_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")


def keep_order(schema: JsonObject) -> JsonObject:
    """The schema with the order of its fields beside them, where sorting would lose it."""
    kept = _map_schemas(schema, keep_order)
    names = list(properties_of(schema))
    return {**kept, _ORDER: list[Json](names)} if names != sorted(names) else kept


def restore_order(schema: JsonObject) -> JsonObject:
    """The schema that `keep_order` was given."""
    kept = _map_schemas(schema, restore_order)
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


def order_example(example: JsonObject, input: JsonObject, output: JsonObject) -> JsonObject:
    """The example with its fields in the contract's order, so that prompts never change by it."""
    schemas = {"input": input, "output": output}
    return {key: _order_fields(example[key], schemas[key]) for key in schemas if key in example}


def _order_fields(value: Json, schema: JsonObject) -> Json:
    if not isinstance(value, dict):
        return value
    named = [name for name in properties_of(schema) if name in value]
    return {name: value[name] for name in [*named, *sorted(set(value) - set(named))]}
