"""The same for what lists and objects hold: items by position, fields by name and pattern."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._plain_schema import Schema
from pantheon.spec._validate import validate_value

Includes: TypeAlias = Callable[[Schema, Schema], bool]
_OCCURRENCES = ("contains", "minContains", "maxContains")


def includes_items(wide: JsonObject, narrow: JsonObject, includes: Includes) -> bool:
    """Whether every list of `narrow` is one of `wide`, by the keywords of lists alone."""
    return (
        _fits_count(wide, narrow)
        and (not wide.get("uniqueItems") or _is_unique(narrow))
        and ("contains" not in wide or _is_said_too(_OCCURRENCES, wide, narrow))
        and "unevaluatedItems" not in wide
        and (_longest(narrow) == 0 or _fits_items(wide, narrow, includes))
    )


def _is_said_too(keywords: Iterable[str], wide: JsonObject, narrow: JsonObject) -> bool:
    return all(canonical_json(wide.get(k)) == canonical_json(narrow.get(k)) for k in keywords)


def _fits_count(wide: JsonObject, narrow: JsonObject) -> bool:
    least, most = narrow.get("minItems", 0), cast("float", wide.get("maxItems", math.inf))
    return (
        cast("float", least) >= cast("float", wide.get("minItems", 0)) and _longest(narrow) <= most
    )


def _longest(schema: JsonObject) -> float:
    most = cast("float", schema.get("maxItems", math.inf))
    return min(most, len(_positions(schema))) if schema.get("items") is False else most


def _is_unique(schema: JsonObject) -> bool:
    return schema.get("uniqueItems") is True or _longest(schema) <= 1


def _positions(schema: JsonObject) -> list[Schema]:
    return cast("list[Schema]", schema.get("prefixItems", []))


def _fits_items(wide: JsonObject, narrow: JsonObject, includes: Includes) -> bool:
    count = max(len(_positions(wide)), len(_positions(narrow)))
    return all(includes(_item(wide, i), _item(narrow, i)) for i in range(count + 1))


def _item(schema: JsonObject, index: int) -> Schema:
    positions = _positions(schema)
    return positions[index] if index < len(positions) else cast("Schema", schema.get("items", {}))


# -------------------------------------------------------------------------------------- objects


def includes_members(wide: JsonObject, narrow: JsonObject, includes: Includes) -> bool:
    """Whether every object of `narrow` is one of `wide`, by the keywords of objects alone."""
    return (
        _required(wide) <= _required(narrow)
        and _fits_size(wide, narrow)
        and _fits_named(wide, narrow, includes)
        and _fits_unnamed(wide, narrow, includes)
        and ("propertyNames" not in wide or _fits_names(wide, narrow, includes))
        and ("dependentRequired" not in wide or _fits_dependent(wide, narrow))
        and ("dependentSchemas" not in wide or _is_said_too(("dependentSchemas",), wide, narrow))
        and "unevaluatedProperties" not in wide
    )


def _required(schema: JsonObject) -> frozenset[str]:
    return frozenset(cast("list[str]", schema.get("required", [])))


def _properties(schema: JsonObject) -> Mapping[str, Schema]:
    return cast("Mapping[str, Schema]", schema.get("properties", {}))


def _patterns(schema: JsonObject) -> Mapping[str, Schema]:
    return cast("Mapping[str, Schema]", schema.get("patternProperties", {}))


def _others(schema: JsonObject) -> Schema:
    return cast("Schema", schema.get("additionalProperties", {}))


def _is_closed(schema: JsonObject) -> bool:
    return _others(schema) is False and not _patterns(schema)


def _fits_size(wide: JsonObject, narrow: JsonObject) -> bool:
    least = max(cast("int", narrow.get("minProperties", 0)), len(_required(narrow)))
    most = cast("float", narrow.get("maxProperties", math.inf))
    most = min(most, len(_properties(narrow))) if _is_closed(narrow) else most
    lower, upper = wide.get("minProperties", 0), wide.get("maxProperties", math.inf)
    return least >= cast("float", lower) and most <= cast("float", upper)


def _rules_for(schema: JsonObject, name: str) -> Iterator[Schema]:
    """All that the value of one name has to satisfy."""
    named = name in _properties(schema)
    if named:
        yield _properties(schema)[name]
    matched = [rule for pattern, rule in _patterns(schema).items() if re.search(pattern, name)]
    yield from matched
    if not named and not matched:
        yield _others(schema)


def _fits_named(wide: JsonObject, narrow: JsonObject, includes: Includes) -> bool:
    for name in _properties(wide).keys() | _properties(narrow).keys():
        known = list(_rules_for(narrow, name))
        if False in known:
            continue  # there is no such value
        if not all(any(includes(w, n) for n in known) for w in _rules_for(wide, name)):
            return False
    return True


def _fits_unnamed(wide: JsonObject, narrow: JsonObject, includes: Includes) -> bool:
    """Fields that neither lists: by the same patterns, else by what is said of all others."""
    for pattern, rule in _patterns(wide).items():
        known = _patterns(narrow).get(pattern, False if _patterns(narrow) else _others(narrow))
        if (pattern not in _patterns(narrow) and _patterns(narrow)) or not includes(rule, known):
            return False
    rest = _others(wide)
    loose = [rule for pattern, rule in _patterns(narrow).items() if pattern not in _patterns(wide)]
    return all(includes(rest, rule) for rule in [_others(narrow), *loose])


def _fits_names(wide: JsonObject, narrow: JsonObject, includes: Includes) -> bool:
    rule = cast("Schema", wide["propertyNames"])
    if "propertyNames" in narrow and includes(rule, cast("Schema", narrow["propertyNames"])):
        return True
    if not _is_closed(narrow) or not isinstance(rule, dict):
        return False
    return not any(validate_value(rule, name) for name in _properties(narrow))


def _fits_dependent(wide: JsonObject, narrow: JsonObject) -> bool:
    if wide["dependentRequired"] == narrow.get("dependentRequired"):
        return True
    needed = cast("Mapping[str, list[Json]]", wide["dependentRequired"])
    return all(_required(narrow).issuperset(map(str, names)) for names in needed.values())
