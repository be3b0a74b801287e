"""What changes in a simulated fleet: answers that become others, noise, other requests.

A change holds from a day on. The recording says what the teacher answered; a change turns it into
what a teacher that changed would have answered, the same on every run of a seed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.ids import Json, canonical_json, derive_seed

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.night._stream import Stream, StreamRow

ChangeKind: TypeAlias = Literal["answers change", "answers at random", "requests change"]
_Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """From `day` on an agent's teacher answers otherwise, or its requests are others."""

    day: int
    agent: str
    kind: ChangeKind
    share: float = 1.0
    """Of the values that become others, or of the requests that are answered at random."""
    stream: Stream | None = None
    """Where the other requests come from."""


def rows_of_day(
    stream: Stream, day: int, *, size: int, changes: Sequence[Change], seed: int
) -> list[StreamRow]:
    """An agent's requests of a day (counted from 1), with the changes that hold by then."""
    active = [change for change in changes if change.day <= day]
    source, first = stream, 1
    for change in active:
        if change.stream is not None:
            source, first = change.stream, change.day
    start = (day - first) * size
    rows: list[StreamRow] = list(source.rows[start : start + size])
    for change in active:
        match change.kind:
            case "answers change":
                rows = _renamed(rows, source, change, seed)
            case "answers at random":
                rows = [_guessed(row, source, change, seed) for row in rows]
            case "requests change":
                pass
    return rows


def _renamed(
    rows: Sequence[StreamRow], source: Stream, change: Change, seed: int
) -> list[StreamRow]:
    """Every chosen value stands for another of its field, in `gold` too: the world has changed."""
    rename = _renaming(source, change, seed)
    return [
        replace(
            row,
            output=rename(row.output),
            gold=None if row.gold is None else rename(row.gold),
        )
        for row in rows
    ]


def _renaming(source: Stream, change: Change, seed: int) -> Callable[[JsonObject], JsonObject]:
    values: dict[_Path, set[str]] = defaultdict(set)
    for row in source.rows:
        _collect(row.output, (), values)
    known = {path: _rotate(path, found, change, seed) for path, found in values.items()}

    def rename(output: JsonObject) -> JsonObject:
        return {name: _apply(part, (name,), known) for name, part in output.items()}

    return rename


def _collect(value: Json, path: _Path, values: dict[_Path, set[str]]) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            _collect(part, (*path, name), values)
    elif isinstance(value, list):
        for part in value:
            _collect(part, path, values)
    elif isinstance(value, str):
        values[path].add(value)


def _rotate(path: _Path, found: set[str], change: Change, seed: int) -> dict[str, str]:
    def draw(value: str) -> float:
        return random.Random(derive_seed(seed, "change", *path, value)).random()

    chosen = sorted(value for value in found if draw(value) < change.share)
    return dict(zip(chosen, [*chosen[1:], *chosen[:1]], strict=True))


def _apply(value: Json, path: _Path, known: Mapping[_Path, Mapping[str, str]]) -> Json:
    if isinstance(value, dict):
        return {name: _apply(part, (*path, name), known) for name, part in value.items()}
    if isinstance(value, list):
        return [_apply(part, path, known) for part in value]
    if isinstance(value, str):
        return known.get(path, {}).get(value, value)
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else value


def _guessed(row: StreamRow, source: Stream, change: Change, seed: int) -> StreamRow:
    """Answered as some other request was, whatever this one asks."""
    rng = random.Random(derive_seed(seed, "noise", canonical_json(row.input), row.id))
    if rng.random() >= change.share:
        return row
    return replace(row, output=rng.choice(source.rows).output)
