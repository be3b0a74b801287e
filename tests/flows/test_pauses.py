"""Timers, events and cancelling: a pause holds nothing, and a run ends when somebody says so."""

from __future__ import annotations

import asyncio
import gc
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

from pantheon.clock import FakeClock, SystemClock
from pantheon.flows import Runtime
from pantheon.ids import RunId
from pantheon.spec import CommandTier, FlowDef, Merge, Wait
from pantheon.store import Store
from tests.flows import building, work
from tests.flows.building import agent, e, flow, node, states, why


def timer(seconds: str = "3600") -> FlowDef:
    """A step, an hour, another step."""
    return flow(
        node("a", "step", given={"n": "1"}),
        node("w", given={}, wait=Wait(seconds=e(seconds)), after=("a",)),
        node("b", "step", given={"n": "a.n"}, after=("w",)),
    )


def event(timeout: float | None = None) -> FlowDef:
    """An approval from outside."""
    schema: Any = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    return flow(
        node("w", given={}, wait=Wait(event="approved", schema=schema), timeout=timeout),
        output={"ok": "w.ok"},
    )


def test_a_timer_waits_and_is_woken(make_runtime: Any, store: Store, clock: FakeClock) -> None:
    """The run waits until the time has come, whoever resumes it earlier; nothing runs twice."""
    made: Runtime = make_runtime(timer())
    run = asyncio.run(made.run("flow", {}))
    due = clock.now() + 3600
    assert run.state == "waiting"
    assert [t.due for t in store.timers.of(run.id)] == [due]
    assert asyncio.run(made.wake()) == []
    assert asyncio.run(made.resume(run.id)).state == "waiting"
    assert store.timers.next_due() == due

    clock.advance(3600)
    (done,) = asyncio.run(made.wake())
    assert (done.state, done.output) == ("done", {"n": 3})
    assert work.CALLS["step"] == 2
    assert store.timers.next_due() is None


def test_a_time_that_is_none_is_refused(make_runtime: Any, store: Store) -> None:
    """The seconds are an expression; text is no time."""
    run = asyncio.run(make_runtime(timer('"soon"')).run("flow", {}))

    assert run.state == "failed"
    assert why(store, run, "w")[0] == "invalid_input"


def test_an_event_from_outside_lets_the_run_go_on(make_runtime: Any) -> None:
    """Its payload is the node's output; the first signal stands."""
    made: Runtime = make_runtime(event())
    run = asyncio.run(made.run("flow", {}))
    assert run.state == "waiting"
    done = asyncio.run(made.signal(run.id, "approved", {"ok": True}))
    again = asyncio.run(made.signal(run.id, "approved", {"ok": False}))

    assert (done.state, done.output) == ("done", {"ok": True})
    assert again.output == {"ok": True}


def test_an_event_may_come_before_it_is_waited_for(make_runtime: Any) -> None:
    """It is kept for the run."""
    slow = flow(
        node("a", "person", given={"q": '"?"'}),
        node("w", given={}, wait=Wait(event="go"), after=("a",)),
        output={"x": "w.x"},
    )
    made: Runtime = make_runtime(slow)
    run = asyncio.run(made.run("flow", {}))
    assert asyncio.run(made.signal(run.id, "go", {"x": 7})).state == "waiting"
    (item,) = made.store.inbox.list(state="open")
    made.store.inbox.answer(item.id, {"ok": True}, made.clock.now())

    assert asyncio.run(made.resume(run.id)).output == {"x": 7}


def test_an_event_that_does_not_fit_or_come_is_told(
    make_runtime: Any, store: Store, clock: FakeClock
) -> None:
    """A payload against the contract fails the node; so does waiting longer than its time."""
    made: Runtime = make_runtime(event(timeout=60.0))
    wrong = asyncio.run(made.run("flow", {}))
    wrong = asyncio.run(made.signal(wrong.id, "approved", {"ok": "yes"}))
    assert why(store, wrong, "w")[0] == "invalid_input"

    late = asyncio.run(made.run("flow", {}))
    assert late.state == "waiting"
    clock.advance(61)
    (late,) = asyncio.run(made.wake())
    assert why(store, late, "w") == ("timeout", "The event 'approved' did not come within 60 s.")


