"""Runs with a whole course (results, events, context, questions …), for tests of compaction."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from typing import Any, cast

from pantheon.ids import JsonObject, RunId
from pantheon.store import Compaction, InboxItem, RunState, Signal, Store, Timer
from tests.store import samples

DAY = 86400.0
NOW = 1_700_000_000.0 + 100 * DAY


def large(name: str) -> JsonObject:
    """A value that is kept as a blob, and hardly compressed."""
    return {"text": random.Random(name).randbytes(2000).hex()}


@dataclass(frozen=True, slots=True)
class Case:
    """A run with all that may keep its course from being deleted."""

    state: RunState = "done"
    age: float | None = 40.0
    """Days since it ended."""
    leased: bool = False
    owing: bool = False
    queued: bool = False
    night: str | None = None

    @property
    def goes(self) -> bool:
        """Whether a compaction that keeps 30 days deletes its course."""
        ended = self.state in {"done", "failed", "cancelled"} and self.age is not None
        held = self.leased or self.owing or self.queued or self.night == "n2"
        return ended and cast("float", self.age) > 30 and not held


def add_run(store: Store, id: str, case: Case) -> None:
    """A run with a course: two results, events, a context, a signal, a timer, questions."""
    run = RunId(id)
    ended = None if case.age is None else NOW - case.age * DAY
    new = dataclasses.replace(
        samples.run(id), state=case.state, finished=ended, output=large(id), night=case.night
    )
    store.runs.create(new)
    if case.leased:
        store._database.write(
            "UPDATE runs SET owner = 'me', lease_until = ? WHERE id = ?", (NOW + 60, id)
        )
    for node in ("a", "b"):
        result = dataclasses.replace(samples.result(node), run=run, output=large(f"{id} {node}"))
        store.journal.record(result)
    store.events.append(run, "run_started", None, {})
    store.context.write(dataclasses.replace(samples.context_write(1), run=run))
    store.signals.send(Signal(run, "go", None, at=1.0))
    store.timers.set(Timer(run, "a", -1, due=1.0))
    for question, state in ((f"{id} open", "open"), (f"{id} answered", "answered")):
        store.inbox.ask(_question(question, run, cast("Any", state)))
    answer = dataclasses.replace(samples.answer(f"{id} answer"), run=run, node="a")
    store.answers.add(answer)
    if case.owing:
        store.audits.owe(answer.id, answer.agent)
    if case.queued:
        item = samples.queued(f"{id} item")
        store.queue.submit(dataclasses.replace(item, run=run, state="running"))


def _question(id: str, run: RunId, state: Any) -> InboxItem:
    return dataclasses.replace(samples.question(id), run=run, state=state)


def compact(store: Store, *, keep: float | None = 30 * DAY, dry: bool = False) -> Compaction:
    """Compact at the moment of these tests."""
    return store.compact(keep_runs=keep, now=NOW, dry=dry)


def course(store: Store, run: str) -> list[int]:
    """How many rows of each kind the course of a run has."""
    return [
        len(store.journal.results(run)),
        len(store.context.of(run)),
        len(store.timers.of(run)),
        store.signals.get(run, "go") is not None,
        len(store.inbox.list("answered", run=run)),
        len(store._database.rows("SELECT 1 FROM events WHERE run = ?", (run,))),
    ]


WHOLE = [2, 1, 1, True, 1, 1]
GONE = [0, 0, 0, False, 0, 0]
