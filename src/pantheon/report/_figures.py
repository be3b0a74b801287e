"""The charts of the report, made from the model: what each shows, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from pantheon.report._charts import Chart, Limit, Point
from pantheon.report._model import AgentMorning, Day, Morning, NightRow
from pantheon.report._words import count, estimate, money, percent, plural


def cloud_chart(agent: AgentMorning) -> Chart:
    """How much of the agent's work the cloud did, day by day."""
    asked = [day for day in agent.days if day.requests]
    return Chart(
        kind="line",
        title="Asked of the cloud",
        summary=_say_trend(asked),
        points=tuple(
            Point(day.label, day.cloud_share.value, day.cloud_share.low, day.cloud_share.high)
            if day.requests
            else Point(day.label, None)
            for day in agent.days
        ),
        spell=percent,
        top=1.0,
    )


def _say_trend(asked: Sequence[Day]) -> str:
    if not asked:
        return "Nothing was asked."
    first, last = asked[0], asked[-1]
    if len(asked) == 1:
        return (
            f"{estimate(last.cloud_share)} of {plural(last.requests, 'request')} on {last.label}."
        )
    return (
        f"From {estimate(first.cloud_share)} of requests on {first.label} "
        f"to {estimate(last.cloud_share)} on {last.label}."
    )


def disagreement_chart(agent: AgentMorning) -> Chart:
    """How often local answers differed from the cloud's, day by day, and what is promised."""
    promise = agent.promise
    return Chart(
        kind="dots",
        title="Different from the cloud",
        summary=_say_disagreement(agent),
        points=tuple(
            Point(day.label, day.disagreement.value, day.disagreement.low, day.disagreement.high)
            if day.requests
            else Point(day.label, None)
            for day in agent.days
        ),
        spell=percent,
        tone="risk",
        limit=Limit(promise.epsilon, f"promised: {percent(promise.epsilon)} at most"),
    )


def _say_disagreement(agent: AgentMorning) -> str:
    promise = agent.promise
    if not promise.local:
        return "Nothing was answered here yet."
    if not promise.audited:
        return "No local answer has been audited yet."
    return (
        f"Of all requests, {estimate(promise.disagreement)} over these days, "
        f"by {plural(promise.audited, 'audit')}."
    )


def nights_chart(nights: Sequence[NightRow]) -> Chart | None:
    """What the cloud cost from night to night; None when there is nothing to compare."""
    if len(nights) < 2 or not any(night.cloud_usd for night in nights):
        return None
    return Chart(
        kind="bars",
        title="Cloud spending per day and night",
        summary=f"{money(nights[-1].cloud_usd)} this time, {money(nights[-2].cloud_usd)} before.",
        points=tuple(Point(night.label, night.cloud_usd) for night in nights),
        spell=money,
    )


def cloud_trend(morning: Morning) -> list[float | None]:
    """The cloud's share of all requests, day by day."""
    labels: dict[str, tuple[int, int]] = {}
    for agent in morning.agents:
        for day in agent.days:
            cloud, requests = labels.get(day.label, (0, 0))
            labels[day.label] = (cloud + day.cloud, requests + day.requests)
    ordered = max((agent.days for agent in morning.agents), key=len, default=())
    totals = [labels[day.label] for day in ordered]
    return [cloud / requests if requests else None for cloud, requests in totals]


def say_cloud_trend(morning: Morning) -> str:
    """The trend's shape in words, for those who do not see it."""
    known = [value for value in cloud_trend(morning) if value is not None]
    if len(known) < 2:
        return "Cloud share: too few days for a trend."
    return (
        f"Cloud share over {count(len(known))} days: from {percent(known[0])} "
        f"to {percent(known[-1])}."
    )
