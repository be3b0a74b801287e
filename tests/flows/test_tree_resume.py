"""Behaviour trees over pauses, crashes and second tries."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from pantheon.clock import FakeClock
from pantheon.flows import Changes, Edit, Runtime, fork, replay
from pantheon.ids import RunId
from pantheon.spec import ContextKey, FlowDef, MemoryDef, NodeDef, Project, Wait
from pantheon.store import Event, NodeResult, Run, Store
from tests.flows import building, work
from tests.flows.building import e, flow, node, states
from tests.flows.test_tree import bad, given, good, late, message, tree
from tests.flows.trees import (
    budget,
    condition,
    guard,
    invert,
    leaf,
    once,
    parallel,
    repeat,
    retry,
    selector,
    sequence,
    timeout,
)

ON = {"on": ContextKey({"type": "boolean"}, True)}


def person(name: str) -> NodeDef:
    """A node that asks a person."""
    return node(name, "person", given={"q": '"?"'})


def event(name: str) -> NodeDef:
    """A node that waits for the event of its name."""
    return NodeDef(name, wait=Wait(event=name))


def off(name: str) -> NodeDef:
    """A node that switches `context.on` off."""
    return node(name, "step", given={"n": "0", "key": f'"{name}"'}, writes={"on": e("false")})


# ------------------------------------------------------------------ pauses


def test_a_leaf_that_waits_pauses_the_run_and_goes_on(make_runtime: Any, store: Store) -> None:
    """Nothing before it is done again; what comes behind reads the answer."""
    made: Runtime = make_runtime(
        tree(sequence("a", selector("ask", "b"), "c"), good("a"), person("ask"), good("b"),
             good("c", "ask.n"))
    )  # fmt: skip
    run = asyncio.run(made.run("flow", {}))
    assert (run.state, states(store, run)) == ("waiting", {"a[0]": "ok", "ask[0]": "waiting"})
    assert asyncio.run(made.resume(run.id)).state == "waiting"

    [question] = store.inbox.list(run=run.id)
    store.inbox.answer(question.id, {"n": 7}, at=1.0)
    done = asyncio.run(made.resume(run.id))

    assert given(done) == {"a": 1, "ask": 7, "b": None, "c": 8}
    assert work.CALLS == {"a": 1, "c": 1}


def test_what_a_person_says_is_judged_as_well(make_runtime: Any, store: Store) -> None:
    """An answer that does not pass the test lets the tree go on elsewhere."""
    made: Runtime = make_runtime(
        tree(selector(leaf("ask", "ask.n > 1"), "b"), person("ask"), good("b"))
    )
    run = asyncio.run(made.run("flow", {}))
    store.inbox.answer(store.inbox.list(run=run.id)[0].id, {"n": 0}, at=1.0)

    assert given(asyncio.run(made.resume(run.id))) == {"ask": 0, "b": 1}


def test_the_others_go_on_while_one_waits(make_runtime: Any, store: Store) -> None:
    """The run pauses when nobody is at work any more."""
    made: Runtime = make_runtime(
        tree(parallel("w", sequence("a", "b")), event("w"), good("a"), good("b"))
    )
    run = asyncio.run(made.run("flow", {}))
    assert (run.state, states(store, run)) == (
        "waiting",
        {"w[0]": "waiting", "a[0]": "ok", "b[0]": "ok"},
    )

    assert asyncio.run(made.signal(run.id, "w", {})).state == "done"
    assert work.CALLS == {"a": 1, "b": 1}


def test_enough_successes_end_what_waits(make_runtime: Any, store: Store) -> None:
    """Nobody is asked any longer what nobody needs to know."""
    made: Runtime = make_runtime(tree(parallel("ask", "a", need=1), person("ask"), good("a")))
    run = asyncio.run(made.run("flow", {}))

    assert run.state == "done"
    assert states(store, run)["ask[0]"] == "cancelled"
    assert [item.state for item in store.inbox.list(None, run=run.id)] == ["withdrawn"]


def test_a_timeout_lasts_over_a_pause(make_runtime: Any, store: Store, clock: FakeClock) -> None:
    """The run is woken when the time is over; an earlier event comes in time."""
    waiting = tree(selector(timeout(60, "w"), "a"), event("w"), good("a"))
    made: Runtime = make_runtime(waiting)
    late_run = asyncio.run(made.run("flow", {}))
    in_time = asyncio.run(made.run("flow", {}))
    assert [t.due for t in store.timers.of(late_run.id)] == [clock.now() + 60]
    clock.advance(30)
    assert asyncio.run(made.resume(late_run.id)).state == "waiting"
    assert given(asyncio.run(made.signal(in_time.id, "w", {"n": 5}))) == {"w": 5, "a": None}

    clock.advance(30)
    [woken] = asyncio.run(made.wake())

    assert (woken.id, given(woken)) == (late_run.id, {"w": None, "a": 1})
    result = store.journal.get(woken.id, "w", 0)
    assert result is not None
    assert (result.state, (result.reason or {})["reason"]) == ("cancelled", "timeout")
    assert "waiting" not in states(store, woken).values()


def test_a_timer_in_a_tree_counts_once(make_runtime: Any, store: Store, clock: FakeClock) -> None:
    """Walking the tree again does not start its time anew."""
    wait = NodeDef("w", wait=Wait(seconds=e("60")))
    root = parallel(guard("context.on", "w"), sequence("a", "b"))
    made: Runtime = make_runtime(tree(root, wait, good("a"), good("b"), context=ON))
    run = asyncio.run(made.run("flow", {}))
    due = clock.now() + 60
    assert [t.due for t in store.timers.of(run.id)] == [due]
    clock.advance(60)

    [woken] = asyncio.run(made.wake())
    assert woken.state == "done"


def test_the_visit_that_ended_last_is_the_newest_however_often_resumed(
    make_runtime: Any, store: Store
) -> None:
    """Not the one that began last: the first part is answered after the second."""
    made: Runtime = make_runtime(
        tree(sequence(parallel("ask", "ask"), "w", "c"), person("ask"), event("w"),
             good("c", "ask.n"))
    )  # fmt: skip
    run = asyncio.run(made.run("flow", {}))
    first, second = sorted(store.inbox.list(run=run.id), key=lambda item: item.index)
    for question, n in ((second, 20), (first, 10)):
        store.inbox.answer(question.id, {"n": n}, at=1.0)
        run = asyncio.run(made.resume(run.id))
    assert [r.output for r in store.journal.results(run.id)][:2] == [{"n": 10}, {"n": 20}]

    done = asyncio.run(made.signal(run.id, "w", {}))

    assert given(done)["ask"] == 10
    assert given(done)["c"] == 11
    assert asyncio.run(replay(store, run.id)).differences == ()
    change = Changes(edits=(Edit("ask.n", 30),))
    forked = fork(store, run.id, change, new_id=RunId("rfork"))
    assert forked.edited == ("ask",)
    assert {r.index: r.output for r in store.journal.results("rfork") if r.node == "ask"} == {
        0: {"n": 30},
        1: {"n": 20},
    }


def test_a_guard_ends_what_waits(make_runtime: Any, store: Store) -> None:
    """Also when it stops being true after its part has come to rest."""
    root = selector(parallel(guard("context.on", "ask"), sequence("a", "off")), "b")
    made: Runtime = make_runtime(
        tree(root, person("ask"), good("a"), off("off"), good("b"), context=ON)
    )
    run = asyncio.run(made.run("flow", {}))

    assert given(run)["b"] == 1
    assert states(store, run)["ask[0]"] == "cancelled"
    assert [item.state for item in store.inbox.list(None, run=run.id)] == ["withdrawn"]


def test_a_guard_is_looked_at_when_a_paused_run_goes_on(
    tmp_path: Path, store: Store, clock: FakeClock
) -> None:
    """What it reads may have been written by another run meanwhile."""
    waits = tree(
        selector(guard('memory.mode == "on"', "w"), "b"), event("w"), good("b"), name="waits"
    )
    switch = flow(
        node("s", "step", given={"n": "0"}, writes={"memory.mode": e('"off"')}), name="switch"
    )
    plain = building.project(tmp_path, waits, switch)
    memory = {"mode": MemoryDef("user", {"type": "string"}, "on")}
    both = Project(tmp_path, agents=plain.agents, flows=plain.flows, memory=memory)
    made = building.runtime(both, store, clock=clock)
    run = asyncio.run(made.run("waits", {}, user="ann"))
    assert run.state == "waiting"
    asyncio.run(made.run("switch", {}, user="ann"))

    assert given(asyncio.run(made.resume(run.id)))["b"] == 1


def test_a_cancelled_pause_has_typed_states(make_runtime: Any, store: Store) -> None:
    """Nobody executes the run; what waited in it is cancelled where it waited."""
    made: Runtime = make_runtime(
        tree(sequence("a", timeout(60, "ask"), "b"), good("a"), person("ask"), good("b"))
    )
    run = asyncio.run(made.run("flow", {}))
    ended = asyncio.run(made.cancel(run.id, "enough"))

    assert ended.state == "cancelled"
    assert states(store, run) == {
        "a[0]": "ok",
        "ask[0]": "cancelled",
        "tree:2[0]": "cancelled",
        "b": "cancelled",
    }


# ------------------------------------------------------------------ crashes


def everything() -> FlowDef:
    """Every kind of part, with one pause, a pre-emption and a context that changes."""
    counts = {**ON, "n": ContextKey({"type": "integer"}, 0)}
    counting = node(
        "count",
        "step",
        given={"n": "context.n", "key": '"count"'},
        writes={"n": e("output.n")},
    )
    root = sequence(
        invert("broken"),
        condition("context.n == 0"),
        repeat(5, sequence(once("first"), "count"), until="context.n >= 3"),
        condition("context.n == 3"),
        selector(parallel(guard("context.on", "busy"), sequence("wait", "off")), "instead"),
        "count",
        condition("context.n == 4 and not context.on"),
        retry(3, leaf("tried", "tried.n >= 3")),
        budget(timeout(999, sequence("ask", parallel("stuck", "x", need=1))), requests=3),
        guard("context.n == 4", sequence("y", "z")),
    )
    return tree(
        root,
        bad("broken"),
        good("first"),
        counting,
        node("busy", "stuck", given={}),
        node("wait", "traced", given={"name": '"wait"', "seconds": "3.0"}),
        off("off"),
        good("instead"),
        good("tried", "default(tried.n, 0)"),
        person("ask"),
        good("x", "context.n"),
        node("stuck", "stuck", given={}),
        good("y", "ask.n"),
        good("z", "y.n + x.n"),
        context=counts,
    )


class Lives:
    """A run that is lost again and again, each time a little later."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        self.store = store
        self.clock = clock
        self.folder = folder
        self.again: list[str] = []
        self.known: set[tuple[str | None, Any]] = set()

    def runtime(self) -> Runtime:
        """Another process."""
        return building.runtime(
            building.project(self.folder, everything()), self.store, clock=self.clock
        )

    def live(self, events: int | None) -> Run | None:
        """One life of the run: None when it was lost after so many events."""
        seen = 0

        def heard(event: Event) -> None:
            nonlocal seen
            seen += 1
            if event.kind == "node_started" and (event.node, event.data.get("index")) in self.known:
                self.again.append(f"{event.node}[{event.data.get('index')}]")
            if events is not None and seen > events:
                raise OSError("lost")

        try:
            made = self.runtime()
            if self.store.runs.list():
                return asyncio.run(made.resume("r1", on_event=heard))
            return asyncio.run(made.run("flow", {}, run_id=RunId("r1"), on_event=heard))
        except OSError:
            return None
        finally:
            self.clock.advance(100)
            self.known = {(r.node, r.index) for r in self.results() if r.state != "waiting"}

    def results(self) -> list[NodeResult]:
        """What is in the journal."""
        return self.store.journal.results("r1")

    def answer(self) -> None:
        """The person answers."""
        [question] = self.store.inbox.list(run="r1")
        self.store.inbox.answer(question.id, {"n": 10}, at=1.0)

    def finish(self, events: int | None) -> Run:
        """Bring it to its end, losing it after so many events each time."""
        for _ in range(200):
            run = self.live(events)
            if run is not None and run.state == "waiting":
                self.answer()
            elif self.store.runs.get("r1").state in {"done", "failed"}:
                return self.store.runs.get("r1")
        raise AssertionError("it never ends")


