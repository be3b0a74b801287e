"""Blank lines: one behind every definition, and every section, that takes several lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pantheon.editing._comments import Comment, comments_of
from pantheon.editing._tree import Piece, lines_of, parse

_SECTIONS = ("models", "memory", "agents", "flows")
"""Top-level keys that hold definitions by name."""


def space_definitions(text: str) -> str:
    """The text with a blank line where one is missing; comments stay with what they are above."""
    root = parse(text)
    lines = lines_of(text)
    if root is None or not root.block or root.kind != "mapping":
        return text
    alone = {c.line: c for c in comments_of(lines, root) if c.alone}
    places = {place for pair in _neighbours(root) for place in _missing(lines, alone, *pair)}
    spaced = [[""] * (number in places) + [line] for number, line in enumerate(lines)]
    return "\n".join(line for part in spaced for line in part)


def _neighbours(root: Piece) -> Iterator[tuple[Piece, Piece]]:
    """Each value with the key that follows it."""
    yield from _in_order(root)
    for name in _SECTIONS:
        section = root.get(name)
        if section is not None and section.block and section.kind == "mapping":
            yield from _in_order(section)


def _in_order(block: Piece) -> Iterator[tuple[Piece, Piece]]:
    pairs = list(block.pairs)
    for (key, value), (following, _) in zip(pairs, pairs[1:], strict=False):
        if value.last > key.start[0]:
            yield value, following


def _missing(
    lines: Sequence[str], alone: dict[int, Comment], value: Piece, following: Piece
) -> Iterator[int]:
    """Before which line a blank one belongs; nothing where there is one already."""
    line, column = following.start
    if _keeps_blank_lines(lines, value):
        return
    ended = value.last
    while ended > value.start[0] and not lines[ended].strip():
        ended -= 1  # blank lines behind a block text are counted as its own
    gap = range(ended + 1, line)
    if any(not lines[number].strip() for number in gap):
        return
    own = (number for number in gap if number in alone and alone[number].column <= column)
    yield next(own, line)


def _keeps_blank_lines(lines: Sequence[str], value: Piece) -> bool:
    """Whether it ends with a block text to which blank lines behind it belong (`|+`)."""
    while value.children:
        value = value.children[-1]
    header = lines[value.start[0]][value.start[1] :].split("#")[0]
    return value.style in {"|", ">"} and "+" in header
