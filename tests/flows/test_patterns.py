"""Every pattern of a flow: order, conditions, retries, time limits, stand-ins, maps, merges."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound, SpecError
from pantheon.flows import compile_flow
from pantheon.ids import JsonObject
from pantheon.spec import CrossCheck, Merge, NodeDef, Retry, load_project
from pantheon.store import Event, Store
from tests.flows import work
from tests.flows.building import RunFlow, flow, node, runtime, states, why


def test_a_chain_hands_on_what_each_gave(run_flow: RunFlow, store: Store) -> None:
    """Outputs flow along the references, and the run gives the flow's output."""
    chain = flow(
        node("a", "step", given={"n": "input.n"}),
        node("b", "step", given={"n": "a.n"}),
        node("c", "add", given={"a": "a.n", "b": "b.n"}),
    )
    run = run_flow(chain, {"n": 1})

    assert (run.state, run.output, run.failure) == ("done", {"n": 5}, None)
    assert states(store, run) == {"a": "ok", "b": "ok", "c": "ok"}
    assert [r.node for r in store.journal.results(run.id)] == ["a", "b", "c"]
    assert store.answers.list(run=run.id) == []  # code: the journal says it all


def test_a_node_starts_when_its_own_inputs_are_there(run_flow: RunFlow) -> None:
    """No barriers: the short branch goes on while the long one is still at work."""
    uneven = flow(
        node("root", "step", given={"n": "0"}),
        node("long", "traced", given={"name": '"long"', "n": "root.n", "seconds": "50"}),
        node("short", "traced", given={"name": '"short"', "n": "root.n"}),
        node("after", "traced", given={"name": '"after"', "n": "short.n"}),
        node("end", "add", given={"a": "long.n", "b": "after.n"}),
    )
    run = run_flow(uneven)

    assert run.output == {"n": 5}
    assert work.ORDER.index("after ends") < work.ORDER.index("long ends")


def test_a_false_condition_skips_and_says_so(run_flow: RunFlow, store: Store) -> None:
    """`when` is false: skipped by condition; what needs it is skipped as upstream; null is left."""
    conditional = flow(
        node("a", "step", given={"n": "input.n"}),
        node("big", "step", given={"n": "a.n"}, when="a.n > 100"),
        node("behind", "step", given={"n": "big.n"}),
        node("further", "step", given={"n": "behind.n"}),
        output={"n": "a.n", "more": "further.n"},
    )
    run = run_flow(conditional, {"n": 1})

    assert run.state == "done"
    assert run.output == {"n": 2, "more": None}
    assert why(store, run, "big") == ("condition", "`a.n > 100` is not true.")
    assert why(store, run, "behind")[0] == "upstream"
    assert why(store, run, "further")[0] == "upstream"
    assert work.CALLS["step"] == 1


def test_a_condition_on_nothing_is_upstream_unless_it_asks(run_flow: RunFlow, store: Store) -> None:
    """`when: skipped.n != 3` means nothing; `exists` and `default` say what to do then."""
    asking = flow(
        node("no", "step", given={"n": "1"}, when="false"),
        node("blind", "step", given={"n": "1"}, when="no.n != 3"),
        node("asks", "step", given={"n": "5"}, when="not exists(no)"),
        node("defaults", "step", given={"n": "default(no.n, 7)"}),
        output={"asks": "asks.n", "defaults": "defaults.n"},
    )
    run = run_flow(asking)

    assert run.output == {"asks": 6, "defaults": 8}
    assert why(store, run, "blind")[0] == "upstream"


def test_a_failed_node_fails_the_run_by_name(run_flow: RunFlow, store: Store) -> None:
    """The run names node and reason; what needs the node is skipped; what does not, runs."""
    broken = flow(
        node("bad", "boom", given={}),
        node("behind", "step", given={"n": "bad.n"}),
        node("beside", "step", given={"n": "1"}),
        output={"n": "behind.n", "m": "beside.n"},
    )
    run = run_flow(broken)

    assert run.state == "failed"
    assert run.failure is not None
    assert (run.failure["node"], run.failure["reason"]) == ("bad", "exhausted")
    assert "ValueError: boom" in str(run.failure["message"])
    assert states(store, run) == {"bad": "failed", "behind": "skipped", "beside": "ok"}
    assert "'bad', which it needs" in why(store, run, "behind")[1]


