"""Lessons in which another rung challenges what answers: it waits, is shown, and is tried out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject
from pantheon.learn import Around, Row, Tonight, World, canary_of, curate, teach
from pantheon.learn._rung import Tools, Trained
from pantheon.learn._task import Task
from pantheon.learn.rungs._machine import MachineRung
from pantheon.models import HashEmbedder
from pantheon.store import Lesson, Split, Store
from tests.learn.specimens import TRIAGE, answer_all, traffic

EMBEDDER = HashEmbedder(128)


class Weak(MachineRung):
    """A cheaper rung that learns from few examples."""

    name = "weak"
    cost = 10

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        return await super().train(rows[:60], task, tools)


class School:
    """Days of a hundred and fifty requests, and nights after them."""

    def __init__(self, canary: float | None = None) -> None:
        self.clock = FakeClock()
        self.store = Store.open(":memory:", clock=self.clock)
        self._canary = canary
        self._nights = 0

    def day_and_night(self, rung: MachineRung) -> Lesson:
        """What the night after the next day does, with one rung on the ladder."""
        start, self._nights = 150 * self._nights, self._nights + 1
        answer_all(self.store, traffic(150, seed=self._nights), start)
        self.clock.advance(150)
        curate(self.store, TRIAGE)
        world = World(Around(EMBEDDER.embed, EMBEDDER.id), FakeClock(), rungs=(rung,))
        night = Tonight(f"n{self._nights}", 0, "auto", canary=self._canary)
        return asyncio.run(teach(self.store, TRIAGE, night, world))


def test_a_dearer_rung_waits_is_shown_and_settles() -> None:
    """Filled at once; then a candidate a night, evidence from the days between, a probation."""
    school = School()
    lessons = [school.day_and_night(Weak())]
    first = school.store.channels.current("triage")
    while len(lessons) < 8 and canary_of(school.store, "triage") is None:
        lessons.append(school.day_and_night(MachineRung()))
    tried_out, beside = lessons[-1], school.store.channels.current("triage")
    settled = school.day_and_night(MachineRung())

    assert [lesson.outcome for lesson in lessons] == [
        "promoted",
        *["skipped"] * (len(lessons) - 2),
        "promoted",
    ]
    assert "still to show" in lessons[1].reasons[0]
    assert "On probation with 20%" in tried_out.reasons[-1]
    assert beside == first
    assert settled.outcome == "promoted"
    assert settled.candidate == tried_out.candidate == school.store.channels.current("triage")
    assert "Canary settled" in settled.reasons[0]
    (decision,) = [d for d in school.store.decisions.list() if d.rejected]
    assert decision.e_value >= 1 / decision.level


def test_the_same_rung_is_refreshed_at_once() -> None:
    """A fresher certificate claims no improvement, and costs nothing of the budget."""
    school = School()
    lessons = [school.day_and_night(MachineRung()) for _ in range(3)]

    assert [lesson.outcome for lesson in lessons] == ["promoted"] * 3
    assert school.store.decisions.list() == []
    assert lessons[-1].gate["move"] == "refresh"


def test_a_project_may_put_every_replacement_on_probation() -> None:
    """With `canary` also a retrained specialist is tried out first; nothing is trained meanwhile."""
    school = School(canary=0.5)
    lessons = [school.day_and_night(MachineRung()) for _ in range(3)]

    assert [lesson.outcome for lesson in lessons] == ["promoted"] * 3
    assert "On probation with 50%" in lessons[1].reasons[-1]
    assert lessons[2].candidate == lessons[1].candidate
    assert len(school.store.versions.list()) == 2


def test_looks_are_kept_with_their_answers() -> None:
    """The ledger tells what each night was told, and evidence holds the holdout's state."""
    school = School()
    lessons = [school.day_and_night(MachineRung()) for _ in range(2)]

    looks = school.store.looks.list("triage")
    assert [look.purpose for look in looks] == ["gate passed"] * 2
    assert looks[1].rows == lessons[1].gate["rows"]
    holdout = cast("JsonObject", lessons[1].gate["holdout"])
    assert (holdout["resting"], holdout["bits"]) == (0, 0)


class Shameless(MachineRung):
    """A rung that says it shows examples, also held-out ones."""

    def __init__(self, shows: str) -> None:
        self._shows = shows

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        trained = await super().train(rows, task, tools)
        return replace(trained, note={"demonstrations": [self._shows]})


def test_a_demonstration_from_the_holdout_fails_the_candidate() -> None:
    """The same candidate with a training example shown is promoted."""
    cases: tuple[tuple[Split, str], ...] = (("holdout", "rejected"), ("train", "promoted"))
    for split, outcome in cases:
        school = School()
        school.day_and_night(MachineRung())
        shown = school.store.examples.list("triage", split=split)[0].id
        lesson = school.day_and_night(Shameless(shown))

        assert lesson.outcome == outcome
        assert any("resemble a demonstration" in r for r in lesson.reasons) == (split == "holdout")


def test_waiting_wears_no_holdout() -> None:
    """The holdout said that nothing speaks against it; what is missing is another thing."""
    school = School()
    school.day_and_night(Weak())
    waits = school.day_and_night(MachineRung())

    assert waits.gate["waiting"] is True
    assert [look.purpose for look in school.store.looks.list("triage")] == ["gate passed"] * 2
