"""Whether a JSON Schema that a user wrote is one, with the place of every mistake.

The common keywords are checked here; a schema with rarer ones is also given to `jsonschema`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from pantheon.ids import Json, canonical_json
from pantheon.spec._compatibility import kind_of
from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Scalar,
    Table,
    Written,
    describe,
    did_you_mean,
    to_json,
)

JSON_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_MARKS = frozenset({"enum", "const", "anyOf", "oneOf", "allOf", "$ref"})
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_TEXTS = ("title", "description", "format", "$schema", "$id", "$comment", "$anchor")
_RARE = frozenset(
    {
        "allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "propertyNames",
        "prefixItems", "contains", "minContains", "maxContains", "uniqueItems", "$defs",
        "definitions", "$ref", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
        "unevaluatedItems", "minProperties", "maxProperties", "multipleOf", "readOnly",
        "writeOnly", "contentEncoding", "contentMediaType", "$anchor", "$dynamicRef",
    }
)  # fmt: skip

Rule: TypeAlias = Callable[[str, Written, Findings], None]


def is_schema(table: Table) -> bool:
    """Whether a field's mapping is a JSON Schema rather than a nested short form.

    `{type: string}` is a schema; a nested object with a field called `type` needs JSON Schema.
    """
    kind = table.get("type")
    if isinstance(kind, Scalar) and kind.value in JSON_TYPES:
        return True
    if isinstance(kind, Items):
        return True
    nested = any(isinstance(table.get(key), Table) for key in ("items", "properties", "not"))
    return nested or not _MARKS.isdisjoint(table.entries)


def type_of_values(values: list[Json]) -> str | None:
    """The one JSON type of all values; None when they are of several."""
    kinds = {kind_of(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def check_schema(table: Table, findings: Findings) -> None:
    """Record everything that makes this no valid JSON Schema."""
    before = len(findings.diagnostics)
    rare = _check(table, findings)
    if rare and len(findings.diagnostics) == before:
        _check_with_library(table, findings)


def _check(table: Table, findings: Findings) -> bool:
    """Check the common keywords; returns whether there are rarer ones."""
    rare = False
    for keyword, entry in table.entries.items():
        rule = _RULES.get(keyword)
        if rule is not None:
            rule(keyword, entry.value, findings)
        elif keyword not in _RARE:
            message = f"`{keyword}` is not a keyword of JSON Schema."
            fix = did_you_mean(keyword, [*_RULES, *sorted(_RARE)], otherwise="remove it")
            findings.error("bad-schema", entry.key.place, message, fix)
        rare |= keyword in _RARE
    _check_required(table, findings)
    return _check_below(table, findings) or rare


def _check_below(table: Table, findings: Findings) -> bool:
    below: list[Written] = [entry.value for entry in _entries(table.get("properties"))]
    below += [table.entries[k].value for k in ("items", "additionalProperties") if k in table]
    options = table.get("anyOf")
    below += options.items if isinstance(options, Items) else ()
    found = [_check(one, findings) for one in below if isinstance(one, Table)]
    return any(found)  # a list first: every branch is to be checked


def _entries(written: Written | None) -> Iterable[Entry]:
    return written.entries.values() if isinstance(written, Table) else ()


def _check_required(table: Table, findings: Findings) -> None:
    required, properties = table.get("required"), table.get("properties")
    if not isinstance(required, Items) or not isinstance(properties, Table):
        return
    for item in required.items:
        if isinstance(item, Scalar) and item.text not in properties:
            message = f"`{item.text}` is required but not among the properties."
            fix = did_you_mean(item.text, properties.entries)
            findings.error("bad-schema", item.place, message, fix)


def _wrong(keyword: str, value: Written, wanted: str, findings: Findings) -> None:
    message = f"`{keyword}` must be {wanted}, not {describe(value)}."
    findings.error("bad-schema", value.place, message, f"write {wanted}")


def _type_rule(keyword: str, value: Written, findings: Findings) -> None:
    names: tuple[Written, ...] = value.items if isinstance(value, Items) else (value,)
    for name in names:
        text = name.text if isinstance(name, Scalar) else describe(name)
        if text not in JSON_TYPES:
            message = f"`{text}` is not a type of JSON Schema."
            findings.error("bad-schema", name.place, message, did_you_mean(text, JSON_TYPES))


def _enum_rule(keyword: str, value: Written, findings: Findings) -> None:
    if not isinstance(value, Items) or not value.items:
        _wrong(keyword, value, "a list of values", findings)
        return
    seen: set[str] = set()
    kinds: dict[str, Written] = {}
    for item in value.items:
        spelling = canonical_json(to_json(item))
        if spelling in seen:
            message = f"{spelling} is listed twice."
            findings.error("bad-enum", item.place, message, "keep one of them")
        seen.add(spelling)
        kinds.setdefault(kind_of(to_json(item)), item)
    kinds.pop("null", None)
    if len(kinds) > 1:
        (first, _), (second, odd) = list(kinds.items())[:2]
        message = f"The values of an enum are of one type; here are {first} and {second}."
        findings.error("bad-enum", odd.place, message, "quote them all, or none")


def _table_rule(keyword: str, value: Written, findings: Findings) -> None:
    if not isinstance(value, Table):
        _wrong(keyword, value, "a mapping of fields", findings)
        return
    for entry in value.entries.values():
        _schema_rule(entry.key.text, entry.value, findings)


def _schema_rule(keyword: str, value: Written, findings: Findings) -> None:
    if isinstance(value, Table) or (isinstance(value, Scalar) and isinstance(value.value, bool)):
        return
    message = f"`{keyword}` must be a schema, not {describe(value)}."
    text = value.text if isinstance(value, Scalar) else ""
    fix = f"write `{{type: {text if text in JSON_TYPES else 'string'}}}`"
    findings.error("bad-schema", value.place, message, fix)


def _list_rule(keyword: str, value: Written, findings: Findings) -> None:
    if not isinstance(value, Items) or not value.items:
        _wrong(keyword, value, "a list of schemas", findings)


def _names_rule(keyword: str, value: Written, findings: Findings) -> None:
    if not isinstance(value, Items):
        _wrong(keyword, value, "a list of field names", findings)


def _number_rule(keyword: str, value: Written, findings: Findings) -> None:
    if kind_of(to_json(value)) != "number":
        _wrong(keyword, value, "a number", findings)


def _size_rule(keyword: str, value: Written, findings: Findings) -> None:
    number = to_json(value)
    if type(number) is not int or number < 0:
        _wrong(keyword, value, "a whole number from 0", findings)


def _text_rule(keyword: str, value: Written, findings: Findings) -> None:
    if not isinstance(to_json(value), str):
        _wrong(keyword, value, "text", findings)


def _pattern_rule(keyword: str, value: Written, findings: Findings) -> None:
    text = to_json(value)
    if not isinstance(text, str):
        _wrong(keyword, value, "a regular expression", findings)
        return
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"`{text}` is not a regular expression: {error}."
        findings.error("bad-schema", value.place, message, "escape special characters with `\\`")


def _reference_rule(keyword: str, value: Written, findings: Findings) -> None:
    text = to_json(value)
    if not isinstance(text, str) or not text.startswith("#"):
        message = "A `$ref` stays inside its own schema."
        findings.error("bad-schema", value.place, message, "write `#/$defs/name`")


def _any_rule(keyword: str, value: Written, findings: Findings) -> None:
    """Any value is right."""


_RULES: dict[str, Rule] = {
    "type": _type_rule,
    "enum": _enum_rule,
    "const": _any_rule,
    "default": _any_rule,
    "examples": _any_rule,
    "deprecated": _any_rule,
    "properties": _table_rule,
    "required": _names_rule,
    "items": _schema_rule,
    "additionalProperties": _schema_rule,
    "anyOf": _list_rule,
    "pattern": _pattern_rule,
    "$ref": _reference_rule,
    **dict.fromkeys(_LIMITS, _number_rule),
    **dict.fromkeys(_SIZES, _size_rule),
    **dict.fromkeys(_TEXTS, _text_rule),
}


def _check_with_library(table: Table, findings: Findings) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    schema = to_json(table)
    if _outside_references(schema):
        message = "A `$ref` stays inside its own schema."
        findings.error("bad-schema", table.place, message, "write `#/$defs/name`")
        return
    try:
        Draft202012Validator.check_schema(schema)  # pyright: ignore[reportArgumentType]
    except SchemaError as error:
        message = f"This is not valid JSON Schema: {error.message[:200]}."
        findings.error("bad-schema", table.place, message, "see json-schema.org, draft 2020-12")


def _outside_references(schema: Json) -> bool:
    if isinstance(schema, list):
        return any(map(_outside_references, schema))
    if not isinstance(schema, dict):
        return False
    own = schema.get("$ref", "#")
    outside = isinstance(own, str) and not own.startswith("#")
    return outside or any(map(_outside_references, schema.values()))
