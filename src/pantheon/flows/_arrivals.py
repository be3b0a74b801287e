"""What a run waits for and what has come already, by what the store holds."""

from __future__ import annotations

from pantheon.ids import RunId
from pantheon.store import NodeResult, Store


def arrivals(store: Store, run: RunId) -> set[tuple[str, int]]:
    """Nodes (path, index) that wait for a signal that was sent, or a question that was answered."""
    waiting = store.journal.waiting(run)
    return {(r.node, r.index) for r in waiting if _has_come(store, r)}


def _has_come(store: Store, result: NodeResult) -> bool:
    reason = result.reason or {}
    event, question = reason.get("event"), reason.get("inbox")
    if isinstance(event, str):
        return store.signals.get(result.run, event) is not None
    return isinstance(question, str) and store.inbox.get(question).state != "open"
