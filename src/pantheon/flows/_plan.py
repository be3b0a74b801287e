"""A flow compiled for running: who waits for whom, and whose output each node cannot do without."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pantheon.errors import SpecError
from pantheon.flows._spare import spared_by
from pantheon.ids import Json
from pantheon.spec import Expression, FlowDef, NodeDef, conforms_to, expressions_of


@dataclass(frozen=True, slots=True)
class Step:
    """One node with what the engine asks about it again and again."""

    node: NodeDef
    sources: frozenset[str]
    """Nodes that must have ended before this one starts."""
    targets: tuple[str, ...]
    """Nodes that wait for this one."""
    condition_needs: tuple[str, ...]
    """Nodes without whose output `when` means nothing."""
    needs: tuple[str, ...]
    """Nodes without whose output `in` and `map` mean nothing."""
    stands_in_for: tuple[str, ...]
    """Nodes that name it as their fallback; it never runs by itself then."""
    early: bool
    """A merge that may start before all its sources have ended."""
    firm: frozenset[str]
    """Nodes that even such a merge waits for: its condition reads them, or it comes after them."""
    spares: frozenset[str]
    """Nodes that only this merge needs: cancelled when it can do without them."""
    cancellable: bool
    """Some merge may do without it."""
    timed: tuple[str, ...]
    """Merges whose time begins when this node does."""
    plain: bool
    """An agent, once, with nothing else to heed: the short way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A flow ready to run; the same for all its runs."""

    flow: FlowDef
    steps: dict[str, Step]
    """By node, in the order written."""
    forgiven: frozenset[str]
    """Nodes that may fail without failing the run: who uses them says what to do then."""
    missing: Mapping[str, int]
    """How many nodes each waits for."""
    roots: tuple[str, ...]
    """Nodes that wait for nobody."""
    bodies: Mapping[str, Plan]
    """Flows written inside nodes, by node."""
    output_fits: Callable[[Json], bool]
    """Whether an output satisfies the contract of the flow."""
    reads_memory: bool
    """Whether any expression reads `memory`."""


def compile_flow(flow: FlowDef) -> Plan:
    """The plan of a flow. Raises SpecError when nodes wait for each other."""
    stand_ins = _stand_ins(flow)
    sources = {
        name: frozenset[str]() if name in stand_ins else _sources(flow, name) for name in flow.nodes
    }
    targets: dict[str, list[str]] = {name: [] for name in flow.nodes}
    for name, before in sources.items():
        for source in before:
            targets[source].append(name)
    if flow.tree is None:
        _refuse_cycles(flow, sources, targets)
    spares = spared_by(flow, targets)
    made = _Steps(flow, sources, targets, stand_ins, spares)
    return Plan(
        flow=flow,
        steps={name: made.step(node) for name, node in flow.nodes.items()},
        forgiven=_forgiven(flow),
        missing={name: len(before) for name, before in sources.items()},
        roots=tuple(name for name, before in sources.items() if not before),
        bodies={n.name: compile_flow(n.body) for n in flow.nodes.values() if n.body is not None},
        output_fits=conforms_to(flow.output_schema),
        reads_memory=any(
            "memory" in e.roots for n in flow.nodes.values() for e in expressions_of(n)
        ),
    )


def _stand_ins(flow: FlowDef) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, node in flow.nodes.items():
        if node.fallback is not None and node.fallback in flow.nodes:
            found[node.fallback] = (*found.get(node.fallback, ()), name)
    return found


def _sources(flow: FlowDef, name: str) -> frozenset[str]:
    """What a node waits for; whoever may stand in for it must find its own inputs there too."""
    found = set(flow.dependencies(name))
    substitute = flow.nodes[name].fallback
    seen = {name}
    while substitute is not None and substitute in flow.nodes and substitute not in seen:
        seen.add(substitute)
        found |= flow.dependencies(substitute) - seen
        substitute = flow.nodes[substitute].fallback
    return frozenset(found)


def _refuse_cycles(
    flow: FlowDef, sources: dict[str, frozenset[str]], targets: dict[str, list[str]]
) -> None:
    """Take away nodes that wait for nobody until none is left; what stays waits for itself."""
    missing = {name: len(before) for name, before in sources.items()}
    free = [name for name, count in missing.items() if not count]
    for name in free:  # grows while it is read
        for target in targets[name]:
            missing[target] -= 1
            if not missing[target]:
                free.append(target)
    if len(free) < len(sources):
        _name_cycle(flow, sources)


def _name_cycle(flow: FlowDef, sources: dict[str, frozenset[str]]) -> None:
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        raise SpecError(
            f"The nodes {' → '.join(ring)} of flow {flow.name!r} wait for each other.",
            hint="Remove one of these references.",
            where=flow.where,
        ) from None


@dataclass(frozen=True, slots=True)
class _Steps:
    """Makes the steps of one flow."""

    flow: FlowDef
    sources: Mapping[str, frozenset[str]]
    targets: Mapping[str, list[str]]
    stand_ins: Mapping[str, tuple[str, ...]]
    spares: Mapping[str, frozenset[str]]

    def step(self, node: NodeDef) -> Step:
        name = node.name
        reviewed = {node.reviews} if node.reviews else set[str]()
        values = expressions_of(node, condition=False)
        stands_in_for = self.stand_ins.get(name, ())
        return Step(
            node=node,
            sources=self.sources[name],
            targets=tuple(self.targets[name]),
            condition_needs=_needed(self.flow, [node.when] if node.when else []),
            needs=tuple(sorted({*_needed(self.flow, values), *reviewed} - {name})),
            stands_in_for=stands_in_for,
            early=node.merge is not None and node.merge.early,
            firm=frozenset({*(node.when.roots if node.when else ()), *node.after})
            & self.flow.nodes.keys(),
            spares=self.spares.get(name, frozenset()),
            cancellable=any(name in spared for spared in self.spares.values()),
            timed=tuple(t for t in self.targets[name] if _is_timed(self.flow.nodes[t], name)),
            plain=not stands_in_for and _is_plain(node),
        )


def _is_timed(node: NodeDef, source: str) -> bool:
    merge = node.merge
    return merge is not None and merge.timeout is not None and source in merge.sources


def _is_plain(node: NodeDef) -> bool:
    policies = (
        node.when, node.map, node.loop, node.retry, node.timeout, node.fallback, node.cross_check,
        node.give, node.writes or None,
    )  # fmt: skip
    remembers = any("memory" in e.roots for e in node.inputs.values())
    return node.agent is not None and not remembers and all(p is None for p in policies)


def _needed(flow: FlowDef, expressions: Iterable[Expression]) -> tuple[str, ...]:
    needed = {root for e in expressions for root in e.roots - e.guarded if root in flow.nodes}
    return tuple(sorted(needed))


def _forgiven(flow: FlowDef) -> frozenset[str]:
    """A failure is handled where somebody asks `exists` or `default`, or can do without."""
    found = {root for e in flow.output.values() for root in e.guarded}
    for node in flow.nodes.values():
        found |= {root for e in expressions_of(node) for root in e.guarded}
        if node.merge is not None and node.merge.early:
            found |= set(node.merge.sources)
        if node.on_error == "continue":
            found.add(node.name)
    return frozenset(found) & set(flow.nodes)
