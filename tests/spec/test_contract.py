"""Contracts: the three ways to write them, checking values, values as text, guessing them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pantheon.errors import InputError
from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    InvalidProject,
    expand_contract,
    infer_contract,
    omit_absent,
    render_text,
    validate_value,
)

TRIAGE: JsonObject = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "team": {"type": "string", "enum": ["cards", "other"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "who": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name"],
            "additionalProperties": False,
        },
        "score": {"type": "number"},
    },
    "required": ["text", "team", "tags", "who"],
    "additionalProperties": False,
}


def test_short_form() -> None:
    """Names with types; `?` makes a field optional; lists and objects nest."""
    written: Json = {
        "text": "string",
        "team": {"enum": ["cards", "other"]},
        "tags": ["string"],
        "who": {"name": "string", "age?": "integer"},
        "score?": "number",
    }
    assert expand_contract(written) == TRIAGE


def test_json_schema_is_taken_as_it_is() -> None:
    """A full schema passes through; its type is filled in."""
    assert expand_contract(TRIAGE) == TRIAGE
    assert expand_contract({"properties": {"a": {"type": "string"}}}) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
    }


def test_tag_is_one_text() -> None:
    """A tag of the original dialect is an object with that one string."""
    assert expand_contract("spec") == expand_contract({"spec": "string"})


def test_fields_may_be_called_like_keywords() -> None:
    """Short-form fields called `type` and `properties` are fields."""
    schema = expand_contract({"type": "string", "properties": "integer", "items": "string"})
    assert schema["properties"] == {
        "type": {"type": "string"},
        "properties": {"type": "integer"},
        "items": {"type": "string"},
    }


@pytest.mark.parametrize("written", [3, None, [], ["text"], {"a": "txet"}, {"a": [], "b": []}])
def test_wrong_contract_from_python_is_told(written: Json) -> None:
    """Without a file there is still a message and a fix."""
    with pytest.raises(InvalidProject) as caught:
        expand_contract(written)
    assert caught.value.hint


# --------------------------------------------------------------------------- values against it


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": 3}, "`text` must be string, but is 3"),
        ({"team": "card"}, '`team` must be one of "cards", "other", but is "card"'),
        ({"tags": ["a", 2]}, "`tags[1]` must be string, but is 2"),
        ({"who": {}}, "`who` lacks the field `name`"),
        ({"who": {"name": "x", "age": 1.5}}, "`who.age` must be integer, but is 1.5"),
        ({"score": True}, "`score` must be number, but is true"),
        ({"more": 1}, "the value has a field `more` that the contract does not know"),
    ],
)
def test_problem_names_the_path(change: JsonObject, problem: str) -> None:
    """Each problem says where in the value it is and what stands there."""
    value: JsonObject = {"text": "x", "team": "cards", "tags": [], "who": {"name": "y"}, **change}
    assert validate_value(TRIAGE, value) == [problem]


def test_every_problem_is_listed_up_to_a_limit() -> None:
    """Several problems at once, but never a flood."""
    assert len(validate_value(TRIAGE, {"text": 1, "team": 2})) == 4
    flood: JsonObject = {"items": {"type": "string"}}
    assert len(validate_value(flood, list(range(1000)))) == 20


def test_values_that_are_no_json_are_told_too() -> None:
    """A not-a-number from somewhere is a problem, not a crash."""
    assert validate_value({"type": "string"}, float("nan")) == [
        "the value must be string, but is NaN"
    ]


def test_rare_keywords_are_checked_by_the_library() -> None:
    """`oneOf`, `$ref` and the like work, and nothing is ever fetched."""
    schema: JsonObject = {
        "type": "object",
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        "properties": {"a": {"$ref": "#/$defs/short"}},
        "$defs": {"short": {"type": "string", "maxLength": 2}},
    }
    assert validate_value(schema, {"a": "ok"}) == []
    assert len(validate_value(schema, {"a": "long", "b": 1})) == 2


_SCHEMAS: list[JsonObject] = [
    {},
    TRIAGE,
    {"type": "integer"},
    {"type": ["string", "null"]},
    {"enum": [1, "a", None, True, [1], {"a": 1}]},
    {"const": 1},
    {"const": False},
    {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]},
    {"type": "string", "minLength": 1, "maxLength": 2, "pattern": "^[ab]"},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2},
    {"minimum": 0, "exclusiveMaximum": 2},
    {"maximum": 1, "exclusiveMinimum": -1},
    {"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
    {"required": ["a"], "additionalProperties": True},
    {"additionalProperties": False},
]
_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 3),
        st.sampled_from([0.0, 1.0, 1.5, -1.0]),
        st.sampled_from(["", "a", "b", "abc", "cards", "x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "text", "team", "tags", "who", "name"]), inner),
    ),
    max_leaves=8,
)


@given(st.sampled_from(_SCHEMAS), _VALUES)
def test_own_checks_agree_with_the_reference(schema: JsonObject, value: Json) -> None:
    """The compiled subset accepts exactly what jsonschema accepts."""
    reference = Draft202012Validator(schema)
    assert (validate_value(schema, value) == []) == reference.is_valid(value)  # pyright: ignore[reportUnknownMemberType]


# ----------------------------------------------------------------------------- values as text


def test_text_of_an_input() -> None:
    """One text is itself; several fields are lines in the contract's order."""
    assert render_text(expand_contract("text"), {"text": "Lost card"}) == "Lost card"
    several = expand_contract(
        {"zip": "string", "age": "integer", "tags": ["string"], "note?": "string"}
    )
    value: JsonObject = {"tags": ["a"], "age": 3, "zip": "x y", "note": None, "b": 1, "a": {"k": 2}}
    assert render_text(several, value) == 'zip: x y\nage: 3\ntags: ["a"]\na: {"k":2}\nb: 1'
    assert render_text(several, {"zip": "only"}) == "zip: only"
    assert render_text({"type": "object"}, {"anything": "text"}) == "text"


