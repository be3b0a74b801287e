"""The graph of a flow as a whole: what waits for what, and nodes that nothing needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pantheon.spec._draft import FlowDraft, NodeDraft
from pantheon.spec._flow_model import (
    FlowDef,
    Merge,
    NodeDef,
    expressions_of,
)
from pantheon.spec._known import Known
from pantheon.spec._source import Findings, Place
from pantheon.spec._syntax import Name, Node, children
from pantheon.spec._uses import parts_of

_ACTING = frozenset({"python", "command", "human"})
"""Tiers that may do something worth doing though nobody reads their answer."""


def check_graph(flow: FlowDef, draft: FlowDraft, known: Known, findings: Findings) -> bool:
    """Record nodes that wait for each other; returns whether there are none.

    Where a tree says which node runs when, a node may read what another gave the last time.
    """
    cycles = find_cycles(flow) if flow.tree is None else []
    for path in cycles:
        shown = " → ".join(path)
        message = f"These nodes wait for each other: {shown}."
        fix = f"let `{path[0]}` not need `{path[1]}`, or split one of them"
        if path[0] == path[1]:
            message = f"The node `{path[0]}` cannot read what it gives itself: {shown}."
            fix = "write `last` for its previous output, and give it a `loop`"
        findings.error("cycle", _edge_place(draft, path[0], path[1]), message, fix)
    return not cycles


# ------------------------------------------------------------------------------ order and cycles


def order_nodes(draft: FlowDraft) -> Iterator[tuple[str, frozenset[str]]]:
    """Every node once with what it waits for, which comes first (but for a part of a cycle)."""
    needed = {name: _needed_by(draft, node) for name, node in draft.nodes.items()}
    seen: set[str] = set()
    for start in draft.nodes:
        pending = [(start, iter(sorted(needed[start])))] if start not in seen else []
        seen.add(start)
        while pending:  # depth first, without recursion: flows may be long chains
            name, rest = pending[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                pending.pop()
                yield name, needed[name]
            else:
                seen.add(following)
                pending.append((following, iter(sorted(needed[following]))))


def _needed_by(draft: FlowDraft, node: NodeDraft) -> frozenset[str]:
    found = {root for wired in node.expressions() for root in wired.expression.roots}
    found |= {name.text for name in node.waits_for()}
    return frozenset(found & draft.nodes.keys() - {node.name})


def _sources(flow: FlowDef, name: str) -> list[str]:
    """What a node waits for, with what those who may stand in for it read."""
    node = flow.nodes[name]
    found = set(flow.dependencies(name))
    found |= {name} & {root for e in expressions_of(node) for root in e.roots}
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
    named = (name.place for name in source.waits_for() if name.text == needed)
    return next(named, source.key.place)


def _names(tree: Node) -> list[Name]:
    if isinstance(tree, Name):
        return [tree]
    return [name for child in children(tree) for name in _names(child)]


# ----------------------------------------------------------------------------- who may be skipped


def may_skip(node: NodeDef, skipping: set[str], nodes: Mapping[str, NodeDef]) -> bool:
    """Whether a node may give nothing without having failed, given those that may."""
    if node.when is not None:
        return True
    if node.merge is not None:
        return _may_lack(node.merge, skipping, nodes)
    roots = {root for e in expressions_of(node) for root in e.roots - e.guarded}
    return bool(roots & skipping) or node.reviews in skipping


def _may_lack(merge: Merge, skipping: set[str], nodes: Mapping[str, NodeDef]) -> bool:
    """Whether too few sources of a merge may give something."""
    certain = sum(s not in skipping and not _goes_on(nodes.get(s)) for s in merge.sources)
    if merge.policy == "all":
        return certain < len(merge.sources)
    if merge.policy == "majority" or merge.valid is not None or merge.timeout is not None:
        return True
    return certain < needed_of(merge)


def _goes_on(node: NodeDef | None) -> bool:
    return node is not None and node.on_error == "continue"


def needed_of(merge: Merge) -> int:
    """How many sources must give something."""
    match merge.policy:
        case "all":
            return len(merge.sources)
        case "quorum" | "majority":
            return len(merge.sources) // 2 + 1 if merge.k is None else merge.k
        case _:
            return 1


# ------------------------------------------------------------------------------------ unused nodes


def check_unused(flow: FlowDef, draft: FlowDraft, known: Known, findings: Findings) -> None:
    """Record nodes that nothing needs and that do nothing; a tree names those that it needs."""
    used = {root for e in flow.output.values() for root in e.roots} & set(flow.nodes)
    used |= {n for n, node in flow.nodes.items() if node.reviews or _acts(node, known)}
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


def _acts(node: NodeDef, known: Known) -> bool:
    """Whether a node, or any inside it, does something though nobody reads what it gives."""
    seen: set[str] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if one.writes or any(_is_acting(name, known) for name in _agents_at(one)):
            return True
        inner = one.body or known.flows.get(one.flow or "")
        if one.flow is not None and (one.flow in seen or inner is None):
            if inner is None:
                return True  # itself wrong: what it would do is not known
            continue
        seen |= {one.flow} if one.flow else set()
        pending += [n for part in parts_of(inner) for n in part.nodes.values()] if inner else []
    return False


def _agents_at(node: NodeDef) -> tuple[str, ...]:
    own = (node.agent,) if node.agent is not None else ()
    return (*own, *(node.plan.agents if node.plan else ()))


def _is_acting(name: str, known: Known) -> bool:
    agent = known.agents.get(name)
    return agent is None or any(tier.kind in _ACTING for tier in agent.tiers)
