"""A picture for the terminal: boxes and lines, in plain characters where it has no others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pantheon.draw._arrange import Arrangement, arrange
from pantheon.draw._canvas import Canvas, Segment, Style
from pantheon.draw._measure import columns, wrap
from pantheon.draw._order import Cell
from pantheon.draw._picture import MARKS, Figure, Link, Picture, Shape, Status
from pantheon.draw._ranks import Edge, Node
from pantheon.draw._tracks import Net, assign_tracks

WIDTH = 100
_WRAPS = (38, 28, 20, 14)
_GAP = 3
_BORDERS: dict[Shape, str] = {
    "input": "╭─╮│╰╯", "output": "╭─╮│╰╯", "flow": "╔═╗║╚╝", "plan": "┌╌┐╎└┘",
    "wait": "┌╌┐╎└┘", "part": "╭─╮│╰╯", "condition": "╭─╮│╰╯",
}  # fmt: skip
_PLAIN_BORDER = "┌─┐│└┘"
_STYLES: dict[Status, Style] = {
    "same": "quiet", "added": "added", "removed": "removed", "changed": "changed",
}  # fmt: skip


def render_text(picture: Picture, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """The picture as lines of text; `ascii_only`: without box-drawing characters.

    Boxes are made narrower until it fits `width`; a graph that is wider still is not cut.
    """
    lines = text_segments(picture, width=width, ascii_only=ascii_only)
    return "\n".join("".join(text for _, text in line) for line in lines)


def text_segments(
    picture: Picture, *, width: int = WIDTH, ascii_only: bool = False
) -> list[list[Segment]]:
    """The same lines in pieces, each with what it is, so that it can be coloured."""
    sheet = _lay_out(picture, _WRAPS[0], ascii_only=ascii_only)
    for most in _WRAPS[1:]:
        if sheet.width <= width:
            break
        sheet = _lay_out(picture, most, ascii_only=ascii_only)
    canvas = Canvas()
    _draw_sheet(canvas, sheet, 0, 0)
    return canvas.lines(ascii_only=ascii_only)


# ------------------------------------------------------------------------------- laying out


@dataclass(frozen=True, slots=True)
class _Box:
    """A figure with its lines and what is drawn inside."""

    figure: Figure
    lines: tuple[tuple[Style, str], ...]
    inside: _Sheet | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A picture with the place of everything in it."""

    boxes: tuple[_Box, ...]
    links: tuple[Link, ...]
    labels: tuple[tuple[str, ...], ...]
    arrangement: Arrangement
    columns: tuple[int, ...]
    """Centre of each cell."""
    channels: tuple[_Channel, ...]
    tops: tuple[int, ...]
    """First line of each row of cells."""
    heights: tuple[int, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Channel:
    """The space under a row: nets by the cell they come from, and the tracks they use."""

    sources: tuple[int, ...]
    tracks: dict[int, int]
    """By position in `sources`."""
    height: int


def _lay_out(picture: Picture, most: int, *, ascii_only: bool) -> _Sheet:
    boxes = tuple(_box(figure, most, ascii_only=ascii_only) for figure in picture.figures)
    labels = tuple(_label(link, picture, most, ascii_only=ascii_only) for link in picture.links)
    nodes = [Node(b.figure.id, b.width, b.height, b.figure.shape == "output") for b in boxes]
    edges = [
        Edge(link.source, link.target, _size(label) if label else None)
        for link, label in zip(picture.links, labels, strict=True)
    ]
    arrangement = arrange(nodes, edges, gap=_GAP, bend=1)
    centres = _snap(arrangement)
    channels = tuple(_channel(arrangement, rank, centres) for rank in range(_ranks(arrangement)))
    heights, tops, top = list[int](), list[int](), 0
    for row, channel in zip(arrangement.grid.rows, channels, strict=True):
        tops.append(top)
        heights.append(max(int(arrangement.grid.cells[n].height) for n in row))
        top += heights[-1] + channel.height
    width = max(
        (
            c + int(cell.width) // 2 + 1
            for c, cell in zip(centres, arrangement.grid.cells, strict=True)
        ),
        default=0,
    )
    return _Sheet(
        boxes, picture.links, labels, arrangement, tuple(centres), channels, tuple(tops),
        tuple(heights), width, top,
    )  # fmt: skip


def _ranks(arrangement: Arrangement) -> int:
    return len(arrangement.grid.rows)


def _plain(text: str, *, ascii_only: bool) -> str:
    """The text without the arrows that we write ourselves."""
    return text.replace("→", ">") if ascii_only else text


def _box(figure: Figure, most: int, *, ascii_only: bool) -> _Box:
    inside = _lay_out(figure.inside, most, ascii_only=ascii_only) if figure.inside else None
    mark = f"{MARKS[figure.status]} " if figure.status != "same" else ""
    title_style: Style = "strong" if figure.status == "same" else _STYLES[figure.status]
    titles = wrap(mark + figure.title, most, columns, lines=2)
    lines: list[Segment] = [(title_style, row) for row in titles]
    for line in figure.lines:
        for row in wrap(_plain(line.text, ascii_only=ascii_only), most, columns):
            lines.append(("quiet", row))  # noqa: PERF401 - the style would be any text
    width = max(columns(text) for _, text in lines)
    height = len(lines) + 2
    if inside is not None:
        width, height = max(width, inside.width), height + inside.height
    return _Box(figure, tuple(lines), inside, _odd(width + 4), height)


def _odd(width: int) -> int:
    """So that a box has a middle column."""
    return width + 1 - width % 2


def label_text(link: Link, picture: Picture) -> str:
    """What stands on an arrow: its label, and a mark if it came or went between what stayed."""
    if link.status == "same":
        return link.label
    ends = {figure.id: figure.status for figure in picture.figures}
    told = link.status in (ends[link.source], ends[link.target])
    mark = "" if told else MARKS[link.status]
    return f"{mark} {link.label}".strip()


def _label(link: Link, picture: Picture, most: int, *, ascii_only: bool) -> tuple[str, ...]:
    text = label_text(link, picture)
    return wrap(_plain(text, ascii_only=ascii_only), min(most, 30), columns) if text else ()


def _size(label: tuple[str, ...]) -> tuple[float, float]:
    return _odd(max(map(columns, label))), len(label)


def _snap(arrangement: Arrangement) -> list[int]:
    """Whole columns for the centres, in line with the neighbour above where that is near."""
    grid = arrangement.grid
    centres = [round(cell.x - 0.5) for cell in grid.cells]
    for row in grid.rows:
        least = 0
        for number in row:
            cell = grid.cells[number]
            half = int(cell.width) // 2
            near = [centres[n] for n in cell.above if abs(centres[n] - centres[number]) <= 2]
            wish = near[0] if len(near) == 1 else centres[number]
            centres[number] = max(wish, least + half)
            least = centres[number] + half + 1 + _GAP
    return centres


def _channel(arrangement: Arrangement, rank: int, centres: list[int]) -> _Channel:
    grid = arrangement.grid
    sources = tuple(n for n in grid.rows[rank] if grid.cells[n].below)
    nets = [Net(centres[n], tuple(centres[b] for b in grid.cells[n].below)) for n in sources]
    tracks = assign_tracks(nets)
    below = [grid.cells[b] for n in sources for b in grid.cells[n].below]
    arrows = any(cell.kind == "node" for cell in below)
    height = (max(tracks.values(), default=0) + 1 + arrows) if sources else 0
    return _Channel(sources, tracks, height)


# ---------------------------------------------------------------------------------- drawing


def _draw_sheet(canvas: Canvas, sheet: _Sheet, left: int, top: int) -> None:
    _Drawing(canvas, sheet, left, top).draw()


@dataclass(frozen=True, slots=True)
class _Drawing:
    canvas: Canvas
    sheet: _Sheet
    left: int
    top: int

    def draw(self) -> None:
        for index in sorted(range(len(self.sheet.links)), key=self._loudness):
            self.draw_link(index)
        for number, box in enumerate(self.sheet.boxes):
            self.draw_box(number, box)

    def _loudness(self, index: int) -> bool:
        return self.sheet.links[index].status != "same"

    def cell(self, number: int) -> Cell:
        return self.sheet.arrangement.grid.cells[number]

    def column(self, number: int) -> int:
        return self.left + self.sheet.columns[number]

    def rows(self, number: int) -> tuple[int, int]:
        """First and last line of a cell; boxes are at the top of their row."""
        cell = self.cell(number)
        first = self.top + self.sheet.tops[cell.rank]
        height = int(cell.height) if cell.kind == "node" else self.sheet.heights[cell.rank]
        return first, first + height - 1

    def draw_link(self, index: int) -> None:
        link, chain = self.sheet.links[index], self.sheet.arrangement.grid.chains[index]
        style = _STYLES[link.status]
        for upper, lower in pairwise(chain):
            self.canvas.join(self.path(upper, lower), style, dotted=link.dotted)
        for number in chain[1:-1]:
            self.draw_bend(number, index)
        backward = index in self.sheet.arrangement.backward
        end = chain[0] if backward else chain[-1]
        first, last = self.rows(end)
        self.canvas.write(
            self.column(end), last + 1 if backward else first - 1, "▲" if backward else "▼", style
        )

    def path(self, upper: int, lower: int) -> list[tuple[int, int]]:
        """Cells from just below the upper one to just above the lower one."""
        channel = self.sheet.channels[self.cell(upper).rank]
        track = channel.tracks.get(channel.sources.index(upper), 0)
        rank = self.cell(upper).rank
        turn = self.top + self.sheet.tops[rank] + self.sheet.heights[rank] + track
        x, to_x = self.column(upper), self.column(lower)
        start, end = self.rows(upper)[1], self.rows(lower)[0]
        step = 1 if to_x >= x else -1
        down = [(x, y) for y in range(start, turn + 1)]
        across = [(at, turn) for at in range(x, to_x + step, step)][1:]
        return [*down, *across, *((to_x, y) for y in range(turn + 1, end + 1))]

    def draw_bend(self, number: int, index: int) -> None:
        first, last = self.rows(number)
        x, link = self.column(number), self.sheet.links[index]
        style = _STYLES[link.status]
        self.canvas.join([(x, y) for y in range(first, last + 1)], style, dotted=link.dotted)
        if self.cell(number).kind == "label":
            label = self.sheet.labels[index]
            start = first + (last - first + 1 - len(label)) // 2
            for at, text in enumerate(label):
                self.canvas.write(x - columns(text) // 2, start + at, text, style)

    def draw_box(self, number: int, box: _Box) -> None:
        first, last = self.rows(number)
        left = self.column(number) - box.width // 2
        style = _STYLES[box.figure.status]
        frame = _BORDERS.get(box.figure.shape, _PLAIN_BORDER)
        inner = box.width - 2
        self.canvas.write(left, first, frame[0] + frame[1] * inner + frame[2], style)
        self.canvas.write(left, last, frame[4] + frame[1] * inner + frame[5], style)
        for y in range(first + 1, last):
            self.canvas.write(left, y, frame[3], style)
            self.canvas.write(left + box.width - 1, y, frame[3], style)
        for at, (text_style, text) in enumerate(box.lines):
            self.canvas.write(left + 2, first + 1 + at, text, text_style)
        if box.inside is not None:
            margin = (box.width - box.inside.width) // 2
            _draw_sheet(self.canvas, box.inside, left + margin, first + 1 + len(box.lines))
