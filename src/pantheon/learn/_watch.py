"""Watching what is deployed: every settled audit is evidence; enough of it, and it steps back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pantheon.ids import Json, JsonObject
from pantheon.learn._bad_cases import asked_twice
from pantheon.learn._channels import canary_of
from pantheon.learn._promote import end_probation
from pantheon.spec import Promise as Promised

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._audit_monitor import AuditMonitor
    from pantheon.spec import AgentDef
    from pantheon.store import AnswerRow, Audit, Store

OnAudit: TypeAlias = "Callable[[AgentDef, AnswerRow, Audit], None]"
_OWN = "specialist"
"""The tier whose answers the monitor is about."""


def watch(store: Store) -> OnAudit:
    """What to tell of every settled audit; it keeps each agent's monitor in the store.

    When the evidence says that the promise is broken, the monitor's `stepped_back` is set: the
    specialist tier then abstains until another version is promoted. Answers of other local tiers
    (rules, functions) are none of the specialist's: they have records of their own.
    """

    def on_audit(agent: AgentDef, row: AnswerRow, audit: Audit) -> None:
        deployed = store.channels.current(agent.name)
        if audit.agrees is None or deployed is None or row.tier != _OWN:
            return
        if row.specialist != deployed:
            _see_canary(store, agent, row, audit)
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


def _see_canary(store: Store, agent: AgentDef, row: AnswerRow, audit: Audit) -> None:
    """A canary that breaks the promise goes at once; what answered before answers all again."""
    canary = canary_of(store, agent.name)
    if canary is None or row.specialist != canary.version:
        return
    state = store.monitors.get(agent.name) or {}
    known = state.get("canary")
    before = known if isinstance(known, dict) and known.get("version") == row.specialist else {}
    after = _see(store, agent, row, audit, before, began=canary.at)
    if not after.get("stepped_back"):
        store.monitors.set(agent.name, {**state, "canary": after})
        return
    why = f"audits say that it breaks the promise (evidence {after['evidence']:.3g})"
    end_probation(store, agent.name, who="audit", why=why, clock=store.clock, rejected=True)
    store.monitors.set(agent.name, {k: v for k, v in state.items() if k != "canary"})
    if row.run is not None:
        facts: JsonObject = {"agent": agent.name, "version": row.specialist, "why": why}
        store.events.append(row.run, "canary_rolled_back", row.node, facts)


def _see(
    store: Store,
    agent: AgentDef,
    row: AnswerRow,
    audit: Audit,
    state: JsonObject,
    *,
    began: float | None = None,
) -> JsonObject:
    """`began`: since when the version answers; None: since it became the stable one."""
    monitor = _restore(state, row.specialist) or _start(_promised_for(store, agent, row))
    began = _began(store, agent.name) if began is None else began
    seen = float(cast("float", state.get("seen") or began))
    between = store.answers.list(agent.name, since=seen, until=row.at)
    ours = [
        r for r in between if r.specialist == row.specialist and r.at > seen and not asked_twice(r)
    ]
    escalated = sum(not r.local or r.tier != _OWN for r in ours)
    monitor = monitor.see_escalated(escalated).see_unaudited(len(ours) - escalated)
    monitor = monitor.see_audited(wrong=not audit.agrees)
    return _remember(state, monitor, row, at=audit.at)


def _promised_for(store: Store, agent: AgentDef, row: AnswerRow) -> Promised:
    """What the audits hold a version to: the contract's promise, or more where quality covers it.

    Answers that are shown to be as good as the cloud's may differ from them; how often is in the
    version's certificate, and must not get worse.
    """
    promised = promise_of(agent)
    if row.specialist is None or not promised.quality:
        return promised
    calibration = store.versions.get(row.specialist).evidence.get("calibration")
    certified = calibration.get("promised") if isinstance(calibration, dict) else None
    if not isinstance(certified, float) or certified <= promised.disagreement:
        return promised
    return replace(promised, disagreement=certified)


def _start(promised: Promised) -> AuditMonitor:
    from pantheon.learn._audit_monitor import AuditMonitor
    from pantheon.learn._rows import Promise

    promise = Promise(promised.disagreement, promised.confidence)
    alpha = 1 - promised.confidence
    return AuditMonitor.start(promise, audit_rate=promised.audit, alpha=alpha)


def _began(store: Store, agent: str) -> float:
    last = store.channels.last(agent)
    return 0.0 if last is None else last.at


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
