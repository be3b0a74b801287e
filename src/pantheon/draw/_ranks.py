"""Which row each node of a graph is on: no cycle, every arrow down, as short as it can be.

The frame of Sugiyama, Tagawa and Toda (1981): break cycles, assign layers by longest path, put
bends where an arrow crosses a layer, order each layer, then place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A box of a given size."""

    id: str
    width: float
    height: float
    last: bool = False
    """Belongs below everything else."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow; with a label, the size of its box."""

    source: str
    target: str
    label: tuple[float, float] | None = None

    @property
    def span(self) -> int:
        """Rows it goes down at least: a label takes one for itself."""
        return 2 if self.label else 1


def find_backward(nodes: Sequence[Node], edges: Sequence[Edge]) -> frozenset[int]:
    """Indices of edges that would close a cycle, in a walk in the order of the nodes."""
    out: dict[str, list[int]] = {node.id: [] for node in nodes}
    for index, edge in enumerate(edges):
        out[edge.source].append(index)
    open_, done, backward = set[str](), set[str](), set[int]()
    for node in nodes:
        stack = [] if node.id in done else [(node.id, iter(out[node.id]))]
        open_.update(id for id, _ in stack)
        while stack:
            current, rest = stack[-1]
            for index in rest:
                target = edges[index].target
                if target in open_:
                    backward.add(index)
                elif target not in done:
                    open_.add(target)
                    stack.append((target, iter(out[target])))
                    break
            else:
                open_.discard(current)
                done.add(current)
                stack.pop()
    return frozenset(backward)


def assign_ranks(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, int]:
    """Row of each node, from 0; edges must not form a cycle."""
    order = _topological(nodes, edges)
    into = _grouped(nodes, edges, key="target")
    out = _grouped(nodes, edges, key="source")
    ranks = dict.fromkeys(order, 0)
    for id in order:
        ranks[id] = max((ranks[e.source] + e.span for e in into[id]), default=0)
    for id in reversed(order):
        if not into[id] and out[id]:  # closer to what reads from it
            ranks[id] = min(ranks[e.target] - e.span for e in out[id])
    bottom = max(ranks.values(), default=0)
    lowest = {node.id: bottom for node in nodes if node.last and not out[node.id]}
    return {**ranks, **lowest}


def _grouped(nodes: Sequence[Node], edges: Sequence[Edge], *, key: str) -> dict[str, list[Edge]]:
    groups: dict[str, list[Edge]] = {node.id: [] for node in nodes}
    for edge in edges:
        groups[edge.source if key == "source" else edge.target].append(edge)
    return groups


def _topological(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[str]:
    """Ids so that every edge points forward; ties in the order written."""
    waits: Mapping[str, set[int]] = {node.id: set[int]() for node in nodes}
    out: dict[str, list[int]] = {node.id: [] for node in nodes}
    for index, edge in enumerate(edges):
        waits[edge.target].add(index)
        out[edge.source].append(index)
    ready = [node.id for node in nodes if not waits[node.id]]
    order: list[str] = []
    while ready:
        current = ready.pop(0)
        order.append(current)
        for index in out[current]:
            target = edges[index].target
            waits[target].discard(index)
            if not waits[target]:
                ready.append(target)
    assert len(order) == len(nodes), "cycles were broken before"
    return order
