"""What random kills have found, each as small as it can be."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.flows import Runtime
from pantheon.ids import JsonObject, RunId
from pantheon.spec import FlowDef, Merge, Wait
from pantheon.store import Event, Run, Store
from tests.flows import work
from tests.flows.building import agent, e, flow, node, project, runtime, states, why

RUN = RunId("r1")


class Cut(Exception):
    """The process has gone."""


def run_and_cut(made: Runtime, *, after: str, input: JsonObject | None = None) -> None:
    """Run a flow in a process that dies when the result of a node has just been committed."""

    def lose(event: Event) -> None:
        if event.node == after and event.kind != "node_started":
            raise Cut

    with pytest.raises(Cut):
        asyncio.run(made.run("flow", input or {}, run_id=RUN, on_event=lose))


def test_a_failure_that_ends_the_run_ends_it_after_a_crash_as_well(
    make_runtime: Any, store: Store
) -> None:
    """The process died between the failure and the end: nothing else is begun."""
    made: Runtime = make_runtime(
        flow(
            node("bad", "boom", given={}, on_error="stop"),
            node("slow", "traced", given={"name": '"slow"', "seconds": "50"}),
            node("behind", "step", given={"n": "slow.n"}),
        )
    )
    run_and_cut(made, after="bad")

    resumed = asyncio.run(made.resume(RUN))

    assert (resumed.state, (resumed.failure or {})["node"]) == ("failed", "bad")
    assert states(store, resumed) == {"bad": "failed", "slow": "cancelled", "behind": "cancelled"}
    assert (work.CALLS["boom"], work.CALLS["step"]) == (1, 0)


def test_what_a_merge_did_without_is_not_begun_again_after_a_crash(
    make_runtime: Any, store: Store
) -> None:
    """The process died between the merge and the end of its other source, which never ends."""
    made: Runtime = make_runtime(
        flow(
            node("quick", "step", given={"n": "1"}),
            node("endless", "stuck", given={}),
            node("m", given={}, merge=Merge(("quick", "endless"), "first")),
        )
    )
    run_and_cut(made, after="m")

    resumed = asyncio.run(asyncio.wait_for(made.resume(RUN), 5))

    assert (resumed.state, resumed.output) == ("done", {"n": 2})
    assert why(store, resumed, "endless")[0] == "not_needed"


@pytest.mark.parametrize("attempts", range(0, 18, 3))
def test_a_node_that_is_being_committed_when_the_run_is_stopped_ends_once(
    tmp_path: Path, clock: FakeClock, attempts: int
) -> None:
    """Its result stands; nobody writes another, whichever turn of the loop the end comes in."""
    beside = [
        node(f"n{i}", "traced", given={"name": f'"n{i}"', "seconds": str(i)}) for i in range(20)
    ]
    bad = node("bad", "late_boom", given={"turns": str(attempts)}, on_error="stop")
    definition = flow(*beside, bad, output={})
    with Store.open(tmp_path / "pantheon.db", clock=clock) as store:
        made = runtime(
            project(tmp_path, definition, agents=(agent("late_boom"),)), store, clock=clock
        )
        run = asyncio.run(made.run("flow", {}))
        assert (run.state, (run.failure or {})["node"]) == ("failed", "bad")
        assert set(states(store, run).values()) <= {"ok", "failed", "cancelled"}


def test_who_stands_in_has_a_key_of_its_own(make_runtime: Any) -> None:
    """A service that knows keys must not take the second request for the first one again."""
    keys = [agent("refuse"), agent("note_key")]
    made: Runtime = make_runtime(
        flow(
            node("a", "refuse", given={}, fallback="b"),
            node("b", "note_key", given={}),
            node("c", "refuse", given={}, fallback="note_key"),
        ),
        agents=tuple(keys),
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))

    assert run.state == "done", run
    assert sorted(work.ORDER) == ["r1:a:-1:1", "r1:a:-1:1~b", "r1:c:-1:1", "r1:c:-1:1~note_key"]


def test_flows_that_stand_in_for_each_other_keep_their_nodes_apart(
    make_runtime: Any, store: Store
) -> None:
    """Both have a node of the same name; each has a place of its own in the journal."""

    def inner(name: str, function: str) -> FlowDef:
        return flow(node("same", function, given={}), name=name)

    made: Runtime = make_runtime(
        flow(
            node("a", given={}, body=inner("a", "boom"), fallback="b"),
            node("b", given={}, body=inner("b", "note_key")),
            output={"n": "a.n"},
        ),
        agents=(agent("note_key"),),
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))

    assert (run.state, run.output) == ("done", {"n": 1})
    assert states(store, run) == {"a/same": "failed", "a~b/same": "ok", "a": "ok", "b": "skipped"}


def test_a_run_that_ended_is_not_woken_by_a_timer_of_its_own(
    make_runtime: Any, store: Store, clock: FakeClock
) -> None:
    """It failed while one of its nodes waited for a time: it is not tried again by itself."""
    made: Runtime = make_runtime(
        flow(
            node("bad", "boom", given={}),
            node("later", given={}, wait=Wait(seconds=e("60"))),
            output={},
        )
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "failed"

    clock.advance(61)

    assert asyncio.run(made.wake()) == []
    assert work.CALLS["boom"] == 1
    assert store.timers.next_due() is None


def test_a_signal_that_comes_while_the_run_is_at_work_is_not_missed(
    make_runtime: Any, store: Store
) -> None:
    """The node began to wait, the event came, and only then the last other node ended."""
    made: Runtime = make_runtime(
        flow(
            node("w", given={}, wait=Wait(event="go")),
            node("slow", "gated", given={}),
            output={"w": "w", "n": "slow.n"},
        )
    )

    async def main() -> Run:
        work.GATE[:] = [asyncio.Event()]
        running = asyncio.create_task(made.run("flow", {}, run_id=RUN))
        while not work.CALLS["gated"]:  # noqa: ASYNC110 (the function may not know the test)
            await asyncio.sleep(0)
        await made.signal(RUN, "go", {"said": 1})
        work.GATE[0].set()
        return await running

    run = asyncio.run(main())

    assert (run.state, run.output) == ("done", {"w": {"said": 1}, "n": 1})
