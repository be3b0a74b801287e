"""Nine days and nights with three agents, so that every part of the report has something to say."""

from __future__ import annotations

from pantheon.ids import ContentHash, JsonObject
from pantheon.store import Lesson, Night, Version
from tests.report.worlds import (
    DAY,
    HOUR,
    MIDNIGHT,
    Habit,
    World,
    ask_person,
    do_task,
    fail_task,
    learn_examples,
    queue_task,
    spend_day,
    train,
)

DAYS = 9
TITLES = (
    "Answer the weekend's mail",
    "Sort last month's complaints",
    "Draft replies to the landlord cases",
    "Check the closed accounts",
    "Answer the waiting chat threads",
    "Summarise the fee disputes",
    "Reply to the card returns",
)


def build_fortnight(path: str = ":memory:") -> World:
    """A store after nine days and nights; the last night ended on 8 March 2026 at 06:07 UTC."""
    world = World(path=path)
    parents: dict[str, Version] = {}
    for day in range(DAYS):
        _work_through(world, day)
        _sleep_through(world, day, parents)
    _step_back(world)
    return world


def _work_through(world: World, day: int) -> None:
    triage = Habit("triage", 110 + 6 * (day % 4), local=min(0.08 * day, 0.62), wrong=0.01)
    priority = Habit("priority", 60, local=0.0 if day < 3 else 0.45, wrong=0.04 + 0.06 * day)
    reply = Habit("reply", 24, local=0.0, cost=0.011)
    for habit in (triage, priority, reply):
        spend_day(world, day, habit)


def _sleep_through(world: World, day: int, parents: dict[str, Version]) -> None:
    began = world.go_to(day, 29.5)
    night = world.name("n")
    world.store.nights.start(Night(night, began, seed=40 + day))
    last = day == DAYS - 1
    _do_queue(world, day, night, long=last)
    _teach(world, day, night, parents)
    ended = world.go_to(day, 30.1 if last else 29.9)
    summary: JsonObject = {"stopped": "time"} if last else {}
    world.store.nights.finish(night, "done", summary, ended)


def _do_queue(world: World, day: int, night: str, *, long: bool) -> None:
    at = MIDNIGHT + day * DAY
    habit = Habit("triage", 1, local=0.6)
    for i, title in enumerate(TITLES if long else TITLES[:3]):
        item = queue_task(world, title, at=at + 18 * HOUR + i)
        world.clock.advance(60)
        do_task(world, item, habit, at=world.clock.now(), night=night)
    if long:
        _do_odd_tasks(world, at, night)


def _do_odd_tasks(world: World, at: float, night: str) -> None:
    first = queue_task(world, "Translate the branch notices", at=at + 19 * HOUR)
    message = "The reply of 4,210 tokens does not fit the context of 4,096."
    fail_task(world, first, "context_overflow", message, night=night)
    world.clock.advance(30)
    second = queue_task(world, "Refund of $420 for a double charge", at=at + 19 * HOUR)
    ask_person(world, second, "May this refund of $420 be paid?", night=night)
    queue_task(world, "Tidy the address book", at=at + 20 * HOUR)
    queue_task(world, "Rewrite the greeting letters", at=at + 20 * HOUR)


