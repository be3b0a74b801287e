"""Reading a JSON answer out of a model's text, and telling a model what was wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, cast

from pantheon.ids import Json, JsonObject
from pantheon.models._native import schema_problems

_SHOWN = 5
"""Problems that are told at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer as read: its value, or why it is none."""

    output: Json
    problems: tuple[str, ...]


def read_answer(text: str, schema: JsonObject) -> Reading:
    """The JSON value in the text, checked against the schema.

    A Markdown fence or a sentence around the value is forgiven; anything else is a problem.
    Numbers that JSON does not know (NaN, infinities) are refused.
    """
    for candidate in _candidates(text):
        try:
            value = _parse(candidate)
        except (ValueError, RecursionError):
            continue
        found = schema_problems(value, schema)
        return Reading(value, tuple(f"{it.json_path}: {it.message[:200]}" for it in found[:_SHOWN]))
    return Reading(None, ("the answer is not JSON",))


def schema_instruction(schema: JsonObject) -> str:
    """How to ask for JSON from an endpoint that cannot be made to give it."""
    return (
        "Answer with one JSON value only: no other words, no Markdown. "
        f"It must satisfy this JSON Schema:\n{json.dumps(schema, ensure_ascii=False)}"
    )


def repair_instruction(problems: tuple[str, ...], schema: JsonObject) -> str:
    """What to say to a model whose answer was not what was asked for."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return f"That answer cannot be used:\n{listed}\n{schema_instruction(schema)}"


def _candidates(text: str) -> Iterator[str]:
    yield text
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        yield text[start : end + 1]


def _parse(text: str) -> Json:
    return cast("Json", json.loads(text, parse_constant=_refuse, parse_float=_read_finite))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _read_finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
