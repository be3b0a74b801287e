"""Where each number of the report comes from: a query over the store, or a formula over others.

A key names numbers by their place in the JSON rendering; `[]` is any item of a list. Parameters
name values of the same report: `:period_since` is `since` under `period`; for a number inside a
list, `:agents_name` is `name` of the item of `agents` that it lies in. With the database, any
SQLite shell gives the same numbers.
"""

from __future__ import annotations

# ruff: noqa: S608  (queries are put together from constants of this module only)
from collections.abc import Mapping

from pantheon.report._queries_school import SCHOOL
from pantheon.report._query import Query

_PERIOD = "at > :period_since AND at <= :period_until"
_TRAFFIC = "FROM answers WHERE role = ''"
"""Requests: what judges, cross-checks and the night itself asked costs, and is none."""
_WINDOW = "at > :period_history_since AND at <= :period_until"
_BEGAN = "r.created <= :period_until AND (r.created > :period_since OR r.night = :period_night)"
_TASKS = f"""(SELECT CASE WHEN {_BEGAN} THEN r.state
 WHEN r.id IS NULL AND q.state IN ('queued', 'running') THEN 'queued'
 WHEN r.created > :period_until OR q.state = 'queued' THEN 'queued'
 WHEN instr((SELECT summary FROM nights WHERE id = :period_night), q.id || ': ') THEN 'failed'
 END AS state FROM queue q LEFT JOIN runs r ON r.id = q.run WHERE q.submitted <= :period_until)"""
_OTHERS = f"FROM runs r WHERE {_BEGAN} AND id NOT IN (SELECT run FROM queue WHERE run IS NOT NULL)"
_UNDONE = "state <> 'done'"
_AUDITED = """FROM answers a JOIN audits u ON u.answer = a.id
 WHERE a.agent = :agents_name AND a.role = '' AND a.local AND u.agrees IS NOT NULL AND u.at <= :period_until
 AND a.at > {since} AND a.at <= {until}"""
_WRONG_SHARE = "sum((1 - u.agrees) / a.label_propensity) / sum(1 / a.label_propensity)"
_IN_DAY = f"{_TRAFFIC} AND agent = :agents_name AND at > :days_since AND at <= :days_until"
_OF_AGENT = f"{_TRAFFIC} AND agent = :agents_name AND {_PERIOD}"
_IN_WINDOW = f"{_TRAFFIC} AND agent = :agents_name AND at > :promise_since AND at <= :period_until"
_LESSON = "FROM lessons l WHERE l.night = :period_night AND l.agent = :agents_name"
_EXACT = (
    "Clopper–Pearson: beta quantiles at (1 − level) / 2 from both ends, for the count out of the "
    "total beside it"
)
_SCALED = (
    "Clopper–Pearson for the audits that differ out of the audits, with effective numbers "
    "(Σw)²/Σw² where audit rates differ, times the share answered here"
)


def _count(rest: str) -> str:
    return f"SELECT count(*) {rest}"


def _total(what: str, rest: str) -> str:
    return f"SELECT total({what}) {rest}"


def _tasks(condition: str) -> str:
    return _count(f"FROM {_TASKS} WHERE {condition}")


def _audited(since: str, until: str) -> str:
    return _AUDITED.format(since=since, until=until)


def _share(rest: str) -> str:
    return f"SELECT avg(tier = 'cloud') {rest}"


def _version(column: str, of: str) -> str:
    return f"SELECT (SELECT {column} FROM versions WHERE hash = l.{of}) {_LESSON}"


def _now(column: str) -> str:
    return (
        f"SELECT v.{column} FROM channel_moves m LEFT JOIN versions v ON v.hash = m.version "
        "WHERE m.agent = :agents_name AND channel = 'stable' AND m.at <= :period_until "
        "ORDER BY m.rowid DESC LIMIT 1"
    )


_WINDOW_AUDITS = _audited(":promise_since", ":period_until")
_DAY_AUDITS = _audited(":days_since", ":days_until")


def _spread(audits: str, asked: str) -> str:
    """The local disagreement, spread over all requests; 0 where nothing was answered locally."""
    return (
        f"SELECT CASE WHEN total(local) = 0 THEN 0 ELSE total(local) / count(*) * "
        f"(SELECT {_WRONG_SHARE} {audits}) END {asked}"
    )


