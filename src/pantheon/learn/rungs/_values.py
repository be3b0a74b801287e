"""Values of one field as canonical JSON: their numbers, their items, and when two are alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np

from pantheon.ids import Json, canonical_json
from pantheon.learn._rows import Flags, Floats
from pantheon.learn.rungs._fields import MISSING


@dataclass(frozen=True, slots=True)
class Tolerance:
    """When two numbers count as the same; None and 0 ask for equality."""

    value: float = 0.0
    relative: bool = False

    def within(self, left: Floats, right: Floats) -> Flags:
        apart, larger = np.abs(left - right), np.maximum(np.abs(left), np.abs(right))
        allowed = self.value * larger if self.relative else np.full_like(larger, self.value)
        return apart <= allowed + 1e-12 * larger


EQUAL = Tolerance()
"""Only what is equal is the same."""


def items_of(value: str) -> list[str]:
    """The items of a set, canonical JSON each; nothing for what is no list."""
    found = json.loads(value) if value != MISSING else None
    return (
        [canonical_json(item) for item in cast("list[Json]", found or [])]
        if isinstance(found, list)
        else []
    )


def numbers_of(said: Sequence[str]) -> Floats:
    """The numbers, NaN where there is none."""
    return np.array([_number(value) for value in said], dtype=np.float64)


def _number(value: str) -> float:
    found = json.loads(value) if value != MISSING else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return float("nan")
    return float(found)


def number_json(value: float, digits: int) -> str:
    """Spelled as the teacher does: whole where it only gives whole numbers."""
    return canonical_json(int(value) if digits == 0 else value)


Equal: TypeAlias = Callable[[str, str], bool]


def field_equal(tolerance: Tolerance) -> Equal:
    """Whether two values of one field are alike enough to choose between ways to learn it."""

    def equal(left: str, right: str) -> bool:
        if left == right:
            return True
        first, second = numbers_of([left]), numbers_of([right])
        if np.isnan(first[0]) or np.isnan(second[0]):
            return sorted(items_of(left)) == sorted(items_of(right)) != []
        return bool(tolerance.within(first, second)[0])

    return equal