def test_a_failure_that_is_provided_for_fails_nothing(run_flow: RunFlow, store: Store) -> None:
    """Whoever uses the node says what to do without it."""
    provided = flow(
        node("bad", "boom", given={}),
        node("next", "step", given={"n": "default(bad.n, 10)"}),
    )
    run = run_flow(provided)

    assert (run.state, run.output) == ("done", {"n": 11})
    assert states(store, run)["bad"] == "failed"


def test_retries_back_off_and_are_counted(
    run_flow: RunFlow, store: Store, clock: FakeClock
) -> None:
    """Attempts with growing pauses, reproducible from the seed, each an event."""
    flow_ = flow(
        node(
            "a",
            "flaky",
            given={"key": '"k"', "failures": "2"},
            retry=Retry(attempts=3, delay=4.0),
        )
    )
    before = clock.now()
    run = run_flow(flow_)

    result = store.journal.get(run.id, "a")
    assert result is not None
    assert (run.state, result.state, result.attempts, work.CALLS["k"]) == ("done", "ok", 3, 3)
    pauses = [e.data["seconds"] for e in store.events.since(run.id) if e.kind == "node_retried"]
    assert len(pauses) == 2
    assert 2.0 <= float(str(pauses[0])) <= 4.0 < 2 * float(str(pauses[1])) <= 16.0
    assert clock.now() - before == pytest.approx(sum(float(str(p)) for p in pauses))


@pytest.mark.parametrize(("backoff", "expected"), [("none", [0.0, 0.0]), ("constant", [3.0, 3.0])])
def test_other_backoffs(
    run_flow: RunFlow, store: Store, backoff: Any, expected: list[float]
) -> None:
    """`none` does not wait, `constant` waits the same each time."""
    policy = Retry(attempts=3, backoff=backoff, delay=3.0)
    run = run_flow(flow(node("a", "boom", given={}, retry=policy)))

    pauses = [e.data["seconds"] for e in store.events.since(run.id) if e.kind == "node_retried"]
    assert pauses == expected
    assert work.CALLS["boom"] == 3


def test_only_the_named_reasons_are_tried_again(run_flow: RunFlow) -> None:
    """`on` narrows what is retried."""
    policy = Retry(attempts=5, backoff="none", on=("timeout",))
    run_flow(flow(node("a", "boom", given={}, retry=policy)))

    assert work.CALLS["boom"] == 1


def test_a_time_limit_ends_an_attempt(run_flow: RunFlow, store: Store) -> None:
    """A node that hangs is stopped and is `timed_out`; the next attempt gets its own time."""
    policy = Retry(attempts=2, backoff="none")
    run = run_flow(flow(node("a", "stuck", given={}, timeout=0.01, retry=policy)))

    assert states(store, run) == {"a": "timed_out"}
    assert why(store, run, "a") == ("timeout", "Agent 'stuck' did not answer within 0.01 s.")
    assert work.CALLS["stuck"] == 2


def test_time_limits_follow_the_clock_of_the_run(run_flow: RunFlow, store: Store) -> None:
    """On a simulated clock an answer after the limit is too late just the same."""
    run = run_flow(flow(node("a", "slow", given={"seconds": "31"}, timeout=30.0)))

    assert states(store, run) == {"a": "timed_out"}


def test_the_run_has_a_time_limit_too(run_flow: RunFlow, store: Store) -> None:
    """The run fails with the reason; nodes that were at work or never began are cancelled."""
    limited = flow(
        node("quick", "step", given={"n": "0"}),
        node("hangs", "stuck", given={}),
        node("behind", "step", given={"n": "hangs.n"}),
        timeout=0.05,
    )
    run = run_flow(limited)

    assert run.failure == {
        "reason": "timeout",
        "message": "The run's time limit of 0.05 s was over.",
        "node": None,
    }
    assert states(store, run) == {"quick": "ok", "hangs": "cancelled", "behind": "cancelled"}


def test_the_runs_time_limit_follows_its_clock(run_flow: RunFlow, store: Store) -> None:
    """On a simulated clock no node begins after the run's time."""
    limited = flow(
        node("a", "slow", given={"seconds": "61"}),
        node("b", "step", given={"n": "a.n"}),
        timeout=60.0,
    )
    run = run_flow(limited)

    assert run.state == "failed"
    assert states(store, run) == {"a": "ok", "b": "cancelled"}


