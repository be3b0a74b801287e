"""The nodes of a flow in one order, as Open Agent Spec runs them: one after the other.

A node that may be skipped is followed by all that is skipped with it, so that one branch can jump
over the whole group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pantheon.spec import FlowDef, NodeDef, expressions_of


@dataclass(frozen=True, slots=True)
class Step:
    """A node, and with a condition the steps that are left out with it."""

    node: NodeDef
    group: tuple[Step, ...] = ()


@dataclass(slots=True)
class Plan:
    """Steps in order; what was skipped for which node."""

    steps: tuple[Step, ...]
    group_of: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Node → the conditional nodes in whose groups it stands, itself included."""

    def may_lack(self, reader: str | None, source: str) -> bool:
        """Whether a node (or the flow's output) may run although its source was skipped."""
        around = self.group_of.get(reader, frozenset()) if reader is not None else frozenset[str]()
        return bool(self.group_of.get(source, frozenset()) - around)


def plan_order(flow: FlowDef) -> Plan:
    """The order; nodes that only stand in for others are not in it."""
    stand_ins = {node.fallback for node in flow.nodes.values() if node.fallback}
    names = [name for name in _sorted(flow) if name not in stand_ins]
    sure = _never_skipped(flow, names)
    names.sort(key=lambda name: name not in sure)  # stable: what may be skipped comes last
    planner = _Planner(flow, names)
    steps = planner.arrange(names, frozenset())
    return Plan(steps, planner.group_of)


def needs(flow: FlowDef, node: NodeDef) -> frozenset[str]:
    """Nodes without whose output this one is skipped."""
    reads = expressions_of(node)
    guarded = frozenset[str]().union(*(e.guarded for e in reads)) if reads else frozenset[str]()
    roots = {root for e in reads for root in e.roots if root in flow.nodes} - guarded
    strict = node.merge.sources if node.merge and node.merge.policy == "all" else ()
    return frozenset(roots) | frozenset(strict)


def _sorted(flow: FlowDef) -> list[str]:
    """Names so that each comes after what it depends on, else as written."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in done:
            for before in sorted(flow.dependencies(name), key=list(flow.nodes).index):
                visit(before)
            done[name] = None

    for name in flow.nodes:
        visit(name)
    return list(done)


def _never_skipped(flow: FlowDef, names: list[str]) -> set[str]:
    """Nodes without a condition that depend on no node with one."""
    sure: set[str] = set()
    for name in names:
        if flow.nodes[name].when is None and flow.dependencies(name) <= sure:
            sure.add(name)
    return sure


@dataclass(slots=True)
class _Planner:
    flow: FlowDef
    names: list[str]
    placed: set[str] = field(default_factory=set[str])
    group_of: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def arrange(self, names: list[str], around: frozenset[str]) -> tuple[Step, ...]:
        """These nodes in order, groups inside; a node already placed is left out."""
        steps: list[Step] = []
        for name in names:
            if name in self.placed:
                continue
            self.placed.add(name)
            node = self.flow.nodes[name]
            inside = around | {name} if node.when is not None else around
            self.group_of[name] = inside
            group = self.arrange(self.with_it(name), inside) if node.when is not None else ()
            steps.append(Step(node, group))
        return tuple(steps)

    def with_it(self, name: str) -> list[str]:
        """The nodes that are skipped with this one and need nothing that is not there yet."""
        group: list[str] = []
        for other in self.names:
            wanted = needs(self.flow, self.flow.nodes[other])
            ready = self.placed | set(group)
            waits = self.flow.dependencies(other) <= ready
            if other not in ready and waits and wanted & {name, *group}:
                group.append(other)
        return group
