"""Everything the report reads from the store, read once, with the period it is about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.report._clean import NAME, clean
from pantheon.report._model import Period
from pantheon.report._words import day_of, short_day, time_of

if TYPE_CHECKING:
    from pantheon.spec import Project
    from pantheon.store import AnswerRow, Audit, Lesson, Night, QueueItem, Run, Store, Version

HISTORY = 14
"""How many nights (without nights: days) charts, promises and comparisons look back."""
_DAY = 86400.0
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Span:
    """A day with its night: after `since`, up to `until`."""

    label: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Past:
    """What happened, as the store has it."""

    store: Store
    project: Project | None
    period: Period
    spans: tuple[Span, ...]
    """The days of the trailing window, oldest first; with nights, each ends when a night does."""
    night: Night | None
    nights: tuple[Night, ...]
    """Nights up to this one, oldest first."""
    answers: tuple[AnswerRow, ...]
    """Of the whole trailing window, oldest first."""
    audits: Mapping[str, Audit]
    """Settled by the end of the period, by the answer they are about."""
    runs: tuple[Run, ...]
    """Begun in the period or carried on by its night, oldest first."""
    queue: tuple[QueueItem, ...]
    refused: Mapping[str, str]
    """Why queued work could not even become a run, by the id of the work."""
    lessons: tuple[Lesson, ...]
    versions: Mapping[str, Version]
    """All versions by hash."""

    def is_in_period(self, at: float) -> bool:
        """Whether a moment belongs to the period: after its start, up to its end."""
        return self.period.since < at <= self.period.until

    def period_answers(self, agent: str | None = None) -> list[AnswerRow]:
        """Answers of the period, of one agent or of all."""
        return [
            row for row in self.answers if self.is_in_period(row.at) and agent in (None, row.agent)
        ]

    def period_requests(self, agent: str | None = None) -> list[AnswerRow]:
        """The traffic of the period: what judges, cross-checks and the night asked is only paid."""
        return [row for row in self.period_answers(agent) if not row.role]

    def promise_requests(self, agent: str) -> list[AnswerRow]:
        """The traffic of an agent in the trailing window."""
        return [row for row in self.promise_answers(agent) if not row.role]

    def promise_answers(self, agent: str) -> list[AnswerRow]:
        """Answers of an agent in the trailing window."""
        return [
            row for row in self.answers if row.agent == agent and row.at > self.period.history_since
        ]


def read_past(
    store: Store,
    *,
    project: Project | None,
    since: float | None,
    until: float | None,
    night: str | None,
) -> Past:
    """Read what a report needs. NotFound when there is no such night."""
    nights = store.nights.list()[::-1]
    chosen = _choose_night(store, nights, night=night, until=until)
    known = tuple(n for n in nights if chosen and n.started <= chosen.started)
    period = _choose_period(store, known, since=since, until=until)
    begin = min(period.history_since, period.since, period.before or period.since)
    end = _after(period.until)
    answers = tuple(store.answers.list(since=begin, until=end))
    audits = store.audits.list(since=begin, until=end)
    return Past(
        store=store,
        project=project,
        period=period,
        spans=_label_spans(_cut_spans(known, period), answers),
        night=chosen,
        nights=known,
        answers=answers,
        audits={audit.answer: audit for audit in audits},
        runs=_recent_runs(store, period),
        refused=_read_refused(chosen),
        queue=tuple(store.queue.list()),
        lessons=tuple(store.nights.lessons(night=chosen.id)) if chosen else (),
        versions={version.hash: version for version in store.versions.list()},
    )


def _after(moment: float) -> float:
    """The store's spans leave out their end; a report's include it."""
    return math.nextafter(moment, math.inf)


def _choose_night(
    store: Store, nights: list[Night], *, night: str | None, until: float | None
) -> Night | None:
    if night is not None:
        return store.nights.get(night)
    past = [n for n in nights if until is None or n.started <= until]
    return past[-1] if past else None


def _choose_period(
    store: Store, nights: tuple[Night, ...], *, since: float | None, until: float | None
) -> Period:
    """From the end of the night before to the end of this one, unless told otherwise."""
    night = nights[-1] if nights else None
    end = until if until is not None else _end_of(store, night)
    starts = _starts(nights, end)
    start = since if since is not None else starts[-1]
    before = starts[-2] if len(starts) > 1 else None
    stopped = night.summary.get("stopped") if night else None
    return Period(
        since=start,
        until=end,
        before=before if since is None else start - (end - start),
        history_since=starts[0],
        night=night.id if night else None,
        night_started=night.started if night else None,
        night_finished=night.finished if night else None,
        night_state=night.state if night else None,
        seed=night.seed if night else None,
        stopped=clean(str(stopped), NAME) if stopped else None,
    )


def _end_of(store: Store, night: Night | None) -> float:
    if night is None or night.finished is None:
        return store.clock.now()
    return night.finished


def end_of_night(night: Night) -> float:
    """When a night ended; one that never did ended when it began."""
    return night.started if night.finished is None else night.finished


def _starts(nights: tuple[Night, ...], end: float) -> list[float]:
    """Where each day of the trailing window begins: where the night before ended.

    The first night's day reaches back to the beginning. Without nights, days are UTC days.
    """
    if not nights:
        today = math.floor(end / _DAY) * _DAY
        return [today - _DAY * i for i in reversed(range(HISTORY))]
    return [0.0, *(end_of_night(night) for night in nights[:-1])][-HISTORY:]


def _cut_spans(nights: tuple[Night, ...], period: Period) -> list[tuple[float, float]]:
    starts = _starts(nights, period.until)
    return list(zip(starts, [*starts[1:], period.until], strict=True))


def _label_spans(
    cuts: list[tuple[float, float]], answers: tuple[AnswerRow, ...]
) -> tuple[Span, ...]:
    """Each named after the day of its first request; by the minute where that names two alike."""
    firsts = [next((row.at for row in answers if a < row.at <= b), a or b) for a, b in cuts]
    days = [short_day(day_of(at)) for at in firsts]
    alike = len(set(days)) < len(days)
    labels = [f"{d} {time_of(at)}" if alike else d for d, at in zip(days, firsts, strict=True)]
    return tuple(Span(label, a, b) for label, (a, b) in zip(labels, cuts, strict=True))


def _recent_runs(store: Store, period: Period) -> tuple[Run, ...]:
    found = {run.id: run for run in _runs_since(store, period.since)}
    if period.night is not None:
        found |= {run.id: run for run in store.runs.list(None, night=period.night)}
    return tuple(
        run
        for run in sorted(found.values(), key=lambda run: (run.created, run.id))
        if run.created <= period.until
    )


def _runs_since(store: Store, since: float) -> list[Run]:
    """The store lists the newest runs first, so reading in pages can end early."""
    limit = _PAGE
    while True:
        newest = store.runs.list(limit)
        if len(newest) < limit or newest[-1].created <= since:
            return [run for run in newest if run.created > since]
        limit *= 4


def _read_refused(night: Night | None) -> dict[str, str]:
    """The night keeps `id: message` for each."""
    queue = night.summary.get("queue") if night else None
    failures = queue.get("failures") if isinstance(queue, dict) else None
    lines = failures if isinstance(failures, list) else []
    parts = [str(line).partition(": ") for line in lines]
    return {item: message for item, _, message in parts}
