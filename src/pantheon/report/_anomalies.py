"""This night beside the nights before: what took, failed, cost or escalated far more than usual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from pantheon.report._model import Anomaly, NightRow
from pantheon.report._past import Past, Span, end_of_night
from pantheon.report._words import duration, money, percent, plural
from pantheon.store import Night

LEAST_NIGHTS = 4
"""Fewer nights than this before are too few to call anything unusual."""
_SPREADS = 4.0
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class _Measure:
    """A figure of a night that should not jump up."""

    name: str
    read: Callable[[NightRow], float | None]
    spell: Callable[[float], str]
    floor: float
    """A rise below this is never worth a word."""


_MEASURES = (
    _Measure("duration", lambda night: night.seconds, duration, 60.0),
    _Measure(
        "failed tasks",
        lambda night: night.failed / night.tasks if night.tasks else None,
        percent,
        0.1,
    ),
    _Measure("cloud cost", lambda night: night.cloud_usd, money, 0.05),
    _Measure("cloud share", lambda night: night.cloud_share, percent, 0.1),
)


def compare_nights(past: Past) -> tuple[NightRow, ...]:
    """This night and the nights before it in the trailing window, oldest first."""
    spans = past.spans if past.nights else ()
    return tuple(
        _night_row(past, night, span)
        for night, span in zip(past.nights[-len(past.spans) :], spans, strict=True)
    )


def _night_row(past: Past, night: Night, span: Span) -> NightRow:
    since, until = span.since, span.until
    rows = [row for row in past.answers if since < row.at <= until]
    runs = past.store.runs.list(None, night=night.id)
    audits = [audit for audit in past.audits.values() if since < audit.at <= until]
    asked = [row.tier == "cloud" for row in rows if not row.role]
    return NightRow(
        id=night.id,
        label=span.label,
        since=since,
        until=until,
        started=night.started,
        seconds=end_of_night(night) - night.started,
        tasks=len(runs),
        failed=sum(run.state == "failed" for run in runs),
        cloud_usd=sum(row.cost_usd for row in rows) + sum(audit.cost_usd for audit in audits),
        cloud_share=sum(asked) / len(asked) if asked else None,
    )


def find_anomalies(nights: Sequence[NightRow]) -> tuple[Anomaly, ...]:
    """Figures of the last night more than four robust spreads above the median of the others.

    The spread is the median absolute deviation, scaled to a normal's standard deviation, and at
    least an eighth of the median, so that very even nights do not make every change news.
    """
    if len(nights) <= LEAST_NIGHTS:
        return ()
    found = [_look_at(measure, nights[-1], nights[:-1]) for measure in _MEASURES]
    return tuple(anomaly for anomaly in found if anomaly is not None)


def _look_at(measure: _Measure, tonight: NightRow, before: Sequence[NightRow]) -> Anomaly | None:
    value = measure.read(tonight)
    others = [other for night in before if (other := measure.read(night)) is not None]
    if value is None or len(others) < LEAST_NIGHTS:
        return None
    typical = median(others)
    spread = _MAD_TO_SIGMA * median(abs(other - typical) for other in others)
    if value - typical <= max(_SPREADS * max(spread, typical / 8), measure.floor):
        return None
    words = (
        f"{measure.name.capitalize()}: {measure.spell(value)}, usually {measure.spell(typical)} "
        f"({plural(len(others), 'night')} before)."
    )
    return Anomaly(measure.name, words, value, typical, len(others))
