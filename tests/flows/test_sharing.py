"""What nodes share: the context of a run, memory, cached results, and what is scarce."""

from __future__ import annotations

import asyncio
from typing import Any

from pantheon.clock import FakeClock
from pantheon.flows import Runtime
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, ContextKey, FlowDef, Loop, MemoryDef, Resources
from pantheon.store import Store
from tests.flows import building, work
from tests.flows.building import agent, e, flow, node, why

NUMBER: JsonObject = {"type": "integer"}


def sharing(**policy: Any) -> FlowDef:
    """One node writes the context, a later one reads it."""
    return flow(
        node("a", "step", given={"n": "1"}, writes={"total": e("output.n")}, **policy),
        node("b", "step", given={"n": "context.total"}, after=("a",)),
        context={"total": ContextKey(NUMBER, initial=0)},
    )


def test_a_key_is_written_and_read_and_attributed(make_runtime: Any, store: Store) -> None:
    """The write is kept with the node that made it."""
    run = asyncio.run(make_runtime(sharing()).run("flow", {}))

    assert run.output == {"n": 3}
    (write,) = store.context.of(run.id)
    assert (write.key, write.value, write.node, write.index) == ("total", 2, "a", -1)


def test_a_value_against_the_contract_fails_the_node(make_runtime: Any, store: Store) -> None:
    """Nothing of it is written."""
    wrong = flow(
        node("a", "step", given={"n": "1"}, writes={"total": e('"much"')}),
        context={"total": ContextKey(NUMBER)},
    )
    run = asyncio.run(make_runtime(wrong).run("flow", {}))

    assert why(store, run, "a")[0] == "invalid_output"
    assert store.context.of(run.id) == []


def test_the_context_is_there_again_after_a_crash(make_runtime: Any, store: Store) -> None:
    """What was written before the process died is read by the one that goes on."""
    fails = flow(
        node("a", "step", given={"n": "1"}, writes={"total": e("output.n")}),
        node("f", "flaky", given={"key": '"f"', "failures": "1"}, after=("a",)),
        node("b", "step", given={"n": "context.total"}, after=("f",)),
        context={"total": ContextKey(NUMBER, initial=0)},
        output={"n": "f.n + b.n"},
    )
    failed = asyncio.run(make_runtime(fails).run("flow", {}))
    done = asyncio.run(make_runtime(fails).resume(failed.id))

    assert (failed.state, done.output) == ("failed", {"n": 5})


def remembering(store: Store, clock: FakeClock, tmp_path: Any, scope: Any) -> Runtime:
    """A flow that counts in a long-term memory."""
    counting = flow(
        node(
            "a",
            "step",
            given={"n": "memory.count"},
            writes={"memory.count": e("output.n")},
        )
    )
    project = building.project(tmp_path, counting)
    memory = {"count": MemoryDef(scope, NUMBER, initial=0)}
    remembers = type(project)(
        project.root, agents=project.agents, flows=project.flows, memory=memory
    )
    return building.runtime(remembers, store, clock=clock)


def test_memory_outlives_runs(store: Store, clock: FakeClock, tmp_path: Any) -> None:
    """The next run goes on from what the last one left; every write names its run."""
    made = remembering(store, clock, tmp_path, "flow")
    outputs = [asyncio.run(made.run("flow", {})).output for _ in range(3)]

    assert outputs == [{"n": 1}, {"n": 2}, {"n": 3}]
    writes = store.memory.history("flow", "flow", "count")
    assert [(w.value, w.node) for w in writes] == [(1, "a"), (2, "a"), (3, "a")]
    assert len({w.run for w in writes}) == 3


def test_memory_of_a_user_is_hers(store: Store, clock: FakeClock, tmp_path: Any) -> None:
    """Another user begins anew; a run for nobody cannot write it, and says so."""
    made = remembering(store, clock, tmp_path, "user")
    runs = [asyncio.run(made.run("flow", {}, user=user)) for user in ("ann", "ann", "bob", None)]

    assert [run.output for run in runs] == [{"n": 1}, {"n": 2}, {"n": 1}, None]
    assert "belongs to a user, and this run knows none" in why(store, runs[3], "a")[1]


def cached(**fields: Any) -> AgentDef:
    """`step` as an agent whose results are kept."""
    base = agent("kept", building.agent("step").tiers[0])
    return AgentDef(base.name, base.input, base.output, base.tiers, **fields)


def ask_twice(make_runtime: Any, definition: AgentDef, clock: FakeClock, pause: float) -> list[Any]:
    """The notes of two equal questions, some seconds apart."""
    asks = flow(node("a", "kept", given={"n": "input.n"}))
    made: Runtime = make_runtime(asks, agents=(definition,))
    notes: list[Any] = []
    for _ in range(2):
        run = asyncio.run(made.run("flow", {"n": 1}))
        assert run.output == {"n": 2}
        result = made.store.journal.get(run.id, "a")
        assert result is not None
        notes.append((result.note or {})["tier"])
        clock.advance(pause)
    return notes


