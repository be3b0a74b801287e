"""Reading JSON answers out of text, and grammars out of schemas."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import Json, JsonObject
from pantheon.models import FailureReason, ModelFailure
from pantheon.models._grammar import json_grammar
from pantheon.models._structured import read_answer

JSON_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(JSON_VALUES)
def test_whatever_was_written_as_json_is_read_back(value: Json) -> None:
    """Any JSON value survives the way through a model's text."""
    reading = read_answer(json.dumps(value), {})

    assert (reading.output, reading.problems) == (value, ())


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text gives a value or a problem, never an exception."""
    reading = read_answer(text, {"type": "object"})

    assert reading.problems or isinstance(reading.output, dict)


@pytest.mark.parametrize(
    "text", ['{"n": 1}', '```json\n{"n": 1}\n```', 'Sure! {"n": 1} I hope this helps.']
)
def test_fences_and_sentences_around_an_object_are_forgiven(text: str) -> None:
    """Models that cannot be constrained decorate their answers."""
    assert read_answer(text, {"required": ["n"]}).output == {"n": 1}


def test_problems_say_where_and_are_few() -> None:
    """At most five problems, each with its place."""
    schema: JsonObject = {"items": {"type": "integer"}}

    reading = read_answer('["a", "b", "c", "d", "e", "f", "g"]', schema)

    assert len(reading.problems) == 5
    assert reading.problems[0] == "$[0]: 'a' is not of type 'integer'"


@pytest.mark.parametrize(
    "schema", [{"$ref": "https://example.com/schema.json"}, {"$ref": "#/$defs/none"}]
)
def test_a_schema_that_points_elsewhere_is_refused_and_nothing_fetched(schema: JsonObject) -> None:
    """References outside the schema have no value here."""
    with pytest.raises(ModelFailure) as caught:
        read_answer("{}", schema)

    assert caught.value.reason is FailureReason.REFUSED


def grammar_rules(schema: JsonObject) -> JsonObject:
    """The schema inside a grammar."""
    rules: JsonObject = json.loads(json_grammar(schema).split("%json ", 1)[1])
    assert rules.pop("x-guidance")
    return rules


def test_what_a_grammar_cannot_enforce_is_left_to_the_check_afterwards() -> None:
    """Weaker rules at every depth, and `oneOf` as `anyOf`; names of properties are no keywords."""
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "not": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "when": {"type": "string", "format": "made-up"},
            "day": {"type": "string", "format": "date"},
            "one": {"oneOf": [{"type": "integer"}, {"not": {}, "type": "null"}]},
            "set": {"enum": [{"not": 1}]},
        },
        "if": {"required": ["one"]},
        "minProperties": 1,
    }

    assert grammar_rules(schema) == {
        "type": "object",
        "properties": {
            "not": {"type": "array", "items": {"type": "string"}},
            "when": {"type": "string"},
            "day": {"type": "string", "format": "date"},
            "one": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "set": {"enum": [{"not": 1}]},
        },
        "minProperties": 1,
    }


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"pattern": "^(?!x)"}, "$.properties.a.pattern looks around"),
        ({"pattern": r"^(a)\1$"}, "$.properties.a.pattern looks around"),
        ({"pattern": "("}, "$.properties.a.pattern is no regular expression"),
        ({"$ref": "https://example.com/x"}, r"$.properties.a.$ref is a reference out"),
        ({"$dynamicRef": "#x"}, r"$.properties.a.$dynamicRef is a reference out"),
    ],
)
def test_what_nobody_can_enforce_is_refused_with_its_place(rule: JsonObject, place: str) -> None:
    """The failure names the keyword by its path."""
    with pytest.raises(ModelFailure) as caught:
        json_grammar({"type": "object", "properties": {"a": rule}})

    assert caught.value.reason is FailureReason.REFUSED
    assert place in caught.value.message
