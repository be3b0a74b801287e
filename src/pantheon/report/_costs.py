"""What the period cost, and what local answers saved at each agent's own cloud price."""

from __future__ import annotations

from collections.abc import Iterable

from pantheon.report._clean import NAME, clean
from pantheon.report._model_costs import CostRow, Costs
from pantheon.report._past import Past


def add_up(past: Past, agents: Iterable[str]) -> Costs:
    """One row an agent, and their totals; those that only judge cost as well."""
    paid = sorted({row.agent for row in past.period_answers()})
    rows = tuple(_cost_row(past, name) for name in dict.fromkeys([*agents, *paid]))
    return Costs(
        cloud_usd=sum(row.cloud_usd + row.audit_usd for row in rows),
        audit_usd=sum(row.audit_usd for row in rows),
        saved_usd=sum(row.saved_usd for row in rows),
        tokens_in=sum(row.tokens_in for row in rows),
        tokens_out=sum(row.tokens_out for row in rows),
        rows=tuple(row for row in rows if row.cloud or row.local or row.audits or row.tokens_in),
    )


def _cost_row(past: Past, agent: str) -> CostRow:
    answers = past.period_answers(agent)
    audits = [
        audit
        for audit in past.audits.values()
        if audit.agent == agent and past.is_in_period(audit.at)
    ]
    local = sum(row.local for row in answers)
    mean = _mean_cloud_cost(past, agent)
    return CostRow(
        agent=clean(agent, NAME),
        cloud=sum(row.tier == "cloud" for row in answers),
        cloud_usd=sum(row.cost_usd for row in answers),
        audits=len(audits),
        audit_usd=sum(audit.cost_usd for audit in audits),
        local=local,
        mean_cloud_usd=mean,
        saved_usd=local * (mean or 0.0),
        tokens_in=sum(row.tokens_in for row in answers) + sum(a.tokens_in for a in audits),
        tokens_out=sum(row.tokens_out for row in answers) + sum(a.tokens_out for a in audits),
    )


def _mean_cloud_cost(past: Past, agent: str) -> float | None:
    costs = [row.cost_usd for row in past.promise_answers(agent) if row.tier == "cloud"]
    return sum(costs) / len(costs) if costs else None
