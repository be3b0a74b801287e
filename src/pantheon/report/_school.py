"""What nights keep about learning: rungs that were tried, judgements, probation, wear, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pantheon.report._clean import MESSAGE, NAME, clean
from pantheon.report._model_school import (
    AlarmNote,
    HeldOut,
    Probation,
    QualityCheck,
    RungTried,
    TestBudget,
)
from pantheon.report._reasons import typed
from pantheon.report._words import count, moment, percent, plural

if TYPE_CHECKING:
    from pantheon.learn.quality import Outlook
    from pantheon.report._past import Past
    from pantheon.spec import Promise
    from pantheon.store import Alarm, ChannelMove, Lesson

RUNGS: Mapping[str, str] = {
    "cache": "answers that were given before, looked up",
    "neighbours": "the answer of the most similar earlier requests",
    "machine": "a small classifier on the text",
    "record": "a small classifier for each field",
    "extractor": "copies parts of the text into fields",
    "demos": "the local language model, shown similar answered requests",
    "evolved": "the local language model, with a prompt improved step by step",
    "lora": "the local language model, trained further (an adapter)",
    "larger": "a larger local language model",
}
"""Kinds of specialists for people; others go by their own names."""
_TRAINED = ("trained", "reused")
_CLOSE = "1 point"
"""What `learn` takes for as good as the best, in words."""


# -------------------------------------------------------------------------------- the ladder
def read_ladder(past: Past, lesson: Lesson) -> tuple[RungTried, ...]:
    """Every kind of specialist that the lesson tried, as its version keeps them."""
    version = past.versions.get(lesson.candidate or "")
    if version is None or version.night != lesson.night:
        return ()
    kept = version.evidence.get("ladder")
    items = cast("list[Any]", kept) if isinstance(kept, list) else []
    rungs = [_tried(i, chosen=str(version.evidence.get("rung"))) for i in items if _is_table(i)]
    return tuple(sorted(rungs, key=lambda rung: rung.fate not in _TRAINED))


def _is_table(item: object) -> bool:
    return isinstance(item, dict)


def _tried(item: Mapping[str, Any], *, chosen: str) -> RungTried:
    name = clean(str(item.get("rung", "")), NAME)
    return RungTried(
        name=name,
        words=RUNGS.get(name, name),
        fate=clean(str(item.get("fate", "")), NAME),
        certified=item.get("certified") is True,
        chosen=name == chosen,
        local_share=_number(item.get("local_share")),
        agreement=_number(item.get("agreement")),
        reason=clean(str(item.get("reason") or ""), MESSAGE),
        seconds=_number(item.get("seconds")) or 0.0,
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def say_choice(ladder: tuple[RungTried, ...]) -> str:
    """Why the kind that won did; empty where nothing was tried."""
    won = next((rung for rung in ladder if rung.chosen), None)
    if won is None:
        return ""
    good = [rung for rung in ladder if rung.certified]
    what = f"{won.name} ({won.words})"
    if not won.certified:
        return f"No kind of specialist could be certified; {what} agreed most with the cloud."
    if len(good) == 1:
        tried = sum(rung.fate in _TRAINED for rung in ladder)
        if tried == 1:
            return f"{what} is the only kind that fits this work, and it could be certified."
        return f"{what} is the only kind of {tried} tried that could be certified."
    most = max(rung.local_share or 0.0 for rung in good)
    return (
        f"{what} won: of {len(good)} kinds that could be certified it is the cheapest within "
        f"{_CLOSE} of the most requests answered here ({percent(most)})."
    )


# ------------------------------------------------------------------------ the second promise
def check_quality(past: Past, agent: str) -> QualityCheck | None:
    """Where the promise of quality stands; None where it is not promised."""
    from pantheon.learn.quality import compare_agent, look_ahead

    definition = past.project.agents.get(agent) if past.project else None
    promise = definition.promise if definition else None
    if definition is None or promise is None or not promise.quality:
        return None
    compared = compare_agent(past.store, definition)
    outlook = look_ahead(compared, margin=promise.quality, delta=1 - promise.confidence)
    return QualityCheck(
        margin=promise.quality,
        confidence=promise.confidence,
        rows=outlook.rows,
        judged=outlook.judged,
        pending=outlook.pending,
        wins=sum(c.differs and c.verdict == "local" for c in compared),
        losses=sum(c.differs and c.verdict == "cloud" for c in compared),
        local_share=outlook.local_share,
        expected_share=outlook.expected_share,
        judgements_needed=outlook.judgements_needed,
        words=_say_quality(outlook, promise),
    )


def _say_quality(outlook: Outlook, promise: Promise) -> str:
    if not outlook.rows:
        return "No specialist has been compared with the cloud yet."
    if outlook.region is None:
        shown = "Judgements show nothing yet"
    else:
        shown = (
            f"Judgements show it for {percent(outlook.local_share)} of the requests, "
            f"with {percent(promise.confidence)} confidence"
        )
    return f"{shown}; {say_outlook(outlook)}"


def say_outlook(outlook: Outlook | QualityCheck) -> str:
    """What answering the queue would unlock, as a forecast."""
    if not outlook.pending:
        return "no judgement is asked for now."
    if outlook.judgements_needed is None:
        return (
            f"judging the {plural(outlook.pending, 'difference')} at hand moves the test, "
            "but will hardly unlock more by itself."
        )
    return (
        f"about {plural(outlook.judgements_needed, 'judgement')} would unlock more, and all "
        f"{count(outlook.pending)} should let it answer {percent(outlook.expected_share)}."
    )


# --------------------------------------------------------------------- probation and wear
def find_probation(past: Past, agent: str) -> Probation | None:
    """The version on probation at the end of the period; None if none is."""
    moves = [
        move
        for move in past.store.channels.history(agent)
        if move.channel == "canary" and move.at <= past.period.until
    ]
    move = moves[-1] if moves else None
    version = past.versions.get(move.version or "") if move else None
    if move is None or version is None:
        return None
    label = clean(f"{agent}@{version.number}", NAME)
    return Probation(label, move.share, move.at, _say_probation(past, label, move))


def _say_probation(past: Past, label: str, move: ChannelMove) -> str:
    found = [
        row
        for row in past.store.evidence.list(move.agent, test="canary")
        if row.subject == move.version and move.at <= row.at <= past.period.until
    ]
    what = (
        f"{label} is on probation since {moment(move.at)} UTC: it answers {percent(move.share)} "
        "of the requests, the version before it the others."
    )
    return f"{what} {clean(str(found[-1].state.get('reason', '')), MESSAGE)}" if found else what


def check_held_out(past: Past, agent: str) -> HeldOut | None:
    """How worn the agent's held-out examples are; None before the first look."""
    from pantheon.learn.gates import inspect

    looks = [look for look in past.store.looks.list(agent) if look.at <= past.period.until]
    if not looks:
        return None
    held = past.store.examples.list(agent, split="holdout", until=past.period.until)
    state = inspect([example.at for example in held], looks)
    left = max(1 - state.bits / state.allowed, 0.0) if state.allowed else 0.0
    return HeldOut(
        rows=state.rows,
        resting=state.resting,
        looks=state.looks,
        bits=state.bits,
        allowed=state.allowed,
        words=f"{percent(left)} of what looking at them again may tell is left.",
    )


