"""From the store to one morning: every number a count, a sum or an interval over its rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pantheon.report._agents import describe_agent, find_agents
from pantheon.report._anomalies import compare_nights, find_anomalies
from pantheon.report._costs import add_up
from pantheon.report._model import (
    Count,
    Estimate,
    Morning,
    Numbers,
)
from pantheon.report._model_costs import Costs
from pantheon.report._needs import find_needs
from pantheon.report._past import Past, read_past
from pantheon.report._provenance import find_provenance, seal
from pantheon.report._school import find_alarms, find_budget
from pantheon.report._sentence import compose
from pantheon.report._shares import share
from pantheon.report._trials import find_trials
from pantheon.report._work import (
    Task,
    count_states,
    deliver,
    find_troubles,
    not_deliver,
    other_tasks,
    queued_tasks,
)

if TYPE_CHECKING:
    from pantheon.spec import Project
    from pantheon.store import Store

MOST_TASKS = 200
"""Most tasks listed under each heading; counts are always complete."""
MOST_NEEDS = 50
MOST_TROUBLES = 40


def collect(
    store: Store,
    *,
    project: Project | None = None,
    since: float | None = None,
    until: float | None = None,
    night: str | None = None,
) -> Morning:
    """The report of a morning.

    Without `night` it is about the newest one (begun by `until`). The period runs from the end of
    the night before to the end of that night; `since` and `until` (seconds since the epoch) set
    other ends: after `since`, up to and including `until`. Without any night it is about the last
    day. `project` adds descriptions and the promises that were written.

    Raises:
        NotFound: there is no such night.
    """
    past = read_past(store, project=project, since=since, until=until, night=night)
    tasks, others = queued_tasks(past), other_tasks(past)
    agents = tuple(describe_agent(past, name) for name in find_agents(past))
    costs = add_up(past, find_agents(past))
    needs = find_needs(past, agents)
    numbers = _count_numbers(past, tasks, costs, needs=len(needs))
    nights, trials = compare_nights(past), find_trials(past)
    done = [task for task in [*tasks, *others] if task.state == "done"]
    undone = [task for task in [*tasks, *others] if task.state != "done"]
    queued_done = [task for task in done if task.item]
    return seal(
        Morning(
            sentence=compose(numbers, agents, trials, since=past.period.since),
            period=past.period,
            numbers=numbers,
            labels=_count_labels(past),
            needs_you=tuple(needs[:MOST_NEEDS]),
            needs_you_total=len(needs),
            delivered=tuple(deliver(past, task) for task in queued_done[:MOST_TASKS]),
            delivered_total=len(queued_done),
            not_delivered=tuple(not_deliver(past, task) for task in undone[:MOST_TASKS]),
            not_delivered_total=len(undone),
            other_runs=count_states(others),
            troubles=find_troubles(past)[:MOST_TROUBLES],
            agents=agents,
            alarms=find_alarms(past),
            trials=trials,
            anomalies=find_anomalies(nights),
            budget=find_budget(past),
            nights=nights,
            costs=costs,
            provenance=find_provenance(past),
        )
    )


def _count_numbers(past: Past, tasks: list[Task], costs: Costs, *, needs: int) -> Numbers:
    states = Counter(task.state for task in tasks)
    rows = past.period_requests()
    cloud = sum(row.tier == "cloud" for row in rows)
    return Numbers(
        tasks=len(tasks),
        delivered=states["done"],
        failed=states["failed"] + states["cancelled"],
        waiting=states["waiting"],
        not_run=states["queued"] + states["running"],
        needs_you=needs,
        requests=len(rows),
        local=sum(row.local for row in rows),
        cloud=cloud,
        cloud_share=share(cloud, len(rows)),
        cloud_share_before=_share_before(past),
        cloud_usd=costs.cloud_usd,
        saved_usd=costs.saved_usd,
    )


def _share_before(past: Past) -> Estimate | None:
    """The cloud's share on the day before; None when nothing was asked then."""
    since, until = past.period.before, past.period.since
    asked = (row for row in past.answers if not row.role)
    rows = [row for row in asked if since is not None and since < row.at <= until]
    return share(sum(row.tier == "cloud" for row in rows), len(rows)) if rows else None


def _count_labels(past: Past) -> tuple[Count, ...]:
    """Answers and audits of the period that no model gave just then."""
    sources = [row.source for row in past.period_answers()]
    sources += [audit.source for audit in past.audits.values() if past.is_in_period(audit.at)]
    counted = Counter(source for source in sources if source in ("recorded", "scripted"))
    return tuple(Count(source, count) for source, count in sorted(counted.items()))
