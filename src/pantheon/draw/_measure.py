"""How much room text takes: in pixels of a typical sans-serif face, in columns of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}`/\\ ")
_WIDE = frozenset("mwMW@%→—…")


def columns(text: str) -> int:
    """Terminal columns: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200c\u200d":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pixels(text: str, size: float, *, code: bool = False) -> float:
    """Width at a font size, on the generous side: faces differ, and nothing may spill."""
    return size * sum(map(_monospaced if code else _proportional, text))


def _monospaced(character: str) -> float:
    return 0.61 * _columns_of(character)


def _proportional(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.02
    if character in _NARROW:
        return 0.37
    if character in _WIDE:
        return 0.98
    return 0.74 if character.isupper() else 0.61


def wrap(
    text: str, most: float, measure: Callable[[str], float], *, lines: int = 3
) -> tuple[str, ...]:
    """The text in up to so many lines none of which is wider; what is left out ends in `…`."""
    rows: list[str] = []
    rest = text
    while rest and len(rows) < lines:
        taken = _take(rest, most, measure)
        rows.append(rest[:taken].rstrip())
        rest = rest[taken:].lstrip()
    if rest:
        last = rows[-1]
        while last and measure(f"{last}…") > most:
            last = last[:-1]
        rows[-1] = f"{last}…"
    return tuple(rows) or ("",)


def _take(text: str, most: float, measure: Callable[[str], float]) -> int:
    """How many characters fit on one line, whole words if there is one; at least one."""
    if measure(text) <= most:
        return len(text)
    fits = 1
    while fits < len(text) and measure(text[: fits + 1]) <= most:
        fits += 1
    word = text.rfind(" ", 0, fits + 1)
    return word if word > 0 else fits
