"""Does a value satisfy a contract? Yes or no, in about a microsecond; `_validate` says why not.

The common part of JSON Schema is compiled to closures; a part that uses anything else is decided by
`validate_value`, so that both always agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pantheon.ids import Json, JsonObject
from pantheon.spec._compatibility import required_of
from pantheon.spec._validate import validate_value

Test: TypeAlias = Callable[[Json], bool]

_ANNOTATIONS = frozenset({"title", "description", "default", "examples", "deprecated", "$comment"})
_OBJECT_KEYS = frozenset({"type", "properties", "required", "additionalProperties"})
_TYPES: dict[str, Test] = {
    "null": lambda v: v is None,
    "boolean": lambda v: v is True or v is False,
    "string": lambda v: type(v) is str,
    "integer": lambda v: type(v) is int,
    "number": lambda v: type(v) is int or type(v) is float,
}


def conforms_to(schema: JsonObject) -> Test:
    """The test of a schema, which must not be changed afterwards."""
    keys = schema.keys() - _ANNOTATIONS
    if not keys:
        return lambda value: True
    if schema.get("type") == "object" and keys <= _OBJECT_KEYS:
        return _object(schema)
    if schema.get("type") == "array" and keys <= {"type", "items"}:
        return _array(schema)
    if keys == {"type"} and isinstance(schema["type"], str) and schema["type"] in _TYPES:
        return _either(_TYPES[schema["type"]], schema)
    if keys <= {"type", "enum"} and isinstance(schema.get("enum"), list):
        return _one_of(schema)
    return _slowly(schema)


def _slowly(schema: JsonObject) -> Test:
    return lambda value: not validate_value(schema, value)


def _either(quick: Test, schema: JsonObject) -> Test:
    """A quick yes; `1.0` is an integer too, and subclasses count, so a no is asked again."""
    slow = _slowly(schema)
    return lambda value: quick(value) or slow(value)


def _one_of(schema: JsonObject) -> Test:
    options = schema["enum"]
    assert isinstance(options, list)
    texts = frozenset(option for option in options if isinstance(option, str))
    typed = schema.get("type", "string") == "string"
    return _either(lambda value: typed and type(value) is str and value in texts, schema)


def _array(schema: JsonObject) -> Test:
    items = schema.get("items", {})
    each = _field(items)

    def test(value: Json) -> bool:
        return isinstance(value, list) and all(map(each, value))

    return test


def _object(schema: JsonObject) -> Test:
    named = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    if not isinstance(named, dict) or not isinstance(rest, dict | bool):
        return _slowly(schema)
    fields = {name: _field(rule) for name, rule in named.items()}
    exact = {name: _exact_type(rule) for name, rule in named.items()}
    return _record(fields, exact, frozenset(required_of(schema)), others=_field(rest))


def _field(rule: Json) -> Test:
    if isinstance(rule, dict):
        return conforms_to(rule)
    return lambda value: rule is True


def _exact_type(rule: Json) -> type | None:
    """The type whose every value satisfies a rule, where there is one."""
    if not isinstance(rule, dict) or rule.keys() - _ANNOTATIONS != {"type"}:
        return None
    return {"string": str, "integer": int, "boolean": bool}.get(str(rule["type"]))


def _record(
    fields: Mapping[str, Test],
    exact: Mapping[str, type | None],
    required: frozenset[str],
    *,
    others: Test,
) -> Test:
    find, sure = fields.get, exact.get

    def test(value: Json) -> bool:
        if not isinstance(value, dict) or not required <= value.keys():
            return False
        for name, item in value.items():
            if type(item) is not sure(name) and not find(name, others)(item):
                return False
        return True

    return test
