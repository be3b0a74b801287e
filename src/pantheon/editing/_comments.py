"""The comments of a YAML text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pantheon.editing._tree import Piece, lines_of, parse

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*$")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: where it begins, and its text from `#` on."""

    line: int
    column: int
    text: str
    alone: bool
    """Whether nothing else stands on its line."""


def read_comments(text: str) -> list[Comment]:
    """Every comment of a text. Raises InputError where it is not YAML."""
    return comments_of(lines_of(text), parse(text))


def comments_of(lines: Sequence[str], root: Piece | None) -> list[Comment]:
    """Every comment in order; a `#` inside a value is none."""
    hidden = hidden_stretches(lines, root)
    found: list[Comment] = []
    for number, line in enumerate(lines):
        masked = line if number not in hidden else _mask(line, hidden[number])
        match = _COMMENT.search(masked) if "#" in masked else None
        if match is not None:
            text = line[match.start() :].rstrip()
            alone = not line[: match.start()].strip()
            found.append(Comment(number, match.start(), text, alone))
    return found


def hidden_stretches(lines: Sequence[str], root: Piece | None) -> dict[int, list[tuple[int, int]]]:
    """By line, the columns that belong to scalars."""
    hidden: dict[int, list[tuple[int, int]]] = {}
    for piece in root.all() if root is not None else ():
        if piece.kind == "scalar":
            for number, first, last in stretches(lines, piece):
                hidden.setdefault(number, []).append((first, last))
    return hidden


def stretches(lines: Sequence[str], piece: Piece) -> list[tuple[int, int, int]]:
    """Line, first and last column of what a scalar covers; a block scalar's own header is left out:
    a comment may stand behind it.
    """
    (line, column), (end, end_column) = piece.start, piece.end
    if piece.style in {"|", ">"}:
        last = end if end_column else end - 1
        last = min(last, len(lines) - 1)
        while last > line and not lines[last].strip():
            last -= 1
        return [(number, 0, len(lines[number])) for number in range(line + 1, last + 1)]
    found: list[tuple[int, int, int]] = []
    for number in range(line, min(end, len(lines) - 1) + 1):
        first = column if number == line else 0
        stop = end_column if number == end else len(lines[number])
        found.append((number, first, stop))
    return found


def _mask(line: str, hidden: Sequence[tuple[int, int]]) -> str:
    characters = list(line)
    for first, last in hidden:
        characters[first:last] = "x" * (min(last, len(line)) - first)
    return "".join(characters)
