"""Does one JSON Schema admit every value of another? Yes only where that is certain.

All of draft 2020-12 is looked at: where a keyword cannot be reasoned about, the answer is no, so
that nothing is ever called harmless that is not. Schemas are given as `plain_schema` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._includes_parts import includes_items, includes_members
from pantheon.spec._plain_schema import Schema, refers
from pantheon.spec._validate import validate_value

_KINDS = ("null", "boolean", "number", "string", "array", "object")
_FEW: dict[str, list[Json]] = {"null": [None], "boolean": [False, True]}
"""All values of a type."""
_CONDITIONAL = frozenset({"if", "then", "else", "contains", "minContains", "maxContains"})
"""What means something else when another schema's keywords stand beside it."""
_BY_KIND = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "pattern",
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
        "maxContains", "unevaluatedItems",
        "properties", "patternProperties", "additionalProperties", "required", "minProperties",
        "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas",
        "unevaluatedProperties",
    }
)  # fmt: skip
"""What speaks of numbers, strings, lists or objects alone."""


_MOST_STEPS = 20_000
"""Nobody writes a contract that needs more; then the answer is no."""


def includes(wide: Schema, narrow: Schema) -> bool:
    """Whether every value that `narrow` admits is admitted by `wide`."""
    if refers(wide):
        return _same(wide, narrow)
    return _Proof().includes(wide, narrow)


class _Proof:
    def __init__(self) -> None:
        self.steps = 0

    def includes(self, wide: Schema, narrow: Schema) -> bool:
        self.steps += 1
        if wide in ({}, True) or narrow is False or _same(wide, narrow):
            return True
        if self.steps > _MOST_STEPS:
            return False
        narrow = {} if narrow is True else narrow
        values = values_of(narrow)
        if values is not None:
            self.steps += _cost(wide) + _cost(narrow)
            return all(admits(wide, value) for value in values if admits(narrow, value))
        if not isinstance(wide, dict):
            return False
        if any(self.includes(wide, part) for part in _weaker(narrow)):
            return True
        cases = _cases(narrow)
        if cases is not None:
            return all(self.includes(wide, case) for case in cases)
        return self.holds(wide, narrow)

    def holds(self, wide: JsonObject, narrow: JsonObject) -> bool:
        """Every keyword of the wide schema, for values of the one type of the narrow one."""
        kind = "number" if narrow["type"] == "integer" else str(narrow["type"])
        if not all(self.keyword_holds(k, wide, narrow) for k in wide if k not in _BY_KIND):
            return False
        match kind:
            case "number":
                return _holds_number(wide, narrow)
            case "string":
                return _holds_string(wide, narrow)
            case "array":
                return includes_items(wide, narrow, self.includes)
            case _:
                return includes_members(wide, narrow, self.includes)

    def keyword_holds(self, keyword: str, wide: JsonObject, narrow: JsonObject) -> bool:
        """A keyword that is not about one type."""
        match keyword:
            case "type":
                return _has_type(wide, narrow)
            case "enum" | "const":
                return False
            case "anyOf":
                return any(self.includes(branch, narrow) for branch in _schemas(wide, keyword))
            case "oneOf":
                return self.is_one_of(_schemas(wide, keyword), narrow)
            case "allOf":
                return all(self.includes(branch, narrow) for branch in _schemas(wide, keyword))
            case "not":
                return _is_said_too(keyword, wide, narrow) or apart(
                    cast("Schema", wide["not"]), narrow
                )
            case "if" | "then" | "else":
                silent = "if" not in wide or not {"then", "else"} & wide.keys()
                return silent or all(
                    _same(wide.get(k), narrow.get(k)) for k in ("if", "then", "else")
                )
            case _:
                return _is_said_too(keyword, wide, narrow)

    def is_one_of(self, branches: list[Schema], narrow: JsonObject) -> bool:
        """In one of them whole, and apart from all others."""
        for index, branch in enumerate(branches):
            others = branches[:index] + branches[index + 1 :]
            if all(apart(other, narrow) for other in others) and self.includes(branch, narrow):
                return True
        return False


