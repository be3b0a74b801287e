"""What a hostile reading of the engine has found about values, the loop, the store and merges."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy, InputError, PantheonError, StoreFault
from pantheon.flows import Runtime
from pantheon.flows._ending import Ending
from pantheon.flows._merging import Arrived, Sources
from pantheon.ids import JsonObject, RunId
from pantheon.spec import Loop, Merge, Wait
from pantheon.store import InboxItem, Store
from tests.flows import work
from tests.flows.building import agent, e, flow, node, project, runtime, states, why

RUN = RunId("r1")


# ------------------------------------------------------------------ values


def test_a_number_that_json_cannot_carry_fails_its_node(make_runtime: Any, store: Store) -> None:
    """Not the run as a whole, which could never be resumed."""
    made: Runtime = make_runtime(
        flow(node("a", "hooked", given={"name": '"huge"', "seconds": "0"}), output={"n": "a.n"}),
        agents=(agent("hooked"),),
    )

    async def huge(_: float) -> dict[str, int]:
        return {"n": 10**5000}

    work.HOOKS["huge"] = huge
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "failed"
    assert why(store, run, "a")[0] == "invalid_output"


def test_items_that_json_cannot_carry_fail(make_runtime: Any, store: Store) -> None:
    """The same for an item of a map."""
    made: Runtime = make_runtime(
        flow(
            node("a", "hooked", given={"name": '"huge"', "seconds": "item"}, map="[1, 2]"),
            output={"n": "a"},
        ),
        agents=(agent("hooked"),),
    )

    async def huge(n: float) -> dict[str, int]:
        return {"n": 10**5000 if n == 1 else 1}

    work.HOOKS["huge"] = huge
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "failed"
    assert states(store, run) == {"a": "failed", "a[0]": "failed", "a[1]": "ok"}


def test_a_value_nested_too_deep_fails_its_node(make_runtime: Any, store: Store) -> None:
    """A loop that wraps what it got once more."""
    made: Runtime = make_runtime(
        flow(
            node("a", "wrap", given={"x": "last"}, loop=Loop(e("false"), 3000, exhausted="keep")),
            output={"n": "a"},
        ),
        agents=(agent("wrap"),),
    )
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert run.state == "failed"


def test_an_input_is_what_json_makes_of_it(make_runtime: Any) -> None:
    """A tuple is a list, before a crash and after it."""
    made: Runtime = make_runtime(
        flow(node("each", "step", given={"n": "item"}, map="input.xs"), output={"all": "each"})
    )
    given: Any = {"xs": (1, 2)}
    assert asyncio.run(made.run("flow", given)).output == {"all": [{"n": 2}, {"n": 3}]}


def test_an_input_belongs_to_the_run(make_runtime: Any) -> None:
    """Whoever started it may change his own object meanwhile."""

    async def main() -> JsonObject | None:
        made: Runtime = make_runtime(
            flow(
                node("slow", "traced", given={"name": '"slow"', "seconds": "5"}),
                node("b", "step", given={"n": "input.box.n"}, after=("slow",)),
            )
        )
        given: Any = {"box": {"n": 1}}
        task = asyncio.create_task(made.run("flow", given))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        given["box"]["n"] = 100
        return (await task).output

    assert asyncio.run(main()) == {"n": 2}


def test_a_check_cannot_change_what_it_checks(make_runtime: Any) -> None:
    """Validators see the answer; they do not write it."""
    checked = replace(agent("step"), name="checked", validators=("tests.flows.work:meddle",))
    made: Runtime = make_runtime(flow(node("a", "checked", given={"n": "1"})), agents=(checked,))
    run = asyncio.run(made.run("flow", {}))
    assert run.output == {"n": 2}


def test_a_wait_that_outlasts_the_calendar_is_told(make_runtime: Any, store: Store) -> None:
    """Not as a failure of the engine."""
    made: Runtime = make_runtime(flow(node("w", given={}, wait=Wait(seconds=e("1e15"))), output={}))
    run = asyncio.run(made.run("flow", {}, run_id=RUN))
    assert why(store, run, "w")[0] == "invalid_input"


# ------------------------------------------------------------------ the loop


@pytest.mark.parametrize("kind", ["loop", "map", "wide"])
def test_others_on_the_loop_get_their_turn(make_runtime: Any, kind: str) -> None:
    """Rounds, items and nodes that never suspend do not keep the loop for themselves."""
    nodes = {
        "loop": [
            node("a", "grow", given={"n": "0"}, loop=Loop(e("false"), 3000, exhausted="keep"))
        ],
        "map": [node("a", "step", given={"n": "item"}, map="input.xs")],
        "wide": [node(f"a{i}", "step", given={"n": "1"}) for i in range(5000)],
    }[kind]
    made: Runtime = make_runtime(flow(*nodes, output={}))
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    async def main() -> None:
        heart = asyncio.create_task(beat())
        assert (await made.run("flow", {"xs": list(range(3000))})).state == "done"
        heart.cancel()

    asyncio.run(main())
    assert beats >= {"loop": 40, "map": 40, "wide": 4}[kind]


def test_flows_may_nest_fifty_deep(make_runtime: Any) -> None:
    """Each is a frame of its own."""
    inner = flow(node("x", "step", given={"n": "input.n"}), name="f0")
    for i in range(1, 51):
        inner = flow(node("x", given={"n": "input.n"}, body=inner), name=f"f{i}")
    made: Runtime = make_runtime(inner)
    assert asyncio.run(made.run("f50", {"n": 1})).output == {"n": 2}


# ------------------------------------------------------------------ the store


def test_results_that_a_reader_could_not_write_are_told_to_those_who_wait(
    tmp_path: Path, clock: FakeClock
) -> None:
    """A query brings waiting rows into the file; when that fails, their writer must hear of it."""

    async def main() -> None:
        with Store.open(tmp_path / "p.db", clock=clock, busy_seconds=0.0) as store:
            other = sqlite3.connect(tmp_path / "p.db", isolation_level=None)
            with store.commits.grouped(), store.commits.grouped():
                store.events.append(RUN, "x", None, {})
                waiting = asyncio.ensure_future(store.commits.durable())
                await asyncio.sleep(0)
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(PantheonError):
                    store.journal.results(RUN)
                other.execute("ROLLBACK")
                with pytest.raises(PantheonError):
                    await waiting
            other.close()

    asyncio.run(main())


def test_a_run_that_begins_after_a_fault_is_not_told_of_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The database was locked for a moment while a long run was at work."""
    definition = flow(node("a", "step", given={"n": "0"}))
    long = flow(node("g", "gated", given={}), name="long")

    async def main() -> None:
        work.GATE[:] = [asyncio.Event()]
        with Store.open(tmp_path / "p.db", clock=clock, busy_seconds=0.0) as store:
            made = runtime(project(tmp_path, definition, long), store, clock=clock)
            slow = asyncio.create_task(made.run("long", {}))
            for _ in range(20):
                await asyncio.sleep(0)
            other = sqlite3.connect(tmp_path / "p.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Busy):
                await made.run("flow", {})
            other.execute("ROLLBACK")
            other.close()
            assert (await made.run("flow", {})).state == "done"
            work.GATE[0].set()
            await asyncio.gather(slow, return_exceptions=True)

    asyncio.run(main())


def test_a_second_run_of_the_same_id_is_refused(make_runtime: Any) -> None:
    """With a sentence that names it, and the first is not disturbed."""
    made: Runtime = make_runtime(flow(node("a", "step", given={"n": "0"})))
    asyncio.run(made.run("flow", {}, run_id=RUN))
    with pytest.raises(InputError):
        asyncio.run(made.run("flow", {}, run_id=RUN))
    assert asyncio.run(made.resume(RUN)).state == "done"


def test_what_belongs_to_a_result_that_could_not_be_kept_is_not_kept_either(
    tmp_path: Path, clock: FakeClock
) -> None:
    """A write of the same group is undone with the row that failed."""

    async def main() -> None:
        with Store.open(tmp_path / "p.db", clock=clock) as store:
            with store.commits.grouped(), store.commits.grouped():
                batch = store.commits.batch("INSERT INTO nowhere VALUES (?)")
                store.inbox.ask(InboxItem("q1", "a", "?", {}, {}, 1.0, "open", run=RUN))
                store.commits.add(batch, (1,))
                with pytest.raises(PantheonError):
                    await store.commits.durable()
            assert store.inbox.list() == []

    asyncio.run(main())


def test_a_loss_is_not_told_to_a_run_that_begins_later(tmp_path: Path, clock: FakeClock) -> None:
    """A long run is at work meanwhile; it is told, the new one is not."""
    short = flow(node("a", "step", given={"n": "0"}))
    long = flow(node("g", "gated", given={}), name="long")

    async def main() -> None:
        work.GATE[:] = [asyncio.Event()]
        with Store.open(tmp_path / "p.db", clock=clock) as store:
            made = runtime(project(tmp_path, short, long), store, clock=clock)
            slow = asyncio.create_task(made.run("long", {}))
            for _ in range(20):
                await asyncio.sleep(0)
            batch = store.commits.batch("INSERT INTO nowhere VALUES (?)")
            store.commits.add(batch, (1,))
            with pytest.raises(StoreFault):
                store.commits.settle_rows()
            assert (await made.run("flow", {})).state == "done"
            work.GATE[0].set()
            with pytest.raises(StoreFault):
                await slow

    asyncio.run(main())


def test_who_cancels_a_run_that_is_about_to_wait_ends_it(tmp_path: Path, clock: FakeClock) -> None:
    """Whichever turn of the loop the cancellation comes in."""
    definition = flow(node("ask", "person", given={"n": "1"}))

    async def main(turns: int) -> str:
        with Store.open(tmp_path / f"p{turns}.db", clock=clock) as store:
            made = runtime(project(tmp_path, definition), store, clock=clock)
            beside = asyncio.create_task(made.run("flow", {}))
            task = asyncio.create_task(made.run("flow", {}, run_id=RUN))
            for _ in range(turns + 4):
                await asyncio.sleep(0)
            assert store.runs.get(RUN)
            await made.cancel(RUN)
            await asyncio.gather(task, beside)
            return store.runs.get(RUN).state

    for turns in range(10):
        assert asyncio.run(main(turns)) == "cancelled"


class Counted(dict[str, Ending]):
    """Endings that count how often they are looked at."""

    looks = 0

    def __getitem__(self, name: str) -> Ending:
        self.looks += 1
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.looks += 1
        return super().get(name, default)

    def items(self) -> Any:
        self.looks += len(self)
        return super().items()


@pytest.mark.parametrize("policy", ["any", "first", "quorum", "best", "majority"])
def test_a_merge_looks_at_each_of_its_sources_once(policy: Any) -> None:
    """However many there are: what it costs grows with their number, not with its square."""
    names = tuple(f"s{i}" for i in range(300))
    last = policy in {"any", "first"}
    merge = Merge(
        names,
        policy,
        k=300 if policy in {"quorum", "majority"} else None,
        by=e("1") if policy == "majority" else e("item.n"),
        valid=e("item.n == 299") if last else e("item.n >= 0"),
    )
    endings = Counted()
    arrived = Arrived(merge, endings)
    outcome = None
    for number, name in enumerate(names):
        assert outcome is None
        endings[name] = Ending("ok", {"n": number})
        arrived.add(name)
        outcome = Sources(merge, endings, {}, arrived=arrived).outcome()
    assert outcome is not None
    assert outcome.gave
    assert endings.looks < 5 * len(names)
