"""Values against contracts at run time, and an input object as the text learners see.

The common part of JSON Schema is compiled once per schema into closures (a few microseconds a
value); a schema that uses anything else is checked by `jsonschema`, draft 2020-12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._compatibility import ANY, properties_of, required_of
from pantheon.spec._evaluate import json_equal

Check: TypeAlias = Callable[[Json, str], Iterator[str]]
"""(value, its path) → what is wrong with it."""

MAX_PROBLEMS = 20
_MAX_COMPILED = 1024
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated"}
)
_COMPILED: dict[int, tuple[JsonObject, Check]] = {}


def validate_value(schema: JsonObject, value: Json) -> list[str]:
    """What is wrong with a value, each a sentence that starts with the path; empty when it fits.

    A schema object must not be changed after its first use.
    """
    known = _COMPILED.get(id(schema))
    if known is None or known[0] is not schema:
        known = _remember(schema)
    problems: list[str] = []
    for problem in known[1](value, ""):
        problems.append(problem)
        if len(problems) == MAX_PROBLEMS:
            break
    return problems


def _remember(schema: JsonObject) -> tuple[JsonObject, Check]:
    if len(_COMPILED) >= _MAX_COMPILED:
        _COMPILED.clear()
    # The schema is kept beside its check, so that its id cannot be given to another one.
    entry = (schema, _compile_any(schema))
    _COMPILED[id(schema)] = entry
    return entry


def _compile_any(schema: JsonObject) -> Check:
    try:
        return _compile(schema)
    except _BeyondSubset:
        return _by_jsonschema(schema)


class _BeyondSubset(Exception):
    """Internal: the schema uses a keyword that is not compiled here."""


def _compile(schema: Json) -> Check:
    if schema is True:
        return _all_of([])
    if not isinstance(schema, dict):
        raise _BeyondSubset
    keywords = [keyword for keyword in schema if keyword not in _ANNOTATIONS]
    if any(keyword not in _MAKERS for keyword in keywords):
        raise _BeyondSubset
    keywords.sort(key=lambda keyword: keyword != "type")
    makers = dict.fromkeys(_MAKERS[keyword] for keyword in keywords)
    checks = [make(schema) for make in makers]
    return checks[0] if len(checks) == 1 else _all_of(checks, type_first="type" in schema)


def _all_of(checks: list[Check], *, type_first: bool = False) -> Check:
    """Every check; a value of the wrong type is not told its other faults."""
    first, rest = (checks[:1], checks[1:]) if type_first else ([], checks)

    def check(value: Json, path: str) -> Iterator[str]:
        for one in first:
            problem = next(one(value, path), None)
            if problem is not None:
                yield problem
                return
        for one in rest:
            yield from one(value, path)

    return check


def _say(path: str, problem: str) -> str:
    return f"`{path}` {problem}" if path else f"the value {problem}"


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)  # also what is no JSON: NaN
    return text if len(text) <= 80 else f"{text[:79]}…"


_IS_TYPE: dict[str, Callable[[Json], bool]] = {
    "null": lambda v: v is None,
    "boolean": lambda v: isinstance(v, bool),
    "string": lambda v: isinstance(v, str),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "integer": lambda v: (
        (isinstance(v, int) and not isinstance(v, bool))
        or (isinstance(v, float) and v.is_integer())
    ),
}


def _make_type(schema: JsonObject) -> Check:
    named = schema["type"]
    names = [str(name) for name in named] if isinstance(named, list) else [str(named)]
    if any(name not in _IS_TYPE for name in names):
        raise _BeyondSubset
    tests = [_IS_TYPE[name] for name in names]
    wanted = " or ".join(names)

    def check(value: Json, path: str) -> Iterator[str]:
        if not any(test(value) for test in tests):
            yield _say(path, f"must be {wanted}, but is {_shown(value)}")

    return check


def _make_values(options: list[Json]) -> Check:
    strings = frozenset(option for option in options if isinstance(option, str))
    others = [option for option in options if not isinstance(option, str)]
    wanted = ", ".join(map(_shown, options[:12])) + (", …" if len(options) > 12 else "")

    def check(value: Json, path: str) -> Iterator[str]:
        if isinstance(value, str):
            fits = value in strings
        else:
            fits = any(json_equal(value, option) for option in others)
        if not fits:
            yield _say(path, f"must be one of {wanted}, but is {_shown(value)}")

    return check


def _make_enum(schema: JsonObject) -> Check:
    options = schema["enum"]
    if not isinstance(options, list):
        raise _BeyondSubset
    return _make_values(options)


def _make_object(schema: JsonObject) -> Check:
    """`properties`, `required` and `additionalProperties` together."""
    fields = {name: _compile(rule) for name, rule in _rules(schema).items()}
    required = sorted(required_of(schema))
    extra = schema.get("additionalProperties", True)
    closed = extra is False
    rest = _compile(extra) if isinstance(extra, dict) else None

    def check(value: Json, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            return
        for name in required:
            if name not in value:
                yield _say(path, f"lacks the field `{name}`")
        for name, item in value.items():
            field = fields.get(name, rest)
            if field is not None:
                yield from field(item, f"{path}.{name}" if path else name)
            elif closed:
                yield _say(path, f"has a field `{name[:80]}` that the contract does not know")

    return check


def _rules(schema: JsonObject) -> dict[str, Json]:
    rules = schema.get("properties", {})
    if not isinstance(rules, dict):
        raise _BeyondSubset
    return rules


def _make_items(schema: JsonObject) -> Check:
    each = _compile(schema["items"])

    def check(value: Json, path: str) -> Iterator[str]:
        if isinstance(value, list):
            for position, item in enumerate(value):
                yield from each(item, f"{path}[{position}]")

    return check


def _make_any_of(schema: JsonObject) -> Check:
    options = schema["anyOf"]
    if not isinstance(options, list) or not options:
        raise _BeyondSubset
    checks = [_compile(option) for option in options]

    def check(value: Json, path: str) -> Iterator[str]:
        found: list[str] = []
        for one in checks:
            problem = next(one(value, path), None)
            if problem is None:
                return
            found.append(problem)
        yield " / ".join(dict.fromkeys(found))

    return check


def _make_pattern(schema: JsonObject) -> Check:
    try:
        pattern = re.compile(str(schema["pattern"]))
    except re.error:
        raise _BeyondSubset from None

    def check(value: Json, path: str) -> Iterator[str]:
        if isinstance(value, str) and not pattern.search(value):
            yield _say(path, f"must match {pattern.pattern!r}, but is {_shown(value)}")

    return check


def _make_limit(
    keyword: str, measure: Callable[[Json], float | None], problem: str, *, lower: bool, open_: bool
) -> Callable[[JsonObject], Check]:
    def make(schema: JsonObject) -> Check:
        limit = schema[keyword]
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            raise _BeyondSubset

        def check(value: Json, path: str) -> Iterator[str]:
            size = measure(value)
            if size is None:
                return
            beyond = size < limit if lower else size > limit
            if beyond or (open_ and size == limit):
                yield _say(path, f"{problem} {limit}, but is {_shown(value)}")

        return check

    return make


def _as_number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _length(value: Json) -> float | None:
    return len(value) if isinstance(value, str) else None


def _count(value: Json) -> float | None:
    return len(value) if isinstance(value, list) else None


_MAKERS: dict[str, Callable[[JsonObject], Check]] = {
    "type": _make_type,
    "enum": _make_enum,
    "const": lambda schema: _make_values([schema["const"]]),
    "properties": _make_object,
    "required": _make_object,
    "additionalProperties": _make_object,
    "items": _make_items,
    "anyOf": _make_any_of,
    "pattern": _make_pattern,
    "format": lambda schema: _all_of([]),
    "minimum": _make_limit("minimum", _as_number, "must be at least", lower=True, open_=False),
    "maximum": _make_limit("maximum", _as_number, "must be at most", lower=False, open_=False),
    "exclusiveMinimum": _make_limit(
        "exclusiveMinimum", _as_number, "must be more than", lower=True, open_=True
    ),
    "exclusiveMaximum": _make_limit(
        "exclusiveMaximum", _as_number, "must be less than", lower=False, open_=True
    ),
    "minLength": _make_limit("minLength", _length, "needs a length of", lower=True, open_=False),
    "maxLength": _make_limit(
        "maxLength", _length, "may have a length of", lower=False, open_=False
    ),
    "minItems": _make_limit("minItems", _count, "needs items:", lower=True, open_=False),
    "maxItems": _make_limit("maxItems", _count, "may have items:", lower=False, open_=False),
}


def _by_jsonschema(schema: JsonObject) -> Check:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # An empty registry: a `$ref` can never make the validator fetch anything.
    validator = Draft202012Validator(schema, registry=Registry())

    def check(value: Json, path: str) -> Iterator[str]:
        del path  # only ever used at the top
        try:
            for error in validator.iter_errors(value):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                place = error.json_path.removeprefix("$").removeprefix(".")
                message = error.message
                yield f"`{place}`: {message[:200]}" if place else message[:200]
        except (Unresolvable, RecursionError):
            # Definitions are checked for this when they are read; a part of one, or a schema that
            # somebody else sent, is not.
            yield _say("", "cannot be checked: a `$ref` leads nowhere, or the value is too deep")

    return check


def render_text(schema: JsonObject, value: JsonObject) -> str:
    """An input object as one text, for learners, embedders and people.

    An object of one string is that string; any other gives `key: value` lines, the contract's
    fields first and in its order, then the rest by name. Absent and null fields are left out.
    """
    present = {key: item for key, item in value.items() if item is not None}
    names = [name for name in properties_of(schema) if name in present]
    if len(present) == 1:
        only = next(iter(present.values()))
        if isinstance(only, str) and len(properties_of(schema)) <= 1:
            return only
    names += sorted(set(present) - set(names))
    return "\n".join(f"{name}: {_as_text(present[name])}" for name in names)


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def omit_absent(schema: JsonObject, value: JsonObject) -> JsonObject:
    """What of an object the contract asks for, as an agent is given it.

    Left out are null fields that may be absent but not null (an optional input whose source was
    empty), and fields that a closed contract does not know (a stand-in is handed more than it
    asks for).
    """
    required = required_of(schema)
    rules = properties_of(schema)
    closed = schema.get("additionalProperties") is False
    return {
        name: item
        for name, item in value.items()
        if (name in rules or not closed)
        and (item is not None or name in required or not validate_value(_rule(schema, name), None))
    }


def _rule(schema: JsonObject, name: str) -> JsonObject:
    """What a contract says of one field, with the definitions that it may refer to."""
    rule = properties_of(schema).get(name, ANY)
    shared = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    return {**shared, **rule} if shared else rule
