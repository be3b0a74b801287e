"""Flows that run other flows: in which order they are linked; none may contain itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pantheon.spec._draft import FlowDraft
from pantheon.spec._source import Findings, Scalar


def order_flows(drafts: Mapping[str, FlowDraft | None], findings: Findings) -> dict[str, bool]:
    """Every flow after those that it runs, and whether it contains itself, which is recorded."""
    order: dict[str, bool] = {}
    for start in drafts:
        if start not in order:
            _walk(start, drafts, order, findings)
    return order


def _walk(
    start: str,
    drafts: Mapping[str, FlowDraft | None],
    order: dict[str, bool],
    findings: Findings,
) -> None:
    """Depth first, without recursion; a flow on the way to itself is a mistake."""
    rings: set[str] = set()
    path = [start]
    pending = [_called(drafts[start])]
    while path:
        named = next(pending[-1], None)
        if named is None:
            pending.pop()
            name = path.pop()
            order[name] = name in rings
        elif named.text in path:
            rings |= set(path[path.index(named.text) :])
            _report(path[path.index(named.text) :], named, findings)
        elif named.text in drafts and named.text not in order:
            path.append(named.text)
            pending.append(_called(drafts[named.text]))


def _called(draft: FlowDraft | None) -> Iterator[Scalar]:
    """Where a flow names others, from any of its parts."""
    pending = [draft] if draft is not None else []
    while pending:
        for node in pending.pop().nodes.values():
            if node.flow is not None:
                yield node.flow
            if node.body is not None:
                pending.append(node.body)


def _report(path: list[str], named: Scalar, findings: Findings) -> None:
    shown = " → ".join([*path, named.text])
    message = f"The flow `{named.text}` contains itself: {shown}."
    fix = "use a `loop`, or move what is repeated into a flow of its own"
    findings.error("recursion", named.place, message, fix)
