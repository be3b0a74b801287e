"""A live run moves onto its flow as it is now; what is unchanged stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pantheon.errors import Busy, InputError
from pantheon.flows import Changes, Runtime, fork, make_pin, migrate
from pantheon.ids import RunId
from pantheon.spec import AgentDef, ContextKey, FlowDef, HumanTier, NodeDef
from pantheon.store import Run, Store
from tests.flows import work
from tests.flows.building import agent, e, flow, node
from tests.flows.test_fork import step

Editing = Callable[..., tuple[Run, Runtime]]
ASK = node("ask", "person", given={})


@pytest.fixture
def edit(make_runtime: Any) -> Editing:
    """Runs one version of a flow, and opens the project with the next one."""

    def go(before: FlowDef, after: FlowDef, *agents: AgentDef) -> tuple[Run, Runtime]:
        run = asyncio.run(make_runtime(before).run("flow", {"n": 1}))
        work.CALLS.clear()
        return run, make_runtime(after, agents=agents)

    return go


def pin_of(made: Runtime) -> Any:
    """The flow as the project defines it now."""
    return make_pin(made.project, made.project.flows["flow"])


def test_what_changed_runs_again_and_the_rest_is_kept(edit: Editing, store: Store) -> None:
    """Explained first, without any change; then done, and the run goes on."""
    before = flow(
        step("a", "input.n"), step("b", "a.n"), step("free", "1"), ASK, output={"n": "b.n"}
    )
    after = flow(
        step("a", "input.n"), step("b", "a.n + 10"), step("free", "1"), step("new", "b.n"),
        output={"n": "new.n"},
    )  # fmt: skip
    run, made = edit(before, after)
    told = migrate(store, run.id, pin_of(made))

    assert store.runs.get(run.id).flow_hash == run.flow_hash
    assert [key for key, _ in told.kept] == ["a", "free"]
    assert told.again == {("b", -1): "its definition changed"}
    assert (told.new, told.dropped) == (("new",), (("ask", -1),))
    assert [item.node for item in told.withdrawn] == ["ask"]

    assert migrate(store, run.id, pin_of(made), apply=True).again == told.again
    assert migrate(store, run.id, pin_of(made)).same
    assert store.inbox.list() == []
    done = asyncio.run(made.resume(run.id))
    assert (done.state, done.output) == ("done", {"n": 14})
    assert dict(work.CALLS) == {"b": 1, "new": 1}
    assert "run_migrated" in [event.kind for event in store.events.since(run.id)]


def test_a_changed_agent_asks_its_question_anew(edit: Editing, store: Store) -> None:
    """The old question is taken back; the new one stands in its place."""
    asking = flow(step("a", "1"), ASK, output={"n": "ask.n"})
    run, made = edit(asking, asking, agent("person", HumanTier("Really?")))
    told = migrate(store, run.id, pin_of(made), apply=True)

    assert told.again == {("ask", -1): "its agent 'person' changed"}
    assert asyncio.run(made.resume(run.id)).state == "waiting"
    assert [item.question for item in store.inbox.list()] == ["Really?"]


def test_inside_flows_only_what_changed_runs_again(edit: Editing, store: Store) -> None:
    """The inner node that is the same keeps its result."""

    def version(given: str) -> FlowDef:
        inner = flow(step("one", "1"), step("two", given), name="sub")
        return flow(NodeDef("sub", body=inner), ASK, output={"n": "sub.n"})

    run, made = edit(version("one.n"), version("one.n + 1"))
    told = migrate(store, run.id, pin_of(made), apply=True)

    assert set(told.again) == {("sub", -1), ("sub/two", -1)}
    asyncio.run(made.resume(run.id))
    assert dict(work.CALLS) == {"two": 1}


def test_what_a_node_wrote_goes_with_its_result(edit: Editing, store: Store) -> None:
    """Nothing in the context stays of a node that runs again; its readers run again too."""

    def version(given: str) -> FlowDef:
        return flow(
            step("writer", given, writes={"k": e("output.n")}),
            step("reader", "context.k", after=("writer",)),
            ASK,
            context={"k": ContextKey({"type": "integer"})},
            output={"n": "reader.n"},
        )

    run, made = edit(version("1"), version("10"))
    migrate(store, run.id, pin_of(made), apply=True)

    assert store.context.of(run.id) == []
    asyncio.run(made.resume(run.id))
    assert [write.value for write in store.context.of(run.id)] == [11]
    assert dict(work.CALLS) == {"writer": 1, "reader": 1}


def test_an_input_that_no_longer_fits_makes_it_impossible(edit: Editing, store: Store) -> None:
    """Nothing is changed, and the problem says what is wrong."""
    strict = {"type": "object", "properties": {"n": {"type": "string"}}}
    run, made = edit(flow(step("a", "1"), ASK), flow(step("a", "1"), ASK, input=strict))

    assert migrate(store, run.id, pin_of(made)).problems == ("`n` must be string, but is 1",)
    with pytest.raises(InputError, match="cannot move"):
        migrate(store, run.id, pin_of(made), apply=True)
    with pytest.raises(InputError, match="as it is now"):
        fork(store, run.id, Changes(), new_id=RunId("rfork"), now=pin_of(made))
    assert store.runs.get(run.id).flow_hash == run.flow_hash


def test_a_run_at_work_and_a_run_that_is_done_are_refused(edit: Editing, store: Store) -> None:
    """The one is busy, the other has nothing left to do."""
    run, made = edit(flow(step("a", "1"), ASK), flow(step("a", "2"), ASK))
    assert store.runs.lease(run.id, "elsewhere/1/1/1", 60.0)
    with pytest.raises(Busy):
        migrate(store, run.id, pin_of(made), apply=True)

    done, made = edit(flow(step("a", "1")), flow(step("a", "2")))
    with pytest.raises(InputError, match="is done"):
        migrate(store, done.id, pin_of(made))


def test_a_fork_onto_the_flow_as_it_is_now_keeps_what_is_unchanged(
    edit: Editing, store: Store
) -> None:
    """A run that is done begins again where its flow differs."""
    before = flow(step("a", "input.n"), step("b", "a.n"), step("free", "1"), output={"n": "b.n"})
    after = flow(
        step("a", "input.n"), step("b", "a.n + 10"), step("free", "1"), output={"n": "b.n"}
    )
    run, made = edit(before, after)
    forked = fork(store, run.id, Changes(), new_id=RunId("rfork"), now=pin_of(made))
    done = asyncio.run(made.resume(forked.run.id))

    assert (done.output, done.flow_hash) == ({"n": 13}, pin_of(made).hash)
    assert dict(work.CALLS) == {"b": 1}
