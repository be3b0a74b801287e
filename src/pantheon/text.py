"""Text from models and users is data: nothing in it may steer a terminal or hide from a reader."""

from __future__ import annotations

import unicodedata

_KEPT = "\u200c\u200d"
"""Joiners that scripts and emoji are written with; they cannot reorder or hide text."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_SAMPLE = 8
"""Only this many times the bound is looked at, so that a huge text costs no more than a long one."""


def clean(text: str, limit: int = 160) -> str:
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
