"""Merges that end as soon as the outcome is certain, and cancel what nobody needs any more."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest

from pantheon.spec import FlowDef, Merge, NodeDef
from pantheon.store import Run, Store
from tests.flows import work
from tests.flows.building import RunFlow, e, flow, node, states, why


def source(name: str, value: str, seconds: float = 0.0, **policy: Any) -> NodeDef:
    """A node that gives a value after some seconds of the fake clock."""
    given = {"value": value, "seconds": str(seconds), "key": f'"{name}"'}
    return node(name, "timed", given=given, **policy)


def merged(*sources: NodeDef, **rule: Any) -> FlowDef:
    """A merge `m` of all of them."""
    merge = Merge(tuple(s.name for s in sources), **rule)
    return flow(*sources, node("m", given={}, merge=merge), output={"m": "m"})


def taken(store: Store, run: Run) -> object:
    """What the merge says it took."""
    result = store.journal.get(run.id, "m")
    assert result is not None
    return (result.note or {}).get("took")


def test_first_takes_the_fastest_and_cancels_the_rest(run_flow: RunFlow, store: Store) -> None:
    """The output is that of whichever ended first; the slow one ends as not needed."""
    run = run_flow(merged(source("slow", "1", 50), source("fast", "2", 1), policy="first"))

    assert (run.state, run.output) == ("done", {"m": {"value": 2}})
    assert taken(store, run) == "fast"
    assert states(store, run) == {"fast": "ok", "m": "ok", "slow": "cancelled"}
    assert why(store, run, "slow") == ("not_needed", "The merge 'm' had what it wanted.")
    assert "slow ends" not in work.ORDER


def test_first_waits_for_something_valid(run_flow: RunFlow, store: Store) -> None:
    """An early answer that does not count is passed over."""
    run = run_flow(
        merged(
            source("early", "1", 1),
            source("late", "7", 5),
            policy="first",
            valid=e("item.value > 5"),
        )
    )
    assert run.output == {"m": {"value": 7}}
    assert taken(store, run) == "late"


def test_first_without_anything_valid_is_skipped_and_says_why(
    run_flow: RunFlow, store: Store
) -> None:
    """Every source is told about."""
    bad = node("bad", "boom", given={"key": '"k"'})
    run = run_flow(merged(source("a", "1"), bad, policy="first", valid=e("item.value > 5")))

    assert (run.state, run.output) == ("done", {"m": None})
    reason, message = why(store, run, "m")
    assert reason == "upstream"
    assert "'a' gave something invalid; 'bad' was unsuccessful" in message


@pytest.mark.parametrize(("k", "took"), [(2, ["b", "c"]), (None, ["b", "c"])])
def test_quorum_takes_so_many(
    run_flow: RunFlow, store: Store, k: int | None, took: list[str]
) -> None:
    """Of three the first two; more than half by default."""
    run = run_flow(
        merged(source("a", "1", 9), source("b", "2", 1), source("c", "3", 2), policy="quorum", k=k)
    )
    assert run.output == {"m": {"b": {"value": 2}, "c": {"value": 3}}}
    assert taken(store, run) == took
    assert states(store, run)["a"] == "cancelled"


def test_quorum_out_of_reach_does_not_wait(run_flow: RunFlow, store: Store) -> None:
    """Two of three have failed, so the third need not end."""
    bad = [node(name, "boom", given={"key": f'"{name}"'}) for name in ("x", "y")]
    run = run_flow(merged(*bad, source("slow", "1", 100), policy="quorum", k=2))

    assert run.output == {"m": None}
    assert why(store, run, "m")[1].startswith("Only 0 of the 2 sources it needs gave anything: ")
    assert states(store, run)["slow"] == "cancelled"


def test_best_takes_the_highest_score(run_flow: RunFlow, store: Store) -> None:
    """The order written decides between equals; what has no score does not count."""
    run = run_flow(
        merged(
            source("a", "1"),
            source("text", '"much"'),
            source("b", "8"),
            source("c", "8"),
            policy="best",
            by=e("item.value"),
        )
    )
    assert run.output == {"m": {"value": 8}}
    assert taken(store, run) == "b"


def test_majority_counts_equal_answers(run_flow: RunFlow, store: Store) -> None:
    """As soon as one answer has so many votes; what `by` says must be equal."""
    run = run_flow(
        merged(
            source("a", '"x"', 1),
            source("b", '"y"', 2),
            source("c", '"x"', 3),
            source("d", '"x"', 99),
            policy="majority",
            k=2,
            by=e("item.value"),
        )
    )
    assert run.output == {"m": {"value": "x"}}
    assert states(store, run)["d"] == "cancelled"


def test_no_majority_is_told(run_flow: RunFlow, store: Store) -> None:
    """Three voters with three opinions."""
    run = run_flow(merged(source("a", "1"), source("b", "2"), source("c", "3"), policy="majority"))

    assert run.output == {"m": None}
    assert why(store, run, "m")[1].startswith("No answer has the 2 votes it needs: ")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("all", {"quick": {"value": 1}}),
        ("any", {"value": 1}),
        ("best", {"value": 1}),
    ],
)
def test_a_merge_goes_on_when_its_time_is_over(
    run_flow: RunFlow,
    store: Store,
    policy: Literal["all", "any", "best"],
    expected: object,
) -> None:
    """With what is there; the source that was too slow is cancelled."""
    by = e("item.value") if policy == "best" else None
    slow, quick = source("slow", "2", 100), source("quick", "1", 1)
    run = run_flow(merged(slow, quick, policy=policy, by=by, timeout=10.0))

    assert (run.state, run.output) == ("done", {"m": expected})
    assert states(store, run) == {"quick": "ok", "m": "ok", "slow": "cancelled"}
    assert run.finished is not None
    assert run.finished - run.created == 10.0


def test_a_merge_in_time_does_not_wait_for_its_timer(run_flow: RunFlow) -> None:
    """The run ends when the sources have, not when the time would be over."""
    run = run_flow(merged(source("a", "1", 1), source("b", "2", 2), timeout=60.0))

    assert run.output == {"m": {"a": {"value": 1}, "b": {"value": 2}}}
    assert run.finished is not None
    assert run.finished - run.created == 2.0


def test_what_others_need_is_not_cancelled(run_flow: RunFlow, store: Store) -> None:
    """A source that the output reads comes to its end."""
    slow, fast = source("slow", "1", 9), source("fast", "2", 1)
    merge = node("m", given={}, merge=Merge(("slow", "fast"), "first"))
    run = run_flow(flow(slow, fast, merge, output={"m": "m", "slow": "slow.value"}))

    assert run.output == {"m": {"value": 2}, "slow": 1}
    assert states(store, run)["slow"] == "ok"


def test_the_whole_branch_is_spared(run_flow: RunFlow, store: Store) -> None:
    """Nodes before the source that nothing else needs end too; those not begun never begin."""
    first = source("first", "1", 9)
    second = node("second", "timed", given={"value": "first.value", "key": '"second"'})
    merge = node("m", given={}, merge=Merge(("second", "fast"), "first"))
    run = run_flow(flow(first, second, source("fast", "2", 1), merge, output={"m": "m"}))

    assert run.output == {"m": {"value": 2}}
    assert states(store, run) == {
        "fast": "ok",
        "m": "ok",
        "first": "cancelled",
        "second": "cancelled",
    }
    assert work.CALLS["second"] == 0


def test_a_resumed_run_spares_what_it_spared(make_runtime: Any, store: Store) -> None:
    """What a merge did without stays as it is when the run goes on after a failure elsewhere."""
    slow, fast = source("slow", "1", 9), source("fast", "2", 1)
    merge = node("m", given={}, merge=Merge(("slow", "fast"), "first"))
    fails = node("fails", "flaky", given={"key": '"f"', "failures": "1"}, after=("m",))
    made = make_runtime(flow(slow, fast, merge, fails, output={"m": "m", "n": "fails.n"}))
    failed = asyncio.run(made.run("flow", {}))
    done = asyncio.run(made.resume(failed.id))

    assert (failed.state, done.state) == ("failed", "done")
    assert done.output == {"m": {"value": 2}, "n": 2}
    assert work.CALLS["slow"] == 1


def test_an_early_merge_waits_for_what_its_condition_reads(run_flow: RunFlow, store: Store) -> None:
    """And for what it comes after, though its sources are decided long before."""
    slow = source("slow", "1", 9)
    merge = node(
        "m",
        given={},
        merge=Merge(("a", "b"), "first"),
        when="exists(slow)",
        after=("later",),
    )
    flow_of_all = flow(
        source("a", "1"), source("b", "2"), slow, source("later", "3", 20), merge,
        output={"m": "m"},
    )  # fmt: skip
    run = run_flow(flow_of_all)

    assert run.output == {"m": {"value": 1}}
    assert run.finished is not None
    assert run.finished - run.created == 20.0
