"""What a hostile reading of the engine has found, each as small as it can be."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy
from pantheon.flows import Runtime
from pantheon.ids import RunId
from pantheon.spec import Merge, Wait
from pantheon.store import NodeResult, Store
from tests.flows import work
from tests.flows.building import agent, e, flow, node, project, runtime, states

RUN = RunId("r1")


# ------------------------------------------------------------------ fan-out


def test_what_becomes_ready_when_every_follower_has_just_ended_still_runs(
    make_runtime: Any, store: Store
) -> None:
    """The first of a thousand ends last, and two nodes wait for it alone."""
    wide = [node(f"w{i}", "step", given={"n": "start.n"}) for i in range(1100)]
    made: Runtime = make_runtime(
        flow(
            node("start", "step", given={"n": "0"}),
            node("late", "traced", given={"name": '"late"', "seconds": "1", "n": "start.n"}),
            *wide,
            node("x", "step", given={"n": "late.n"}),
            node("y", "step", given={"n": "late.n"}),
            output={"x": "x.n", "y": "y.n"},
        )
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert (run.state, run.output) == ("done", {"x": 3, "y": 3})


@pytest.mark.parametrize("turns", range(1, 9))
def test_what_becomes_ready_when_every_follower_has_just_ended_still_runs_on_disk(
    tmp_path: Path, clock: FakeClock, turns: int
) -> None:
    """Whichever commit the last one shares with the others."""
    wide = [node(f"w{i}", "step", given={"n": "start.n"}) for i in range(1100)]
    definition = flow(
        node("start", "step", given={"n": "0"}),
        node("late", "traced", given={"name": '"late"', "seconds": str(turns), "n": "start.n"}),
        *wide,
        node("x", "step", given={"n": "late.n"}),
        node("y", "step", given={"n": "late.n"}),
        output={"x": "x.n", "y": "y.n"},
    )
    with Store.open(tmp_path / "p.db", clock=clock) as store:
        made = runtime(project(tmp_path, definition), store, clock=clock)
        run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert (run.state, run.output) == ("done", {"x": 3, "y": 3})


# ------------------------------------------------------------------ cancelling


def test_a_function_that_raises_a_cancellation_of_its_own_fails_its_node(
    make_runtime: Any, store: Store
) -> None:
    """Nobody cancelled the run: a leaked CancelledError is a failure like any other."""
    made: Runtime = make_runtime(
        flow(
            node("first", "step", given={"n": "0"}),
            node("leaks", "leaks", given={"n": "first.n"}),
            node("beside", "step", given={"n": "first.n"}),
            output={"n": "leaks.n"},
        ),
        agents=(agent("leaks"),),
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "failed"
    assert states(store, run)["leaks"] == "failed"


def test_items_whose_function_raises_a_cancellation_fail(make_runtime: Any, store: Store) -> None:
    """The same inside a map."""
    made: Runtime = make_runtime(
        flow(node("each", "leaks", given={"n": "item"}, map="[1, 2]"), output={"all": "each"}),
        agents=(agent("leaks"),),
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "failed"
    assert states(store, run) == {"each": "failed", "each[0]": "failed", "each[1]": "failed"}


def test_a_run_that_is_cancelled_while_its_end_is_being_committed_is_returned(
    tmp_path: Path, clock: FakeClock
) -> None:
    """It has ended: whoever awaits it is not cancelled for that."""
    definition = flow(node("a", "step", given={"n": "0"}))

    async def main(turns: int) -> str:
        with Store.open(tmp_path / f"p{turns}.db", clock=clock) as store:
            made = runtime(project(tmp_path, definition), store, clock=clock)
            beside = asyncio.create_task(made.run("flow", {}))
            task = asyncio.create_task(made.run("flow", {}, run_id=RUN))
            for _ in range(turns):
                await asyncio.sleep(0)
            told = await made.cancel(RUN) if RUN in [r.id for r in store.runs.list()] else None
            run = await task
            await beside
            assert told is None or told.state == run.state
            return run.state

    for turns in range(1, 14):
        assert asyncio.run(main(turns)) in {"cancelled", "done"}


def test_a_waiting_run_that_another_process_cancelled_is_not_woken(
    tmp_path: Path, clock: FakeClock
) -> None:
    """Its timer goes with it."""
    definition = flow(node("w", given={}, wait=Wait(seconds=e("60"))), output={})
    path = tmp_path / "p.db"
    with Store.open(path, clock=clock) as here:
        made = runtime(project(tmp_path, definition), here, clock=clock)
        assert asyncio.run(made.run("flow", {}, run_id=RUN)).state == "waiting"
    with Store.open(path, clock=clock) as there:
        other = runtime(project(tmp_path, definition), there, clock=clock)
        assert asyncio.run(other.cancel(RUN)).state == "cancelled"
        clock.advance(61)
        assert asyncio.run(other.wake()) == []
        assert there.runs.get(RUN).state == "cancelled"


def test_a_person_is_asked_again_when_a_cancelled_run_goes_on(
    make_runtime: Any, store: Store
) -> None:
    """The question was withdrawn with the run; it is put anew."""
    made: Runtime = make_runtime(flow(node("ask", "person", given={"n": "1"})))
    asyncio.run(made.run("flow", {}, run_id=RUN))
    asyncio.run(made.cancel(RUN))
    assert store.inbox.list(run=RUN) == []

    assert asyncio.run(made.resume(RUN)).state == "waiting"
    [question] = store.inbox.list(run=RUN)
    store.inbox.answer(question.id, {"n": 5}, at=1.0)
    assert asyncio.run(made.resume(RUN)).output == {"n": 5}


def test_questions_inside_what_a_merge_does_without_are_withdrawn(
    make_runtime: Any, store: Store
) -> None:
    """Those of a map of flows as well, and those of a flow that is still at work."""
    asks = flow(node("q", "person", given={"n": "input.n"}), name="asks")
    busy = flow(
        node("q", "person", given={"n": "1"}),
        node("endless", "stuck", given={}),
        output={},
        name="busy",
    )
    made: Runtime = make_runtime(
        flow(
            node("each", given={"n": "item"}, map="[1, 2]", body=asks),
            node("busy", given={}, body=busy),
            node("quick", "traced", given={"name": '"quick"', "seconds": "30"}),
            node("m", given={}, merge=Merge(("each", "busy", "quick"), "first")),
        )
    )
    run = asyncio.run(asyncio.wait_for(made.run("flow", {}, run_id=RUN), 5))
    assert run.state == "done"
    assert store.inbox.list(run=RUN) == []
    assert len(store.inbox.list(None, run=RUN)) == 3


def test_a_cancelled_run_is_cancelled_though_a_merge_cancelled_its_node_at_once(
    make_runtime: Any, store: Store
) -> None:
    """Both hit the same task in one turn of the loop; neither may be lost."""

    async def main() -> None:
        made: Runtime = make_runtime(
            flow(
                node("endless", "stuck", given={}),
                node("gate", "hooked", given={"name": '"gate"', "seconds": "0"}),
                node("other", "traced", given={"name": '"other"', "seconds": "200"}),
                node("m", given={}, merge=Merge(("endless", "gate"), "first")),
                output={"m": "m.n", "o": "other.n"},
            ),
            agents=(agent("hooked"),),
        )
        opened = asyncio.Event()

        async def gate(_: float) -> dict[str, int]:
            await opened.wait()
            await asyncio.sleep(0)
            return {"n": 1}

        work.HOOKS["gate"] = gate
        for wait in range(6):
            opened.clear()
            id = RunId(f"r{wait}")
            task = asyncio.create_task(made.run("flow", {}, run_id=id))
            for _ in range(20):
                await asyncio.sleep(0)
            opened.set()
            for _ in range(wait):
                await asyncio.sleep(0)
            done = asyncio.create_task(made.cancel(id))
            run = await asyncio.wait_for(task, 5)
            await done
            assert run.state == "cancelled", wait

    asyncio.run(main())


# ------------------------------------------------------------------ resuming


def test_two_who_resume_a_run_in_one_process_do_not_both_run_it(
    make_runtime: Any, store: Store
) -> None:
    """The second one is told that it is being executed."""
    made: Runtime = make_runtime(
        flow(
            node("ask", "person", given={"n": "1"}),
            node("behind", "traced", given={"name": '"behind"', "seconds": "5"}, after=("ask",)),
        )
    )
    asyncio.run(made.run("flow", {}, run_id=RUN))
    [question] = store.inbox.list(run=RUN)
    store.inbox.answer(question.id, {"n": 5}, at=1.0)

    async def both() -> Any:
        return await asyncio.gather(made.resume(RUN), made.resume(RUN), return_exceptions=True)

    first, second = asyncio.run(both())
    assert first.state == "done"
    assert isinstance(second, Busy)
    assert work.CALLS["behind"] == 1


def test_what_a_merge_gave_up_is_tried_again_with_the_merge(make_runtime: Any) -> None:
    """It could not have all three any more, and did without the third: now it can."""
    made: Runtime = make_runtime(
        flow(
            node("bad", "flaky", given={"key": '"bad"', "failures": "1"}),
            node("slow", "traced", given={"name": '"slow"', "seconds": "50"}),
            node("m", given={}, merge=Merge(("bad", "slow"), "quorum", k=2)),
            node("end", "step", given={"n": "m.bad.n"}),
            node("worse", "flaky", given={"key": '"worse"', "failures": "1"}),
            output={"n": "end.n", "w": "worse.n"},
        )
    )
    assert asyncio.run(made.run("flow", {}, run_id=RUN)).state == "failed"
    run = asyncio.run(made.resume(RUN))
    assert (run.state, run.output) == ("done", {"n": 3, "w": 2})


def test_a_flow_that_stands_in_may_wait(make_runtime: Any, store: Store) -> None:
    """The run waits for what is inside it, and goes on there."""
    inner = flow(node("q", "person", given={"n": "1"}), name="inner")
    made: Runtime = make_runtime(
        flow(
            node("a", "boom", given={}, fallback="b"),
            node("b", given={}, body=inner),
            output={"n": "a.n"},
        )
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "waiting"
    [question] = store.inbox.list(run=RUN)
    store.inbox.answer(question.id, {"n": 5}, at=1.0)
    done = asyncio.run(made.resume(RUN))
    assert (done.state, done.output, work.CALLS["boom"]) == ("done", {"n": 5}, 1)


def test_a_merge_takes_who_ended_first_though_the_process_died_before_it_could(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The order in which nodes ended is known from the journal."""
    definition = flow(
        node("a", "step", given={"n": "10"}),
        node("b", "step", given={"n": "20"}),
        node("m", given={}, merge=Merge(("a", "b"), "first")),
    )
    with Store.open(":memory:", clock=clock) as store:
        made = runtime(project(tmp_path, definition), store, clock=clock)
        assert asyncio.run(made.run("flow", {}, run_id=RUN)).state == "done"
        store.journal.forget(RUN, [("m", -1), ("a", -1), ("b", -1)])
        store.runs.update(RUN, state="running", output=None, finished=None)
        for seq, (name, n) in enumerate([("b", 21), ("a", 11)]):
            store.journal.record(
                NodeResult(RUN, name, -1, "ok", {"n": n}, None, 1, 1.0, 1.0, 100 + seq, None)
            )
        done = asyncio.run(made.resume(RUN))
        assert done.output == {"n": 21}
