"""Watching what is deployed: every settled audit is evidence; enough of it, and it steps back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pantheon.ids import Json, JsonObject
from pantheon.spec import Promise as Promised

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._audit_monitor import AuditMonitor
    from pantheon.spec import AgentDef
    from pantheon.store import AnswerRow, Audit, Store

OnAudit: TypeAlias = "Callable[[AgentDef, AnswerRow, Audit], None]"


def watch(store: Store) -> OnAudit:
    """What to tell of every settled audit; it keeps each agent's monitor in the store.

    When the evidence says that the promise is broken, the monitor's `stepped_back` is set: the
    specialist tier then abstains until another version is promoted.
    """

    def on_audit(agent: AgentDef, row: AnswerRow, audit: Audit) -> None:
        deployed = store.channels.current(agent.name)
        if audit.agrees is None or deployed is None or row.specialist != deployed:
            return
        state = store.monitors.get(agent.name) or {}
        if state.get("stepped_back"):
            return
        state = _see(store, agent, row, audit, state)
        store.monitors.set(agent.name, state)
        if state.get("stepped_back") and row.run is not None:
            facts: JsonObject = {"agent": agent.name, "evidence": state["evidence"]}
            store.events.append(row.run, "stepped_back", row.node, facts)

    return on_audit


def promise_of(agent: AgentDef) -> Promised:
    """What the agent promises; what specialists are certified for when it names nothing."""
    return agent.promise or Promised()


def _see(
    store: Store, agent: AgentDef, row: AnswerRow, audit: Audit, state: JsonObject
) -> JsonObject:
    monitor = _restore(state, row.specialist) or _start(promise_of(agent))
    seen = float(cast("float", state.get("seen") or _began(store, agent.name)))
    between = store.answers.list(agent.name, since=seen, until=row.at)
    ours = [r for r in between if r.specialist == row.specialist and r.at > seen]
    escalated = sum(not r.local for r in ours)
    monitor = monitor.see_escalated(escalated).see_unaudited(len(ours) - escalated)
    monitor = monitor.see_audited(wrong=not audit.agrees)
    return _remember(state, monitor, row, at=audit.at)


def _start(promised: Promised) -> AuditMonitor:
    from pantheon.learn._audit_monitor import AuditMonitor
    from pantheon.learn._rows import Promise

    promise = Promise(promised.disagreement, promised.confidence)
    alpha = 1 - promised.confidence
    return AuditMonitor.start(promise, audit_rate=promised.audit, alpha=alpha)


def _began(store: Store, agent: str) -> float:
    return store.channels.history(agent)[-1].at


def _restore(state: JsonObject, version: ContentHash | None) -> AuditMonitor | None:
    from pantheon.learn._audit_monitor import AuditMonitor

    kept = state.get("monitor")
    if state.get("version") != version or not isinstance(kept, dict):
        return None
    fields = dict(cast("dict[str, Any]", kept))
    fortunes = tuple(cast("list[float]", fields.pop("fortunes")))
    return AuditMonitor(**fields, fortunes=fortunes)


def _remember(state: JsonObject, monitor: AuditMonitor, row: AnswerRow, *, at: float) -> JsonObject:
    body = cast("dict[str, Json]", asdict(monitor))
    body["fortunes"] = [*monitor.fortunes]
    remembered: JsonObject = {
        **state,
        "version": row.specialist,
        "seen": max(row.at, float(cast("float", state.get("seen") or 0.0))),
        "monitor": body,
        "evidence": monitor.evidence,
    }
    if monitor.broken:
        remembered |= {"stepped_back": True, "stepped_back_at": at, "fresh_since": at}
    return remembered
