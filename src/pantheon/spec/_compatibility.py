"""Which values a JSON Schema admits, as far as checking one node against the next needs it.

Covers type, enum, const, anyOf/oneOf, properties, required, additionalProperties, items. What lies
outside this subset is taken to fit: the values themselves are validated at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias, cast

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._evaluate import json_equal

ANY: JsonObject = {}
NULL: JsonObject = {"type": "null"}
ALL_KINDS = frozenset({"null", "boolean", "number", "string", "array", "object"})
Kinds: TypeAlias = frozenset[str]


def alternatives(schema: JsonObject) -> list[JsonObject]:
    """The schemas of which a value must fit one; a plain schema is its own only alternative."""
    for key in ("anyOf", "oneOf"):
        branches = schema.get(key)
        if isinstance(branches, list):
            nested = [alternatives(branch) for branch in branches if isinstance(branch, dict)]
            return [item for group in nested for item in group]
    return [schema]


def kind_of(value: Json) -> str:
    """The kind of a value; integers are numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def kinds_of(schema: JsonObject) -> Kinds:
    """The kinds of values a schema admits."""
    return frozenset[str]().union(*map(_own_kinds, alternatives(schema)))


def is_only(schema: JsonObject, kind: str) -> bool:
    """Whether every value that fits is of this kind."""
    return kinds_of(schema) == frozenset((kind,))


def _own_kinds(schema: JsonObject) -> Kinds:
    values = closed_values(schema)
    if values is not None:
        return frozenset(map(kind_of, values))
    named = schema.get("type")
    if isinstance(named, str):
        return frozenset(("number" if named == "integer" else named,))
    if isinstance(named, list):
        return frozenset("number" if n == "integer" else str(n) for n in named)
    if "properties" in schema:
        return frozenset(("object",))
    return ALL_KINDS


def closed_values(schema: JsonObject) -> list[Json] | None:
    """The only values that fit, or None where the set is open."""
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return values if isinstance(values, list) else None


def schema_of(value: Json) -> JsonObject:
    """The schema that a written scalar fits."""
    return NULL if value is None else {"type": kind_of(value), "enum": [value]}


def union_of(schemas: Iterable[JsonObject]) -> JsonObject:
    """A schema for values that fit any of these; enums of one type become one enum."""
    distinct: dict[str, JsonObject] = {}
    for schema in schemas:
        for branch in alternatives(schema):
            distinct.setdefault(canonical_json(branch), branch)
    branches = _merge_enums(list(distinct.values()))
    if not branches or any(not branch for branch in branches):
        return ANY
    return branches[0] if len(branches) == 1 else {"anyOf": cast("list[Json]", branches)}


def _merge_enums(branches: list[JsonObject]) -> list[JsonObject]:
    merged: list[JsonObject] = []
    for branch in branches:
        twin = next((m for m in merged if _mergeable(m, branch)), None)
        if twin is None:
            merged.append(dict(branch))
        else:
            known = cast("list[Json]", twin["enum"])
            added = [v for v in cast("list[Json]", branch["enum"]) if v not in known]
            twin["enum"] = [*known, *added]
    return merged


def _mergeable(first: JsonObject, second: JsonObject) -> bool:
    plain = {"type", "enum"}
    return set(first) == set(second) == plain and first["type"] == second["type"]


def with_null(schema: JsonObject) -> JsonObject:
    """The schema, also admitting null."""
    return schema if "null" in kinds_of(schema) else union_of((schema, NULL))


def without_null(schema: JsonObject) -> JsonObject:
    """The schema, no longer admitting null."""
    branches = [_drop_null(branch) for branch in alternatives(schema)]
    kept = [branch for branch in branches if not is_only(branch, "null")]
    return union_of(kept) if kept else NULL


def _drop_null(schema: JsonObject) -> JsonObject:
    named = schema.get("type")
    if not isinstance(named, list) or "null" not in named:
        return schema
    rest: list[Json] = [n for n in named if n != "null"]
    return {**schema, "type": rest[0] if len(rest) == 1 else rest} if rest else NULL


def property_of(schema: JsonObject, name: str) -> JsonObject | None:
    """Schema of a field of an object schema; None when there can be no such field."""
    properties = properties_of(schema)
    if name in properties:
        found = properties[name]
        return found if name in required_of(schema) else with_null(found)
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return with_null(extra)
    # A contract that lists its fields means that list: a field outside it is likely a typo.
    return ANY if extra is True or (not properties and extra is not False) else None


