"""Text from models and users, made harmless to show: one line, bounded, nothing invisible."""

from __future__ import annotations

import json
import unicodedata

from pantheon.ids import Json

TITLE = 90
"""Characters of a title; excerpts of outputs and messages have their own bounds below."""
EXCERPT = 160
MESSAGE = 240
NAME = 64

_KEPT = "\u200c\u200d"
"""Joiners that scripts and emoji are written with; they cannot reorder or hide text."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_SAMPLE = 8
"""Only this many times the bound is looked at, so that a huge text costs no more than a long one."""


def clean(text: str, limit: int = EXCERPT) -> str:
    """One line of at most `limit` characters; what could steer a terminal or a reader is replaced.

    Control characters, bidirectional overrides and lone surrogates become U+FFFD, white space
    becomes single spaces, and a text that is cut ends in `…`.
    """
    sample = text[: limit * _SAMPLE]
    line = "".join(_harmless(character) for character in " ".join(sample.split()))
    if len(line) <= limit and len(sample) == len(text):
        return line
    return line[: limit - 1].rstrip() + "…"


def scrub(text: str) -> str:
    """The text with everything invisible or steering replaced; neither cut nor joined."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c == "\n" else _harmless(c) for c in text)


def _harmless(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _HIDDEN:
        return character
    return "\N{REPLACEMENT CHARACTER}"


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
