"""From nodes and edges with sizes to a grid in which every cell has its row and its x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pantheon.draw._order import Grid, make_grid, reduce_crossings
from pantheon.draw._places import place_cells
from pantheon.draw._ranks import Edge, Node, assign_ranks, find_backward


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A placed grid; its chains follow the edges, from the upper end to the lower one."""

    grid: Grid
    backward: frozenset[int]
    """Edges whose arrow points up: they would have closed a cycle."""


def arrange(
    nodes: Sequence[Node], edges: Sequence[Edge], *, gap: float, bend: float
) -> Arrangement:
    """Lay a graph out in rows, arrows downward; `gap` between boxes, `bend` for passing lines."""
    backward = find_backward(nodes, edges)
    down = [_flip(edge) if index in backward else edge for index, edge in enumerate(edges)]
    grid = make_grid(nodes, down, assign_ranks(nodes, down), bend=bend)
    reduce_crossings(grid)
    place_cells(grid, gap=gap)
    return Arrangement(grid, backward)


def _flip(edge: Edge) -> Edge:
    return replace(edge, source=edge.target, target=edge.source)
