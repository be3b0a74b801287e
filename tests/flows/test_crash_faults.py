"""Faults in the middle of a run: survived, with a typed reason, and nothing lost that was promised."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy
from pantheon.flows import Runtime
from pantheon.ids import RunId
from pantheon.spec import Retry, Wait
from pantheon.store import Run, Store
from tests.flows import building, crash_faults, crash_power, work
from tests.flows.building import e, flow, node, states, why
from tests.flows.crash_faults import Fared
from tests.flows.crash_power import Damage, cut_power, watch_syncs

HOUR = 3600.0
RUN = RunId("r1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One that everybody may look into."""
    for path in (tmp_path, *tmp_path.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(0o755)
    return tmp_path


# ------------------------------------------------------------------------- disk and processes

TOLD: dict[Callable[[Path], Fared], str] = {
    crash_faults.full_disk: "StoreFault: The disk with the database",
    crash_faults.few_pages: "StoreFault: The disk with the database",
    crash_faults.locked: "Busy: Another program holds the database",
    crash_faults.read_only: "StoreFault: The database",
    crash_faults.two_processes: "Busy: Run r1 is being executed by process",
    crash_faults.dead_but_not_buried: "",
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", TOLD, ids=lambda fault: fault.__name__)
def test_a_fault_of_the_disk_or_of_another_process_is_survived(
    folder: Path, fault: Callable[[Path], Fared]
) -> None:
    """A typed error; then the run goes on to the same end, and only what was under way is repeated."""
    fared = fault(folder)

    assert fared.told.startswith(TOLD[fault]), fared
    assert fared.problems == ()
    assert 0 < fared.kept < crash_faults.LENGTH
    assert (fared.state, fared.again <= 1) == ("done", True), fared


def test_a_file_that_becomes_read_only_under_a_run_does_not_stop_it(folder: Path) -> None:
    """What is open stays open."""

    def seal(store: Store) -> None:
        Path(store.path).chmod(0o444)

    assert crash_faults.run_here(folder, prepare=seal).state == "done"


@pytest.mark.slow
def test_a_worker_that_the_system_ends_is_a_reason_and_another_agent_answers(folder: Path) -> None:
    """Tried again, and then somebody stands in; the run and its other nodes do not notice."""
    fared = crash_faults.worker_killed(folder)

    assert (fared.state, fared.output) == ("done", {"n": (2 << 30) + 1})
    assert "ended by signal 9" in fared.told


@pytest.mark.slow
def test_a_worker_that_wants_too_much_memory_fails_alone(folder: Path) -> None:
    """The limit is told, and the run goes on without the node."""
    fared = crash_faults.worker_too_large(folder)

    assert (fared.state, fared.output) == ("done", {"n": 1})
    assert "MemoryError" in fared.told
    assert "limited to" in fared.told


# ------------------------------------------------------------------------------------- power


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "holes"])
@pytest.mark.parametrize("seed", range(3))
def test_fast_loses_the_last_moments_and_never_the_file(
    folder: Path, damage: Damage, seed: int
) -> None:
    """Whatever of the log is missing, the rest is whole, and the run comes to the same end."""
    lost = cut_power(folder, "fast", damage, random.Random(seed))

    assert lost.problems == []
    assert lost.after <= lost.before
    assert lost.again <= lost.before - lost.after + 1
    assert (lost.run.state, lost.run.output) == ("done", crash_faults.undisturbed(folder).output)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "holes"])
@pytest.mark.parametrize("seed", range(3))
def test_safe_loses_nothing_that_anything_was_built_on(
    folder: Path, damage: Damage, seed: int
) -> None:
    """At most the last commit is missing, and no node had begun that depended on it."""
    lost = cut_power(folder, "safe", damage, random.Random(seed))

    assert lost.problems == []
    assert lost.before - lost.after <= 1
    assert lost.again <= 1
    assert (lost.run.state, lost.run.output) == ("done", crash_faults.undisturbed(folder).output)


@pytest.mark.slow
def test_safe_writes_to_the_disk_before_anything_depends_on_it(folder: Path) -> None:
    """Seen from the system: no call begins while the log is only in memory."""
    (folder / "fast").mkdir()
    (folder / "safe").mkdir()
    fast, safe = (watch_syncs(folder / level, level) for level in ("fast", "safe"))
    if fast is None or safe is None:
        pytest.skip("system calls cannot be watched here")

    assert (safe.calls, safe.unsafe) == (crash_faults.LENGTH, 0)
    assert safe.syncs >= crash_faults.LENGTH
    assert fast.syncs < 10


def test_where_the_newest_commit_begins_is_read_from_the_log(folder: Path) -> None:
    """Without it, exactly its rows are missing: that a node began, or ended, or both."""
    crash_power.killed(folder / "run", "fast", 20)
    log = (folder / "run" / "pantheon.db-wal").read_bytes()
    before = crash_power.look(folder / "run").rows
    (folder / "run" / "pantheon.db-wal").write_bytes(log[: crash_power.last_commit(log)])
    after = crash_power.look(folder / "run").rows

    missing = sum(len(rows) - len(after[name]) for name, rows in before.items())
    assert 1 <= missing <= 2


# ------------------------------------------------------------------------------------- clocks


