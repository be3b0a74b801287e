"""Word diffs: which words of a text were put in and which were taken out.

Lines that are equal are found first; only the stretches between them are compared word by word, so
that a long prompt costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from pantheon.diff._model import Word

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_MOST = 1_000_000
"""Pairs of words (or lines) that are compared at most; larger stretches are replaced whole."""
_WORD = re.compile(r"\w")


def compare_words(before: str, after: str) -> tuple[Word, ...]:
    """The later text with the words of the earlier one that are gone, in reading order."""
    found: list[Word] = []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for same, one, other in _match(old, new):
        if same:
            found.append(Word("same", "".join(one)))
        else:
            found += _within("".join(one), "".join(other))
    return tuple(_join(found))


def is_text(value: object) -> bool:
    """Whether a value is prose rather than a name or an expression of a few words."""
    return isinstance(value, str) and ("\n" in value or (len(value) > 24 and value.count(" ") > 2))


def _within(before: str, after: str) -> Iterator[Word]:
    for same, one, other in _match(_TOKEN.findall(before), _TOKEN.findall(after)):
        if same:
            yield Word("same", "".join(one))
            continue
        if one:
            yield Word("removed", "".join(one))
        if other:
            yield Word("added", "".join(other))


def _match(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Stretches of both, in order, and whether they are equal."""
    if len(old) * len(new) > _MOST:
        yield False, old, new
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield tag == "equal", old[a:b], new[c:d]


def _join(words: list[Word]) -> Iterator[Word]:
    """Neighbours of one state together; changes that only a space or a comma parts are one."""
    runs: list[tuple[str, str]] = []
    """Each (removed, added); equal texts are the same on both sides."""
    for word in words:
        removed = "" if word.state == "added" else word.text
        added = "" if word.state == "removed" else word.text
        same = word.state == "same"
        if runs and (same == _is_same(runs[-1])):
            runs[-1] = (runs[-1][0] + removed, runs[-1][1] + added)
        else:
            runs.append((removed, added))
    for removed, added in _slide(_bridge(runs)):
        if removed == added:
            yield Word("same", added)
            continue
        kinds: tuple[tuple[Literal["removed", "added"], str], ...] = (
            ("removed", removed), ("added", added),
        )  # fmt: skip
        yield from (Word(kind, text) for kind, text in kinds if text)


def _slide(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Where words were only put in or only taken out, the space goes with the word before it."""
    slid = list(runs)
    for at in range(1, len(slid) - 1):
        (removed, added), following = slid[at], slid[at + 1][0]
        text = removed or added
        if (removed and added) or not text.startswith(" ") or not following.startswith(" "):
            continue
        slid[at - 1] = (slid[at - 1][0] + " ", slid[at - 1][1] + " ")
        slid[at] = (f"{removed[1:]} ", "") if removed else ("", f"{added[1:]} ")
        slid[at + 1] = (following[1:], following[1:])
    return slid


def _is_same(run: tuple[str, str]) -> bool:
    return run[0] == run[1]


def _bridge(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Changes that nothing but white space parts are one change."""
    slight = {
        at + 1
        for at, (_, middle) in enumerate(pairwise(runs))
        if _is_same(middle) and at + 2 < len(runs) and _slight(middle[0])
    }
    joined: list[tuple[str, str]] = []
    for at, run in enumerate(runs):
        if joined and (at in slight or at - 1 in slight):
            joined[-1] = (joined[-1][0] + run[0], joined[-1][1] + run[1])
        else:
            joined.append(run)
    return joined


def _slight(text: str) -> bool:
    return len(text) < 3 and "\n" not in text and not _WORD.search(text)