def test_paused_runs_hold_no_tasks(make_runtime: Any, store: Store) -> None:
    """A thousand waiting runs are rows; the process knows nothing of them."""
    made: Runtime = make_runtime(timer())

    async def main() -> tuple[int, int]:
        await asyncio.gather(*(made.run("flow", {}) for _ in range(1000)))
        await asyncio.sleep(0)
        gc.collect()
        kept = [o for o in gc.get_objects() if type(o).__name__ in {"Frame", "Work", "Recorder"}]
        return len(asyncio.all_tasks()), len(kept)

    assert asyncio.run(main()) == (1, 0)
    assert store.runs.count(state="waiting") == 1000


def test_a_cancelled_run_ends_with_its_programs(tmp_path: Path) -> None:
    """What is under way is cancelled, down to the process that a tier has started."""
    pid = tmp_path / "pid"
    sleeper = agent("sleeper", CommandTier(("sh", "-c", f"echo $$ > {pid}; exec sleep 60")))
    long = flow(node("a", "step", given={"n": "1"}), node("s", "sleeper", given={"x": "a.n"}))
    clock = SystemClock()
    with Store.open(tmp_path / "pantheon.db", clock=clock) as store:
        made = building.runtime(
            building.project(tmp_path, long, agents=(sleeper,)), store, clock=clock
        )

        async def main() -> Any:
            task = asyncio.create_task(made.run("flow", {}, run_id=RunId("r1")))
            while not pid.exists() or not pid.read_text():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            cancelled = await made.cancel("r1", "it takes too long.")
            return cancelled, await task

        cancelled, run = asyncio.run(main())
        assert cancelled == run
        assert run.state == "cancelled"
        assert run.failure is not None
        assert run.failure["message"] == "The run was cancelled: it takes too long."
        assert states(store, run) == {"a": "ok", "s": "cancelled"}
        assert not Path(f"/proc/{int(pid.read_text())}").exists()


def test_a_waiting_run_can_be_cancelled(make_runtime: Any, store: Store) -> None:
    """Nobody executes it: it is ended on the spot, and its nodes say why."""
    made: Runtime = make_runtime(event())
    run = asyncio.run(made.run("flow", {}))
    ended = asyncio.run(made.cancel(run.id, "nobody wants it."))

    assert ended.state == "cancelled"
    assert why(store, ended, "w") == ("cancelled", "The run was cancelled: nobody wants it.")
    assert asyncio.run(made.cancel(run.id)).state == "cancelled"


def test_another_process_can_cancel(tmp_path: Path) -> None:
    """The request is a row; whoever executes the run looks for it."""
    stuck = flow(node("s", "stuck", given={}))
    clock = SystemClock()
    with (
        Store.open(tmp_path / "pantheon.db", clock=clock) as mine,
        Store.open(tmp_path / "pantheon.db", clock=clock) as other,
    ):
        project = building.project(tmp_path, stuck)
        executing = building.runtime(project, mine, clock=clock)
        asking = building.runtime(project, other, clock=clock)

        async def main() -> Any:
            task = asyncio.create_task(executing.run("flow", {}, run_id=RunId("r1")))
            await asyncio.sleep(0.05)
            asked = await asking.cancel("r1", "enough.")
            return asked, await task

        asked, run = asyncio.run(main())
        assert asked.state == "running"
        assert run.state == "cancelled"
        assert states(mine, run) == {"s": "cancelled"}


def test_the_time_of_a_merge_runs_on_while_all_wait(
    make_runtime: Any, store: Store, clock: FakeClock
) -> None:
    """Nobody is at work, so nothing holds the run; when the time has come it goes on."""
    asks = flow(
        node("ask", "person", given={"q": '"?"'}),
        node("quick", "timed", given={"value": "1"}),
        node("m", given={}, merge=Merge(("ask", "quick"), timeout=60.0)),
        output={"m": "m"},
    )
    made: Runtime = make_runtime(asks)
    began = clock.now()
    run = asyncio.run(made.run("flow", {}))
    assert (run.state, clock.now()) == ("waiting", began)
    assert store.timers.next_due() == began + 60

    clock.advance(60)
    (done,) = asyncio.run(made.wake())
    assert (done.state, done.output) == ("done", {"m": {"quick": {"value": 1}}})
    assert states(store, done) == {"quick": "ok", "m": "ok", "ask": "cancelled"}
    assert [item.state for item in store.inbox.list(None)] == ["withdrawn"]


