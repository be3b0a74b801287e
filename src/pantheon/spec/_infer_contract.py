"""A contract from recorded work: what the inputs and outputs of a stream have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pantheon.errors import InputError
from pantheon.ids import Json, JsonObject
from pantheon.spec._compatibility import kind_of


class Contract(NamedTuple):
    """JSON Schemas of the input object and of the output object."""

    input: JsonObject
    output: JsonObject


def infer_contract(
    examples: Sequence[tuple[JsonObject, JsonObject]], *, closed_outputs: int = 0
) -> Contract:
    """The narrowest contract in plain types that all examples satisfy.

    Fields that some examples lack are optional. A text stays an open `string`: tomorrow's work may
    bring a new answer. With `closed_outputs` an output field of at most so many different texts
    becomes an enum. Raises InputError when there is no example.
    """
    if not examples:
        hint = "give at least one row with `input` and `output`"
        raise InputError("A contract cannot be inferred from nothing.", hint=hint)
    return Contract(
        _infer([given for given, _ in examples], closed=0),
        _infer([answer for _, answer in examples], closed=closed_outputs),
    )


def _infer(values: Sequence[Json], *, closed: int) -> JsonObject:
    kinds = {kind_of(value) for value in values}
    branches = [_infer_kind(kind, values, closed) for kind in sorted(kinds - {"null"})]
    if "null" in kinds:
        branches.append({"type": "null"})
    if not branches:
        return {}
    return branches[0] if len(branches) == 1 else {"anyOf": list[Json](branches)}


def _infer_kind(kind: str, values: Sequence[Json], closed: int) -> JsonObject:
    match kind:
        case "object":
            return _infer_object([v for v in values if isinstance(v, dict)], closed)
        case "array":
            lists = [v for v in values if isinstance(v, list)]
            items = [item for one in lists for item in one]
            return {"type": "array", "items": _infer(items, closed=closed)}
        case "number":
            numbers = [v for v in values if kind_of(v) == "number"]
            whole = all(isinstance(n, int) for n in numbers)
            return {"type": "integer" if whole else "number"}
        case "string":
            texts = list(dict.fromkeys(v for v in values if isinstance(v, str)))
            values_ = {"enum": list[Json](sorted(texts))} if len(texts) <= closed else {}
            return {"type": "string", **values_}
        case _:
            return {"type": kind}


def _infer_object(objects: Sequence[JsonObject], closed: int) -> JsonObject:
    names = list(dict.fromkeys(name for one in objects for name in one))
    columns = {name: [one[name] for one in objects if name in one] for name in names}
    properties: JsonObject = {n: _infer(column, closed=closed) for n, column in columns.items()}
    required = [name for name in names if len(columns[name]) == len(objects)]
    return {
        "type": "object",
        "properties": properties,
        "required": list[Json](required),
        "additionalProperties": False,
    }
