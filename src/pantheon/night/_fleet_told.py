"""A fleet's days and nights, for people as a table and for programs as JSON with stable keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.night._figures import Figures, Share, figures_json
from pantheon.night._simulation import NightFigures, night_json, say_quality

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pantheon.ids import Json, JsonObject
    from pantheon.night._fleet import FleetDay, FleetSimulation
    from pantheon.spec import AgentDef

FORMAT = 1
"""Raised when a key changes its meaning; new keys may be added without."""


def fleet_to_json(played: FleetSimulation) -> JsonObject:
    """The simulation under its documented keys; equal but for real times on the same seed."""
    return {
        "format": FORMAT,
        "source": "recorded",
        "seed": played.fleet.seed,
        "total": _figures(played.total),
        "agents": [_agent_json(played, agent) for agent in played.agents],
        "days": [_day_json(day) for day in played.days],
        "events": [*_events(played)],
    }


def _agent_json(played: FleetSimulation, agent: AgentDef) -> JsonObject:
    total, promise = played.totals[agent.name], agent.promise
    return {
        "agent": agent.name,
        "same": str(agent.same),
        "disagreement_promised": promise.disagreement if promise else None,
        "quality_promised": promise.quality if promise else None,
        "kept": kept(agent, total),
        "kept_before_change": _kept_before(played, agent),
        **_figures(total),
    }


def kept(agent: AgentDef, total: Figures) -> bool:
    """Whether the measured disagreement of all requests is within the promise."""
    rate, promise = total.disagreement.rate, agent.promise
    return rate is None or promise is None or rate <= promise.disagreement


def _changed_on(played: FleetSimulation, agent: AgentDef) -> int | None:
    """The first day on which the agent's work or teacher changed; None if they never did."""
    days = [change.day for change in played.fleet.changes if change.agent == agent.name]
    return min(days, default=None)


def _kept_before(played: FleetSimulation, agent: AgentDef) -> bool | None:
    """Whether the promise was kept on the days before a change; None without one."""
    changed = _changed_on(played, agent)
    if changed is None or agent.promise is None:
        return None
    before = [day.figures[agent.name] for day in played.days if day.number < changed]
    asked = sum(figures.requests for figures in before)
    wrong = sum(figures.disagreement.hits for figures in before)
    return wrong <= agent.promise.disagreement * asked


def _verdict(played: FleetSimulation, agent: AgentDef) -> str:
    if kept(agent, played.totals[agent.name]):
        return "kept"
    if not _kept_before(played, agent):
        return "broken"
    return f"kept until it was changed on day {_changed_on(played, agent)}"


def _figures(figures: Figures) -> JsonObject:
    body = figures_json(figures)
    body.pop("specialist_latency_ms", None)  # not measured where many agents answer in turn
    return body


def _day_json(day: FleetDay) -> JsonObject:
    return {
        "day": day.number,
        **_figures(day.total),
        "judged": day.judged,
        "agents": [
            {
                "agent": name,
                **_figures(figures),
                "night": night_json(day.nights.get(name)),
                "stepped_back": name in day.stepped_back,
            }
            for name, figures in day.figures.items()
        ],
        "alarms": [
            {
                "agent": alarm.agent,
                "kind": alarm.kind,
                "slice": alarm.slice,
                "stepped_back": bool(alarm.detail.get("stepped_back")),
            }
            for alarm in day.alarms
        ],
        "suggestions": [{"kind": s.kind, "subject": s.subject} for s in day.suggestions],
    }


def _events(played: FleetSimulation) -> Iterator[Json]:
    fleet = played.fleet
    for change in fleet.changes:
        yield {"day": change.day, "agent": change.agent, "what": change.kind}
    for bad in fleet.bad:
        yield {"night": bad.night, "agent": bad.agent, "what": "bad candidate"}
    for log in fleet.logs:
        yield {"night": log.night, "what": "chat log", "log": log.path.name}


# ------------------------------------------------------------------------------- for people
def render_fleet(played: FleetSimulation) -> str:
    """Local share by agent and day, what each promised and kept, and what happened."""
    names = [agent.name for agent in played.agents]
    heads = ("answered here", *(f"day {day.number}" for day in played.days), "in all")
    rows = [heads, *(_local_row(played, name) for name in names), _all_row(played)]
    promise = [("promise", "same", "allowed", "differ", "interval", "verdict")]
    promise += [_promise_row(played, agent) for agent in played.agents]
    return "\n".join(
        [*_align(rows), "", *_align(promise), "", *_happenings(played), ""],
    )


def _local_row(played: FleetSimulation, name: str) -> tuple[str, ...]:
    cells = (
        _percent(day.figures[name].local) + ("!" if name in day.stepped_back else "")
        for day in played.days
    )
    return (name, *cells, _percent(played.totals[name].local))


def _all_row(played: FleetSimulation) -> tuple[str, ...]:
    days = (_percent(day.total.local) for day in played.days)
    return ("all", *days, _percent(played.total.local))


def _promise_row(played: FleetSimulation, agent: AgentDef) -> tuple[str, ...]:
    total = played.totals[agent.name]
    promised = agent.promise.disagreement if agent.promise else 0.0
    interval = total.disagreement.interval or (0.0, 1.0)
    return (
        agent.name,
        str(agent.same),
        f"{100 * promised:g} %",
        _percent(total.disagreement),
        f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %",
        _verdict(played, agent),
    )


def _happenings(played: FleetSimulation) -> Iterator[str]:
    for day in played.days:
        parts = [_say_night(name, night) for name, night in day.nights.items()]
        yield f"night {day.number}: {'; '.join(part for part in parts if part)}"
        for alarm in day.alarms:
            back = ", stepped back" if alarm.detail.get("stepped_back") else ""
            yield f"  alarm: {alarm.agent}, {alarm.kind}{back}"
        if day.stepped_back:
            yield f"  stepped back: {', '.join(day.stepped_back)}"
        for suggestion in day.suggestions:
            yield f"  suggested: {suggestion.kind} {suggestion.subject}"
    yield "The recorded outputs play the cloud. `!`: stepped back by the morning after."


def _say_night(name: str, night: NightFigures) -> str:
    if night.outcome == "skipped":
        return ""
    quality = "".join(f", {words}" for words in say_quality(night.quality))
    return f"{name}@{night.version} {night.outcome} ({night.rung}{quality})"


def _percent(share: Share) -> str:
    return "-" if share.rate is None else f"{100 * share.rate:.1f} %"


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