def test_what_an_agent_is_given() -> None:
    """Empty optional inputs and fields of others are left out; required ones stay."""
    schema = expand_contract({"text": "string", "note?": "string", "any?": "any"})
    given: JsonObject = {"text": None, "note": None, "any": None, "team": "cards"}
    assert omit_absent(schema, given) == {"text": None, "any": None}
    assert omit_absent({"type": "object"}, {"x": 1}) == {"x": 1}


# ------------------------------------------------------------------------------ guessing them


def test_contract_from_examples() -> None:
    """Common types; fields that some lack are optional; texts stay open unless asked."""
    examples: list[tuple[JsonObject, JsonObject]] = [
        ({"text": "a", "n": 1}, {"intent": "x", "slots": [{"k": "v"}]}),
        ({"text": "b", "n": 2.5, "more": None}, {"intent": "y", "slots": []}),
    ]
    contract = infer_contract(examples)
    assert contract.input == {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "n": {"type": "number"},
            "more": {"type": "null"},
        },
        "required": ["text", "n"],
        "additionalProperties": False,
    }
    properties = contract.output["properties"]
    assert isinstance(properties, dict)
    assert properties["intent"] == {"type": "string"}
    closed = infer_contract(examples, closed_outputs=5).output["properties"]
    assert isinstance(closed, dict)
    assert closed["intent"] == {"type": "string", "enum": ["x", "y"]}


def test_contract_from_nothing_is_refused() -> None:
    """Without an example there is nothing to infer from."""
    with pytest.raises(InputError):
        infer_contract([])


_OBJECTS = st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3)


@given(st.lists(st.tuples(_OBJECTS, _OBJECTS), min_size=1, max_size=5), st.integers(0, 3))
def test_examples_satisfy_the_contract_inferred_from_them(
    examples: list[tuple[JsonObject, JsonObject]], closed: int
) -> None:
    """Whatever the examples are, none breaks its own contract."""
    contract = infer_contract(examples, closed_outputs=closed)
    for given_, answer in examples:
        assert validate_value(contract.input, given_) == []
        assert validate_value(contract.output, answer) == []
