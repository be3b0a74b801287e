"""A fork keeps what does not depend on the change, and runs only the rest again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound
from pantheon.flows import Changes, Edit, Forked, Runtime, fork
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import ContextKey, FlowDef, Loop, NodeDef
from pantheon.store import Run, Store
from tests.flows import work
from tests.flows.building import e, flow, node, project, runtime
from tests.flows.test_random_flows import (
    Expected,
    Spot,
    _interpret,
    build,
    graphs,
    interpret,
    is_spared,
    spared,
)

Forking = Callable[..., tuple[Run, Forked]]
_NUMBERS = itertools.count()


def new_id() -> RunId:
    """An id that no run has."""
    return RunId(f"rfork{next(_NUMBERS):012}")


@pytest.fixture
def branch(store: Store, make_runtime: Any) -> Forking:
    """Runs a flow, forks the run with changes, and runs the fork; `work.CALLS` is the fork's."""

    def go(
        definition: FlowDef | tuple[FlowDef, ...],
        input: JsonObject,
        changes: Changes,
        **options: Any,
    ) -> tuple[Run, Forked]:
        flows = definition if isinstance(definition, tuple) else (definition,)
        made = make_runtime(*flows, **options)
        run = asyncio.run(made.run(flows[0].name, input))
        work.CALLS.clear()
        forked = fork(store, run.id, changes, new_id=new_id())
        return asyncio.run(made.resume(forked.run.id)), forked

    return go


def step(name: str, given: str, **policy: Any) -> NodeDef:
    """A node that adds one, counted under its own name."""
    return node(name, "step", given={"n": given, "key": f'"{name}"'}, **policy)


DIAMOND = flow(
    step("a", "input.n"),
    step("left", "a.n"),
    step("right", "input.m"),
    node("end", "add", given={"a": "left.n", "b": "right.n"}),
)


def test_from_a_node_it_and_what_depends_on_it_run_again(branch: Forking, store: Store) -> None:
    """The other branch keeps its result, times and all; the fork knows its parent."""
    run, forked = branch(DIAMOND, {"n": 1, "m": 5}, Changes(again=("left",)))

    assert (run.state, run.output) == ("done", {"n": 9})
    assert dict(work.CALLS) == {"left": 1}
    assert sorted(forked.again) == [("end", -1), ("left", -1)]
    assert (run.cause, run.parent) == ("fork", forked.run.parent)
    assert run.parent is not None
    old, new = (
        {r.node: (r.seq, r.started, r.finished, r.output) for r in store.journal.results(run_id)}
        for run_id in (run.parent, run.id)
    )
    assert (new["a"], new["right"]) == (old["a"], old["right"])
    told = [event.kind for event in store.events.since(run.id)]
    assert "run_forked" in told


def test_an_edited_output_is_used_and_its_node_does_not_run(branch: Forking, store: Store) -> None:
    """Only what reads the edited field runs; the result says that a user gave it."""
    run, _ = branch(DIAMOND, {"n": 1, "m": 5}, Changes(edits=(Edit("a.n", 100),)))

    assert run.output == {"n": 107}
    assert dict(work.CALLS) == {"left": 1}
    result = store.journal.get(run.id, "a")
    assert result is not None
    assert (result.output, result.note) == ({"n": 100}, {"edited": "user"})


def test_an_edited_field_that_nobody_reads_runs_nothing(branch: Forking) -> None:
    """Field by field: a reader of `n` does not see a change of `more`."""
    run, forked = branch(DIAMOND, {"n": 1, "m": 5}, Changes(edits=(Edit("a.more", "x"),)))

    assert (run.output, dict(work.CALLS), forked.again) == ({"n": 9}, {}, {})


def test_an_edited_input_runs_what_reads_that_field(branch: Forking) -> None:
    """The other field's readers stay as they are."""
    run, _ = branch(DIAMOND, {"n": 1, "m": 5}, Changes(edits=(Edit("input.m", 50),)))

    assert (run.input, run.output) == ({"n": 1, "m": 50}, {"n": 54})
    assert dict(work.CALLS) == {"right": 1}


def test_a_failed_node_may_be_given_its_output(branch: Forking) -> None:
    """Nobody is asked again, and what was skipped because of it runs now."""
    broken = flow(node("a", "boom", given={}), step("b", "a.n"))
    run, _ = branch(broken, {}, Changes(edits=(Edit("a.n", 1),)))

    assert (run.state, run.output, dict(work.CALLS)) == ("done", {"n": 2}, {"b": 1})


def test_a_failure_that_does_not_depend_on_the_change_is_kept(branch: Forking) -> None:
    """A fork is no second try of everything; `--from` names what is to be tried."""
    broken = flow(node("a", "boom", given={}), step("b", "1"))
    run, _ = branch(broken, {}, Changes(again=("b",)))

    assert (run.state, dict(work.CALLS)) == ("failed", {"b": 1})
    assert (run.failure or {})["node"] == "a"