def test_a_deadline_ends_a_run_that_waits(
    make_runtime: Any, store: Store, clock: FakeClock
) -> None:
    """Nobody answers: when the time has come the run is woken, and fails."""
    asks = flow(node("ask", "person", given={"q": '"?"'}), output={"ok": "ask.ok"})
    made: Runtime = make_runtime(asks)
    run = asyncio.run(made.run("flow", {}, deadline=clock.now() + 60))
    assert run.state == "waiting"
    clock.advance(61)
    (late,) = asyncio.run(made.wake())

    assert late.state == "failed"
    assert late.failure is not None
    assert late.failure["reason"] == "timeout"
    assert states(store, late) == {"ask": "cancelled"}


# ------------------------------------------------------------------ while others are at work


def in_real_time(tmp_path: Path, *flows: FlowDef) -> tuple[Store, Runtime]:
    """A runtime on the machine's own clock."""
    clock = SystemClock()
    store = Store.open(tmp_path / "pantheon.db", clock=clock)
    return store, building.runtime(building.project(tmp_path, *flows), store, clock=clock)


def pausing(name: str = "pausing") -> FlowDef:
    """A short pause, then a step."""
    return flow(
        node("w", given={}, wait=Wait(seconds=e("0.02"))),
        node("b", "traced", given={"name": '"b"'}, after=("w",)),
        name=name,
    )


def test_a_pause_does_not_wait_for_the_others(tmp_path: Path) -> None:
    """The time of a branch comes while another is at work, also inside a flow of its own."""
    both = flow(
        node("x", flow="pausing", given={}),
        node("after", "traced", given={"name": '"after"', "n": "x.n"}),
        node("slow", "gated", given={}),
        output={"n": "after.n"},
    )
    store, made = in_real_time(tmp_path, both, pausing())

    async def main() -> Any:
        work.GATE[:] = [asyncio.Event()]
        task = asyncio.create_task(made.run("flow", {}))
        while "after ends" not in work.ORDER:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        assert not task.done()
        work.GATE[0].set()
        return await task

    with store:
        run = asyncio.run(asyncio.wait_for(main(), 10))
        assert (run.state, run.output) == ("done", {"n": 2})
        assert work.CALLS["b"] == work.CALLS["after"] == 1
        assert store.timers.next_due() is None


def test_an_event_reaches_a_run_that_is_at_work(tmp_path: Path) -> None:
    """A race between an event and something endless ends when the event comes."""
    racing = flow(
        node("x", body=event(), given={}),
        node("endless", "stuck", given={}),
        node("m", given={}, merge=Merge(("x", "endless"), "first")),
        output={"ok": "m.ok"},
    )
    store, made = in_real_time(tmp_path, racing)

    async def main() -> Any:
        task = asyncio.create_task(made.run("flow", {}, run_id=RunId("r1")))
        await asyncio.sleep(0.02)
        await made.signal("r1", "approved", {"ok": True})
        return await task

    with store:
        run = asyncio.run(asyncio.wait_for(main(), 10))
        assert (run.state, run.output) == ("done", {"ok": True})
        assert states(store, run)["endless"] == "cancelled"


def test_an_answer_from_another_process_is_noticed(tmp_path: Path) -> None:
    """Within a second, while something else of the run is still at work."""
    asking = flow(
        node("ask", "person", given={"q": '"?"'}),
        node("b", "traced", given={"name": '"b"'}, after=("ask",)),
        node("endless", "stuck", given={}),
        node("m", given={}, merge=Merge(("b", "endless"), "first")),
        output={"n": "m.n"},
    )
    store, made = in_real_time(tmp_path, asking)

    async def main() -> Any:
        task = asyncio.create_task(made.run("flow", {}))
        await asyncio.sleep(0.02)
        with Store.open(tmp_path / "pantheon.db", clock=made.clock) as other:
            (item,) = other.inbox.list()
            other.inbox.answer(item.id, {"ok": True}, 0.0)
        return await task

    with store:
        run = asyncio.run(asyncio.wait_for(main(), 10))
        assert (run.state, run.output) == ("done", {"n": 1})


def test_runs_of_dead_processes_are_woken_too(make_runtime: Any, store: Store) -> None:
    """A run whose owner is gone goes on; one that was interrupted on purpose does not."""
    made: Runtime = make_runtime(flow(node("a", "step", given={"n": "1"})))
    run = asyncio.run(made.run("flow", {}))
    for run_id, owner in (("r1", f"{platform.node()}/999999999/1/1"), ("r2", None)):
        store.runs.create(replace(run, id=RunId(run_id), state="running", output=None))
        if owner is not None:
            store.runs.lease(run_id, owner, 60.0)

    woken = asyncio.run(made.wake())

    assert [(r.id, r.state) for r in woken] == [("r1", "done")]
    assert store.runs.get("r2").state == "running"
