"""The numbers a night kept as evidence, with the words that say what each of them means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from pantheon.ids import Json, JsonObject
from pantheon.report._clean import NAME, clean
from pantheon.report._model import Fact

Unit: TypeAlias = Literal["share", "count", "score", "p", "e"]
MOST_FACTS = 24
"""Evidence is looked at by people; what goes beyond is in the store."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number in the evidence is."""

    words: str
    unit: Unit


KNOWN: Mapping[str, Meaning] = {}


def read_facts(*parts: JsonObject) -> tuple[Fact, ...]:
    """Every number in the evidence, in its own order; one with `low` and `high` beside it is one fact."""
    found: dict[str, Fact] = {}
    for part in parts:
        for path, fact in _walk(part, ()):
            found.setdefault(".".join(path), fact)
    return tuple(found.values())[:MOST_FACTS]


def _walk(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Fact]]:
    if isinstance(value, dict):
        if _is_estimate(value):
            yield path, _fact(path, value["value"], value.get("low"), value.get("high"))
            return
        for name, part in value.items():
            yield from _walk(part, (*path, name))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, _fact(path, value)


def _is_estimate(value: JsonObject) -> bool:
    return {"value", "low", "high"} <= value.keys() and isinstance(value["value"], (int, float))


def _fact(path: tuple[str, ...], value: Json, low: Json = None, high: Json = None) -> Fact:
    known = KNOWN.get(".".join(path)) or KNOWN.get(path[-1] if path else "")
    number = float(cast("float", value))
    return Fact(
        name=known.words if known else clean(" ".join(path).replace("_", " "), NAME),
        value=number,
        unit=known.unit if known else ("count" if number == int(number) else "score"),
        low=float(low) if isinstance(low, (int, float)) else None,
        high=float(high) if isinstance(high, (int, float)) else None,
    )
