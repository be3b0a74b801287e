"""Waiting for a person, going on after a cut, trying a failed run again, pins and leases."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pantheon.agents import Reason
from pantheon.clock import FakeClock
from pantheon.errors import Busy, NotFound, StoreFault
from pantheon.flows import LEASE_SECONDS, Runtime
from pantheon.ids import RunId
from pantheon.spec import FlowDef
from pantheon.store import Event, NodeResult, Run, Store
from tests.flows import building, work
from tests.flows.building import flow, node, states


def asking() -> FlowDef:
    """A person is asked beside other work."""
    return flow(
        node("before", "step", given={"n": "input.n"}),
        node("ask", "person", given={"n": "before.n"}),
        node("behind", "step", given={"n": "ask.n"}),
        node("beside", "step", given={"n": "before.n"}),
        output={"n": "behind.n", "m": "beside.n"},
    )


def test_a_question_makes_the_run_wait_and_an_answer_goes_on(
    make_runtime: Any, store: Store
) -> None:
    """All that can run runs; the run waits; resuming continues behind the answer."""
    made: Runtime = make_runtime(asking())
    run = asyncio.run(made.run("flow", {"n": 1}))

    assert (run.state, run.finished) == ("waiting", None)
    assert states(store, run) == {"before": "ok", "ask": "waiting", "beside": "ok"}
    [question] = store.inbox.list(run=run.id)
    assert store.runs.lease_of(run.id) is None

    still = asyncio.run(made.resume(run.id))
    assert still.state == "waiting"

    store.inbox.answer(question.id, {"n": 41}, at=1.0)
    done = asyncio.run(made.resume(run.id))

    assert (done.state, done.output) == ("done", {"n": 42, "m": 3})
    assert work.CALLS["step"] == 3
    assert asyncio.run(made.resume(run.id)) == done


def test_a_person_who_stands_in_is_asked_once(make_runtime: Any, store: Store) -> None:
    """The node that failed is not tried again when the person has answered."""
    made: Runtime = make_runtime(
        flow(node("a", "boom", given={}, fallback="person"), node("b", "step", given={"n": "a.n"}))
    )
    run = asyncio.run(made.run("flow", {}))
    assert (run.state, work.CALLS["boom"]) == ("waiting", 1)

    [question] = store.inbox.list(run=run.id)
    store.inbox.answer(question.id, {"n": 7}, at=1.0)
    done = asyncio.run(made.resume(run.id))

    assert (done.state, done.output, work.CALLS["boom"]) == ("done", {"n": 8}, 1)
    result = store.journal.get(run.id, "a")
    assert result is not None
    assert result.reason is not None
    assert result.reason["fallback"] == "person"


def test_a_map_waits_for_its_questions_only(make_runtime: Any, store: Store) -> None:
    """Items that are answered stay; each question is put once."""
    made: Runtime = make_runtime(
        flow(node("each", "person", given={"n": "item"}, map="[1, 2, 3]"), output={"all": "each"})
    )
    run = asyncio.run(made.run("flow", {}))
    questions = store.inbox.list(run=run.id)
    assert [q.index for q in questions] == [0, 1, 2]

    store.inbox.answer(questions[1].id, {"n": "b"}, at=1.0)
    assert asyncio.run(made.resume(run.id)).state == "waiting"
    assert states(store, run)["each[1]"] == "ok"
    for question in store.inbox.list(run=run.id):
        store.inbox.answer(question.id, {"n": question.index}, at=2.0)
    done = asyncio.run(made.resume(run.id))

    assert done.output == {"all": [{"n": 0}, {"n": "b"}, {"n": 2}]}
    assert len(store.inbox.list(None, run=run.id)) == 3


def test_a_failed_run_is_tried_again_where_it_failed(make_runtime: Any, store: Store) -> None:
    """Resuming keeps what succeeded and repeats what failed and what was behind it."""
    made: Runtime = make_runtime(
        flow(
            node("good", "step", given={"n": "0"}),
            node("bad", "flaky", given={"key": '"k"', "failures": "1"}, after=("good",)),
            node("behind", "step", given={"n": "bad.n"}),
        )
    )
    run = asyncio.run(made.run("flow", {}))
    assert (run.state, work.CALLS["step"]) == ("failed", 1)

    done = asyncio.run(made.resume(run.id))

    assert (done.state, done.output, done.failure) == ("done", {"n": 3}, None)
    assert work.CALLS == {"step": 2, "k": 2}
    assert [e.kind for e in store.events.since(run.id)].count("run_resumed") == 1


def test_items_that_failed_are_tried_again_alone(make_runtime: Any, store: Store) -> None:
    """Finished items of a map never run again."""
    made: Runtime = make_runtime(
        flow(
            node("each", "odd_is_wrong", given={"n": "item"}, map="[0, 1, 2]"),
            output={"all": "each"},
        )
    )
    run = asyncio.run(made.run("flow", {}))
    asyncio.run(made.resume(run.id))

    assert work.CALLS == {"item 0": 1, "item 1": 2, "item 2": 1}
    assert states(store, run) == {
        "each": "failed",
        "each[0]": "ok",
        "each[1]": "failed",
        "each[2]": "ok",
    }


def cut_short(made: Runtime, store: Store, *, at: str) -> Run:
    """A run whose process lost it when `at` had just been written."""

    def lose(event: Event) -> None:
        if event.node == at and event.kind == "node_finished":
            raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        asyncio.run(made.run("flow", {"n": 1}, on_event=lose))
    return store.runs.list(state="running")[0]


def test_a_run_goes_on_by_the_definitions_it_began_with(
    make_runtime: Any, store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    """Editing the flow never disturbs a run that is on its way; a new run has the new hash."""
    old = flow(node("a", "step", given={"n": "input.n"}), node("b", "step", given={"n": "a.n"}))
    new = flow(node("a", "step", given={"n": "input.n"}), node("b", "add", given={"a": "a.n"}))
    cut = cut_short(make_runtime(old), store, at="a")

    edited: Runtime = make_runtime(new)
    done = asyncio.run(edited.resume(cut.id))
    other = asyncio.run(edited.run("flow", {"n": 1}))

    assert (done.state, done.output) == ("done", {"n": 3})
    assert done.flow_hash == cut.flow_hash != other.flow_hash
    assert work.CALLS["step"] == 3


def test_agents_are_pinned_as_well(make_runtime: Any, store: Store) -> None:
    """A run goes on with the agent as it was defined when it began."""
    chain = flow(node("a", "step", given={"n": "input.n"}), node("b", "mine", given={"n": "a.n"}))
    first = building.agent("mine", building.agent("step").tiers[0])
    second = building.agent("mine", building.agent("boom").tiers[0])
    cut = cut_short(make_runtime(chain, agents=(first,)), store, at="a")

    done = asyncio.run(make_runtime(chain, agents=(second,)).resume(cut.id))

    assert (done.state, done.output) == ("done", {"n": 3})


def test_only_one_runtime_runs_a_run(make_runtime: Any, store: Store, clock: FakeClock) -> None:
    """The second gets Busy, however long it takes; when the first is done, it is done."""
    waits = flow(node("a", "gated", given={}))
    first: Runtime = make_runtime(waits)
    second: Runtime = make_runtime(waits)

    async def main() -> tuple[Run, Run]:
        work.GATE[:] = [asyncio.Event()]
        running = asyncio.create_task(first.run("flow", {}, run_id=RunId("r1")))
        while not work.CALLS["gated"]:  # noqa: ASYNC110 (the function may not know the test)
            await asyncio.sleep(0)
        clock.advance(2 * LEASE_SECONDS)
        with pytest.raises(Busy, match="is being executed by process"):
            await second.resume("r1")
        work.GATE[0].set()
        done = await running
        return done, await second.resume("r1")

    done, again = asyncio.run(main())
    assert done == again
    assert work.CALLS["gated"] == 1


def test_the_run_of_a_dead_process_is_taken_over_at_once(make_runtime: Any, store: Store) -> None:
    """Nobody waits for the lease of a process that is gone."""
    import platform

    made: Runtime = make_runtime(asking())
    run = asyncio.run(made.run("flow", {"n": 1}))
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    store.runs.lease(run.id, f"{platform.node()}/{gone}/1/1", 1e9)

    assert asyncio.run(made.resume(run.id)).state == "waiting"


def test_another_machine_has_until_its_lease_ends(
    make_runtime: Any, store: Store, clock: FakeClock
) -> None:
    """What runs elsewhere cannot be seen: only time tells."""
    made: Runtime = make_runtime(asking())
    run = asyncio.run(made.run("flow", {"n": 1}))
    store.runs.lease(run.id, "elsewhere/1/1/1", 60)

    with pytest.raises(Busy, match="process 1 on elsewhere"):
        asyncio.run(made.resume(run.id))
    clock.advance(61)
    assert asyncio.run(made.resume(run.id)).state == "waiting"


def test_a_cancelled_task_leaves_a_run_that_can_be_resumed(make_runtime: Any, store: Store) -> None:
    """Ctrl-C or a time limit of the caller: nothing is lost, the lease is given back."""
    made: Runtime = make_runtime(
        flow(
            node("a", "step", given={"n": "0"}),
            node("b", "stuck", given={}, after=("a",), timeout=0.2),
        )
    )

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await made.run("flow", {}, run_id=RunId("r1"))

    asyncio.run(main())
    assert store.runs.get("r1").state == "running"
    assert store.runs.lease_of("r1") is None
    done = asyncio.run(made.resume("r1"))
    assert done.failure is not None
    assert done.failure["reason"] == Reason.TIMEOUT
    assert work.CALLS["step"] == 1


def test_a_full_disk_stops_the_run_and_space_lets_it_go_on(
    tmp_path: Path, clock: FakeClock
) -> None:
    """StoreFault with the hint; nothing that was committed is lost or repeated."""
    chain = flow(
        *(node(f"n{i}", "step", given={"n": f"n{i - 1}.n" if i else "0"}) for i in range(400))
    )
    with Store.open(tmp_path / "pantheon.db", clock=clock) as store:
        made = building.runtime(building.project(tmp_path, chain), store, clock=clock)
        pages = store._database.scalar("PRAGMA page_count")
        store._database.write(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(StoreFault, match="is full"):
            asyncio.run(made.run("flow", {}, run_id=RunId("r1")))
        store._database.write("PRAGMA max_page_count = 1000000")
        calls = work.CALLS["step"]
        kept: list[NodeResult] = store.journal.results("r1")
        assert 0 < len(kept) < 400

        done = asyncio.run(made.resume("r1"))

        assert (done.state, done.output) == ("done", {"n": 400})
        assert work.CALLS["step"] == calls + 400 - len(kept)
        assert calls - len(kept) <= 1  # only the node in flight ran twice


def test_resuming_what_is_not_there_is_said(make_runtime: Any) -> None:
    """A run that nobody started is NotFound."""
    with pytest.raises(NotFound, match="no run r0"):
        asyncio.run(make_runtime(asking()).resume("r0"))


def test_many_runs_at_once_do_not_mix(make_runtime: Any, store: Store) -> None:
    """Concurrent runs share commits and nothing else."""
    chain = flow(
        node("a", "step", given={"n": "input.n"}),
        node("b", "step", given={"n": "a.n"}),
        node("c", "add", given={"a": "a.n", "b": "b.n"}),
    )
    made: Runtime = make_runtime(chain)

    async def main() -> list[Run]:
        return await asyncio.gather(*(made.run("flow", {"n": i}) for i in range(50)))

    runs = asyncio.run(main())

    assert [run.output for run in runs] == [{"n": 2 * i + 3} for i in range(50)]
    assert len({run.id for run in runs}) == 50
    assert store.runs.count(state="done") == 50


def test_a_run_that_breaks_leaves_no_open_transaction(tmp_path: Path, clock: FakeClock) -> None:
    """Tasks that never began count for nothing: later writes commit by themselves."""
    wide = flow(*(node(f"n{i}", "step", given={"n": "0"}) for i in range(9)))
    with (
        Store.open(tmp_path / "pantheon.db", clock=clock) as store,
        Store.open(tmp_path / "pantheon.db", clock=clock) as other,
    ):
        made = building.runtime(building.project(tmp_path, wide), store, clock=clock)

        def broken(event: Event) -> None:
            raise OSError(event.kind)

        with pytest.raises(OSError, match="run_started"):
            asyncio.run(made.run("flow", {}, on_event=broken))
        store.monitors.set("agent", {"written": True})

        assert other.monitors.get("agent") == {"written": True}
        assert other.runs.count(state="running") == 1
