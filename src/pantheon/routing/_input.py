"""How a prompt becomes the input of a flow: it fills the one text the flow asks for."""

from __future__ import annotations

from typing import cast

from pantheon.errors import InputError
from pantheon.ids import JsonObject
from pantheon.spec import FlowDef, validate_value


def flow_input(flow: FlowDef, prompt: str) -> JsonObject:
    """The flow's input with the prompt in its only required text.

    Raises:
        InputError: a prompt alone cannot start the flow; says which fields it needs.
    """
    field = prompt_field(flow)
    if field is None:
        needed = ", ".join(_required(flow)) or "no text"
        raise InputError(
            f"A prompt alone cannot start flow {flow.name!r}; its input needs: {needed}.",
            hint=f"Run it with its input: pantheon run {flow.name} --input '{{…}}'; "
            "or let the flow's input have one required text.",
        )
    input: JsonObject = {field: prompt}
    problems = validate_value(flow.input, input)
    if problems:
        raise InputError(
            f"The prompt is no input of flow {flow.name!r}: {problems[0]}",
            hint="Change the prompt, or the flow's `input` in pantheon.yaml.",
        )
    return input


def prompt_field(flow: FlowDef) -> str | None:
    """The field a prompt fills: the only required one if it may be a text, else, where nothing is
    required, the first that may.
    """
    properties = _properties(flow)
    texts = [name for name, rule in properties.items() if _may_be_text(rule)]
    wanted = _required(flow) or texts[:1]
    return wanted[0] if len(wanted) == 1 and wanted[0] in texts else None


def _required(flow: FlowDef) -> list[str]:
    required = flow.input.get("required")
    return [str(name) for name in required] if isinstance(required, list) else []


def _properties(flow: FlowDef) -> JsonObject:
    return cast("JsonObject", flow.input.get("properties") or {})


def _may_be_text(rule: object) -> bool:
    return isinstance(rule, dict) and not validate_value(
        {key: value for key, value in cast("JsonObject", rule).items() if key == "type"}, "text"
    )