# -------------------------------------------------------------------------------- learning
def _teach(world: World, day: int, night: str, parents: dict[str, Version]) -> None:
    at = world.clock.now()
    for agent in ("triage", "reply", "priority"):
        learn_examples(world, agent, 40, at=at, labels=2 + min(day // 3, 2))
    _teach_triage(world, day, night, parents)
    _teach_others(world, day, night, parents)


def _teach_triage(world: World, day: int, night: str, parents: dict[str, Version]) -> None:
    """A better triage every other night."""
    if day % 2:
        _skip(world, night, "triage", parents)
        return
    evidence = _evidence(n=90 + 50 * day, wrong=day // 4, share=0.2 + 0.05 * day, wins=6 + day)
    _promote(world, night, "triage", parents, evidence=evidence)


def _teach_others(world: World, day: int, night: str, parents: dict[str, Version]) -> None:
    if day == 2:
        _promote(world, night, "priority", parents, evidence=_evidence(120, 1, 0.4, 9))
    if day == DAYS - 1:
        _reject_priority(world, night, parents)
        _propose_reply(world, night)


def _promote(
    world: World, night: str, agent: str, parents: dict[str, Version], *, evidence: JsonObject
) -> None:
    parent = parents.get(agent)
    version = train(
        world,
        agent,
        world.store.versions.next_number(agent),
        night=night,
        state="promoted",
        parent=parent.hash if parent else None,
        evidence=evidence,
    )
    parents[agent] = version
    reasons = (
        "On fresh work it is not worse than what answered before, and it answers more here.",
        "The calibration bound stays under the promise.",
    )
    _add_lesson(world, night, version, "promoted", reasons, parent.hash if parent else None)


def _reject_priority(world: World, night: str, parents: dict[str, Version]) -> None:
    version = train(
        world,
        "priority",
        world.store.versions.next_number("priority"),
        night=night,
        state="rejected",
        parent=parents["priority"].hash,
        evidence=_evidence(160, 12, 0.0, 2),
    )
    reasons = ("No acceptance threshold keeps the promise: 12 of 160 calibration rows are wrong.",)
    _add_lesson(world, night, version, "rejected", reasons, parents["priority"].hash)


def _propose_reply(world: World, night: str) -> None:
    version = train(
        world,
        "reply",
        1,
        night=night,
        state="proposed",
        parent=None,
        evidence={
            **_evidence(210, 2, 0.31, 14),
            "summary": "Answers 31% here; at most 3.4% differ.",
        },
    )
    reasons = ("It keeps the promise on held-out work; promotions wait for review here.",)
    _add_lesson(world, night, version, "proposed", reasons, None)


def _skip(world: World, night: str, agent: str, parents: dict[str, Version]) -> None:
    current = parents.get(agent)
    reasons = ("Too little is new since the last night: 12 examples of the 50 it takes.",)
    world.store.nights.add_lesson(
        Lesson(night, agent, "skipped", reasons, 12, 0.2, None, current.hash if current else None)
    )


def _add_lesson(
    world: World,
    night: str,
    version: Version,
    outcome: str,
    reasons: tuple[str, ...],
    deployed: ContentHash | None,
) -> None:
    calibration, gate = version.evidence["calibration"], version.evidence["gate"]
    world.store.nights.add_lesson(
        Lesson(
            night,
            version.agent,
            outcome,  # type: ignore[arg-type]
            reasons,
            world.store.examples.count(version.agent, split="train"),
            8.4,
            version.hash,
            deployed,
            calibration,  # type: ignore[arg-type]
            gate,  # type: ignore[arg-type]
        )
    )


def _evidence(n: int, wrong: int, share: float, wins: int) -> JsonObject:
    """Shaped as lessons keep it."""
    standing: JsonObject = {
        "risk": _interval(0.008, 0.01),
        "risk_bound": 0.021,
        "local_share": _interval(share, 0.07),
    }
    return {
        "summary": f"{share:.0%} answered here; at most {(wrong + 3) / n:.1%} of all differ",
        "calibration": {
            "rows": n,
            "errors": wrong,
            "threshold": 0.81 if share else None,
            "risk": _interval(wrong / n, 0.02),
            "risk_bound": (wrong + 3) / n,
            "local_share": _interval(share, 0.05),
            "promised": 0.05,
            "confidence": 0.95,
            "curve": [[0.5, 0.7, 0.04, 0.06], [0.81, share, 0.01, 0.03]],
        },
        "gate": {
            "rows": 240,
            "candidate": standing,
            "deployed": None,
            "local": {"candidate_only": wins, "deployed_only": 3, "p_fewer": 0.99, "p_more": 0.01},
            "wrong": {"candidate_only": 1, "deployed_only": 2, "p_fewer": 0.3, "p_more": 0.7},
        },
        "examples": {"trained_on": n * 2, "held_out": n // 2},
        "looks": 1 + wins % 5,
    }


def _interval(value: float, half: float) -> JsonObject:
    low, high = max(value - half, 0.0), min(value + half, 1.0)
    return {"value": value, "low": low, "high": high, "level": 0.95}


def _step_back(world: World) -> None:
    """The audits of `priority` have found too much; its monitor took it out of service."""
    at = world.clock.now() - 9 * HOUR
    state: JsonObject = {"stepped_back": True, "stepped_back_at": at, "fresh_since": at}
    world.store.monitors.set("priority", state)
