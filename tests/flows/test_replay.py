"""A replay executes a run from its journal alone and compares; forks of random flows of all kinds."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock, SystemClock
from pantheon.errors import NotFound
from pantheon.flows import Changes, Difference, Runtime, fork, replay, standings
from pantheon.flows._history import read_history
from pantheon.flows._replay import _stops
from pantheon.flows._spread import had_ended
from pantheon.flows._tree_parts import compile_tree
from pantheon.ids import JsonObject, RunId
from pantheon.spec import FlowDef
from pantheon.store import NodeResult, Run, Store
from tests.flows import crash_work, work
from tests.flows.building import RunFlow, flow, node, project, runtime
from tests.flows.crash_driver import OVER
from tests.flows.random_graphs import make_case, seeded_tape
from tests.flows.test_fork import DIAMOND, step
from tests.flows.test_random_flows import is_spared
from tests.flows.test_tree_random import Grown, trees


def run_twice(run_flow: RunFlow, store: Store, *flows: FlowDef, **input: Any) -> Any:
    """Run a flow, then replay it; nothing may be asked in the replay."""
    run = run_flow(flows[0], input)
    work.CALLS.clear()
    before = store.events.since(run.id)
    replayed = asyncio.run(replay(store, run.id))
    assert not work.CALLS
    assert store.events.since(run.id) == before
    return replayed


def test_a_replay_comes_to_the_same_and_asks_nobody(run_flow: RunFlow, store: Store) -> None:
    """What agents gave is taken from the journal; the journal stays as it is."""
    done = run_twice(run_flow, store, DIAMOND, n=1, m=5)

    assert (done.same, done.run.output, done.taken) == (True, {"n": 9}, 4)


def test_skips_merges_and_maps_are_worked_out_again(run_flow: RunFlow, store: Store) -> None:
    """They follow from what the agents gave."""
    from pantheon.spec import Merge

    mixed = flow(
        node("m", "step", given={"n": "item"}, map="input.items"),
        step("no", "1", when="m[0].n > 100"),
        step("behind", "no.n"),
        node("both", given={}, merge=Merge(("m", "no"), "all")),
        output={"m": "m", "no": "behind.n"},
    )
    done = run_twice(run_flow, store, mixed, items=[1, 2])

    assert (done.same, done.taken, done.worked_out) == (True, 3, 3)


def test_a_failed_run_fails_again_in_the_same_way(run_flow: RunFlow, store: Store) -> None:
    """The failure is the recorded one, word for word."""
    done = run_twice(run_flow, store, flow(node("a", "boom", given={}), step("b", "a.n")))

    assert done.same
    assert (done.run.state, done.worked_out) == ("failed", 1)


def test_a_journal_that_was_changed_is_found_out(run_flow: RunFlow, store: Store) -> None:
    """What follows from the changed result no longer fits what was recorded."""
    run = run_flow(DIAMOND, {"n": 1, "m": 5})
    result = store.journal.get(run.id, "end")
    assert result is not None
    store.journal.forget(run.id, [("end", -1)])
    changed = NodeResult(
        run.id, "end", -1, "ok", {"n": 10}, None, 1, result.started, result.finished, result.seq
    )
    store.journal.record(changed)

    done = asyncio.run(replay(store, run.id))

    assert done.differences == (Difference("the run", "output", {"n": 9}, {"n": 10}),)


def test_every_node_stands_somewhere_at_every_point(run_flow: RunFlow, store: Store) -> None:
    """After event 0 nothing has begun; after the last everything has ended."""
    run = run_flow(DIAMOND, {"n": 1, "m": 5})
    last = store.events.last(run.id)

    assert {s.state for s in standings(store, run.id, 0)} == {"not begun"}
    assert {s.state for s in standings(store, run.id, last)} == {"ok"}
    middle = [r.seq for r in store.journal.results(run.id)][1]
    states = [s.state for s in standings(store, run.id, middle)]
    assert states.count("ok") == 2


def test_a_replay_of_an_unknown_run_says_so(store: Store) -> None:
    """The id is the user's."""
    with pytest.raises(NotFound):
        asyncio.run(replay(store, "r0"))


# ------------------------------------------------------------------ random flows of all kinds


async def to_the_end(made: Runtime, run: Run) -> Run:
    """Give a run what it waits for until it has ended."""
    store = made.store
    while run.state not in OVER:
        await _serve(made, store, run)
        run = await made.resume(run.id)
    return run


