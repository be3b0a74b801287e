"""Raising alarms, letting a specialist step back, and closing what is over."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.ids import hash_json
from pantheon.learn._watch import promise_of
from pantheon.learn.drift._measure import PER_OCTAVE, confidence_of, parts_of
from pantheon.learn.drift._watched import LEVELS, TEST, Watched
from pantheon.store import Alarm

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn.drift._day import Day
    from pantheon.store import Store

_STAYS = frozenset({"latency", "cost"})
"""Kinds that nothing is learned about: after a while the new state is what is usual."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that is no longer as it was, before it is an alarm.

    - part: the slice of the traffic; empty for all
    - statistic: AUC of the domain classifier, else the logarithm of the evidence
    - before, now: the middle of what was usual and of tonight, in the detector's own units
    - rows: how many rows of tonight it rests on
    """

    kind: str
    part: str
    statistic: float
    says: str
    before: float = math.nan
    now: float = math.nan
    rows: int = 0
    alpha: float = 0.0
    p: float | None = None


def raise_alarm(day: Day, moved: Moved, *, now: float, since: float) -> Alarm:
    """Write the alarm, and step back if what moved threatens the promise.

    `since`: when the day began; requests from then on are learned from anew after a step back.
    """
    back = _threatens(day, moved) and _step_back(day, moved, now=now, since=since)
    detail: JsonObject = {
        "says": _told(moved),
        "before": _in_words(moved, moved.before),
        "now": _in_words(moved, moved.now),
        "rows": moved.rows,
        "alpha": moved.alpha,
        "evidence": None if moved.p is not None else math.exp(min(moved.statistic, 700.0)),
        "p": moved.p,
        "since": since,
        "version": day.version,
        "stepped_back": back,
    }
    name = hash_json([day.agent.name, moved.kind, moved.part, now]).removeprefix("b2:")[:12]
    alarm = Alarm(f"w{name}", day.agent.name, now, moved.kind, moved.part, moved.statistic, detail)
    day.store.alarms.add(alarm)
    return alarm


def _told(moved: Moved) -> str:
    where = "" if not moved.part or moved.kind in _STAYS else f" ({moved.part})"
    if moved.kind == "inputs" and not moved.part:
        return f"{moved.says} (AUC {moved.now:.2f}; 0.50 is by luck)."
    before, now = _in_words(moved, moved.before), _in_words(moved, moved.now)
    was = "nothing is known of before" if before is None else f"{before:.3g} before"
    return f"{moved.says}{where}: {now:.3g} on {moved.rows} rows, {was}."


def _in_words(moved: Moved, level: float) -> float | None:
    """A level in the unit that people know: a share, a confidence, a distance, seconds or USD."""
    if math.isnan(level):
        return None
    if moved.kind in _STAYS:
        return 2.0 ** (level / PER_OCTAVE - 20)
    if moved.kind == "disagreement" or moved.p is not None:
        return level
    return confidence_of(level) if moved.kind == "confidence" else level / (LEVELS - 1)


# ---------------------------------------------------------------------------------- step back
def _threatens(day: Day, moved: Moved) -> bool:
    """Whether the promise may be broken by it, and stepping back is wanted then."""
    if moved.kind not in day.rules.steps_back or day.version is None:
        return False
    if moved.kind == "inputs":
        return not moved.part and moved.statistic >= day.rules.strong_auc
    if moved.kind == "disagreement" and moved.part:
        return moved.now * _share_local(day, moved.part) > promise_of(day.agent).disagreement
    return True


def _share_local(day: Day, part: str) -> float:
    """Share of the day's requests that were answered locally in a slice."""
    served = day.served
    local = sum(row.local and part in parts_of(row) for row in served)
    return local / len(served) if served else 0.0


def _step_back(day: Day, moved: Moved, *, now: float, since: float) -> bool:
    """The specialist abstains until another version is promoted; False if it does already."""
    state = day.store.monitors.get(day.agent.name) or {}
    if state.get("stepped_back"):
        return False
    cause: JsonObject = {"kind": moved.kind, "slice": moved.part, "says": _told(moved)}
    began = max(since, day.since)
    body: JsonObject = {"stepped_back_at": now, "fresh_since": began, "cause": cause}
    day.store.monitors.set(day.agent.name, {**state, "stepped_back": True, **body})
    return True


# ---------------------------------------------------------------------------------- closing
def close_over(day: Day, state: Watched, *, now: float) -> Watched:
    """Close alarms whose reason is gone: it is as before, or another version answers."""
    for alarm in day.store.alarms.list(day.agent.name, state="open"):
        key = (alarm.kind, alarm.slice)
        why = _why_over(day, state, alarm)
        if why is not None:
            _close(day.store, alarm, why, now=now)
            state = state.closed(*key, renewed=why == _USUAL_NOW)
    return state


_USUAL_NOW = "it has stayed; it is what is usual now"


def _why_over(day: Day, state: Watched, alarm: Alarm) -> str | None:
    if alarm.kind not in _STAYS and alarm.detail.get("version") != day.version:
        return "another version answers"
    if (alarm.kind, alarm.slice) == ("inputs", ""):
        return "it is as before" if state.looks.over else None
    detector = state.detectors.get((alarm.kind, alarm.slice))
    if detector is None or not detector.alarmed:
        return None
    if detector.over:
        return "it is as before"
    stayed = alarm.kind in _STAYS and detector.nights >= day.rules.accepted_after
    return _USUAL_NOW if stayed else None


def _close(store: Store, alarm: Alarm, why: str, *, now: float) -> None:
    detail: JsonObject = {**alarm.detail, "closed_at": now, "closed": why}
    store.alarms.add(replace(alarm, detail=detail, state="closed"))


def close_alarm(store: Store, alarm: Alarm, *, why: str, now: float) -> None:
    """Close an alarm by hand; its detector takes what came since for usual."""
    _close(store, alarm, why, now=now)
    kept = store.evidence.last(alarm.agent, TEST)
    if kept is None:
        return
    state = Watched.from_json(kept.state).closed(alarm.kind, alarm.slice, renewed=True)
    store.evidence.add(replace(kept, at=now, state=state.to_json()))