def _cost(schema: Schema) -> int:
    """Steps for making the check of a schema, where values have to be looked at."""
    quick = isinstance(schema, bool) or schema.keys() <= {"type", "enum", "const"}
    return 0 if quick else 100


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON: in Python, 1 is also True."""
    return canonical_json(one) == canonical_json(other)


def admits(schema: Schema, value: Json) -> bool:
    """Whether a value satisfies a schema."""
    return not validate_value(schema, value) if isinstance(schema, dict) else schema


def values_of(schema: Schema) -> list[Json] | None:
    """A list of values that has all that the schema admits; None where there is none."""
    if not isinstance(schema, dict):
        return None if schema else []
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    if isinstance(values, list):
        return values
    return _FEW.get(str(schema.get("type")))


# --------------------------------------------------------------------- the narrow side, in pieces


def _weaker(schema: JsonObject) -> Iterator[Schema]:
    """Schemas that admit at least as much, of which one alone may do."""
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return
    rest = {k: v for k, v in schema.items() if k != "allOf"}
    yield rest
    yield from cast("list[Schema]", parts)
    whole: Schema | None = rest
    for part in cast("list[Schema]", parts):
        whole = None if whole is None else _merged(whole, part)
    if whole is not None:
        yield whole


def _merged(one: Schema, other: Schema) -> Schema | None:
    """One schema that admits at least what both do together; None where there is none so simple.

    Keywords that exempt from others (`properties` from `additionalProperties`) may only exempt
    more, when they come together.
    """
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one if other in ({}, True) else other if one in ({}, True) else False
    if not _CONDITIONAL.isdisjoint(one.keys() | other.keys()):
        return None
    if any(not _same(one[key], other[key]) for key in one.keys() & other.keys()):
        return None
    return {**one, **other}


def _cases(schema: JsonObject) -> list[Schema] | None:
    """Schemas that together admit at least as much, each simpler; None where it is simple."""
    for key in ("anyOf", "oneOf"):
        branches = schema.get(key)
        if isinstance(branches, list):
            rest = {k: v for k, v in schema.items() if k != key}
            return [_case(rest, branch) for branch in cast("list[Schema]", branches)]
    named = schema.get("type")
    if isinstance(named, str):
        return None
    kinds = named if isinstance(named, list) else list[Json](_KINDS)
    return [{**schema, "type": kind} for kind in kinds]


def _case(rest: JsonObject, branch: Schema) -> Schema:
    merged = _merged(rest, branch)
    return {"allOf": [rest, branch]} if merged is None else merged


# ---------------------------------------------------------------------- the wide side, by keyword


def _schemas(schema: JsonObject, keyword: str) -> list[Schema]:
    return cast("list[Schema]", schema[keyword])


def _is_said_too(keyword: str, wide: JsonObject, narrow: JsonObject) -> bool:
    return keyword in narrow and _same(wide[keyword], narrow[keyword])


def _has_type(wide: JsonObject, narrow: JsonObject) -> bool:
    named, own = wide["type"], narrow["type"]
    allowed = named if isinstance(named, list) else [named]
    return own in allowed or (own == "integer" and "number" in allowed)


def apart(one: Schema, other: Schema) -> bool:
    """Whether no value satisfies both; yes only where that is certain."""
    if one is False or other is False:
        return True
    for first, second in ((one, other), (other, one)):
        values = values_of(first)
        if values is not None:
            return not any(admits(first, v) and admits(second, v) for v in values)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    kinds = _kinds(one) & _kinds(other)
    return not kinds or (kinds == {"object"} and _fields_apart(one, other))


def _kinds(schema: JsonObject) -> set[str]:
    named = schema.get("type", list[Json](_KINDS))
    found = named if isinstance(named, list) else [named]
    return {"number" if kind == "integer" else str(kind) for kind in found}


def _fields_apart(one: JsonObject, other: JsonObject) -> bool:
    """By a field that tells them apart, such as `kind`."""
    left, right = (cast("JsonObject", s.get("properties", {})) for s in (one, other))
    needed = {
        *cast("list[str]", one.get("required", [])),
        *cast("list[str]", other.get("required", [])),
    }
    shared = left.keys() & right.keys() & needed
    return any(apart(cast("Schema", left[n]), cast("Schema", right[n])) for n in shared)


def _holds_number(wide: JsonObject, narrow: JsonObject) -> bool:
    wanted = {**wide, "type": narrow["type"]}
    return (
        _lowest(narrow) >= _lowest(wanted)
        and _highest(narrow) <= _highest(wanted)
        and _is_multiple(wide.get("multipleOf"), narrow)
    )


def _lowest(schema: JsonObject) -> tuple[float, int]:
    """The lower bound; of two that are equal, one that is excluded is higher."""
    excluded = _number(schema, "exclusiveMinimum", -math.inf)
    whole = schema["type"] == "integer" and isinstance(excluded, int)
    beyond = (excluded + 1, 0) if whole else (excluded, 1)
    return max((_number(schema, "minimum", -math.inf), 0), beyond)


def _highest(schema: JsonObject) -> tuple[float, int]:
    excluded = _number(schema, "exclusiveMaximum", math.inf)
    whole = schema["type"] == "integer" and isinstance(excluded, int)
    beyond = (excluded - 1, 0) if whole else (excluded, -1)
    return min((_number(schema, "maximum", math.inf), 0), beyond)


def _number(schema: JsonObject, key: str, otherwise: float) -> float:
    return cast("float", schema.get(key, otherwise))


def _is_multiple(step: Json, narrow: JsonObject) -> bool:
    if step is None:
        return True
    known = narrow.get("multipleOf", 1 if narrow["type"] == "integer" else None)
    return (isinstance(known, int) and isinstance(step, int) and known % step == 0) or known == step


def _holds_string(wide: JsonObject, narrow: JsonObject) -> bool:
    return (
        _number(narrow, "minLength", 0) >= _number(wide, "minLength", 0)
        and _number(narrow, "maxLength", math.inf) <= _number(wide, "maxLength", math.inf)
        and wide.get("pattern") in (None, narrow.get("pattern"))
    )
