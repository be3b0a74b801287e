"""Text from models and users, made harmless to show: one line, bounded, nothing invisible."""

from __future__ import annotations

import json

from pantheon.ids import Json
from pantheon.text import clean, scrub

__all__ = ["EXCERPT", "MESSAGE", "NAME", "TITLE", "clean", "describe", "scrub"]

TITLE = 90
"""Characters of a title; excerpts of outputs and messages have their own bounds below."""
EXCERPT = 160
MESSAGE = 240
NAME = 64

_SAMPLE = 8
"""Only this many times the bound is looked at, so that a huge text costs no more than a long one."""


def describe(value: Json, limit: int = EXCERPT) -> str:
    """A JSON value for people: a lone text as it is, an object as `name: value · name: value`."""
    return clean(_spell(value, limit), limit)


def _spell(value: Json, limit: int) -> str:
    if isinstance(value, str):
        return value[: limit * _SAMPLE]
    if isinstance(value, dict):
        if len(value) == 1:
            return _spell(next(iter(value.values())), limit)
        return " · ".join(f"{name}: {_spell(part, limit)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_spell(part, limit) for part in value[:limit])
    return json.dumps(value)
