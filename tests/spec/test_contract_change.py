"""What became of a contract: told part by part, and never falsely called harmless."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pantheon.ids import Json, JsonObject
from pantheon.spec import compare_contracts, expand_contract, validate_value

_TYPES: list[Json] = [
    "string",
    "integer",
    "number",
    "boolean",
    "any",
    {"enum": ["a", "b"]},
    {"enum": ["a", "b", "c"]},
    {"enum": ["b"]},
    {"type": "integer", "minimum": 0},
    {"type": "integer", "minimum": 3, "maximum": 5},
    {"type": "string", "maxLength": 2},
    {"type": "string", "minLength": 1},
    {"type": "string", "pattern": "^a"},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    {"anyOf": [{"type": "integer", "maximum": 3}, {"type": "string"}]},
    {"const": "a"},
    ["string"],
    [{"enum": ["a", "b"]}],
    {"type": "array", "items": {"type": "string"}, "maxItems": 1},
    {"x": "string"},
    {"x?": "string"},
    {"x": {"enum": ["a"]}, "y?": "integer"},
    {"type": "object", "properties": {"x": {"type": "string"}}},
    {"type": "object", "description": "anything"},
]
TYPES = st.sampled_from(_TYPES)
CONTRACTS: st.SearchStrategy[JsonObject] = (
    st.dictionaries(st.sampled_from(["f", "f?", "g", "g?"]), TYPES, max_size=2)
    .filter(lambda made: len({k.rstrip("?") for k in made}) == len(made))
    .map(lambda made: expand_contract(dict(made)))
)
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1, 4, 9, -1, 2.5, "", "a", "b", "c", "abc", [], ["a"], ["a", "c"], {},
     {"x": "a"}, {"x": "c"}, {"x": "a", "y": 1}, {"x": 1}, {"z": 1}]
)  # fmt: skip
VALUES = st.dictionaries(st.sampled_from(["f", "g", "h"]), SCALARS, max_size=2)


@settings(max_examples=400)
@given(CONTRACTS, CONTRACTS, VALUES)
def test_what_is_called_narrower_is(old: JsonObject, new: JsonObject, value: JsonObject) -> None:
    """Where nothing more is admitted, a value of the new contract satisfies the old one."""
    kinds = {change.kind for change in compare_contracts(old, new)}
    if kinds <= {"narrowed"} and not validate_value(new, value):
        assert validate_value(old, value) == []


@settings(max_examples=400)
@given(CONTRACTS, CONTRACTS, VALUES)
def test_what_is_called_wider_is(old: JsonObject, new: JsonObject, value: JsonObject) -> None:
    """Where nothing less is admitted, a value of the old contract satisfies the new one."""
    kinds = {change.kind for change in compare_contracts(old, new)}
    if kinds <= {"widened"} and not validate_value(old, value):
        assert validate_value(new, value) == []


@given(CONTRACTS)
def test_a_contract_is_like_itself(contract: JsonObject) -> None:
    """And so it is with other words for readers."""
    assert compare_contracts(contract, contract) == ()
    assert compare_contracts(contract, {**contract, "description": "other"}) == ()


@given(CONTRACTS, CONTRACTS)
def test_the_other_way_round_it_is_the_other_thing(old: JsonObject, new: JsonObject) -> None:
    """What is wider one way is narrower the other."""
    turned = {"widened": "narrowed", "narrowed": "widened"}
    there = {(c.path, turned.get(c.kind, c.kind)) for c in compare_contracts(old, new)}
    back = {(c.path, c.kind) for c in compare_contracts(new, old)}
    fields = {"added_required", "added_optional", "removed"}
    assert {c for c in there if c[1] not in fields} == {c for c in back if c[1] not in fields}


@pytest.mark.parametrize(
    ("old", "new", "told", "input", "output"),
    [
        ({"a": "string"}, {"a": "string", "b": "string"}, "added_required", True, False),
        ({"a": "string"}, {"a": "string", "b?": "string"}, "added_optional", False, False),
        ({"a": "string", "b": "string"}, {"a": "string"}, "removed", True, True),
        ({"a": "string"}, {"a?": "string"}, "widened", False, True),
        ({"a?": "string"}, {"a": "string"}, "narrowed", True, False),
        ({"a": {"enum": ["x"]}}, {"a": {"enum": ["x", "y"]}}, "widened", False, True),
        ({"a": {"enum": ["x", "y"]}}, {"a": "string"}, "widened", False, True),
        ({"a": "number"}, {"a": "integer"}, "narrowed", True, False),
        ({"a": "string"}, {"a": "integer"}, "changed", True, True),
        ({"a": ["string"]}, {"a": ["integer"]}, "changed", True, True),
        ({"a": "string"}, {"a": {"type": "string", "maxLength": 9}}, "narrowed", True, False),
        ({"a": "string"}, {"a": {"type": ["string", "null"]}}, "widened", False, True),
        ({"a": "any"}, {"a": "string"}, "narrowed", True, False),
        ({"a": ["any"]}, {"a": ["string"]}, "narrowed", True, False),
    ],
)
def test_whom_it_breaks(
    old: JsonObject, new: JsonObject, told: str, input: bool, output: bool
) -> None:
    """Callers mind what is no longer admitted, readers what they did not expect."""
    (change,) = compare_contracts(expand_contract(old), expand_contract(new))
    assert (change.kind, change.breaks("input"), change.breaks("output")) == (told, input, output)


_JSON = st.sampled_from(
    [None, True, False, 0, 1, 3, 4, 2.5, "", "a", "b", "ab", [], ["a"], ["a", "a"], [1], {},
     {"x": "a"}, {"x": 1}, {"y": 2}, {"x": "a", "y": 1}, {"x": None}]
)  # fmt: skip
_RULES: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(
        ["string", "integer", "number", "boolean", "null", "array", "object", ["string", "null"]]
    ),
    "enum": st.lists(_JSON, min_size=1, max_size=3),
    "const": _JSON,
    "minimum": st.sampled_from([0, 3]),
    "exclusiveMaximum": st.sampled_from([1, 4]),
    "multipleOf": st.sampled_from([1, 2]),
    "minLength": st.sampled_from([0, 1]),
    "maxLength": st.sampled_from([1, 2]),
    "pattern": st.sampled_from(["^a", "b"]),
    "minItems": st.sampled_from([0, 1]),
    "maxItems": st.sampled_from([0, 1]),
    "uniqueItems": st.booleans(),
    "required": st.lists(st.sampled_from("xy"), unique=True, max_size=2),
    "maxProperties": st.sampled_from([0, 1]),
    "dependentRequired": st.just({"x": ["y"]}),
    "unevaluatedProperties": st.just(False),
}
_HOLDING = (
    "items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
)  # fmt: skip


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    rules = {
        **_RULES,
        **dict.fromkeys(_HOLDING, inner | st.booleans()),
        **dict.fromkeys(("anyOf", "oneOf", "allOf", "prefixItems"), several),
        "properties": st.dictionaries(st.sampled_from("xy"), inner | st.booleans(), max_size=2),
        "patternProperties": st.dictionaries(st.sampled_from(["^x", "y"]), inner, max_size=1),
    }
    keys = st.lists(st.sampled_from(sorted(rules)), unique=True, max_size=3)
    return keys.flatmap(lambda keys: st.fixed_dictionaries({key: rules[key] for key in keys}))


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries({}, optional=_RULES), _deeper, max_leaves=6
)


@st.composite
def changed_schemas(draw: st.DrawFn) -> tuple[Any, Any]:
    """A schema, and one that has some of its keywords and some of another's."""
    old, other = draw(SCHEMAS), draw(SCHEMAS)
    kept = draw(st.sets(st.sampled_from(sorted(old)))) if old else set[str]()
    taken = draw(st.sets(st.sampled_from(sorted(other)))) if other else set[str]()
    return old, {k: v for k, v in old.items() if k in kept} | {k: other[k] for k in taken}


