"""Which nodes only one merge needs, so that they may be cancelled when it can do without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pantheon.spec import FlowDef


def spared_by(flow: FlowDef, targets: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """By merge that may end early: its sources, and theirs, that nothing else reads."""
    output = {root for e in flow.output.values() for root in e.roots}
    merges = [n for n in flow.nodes.values() if n.merge is not None and n.merge.early]
    return {m.name: _only_for(m.name, flow, targets, output) for m in merges}


def _only_for(
    merge: str, flow: FlowDef, targets: Mapping[str, Sequence[str]], output: set[str]
) -> frozenset[str]:
    found: set[str] = set()
    pending = sorted(flow.dependencies(merge))
    while pending:
        name = pending.pop()
        node = flow.nodes[name]
        # What somebody reviews, or writes for all to see, is needed for its own sake.
        needed = name in output or bool(node.writes)
        if needed or name in found or not all(t == merge or t in found for t in targets[name]):
            continue
        found.add(name)
        pending += sorted(flow.dependencies(name))
    return frozenset(found)
