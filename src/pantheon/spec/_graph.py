"""The graph of a flow as a whole: nodes that wait for each other, nodes that nothing needs."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.spec._draft import FlowDraft
from pantheon.spec._model import AgentDef, FlowDef, NodeDef
from pantheon.spec._source import Findings, Place
from pantheon.spec._syntax import Name, Node, children

_ACTING = frozenset({"python", "command", "human"})
"""Tiers that may do something worth doing though nobody reads their answer."""


def check_graph(
    flow: FlowDef,
    draft: FlowDraft,
    agents: Mapping[str, AgentDef | None],
    findings: Findings,
    *,
    complete: bool,
) -> None:
    """Record cycles; and, in a flow that is otherwise right, the nodes that nothing needs."""
    cycles = find_cycles(flow)
    for path in cycles:
        shown = " → ".join(path)
        message = f"These nodes wait for each other: {shown}."
        fix = f"let `{path[0]}` not need `{path[1]}`, or split one of them"
        findings.error("cycle", _edge_place(draft, path[0], path[1]), message, fix)
    if complete and not cycles:
        _report_unused(flow, draft, agents, findings)


def _sources(flow: FlowDef, name: str) -> list[str]:
    """What a node waits for, with what those who may stand in for it read."""
    found = set(flow.dependencies(name))
    chain = [name]
    while (following := flow.nodes[chain[-1]].fallback) in flow.nodes and following not in chain:
        chain.append(str(following))
        found |= flow.dependencies(chain[-1]) - set(chain)
    return sorted(found)


def find_cycles(flow: FlowDef) -> list[list[str]]:
    """One path for every group of nodes that wait for each other: `[a, b, a]`."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in flow.nodes:
        if start not in done:
            _walk(flow, start, done, found)
    return found


def _walk(flow: FlowDef, start: str, done: set[str], found: list[list[str]]) -> None:
    """Depth first, without recursion: flows may be long chains."""
    path = [start]
    pending = [_sources(flow, start)]
    while path:
        if not pending[-1]:
            done.add(path.pop())
            pending.pop()
            continue
        following = pending[-1].pop(0)
        if following in path:
            found.append([*path[path.index(following) :], following])
        elif following not in done:
            path.append(following)
            pending.append(_sources(flow, following))


def _edge_place(draft: FlowDraft, node: str, needed: str) -> Place:
    """Where a node says that it needs another."""
    source = draft.nodes[node]
    for wired in source.expressions():
        for name in _names(wired.expression.tree):
            if name.name == needed:
                return wired.written.part(name.span.start, name.span.end)
    named = [*(source.merge or ()), *source.after, *([source.reviews] if source.reviews else [])]
    return next((name.place for name in named if name.text == needed), source.key.place)


def _names(tree: Node) -> list[Name]:
    if isinstance(tree, Name):
        return [tree]
    return [name for child in children(tree) for name in _names(child)]


def nodes_that_may_skip(nodes: Mapping[str, NodeDef]) -> frozenset[str]:
    """Nodes with a condition, and those that read from one and so may get nothing."""
    skipping = {name for name, node in nodes.items() if node.when is not None}
    while True:
        more = {name for name, node in nodes.items() if _inherits(node, skipping)} - skipping
        if not more:
            return frozenset(skipping)
        skipping |= more


def _inherits(node: NodeDef, skipping: set[str]) -> bool:
    if node.merge is not None:
        sources = set(node.merge.sources)
        return sources <= skipping if node.merge.policy == "any" else bool(sources & skipping)
    read = [*node.inputs.values(), *(e for e in (node.when, node.map) if e is not None)]
    roots = {root for e in read for root in e.roots - e.guarded}
    return bool(roots & skipping) or node.reviews in skipping


def _report_unused(
    flow: FlowDef,
    draft: FlowDraft,
    agents: Mapping[str, AgentDef | None],
    findings: Findings,
) -> None:
    used = {root for e in flow.output.values() for root in e.roots} & set(flow.nodes)
    used |= {n for n, node in flow.nodes.items() if node.reviews or _acts(node, agents)}
    pending = list(used)
    while pending:
        node = flow.nodes[pending.pop()]
        needed = set(flow.dependencies(node.name))
        needed |= {node.fallback} if node.fallback else set()
        pending += needed - used
        used |= needed
    for name in flow.nodes:
        if name not in used:
            message = f"Nothing uses the node `{name}`."
            fix = f"use `{name}` in `output` or in another node, or remove it"
            findings.error("unused-node", draft.nodes[name].key.place, message, fix)


def _acts(node: NodeDef, agents: Mapping[str, AgentDef | None]) -> bool:
    if node.agent is None:
        return False
    agent = agents.get(node.agent)
    return agent is None or any(tier.kind in _ACTING for tier in agent.tiers)
