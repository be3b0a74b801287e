"""What each node of a plan reads, and so who sees a change of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pantheon.flows._plan import Plan
from pantheon.spec import Expression, NodeDef, expressions_of, overlap, paths_of

Path: TypeAlias = tuple[str, ...]
"""A root (a node, `input`, `context`, …), then fields."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What one node reads, those that may stand in for it included."""

    ports: Mapping[str, frozenset[Path]]
    """By input."""
    own: frozenset[Path]
    """By everything else: conditions, lists to map, writes, stand-ins."""
    whole: frozenset[str]
    """Nodes whose output it takes as it is: merged or reviewed."""
    after: frozenset[str]
    """Nodes that it only waits for."""

    @property
    def roots(self) -> frozenset[str]:
        """Everything that a change of may concern it."""
        paths = [*self.ports.values(), self.own]
        return self.whole | self.after | {path[0] for some in paths for path in some}

    def ports_at(self, change: Path) -> list[str]:
        """The inputs that see a change."""
        return [port for port, paths in self.ports.items() if _sees(paths, change)]

    def sees(self, change: Path) -> bool:
        """Whether it sees a change otherwise than by its inputs."""
        waits = change[0] in self.after and len(change) == 1
        return waits or change[0] in self.whole or _sees(self.own, change)


class Readers:
    """Who reads what in one plan."""

    def __init__(self, plan: Plan) -> None:
        self.reads = {name: _reads_of(plan, step.node) for name, step in plan.steps.items()}
        self.output = {name: paths_of(e) for name, e in plan.flow.output.items()}
        self._by_root: dict[str, list[str]] = {}
        for name, reads in self.reads.items():
            for root in sorted(reads.roots):
                self._by_root.setdefault(root, []).append(name)

    def of(self, change: Path) -> Iterator[tuple[str, Reads]]:
        """Nodes that a change may concern, in the order written."""
        for name in self._by_root.get(change[0], ()):
            yield name, self.reads[name]

    def outputs_at(self, change: Path) -> list[str]:
        """The fields of the flow's output that see a change."""
        return [name for name, paths in self.output.items() if _sees(paths, change)]


def _sees(paths: Iterable[Path], change: Path) -> bool:
    return any(overlap(path, change) for path in paths)


def _reads_of(plan: Plan, node: NodeDef) -> Reads:
    own = _paths(e for e in expressions_of(node) if e not in node.inputs.values())
    whole = {*(node.merge.sources if node.merge else ()), *([node.reviews] if node.reviews else [])}
    after = set(node.after)
    for other in stand_ins_of(plan, node):
        own |= _paths(expressions_of(other))
        after |= set(other.after)
    ports = {port: paths_of(e) for port, e in node.inputs.items()}
    return Reads(ports, own, frozenset(whole), frozenset(after))


def _paths(expressions: Iterable[Expression]) -> frozenset[Path]:
    return frozenset[Path]().union(*map(paths_of, expressions))


def stand_ins_of(plan: Plan, node: NodeDef) -> Iterator[NodeDef]:
    """The nodes that answer when this one fails, in order."""
    seen = {node.name}
    name = node.fallback
    while name is not None and name in plan.flow.nodes and name not in seen:
        seen.add(name)
        substitute = plan.flow.nodes[name]
        yield substitute
        name = substitute.fallback
