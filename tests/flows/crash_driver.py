"""What a process of the crash campaign does: bring a run to its end, or die on the way.

A doom says where it dies: at its n-th SQL statement, at the n-th step of SQLite's machine (in the
middle of statements), at its n-th effect (before, in the middle of, or after the write), or when the
n-th event was delivered. Dying by the clock is the affair of the process that started this one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from pantheon.clock import SystemClock
from pantheon.errors import NotFound
from pantheon.flows import Runtime
from pantheon.ids import RunId
from pantheon.store import Durability, Event, Run, Store
from tests.flows import crash_work
from tests.flows.building import runtime
from tests.flows.random_graphs import Case

RUN = RunId("r1")
OVER = frozenset({"done", "failed", "cancelled"})
Kind: TypeAlias = Literal["never", "moment", "statement", "step", "effect", "event"]
STEP = 50
"""Instructions of SQLite's machine in one step."""
PATIENCE = 30
"""Seconds after which a process that hangs is ended (by SIGALRM)."""


@dataclass(frozen=True)
class Doom:
    """Where a process dies."""

    kind: Kind = "never"
    number: float = 0
    """Of what `kind` says, from 1; for a moment, seconds."""
    part: float = 0.0
    """How much of the effect is written by then: 0 to 1."""


@dataclass
class Counts:
    """What a process has done so far."""

    statement: int = 0
    step: int = 0
    effect: int = 0
    event: int = 0

    def meet(self, kind: Kind, doom: Doom) -> bool:
        """Count one; whether that was the one at which the process dies."""
        number = getattr(self, kind) + 1
        setattr(self, kind, number)
        return doom.kind == kind and number == doom.number


def die() -> None:
    """At once, as by `kill -9`: nothing is flushed, nobody is told."""
    os.kill(os.getpid(), signal.SIGKILL)


def drive(case: Case, folder: Path, durability: Durability, doom: Doom) -> None:
    """Start the run or go on with it, until it has ended; leaves what was counted."""
    signal.alarm(PATIENCE)
    counts = Counts()
    _watch_database(counts, doom)
    crash_work.FILE[:] = [crash_work.Effects(folder / "effects", _watch_effects(counts, doom))]
    clock = SystemClock()
    with Store.open(folder / "pantheon.db", clock=clock, durability=durability) as store:
        made = runtime(case.project(folder), store, clock=clock)
        asyncio.run(_to_the_end(made, store, counts, doom))
    (folder / "counts.json").write_text(json.dumps(asdict(counts)))


def _watch_database(counts: Counts, doom: Doom) -> None:
    """Every connection of this process is counted, from its first statement on."""
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.set_trace_callback(lambda sql: _meet(counts, "statement", doom))
        connection.set_progress_handler(lambda: _meet(counts, "step", doom), STEP)
        return connection

    cast("Any", sqlite3).connect = watched


def _meet(counts: Counts, kind: Kind, doom: Doom) -> None:
    if counts.meet(kind, doom):
        die()


def _watch_effects(counts: Counts, doom: Doom) -> Callable[[int, bytes], bytes]:
    def on_write(file: int, line: bytes) -> bytes:
        if counts.meet("effect", doom):
            os.write(file, line[: round(len(line) * doom.part)])
            die()
        return line

    return on_write


# --------------------------------------------------------------------------------- the run


async def _to_the_end(made: Runtime, store: Store, counts: Counts, doom: Doom) -> None:
    run = await _begin(made, store, counts, doom)
    while run.state not in OVER:
        assert run.state == "waiting", run
        run = await _go_on(made, store, run)


async def _begin(made: Runtime, store: Store, counts: Counts, doom: Doom) -> Run:
    def watch(event: Event) -> None:
        _meet(counts, "event", doom)

    on_event = watch if doom.kind == "event" else None
    try:
        run = store.runs.get(RUN)
    except NotFound:
        return await made.run("flow", {"n": 1}, run_id=RUN, on_event=on_event)
    return run if run.state in OVER else await made.resume(RUN, on_event=on_event)


async def _go_on(made: Runtime, store: Store, run: Run) -> Run:
    """Give a run that waits what it waits for: an event, an answer, time."""
    if await _signal(made, store) or _answer(store):
        return await made.resume(RUN)
    due = store.timers.next_due()
    assert due is not None, f"it waits for nothing: {store.journal.results(RUN)}"
    await asyncio.sleep(max(0.0, due - made.clock.now()) + 0.001)
    woken = await made.wake()
    return woken[0] if woken else run


async def _signal(made: Runtime, store: Store) -> bool:
    """Signal all that is waited for and shall come; whether there was any."""
    waiting = [r for r in store.journal.results(RUN) if r.state == "waiting"]
    names = {str((r.reason or {}).get("event")) for r in waiting}
    wanted = sorted(n for n in names if n.startswith("go") and not store.signals.get(RUN, n))
    for name in wanted:
        await made.signal(RUN, name, {"n": len(name)}, resume=False)
    return bool(wanted)


def _answer(store: Store) -> bool:
    questions = store.inbox.list(run=RUN)
    for question in questions:
        store.inbox.answer(question.id, {"n": 7}, at=0.0)
    return bool(questions)