def test_conditions_and_order_are_dependencies_too(branch: Forking) -> None:
    """`when` and `after` name what a node depends on as well as `in` does."""
    bound = flow(
        step("a", "1"),
        step("asks", "1", when="a.n > 0"),
        step("waits", "1", after=("a",)),
        step("free", "1"),
    )
    branch(bound, {}, Changes(again=("a",)))

    assert dict(work.CALLS) == {"a": 1, "asks": 1, "waits": 1}


def test_a_stand_in_belongs_to_the_node_it_stands_in_for(branch: Forking) -> None:
    """Forked from the stand-in, the failing node is asked again, then the stand-in."""
    standing = flow(
        node("a", "boom", given={}, fallback="b"), step("b", "input.n"), step("c", "a.n")
    )
    run, _ = branch(standing, {"n": 1}, Changes(again=("b",)))

    assert (run.output, dict(work.CALLS)) == ({"n": 3}, {"boom": 1, "b": 1, "c": 1})


def test_readers_of_a_context_key_run_after_its_writer(branch: Forking) -> None:
    """A key written by a node that runs again is read again by whoever read it afterwards."""
    shared = flow(
        step("early", "default(context.k, 0)"),
        step("writer", "early.n", writes={"k": e("output.n")}),
        step("reader", "default(context.k, 0)", after=("writer",)),
        step("free", "1"),
        context={"k": ContextKey({"type": "integer"})},
        output={"n": "reader.n"},
    )
    run, _ = branch(shared, {}, Changes(edits=(Edit("writer.n", 40),)))

    assert (run.output, dict(work.CALLS)) == ({"n": 41}, {"reader": 1})


def test_one_item_of_a_map_runs_again(branch: Forking) -> None:
    """The other items keep their results."""
    mapped = flow(
        node("m", "step", given={"n": "item", "key": "text(item)"}, map="input.items"),
        step("sum", "size(m)"),
    )
    branch(mapped, {"items": [1, 2, 3]}, Changes(again=("m[1]",)))

    assert dict(work.CALLS) == {"2": 1, "sum": 1}


def test_rounds_behind_a_round_run_again(branch: Forking) -> None:
    """A round reads what the one before gave; those before it stay."""
    loop = Loop(e("last.n >= 4"), 9)
    looped = flow(
        node("r", "step", given={"n": "default(last.n, 0)", "key": "text(round)"}, loop=loop)
    )
    run, _ = branch(looped, {}, Changes(again=("r[2]",)))

    assert (run.output, dict(work.CALLS)) == ({"n": 4}, {"3": 1, "4": 1})


INNER = flow(step("one", "input.x"), step("two", "one.n"), step("aside", "input.y"), name="inner")
OUTER = flow(
    step("before", "input.n"),
    NodeDef("sub", flow="inner", inputs={"x": e("before.n"), "y": e("input.n")}),
    step("behind", "sub.n"),
    output={"n": "behind.n"},
)


def test_inside_a_flow_only_what_depends_on_it_runs_again(branch: Forking, store: Store) -> None:
    """`outer/inner` runs again, what reads it there, and what reads the outer node."""
    inner = flow(*INNER.nodes.values(), name="inner", output={"n": "two.n"})
    run, _ = branch((OUTER, inner), {"n": 0}, Changes(again=("sub/two",)))

    assert (run.output, dict(work.CALLS)) == ({"n": 4}, {"two": 1, "behind": 1})
    assert store.journal.get(run.id, "sub/aside") is not None
    assert store.journal.get(run.id, "sub") is not None


def test_a_changed_input_of_an_inner_flow_reaches_only_its_readers(branch: Forking) -> None:
    """The inner node that reads the other input is kept."""
    inner = flow(*INNER.nodes.values(), name="inner", output={"n": "two.n"})
    run, _ = branch((OUTER, inner), {"n": 0}, Changes(edits=(Edit("before.n", 10),)))

    assert run.output == {"n": 13}
    assert dict(work.CALLS) == {"one": 1, "two": 1, "behind": 1}


def test_one_item_of_a_mapped_flow_may_be_edited(branch: Forking, store: Store) -> None:
    """`m[1]/one` is inside the second item; without the item the error lists them."""
    inner = flow(*INNER.nodes.values(), name="inner", output={"n": "two.n"})
    mapped = flow(
        NodeDef("m", flow="inner", inputs={"x": e("item"), "y": e("0")}, map=e("input.items")),
        step("sum", "m[1].n"),
    )
    run, _ = branch((mapped, inner), {"items": [1, 5]}, Changes(edits=(Edit("m[1]/one.n", 50),)))

    assert (run.output, dict(work.CALLS)) == ({"n": 52}, {"two": 1, "sum": 1})
    with pytest.raises(InputError, match="ran 2 times") as caught:
        fork(store, run.id, Changes(edits=(Edit("m/one.n", 1),)), new_id=new_id())
    assert "m[0]/one" in caught.value.hint


