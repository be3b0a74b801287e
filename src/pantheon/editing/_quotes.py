"""Quotes: none around single words that need none, else double ones unless the text holds such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pantheon.editing._layout import Edit
from pantheon.editing._spell import is_plain
from pantheon.editing._tree import Piece, lines_of, parse


def settle_quotes(text: str) -> str:
    """The text with every quoted value on one line spelled in the house's way.

    What loses its quotes is a text for every reader: what some take for a number, a date, a truth or
    nothing keeps them, and so does a sentence. A file of JSON stays JSON.
    """
    root = parse(text)
    lines = lines_of(text)
    if root is None or root.flow:
        return text
    for edit in sorted(_edits(lines, root), key=lambda e: (e.line, e.start), reverse=True):
        line = lines[edit.line]
        lines[edit.line] = line[: edit.start] + edit.text + line[edit.end :]
    return "\n".join(lines)


def _edits(lines: Sequence[str], root: Piece) -> Iterator[Edit]:
    for piece in root.all():
        (first, start), (last, end) = piece.start, piece.end
        if piece.style not in {"'", '"'} or piece.mark or first != last:
            continue
        behind = lines[last][end : end + 2]
        if behind[:1] == ":" and behind not in {":", ": "}:
            continue  # `"a":1` needs the quotes until it has a space
        text = _spelled(piece)
        if text is not None:
            yield Edit(first, start, end, text)


def _spelled(piece: Piece) -> str | None:
    value = piece.value
    if is_plain(value) and " " not in value:
        return value
    if piece.style == "'" and value.isprintable() and not set(value) & {'"', "\\"}:
        return f'"{value}"'
    return None