def test_a_stand_in_answers_in_the_failed_nodes_place(run_flow: RunFlow, store: Store) -> None:
    """With the failed node's inputs; the node is ok and keeps the reason of its own trouble."""
    with_fallback = flow(
        node("a", "boom", given={"key": '"k"'}, fallback="other"),
        node("other", "flaky", given={"key": '"k2"', "failures": "0"}),
        node("b", "step", given={"n": "a.n"}),
    )
    run = run_flow(with_fallback)

    assert (run.state, run.output) == ("done", {"n": 2})
    assert states(store, run) == {"a": "ok", "other": "skipped", "b": "ok"}
    result = store.journal.get(run.id, "a")
    assert result is not None
    assert result.reason is not None
    assert (result.reason["fallback"], result.reason["reason"]) == ("other", "exhausted")
    assert why(store, run, "other") == ("condition", "It only stands in for 'a'.")
    assert [(a.agent, a.node, a.tier) for a in store.answers.list(run=run.id)] == [
        ("boom", "a", "none")  # the failure; what code answers leaves no row of its own
    ]


def test_stand_ins_form_a_line(run_flow: RunFlow, store: Store) -> None:
    """The stand-in of a stand-in is asked next; an agent's name will do; all failing is said."""
    line = flow(
        node("a", "boom", given={"key": '"one"'}, fallback="b"),
        node("b", "boom", given={"key": '"two"'}, fallback="c"),
        node("c", "boom", given={}, fallback="boom"),
        output={"n": "a.n"},
    )
    run = run_flow(line)

    assert states(store, run)["a"] == "failed"
    assert dict(work.CALLS) == {"one": 3, "two": 1}  # c and boom are handed the inputs of a
    assert "'boom' stood in and failed too" in why(store, run, "a")[1]


def test_a_map_keeps_order_and_limits_concurrency(run_flow: RunFlow, store: Store) -> None:
    """One result per item, journaled each; the output is the list in order."""
    mapped = flow(
        node(
            "each",
            "traced",
            given={"name": "item.name", "n": "item.n", "seconds": "item.seconds"},
            map="input.items",
            concurrency=2,
        ),
        output={"all": "each"},
    )
    items: list[Any] = [{"name": f"i{i}", "n": i, "seconds": 9 - i} for i in range(5)]
    run = run_flow(mapped, {"items": items})

    assert run.output == {"all": [{"n": i + 1} for i in range(5)]}
    assert len(store.journal.results(run.id)) == 6
    at_work, most = 0, 0
    for line in work.ORDER:
        at_work += 1 if line.endswith("begins") else -1
        most = max(most, at_work)
    assert most == 2


def test_a_map_tries_every_item_and_fails_as_the_first(run_flow: RunFlow, store: Store) -> None:
    """One bad item does not stop the others; the node then fails and names how many."""
    mapped = flow(
        node("each", "odd_is_wrong", given={"n": "item"}, map="input.items"),
        output={"all": "each"},
    )
    run = run_flow(mapped, {"items": [0, 1, 2, 3]})

    assert states(store, run) == {
        "each": "failed",
        "each[0]": "ok",
        "each[1]": "failed",
        "each[2]": "ok",
        "each[3]": "failed",
    }
    assert why(store, run, "each")[1].startswith("2 of 4 items failed; item 1:")


@pytest.mark.parametrize(
    ("items", "expected"), [("[]", "done"), ("null", "failed"), ('"text"', "failed")]
)
def test_a_map_needs_a_list(run_flow: RunFlow, items: str, expected: str) -> None:
    """An empty list is fine and gives an empty list; anything else is a clear failure."""
    mapped = flow(node("each", "step", given={"n": "item"}, map=items), output={"all": "each"})
    run = run_flow(mapped)

    assert run.state == expected
    if expected == "done":
        assert run.output == {"all": []}
    else:
        assert run.failure is not None
        assert "not a list" in str(run.failure["message"])


def _merged(policy: Any) -> list[NodeDef]:
    return [
        node("no", "step", given={"n": "1"}, when="false"),
        node("bad", "boom", given={}),
        node("slow", "traced", given={"name": '"slow"', "n": "10", "seconds": "20"}),
        node("quick", "traced", given={"name": '"quick"', "n": "20"}),
        node("m", given={}, merge=Merge(("no", "bad", "slow", "quick"), policy)),
    ]