_PERIODS: Mapping[str, Query] = {
    "period.since": Query("Start of the period", formula="end of the night before; 0: beginning"),
    "period.until": Query(
        "End of the period", "SELECT finished FROM nights WHERE id = :period_night"
    ),
    "period.before": Query("Start of the day before", formula="end of the last night but two"),
    "period.history_since": Query(
        "Start of the trailing window", formula="end of the night before the last fourteen"
    ),
    "period.night_started": Query(
        "Start of the night", "SELECT started FROM nights WHERE id = :period_night"
    ),
    "period.night_finished": Query(
        "End of the night", "SELECT finished FROM nights WHERE id = :period_night"
    ),
    "period.seed": Query("Its seed", "SELECT seed FROM nights WHERE id = :period_night"),
}
_NUMBERS: Mapping[str, Query] = {
    "numbers.tasks": Query("Tasks the night had", _tasks("state IS NOT NULL")),
    "numbers.delivered": Query("Tasks delivered", _tasks("state = 'done'")),
    "numbers.failed": Query("Tasks failed", _tasks("state IN ('failed', 'cancelled')")),
    "numbers.waiting": Query("Tasks that wait", _tasks("state = 'waiting'")),
    "numbers.not_run": Query("Tasks not run", _tasks("state IN ('queued', 'running')")),
    "numbers.needs_you": Query(
        "What needs you",
        formula="open questions + proposed versions + agents whose promise is broken + open "
        "suggestions + agents that ask for judgements",
    ),
    "numbers.requests": Query("Requests", _count(f"{_TRAFFIC} AND {_PERIOD}")),
    "numbers.local": Query("Answered here", _total("local", f"{_TRAFFIC} AND {_PERIOD}")),
    "numbers.cloud": Query(
        "Answered by the cloud", _count(f"{_TRAFFIC} AND tier = 'cloud' AND {_PERIOD}")
    ),
    "numbers.cloud_share.value": Query("Cloud share", _share(f"{_TRAFFIC} AND {_PERIOD}")),
    "numbers.cloud_share_before.value": Query(
        "Cloud share the day before",
        _share(f"{_TRAFFIC} AND at > :period_before AND at <= :period_since"),
    ),
    "numbers.cloud_usd": Query("Cloud cost", formula="costs.cloud_usd"),
    "numbers.saved_usd": Query("Saved, about", formula="costs.saved_usd"),
    "needs_you[].asked": Query("When it came up", formula="inbox.asked, versions.created"),
    "needs_you_total": Query("What needs you", formula="numbers.needs_you"),
}
_WORK: Mapping[str, Query] = {
    "delivered[].steps[].count": Query(
        "Answers of a step",
        _count(
            "FROM answers WHERE run = :delivered_run AND coalesce(node, '') = :steps_node "
            "AND tier = :steps_tier AND source = :steps_source"
        ),
    ),
    "delivered[].cost_usd": Query(
        "Cost of a task", _total("cost_usd", "FROM answers WHERE run = :delivered_run")
    ),
    "delivered[].seconds": Query(
        "Seconds it took",
        "SELECT max(coalesce(finished, created) - coalesce(started, created), 0) "
        "FROM runs WHERE id = :delivered_run",
    ),
    "delivered_total": Query("Tasks delivered", _tasks("state = 'done'")),
    "not_delivered[].nodes_done": Query(
        "Steps done",
        _count(
            "FROM node_results WHERE run = :not_delivered_run AND \"index\" < 0 AND state = 'ok'"
        ),
    ),
    "not_delivered[].nodes_seen": Query(
        "Steps reached",
        _count('FROM node_results WHERE run = :not_delivered_run AND "index" < 0'),
    ),
    "not_delivered_total": Query(
        "Not delivered",
        f"SELECT ({_tasks(_UNDONE)}) + ({_count(f'{_OTHERS} AND {_UNDONE}')})",
    ),
    "other_runs[].count": Query(
        "Runs that nobody queued", _count(f"{_OTHERS} AND state = :other_runs_name")
    ),
    "troubles[].count": Query(
        "Steps that gave nothing",
        _count(
            f"FROM node_results n JOIN runs r ON r.id = n.run WHERE {_BEGAN} "
            "AND n.state NOT IN ('ok', 'waiting') AND r.flow || ' › ' || n.node = :troubles_where "
            "AND coalesce(json_extract(n.reason, '$.reason'), '') = :troubles_reason"
        ),
    ),
    "labels[].count": Query(
        "Answers that are not live",
        f"SELECT (SELECT count(*) FROM answers WHERE source = :labels_name AND {_PERIOD}) + "
        f"(SELECT count(*) FROM audits WHERE source = :labels_name AND {_PERIOD})",
    ),
}
_AGENTS: Mapping[str, Query] = {
    "agents[].requests": Query("Requests of an agent", _count(_OF_AGENT)),
    "agents[].local": Query("Answered here", _total("local", _OF_AGENT)),
    "agents[].cloud": Query("By the cloud", _count(f"{_OF_AGENT} AND tier = 'cloud'")),
    "agents[].unanswered": Query("Without an answer", _count(f"{_OF_AGENT} AND output IS NULL")),
    "agents[].cloud_share.value": Query("Its cloud share", _share(_OF_AGENT)),
    "agents[].tiers[].count": Query(
        "Answered by a tier",
        _count(f"{_OF_AGENT} AND tier = :tiers_tier AND source = :tiers_source"),
    ),
    "agents[].asked_onward[].count": Query(
        "Passed on by a tier",
        _count(
            "FROM answers, json_each(coalesce(tried, '[]')) t WHERE role = '' AND agent = :agents_name "
            f"AND {_PERIOD} AND json_extract(t.value, '$.tier') = :asked_onward_where "
            "AND json_extract(t.value, '$.reason') = :asked_onward_reason"
        ),
    ),
    "agents[].now.number": Query("Version that answers", _now("number")),
    "agents[].now.created": Query("When it was made", _now("created")),
    "agents[].promise.epsilon": Query("What is promised", formula="the agent's definition"),
    "agents[].promise.confidence": Query("Its confidence", formula="the agent's definition"),
    "agents[].promise.since": Query(
        "Start of what is judged", formula="period.history_since, or where a version stepped back"
    ),
    "agents[].promise.requests": Query("Requests in the window", _count(_IN_WINDOW)),
    "agents[].promise.local": Query("Answered here", _total("local", _IN_WINDOW)),
    "agents[].promise.audited": Query("Audited", _count(_WINDOW_AUDITS)),
    "agents[].promise.disagreed": Query(
        "Audits that differ", _count(f"{_WINDOW_AUDITS} AND NOT u.agrees")
    ),
    "agents[].promise.owed": Query(
        "Audits still owed", _count("FROM owed_audits WHERE agent = :agents_name")
    ),
    "agents[].promise.disagreement.value": Query(
        "Differ, of all requests", _spread(_WINDOW_AUDITS, _IN_WINDOW)
    ),
    "agents[].promise.disagreement_local.value": Query(
        "Differ, of those answered here", f"SELECT {_WRONG_SHARE} {_WINDOW_AUDITS}"
    ),
    "agents[].days[].since": Query("Start of a day", formula="end of the night before it"),
    "agents[].days[].until": Query("End of a day", formula="end of its night"),
    "agents[].days[].requests": Query("Requests of a day", _count(_IN_DAY)),
    "agents[].days[].local": Query("Answered here", _total("local", _IN_DAY)),
    "agents[].days[].cloud": Query("By the cloud", _count(f"{_IN_DAY} AND tier = 'cloud'")),
    "agents[].days[].audited": Query("Audited", _count(_DAY_AUDITS)),
    "agents[].days[].disagreed": Query(
        "Audits that differ", _count(f"{_DAY_AUDITS} AND NOT u.agrees")
    ),
    "agents[].days[].cloud_share.value": Query("Cloud share of a day", _share(_IN_DAY)),
    "agents[].days[].disagreement.value": Query(
        "Differ, of all requests of a day", _spread(_DAY_AUDITS, _IN_DAY)
    ),
}
_UPDATES: Mapping[str, Query] = {
    "agents[].update.deployed.number": Query("Version before", _version("number", "deployed")),
    "agents[].update.deployed.created": Query("When it was made", _version("created", "deployed")),
    "agents[].update.candidate.number": Query("New version", _version("number", "candidate")),
    "agents[].update.candidate.created": Query(
        "When it was made", _version("created", "candidate")
    ),
    "agents[].update.examples": Query("Examples learned from", f"SELECT examples {_LESSON}"),
    "agents[].update.seconds": Query("Seconds of training", f"SELECT seconds {_LESSON}"),
    "agents[].update.examples_by_source[].count": Query(
        "Examples from a source",
        _count(
            "FROM examples WHERE agent = :agents_name AND split = 'train' "
            "AND at <= :period_until AND source = :examples_by_source_name"
        ),
    ),
    "agents[].update.evidence[].value": Query(
        "Evidence", formula="as the night kept it in versions.evidence"
    ),
}
_COSTS_OF = "agent = :rows_agent AND " + _PERIOD
_NIGHT_OF = "at > :nights_since AND at <= :nights_until"