def properties_of(schema: JsonObject) -> dict[str, JsonObject]:
    """The listed fields with their schemas."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {key: value if isinstance(value, dict) else ANY for key, value in properties.items()}


def required_of(schema: JsonObject) -> frozenset[str]:
    """Names of the fields that must be there."""
    required = schema.get("required")
    return frozenset(map(str, required)) if isinstance(required, list) else frozenset()


def items_of(schema: JsonObject) -> JsonObject:
    """Schema of a list's items."""
    items = schema.get("items")
    return items if isinstance(items, dict) else ANY


def describe(schema: JsonObject) -> str:
    """A schema in few words, for messages: `string`, `one of "a", "b"`, `list of number`."""
    return " or ".join(dict.fromkeys(map(_describe_one, alternatives(schema))))


def describe_fields(schema: JsonObject) -> str:
    """An object's fields in few words: `text: string, tags?: list of string`."""
    required = required_of(schema)
    return ", ".join(
        f"{name}{'' if name in required else '?'}: {describe(field)}"
        for name, field in properties_of(schema).items()
    )


def _describe_one(schema: JsonObject) -> str:
    values = closed_values(schema)
    if values is not None:
        return _describe_values(values)
    named = schema.get("type")
    names = [str(n) for n in named] if isinstance(named, list) else [str(named)] if named else []
    if names == ["array"]:
        items = items_of(schema)
        return f"list of {describe(items)}" if items else "list"
    if names == ["object"]:
        fields = ", ".join(properties_of(schema))
        return f"object {{{fields}}}" if fields else "object"
    return " or ".join(names) if names else "anything"


def _describe_values(values: Sequence[Json]) -> str:
    shown = ", ".join(map(canonical_json, values[:6]))
    more = f", … ({len(values)} in all)" if len(values) > 6 else ""
    return f"one of {shown}{more}" if len(values) > 1 else shown


def find_mismatch(produced: JsonObject, wanted: JsonObject) -> str | None:
    """Why values of the one schema do not all fit the other, in words; None when they do."""
    for branch in alternatives(produced):
        reasons = [_mismatch_of(branch, option) for option in alternatives(wanted)]
        if all(reason is not None for reason in reasons):
            if len(reasons) == 1:
                return reasons[0]
            return f"{describe(branch)} where {describe(wanted)} is wanted"
    return None


def _mismatch_of(produced: JsonObject, wanted: JsonObject) -> str | None:
    reason = _kind_mismatch(produced, wanted) or _value_mismatch(produced, wanted)
    if reason is not None:
        return reason
    if is_only(produced, "array"):
        inner = find_mismatch(items_of(produced), items_of(wanted))
        return f"in its items: {inner}" if inner else None
    return _field_mismatch(produced, wanted) if is_only(produced, "object") else None


def _kind_mismatch(produced: JsonObject, wanted: JsonObject) -> str | None:
    have, want = kinds_of(produced), kinds_of(wanted)
    if have == ALL_KINDS or have <= want:
        fraction = is_only(produced, "number") and is_integer(wanted) and not is_integer(produced)
        return "number where integer is wanted" if fraction else None
    if have - want == frozenset(("null",)):
        return f"may be null where {describe(wanted)} is wanted"
    return f"{describe(produced)} where {describe(wanted)} is wanted"


def is_integer(schema: JsonObject) -> bool:
    """Whether every number that fits is whole."""
    return all(map(_is_whole, alternatives(schema)))


def _is_whole(schema: JsonObject) -> bool:
    values = closed_values(schema)
    if values is not None:
        return all(isinstance(v, int) or (isinstance(v, float) and v.is_integer()) for v in values)
    return schema.get("type") == "integer"


def _value_mismatch(produced: JsonObject, wanted: JsonObject) -> str | None:
    want = closed_values(wanted)
    if want is None or kinds_of(produced) == ALL_KINDS:
        return None
    have = closed_values(produced)
    if have is None:
        return f"any {describe(produced)} where {describe(wanted)} is wanted"
    extra = [value for value in have if not any(json_equal(value, option) for option in want)]
    if not extra:
        return None
    verb = "is" if len(extra) == 1 else "are"
    return f"{_describe_values(extra)} {verb} not among {_describe_values(want)}"


def _field_mismatch(produced: JsonObject, wanted: JsonObject) -> str | None:
    have, want = properties_of(produced), properties_of(wanted)
    if wanted.get("additionalProperties") is False and not set(have) <= set(want):
        return f"it has a field `{min(set(have) - set(want))}` that is not wanted"
    for name in sorted(required_of(wanted)):
        found = property_of(produced, name)
        if found is None:
            return f"it has no field `{name}`"
        inner = find_mismatch(found, want.get(name, ANY))
        if inner:
            return f"in its field `{name}`: {inner}"
    for name in sorted(set(have) & set(want) - required_of(wanted)):
        inner = find_mismatch(have[name], with_null(want[name]))
        if inner:
            return f"in its field `{name}`: {inner}"
    return None