def test_a_person_is_asked_anew_in_the_fork(branch: Forking, store: Store) -> None:
    """A waiting node has no result yet, so the new run waits with a question of its own."""
    asking = flow(node("p", "person", given={}), step("free", "1"), output={"p": "p"})
    run, _ = branch(asking, {}, Changes(again=("free",)))

    questions = store.inbox.list()
    assert run.state == "waiting"
    assert {item.run for item in questions} == {run.id, run.parent}
    given, _ = branch(asking, {}, Changes(edits=(Edit("p.x", 1),)))
    assert (given.state, given.output) == ("done", {"p": {"x": 1}})


def test_mistakes_are_told_with_the_nearest_name(store: Store, make_runtime: Any) -> None:
    """Unknown nodes, broken paths, values outside the contract: nothing is written."""
    made: Runtime = make_runtime(
        OUTER, flow(*INNER.nodes.values(), name="inner", output={"n": "two.n"})
    )
    run = asyncio.run(made.run("flow", {"n": 0}))

    def refused(kind: type[Exception], changes: Changes) -> Any:
        with pytest.raises(kind) as caught:
            fork(store, run.id, changes, new_id=new_id())
        return caught.value

    assert "`before`" in refused(NotFound, Changes(again=("bfore",))).hint
    assert "`sub/two`" in refused(NotFound, Changes(edits=(Edit("sub/tow.n", 1),))).hint
    assert "no path" in refused(InputError, Changes(edits=(Edit("before..n", 1),))).message
    assert "no list" in refused(InputError, Changes(edits=(Edit("before[0]", 1),))).message
    both = Changes(again=("before",), edits=(Edit("before.n", 1),))
    assert "both" in refused(InputError, both).message
    assert store.runs.count() == 1


# ---------------------------------------------------------------------------- random graphs


def behind(spots: list[Spot], changed: int) -> set[str]:
    """Nodes that depend on one, directly or not, and the node itself."""
    found = {changed}
    for position in range(changed + 1, len(spots)):
        spot = spots[position]
        if found & {*spot.sources, *spot.after}:
            found.add(position)
    return {f"n{position}" for position in found}


def interpret_with(spots: list[Spot], changed: int, value: Json) -> list[Expected]:
    """The rules of the engine, where one node gives a value whatever the rules say."""
    ended: list[Expected] = []
    for position, spot in enumerate(spots):
        given = position == changed
        ended.append(Expected("ok", None, value) if given else _interpret(position, spot, ended))
    return ended


def run_and_fork(spots: list[Spot], changes: Changes) -> tuple[Run, dict[str, Any], set[str]]:
    """The fork's run, its results, and who was asked in it."""
    definition = build(spots)
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        made = runtime(project(Path.cwd(), definition), store, clock=clock)
        work.CALLS.clear()
        run = asyncio.run(made.run(definition.name, {}))
        work.CALLS.clear()
        forked = fork(store, run.id, changes, new_id=new_id())
        again = asyncio.run(made.resume(forked.run.id))
        return again, {r.node: r for r in store.journal.results(again.id)}, set(work.CALLS)


@settings(max_examples=100, deadline=None)
@given(spots=graphs(), data=st.data())
def test_a_fork_from_any_node_is_like_a_fresh_run(spots: list[Spot], data: st.DataObject) -> None:
    """Every node ends as the plain interpreter says, and nobody else was asked again."""
    changed = data.draw(st.integers(0, len(spots) - 1))
    _, results, asked = run_and_fork(spots, Changes(again=(f"n{changed}",)))

    free = {f"n{position}" for position in spared(spots)}
    assert asked <= behind(spots, changed) | free
    assert len(results) == len(spots)
    for position, wanted in enumerate(interpret(spots)):
        result = results[f"n{position}"]
        if not (is_spared(result) and position in spared(spots)):
            assert (result.state, result.output) == (wanted.state, wanted.output)


@settings(max_examples=100, deadline=None)
@given(spots=graphs(), data=st.data())
def test_a_fork_with_an_edited_output_is_like_a_fresh_run_with_it(
    spots: list[Spot], data: st.DataObject
) -> None:
    """As if the node had given that value from the first; it and all before it is not asked."""
    changed = data.draw(st.integers(0, len(spots) - 1))
    value: Json = {"edited": True}
    _, results, asked = run_and_fork(spots, Changes(edits=(Edit(f"n{changed}", value),)))

    free = {f"n{position}" for position in spared(spots)}
    assert asked <= behind(spots, changed) - {f"n{changed}"} | free
    for position, wanted in enumerate(interpret_with(spots, changed, value)):
        result = results[f"n{position}"]
        if not (is_spared(result) and position in spared(spots)):
            assert (result.state, result.output) == (wanted.state, wanted.output)
