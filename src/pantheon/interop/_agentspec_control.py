"""When a node of an Open Agent Spec flow runs, read off its control edges.

The condition of a node is a set of ways to it, each a set of branches that were taken. Where all
branches of a node come together again, they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pantheon.interop._agentspec_library import branches_of

Taken: TypeAlias = tuple[str, str]
"""Id of a node with several branches, and the branch."""
Way: TypeAlias = frozenset[Taken]
Condition: TypeAlias = frozenset[Way]
ALWAYS: Condition = frozenset([frozenset[Taken]()])
NEXT = "next"
MOST_WAYS = 64


@dataclass(slots=True)
class Control:
    """The control flow of one flow component."""

    nodes: dict[str, Any]
    order: list[str]
    """Ids, each after all that lead to it."""
    into: dict[str, list[Any]]
    """Edges that lead to a node, those aside that lead back."""
    back: list[Any]
    """Edges that lead back: loops, which cannot be carried."""
    conditions: dict[str, Condition] = field(default_factory=dict[str, Condition])

    def condition(self, node: Any) -> Condition:
        """When a node runs; never is the empty set."""
        return self.conditions.get(node.id, frozenset())

    def may_lack(self, reader: Condition, source: Any) -> bool:
        """Whether a reader may run although the source did not."""
        given = self.condition(source)
        return not all(any(other <= way for other in given) for way in reader)


def read_control(flow: Any) -> Control:
    """The order of a flow's nodes, and when each runs."""
    nodes = {node.id: node for node in flow.nodes}
    out: dict[str, list[Any]] = {name: [] for name in nodes}
    for edge in flow.control_flow_connections:
        out[edge.from_node.id].append(edge)
    order, back = _sorted(flow.start_node.id, out)
    into: dict[str, list[Any]] = {name: [] for name in nodes}
    for edge in flow.control_flow_connections:
        if edge not in back:
            into[edge.to_node.id].append(edge)
    control = Control(nodes, order, into, back)
    control.conditions[flow.start_node.id] = ALWAYS
    for name in order[1:]:
        ways: set[Way] = {way for edge in into[name] for way in _ways(control, edge)}
        control.conditions[name] = simplify(ways, nodes)
    return control


def _ways(control: Control, edge: Any) -> Iterable[Way]:
    source = edge.from_node
    branches = branches_of(source)
    taken = edge.from_branch or NEXT
    step = frozenset({(source.id, taken)}) if len(branches) > 1 else frozenset[Taken]()
    return (way | step for way in control.condition(source))


def _sorted(start: str, out: dict[str, list[Any]]) -> tuple[list[str], list[Any]]:
    """Depth first from the start, without recursion; edges that close a circle are put aside."""
    done: list[str] = []
    state: dict[str, int] = {start: 1}
    back: list[Any] = []
    stack: list[tuple[str, int]] = [(start, 0)]
    while stack:
        name, index = stack.pop()
        edges = out[name]
        if index == len(edges):
            state[name] = 2
            done.append(name)
            continue
        stack.append((name, index + 1))
        target = edges[index].to_node.id
        if state.get(target) == 1:
            back.append(edges[index])
        elif target not in state:
            state[target] = 1
            stack.append((target, 0))
    return done[::-1], back


def simplify(ways: Iterable[Way], nodes: dict[str, Any]) -> Condition:
    """Without branches that are all there, and without ways that another one contains."""
    found: set[Way] = set(ways)
    changed = True
    while changed and len(found) > 1:
        changed = False
        found = {way for way in found if not any(other < way for other in found)}
        for node in {taken[0] for way in found for taken in way}:
            joined = _join_branches(found, node, branches_of(nodes[node]))
            if joined is not None:
                found, changed = joined, True
                break
    return frozenset(found)


def _join_branches(ways: set[Way], node: str, branches: list[str]) -> set[Way] | None:
    """The ways after all branches of a node have come together; None: they do not."""
    for way in ways:
        for taken in way:
            rest = way - {taken}
            siblings = {rest | {(node, branch)} for branch in branches}
            if taken[0] == node and siblings <= ways:
                return (ways - siblings) | {rest}
    return None