@settings(max_examples=300, deadline=None)
@given(changed_schemas(), _JSON)
def test_all_of_json_schema_is_compared_with_care(schemas: tuple[Any, Any], value: Json) -> None:
    """Any keyword, anywhere: what is called harmless is, by another implementation."""
    old, new = schemas
    kinds = {change.kind for change in compare_contracts(old, new)}
    admitted = [not list(Draft202012Validator(s).iter_errors(value)) for s in schemas]  # pyright: ignore[reportUnknownMemberType]
    if kinds <= {"narrowed"} and admitted[1]:
        assert admitted[0]
    if kinds <= {"widened"} and admitted[0]:
        assert admitted[1]


_TREE: JsonObject = {
    "type": "object",
    "properties": {"team": {"$ref": "#/$defs/team"}, "next": {"$ref": "#/$defs/node"}},
    "$defs": {
        "team": {"enum": ["a", "b"]},
        "node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}},
    },
}


def test_references_are_followed() -> None:
    """A contract made from a model with parts says the same as one written out."""
    inner: JsonObject = {"team": {"type": "string", "enum": ["a", "b"]}}
    told: JsonObject = {
        "type": "object",
        "properties": {"team": {"$ref": "#/$defs/team"}},
        "required": ["team"],
        "additionalProperties": False,
        "$defs": {"team": {"type": "string", "enum": ["a", "b"], "title": "Team"}},
    }
    assert compare_contracts(told, expand_contract(dict(inner))) == ()
    fewer: JsonObject = {**told, "$defs": {"team": {"type": "string", "enum": ["a"]}}}
    (change,) = compare_contracts(told, fewer)
    assert (change.path, change.kind) == ("team", "narrowed")
    assert change.words == "`team` may no longer be `b`."


