"""Normal forms of JSON values: what is left when spelling that carries no meaning is taken away."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from pantheon.ids import Json, canonical_json

_KEPT = frozenset("#%&*@/\\")
"""Punctuation that is read: `C#` is not `C`, `5%` is not `5`."""

_LABEL = 256
"""Characters of the longest text whose folded form is kept."""


def normalised(value: Json) -> Json:
    """Text folded and numbers by value, anywhere inside; the structure stays, lists in order."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items()}
    return value


def by_fields(value: Json) -> Json:
    """The normalised value without empty fields, and with every list sorted.

    Null, an empty list and an object without fields count as absent. Lists are multisets: what a
    record holds several of (toppings, invoices, people) rarely has an order that two readers of the
    same text agree on; where the order matters `normalised` keeps it.
    """
    if isinstance(value, dict):
        kept = {key: by_fields(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not _says_nothing(item)} or None
    if isinstance(value, list):
        items = [by_fields(item) for item in value]
        return sorted((i for i in items if not _says_nothing(i)), key=canonical_json) or None
    return normalised(value)


def _says_nothing(value: Json) -> bool:
    return value is None or value in ([], {})


def fold(text: str) -> str:
    """NFKC, case folded, punctuation and white space as single spaces, none at the ends.

    A sign before a digit and a point or comma between digits are part of a number and stay; a text
    of nothing but punctuation keeps it.
    """
    return _fold_label(text) if len(text) <= _LABEL else _fold(text)


@lru_cache(maxsize=8192)
def _fold_label(text: str) -> str:
    """Short texts come again and again; long ones would only fill the memory."""
    return _fold(text)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    padded = f" {plain} "
    spaced = "".join(
        here if _is_read(before, here, after) else " "
        for before, here, after in zip(padded[:-2], plain, padded[2:], strict=True)
    )
    return " ".join(spaced.split()) or " ".join(plain.split())


def _is_read(before: str, here: str, after: str) -> bool:
    """Whether a character says something where it stands."""
    if here.isalnum() or here in _KEPT or not unicodedata.category(here).startswith("P"):
        return True
    if here in ".,":
        return after.isdigit() and before.isdigit()
    return here == "-" and after.isdigit() and not before.isalnum()


def holds_part(part: Json, value: Json) -> bool:
    """Whether a value has everything that a part of one names; lists and objects may hold more."""
    if isinstance(part, dict):
        return isinstance(value, dict) and all(
            key in value and holds_part(inner, value[key]) for key, inner in part.items()
        )
    if isinstance(part, list):
        return isinstance(value, list) and all(
            any(holds_part(item, other) for other in value) for item in part
        )
    return canonical_json(normalised(part)) == canonical_json(normalised(value))