class JumpingClock(FakeClock):
    """The wall clock can be set; how much time has passed does not change with it."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = 0.0

    def now(self) -> float:
        return super().now() + self.offset


@pytest.fixture
def clock() -> JumpingClock:
    """A clock that somebody may set."""
    return JumpingClock()


@pytest.mark.slow
def test_a_clock_that_never_stands_still_changes_nothing(folder: Path) -> None:
    """Every look at it is two hours off the one before: the same end, no call made twice."""
    fared = crash_faults.clock_set(folder)

    assert (fared.state, fared.again, fared.problems) == ("done", 0, ())


JUMPS = pytest.mark.parametrize("jump", [-HOUR, HOUR])


@JUMPS
def test_limits_count_the_time_that_passes(
    make_runtime: Any, store: Store, clock: JumpingClock, jump: float
) -> None:
    """The clock is set during a node and during a pause between attempts: no limit is over for it."""

    async def set_clock(seconds: float) -> dict[str, int]:
        clock.offset += jump
        await clock.sleep(seconds)
        return {"n": 1}

    work.HOOKS["set_clock"] = set_clock
    hooked = building.agent("hooked")
    made: Runtime = make_runtime(
        flow(
            node("a", "hooked", given={"name": '"set_clock"', "seconds": "1"}, timeout=10.0),
            node("b", "flaky", given={"key": '"b"', "failures": "1"}, retry=Retry(delay=1.0)),
            node("c", "hooked", given={"name": '"set_clock"', "seconds": "20"}, timeout=10.0,
                 after=("b",), on_error="continue"),
            node("d", "step", given={"n": "a.n"}, after=("c",)),
            timeout=60.0,
        ),
        agents=(hooked,),
    )  # fmt: skip
    run = asyncio.run(made.run("flow", {}))

    assert (run.state, run.output) == ("done", {"n": 2})
    assert states(store, run) == {"a": "ok", "b": "ok", "c": "timed_out", "d": "ok"}
    assert work.CALLS["b"] == 2


@JUMPS
def test_a_timer_is_kept_when_the_clock_is_set(
    make_runtime: Any, store: Store, clock: JumpingClock, jump: float
) -> None:
    """It is due by the clock on the wall, sooner or later; nothing is lost, nothing runs twice."""
    made: Runtime = make_runtime(
        flow(
            node("before", "step", given={"n": "0"}),
            node("w", given={}, wait=Wait(seconds=e("1800")), after=("before",)),
            node("behind", "step", given={"n": "before.n"}, after=("w",)),
        )
    )
    assert asyncio.run(made.run("flow", {}, run_id=RUN)).state == "waiting"
    clock.offset += jump

    woken = asyncio.run(made.wake())
    assert [run.state for run in woken] == (["done"] if jump > 0 else [])
    clock.advance(1800 + max(0.0, -jump))
    asyncio.run(made.wake())

    assert (store.runs.get(RUN).state, store.runs.get(RUN).output) == ("done", {"n": 2})
    assert work.CALLS["step"] == 2
    assert asyncio.run(made.wake()) == []


@JUMPS
def test_nobody_takes_a_live_run_over_because_the_clock_was_set(
    make_runtime: Any, store: Store, clock: JumpingClock, jump: float
) -> None:
    """On one machine it counts whether the process lives, not what the lease says."""
    waits = flow(node("a", "gated", given={}))
    first, second = make_runtime(waits), make_runtime(waits)

    async def main() -> Run:
        work.GATE[:] = [asyncio.Event()]
        running = asyncio.create_task(first.run("flow", {}, run_id=RUN))
        while not work.CALLS["gated"]:  # noqa: ASYNC110 (the function may not know the test)
            await asyncio.sleep(0)
        clock.offset += jump
        with pytest.raises(Busy, match="is being executed by process"):
            await second.resume(RUN)
        work.GATE[0].set()
        return await running

    assert asyncio.run(main()).state == "done"
    assert work.CALLS["gated"] == 1


@JUMPS
def test_an_event_that_may_be_late_is_late_by_the_clock_on_the_wall(
    make_runtime: Any, store: Store, clock: JumpingClock, jump: float
) -> None:
    """Its limit survives the process, so it can only be a date; the reason says what happened."""
    made: Runtime = make_runtime(
        flow(
            node("w", given={}, wait=Wait(event="go"), timeout=1800.0, on_error="continue"),
            node("behind", "step", given={"n": "0"}, after=("w",)),
        )
    )
    assert asyncio.run(made.run("flow", {}, run_id=RUN)).state == "waiting"
    clock.offset += jump
    asyncio.run(made.wake())
    clock.advance(1800 + max(0.0, -jump))
    asyncio.run(made.wake())

    run = store.runs.get(RUN)
    assert run.state == "done"
    assert why(store, run, "w")[0] == "timeout"
    assert work.CALLS["step"] == 1


@JUMPS
def test_events_keep_their_order_when_the_clock_is_set(
    make_runtime: Any, store: Store, clock: JumpingClock, jump: float
) -> None:
    """They are numbered; their times are what the clock said."""
    made: Runtime = make_runtime(
        flow(
            *(node(f"n{i}", "step", given={"n": f"n{i - 1}.n" if i else "0"}) for i in range(5)),
        )
    )
    heard: list[int] = []

    def on_event(event: Any) -> None:
        heard.append(event.seq)
        clock.offset += jump / 4

    run = asyncio.run(made.run("flow", {}, on_event=on_event))

    assert heard == sorted(set(heard))
    assert [event.seq for event in store.events.since(run.id)] == heard
