"""A sheet of terminal cells: text, and lines that join where they meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

from pantheon.draw._measure import columns

Style: TypeAlias = Literal["plain", "strong", "quiet", "added", "removed", "changed"]
Segment: TypeAlias = tuple[Style, str]

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
_JOINED = {
    UP: "│", DOWN: "│", UP | DOWN: "│", LEFT: "─", RIGHT: "─", LEFT | RIGHT: "─",
    DOWN | RIGHT: "┌", DOWN | LEFT: "┐", UP | RIGHT: "└", UP | LEFT: "┘",
    UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴", UP | DOWN | LEFT | RIGHT: "┼",
}  # fmt: skip
_DOTTED = {"│": "┊", "─": "┈"}
_ASCII = str.maketrans({
    "│": "|", "─": "-", "┊": ":", "┈": ".", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+",
    "┤": "+", "┬": "+", "┴": "+", "┼": "+", "▼": "v", "▲": "^", "═": "=", "║": "|", "╔": "+",
    "╗": "+", "╚": "+", "╝": "+", "╭": ".", "╮": ".", "╰": "'", "╯": "'", "−": "-", "…": "~",
    "╌": "-", "╎": ":",
})  # fmt: skip


@dataclass(slots=True)
class _Stroke:
    """What lines there are in one cell."""

    ways: int = 0
    dotted: bool = True
    style: Style = "quiet"


@dataclass(slots=True)
class Canvas:
    """Cells by column and row, both from 0."""

    texts: dict[tuple[int, int], Segment] = field(default_factory=dict[tuple[int, int], Segment])
    strokes: dict[tuple[int, int], _Stroke] = field(default_factory=dict[tuple[int, int], _Stroke])

    def write(self, x: int, y: int, text: str, style: Style) -> None:
        """Put text on a row; it covers lines."""
        for character in text:
            width = columns(character)
            if width == 0 and (x - 1, y) in self.texts:
                before = self.texts[x - 1, y]
                self.texts[x - 1, y] = (before[0], before[1] + character)
                continue
            self.texts[x, y] = (style, character)
            for covered in range(x + 1, x + width):
                self.texts[covered, y] = (style, "")
            x += max(width, 1)

    def join(
        self, points: Iterable[tuple[int, int]], style: Style = "quiet", *, dotted: bool = False
    ) -> None:
        """Draw a line along neighbouring cells; it goes on from the first and beyond the last."""
        cells = list(points)
        for (x, y), (to_x, to_y) in pairwise(cells):
            there, back = _ways(to_x - x, to_y - y)
            self._add(x, y, there, style, dotted=dotted)
            self._add(to_x, to_y, back, style, dotted=dotted)

    def _add(self, x: int, y: int, ways: int, style: Style, *, dotted: bool) -> None:
        stroke = self.strokes.setdefault((x, y), _Stroke())
        stroke.ways |= ways
        stroke.dotted &= dotted
        if style != "quiet":
            stroke.style = style

    def lines(self, *, ascii_only: bool) -> list[list[Segment]]:
        """Rows from the top, pieces of one style together, no spaces at the ends."""
        taken = [*self.texts, *self.strokes]
        height = max((y for _, y in taken), default=-1) + 1
        width = max((x for x, _ in taken), default=-1) + 1
        return [self._row(y, width, ascii_only=ascii_only) for y in range(height)]

    def _row(self, y: int, width: int, *, ascii_only: bool) -> list[Segment]:
        cells = [self._cell(x, y) for x in range(width)]
        while cells and cells[-1][1] == " ":
            cells.pop()
        pieces: list[Segment] = []
        for style, text in cells:
            if pieces and pieces[-1][0] == style:
                pieces[-1] = (style, pieces[-1][1] + text)
            else:
                pieces.append((style, text))
        return [(s, text.translate(_ASCII) if ascii_only else text) for s, text in pieces]

    def _cell(self, x: int, y: int) -> Segment:
        if (x, y) in self.texts:
            return self.texts[x, y]
        stroke = self.strokes.get((x, y))
        if stroke is None:
            return ("plain", " ")
        joined = _JOINED[stroke.ways]
        return (stroke.style, _DOTTED.get(joined, joined) if stroke.dotted else joined)


def _ways(dx: int, dy: int) -> tuple[int, int]:
    return {(0, 1): (DOWN, UP), (0, -1): (UP, DOWN), (1, 0): (RIGHT, LEFT), (-1, 0): (LEFT, RIGHT)}[
        dx, dy
    ]
