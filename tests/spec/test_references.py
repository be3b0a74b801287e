"""A `$ref` of a contract names something in it and comes to an end, or is told with its place."""

from __future__ import annotations

import pytest

from pantheon.ids import Json, JsonObject
from pantheon.spec import InvalidProject, expand_contract, omit_absent, validate_value

LOST: list[Json] = [
    {"text": {"$ref": "#/x"}},
    {"text": {"$ref": "#/$defs/n", "$defs": {"n": {"type": "string"}}}},
    {"text": {"$ref": "#n"}},
    {"deep": {"text": [{"$ref": "#/$defs/n"}]}},
    {"type": "object", "properties": {"a": {"not": {"$ref": "#/$defs/n"}}}},
]
ENDLESS: list[Json] = [
    {"text": {"$ref": "#/properties/text"}},
    {"text": {"allOf": [{"$ref": "#/properties/text"}]}},
    {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/a"}},
        "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}},
    },
]


@pytest.mark.parametrize("contract", LOST)
def test_a_reference_to_nothing_is_a_mistake_of_the_file(contract: Json) -> None:
    """It would only be met when the first value is checked."""
    with pytest.raises(InvalidProject, match="names nothing in this contract"):
        expand_contract(contract)


@pytest.mark.parametrize("contract", ENDLESS)
def test_a_reference_to_itself_is_a_mistake_of_the_file(contract: Json) -> None:
    """Checking a value would never end."""
    with pytest.raises(InvalidProject, match="leads back to itself"):
        expand_contract(contract)


def test_references_that_lead_somewhere_are_followed() -> None:
    """By pointer, by anchor, into a tree of itself; what only looks like one is a value."""
    tree: JsonObject = {
        "type": "object",
        "properties": {
            "name": {"$ref": "#name"},
            "children": {"type": "array", "items": {"$ref": "#"}},
            "$ref": {"type": "string"},
            "like": {"const": {"$ref": "#/nowhere"}},
        },
        "$defs": {"n": {"$anchor": "name", "type": "string"}},
    }
    schema = expand_contract(tree)

    assert validate_value(schema, {"children": [{"name": "a"}]}) == []
    assert validate_value(schema, {"children": [{"name": 1}]})


def test_a_schema_that_nobody_checked_makes_a_sentence_not_a_crash() -> None:
    """Such as one that another program sent."""
    assert "cannot be checked" in validate_value({"$ref": "#/x"}, {})[0]


def test_a_null_is_left_out_by_what_the_reference_says() -> None:
    """Definitions stand at the top of the contract, not in the field."""
    schema = expand_contract(
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/text"}, "b": {"$ref": "#/$defs/maybe"}},
            "$defs": {"text": {"type": "string"}, "maybe": {"type": ["string", "null"]}},
        }
    )

    assert omit_absent(schema, {"a": None, "b": None}) == {"b": None}