def undisturbed(tmp_path: Path) -> tuple[Run, dict[str, str]]:
    """The run when nothing happens to it."""
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        run = Lives(store, clock, tmp_path).finish(None)
        return run, states(store, run)


def test_a_tree_of_everything_runs(tmp_path: Path) -> None:
    """What the crashes below are compared with."""
    run, found = undisturbed(tmp_path)

    assert (run.state, run.failure) == ("done", None)
    assert given(run)["z"] == 17
    assert (found["busy[0]"], found["stuck[0]"]) == ("cancelled", "cancelled")


def test_a_crash_at_any_step_changes_nothing(tmp_path: Path) -> None:
    """The same output, the same states, and nothing that has a result begins again."""
    whole, found = undisturbed(tmp_path)
    for events in range(2, 60):
        clock = FakeClock()
        with Store.open(":memory:", clock=clock) as store:
            lives = Lives(store, clock, tmp_path)
            first = lives.live(events)
            run = lives.finish(None) if first is None else first
            if run.state == "waiting":
                lives.answer()
                run = lives.finish(None)
            assert (run.state, run.output) == ("done", whole.output), events
            assert states(store, run) == found, events
            assert lives.again == [], events


def test_a_run_that_is_lost_again_and_again_comes_to_its_end(tmp_path: Path) -> None:
    """Every life brings it a little further."""
    whole, found = undisturbed(tmp_path)
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        lives = Lives(store, clock, tmp_path)
        run = lives.finish(8)

        assert (run.state, run.output) == ("done", whole.output)
        assert states(store, run) == found
        assert lives.again == []