def test_results_are_cached_only_where_that_is_asked_for(
    make_runtime: Any, clock: FakeClock
) -> None:
    """Deterministic agents for ever, others as long as they say, by default not at all."""
    assert ask_twice(make_runtime, cached(), clock, 0) == ["python", "python"]
    assert ask_twice(make_runtime, cached(deterministic=True), clock, 1e9) == ["python", "cache"]
    hour = cached(cache=3600.0)
    assert ask_twice(make_runtime, hour, clock, 3599) == ["python", "cache"]
    clock.advance(3600)
    assert ask_twice(make_runtime, hour, clock, 3600) == ["python", "python"]
    off = cached(deterministic=True, cache=0.0)
    assert ask_twice(make_runtime, off, clock, 0) == ["python", "python"]


def test_what_is_scarce_is_shared_out(store: Store, clock: FakeClock, tmp_path: Any) -> None:
    """Two cores, jobs of one core each: never more than two at once, over all runs."""
    job = AgentDef(
        "job",
        *(building.ANY_OBJECT, building.ANY_OBJECT, building.agent("timed").tiers),
        resources=Resources(cpu=1.0),
    )
    jobs = flow(
        node("x", "job", given={"value": "item", "seconds": "10"}, map="input.items"),
        output={"x": "x"},
    )
    project = building.project(tmp_path, jobs, agents=(job,))
    limited = type(project)(
        project.root, agents=project.agents, flows=project.flows, limits=Resources(cpu=2.0)
    )
    made = building.runtime(limited, store, clock=clock)

    async def main() -> list[Any]:
        return list(await asyncio.gather(*(made.run("flow", {"items": [1, 2]}) for _ in range(3))))

    began = clock.now()
    runs = asyncio.run(main())
    assert [run.state for run in runs] == ["done"] * 3
    assert clock.now() - began == 30.0
    most = 0
    at_work = 0
    for line in work.ORDER:
        at_work += 1 if line.endswith("begins") else -1
        most = max(most, at_work)
    assert most == 2


def test_what_can_never_fit_is_told_at_once(store: Store, clock: FakeClock, tmp_path: Any) -> None:
    """With the need and the limit."""
    huge = AgentDef(
        "huge",
        *(building.ANY_OBJECT, building.ANY_OBJECT, building.agent("step").tiers),
        resources=Resources(cpu=8.0),
    )
    asks = flow(node("a", "huge", given={"n": "1"}))
    project = building.project(tmp_path, asks, agents=(huge,))
    limited = type(project)(
        project.root, agents=project.agents, flows=project.flows, limits=Resources(cpu=2.0)
    )
    made = building.runtime(limited, store, clock=clock)
    run = asyncio.run(made.run("flow", {}))

    reason, message = why(store, run, "a")
    assert reason == "not_configured"
    assert "'huge'" in message


def test_what_happens_when_a_node_fails_is_the_flows_to_say(
    make_runtime: Any, store: Store
) -> None:
    """continue: null to whoever reads it; give: that value; stop: the run ends at once."""
    bad = {"key": '"k"'}
    goes_on = flow(
        node("a", "boom", given=bad, on_error="continue"),
        node("b", "timed", given={"value": "a"}),
        output={"b": "b.value"},
    )
    assert asyncio.run(make_runtime(goes_on).run("flow", {})).output == {"b": None}

    gives = flow(
        node("a", "boom", given=bad, give={"n": 41}),
        node("b", "step", given={"n": "a.n"}),
    )
    run = asyncio.run(make_runtime(gives).run("flow", {}))
    assert run.output == {"n": 42}
    assert why(store, run, "a")[0] == "exhausted"

    looped = flow(
        node(
            "a",
            "grow",
            given={"n": "default(last.n, 0)"},
            loop=Loop(until=e("last.ok"), max=2),
            give={"n": 7},
        )
    )
    assert asyncio.run(make_runtime(looped).run("flow", {})).output == {"n": 7}

    stops = flow(
        node("a", "boom", given=bad, on_error="stop"),
        node("slow", "stuck", given={}),
        node("later", "step", given={"n": "slow.n"}),
    )
    run = asyncio.run(make_runtime(stops).run("flow", {}))
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure["node"] == "a"
    states = {
        r.node: (r.state, (r.reason or {}).get("reason")) for r in store.journal.results(run.id)
    }
    assert states["slow"] == states["later"] == ("cancelled", "cancelled")
