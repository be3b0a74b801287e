"""Watching what is deployed: every settled audit is evidence; enough of it, and it steps back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pantheon.ids import Json, JsonObject
from pantheon.learn._audit_monitor import AuditMonitor
from pantheon.learn._rows import Promise
from pantheon.spec import Promise as Promised

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
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


def reset_monitor(store: Store, agent: str) -> None:
    """Begin anew: another version answers. What made an earlier one step back is remembered."""
    since = fresh_since(store, agent)
    store.monitors.set(agent, {} if since is None else {"fresh_since": since})


def fresh_since(store: Store, agent: str) -> float | None:
    """When the agent last stepped back: only what came later tells what its traffic is like now."""
    since = (store.monitors.get(agent) or {}).get("fresh_since")
    return float(since) if isinstance(since, int | float) else None


def promise_of(agent: AgentDef) -> Promised:
    """What the agent promises; what specialists are certified for when it names nothing."""
    return agent.promise or Promised()


def _see(
    store: Store, agent: AgentDef, row: AnswerRow, audit: Audit, state: JsonObject
) -> JsonObject:
    promised = promise_of(agent)
    monitor = _restore(state, row.specialist) or AuditMonitor.start(
        Promise(promised.disagreement, promised.confidence),
        audit_rate=promised.audit,
        alpha=1 - promised.confidence,
    )
    seen = float(cast("float", state.get("seen") or _began(store, agent.name)))
    between = store.answers.list(agent.name, since=seen, until=row.at)
    ours = [r for r in between if r.specialist == row.specialist and r.at > seen]
    escalated = sum(not r.local for r in ours)
    monitor = monitor.see_escalated(escalated).see_unaudited(len(ours) - escalated)
    monitor = monitor.see_audited(wrong=not audit.agrees)
    return _remember(state, monitor, row, at=audit.at)


def _began(store: Store, agent: str) -> float:
    return store.channels.history(agent)[-1].at


def _restore(state: JsonObject, version: ContentHash | None) -> AuditMonitor | None:
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
