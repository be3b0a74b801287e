"""A night of which everything that learning keeps has something to say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pantheon.ids import JsonObject, hash_json
from pantheon.spec import AgentDef, CloudTier, Project, Promise, SpecialistTier
from pantheon.store import (
    Alarm,
    ChannelMove,
    Decision,
    Evidence,
    Example,
    Judgement,
    Lesson,
    Night,
    ShadowPrediction,
    Suggestion,
)
from tests.report.worlds import HOUR, MIDNIGHT, Habit, World, learn_examples, spend_day, train

TEXT: JsonObject = {"type": "object", "properties": {"text": {"type": "string"}}}
TEAM: JsonObject = {"type": "object", "properties": {"team": {"type": "string"}}}
LADDER: list[JsonObject] = [
    {"rung": "cache", "fate": "unfit", "reason": "Only 2 of 40 requests came again."},
    {
        "rung": "machine",
        "fate": "trained",
        "reason": "",
        "seconds": 1.5,
        "local_share": 0.62,
        "agreement": 0.91,
        "certified": True,
    },
    {
        "rung": "demos",
        "fate": "trained",
        "reason": "",
        "seconds": 40.0,
        "local_share": 0.625,
        "agreement": 0.93,
        "certified": True,
    },
    {"rung": "lora", "fate": "pruned", "reason": "It would take about 900 s; 300 s are left."},
]


def project() -> Project:
    """One agent that promises both."""
    agent = AgentDef(
        "triage",
        TEXT,
        TEAM,
        tiers=(SpecialistTier(), CloudTier()),
        promise=Promise(0.05, 0.95, 0.1, quality=0.05),
    )
    return Project(Path(), agents={"triage": agent})


def build_school_night(path: str = ":memory:") -> World:
    """Two days; in the second night a version on probation, alarms, and suggestions."""
    world = World(path=path)
    _sleep(world, 0, local=0.0, number=1)
    second = _sleep(world, 1, local=0.6, number=2)
    _probation(world, second)
    _watch(world)
    _budget(world, second)
    _compare(world)
    world.store.nights.finish(second, "done", {}, world.go_to(1, 23))
    return world


def _sleep(world: World, day: int, *, local: float, number: int) -> str:
    spend_day(world, day, Habit("triage", 60, local=local, audit=0.3))
    night = world.name("n")
    world.store.nights.start(Night(night, world.go_to(day, 22), seed=day))
    learn_examples(world, "triage", 40, at=MIDNIGHT + day * 24 * HOUR + 9 * HOUR)
    evidence: JsonObject = {"summary": "good", "rung": "machine", "ladder": [*LADDER]}
    parent = world.store.channels.current("triage")
    state = "promoted" if number == 1 else "candidate"
    version = train(
        world, "triage", number, night=night, state=state, parent=parent, evidence=evidence
    )
    reasons = ("It is not worse.",)
    world.store.nights.add_lesson(
        Lesson(night, "triage", "promoted", reasons, 80, 42.0, version.hash, parent)
    )
    world.store.looks.add(
        "triage", night=night, n=1, at=world.clock.now(), purpose="gate passed", rows=8
    )
    if day == 0:
        world.store.nights.finish(night, "done", {}, world.go_to(day, 23))
    return night


def _probation(world: World, second: str) -> None:
    at, new = world.clock.now(), hash_json(["version", "triage", 2])
    old = world.store.channels.current("triage")
    move = ChannelMove("triage", "canary", new, old, at, "night", "good", "night", 0.2)
    world.store.channels.move(move)
    state: JsonObject = {"reason": "Canary on probation: 1 of 40 fresh requests differ."}
    world.store.evidence.add(Evidence("triage", "canary", new, second, at, 0.1, 40, 1, 1, state))


def _watch(world: World) -> None:
    at = world.clock.now()
    says = "Requests are unlike those before (AUC 0.91; 0.50 is by luck)."
    moved = Alarm("w1", "triage", at, "inputs", "", 0.91, {"says": says, "stepped_back": True})
    slow = Alarm("w2", "triage", at, "latency", "", 9.0, {"says": "Answers take longer."})
    for alarm in (moved, replace(slow, state="closed")):
        world.store.alarms.add(alarm)
    proposal: JsonObject = {
        "description": "Name the language of a text.",
        "calls": 240,
        "share": 0.4,
        "curve": [{"calls": 240, "local": {"value": 0.7, "low": 0.6, "high": 0.8}}],
        "saving": {"per": "month", "usd": {"value": 12.3, "low": 8.0, "high": 17.0}},
    }
    retire: JsonObject = {
        "says": "Nobody has asked reply for 40 days.",
        "saving": {"says": "its lesson takes 3.0 s a night"},
    }
    world.store.suggestions.put(Suggestion("d1", "agent", "language", at, proposal))
    world.store.suggestions.put(Suggestion("s1", "retire", "reply", at, retire))


def _budget(world: World, night: str) -> None:
    at = world.clock.now()
    for subject, rejected in (("machine", True), ("demos", False)):
        world.store.decisions.add(
            Decision("triage", night, "superior", subject, 0.01, 3.0, rejected, at)
        )


def _compare(world: World) -> None:
    """What the first version says of what came after it: twelve requests, six unlike the cloud."""
    version, at = hash_json(["version", "triage", 1]), MIDNIGHT + 33 * HOUR
    fresh = [
        Example(
            f"f{i}",
            "triage",
            {"text": f"request number {i} is about the {i}th thing"},
            {"team": "cards"},
            "cloud",
            "escalated",
            at + i,
            hash_json(["fresh", i]),
            "train",
        )
        for i in range(12)
    ]
    world.store.examples.add(fresh)
    said = [
        ShadowPrediction(
            "triage", version, e.id, at, {"team": "other" if i % 2 else "cards"}, 0.9, True
        )
        for i, e in enumerate(fresh)
    ]
    world.store.predictions.add(said)
    world.store.judgements.add(
        Judgement(
            "q1", "triage", "f1", at, "local", None, "ann", {"team": "other"}, {"team": "cards"}
        )
    )