def _both_totals(column: str, condition: str) -> str:
    return (
        f"SELECT (SELECT total({column}) FROM answers WHERE {condition}) + "
        f"(SELECT total({column}) FROM audits WHERE {condition})"
    )


_COSTS: Mapping[str, Query] = {
    "nights[].started": Query("Nights", "SELECT started FROM nights WHERE id = :nights_id"),
    "nights[].since": Query("Start of its day", formula="end of the night before"),
    "nights[].until": Query("End of its day", formula="end of the night"),
    "nights[].seconds": Query(
        "Seconds", "SELECT coalesce(finished, started) - started FROM nights WHERE id = :nights_id"
    ),
    "nights[].tasks": Query("Runs", _count("FROM runs WHERE night = :nights_id")),
    "nights[].failed": Query(
        "Failed", _count("FROM runs WHERE night = :nights_id AND state = 'failed'")
    ),
    "nights[].cloud_usd": Query("Cloud cost", _both_totals("cost_usd", _NIGHT_OF)),
    "nights[].cloud_share": Query("Cloud share", _share(f"{_TRAFFIC} AND {_NIGHT_OF}")),
    "anomalies[].tonight": Query("Tonight", formula="the last of `nights`"),
    "anomalies[].typical": Query("Usual", formula="the median of the others in `nights`"),
    "anomalies[].nights": Query("Nights compared with", formula="how many those are"),
    "costs.cloud_usd": Query("Cloud cost", _both_totals("cost_usd", _PERIOD)),
    "costs.audit_usd": Query("of it audits", _total("cost_usd", f"FROM audits WHERE {_PERIOD}")),
    "costs.saved_usd": Query("Saved, about", formula="the sum of costs.rows[].saved_usd"),
    "costs.tokens_in": Query("Tokens read", _both_totals("tokens_in", _PERIOD)),
    "costs.tokens_out": Query("Tokens written", _both_totals("tokens_out", _PERIOD)),
    "costs.rows[].cloud": Query(
        "By the cloud", _count(f"FROM answers WHERE tier = 'cloud' AND {_COSTS_OF}")
    ),
    "costs.rows[].cloud_usd": Query("Spent", _total("cost_usd", f"FROM answers WHERE {_COSTS_OF}")),
    "costs.rows[].audits": Query("Audits", _count(f"FROM audits WHERE {_COSTS_OF}")),
    "costs.rows[].audit_usd": Query(
        "Spent on audits", _total("cost_usd", f"FROM audits WHERE {_COSTS_OF}")
    ),
    "costs.rows[].local": Query(
        "Answered here", _total("local", f"FROM answers WHERE {_COSTS_OF}")
    ),
    "costs.rows[].mean_cloud_usd": Query(
        "Mean cost of a cloud answer",
        "SELECT avg(cost_usd) FROM answers WHERE agent = :rows_agent AND tier = 'cloud' "
        f"AND {_WINDOW}",
    ),
    "costs.rows[].saved_usd": Query("Saved, about", formula="local × mean_cloud_usd of the row"),
    "costs.rows[].tokens_in": Query("Tokens read", _both_totals("tokens_in", _COSTS_OF)),
    "costs.rows[].tokens_out": Query("Tokens written", _both_totals("tokens_out", _COSTS_OF)),
    "provenance.seed": Query("Seed", formula="period.seed"),
}
_ENDS: Mapping[str, Query] = {
    "cloud_share.low, cloud_share.high": Query("Interval of a share", formula=_EXACT),
    "disagreement.low, disagreement.high": Query("Interval of a disagreement", formula=_SCALED),
    "level": Query("Level of an interval", formula="0.95; of a promise its own confidence"),
}
QUERIES: Mapping[str, Query] = {
    **_PERIODS,
    **_NUMBERS,
    **_WORK,
    **_AGENTS,
    **_UPDATES,
    **SCHOOL,
    **_COSTS,
    **_ENDS,
}
"""Every number of the JSON rendering by its place; the last three are for all intervals."""
