"""The contract of a recurring task: types of its inputs and outputs, and when two are the same."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pantheon.errors import PantheonError
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.learn.discover._call import Call
from pantheon.learn.discover._names import listed_labels
from pantheon.learn.discover._tasks import Recurring
from pantheon.spec import expand_contract, infer_contract, validate_value

_MOST_LABELS = 60
"""A prompt that lists more than so many labels is believed all the same; an enum is not written."""
_TOLERANCE = 0.1
"""Of a number: in standard deviations of the answers."""


@dataclass(frozen=True, slots=True)
class TaskContract:
    """Schemas of input and output, and `same` as it is written in a project."""

    input: JsonObject
    output: JsonObject
    same: str


def contract_of(task: Recurring, calls: Sequence[Call]) -> TaskContract:
    """The contract that the calls of a task show."""
    inferred = infer_contract(list(zip(task.inputs, task.outputs, strict=True)))
    output = _demanded(task, calls) or _closed(task, _open_ended(inferred.output))
    return TaskContract(inferred.input, output, _same(task))


def _demanded(task: Recurring, calls: Sequence[Call]) -> JsonObject | None:
    """The schema that the calls asked for, where they all asked for one and mostly got it."""
    asked = [calls[i].schema for i in task.members]
    spelled = Counter(canonical_json(schema) for schema in asked if schema)
    if len(spelled) != 1 or None in asked or asked[0] is None or task.shape.wrapped:
        return None
    bare: JsonObject = {k: v for k, v in asked[0].items() if k not in {"$schema", "title"}}
    try:
        schema = expand_contract(bare)
    except PantheonError:
        return None
    wrong = sum(bool(validate_value(schema, output)) for output in task.outputs)
    return schema if wrong <= len(task.outputs) / 20 else None


def _closed(task: Recurring, output: JsonObject) -> JsonObject:
    """The labels as an enum, where the prompt itself lists them all."""
    labels = _listed(task)
    fields = output.get("properties")
    if labels is None or not isinstance(fields, dict) or len(fields) != 1:
        return output
    (name,) = fields
    rule: JsonObject = {"type": "string", "enum": list[Json](labels)}
    if task.shape.kind == "labels":
        rule = {"type": "array", "items": rule}
    return {**output, "properties": {name: rule}}


def _listed(task: Recurring) -> list[str] | None:
    if task.shape.kind not in {"label", "labels"} or task.shape.varied:
        return None
    seen = task.shape.labels
    for wording in task.wordings:
        if wording.template is None:
            continue
        listed = listed_labels(wording.template.show(), seen)
        if listed is not None and len(listed) <= _MOST_LABELS:
            spelling = {label.casefold(): label for label in seen}
            return sorted({spelling.get(label.casefold(), label) for label in listed})
    return None


def _open_ended(schema: JsonObject, *, top: bool = True) -> JsonObject:
    """Inner objects with optional fields also take fields not seen yet: logs never show all."""
    fields = schema.get("properties")
    if isinstance(schema.get("items"), dict):
        return {**schema, "items": _open_ended(_object(schema, "items"), top=False)}
    if not isinstance(fields, dict):
        return schema
    inner: JsonObject = {
        name: _open_ended(rule, top=False) if isinstance(rule, dict) else rule
        for name, rule in fields.items()
    }
    required = schema.get("required")
    optional = isinstance(required, list) and len(required) < len(fields)
    kinds = {canonical_json(rule) for rule in inner.values()}
    rest: Json = next(iter(inner.values())) if len(kinds) == 1 and optional and not top else False
    return {**schema, "properties": inner, "additionalProperties": rest}


def _object(schema: JsonObject, key: str) -> JsonObject:
    value = schema.get(key)
    return value if isinstance(value, dict) else {}


def _same(task: Recurring) -> str:
    match task.shape.kind:
        case "label":
            return "normalised" if task.shape.varied else "exact"
        case "labels":
            return "set_f1(0.8)"
        case "record":
            return "fields"
        case "number":
            return _numeric(task.outputs)
        case "text":
            return "normalised"


def _numeric(outputs: Sequence[JsonObject]) -> str:
    values = [v for o in outputs for v in o.values() if isinstance(v, int | float)]
    middle = sum(values) / len(values)
    spread = math.sqrt(sum((value - middle) ** 2 for value in values) / len(values))
    tolerance = _TOLERANCE * spread
    if all(isinstance(value, int) for value in values):
        tolerance = float(math.floor(tolerance))
    return f"numeric({tolerance:.1g})" if tolerance > 0 else "exact"


_NAMES = ("string", "integer", "number", "boolean", "object")


def short_form(schema: JsonObject) -> Json:
    """The contract as people write it; the schema itself where there is no shorter way."""
    written = _short(schema)
    try:
        return written if expand_contract(written) == schema else schema
    except PantheonError:
        return schema


def _short(schema: JsonObject) -> Json:
    kind = schema.get("type")
    if kind in _NAMES and len(schema) == 1:
        return kind
    if kind == "string" and schema.keys() == {"type", "enum"}:
        return {"enum": schema["enum"]}
    if kind == "array" and schema.keys() == {"type", "items"}:
        return [_short(_object(schema, "items"))]
    if not schema:
        return "any"
    plain = schema.keys() == {"type", "properties", "required", "additionalProperties"}
    if kind != "object" or not plain or schema["additionalProperties"] is not False:
        return schema
    required = schema["required"]
    needed = set(map(str, required)) if isinstance(required, list) else set[str]()
    return {
        name if name in needed else f"{name}?": _short(_object(_object(schema, "properties"), name))
        for name in _object(schema, "properties")
    }
