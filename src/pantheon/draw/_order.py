"""Cells in rows, and the order in each row that lets the fewest arrows cross.

An arrow over several rows has a bend in each row between, and its label, if any, is the middle one.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from pantheon.draw._ranks import Edge, Node

_SWEEPS = 12


@dataclass(slots=True)
class Cell:
    """A node, or what an arrow needs in a row that it crosses."""

    kind: Literal["node", "bend", "label"]
    width: float
    height: float
    rank: int
    above: list[int] = field(default_factory=list[int])
    below: list[int] = field(default_factory=list[int])
    x: float = 0.0
    """Of its centre."""


@dataclass(slots=True)
class Grid:
    """All cells; rows hold their indices from left to right."""

    cells: list[Cell]
    rows: list[list[int]]
    chains: list[tuple[int, ...]]
    """For each edge its cells from the upper end to the lower one."""
    index: Mapping[str, int]
    """Node id → cell."""


def make_grid(
    nodes: Sequence[Node], edges: Sequence[Edge], ranks: Mapping[str, int], *, bend: float
) -> Grid:
    """Cells for all nodes, bends and labels, in the order written; edges point down."""
    cells = [Cell("node", node.width, node.height, ranks[node.id]) for node in nodes]
    index = {node.id: number for number, node in enumerate(nodes)}
    rows: list[list[int]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    grid = Grid(cells, rows, [], index)
    for edge in edges:
        grid.chains.append(_add_chain(grid, edge, bend=bend))
    for number in _depth_first(grid):
        rows[cells[number].rank].append(number)
    return grid


def _add_chain(grid: Grid, edge: Edge, *, bend: float) -> tuple[int, ...]:
    upper, lower = grid.index[edge.source], grid.index[edge.target]
    first, last = grid.cells[upper].rank, grid.cells[lower].rank
    middle = (first + last) // 2 if edge.label else None
    chain = [upper]
    for rank in range(first + 1, last):
        if rank == middle and edge.label:
            grid.cells.append(Cell("label", edge.label[0], edge.label[1], rank))
        else:
            grid.cells.append(Cell("bend", bend, 0.0, rank))
        chain.append(len(grid.cells) - 1)
    chain.append(lower)
    for one, other in pairwise(chain):
        grid.cells[one].below.append(other)
        grid.cells[other].above.append(one)
    return tuple(chain)


def _depth_first(grid: Grid) -> list[int]:
    """Cells in an order in which trees have no crossings."""
    seen = dict[int, None]()
    roots = [number for number, cell in enumerate(grid.cells) if not cell.above]
    stack = list(reversed(roots))
    while stack:
        number = stack.pop()
        if number not in seen:
            seen[number] = None
            stack += reversed(grid.cells[number].below)
    return list(seen)


def reduce_crossings(grid: Grid) -> None:
    """Order every row by the barycentres of its neighbours, down and up, and keep the best."""
    best, fewest = [list(row) for row in grid.rows], count_crossings(grid)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for rank in range(len(grid.rows)) if down else reversed(range(len(grid.rows))):
            _order_row(grid, rank, down=down)
        _swap_neighbours(grid)
        crossings = count_crossings(grid)
        if crossings < fewest:
            best, fewest = [list(row) for row in grid.rows], crossings
    grid.rows[:] = best


def _order_row(grid: Grid, rank: int, *, down: bool) -> None:
    beside = rank - 1 if down else rank + 1
    if not 0 <= beside < len(grid.rows):
        return
    places = {number: place for place, number in enumerate(grid.rows[beside])}
    row = grid.rows[rank]

    def barycentre(place: int) -> float:
        cell = grid.cells[row[place]]
        near = [places[n] for n in (cell.above if down else cell.below)]
        return sum(near) / len(near) if near else place * len(places) / len(row)

    keys = {number: barycentre(place) for place, number in enumerate(row)}
    row.sort(key=keys.__getitem__)


def _swap_neighbours(grid: Grid) -> None:
    """Swap two that stand side by side wherever that removes crossings."""
    for rank, row in enumerate(grid.rows):
        places = [
            {number: place for place, number in enumerate(grid.rows[beside])}
            if 0 <= beside < len(grid.rows)
            else {}
            for beside in (rank - 1, rank + 1)
        ]
        for at in range(len(row) - 1):
            one, other = grid.cells[row[at]], grid.cells[row[at + 1]]
            if _pair(one, other, places) > _pair(other, one, places):
                row[at], row[at + 1] = row[at + 1], row[at]


def _pair(left: Cell, right: Cell, places: Sequence[Mapping[int, int]]) -> int:
    """Crossings between the arrows of two cells, the first one standing to the left."""
    total = 0
    for one, other, at in zip(
        (left.above, left.below), (right.above, right.below), places, strict=True
    ):
        total += sum(at[a] > at[b] for a in one for b in other)
    return total


def count_crossings(grid: Grid) -> int:
    """Pairs of arrows that cross, over all rows."""
    total = 0
    for row, following in pairwise(grid.rows):
        places = {number: place for place, number in enumerate(following)}
        seen: list[int] = []
        for number in row:
            ends = sorted(places[below] for below in grid.cells[number].below)
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
