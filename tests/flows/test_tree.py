"""What each kind of part of a behaviour tree makes of those below it."""

from __future__ import annotations

import asyncio
from typing import Any

from pantheon.agents import Reason
from pantheon.clock import FakeClock
from pantheon.flows import Runtime
from pantheon.ids import Json, RunId
from pantheon.spec import ContextKey, FlowDef, Loop, Merge, NodeDef, TreeDef
from pantheon.store import AnswerRow, Run, Store
from tests.flows import work
from tests.flows.building import RunFlow, e, flow, node, states, why
from tests.flows.trees import (
    Written,
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


def good(name: str, n: str = "0", **policy: Any) -> NodeDef:
    """A node that gives `n` + 1."""
    return node(name, "step", given={"n": n, "key": f'"{name}"'}, **policy)


def bad(name: str, **policy: Any) -> NodeDef:
    """A node that fails."""
    return node(name, "boom", given={"key": f'"{name}"'}, **policy)


def late(name: str, failures: int) -> NodeDef:
    """A node that fails so many times, then gives how often it was asked."""
    return node(name, "flaky", given={"key": f'"{name}"', "failures": str(failures)})


def tree(root: Written, *nodes: NodeDef, **fields: Any) -> FlowDef:
    """A flow with a tree; its output is what every node gave last."""
    named = {n.name: f"default({n.name}, null)" for n in nodes}
    part = root if isinstance(root, TreeDef) else leaf(root)
    return flow(*nodes, tree=part, output=fields.pop("output", named), **fields)


def given(run: Run) -> dict[str, Json]:
    """What the nodes of a run gave."""
    assert run.output is not None, run.failure
    found: dict[str, Json] = {}
    for name, value in run.output.items():
        found[name] = value["n"] if isinstance(value, dict) and "n" in value else value
    return found


def message(run: Run) -> str:
    """Why a run failed."""
    assert run.failure is not None
    assert run.failure["reason"] == Reason.UNSUCCESSFUL
    return str(run.failure["message"])


# ------------------------------------------------------------------ several parts


def test_a_sequence_ends_at_the_first_that_fails(run_flow: RunFlow, store: Store) -> None:
    """What comes behind is not run, and says why; the run names the node that failed."""
    run = run_flow(tree(sequence("a", "b", "c"), good("a"), bad("b"), good("c")))

    assert run.state == "failed"
    assert states(store, run) == {"a[0]": "ok", "b[0]": "failed", "c": "skipped"}
    assert why(store, run, "c") == (
        "upstream",
        "The tree failed before it came to this node.",
    )
    assert run.failure is not None
    assert run.failure["node"] == "b"
    assert message(run).startswith("The tree failed: 'b' was unsuccessful (")
    assert work.CALLS["c"] == 0


def test_a_sequence_hands_on_what_its_nodes_gave(run_flow: RunFlow) -> None:
    """A later node reads what an earlier one gave, as in any flow."""
    run = run_flow(tree(sequence("a", "b"), good("a", "input.n"), good("b", "a.n")), {"n": 5})

    assert given(run) == {"a": 6, "b": 7}


def test_a_selector_takes_the_first_that_succeeds(run_flow: RunFlow, store: Store) -> None:
    """Those behind it are not reached: null in the output, skipped in the journal."""
    run = run_flow(tree(selector("a", "b", "c"), bad("a"), good("b"), good("c")))

    assert given(run) == {"a": None, "b": 1, "c": None}
    assert states(store, run) == {"a[0]": "failed", "b[0]": "ok", "c": "skipped"}
    assert why(store, run, "c") == ("condition", "The tree did not come to this node.")


def test_a_selector_of_failures_tells_them_all(run_flow: RunFlow) -> None:
    """The message goes down to the deepest causes; the node is the last that failed."""
    run = run_flow(
        tree(selector("a", sequence(condition("1 > 2"), "b"), "c"), bad("a"), good("b"), bad("c"))
    )

    assert message(run).startswith("The tree failed: selector: 'a' was unsuccessful (")
    assert "; `1 > 2` is not true; 'c' was unsuccessful (" in message(run)
    assert run.failure is not None
    assert run.failure["node"] == "c"


def test_success_comes_from_a_test_never_from_text(run_flow: RunFlow, store: Store) -> None:
    """A node that gives something that does not pass its test has failed in the tree."""
    run = run_flow(
        tree(
            selector(leaf("a", "a.n > 10"), leaf("b", "b.n > 10")), good("a", "3"), good("b", "20")
        )
    )

    assert given(run) == {"a": 4, "b": 21}
    result = store.journal.get(run.id, "a", 0)
    assert result is not None
    assert (result.state, result.output) == ("ok", {"n": 4})
    assert result.reason == {
        "reason": "unsuccessful",
        "message": "`a.n > 10` is not true.",
        "success": False,
    }


def test_a_node_whose_condition_is_false_does_not_succeed(run_flow: RunFlow) -> None:
    """`when` keeps its meaning: the node is skipped, and the tree goes on elsewhere."""
    run = run_flow(tree(selector("a", "b"), good("a", when="1 > 2"), good("b")))

    assert given(run) == {"a": None, "b": 1}


def test_parallel_parts_run_at_once(run_flow: RunFlow) -> None:
    """All begin before the first ends; all must succeed unless a number is given."""
    run = run_flow(
        tree(
            parallel("a", "b"),
            node("a", "traced", given={"name": '"a"', "seconds": "2.0"}),
            node("b", "traced", given={"name": '"b"', "seconds": "2.0"}),
        )
    )

    assert run.state == "done"
    assert work.ORDER[:2] == ["a begins", "b begins"]


def test_parallel_ends_as_soon_as_enough_succeeded(run_flow: RunFlow, store: Store) -> None:
    """The rest is cancelled and says that nobody needs it."""
    run = run_flow(
        tree(parallel("a", "b", "c", need=2), good("a"), node("b", "stuck", given={}), good("c"))
    )

    assert (run.state, given(run)["b"]) == ("done", None)
    assert states(store, run) == {
        "a[0]": "ok",
        "b[0]": "cancelled",
        "c[0]": "ok",
        "tree:0[0]": "ok",
    }
    result = store.journal.get(run.id, "b", 0)
    assert result is not None
    assert result.reason == {
        "reason": "not_needed",
        "message": "The parallel part had the successes that it needs (2 of 3).",
    }


def test_parallel_fails_as_soon_as_too_few_are_left(run_flow: RunFlow, store: Store) -> None:
    """What can no longer succeed is not waited for."""
    run = run_flow(
        tree(
            selector(parallel("a", "b", "c", need=2), "d"),
            bad("a"),
            node("b", "stuck", given={}),
            bad("c"),
            good("d"),
        )
    )

    assert given(run)["d"] == 1
    assert states(store, run)["b[0]"] == "cancelled"


def test_parallel_says_how_many_it_needed(run_flow: RunFlow) -> None:
    """The message names the parts that failed."""
    run = run_flow(tree(parallel("a", "b"), good("a"), bad("b")))

    assert "parallel: 2 of 2 parts must succeed, but 'b' was unsuccessful" in message(run)


# ------------------------------------------------------------------ one part


def test_invert_turns_the_outcome_round(run_flow: RunFlow) -> None:
    """A failure is a success, and the other way round."""
    assert run_flow(tree(invert("a"), bad("a"))).state == "done"
    assert message(run_flow(tree(invert("a"), good("a")))) == (
        "The tree failed: what must not succeed did."
    )


def test_retry_tries_again_until_it_succeeds(run_flow: RunFlow, store: Store) -> None:
    """Every attempt has a result of its own; the newest output counts."""
    run = run_flow(tree(retry(3, "a"), late("a", 2)))

    assert given(run) == {"a": 3}
    assert states(store, run) == {"a[0]": "failed", "a[1]": "failed", "a[2]": "ok"}


def test_retry_gives_up(run_flow: RunFlow) -> None:
    """After so many attempts it fails with the last cause."""
    run = run_flow(tree(retry(2, sequence("a", "b")), good("a"), bad("b")))

    assert message(run).startswith("The tree failed: retry: after 2 attempts 'b' was unsuccessful")
    assert work.CALLS == {"a": 2, "b": 2}


def test_repeat_goes_on_until_its_condition(run_flow: RunFlow) -> None:
    """The node reads what it gave the last time."""
    counting = good("a", "default(a.n, 0)")
    run = run_flow(tree(repeat(9, "a", until="a.n >= 4"), counting))

    assert (given(run), work.CALLS["a"]) == ({"a": 4}, 4)


def test_repeat_without_a_condition_does_all_rounds(run_flow: RunFlow) -> None:
    """It succeeds when every round did."""
    assert given(run_flow(tree(repeat(3, "a"), good("a", "default(a.n, 0)")))) == {"a": 3}


def test_repeat_fails_with_its_part_or_when_its_rounds_are_used_up(run_flow: RunFlow) -> None:
    """A bound is a bound."""
    broken = run_flow(tree(repeat(3, "a"), bad("a")))
    endless = run_flow(tree(repeat(3, "b", until="b.n > 9"), good("b")))

    assert work.CALLS == {"a": 1, "b": 3}
    assert "'a' was unsuccessful" in message(broken)
    assert "repeat: after 3 rounds `b.n > 9` was not true" in message(endless)


def test_once_runs_once_and_gives_the_same_again(run_flow: RunFlow) -> None:
    """Success and failure alike are remembered."""
    run = run_flow(tree(repeat(3, sequence(once("a"), "b")), good("a"), good("b")))
    assert (run.state, work.CALLS) == ("done", {"a": 1, "b": 3})

    run = run_flow(tree(retry(3, sequence("d", once("c"))), bad("c"), good("d")))
    assert (run.state, work.CALLS["c"], work.CALLS["d"]) == ("failed", 1, 3)


def test_a_condition_reads_nodes_input_and_context(run_flow: RunFlow) -> None:
    """It succeeds when it is true; one that means nothing is not true."""
    shared = {"seen": ContextKey({"type": "integer"}, 0)}
    writing = good("a", writes={"seen": e("output.n")})
    part = sequence("a", condition("context.seen == 1 and a.n == 1 and input.go"))

    assert run_flow(tree(part, writing, context=shared), {"go": True}).state == "done"
    assert message(run_flow(tree(part, writing, context=shared), {"go": False})).endswith(
        "is not true."
    )
    assert "cannot be computed" in message(
        run_flow(tree(condition("lower(input) == 1"), good("a")))
    )


# ------------------------------------------------------------------ time and cost


def test_a_part_that_takes_too_long_is_cancelled(run_flow: RunFlow, store: Store) -> None:
    """The node says that its time was over; the tree goes on."""
    run = run_flow(tree(selector(timeout(0.01, "a"), "b"), node("a", "stuck", given={}), good("b")))

    assert given(run)["b"] == 1
    result = store.journal.get(run.id, "a", 0)
    assert result is not None
    assert result.state == "cancelled"
    assert result.reason == {"reason": "timeout", "message": "It did not end within 0.01 s."}


def test_time_is_that_of_the_clock(run_flow: RunFlow, clock: FakeClock) -> None:
    """A part that took longer by the run's clock has failed, whatever it gave."""
    slow = node("a", "slow", given={"seconds": "20.0"})

    assert run_flow(tree(timeout(30, "a"), slow)).state == "done"
    assert "It did not end within 10 s" in message(run_flow(tree(timeout(10, "a"), slow)))


def test_a_budget_of_requests_is_a_bound(run_flow: RunFlow) -> None:
    """No further node begins below it."""
    run = run_flow(tree(budget(retry(9, "a"), requests=3), late("a", 5)))
    assert "Its budget of 3 requests is spent" in message(run)
    assert work.CALLS["a"] == 3

    assert run_flow(tree(budget(retry(9, "b"), requests=3), late("b", 2))).state == "done"


def paid(run: RunId, name: str, index: int, usd: float) -> AnswerRow:
    """An answer that cost something."""
    row: Any = {"id": f"{name}{index}", "agent": "x", "version": "v", "at": 0.0, "input": {}}
    row |= {"output": {}, "tier": "cloud", "accepted": "", "source": "model"}
    return AnswerRow(**row, run=run, node=name, index=index, cost_usd=usd)


def test_a_budget_in_usd_counts_what_its_nodes_asked_for(make_runtime: Any, store: Store) -> None:
    """Answers of the nodes below count, and of what is inside them; those of others do not."""
    part = sequence("x", budget(sequence("a", "b"), usd=0.5))
    made: Runtime = make_runtime(tree(part, good("x"), good("a"), good("b")))
    spent = {
        "r1": [("a", 0, 0.3), ("x", 0, 5.0), ("a#1/inner", -1, 5.0)],
        "r2": [("a", 0, 0.3), ("a#0/inner", -1, 0.2)],
    }
    for run, answers in spent.items():
        for name, index, usd in answers:
            store.answers.add(paid(RunId(run), f"{name}", index, usd))
            store.answers._database.write("UPDATE answers SET id = id || run")

    assert asyncio.run(made.run("flow", {}, run_id=RunId("r1"))).state == "done"
    poor = asyncio.run(made.run("flow", {}, run_id=RunId("r2")))
    assert "Its budget of 0.5 USD is spent (0.5 USD)" in message(poor)
    assert states(store, poor)["a[0]"] == "ok"
    assert states(store, poor)["b"] == "skipped"


# ------------------------------------------------------------------ guards


def guarded(*rest: NodeDef) -> FlowDef:
    """While one branch is at work, another switches off what allows it to."""
    root = selector(
        parallel(guard("context.on", "busy"), sequence("off", "after")), sequence("instead")
    )
    return tree(
        root,
        node("busy", "stuck", given={}),
        node("off", "step", given={"n": "0"}, writes={"on": e("false")}),
        good("after"),
        good("instead"),
        *rest,
        context={"on": ContextKey({"type": "boolean"}, True)},
    )


def test_a_guard_preempts_its_part_when_the_context_changes(
    run_flow: RunFlow, store: Store
) -> None:
    """The node at work is cancelled at once, the guard fails, and the tree goes on elsewhere."""
    run = run_flow(guarded())

    assert given(run)["instead"] == 1
    result = store.journal.get(run.id, "busy", 0)
    assert result is not None
    assert result.state == "cancelled"
    assert result.reason == {"reason": "preempted", "message": "`context.on` is not true."}


def test_a_guard_that_is_false_lets_nothing_begin(run_flow: RunFlow) -> None:
    """Its part is not begun."""
    run = run_flow(tree(selector(guard("input.go", "a"), "b"), good("a"), good("b")), {"go": False})

    assert (given(run), work.CALLS["a"]) == ({"a": None, "b": 1}, 0)


def test_a_guard_is_looked_at_between_the_nodes_of_its_part(run_flow: RunFlow) -> None:
    """A node of the part itself may end it; what had ended by then is not undone."""
    shared = {"n": ContextKey({"type": "integer"}, 0)}
    first = good("a", writes={"n": e("output.n")})
    part = guard("context.n < 1", sequence("a", "b"))

    run = run_flow(tree(part, first, good("b"), context=shared))
    assert "`context.n < 1` is not true" in message(run)
    assert work.CALLS["b"] == 0
    assert run_flow(tree(guard("context.n < 1", "a"), first, context=shared)).state == "done"


def test_a_guard_hears_of_what_is_written_inside_a_node(run_flow: RunFlow, store: Store) -> None:
    """A flow inside a node shares the context; its writes count while it is still at work."""
    shared = {"on": ContextKey({"type": "boolean"}, True)}
    inner = flow(
        node("off", "step", given={"n": "0"}, writes={"on": e("false")}),
        node("busy", "stuck", given={}, after=("off",)),
        name="inner",
        output={},
        context=shared,
    )
    whole = tree(
        selector(guard("context.on", "a"), "b"),
        NodeDef("a", body=inner),
        good("b"),
        context=shared,
    )

    run = run_flow(whole)

    assert given(run)["b"] == 1
    assert states(store, run)["a[0]"] == "cancelled"


def test_guards_inside_each_other_end_from_the_outside(run_flow: RunFlow, store: Store) -> None:
    """One change may end both; the outer one decides where the tree goes on."""
    inner = selector(guard("context.on", "busy"), "inside")
    root = selector(
        parallel(guard("context.on", inner), "off"),
        "outside",
    )
    whole = tree(
        root,
        node("busy", "stuck", given={}),
        node("off", "step", given={"n": "0"}, writes={"on": e("false")}),
        good("inside"),
        good("outside"),
        context={"on": ContextKey({"type": "boolean"}, True)},
    )
    run = run_flow(whole)

    assert given(run)["outside"] == 1
    assert work.CALLS["inside"] == 0
    assert states(store, run)["busy[0]"] == "cancelled"


def test_what_is_parallel_inside_a_guard_ends_with_it(run_flow: RunFlow, store: Store) -> None:
    """Every task below is cancelled and has its typed state."""
    whole = tree(
        selector(parallel(guard("context.on", parallel("x", "y")), sequence("wait", "off")), "b"),
        node("wait", "traced", given={"name": '"wait"', "seconds": "5.0"}),
        node("x", "stuck", given={}),
        node("y", "stuck", given={}),
        node("off", "step", given={"n": "0"}, writes={"on": e("false")}),
        good("b"),
        context={"on": ContextKey({"type": "boolean"}, True)},
    )
    run = run_flow(whole)

    assert given(run)["b"] == 1
    found = [store.journal.get(run.id, name, 0) for name in ("x", "y")]
    assert [r and (r.state, (r.reason or {})["reason"]) for r in found] == [
        ("cancelled", "preempted")
    ] * 2


# ------------------------------------------------------------------ what nodes keep


def test_the_same_node_at_two_places_has_results_of_its_own(
    run_flow: RunFlow, store: Store
) -> None:
    """Also when both are at work at once."""
    run = run_flow(tree(sequence(parallel("a", "a"), retry(2, "a")), good("a", "default(a.n, 0)")))

    assert run.state == "done"
    assert states(store, run) == {"a[0]": "ok", "a[1]": "ok", "a[2]": "ok"}


def test_maps_loops_and_flows_inside_a_tree_keep_each_visit_apart(
    run_flow: RunFlow, store: Store
) -> None:
    """Their items, rounds and inner nodes have paths that name the visit."""
    inner = flow(good("x", "input.n"), name="inner", output={"n": "x.n"})
    each = node("m", "step", given={"n": "item"}, map="[1, 2]")
    rounds = node(
        "l",
        "step",
        given={"n": "default(last.n, 0)", "key": '"l"'},
        loop=Loop(e("last.n == 2"), max=3),
    )
    body = NodeDef("f", body=inner, inputs={"n": e("m[1].n + l.n")})
    run = run_flow(tree(repeat(2, sequence("m", "l", "f")), each, rounds, body))

    assert run.output == {"m": [{"n": 2}, {"n": 3}], "l": {"n": 2}, "f": {"n": 6}}
    found = states(store, run)
    for visit in (0, 1):
        assert {f"m[{visit}]", f"m#{visit}/m[0]", f"m#{visit}/m[1]"} <= set(found)
        assert {f"l[{visit}]", f"l#{visit}/l[0]", f"l#{visit}/l[1]"} <= set(found)
        assert {f"f[{visit}]", f"f#{visit}/x"} <= set(found)
    assert set(found.values()) == {"ok"}


def test_a_merge_takes_what_is_there(run_flow: RunFlow) -> None:
    """The tree says when; nothing is waited for."""
    first = NodeDef("m", merge=Merge(("a", "b"), "first"))
    both = NodeDef("n", merge=Merge(("a", "b"), "all"))
    root = sequence("a", "m", invert("n"), "b", leaf("n", "n.b.n == 1"))
    run = run_flow(tree(root, good("a", "4"), good("b"), first, both))

    assert given(run)["m"] == 5


def test_on_error_keeps_its_meaning(run_flow: RunFlow, store: Store) -> None:
    """Stop ends the run at once, continue gives null to readers, give is an output."""
    stopped = run_flow(tree(selector("a", "b"), bad("a", on_error="stop"), good("b")))
    assert stopped.failure is not None
    assert (stopped.state, stopped.failure["node"]) == ("failed", "a")
    assert states(store, stopped) == {"a[0]": "failed", "b": "cancelled"}

    went_on = run_flow(
        tree(selector("a", "b"), bad("a", on_error="continue"), good("b", "default(a.n, 6)"))
    )
    assert given(went_on)["b"] == 7
    gave = run_flow(tree(sequence("a", "b"), bad("a", give={"n": 1}), good("b", "a.n")))
    assert given(gave) == {"a": 1, "b": 2}


def test_a_stand_in_answers_and_never_runs_by_itself(run_flow: RunFlow, store: Store) -> None:
    """A fallback is part of the node, not of the tree."""
    run = run_flow(tree("a", bad("a", fallback="b"), good("b")))

    assert given(run) == {"a": 1, "b": None}
    assert why(store, run, "b") == ("condition", "It only stands in for 'a'.")


def test_a_tree_inside_a_tree(run_flow: RunFlow, store: Store) -> None:
    """A flow with a tree is a node like any other: it fails when its tree does."""
    inner = tree(selector("x", "y"), bad("x"), bad("y"), name="inner", output={})
    run = run_flow(tree(selector("a", "b"), NodeDef("a", body=inner), good("b")))

    assert given(run)["b"] == 1
    assert states(store, run) == {
        "a#0/x[0]": "failed",
        "a#0/y[0]": "failed",
        "a[0]": "failed",
        "b[0]": "ok",
    }
    result = store.journal.get(run.id, "a", 0)
    assert result is not None
    assert (result.reason or {})["reason"] == "unsuccessful"


def test_the_runs_time_limit_ends_the_tree(run_flow: RunFlow, store: Store) -> None:
    """What is under way is cancelled, and what was not reached as well."""
    whole = tree(sequence("a", "b", "c"), good("a"), node("b", "stuck", given={}), good("c"))
    limited = FlowDef("flow", whole.input, whole.nodes, whole.output, tree=whole.tree, timeout=0.05)
    run = run_flow(limited)

    assert run.failure is not None
    assert run.failure["reason"] == Reason.TIMEOUT
    assert states(store, run) == {"a[0]": "ok", "b[0]": "cancelled", "c": "cancelled"}


def test_a_cancelled_run_leaves_a_typed_state_everywhere(make_runtime: Any, store: Store) -> None:
    """What is at work, also in parallel, is cancelled with the reason somebody gave."""
    root = sequence("a", parallel(guard("1 < 2", "b"), timeout(60, "c")), "d")
    stuck = [node(name, "stuck", given={}) for name in ("b", "c")]
    made: Runtime = make_runtime(tree(root, good("a"), *stuck, good("d")))

    async def main() -> Run:
        running = asyncio.ensure_future(made.run("flow", {}, run_id=RunId("r1")))
        await asyncio.sleep(0.05)
        assert work.CALLS["stuck"] == 2
        await made.cancel(RunId("r1"), "enough")
        return await running

    run = asyncio.run(main())

    assert run.state == "cancelled"
    found = states(store, run)
    assert {name: state for name, state in found.items() if not name.startswith("tree:")} == {
        "a[0]": "ok",
        "b[0]": "cancelled",
        "c[0]": "cancelled",
        "d": "cancelled",
    }


def test_a_long_tree_does_not_hold_the_loop(make_runtime: Any) -> None:
    """Others get their turn while a tree that never pauses is walked."""
    made: Runtime = make_runtime(tree(repeat(500, "a"), good("a")))
    ticks = 0

    async def count() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async def main() -> None:
        counting = asyncio.ensure_future(count())
        await made.run("flow", {})
        counting.cancel()

    asyncio.run(main())
    assert ticks > 5
