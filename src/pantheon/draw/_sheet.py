"""A picture laid out for SVG: every box, arrow and label with its place in pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pantheon.draw._arrange import Arrangement, arrange
from pantheon.draw._measure import pixels, wrap
from pantheon.draw._picture import Figure, Link, Picture
from pantheon.draw._places import fit_increasing
from pantheon.draw._ranks import Edge, Node
from pantheon.draw._text import label_text

TITLE, TEXT, CODE = 14.0, 12.0, 11.5
LINE_HEIGHT, TITLE_HEIGHT = 17.0, 20.0
PADDING_X, PADDING_Y = 14.0, 10.0
STACK = 4.0
"""How far the sheets of a repeated figure stick out."""
_WIDEST = 230.0
_GAP, _BEND = 30.0, 12.0
_ROW_GAP, _LABEL_GAP = 40.0, 26.0
_PORTS = 16.0
_REACH = 40.0
_STRAIGHT = 10.0
"""Before an arrow's head."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text in a box."""

    text: str
    code: bool = False
    title: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A figure with its place; `inside` is placed relative to the block."""

    figure: Figure
    x: float
    y: float
    width: float
    height: float
    rows: tuple[Row, ...]
    inside: Sheet | None


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow: where it goes through, in turns and straight pieces, and its label."""

    link: Link
    points: tuple[Point, ...]
    """Pairs of ends of straight pieces; between the pairs it swings."""
    label: tuple[str, ...]
    at: Point
    """Centre of the label."""
    size: Point


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture with its size."""

    picture: Picture
    width: float
    height: float
    blocks: tuple[Block, ...]
    routes: tuple[Route, ...]


def lay_out(picture: Picture) -> Sheet:
    """Place everything in a picture, what is inside of frames first."""
    measured = [_measure(figure) for figure in picture.figures]
    labels = [_label(link, picture) for link in picture.links]
    nodes = [Node(b.figure.id, b.width, b.height, b.figure.shape == "output") for b in measured]
    edges = [
        Edge(link.source, link.target, _label_size(label, link) if label else None)
        for link, label in zip(picture.links, labels, strict=True)
    ]
    arrangement = arrange(nodes, edges, gap=_GAP, bend=_BEND)
    return _Placing(picture, measured, labels, arrangement).place()


def _measure(figure: Figure) -> Block:
    """A block of the right size, not yet placed."""
    inside = lay_out(figure.inside) if figure.inside else None
    rows = [Row(text, title=True) for text in _wrap(Row(figure.title, title=True), lines=2)]
    for line in figure.lines:
        rows += [Row(text, line.code) for text in _wrap(Row(line.text, line.code))]
    badge = 0.0 if figure.status == "same" else 14.0
    width = max(_width(row) for row in rows) + 2 * PADDING_X + badge
    height = height_of(rows) + 2 * PADDING_Y
    if inside is not None:
        width = max(width, inside.width + 2 * PADDING_X)
        height += inside.height + PADDING_Y
    extra = STACK * 2 if figure.repeated else 0.0
    return Block(figure, 0, 0, max(width, 84.0) + extra, height + extra, tuple(rows), inside)


def height_of(rows: Sequence[Row]) -> float:
    """Of the text of a box."""
    return sum(TITLE_HEIGHT if row.title else LINE_HEIGHT for row in rows)


def _wrap(row: Row, *, lines: int = 3) -> tuple[str, ...]:
    return wrap(row.text, _WIDEST, lambda text: _width(Row(text, row.code, row.title)), lines=lines)


def _width(row: Row) -> float:
    size = TITLE if row.title else CODE if row.code else TEXT
    return pixels(row.text, size, code=row.code) * (1.13 if row.title else 1.0)


def _label(link: Link, picture: Picture) -> tuple[str, ...]:
    text = label_text(link, picture)
    return wrap(text, 190.0, lambda t: pixels(t, CODE, code=True)) if text else ()


def _label_size(label: tuple[str, ...], link: Link) -> tuple[float, float]:
    code = link.kind == "condition"
    width = max(pixels(text, CODE if code else TEXT, code=code) for text in label)
    return width + 16.0, len(label) * 15.0 + 6.0


@dataclass(frozen=True, slots=True)
class _Placing:
    picture: Picture
    measured: list[Block]
    labels: list[tuple[str, ...]]
    arrangement: Arrangement

    def place(self) -> Sheet:
        tops, heights = self.rows()
        cells = self.arrangement.grid.cells
        blocks = [
            self.put(block, cells[n].x, tops[cells[n].rank], heights[cells[n].rank])
            for n, block in enumerate(self.measured)
        ]
        ports = _Ports(self.arrangement, blocks)
        routes = tuple(
            self.route(index, link, blocks, ports, (tops, heights))
            for index, link in enumerate(self.picture.links)
        )
        width = max((c.x + c.width / 2 for c in cells), default=0.0)
        height = tops[-1] + heights[-1] if tops else 0.0
        return Sheet(self.picture, width, height, tuple(blocks), routes)

    def rows(self) -> tuple[list[float], list[float]]:
        """Top and height of each row; the farther arrows go sideways, the wider the gap."""
        cells = self.arrangement.grid.cells
        tops, heights, top = list[float](), list[float](), 0.0
        for row in self.arrangement.grid.rows:
            tops.append(top)
            heights.append(max(cells[number].height for number in row))
            below = [(cells[n], cells[b]) for n in row for b in cells[n].below]
            labelled = any("label" in (a.kind, b.kind) for a, b in below)
            far = max((abs(a.x - b.x) for a, b in below), default=0.0)
            least = _LABEL_GAP if labelled else _ROW_GAP
            top += heights[-1] + min(max(least, far * 0.16), 72.0)
        return tops, heights

    def put(self, block: Block, x: float, top: float, height: float) -> Block:
        y = top + (height - block.height) / 2
        left = x - block.width / 2
        return Block(block.figure, left, y, block.width, block.height, block.rows, block.inside)

    def route(
        self,
        index: int,
        link: Link,
        blocks: Sequence[Block],
        ports: _Ports,
        rows: tuple[list[float], list[float]],
    ) -> Route:
        grid, (tops, heights) = self.arrangement.grid, rows
        chain = grid.chains[index]
        upper, lower = blocks[chain[0]], blocks[chain[-1]]
        first, last = ports.below[index], ports.above[index]
        rank, end = grid.cells[chain[0]].rank, grid.cells[chain[-1]].rank
        points = [(first, upper.y + upper.height), (first, tops[rank] + heights[rank])]
        at = (0.0, 0.0)
        for number in chain[1:-1]:
            cell = grid.cells[number]
            top, height = tops[cell.rank], heights[cell.rank]
            points += [(cell.x, top), (cell.x, top + height)]
            at = (cell.x, top + height / 2) if cell.kind == "label" else at
        points += [(last, tops[end] - _STRAIGHT), (last, lower.y)]
        if index in self.arrangement.backward:
            points.reverse()
        label = self.labels[index]
        return Route(link, tuple(points), label, at, _label_size(label, link) if label else (0, 0))


class _Ports:
    """Where arrows leave and enter boxes: straight if they can be, else at the middle, but apart."""

    def __init__(self, arrangement: Arrangement, blocks: Sequence[Block]) -> None:
        self.cells = arrangement.grid.cells
        self.blocks = blocks
        chains = arrangement.grid.chains
        leaving, entering = _grouped(chains, 0), _grouped(chains, -1)
        self.below: dict[int, float] = {}
        self.above: dict[int, float] = {}
        for number, block in enumerate(blocks):
            lower = {edge: chains[edge][1] for edge in leaving.get(number, ())}
            upper = {edge: chains[edge][-2] for edge in entering.get(number, ())}
            self.below |= self.spread(block, lower)
            self.above |= self.spread(block, upper)

    def spread(self, block: Block, others: Mapping[int, int]) -> dict[int, float]:
        """The x of each arrow on one side of a box, by what cell it leads to."""
        order = sorted(others, key=lambda edge: self.cells[others[edge]].x)
        step = min(_PORTS, (block.width - 36.0) / max(len(order) - 1, 1))
        wished = [self.wish(block, others[e]) - step * at for at, e in enumerate(order)]
        half = max(block.width / 2 - 18.0, 0.0)
        first = block.x + block.width / 2 - half
        last = block.x + block.width / 2 + half - step * (len(order) - 1)
        fitted = fit_increasing(wished, [1.0] * len(order))
        return {
            edge: min(max(x, first), last) + step * at
            for at, (edge, x) in enumerate(zip(order, fitted, strict=True))
        }

    def wish(self, block: Block, other: int) -> float:
        middle, x = block.x + block.width / 2, self.cells[other].x
        if other >= len(self.blocks):
            return x if abs(x - middle) <= _reach(block) else middle
        near = self.blocks[other]
        apart = abs(x - middle)
        if apart > _reach(block) + _reach(near):
            return middle
        share = _reach(block) / (_reach(block) + _reach(near))
        return middle + (x - middle) * share


def _reach(block: Block) -> float:
    """How far from its middle an arrow may leave a box to be straight."""
    return min(_REACH, max(block.width / 2 - 18.0, 1.0))


def _grouped(chains: Sequence[tuple[int, ...]], end: int) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for edge, chain in enumerate(chains):
        groups.setdefault(chain[end], []).append(edge)
    return groups
