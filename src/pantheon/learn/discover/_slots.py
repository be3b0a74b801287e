"""What filled the slots of a template, as typed inputs; and which slots say nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pantheon.ids import Json, JsonObject

_WHOLE = re.compile(r"[-+]?\d{1,15}")
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?")
_HANDLE = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,64}|[0-9A-HJKMNP-TV-Z]{26}"
)
"""UUIDs, digests, ULIDs: handles of one request, which say nothing about its answer."""
_DAY = re.compile(
    r"(?:[A-Z][a-z]+day,? )?\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(?:[A-Z][a-z]+day,? )?(?:\d{1,2} [A-Z][a-z]{2,8}|[A-Z][a-z]{2,8} \d{1,2}),? \d{4}"
)
_NEARLY_ALL = 0.95


def telling_slots(values: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    """Slots that may decide the answer: without handles and the day of asking, unless all are."""
    columns = list(zip(*values, strict=True))
    kept = tuple(n for n, column in enumerate(columns) if not _says_nothing(column))
    return kept or tuple(range(len(columns)))


def _says_nothing(column: Sequence[str]) -> bool:
    volatile = sum(bool(_HANDLE.fullmatch(text) or _DAY.fullmatch(text)) for text in column)
    return volatile >= _NEARLY_ALL * len(column) > 0


def read_slots(names: Sequence[str], values: Sequence[tuple[str, ...]]) -> list[JsonObject]:
    """An input object for each call; numbers where all are."""
    columns = [_typed([one[slot] for one in values]) for slot in range(len(names))]
    return [
        {name: column[row] for name, column in zip(names, columns, strict=True)}
        for row in range(len(values))
    ]


def _typed(column: Sequence[str]) -> list[Json]:
    if all(map(_WHOLE.fullmatch, column)):
        return [int(text) for text in column]
    if all(map(_NUMBER.fullmatch, column)):
        return [float(text) for text in column]
    return list(column)
