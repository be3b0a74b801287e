"""Nights that are not like others: empty, all failed, crowded, recorded, hostile."""

from __future__ import annotations

from dataclasses import replace

from pantheon.store import Night
from tests.report.worlds import (
    HOUR,
    MIDNIGHT,
    Habit,
    World,
    ask,
    begin_run,
    do_task,
    fail_task,
    queue_task,
    record,
    spend_day,
)

RECORDED = Habit("triage", 40, local=0.5, audit=0.4, cost=0.0, source="recorded")


def begin_night(world: World) -> str:
    """A night begins at 22:00 of the first day."""
    night = world.name("n")
    world.store.nights.start(Night(night, world.go_to(0, 22), seed=3))
    return night


def build_empty_night(path: str = ":memory:") -> World:
    """A night with nothing to do and nothing to learn."""
    world = World(path=path)
    night = begin_night(world)
    world.store.nights.finish(night, "done", {"stopped": None}, world.go_to(0, 22.01))
    return world


def build_failed_night(path: str = ":memory:") -> World:
    """Five tasks: four fail for different reasons, one could not even begin; then it is killed."""
    world = World(path=path)
    night = begin_night(world)
    for reason in ("unreachable", "no_key", "raised", "exhausted"):
        item = queue_task(world, f"Task that ends as {reason}", at=MIDNIGHT + HOUR)
        world.clock.advance(20)
        fail_task(world, item, reason, f"It ended as {reason}.", night=night)
    refused = queue_task(world, "Task of a flow that is gone", at=MIDNIGHT + HOUR)
    world.store.queue.finish(refused.id, "failed", None)
    cut = queue_task(world, "Task that was cut off", at=MIDNIGHT + HOUR)
    record(world, begin_run(world, cut, at=world.clock.now(), night=night), "triage")
    queue_task(world, "Task whose turn never came", at=MIDNIGHT + HOUR)
    failures = [f"{refused.id}: There is no flow 'support2'."]
    summary = {"stopped": "killed", "queue": {"failures": failures}}
    world.store.nights.finish(night, "failed", summary, world.go_to(0, 23))  # type: ignore[arg-type]
    return world


def build_crowded_night(tasks: int = 200) -> World:
    """A night with very many tasks, every twentieth of which fails."""
    world = World()
    for agent in range(12):
        spend_day(world, 0, Habit(f"agent{agent:02d}", 30, local=0.4))
    night = begin_night(world)
    for i in range(tasks):
        item = queue_task(world, f"Task {i:03d} of a very long night", at=MIDNIGHT + HOUR)
        world.clock.advance(60)
        if i % 20 == 19:
            fail_task(world, item, "timeout", "It took more than 30 s.", night=night)
        else:
            habit = Habit("triage", 1, local=0.6)
            do_task(world, item, habit, at=world.clock.now(), night=night)
    world.store.nights.finish(night, "done", {"stopped": None}, world.go_to(0, 29))
    return world


def build_recorded_day(path: str = ":memory:") -> World:
    """A day without a night, on which recorded answers played the cloud."""
    world = World(path=path)
    spend_day(world, 0, RECORDED)
    world.go_to(0, 21.5)
    return world


def build_judged_day(path: str = ":memory:") -> World:
    """A day on which agents were asked for other reasons than that somebody wanted an answer."""
    world = World(path=path)
    spend_day(world, 0, Habit("triage", 40, local=0.5, audit=0.4))
    for number, role in enumerate(("cross_check", "again", "judge")):
        add_paid(world, "triage", role, at=MIDNIGHT + (9 + number) * HOUR)
    for number in range(6):
        add_paid(world, "referee", "judge", at=MIDNIGHT + 13 * HOUR + number)
    begin_night(world)
    return world


def add_paid(world: World, agent: str, role: str, *, at: float) -> None:
    """Something that was asked for another reason, and half of it answered here and audited."""
    for local in (0.0, 1.0):
        row = ask(world, Habit(agent, 1, local=local, audit=1.0), at=at + local)
        world.store.answers.replace(replace(row, role=role))