# ------------------------------------------------------------------ second tries


def test_a_failed_tree_is_tried_again_where_it_failed(make_runtime: Any) -> None:
    """What succeeded stays; what failed, or did not count, runs again."""
    made: Runtime = make_runtime(
        tree(sequence("a", "b", "c"), good("a"), late("b", 1), good("c", "b.n"))
    )
    run = asyncio.run(made.run("flow", {}))
    assert run.state == "failed"
    done = asyncio.run(made.resume(run.id))

    assert given(done) == {"a": 1, "b": 2, "c": 3}
    assert work.CALLS == {"a": 1, "b": 2, "c": 1}


def test_an_output_that_did_not_count_is_made_again(make_runtime: Any) -> None:
    """Nothing broke, but the tree failed because of it."""
    made: Runtime = make_runtime(tree(leaf("a", "a.n > 1"), late("a", 0)))
    run = asyncio.run(made.run("flow", {}))
    assert message(run) == "The tree failed: 'a' did not succeed (`a.n > 1` is not true)."

    assert given(asyncio.run(made.resume(run.id))) == {"a": 2}


def test_decisions_from_before_the_failure_stand(make_runtime: Any) -> None:
    """A condition that was true then need not be true any longer."""
    root = sequence(condition("not exists(a)"), "a", condition("exists(a)"), "b")
    made: Runtime = make_runtime(tree(root, good("a"), late("b", 1)))
    run = asyncio.run(made.run("flow", {}))

    assert given(asyncio.run(made.resume(run.id))) == {"a": 1, "b": 2}
    assert work.CALLS["a"] == 1


