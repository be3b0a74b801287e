"""A prompt fills the one text a flow asks for, or the error says what else is needed."""

from __future__ import annotations

import pytest

from pantheon.errors import InputError
from pantheon.ids import JsonObject
from pantheon.routing import flow_input
from pantheon.spec import FlowDef
from tests.routing.worlds import shape

TEXT: JsonObject = {"type": "string"}


def flow(schema: JsonObject) -> FlowDef:
    """A flow with this input."""
    return FlowDef("support", schema, {}, {})


@pytest.mark.parametrize(
    ("schema", "input"),
    [
        (shape(text=TEXT), {"text": "hello"}),
        ({**shape(n={"type": "integer"}, spec=TEXT), "required": ["spec"]}, {"spec": "hello"}),
        ({**shape(n={"type": "integer"}, a=TEXT, b=TEXT), "required": []}, {"a": "hello"}),
        (shape(any={}), {"any": "hello"}),
        (shape(text={"type": ["string", "null"]}), {"text": "hello"}),
    ],
)
def test_the_prompt_fills_the_only_required_text(schema: JsonObject, input: JsonObject) -> None:
    """Optional fields stay away; without required fields the first text takes the prompt."""
    assert flow_input(flow(schema), "hello") == input


@pytest.mark.parametrize(
    ("schema", "needed"),
    [
        (shape(a=TEXT, b=TEXT), "a, b"),
        (shape(n={"type": "integer"}), "n"),
        ({"type": "object"}, "no text"),
    ],
)
def test_a_flow_that_needs_more_says_so(schema: JsonObject, needed: str) -> None:
    """The error names the fields and the command that gives them all."""
    with pytest.raises(InputError, match=f"needs: {needed}") as caught:
        flow_input(flow(schema), "hello")

    assert "pantheon run support" in caught.value.hint


def test_a_prompt_outside_the_contract_is_told() -> None:
    """An enum or a length limit of the flow's input holds for prompts as well."""
    with pytest.raises(InputError, match="no input of flow 'support'"):
        flow_input(flow(shape(text={"type": "string", "maxLength": 3})), "hello")