async def _serve(made: Runtime, store: Store, run: Run) -> None:
    waiting = [r for r in store.journal.results(run.id) if r.state == "waiting"]
    for name in {str((r.reason or {}).get("event")) for r in waiting}:
        if name.startswith("go"):
            await made.signal(run.id, name, {"n": len(name)}, resume=False)
    for question in store.inbox.list(run=run.id):
        store.inbox.answer(question.id, {"n": 7}, at=0.0)
    await asyncio.sleep(0.012)


def outcome(store: Store, run: Run) -> dict[tuple[str, int], tuple[str, Any]]:
    """What every node came to but those a merge did without, or that the run's end left waiting."""
    return {
        (r.node, r.index): (r.state, r.output)
        for r in store.journal.results(run.id)
        if had_ended(r) and not is_spared(r) and r.state != "waiting"
    }


def was_cut_off(store: Store, run: Run) -> bool:
    """Whether a failure ended a flow at once: what went before it had its turn is a matter of luck."""
    history = read_history(store, run)
    return any(_stops(history, result) for result in history.results.values())


def size_of(effects: Path) -> int:
    """How much has been left so far."""
    return effects.stat().st_size


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    """Where the functions of the random flows leave that they were called."""
    path = tmp_path / "effects"
    crash_work.FILE[:] = [crash_work.Effects(path, lambda _, line: line)]
    return path


@pytest.mark.parametrize("seed", range(40))
def test_random_flows_replay_and_fork_to_the_same(seed: int, tmp_path: Path, effects: Path) -> None:
    """Whatever the engine can do: the replay differs in nothing, and so does a fork from a node.

    What the fork keeps is not run again.
    """
    case = make_case(seeded_tape(seed))
    with Store.open(":memory:", clock=SystemClock()) as store:
        made = runtime(case.project(tmp_path), store, clock=SystemClock())

        async def story() -> None:
            run = await to_the_end(made, await made.run("flow", {"n": 1}))
            replayed = await replay(store, run.id)
            assert replayed.differences == ()

            paths = sorted({r.node for r in store.journal.results(run.id)})
            chosen = random.Random(seed).choice(paths)
            size = size_of(effects)
            forked = fork(store, run.id, Changes(again=(chosen,)), new_id=RunId("rfork"))
            again = await to_the_end(made, await made.resume(forked.run.id))
            if not was_cut_off(store, run):
                assert (again.state, again.output) == (run.state, run.output)
                before, after = outcome(store, run), outcome(store, again)
                both = before.keys() & after.keys()  # a merge may have done without another one
                assert {key: after[key] for key in both} == {key: before[key] for key in both}
            called = {e.place for e in crash_work.read_effects(effects, size)}
            assert not called & set(forked.kept)
            assert (await replay(store, again.id)).differences == ()

        asyncio.run(story())


# ------------------------------------------------------------------------------------- trees


@settings(max_examples=60, deadline=None)
@given(grown=trees(together=True), data=st.data())
def test_random_trees_replay_and_fork_to_the_same(grown: Grown, data: st.DataObject) -> None:
    """What the tree did before the node is kept; from there on it decides anew, and the same."""
    definition = grown.flow()
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        made = runtime(project(Path.cwd(), definition), store, clock=clock)

        async def story() -> None:
            work.CALLS.clear()
            run = await made.run(definition.name, {})
            assert (await replay(store, run.id)).differences == ()
            chosen = data.draw(st.sampled_from(sorted(definition.nodes)))
            work.CALLS.clear()
            forked = fork(store, run.id, Changes(again=(chosen,)), new_id=RunId("rfork"))
            again = await made.resume(forked.run.id)
            assert again.state == run.state
            raced = races(definition, store, run, again)
            assert without(again.output, raced) == without(run.output, raced)
            assert (await replay(store, again.id)).differences == ()

        asyncio.run(story())


def races(definition: FlowDef, store: Store, *runs: Run) -> set[str]:
    """Nodes below a `parallel` that was certain before all of it had ended, in any of the runs.

    How far the others had come by then is a matter of time, and so is what they gave; what the
    part comes to is not.
    """
    assert definition.tree is not None
    decided = {r.node for run in runs for r in store.journal.results(run.id)}
    early = [
        part
        for part in compile_tree(definition.tree).all()
        if part.tree.kind == "parallel" and part.place in decided
    ]
    return {leaf.node for part in early for leaf in part.leaves()}


def without(output: JsonObject | None, names: set[str]) -> JsonObject | None:
    """An output, but for what these nodes gave."""
    return output and {name: value for name, value in output.items() if name not in names}