def test_decisions_from_after_the_failure_are_made_anew(make_runtime: Any) -> None:
    """They may have come out as they did only because of it."""
    root = sequence(selector("a", condition("1 < 2")), condition("exists(a)"), "b")
    made: Runtime = make_runtime(tree(root, late("a", 1), good("b")))
    run = asyncio.run(made.run("flow", {}))
    assert run.state == "failed"

    assert given(asyncio.run(made.resume(run.id))) == {"a": 2, "b": 1}


def test_a_condition_that_failed_the_tree_is_asked_again(
    tmp_path: Path, store: Store, clock: FakeClock
) -> None:
    """No node failed; the memory that it reads may have changed."""
    asks = tree(sequence("a", condition('memory.mode == "off"')), good("a"), name="asks")
    switch = flow(
        node("s", "step", given={"n": "0"}, writes={"memory.mode": e('"off"')}), name="switch"
    )
    plain = building.project(tmp_path, asks, switch)
    memory = {"mode": MemoryDef("user", {"type": "string"}, "on")}
    both = Project(tmp_path, agents=plain.agents, flows=plain.flows, memory=memory)
    made = building.runtime(both, store, clock=clock)
    run = asyncio.run(made.run("asks", {}, user="ann"))
    assert run.state == "failed"
    asyncio.run(made.run("switch", {}, user="ann"))

    assert given(asyncio.run(made.resume(run.id))) == {"a": 1}
    assert work.CALLS["a"] == 1


def test_what_was_cancelled_by_a_failure_is_tried_again(make_runtime: Any, store: Store) -> None:
    """A part that nobody needed any more is needed when the others are tried again."""
    made: Runtime = make_runtime(
        tree(parallel("slow", sequence("a", "b")), good("a"), late("b", 1),
             node("slow", "traced", given={"name": '"slow"', "seconds": "9.0"}))
    )  # fmt: skip
    run = asyncio.run(made.run("flow", {}))
    assert states(store, run)["slow[0]"] == "cancelled"
    done = asyncio.run(made.resume(run.id))

    assert (done.state, states(store, done)["slow[0]"]) == ("done", "ok")
    assert work.CALLS["a"] == 1


def test_a_part_that_was_preempted_is_tried_again(
    tmp_path: Path, store: Store, clock: FakeClock
) -> None:
    """The guard is asked again; its part goes on when it holds."""
    off_now = good("a", writes={"memory.mode": e('"off"')})
    root = guard('memory.mode == "on"', sequence("a", "b"))
    asks = tree(root, off_now, good("b"), name="asks")
    switch = flow(
        node("s", "step", given={"n": "0"}, writes={"memory.mode": e('"on"')}), name="switch"
    )
    plain = building.project(tmp_path, asks, switch)
    memory = {"mode": MemoryDef("user", {"type": "string"}, "on")}
    both = Project(tmp_path, agents=plain.agents, flows=plain.flows, memory=memory)
    made = building.runtime(both, store, clock=clock)
    run = asyncio.run(made.run("asks", {}, user="ann"))
    assert '`memory.mode == "on"` is not true' in message(run)
    assert asyncio.run(made.resume(run.id)).state == "failed"
    asyncio.run(made.run("switch", {}, user="ann"))

    assert given(asyncio.run(made.resume(run.id))) == {"a": 1, "b": 1}
    assert (work.CALLS["a"], work.CALLS["b"]) == (1, 1)
