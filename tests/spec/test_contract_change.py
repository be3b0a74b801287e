"""What became of a contract: told part by part, and never falsely called harmless."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_the_place_is_named() -> None:
    """Down to the field of the items of a list."""
    old = expand_contract({"rows": [{"place": {"line": "integer"}}]})
    new = expand_contract({"rows": [{"place": {"line": "string"}}]})
    (change,) = compare_contracts(old, new)
    assert change.path == "rows[].place.line"
    assert change.words == "`rows[].place.line` was integer and is string: changed."