# ------------------------------------------------------------------- of all agents together
def find_alarms(past: Past) -> tuple[AlarmNote, ...]:
    """Alarms that are open, and those raised in the period, the newest first."""
    found = [
        alarm
        for alarm in past.store.alarms.list()
        if alarm.at <= past.period.until and (alarm.state == "open" or past.is_in_period(alarm.at))
    ]
    return tuple(_note(alarm) for alarm in reversed(found))


def _note(alarm: Alarm) -> AlarmNote:
    return AlarmNote(
        id=alarm.id,
        agent=clean(alarm.agent, NAME),
        kind=clean(alarm.kind, NAME),
        part=clean(alarm.slice, NAME),
        at=alarm.at,
        says=clean(str(alarm.detail.get("says", "")), MESSAGE),
        stepped_back=bool(alarm.detail.get("stepped_back")),
        state=alarm.state,
        command=typed("pantheon alarms close", alarm.id) if alarm.state == "open" else "",
    )


def find_budget(past: Past) -> TestBudget | None:
    """Where the budget of false discoveries stands; None before the first test."""
    from pantheon.learn.gates import budget_left

    decisions = [d for d in past.store.decisions.list() if d.at <= past.period.until]
    if not decisions:
        return None
    state = budget_left(decisions)
    return TestBudget(
        alpha=state.alpha,
        tests=state.tests,
        accepted=state.rejected,
        left=state.left,
        words=(
            f"{plural(state.tests, 'claim')} to be better than what answers "
            f"{'was' if state.tests == 1 else 'were'} put to the test so far, "
            f"{count(state.rejected)} accepted; on average at most {percent(state.alpha)} of those "
            f"accepted are mistakes. {percent(state.left)} of that budget is left."
        ),
    )