def test_merge_any_takes_the_first_in_the_order_written(run_flow: RunFlow, store: Store) -> None:
    """Whoever is first in the list and gave something; failures before it are forgiven."""
    run = run_flow(flow(*_merged("any")))

    assert (run.state, run.output) == ("done", {"n": 11})
    assert states(store, run)["m"] == "ok"


def test_merge_any_does_not_wait_for_later_ones(run_flow: RunFlow) -> None:
    """It goes on as soon as the first is decided; what nobody needs any more is cancelled."""
    racing = flow(
        node("quick", "traced", given={"name": '"quick"', "n": "1"}),
        node("slow", "traced", given={"name": '"slow"', "n": "2", "seconds": "30"}),
        node("m", given={}, merge=Merge(("quick", "slow"), "any")),
        node("b", "traced", given={"name": '"b"', "n": "m.n"}),
    )
    run_flow(racing)

    assert "b ends" in work.ORDER
    assert "slow ends" not in work.ORDER


def test_merge_all_needs_all(run_flow: RunFlow, store: Store) -> None:
    """One field per source; a source that gave nothing makes it upstream."""
    both = flow(
        node("a", "step", given={"n": "1"}),
        node("b", "step", given={"n": "2"}),
        node("m", given={}, merge=Merge(("a", "b"))),
        output={"m": "m"},
    )
    assert run_flow(both).output == {"m": {"a": {"n": 2}, "b": {"n": 3}}}

    run = run_flow(flow(*_merged("all"), name="missing", output={"m": "m"}))
    assert why(store, run, "m")[0] == "upstream"
    assert run.failure is not None
    assert run.failure["node"] == "bad"


def test_merge_any_of_nothing_is_upstream(run_flow: RunFlow, store: Store) -> None:
    """All sources skipped: so is the merge, and the run is done without it."""
    nothing = flow(
        node("a", "step", given={"n": "1"}, when="false"),
        node("m", given={}, merge=Merge(("a",), "any")),
        output={"m": "m"},
    )
    run = run_flow(nothing)

    assert (run.state, run.output) == ("done", {"m": None})
    assert why(store, run, "m") == (
        "upstream",
        "No source gave anything that counts: 'a' was skipped (`false` is not true).",
    )


def test_after_waits_whatever_the_other_gave(run_flow: RunFlow) -> None:
    """`after` orders without data: the node runs even behind a failure."""
    ordered = flow(
        node("first", "traced", given={"name": '"first"', "seconds": "10"}),
        node("bad", "boom", given={}, after=("first",)),
        node("last", "traced", given={"name": '"last"'}, after=("bad",)),
    )
    run_flow(ordered)

    assert work.ORDER == ["first begins", "first ends", "last begins", "last ends"]


def test_a_review_reads_what_it_reviews(run_flow: RunFlow, store: Store) -> None:
    """A reviewer waits for its subject and is skipped when there is nothing to review."""
    reviewed = flow(
        node("reply", "step", given={"n": "input.n"}, when="input.n > 0"),
        node("check", "add", given={"a": "input.n", "b": "reply.n"}, reviews="reply"),
    )
    assert run_flow(reviewed, {"n": 4}).output == {"n": 9}

    run = run_flow(reviewed, {"n": 0})
    assert why(store, run, "check")[0] == "upstream"


def test_an_expression_that_cannot_be_computed_fails_the_node(
    run_flow: RunFlow, store: Store
) -> None:
    """Wrong types in `in`, `when`, `map` or `output` are typed failures, not crashes."""
    for bad in (
        node("a", "step", given={"n": "input.text - 1"}),
        node("a", "step", given={"n": "1"}, when="input.text - 1 > 0"),
        node("a", "step", given={"n": "item"}, map="input.text - 1"),
    ):
        run = run_flow(flow(bad), {"text": "x"})
        assert (run.state, why(store, run, "a")[0]) == ("failed", "invalid_input")
    run = run_flow(
        flow(node("a", "step", given={"n": "1"}), output={"n": "input.text - 1"}), {"text": "x"}
    )
    assert run.failure is not None
    assert (run.failure["reason"], run.failure["node"]) == ("invalid_output", None)


