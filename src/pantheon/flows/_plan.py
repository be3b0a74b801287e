"""A flow compiled for running: who waits for whom, and whose output each node cannot do without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pantheon.errors import SpecError
from pantheon.spec import Expression, FlowDef, NodeDef


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
    roots: tuple[str, ...]
    """Every name its expressions mention."""
    stands_in_for: tuple[str, ...]
    """Nodes that name it as their fallback; it never runs by itself then."""

    @property
    def takes_first(self) -> bool:
        """Whether it may start before all its sources have ended."""
        return self.node.merge is not None and self.node.merge.policy == "any"


@dataclass(frozen=True, slots=True)
class Plan:
    """A flow ready to run; the same for all its runs."""

    flow: FlowDef
    steps: dict[str, Step]
    """By node, in the order written."""
    forgiven: frozenset[str]
    """Nodes that may fail without failing the run: who uses them says what to do then."""


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
    _refuse_cycles(flow, sources, targets)
    steps = {
        name: _step(flow, node, sources[name], tuple(targets[name]), stand_ins.get(name, ()))
        for name, node in flow.nodes.items()
    }
    return Plan(flow=flow, steps=steps, forgiven=_forgiven(flow))


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


def _step(
    flow: FlowDef,
    node: NodeDef,
    sources: frozenset[str],
    targets: tuple[str, ...],
    stands_in_for: tuple[str, ...],
) -> Step:
    values = _expressions(node, condition=False)
    condition = [node.when] if node.when else []
    reviewed = {node.reviews} if node.reviews else set[str]()
    return Step(
        node=node,
        sources=sources,
        targets=targets,
        condition_needs=_needed(flow, condition),
        needs=tuple(sorted({*_needed(flow, values), *reviewed})),
        roots=tuple(sorted({root for e in [*values, *condition] for root in e.roots} | reviewed)),
        stands_in_for=stands_in_for,
    )


def _expressions(node: NodeDef, *, condition: bool) -> list[Expression]:
    found = [*node.inputs.values(), *([node.map] if node.map else [])]
    return [*found, node.when] if condition and node.when else found


def _needed(flow: FlowDef, expressions: Iterable[Expression]) -> tuple[str, ...]:
    needed = {root for e in expressions for root in e.roots - e.guarded if root in flow.nodes}
    return tuple(sorted(needed))


def _forgiven(flow: FlowDef) -> frozenset[str]:
    """A failure is handled where somebody asks `exists` or `default`, or takes whoever ran."""
    found = {root for e in flow.output.values() for root in e.guarded}
    for node in flow.nodes.values():
        found |= {root for e in _expressions(node, condition=True) for root in e.guarded}
        if node.merge is not None and node.merge.policy == "any":
            found |= set(node.merge.sources)
    return frozenset(found) & set(flow.nodes)
