"""What a run waits for and what has come already, by what the store holds."""

from __future__ import annotations

from collections.abc import Collection

from pantheon.ids import RunId
from pantheon.store import NodeResult, Store


def arrivals(store: Store, run: RunId) -> set[tuple[str, int]]:
    """Nodes (path, index) that wait for a signal that was sent, or a question that was answered."""
    waiting = store.journal.waiting(run)
    return {(r.node, r.index) for r in waiting if _has_come(store, r)}


def holds(path: str, arrived: Collection[str]) -> bool:
    """Whether the node of a path, or something inside it, is among those."""
    return any(a == path or (a.startswith(path) and a[len(path)] in "/#@~") for a in arrived)


def _has_come(store: Store, result: NodeResult) -> bool:
    reason = result.reason or {}
    event, question = reason.get("event"), reason.get("inbox")
    if isinstance(event, str):
        return store.signals.get(result.run, event) is not None
    return isinstance(question, str) and store.inbox.get(question).state != "open"