def test_a_schema_that_contains_itself_is_only_the_same_or_not() -> None:
    """It is not unrolled; and references that double at each step do not fill the memory."""
    assert compare_contracts(_TREE, {**_TREE, "title": "other"}) == ()
    assert compare_contracts(_TREE, {**_TREE, "required": ["team"]})[0].kind == "changed"
    definitions: dict[str, Json] = {}
    for i in range(40):
        following: Json = {"$ref": f"#/$defs/d{i + 1}"}
        definitions[f"d{i}"] = {"anyOf": [following, following]}
    bomb: JsonObject = {"$ref": "#/$defs/d0", "$defs": {**definitions, "d40": {"type": "string"}}}
    assert compare_contracts(bomb, {**bomb, "minLength": 1})[0].kind == "changed"


_TOLD: list[tuple[Json, Json, str]] = [
    (["string"], [{"enum": ["x"]}], '`a[]` was string and is "x": narrowed.'),
    (
        {"enum": ["x", "y"]},
        {"enum": ["y", "z"]},
        "`a` may now be `z` and may no longer be `x`.",
    ),
    ("string", {"type": ["string", "null"]}, "`a` may now be null."),
    (
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": 18},
        "`a` (integer) admits less than before: minimum was 0 and is 18.",
    ),
    (
        {"type": "object", "properties": {"x": {"type": "string"}}},
        {"x?": "string"},
        "`a` may no longer have other fields than those listed.",
    ),
    (
        {"anyOf": [{"type": "object", "properties": {"x": {}}}, {"type": "null"}]},
        {
            "anyOf": [
                {"type": "object", "properties": {"x": {"type": "string"}}},
                {"type": "null"},
            ]
        },
        "`a.x` was anything and is string: narrowed.",
    ),
]


@pytest.mark.parametrize(("old", "new", "words"), _TOLD)
def test_how_it_is_told(old: Json, new: Json, words: str) -> None:
    """In the words of the contract, and only what differs."""
    found = compare_contracts(expand_contract({"a": old}), expand_contract({"a": new}))
    assert [change.words for change in found] == [words]


def test_the_place_is_named() -> None:
    """Down to the field of the items of a list."""
    old = expand_contract({"rows": [{"place": {"line": "integer"}}]})
    new = expand_contract({"rows": [{"place": {"line": "string"}}]})
    (change,) = compare_contracts(old, new)
    assert change.path == "rows[].place.line"
    assert change.words == "`rows[].place.line` was integer and is string: changed."
