"""Flows that run other flows: in which order they are linked; none may contain itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pantheon.spec._draft import FlowDraft
from pantheon.spec._source import Findings, Scalar


def order_flows(drafts: Mapping[str, FlowDraft | None], findings: Findings) -> list[str]:
    """Every flow after those that it runs; one that contains itself is recorded."""
    order: list[str] = []
    done: set[str] = set()
    for start in drafts:
        if start not in done:
            _walk(start, drafts, done, order, findings)
    return order


def _walk(
    start: str,
    drafts: Mapping[str, FlowDraft | None],
    done: set[str],
    order: list[str],
    findings: Findings,
) -> None:
    """Depth first, without recursion; a flow on the way to itself is a mistake."""
    path = [start]
    pending = [_called(drafts[start])]
    while path:
        named = next(pending[-1], None)
        if named is None:
            pending.pop()
            order.append(path.pop())
            done.add(order[-1])
        elif named.text in path:
            _report(path[path.index(named.text) :], named, findings)
        elif named.text in drafts and named.text not in done:
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
