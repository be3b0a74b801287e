"""What a lesson is about: an agent's contract, its promise, and the shape of its answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from pantheon.learn._rows import Promise, Row
from pantheon.spec import EXACT, Same

if TYPE_CHECKING:
    from pantheon.ids import JsonObject

Shape: TypeAlias = Literal["label", "labels", "number", "record", "text"]
"""One of some answers, a set of them, a number, an object of several fields, or prose."""

RECURRING = 0.5
"""Share of examples whose answer occurs at least twice; below it there is nothing to choose from."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one agent is to learn.

    - input, output: JSON Schemas of the contract
    - same: when two outputs count as the same
    - audit_rate: the audit rate in service
    - labels: outputs (canonical JSON) that the contract lists, before any example shows them
    - critical: partial outputs that must never get worse
    - seed: which escalated rows calibrate, and whatever a rung draws
    """

    agent: str
    input: JsonObject
    output: JsonObject
    shape: Shape
    promise: Promise
    same: Same = EXACT
    description: str = ""
    audit_rate: float = 0.05
    labels: tuple[str, ...] = ()
    critical: tuple[JsonObject, ...] = ()
    seed: int = 0


def infer_shape(output: JsonObject, rows: Sequence[Row], *, same: Same | None = None) -> Shape:
    """The shape of a contract's outputs; where it leaves this open, what the examples look like."""
    fields = cast("dict[str, Any]", output.get("properties") or {})
    if len(fields) != 1:
        return "label" if not fields and recurs(rows) else "record"
    rule = next(iter(fields.values()))
    if not isinstance(rule, dict):
        return "label" if recurs(rows) else "text"
    return _shape_of(cast("dict[str, Any]", rule), rows, same or EXACT)


def _shape_of(rule: dict[str, Any], rows: Sequence[Row], same: Same) -> Shape:
    kind = rule.get("type")
    if "enum" in rule or "const" in rule or kind == "boolean":
        return "label"
    if kind == "array":
        inner = rule.get("items")
        return "labels" if _is_scalar(inner) else "record"
    if kind in {"number", "integer"}:
        return "number"
    if kind == "object":
        return "record"
    return "label" if same.kind != "judge" and recurs(rows) else "text"


def _is_scalar(rule: object) -> bool:
    return isinstance(rule, dict) and cast("dict[str, Any]", rule).get("type") not in {
        "object",
        "array",
    }


def recurs(rows: Sequence[Row]) -> bool:
    """Whether whole answers come again often enough to choose among them."""
    counts = Counter(row.label for row in rows)
    return sum(count for count in counts.values() if count > 1) >= RECURRING * max(len(rows), 1)


def output_of(label: str) -> JsonObject:
    """The output that a row's label, canonical JSON, stands for."""
    return cast("JsonObject", json.loads(label))
