"""Where the cells of a row stand: near what they are joined to, apart from each other.

Rows are placed one after the other. Within a row the places that are nearest to the wished ones
(least squares) under the order and the distances asked for are found exactly, by pooling adjacent
violators (Best & Chakravarti 1990). Bends weigh more than boxes, so that long arrows are straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pantheon.draw._order import Cell, Grid

_ROUNDS = 16


def place_cells(grid: Grid, *, gap: float) -> None:
    """Give every cell its x; the leftmost edge is at 0."""
    for row in grid.rows:
        at = 0.0
        for number in row:
            cell = grid.cells[number]
            cell.x = at + cell.width / 2
            at += cell.width + gap
    for turn in range(_ROUNDS):
        down = turn % 2 == 0
        for rank in range(len(grid.rows)) if down else reversed(range(len(grid.rows))):
            both = turn >= _ROUNDS - 4
            _place_row(grid, rank, gap=gap, up=down or both, down=not down or both)
    for chain in grid.chains:
        _straighten(grid, chain[1:-1], gap=gap)
    left = min((c.x - c.width / 2 for c in grid.cells), default=0.0)
    for cell in grid.cells:
        cell.x -= left


def _place_row(grid: Grid, rank: int, *, gap: float, up: bool, down: bool) -> None:
    cells = [grid.cells[number] for number in grid.rows[rank]]
    wishes = [_wish(grid, cell, up=up, down=down) for cell in cells]
    offsets = [0.0]
    for one, other in pairwise(cells):
        offsets.append(offsets[-1] + (one.width + other.width) / 2 + gap)
    wished = [wish - offset for (wish, _), offset in zip(wishes, offsets, strict=True)]
    fitted = fit_increasing(wished, [weight for _, weight in wishes])
    for cell, value, offset in zip(cells, fitted, offsets, strict=True):
        cell.x = value + offset


def _straighten(grid: Grid, bends: Sequence[int], *, gap: float) -> None:
    """Put the bends of one arrow below each other where there is room for that."""
    cells = [grid.cells[number] for number in bends]
    rooms = [_room(grid, number, gap=gap) for number in bends]
    least, most = max((a for a, _ in rooms), default=0.0), min((b for _, b in rooms), default=0.0)
    if len(cells) < 2 or least > most:
        return
    x = min(max(sum(cell.x for cell in cells) / len(cells), least), most)
    for cell in cells:
        cell.x = x


def _room(grid: Grid, number: int, *, gap: float) -> tuple[float, float]:
    """The least and the greatest x that a cell may have beside its neighbours."""
    cell, row = grid.cells[number], grid.rows[grid.cells[number].rank]
    at, half = row.index(number), grid.cells[number].width / 2 + gap
    left = grid.cells[row[at - 1]] if at else None
    right = grid.cells[row[at + 1]] if at + 1 < len(row) else None
    least = left.x + left.width / 2 + half if left else float("-inf")
    most = right.x - right.width / 2 - half if right else float("inf")
    return min(least, cell.x), max(most, cell.x)


def _wish(grid: Grid, cell: Cell, *, up: bool, down: bool) -> tuple[float, float]:
    """Where a cell would like to be, and how much."""
    near = [*(cell.above if up else ()), *(cell.below if down else ())]
    if not near:
        return cell.x, 0.2
    weights = [_weight(cell, grid.cells[number]) for number in near]
    total = sum(weights)
    mean = sum(w * grid.cells[n].x for w, n in zip(weights, near, strict=True)) / total
    return mean, total


def _weight(one: Cell, other: Cell) -> float:
    bends = (one.kind != "node") + (other.kind != "node")
    return (1.0, 2.0, 8.0)[bends]


def fit_increasing(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing sequence with the least weighted squared distance from `values`."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, wa, na), (b, wb, nb) = pools[-2:]
            pools[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb, na + nb)]
    return [value for value, _, count in pools for _ in range(count)]
