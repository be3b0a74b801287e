"""Where every line of a YAML text should begin, and how its parts should be spaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pantheon.editing._tree import Piece

STEP = 2
"""Spaces a level."""


class Unusual(Exception):
    """Internal: a layout that this does not understand; the lines stay where they are."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of one line, and what stands there instead."""

    line: int
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Layout:
    """Collects the edits that bring a text into the house's form."""

    lines: Sequence[str]
    flows: bool
    """Whether the insides of brackets are spaced too."""
    edits: list[Edit] = field(default_factory=list[Edit])
    columns: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """By line on which a block's part begins: its column, then and now."""
    shifts: dict[int, int] = field(default_factory=dict[int, int])
    """By line that goes on with a value: by how much it moves."""
    raw: set[int] = field(default_factory=set[int])
    """Lines of block scalars, where every space counts."""

    def walk(self, piece: Piece, column: int) -> None:
        """Lay out a block whose parts are to begin at a column."""
        if piece.kind == "mapping":
            self._walk_mapping(piece, column)
        else:
            self._walk_sequence(piece, column)

    def _walk_mapping(self, piece: Piece, column: int) -> None:
        for key, value in piece.pairs:
            line, old = key.start
            if self.lines[line][:old].rstrip().endswith("?"):
                raise Unusual  # `? key`
            if self._begins(line, old):
                self.columns.setdefault(line, (old, column))
            self._continue(key, column - old, column + STEP)
            self._value(key, value, column, column - old)

    def _value(self, key: Piece, value: Piece, column: int, shift: int) -> None:
        """What stands behind a key: on its line, or on the lines below."""
        if value.block and value.children:
            if self._first(value)[0] == key.end[0]:
                raise Unusual
            self.walk(value, column + STEP)
            return
        self._close_up(key, value)
        self._continue(value, shift, column + STEP)
        self._brackets(value)

    def _walk_sequence(self, piece: Piece, column: int) -> None:
        for item in piece.children:
            line, first = self._first(item) if item.block and item.children else item.start
            dash = self._dash(line, first)
            if self._begins(line, dash):
                self.columns.setdefault(line, (dash, column))
            if first > dash + 2 and not item.mark:
                self.edits.append(Edit(line, dash + 1, first, " "))
            if item.block and item.children:
                self.walk(item, column + STEP)
                continue
            self._continue(item, column - dash, column + STEP)
            self._brackets(item)

    # ------------------------------------------------------------------ where things stand

    def _first(self, block: Piece) -> tuple[int, int]:
        """Where a block's first part begins; an anchor may stand before it."""
        inner = block.children[0]
        if block.kind == "mapping":
            return inner.start
        line, first = self._first(inner) if inner.block and inner.children else inner.start
        return line, self._dash(line, first)

    def _dash(self, line: int, first: int) -> int:
        """The dash before an item. Raises Unusual where it is on another line."""
        before = self.lines[line][:first]
        place = before.rfind("-")
        if place < 0 and before.strip() == "" and self.lines[line][first : first + 1] == "-":
            return first  # an empty item
        if place < 0 or before[place + 1 :].strip() or not before[:place].strip(" -") == "":
            raise Unusual
        return place

    def _begins(self, line: int, column: int) -> bool:
        return not self.lines[line][:column].strip()

    def _continue(self, piece: Piece, shift: int, column: int) -> None:
        """The further lines of a value move with its first; a block scalar goes to the column."""
        last = piece.end[0]
        if piece.style in {"|", ">"}:
            last = last if piece.end[1] else last - 1
            self.raw.update(range(piece.start[0] + 1, last + 1))
            shift = self._to_column(piece, last, column, shift)
        for line in range(piece.start[0] + 1, min(last, len(self.lines) - 1) + 1):
            self.shifts[line] = shift

    def _to_column(self, piece: Piece, last: int, column: int, shift: int) -> int:
        """By how much a block scalar moves; one that says its own indentation moves with its key."""
        header = self.lines[piece.start[0]][piece.start[1] :].split("#")[0]
        if any(character.isdigit() for character in header):
            return shift
        inside = self.lines[piece.start[0] + 1 : last + 1]
        first = next((line for line in inside if line.strip()), None)
        return shift if first is None else column - (len(first) - len(first.lstrip(" ")))

    # ------------------------------------------------------------------ spaces inside a line

    def _close_up(self, key: Piece, value: Piece) -> None:
        """One space between a key's colon and what stands behind it on the line."""
        line, end = key.end
        text = self.lines[line]
        match = re.compile(r"[ \t]*:([ \t]+)(?=\S)").match(text, end)
        if match is None or value.start == value.end:
            return
        if text[match.end()] == "#" or value.start[0] != line:
            return
        self.edits.append(Edit(line, end, match.end(), ": "))

    def _brackets(self, piece: Piece) -> None:
        """A collection in brackets, when it stands on one line."""
        if not self.flows or not piece.flow or piece.start[0] != piece.end[0]:
            return
        text = respell(self.lines, piece)
        if text is not None:
            self.edits.append(Edit(piece.start[0], piece.start[1], piece.end[1], text))

    # ------------------------------------------------------------------ all lines

    def indentations(self, alone: Mapping[int, int]) -> dict[int, int]:
        """By line, where it begins now; `alone` says where comments on lines of their own stand."""
        found = {line: new for line, (_, new) in self.columns.items()}
        for line, shift in self.shifts.items():
            text = self.lines[line]
            if text.strip():
                found[line] = max(0, len(text) - len(text.lstrip(" ")) + shift)
        for line, column in alone.items():
            if line not in self.shifts:
                found[line] = self._for_comment(line, column)
        return found

    def _for_comment(self, line: int, column: int) -> int:
        """A comment stands like the part that it is before, or like the block that it ends."""
        after = next((self.columns[n] for n in self._below(line) if n in self.columns), None)
        if after is not None and column >= after[0]:
            return (
                after[1]
                if column == after[0] or not self._known(line, column)
                else self._like(line, column)
            )
        return self._like(line, column)

    def _known(self, line: int, column: int) -> bool:
        return any(self.columns[n][0] == column for n in self._above(line))

    def _like(self, line: int, column: int) -> int:
        """As the nearest part above that began at the same column, or the nearest at all."""
        above = [self.columns[n] for n in self._above(line)]
        same = next((new for old, new in above if old == column), None)
        if same is not None:
            return same
        less = next(((old, new) for old, new in above if old < column), None)
        return less[1] + STEP if less else 0

    def _below(self, line: int) -> Iterator[int]:
        return iter(range(line + 1, len(self.lines)))

    def _above(self, line: int) -> Iterator[int]:
        """Lines above on which parts begin, the nearest first."""
        return (n for n in range(line - 1, -1, -1) if n in self.columns)


def respell(lines: Sequence[str], piece: Piece) -> str | None:
    """`{a: 1, b: [2]}` on one line; None where it holds what cannot be spelled anew."""
    if not piece.flow:
        return _on_one_line(lines, piece)
    if piece.mark:
        return None
    inner = [respell(lines, child) for child in piece.children]
    texts = [text for text in inner if text is not None]
    if len(texts) < len(inner):
        return None
    if piece.kind == "sequence":
        return f"[{', '.join(texts)}]"
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"


def _on_one_line(lines: Sequence[str], piece: Piece) -> str | None:
    """A scalar or an alias as it is written, if that is on one line and not nothing."""
    (first, start), (last, end) = piece.start, piece.end
    if first != last:
        return None
    return lines[first][start:end] or None
