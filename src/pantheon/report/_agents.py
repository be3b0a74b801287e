"""Each agent's morning: who answered, day by day, whether its promise holds, what answers now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pantheon.report._clean import EXCERPT, MESSAGE, NAME, clean
from pantheon.report._model import (
    AgentMorning,
    Day,
    Estimate,
    PromiseCheck,
    PromiseStatus,
    TierCount,
    Trouble,
)
from pantheon.report._past import Past, Span
from pantheon.report._school import check_held_out, check_quality, find_probation
from pantheon.report._shares import Tally, disagreement, disagreement_local, share, tally
from pantheon.report._updates import update_of
from pantheon.report._versions import deployed_at
from pantheon.report._words import count, moment, percent, plural
from pantheon.report._work import trouble
from pantheon.spec import Promise

if TYPE_CHECKING:
    from pantheon.store import AnswerRow, Version


def find_agents(past: Past) -> list[str]:
    """Agents there is something to say about, the busiest first."""
    asked = Counter(row.agent for row in past.answers if not row.role)
    taught = {lesson.agent for lesson in past.lessons}
    deployed = {version.agent for version in past.versions.values()}
    return sorted({*asked, *taught, *deployed}, key=lambda name: (-asked[name], name))


def describe_agent(past: Past, name: str) -> AgentMorning:
    """Everything the report says about one agent."""
    rows = past.period_requests(name)
    cloud = sum(row.tier == "cloud" for row in rows)
    definition = past.project.agents.get(name) if past.project else None
    return AgentMorning(
        name=clean(name, NAME),
        description=clean(definition.description, EXCERPT) if definition else "",
        requests=len(rows),
        local=sum(row.local for row in rows),
        cloud=cloud,
        unanswered=sum(row.output is None for row in rows),
        cloud_share=share(cloud, len(rows)),
        tiers=_count_tiers(rows),
        now=deployed_at(past, name, past.period.until),
        promise=check_promise(past, name),
        days=_describe_days(past, name),
        asked_onward=_count_onward(rows),
        update=update_of(past, name),
        quality=check_quality(past, name),
        probation=find_probation(past, name),
        held_out=check_held_out(past, name),
    )


def _count_tiers(rows: list[AnswerRow]) -> tuple[TierCount, ...]:
    counted = Counter((row.tier, row.source) for row in rows)
    return tuple(
        TierCount(clean(tier, NAME), source, count)
        for (tier, source), count in counted.most_common()
    )


def _count_onward(rows: list[AnswerRow]) -> tuple[Trouble, ...]:
    counted = Counter(
        (str(tried.get("tier", "")), str(tried.get("reason", "")))
        for row in rows
        for tried in row.tried
    )
    return tuple(trouble(tier, reason, count) for (tier, reason), count in counted.most_common())


# ----------------------------------------------------------------------------- day by day
def _describe_days(past: Past, name: str) -> tuple[Day, ...]:
    """Every day from the first on which the agent was asked; a day without requests is a gap."""
    rows = past.promise_requests(name)
    level = _promise_of(past, name)[0].confidence
    days = tuple(
        _describe_day(span, [row for row in rows if span.since < row.at <= span.until], past, level)
        for span in past.spans
    )
    first = next((i for i, day in enumerate(days) if day.requests), len(days))
    return days[first:]


def _describe_day(span: Span, rows: list[AnswerRow], past: Past, level: float) -> Day:
    t = tally(rows, past.audits)
    return Day(
        label=span.label,
        since=span.since,
        until=span.until,
        requests=t.requests,
        local=t.local,
        cloud=t.cloud,
        audited=t.audited,
        disagreed=t.disagreed,
        cloud_share=share(t.cloud, t.requests),
        disagreement=disagreement(t, level=level),
    )


# ------------------------------------------------------------------------------- promises
def check_promise(past: Past, name: str) -> PromiseCheck:
    """Whether the audits of the trailing window show the promise kept, broken, or neither.

    Once another version answers in place of one that stepped back, the window begins there: what
    came before tells nothing about the traffic of now.
    """
    promise, declared = _promise_of(past, name)
    back = _find_step_back(past, name)
    stepped_back = back is not None and _is_back(past, name)
    replaced = back if back and not stepped_back and back > past.period.history_since else None
    since = past.period.history_since if replaced is None else replaced
    t = tally((row for row in past.promise_requests(name) if row.at > since), past.audits)
    found = disagreement(t, level=promise.confidence)
    status = _judge(t, found, epsilon=promise.disagreement, stepped_back=stepped_back)
    cause = _cause_of(past, name)
    if status == "stepped_back" and cause:
        status = "precaution"
    return PromiseCheck(
        epsilon=promise.disagreement,
        confidence=promise.confidence,
        declared=declared,
        since=since,
        requests=t.requests,
        local=t.local,
        audited=t.audited,
        disagreed=t.disagreed,
        owed=len(past.store.audits.owed(name)),
        disagreement=found,
        disagreement_local=disagreement_local(t, level=promise.confidence),
        status=status,
        words=_say_replaced(replaced, cause) + _say_status(status, t, found, promise, cause),
    )


def _find_step_back(past: Past, name: str) -> float | None:
    """When the agent last stepped back, unless it was after the period."""
    at = (past.store.monitors.get(name) or {}).get("fresh_since")
    return float(at) if isinstance(at, (int, float)) and at <= past.period.until else None


def _is_back(past: Past, name: str) -> bool:
    return bool((past.store.monitors.get(name) or {}).get("stepped_back"))


def _cause_of(past: Past, name: str) -> str:
    """The alarm that made the agent step back, in words; empty if audits did."""
    match (past.store.monitors.get(name) or {}).get("cause"):
        case {"says": str(says)}:
            return clean(says, MESSAGE)
        case _:
            return ""


def _say_replaced(at: float | None, cause: str) -> str:
    if at is None:
        return ""
    why = "An alarm was raised" if cause else "Audits showed the promise broken"
    return (
        f"{why} and the specialist stepped back, {moment(at)} UTC; "
        "another has taken its place, and what came since is judged here. "
    )


def _promise_of(past: Past, name: str) -> tuple[Promise, bool]:
    """The agent's promise, and whether its definition names one.

    Without a definition it is what the newest specialist was certified for, or the default.
    """
    definition = past.project.agents.get(name) if past.project else None
    if definition is not None and definition.promise is not None:
        return definition.promise, True
    certified = [_certified(v) for v in past.versions.values() if v.agent == name]
    return next((p for p in reversed(certified) if p is not None), Promise()), False


def _certified(version: Version) -> Promise | None:
    match version.evidence.get("calibration"):
        case {"promised": float(epsilon), "confidence": float(confidence)}:
            return Promise(epsilon, confidence)
        case _:
            return None


def _judge(t: Tally, found: Estimate, *, epsilon: float, stepped_back: bool) -> PromiseStatus:
    if stepped_back:
        return "stepped_back"
    if not t.local:
        return "apart" if t.requests and not t.cloud else "idle"
    if found.low > epsilon:
        return "broken"
    return "kept" if found.high <= epsilon else "unproven"


def _say_status(
    status: PromiseStatus, t: Tally, found: Estimate, promise: Promise, cause: str
) -> str:
    limit = percent(promise.disagreement)
    audits = plural(t.audited, "audit")
    match status:
        case "kept":
            return f"{audits} put it at {percent(found.high)} at most; {limit} is promised."
        case "idle":
            return "The cloud answered whatever was asked, so nothing can have differed from it."
        case "apart":
            return "It answers without a cloud, so there is nothing to compare its answers with."
        case "broken":
            return f"{audits} put it at {percent(found.low)} at least; {limit} is promised."
        case "stepped_back":
            return (
                f"{count(t.disagreed)} of {audits} found a different answer. "
                "The specialist has stepped back and the cloud answers again."
            )
        case "precaution":
            return f"{cause} The specialist stepped back to be safe, and the cloud answers again."
        case "unproven":
            return _say_unproven(t, found, limit)


def _say_unproven(t: Tally, found: Estimate, limit: str) -> str:
    if not t.audited:
        return "No audit has been settled yet; until then the audits cannot tell."
    return (
        f"Not enough audits to say: {t.audited} so far, {t.disagreed} of them different. "
        f"They allow up to {percent(found.high)}; {limit} is promised."
    )
