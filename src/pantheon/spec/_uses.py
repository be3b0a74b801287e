"""What a flow uses: its inline parts, other flows, agents, and keys of shared stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pantheon.spec._expression import Expression
from pantheon.spec._flow_model import (
    FlowDef,
    NodeDef,
    TreeDef,
    expressions_of,
)
from pantheon.spec._model import AgentDef, Project
from pantheon.spec._syntax import fields_of


def parts_of(flow: FlowDef) -> Iterator[FlowDef]:
    """The flow, and the flows written inside its nodes, at any depth."""
    pending = [flow]
    while pending:
        part = pending.pop()
        yield part
        pending += [node.body for node in part.nodes.values() if node.body is not None]


def flows_of(flow: FlowDef, project: Project) -> dict[str, FlowDef]:
    """The other flows that a flow runs, be it through others, by name and in that order."""
    found: dict[str, FlowDef] = {}
    pending = [flow]
    while pending:
        names = {name for name in flow_names_of(pending.pop()) if name in project.flows}
        new = {name: project.flows[name] for name in names - found.keys() - {flow.name}}
        found |= new
        pending += new.values()
    return dict(sorted(found.items()))


def flow_names_of(flow: FlowDef) -> frozenset[str]:
    """Names of the flows that a flow itself runs, from any of its parts."""
    return frozenset(node.flow for node in _nodes(flow) if node.flow is not None)


def agents_of(flow: FlowDef) -> frozenset[str]:
    """Names of the agents that a flow itself may ask, from any of its parts.

    A fallback may be an agent or a node, so some may name no agent.
    """
    found: set[str | None] = set()
    for node in _nodes(flow):
        found |= {node.agent, node.fallback, *(node.plan.agents if node.plan else ())}
        found |= {node.cross_check.judge} if node.cross_check else set()
    return frozenset(name for name in found if name is not None)


def definitions_for(flows: Iterable[str], project: Project) -> dict[str, AgentDef]:
    """The agents of a project as these flows, which run together, use them.

    A constraint may have chosen a recorded version; in one run an agent has only one.
    """
    known = dict(project.agents)
    for name in flows:
        known |= project.resolved.get(name, {})
    return known


def memory_of(flow: FlowDef) -> frozenset[str]:
    """Names of the long-term stores that a flow itself reads or writes."""
    written = [key.partition(".") for node in _nodes(flow) for key in node.writes]
    found = {name for root, _, name in written if root == "memory"}
    for part in parts_of(flow):
        read: list[Expression] = [*part.output.values(), *tests_of(part.tree)]
        read += (e for node in part.nodes.values() for e in expressions_of(node))
        found |= {name for e in read for name in fields_of(e.tree, "memory") if name is not None}
    return frozenset(found)


def tests_of(tree: TreeDef | None) -> Iterator[Expression]:
    """Every expression of a behaviour tree."""
    for part in tree_parts(tree):
        if part.test is not None:
            yield part.test


def tree_parts(tree: TreeDef | None) -> Iterator[TreeDef]:
    """A tree and everything below it."""
    pending = [tree] if tree is not None else []
    while pending:
        part = pending.pop()
        yield part
        pending += reversed(part.children)


def sure_nodes(tree: TreeDef) -> frozenset[str]:
    """Nodes that have given something whenever the tree succeeds."""
    match tree.kind:
        case "node":
            return frozenset((tree.node or "",))
        case "condition" | "invert":
            return frozenset()
        case "selector":
            only = tree.children if len(tree.children) == 1 else ()
        case "parallel":
            only = tree.children if tree.count in {None, len(tree.children)} else ()
        case _:
            only = tree.children
    return frozenset[str]().union(*map(sure_nodes, only))


def _nodes(flow: FlowDef) -> Iterable[NodeDef]:
    return (node for part in parts_of(flow) for node in part.nodes.values())