def test_what_cannot_be_run_is_said_before_anything_is(make_runtime: Any, store: Store) -> None:
    """No such flow, no such agent, an input that breaks the contract: nothing is recorded."""
    schema: JsonObject = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
    }
    made = make_runtime(flow(node("a", "step", given={"n": "input.n"}), input=schema))

    with pytest.raises(NotFound, match=r"no flow 'other'"):
        asyncio.run(made.run("other", {}))
    with pytest.raises(InputError, match="does not satisfy its contract"):
        asyncio.run(made.run("flow", {"n": "text"}))
    with pytest.raises(NotFound, match=r"no agent 'nobody'"):
        made.agent("nobody")
    assert store.runs.list() == []


def test_nodes_that_wait_for_each_other_are_refused() -> None:
    """A cycle made from Python is found when the flow is compiled."""
    with pytest.raises(SpecError, match="wait for each other"):
        compile_flow(
            flow(
                node("a", "step", given={"n": "b.n"}),
                node("b", "step", given={"n": "a.n"}),
            )
        )
    with pytest.raises(SpecError, match="a → a"):
        compile_flow(flow(node("a", "step", given={"n": "a.n"})))


def test_events_come_in_order_and_live(make_runtime: Any, store: Store) -> None:
    """`on_event` sees what the store keeps, in the same order."""
    made = make_runtime(
        flow(
            node("a", "step", given={"n": "0"}),
            node("b", "step", given={"n": "a.n"}, when="false"),
            *(node(f"c{i}", "step", given={"n": "a.n"}) for i in range(5)),
            output={"n": "a.n"},
        )
    )
    seen: list[Event] = []
    run = asyncio.run(made.run("flow", {}, on_event=seen.append))

    assert seen == store.events.since(run.id)
    assert [e.seq for e in seen] == list(range(1, len(seen) + 1))
    kinds = [e.kind for e in seen]
    assert (kinds[0], kinds[1], kinds[-1]) == ("run_started", "node_started", "run_finished")
    assert ("node_skipped", "b") in [(e.kind, e.node) for e in seen]


def test_a_listener_that_fails_stops_its_run_only(make_runtime: Any, store: Store) -> None:
    """The error reaches the caller; the run can be resumed, and others go on."""
    made = make_runtime(
        flow(node("a", "step", given={"n": "0"}), node("b", "step", given={"n": "a.n"}))
    )

    def broken(event: Event) -> None:
        if event.node == "a":
            raise OSError("the pipe is closed")

    async def both() -> tuple[Any, Any]:
        runs: list[Any] = [made.run("flow", {}, on_event=broken), made.run("flow", {})]
        first, second = await asyncio.gather(*runs, return_exceptions=True)
        return first, second

    failed, good = asyncio.run(both())

    assert isinstance(failed, OSError)
    assert good.state == "done"
    cut = next(r for r in store.runs.list() if r.state == "running")
    assert asyncio.run(made.resume(cut.id)).state == "done"


YAML = """
version: 1
agents:
  triage:
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    tiers: [{python: "functions:triage"}]
  reply:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [{python: "functions:reply"}]
flows:
  support:
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      reply:
        agent: reply
        in: {text: input.text, team: triage.team}
        when: triage.team != "other"
    output: {team: triage.team, reply: reply.reply}
"""
FUNCTIONS = """
def triage(text):
    return {"team": "cards" if "card" in text else "other"}

def reply(text, team):
    return {"reply": f"{team} will see to it"}
"""


def test_a_flow_from_yaml_runs(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """From the file to the answer, with synchronous functions beside it."""
    (tmp_path / "pantheon.yaml").write_text(YAML)
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    made = runtime(load_project(tmp_path / "pantheon.yaml"), store, clock=clock)

    async def both() -> list[Any]:
        runs = [await made.run("support", {"text": text}) for text in ("my card", "hello")]
        await made.close()
        return [run.output for run in runs]

    assert asyncio.run(both()) == [
        {"team": "cards", "reply": "cards will see to it"},
        {"team": "other", "reply": None},
    ]


def test_a_cross_check_without_a_cloud_keeps_the_local_answer(
    run_flow: RunFlow, store: Store
) -> None:
    """One side that cannot answer leaves the other's answer."""
    checked = flow(
        node("a", "step", given={"n": "1"}, cross_check=CrossCheck(judge="judge")),
    )
    run = run_flow(checked)

    assert run.output == {"n": 2}
    finished = next(e for e in store.events.since(run.id) if e.kind == "node_finished")
    assert finished.data["kept"] == "local"
