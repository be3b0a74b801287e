"""Random graphs with random failures and conditions against a plain interpreter of the rules."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.ids import Json
from pantheon.spec import FlowDef, Merge, NodeDef, Retry
from pantheon.store import Event, NodeResult, Run, Store
from tests.flows import work
from tests.flows.building import flow, node, project, runtime

Kind: TypeAlias = Literal["agent", "all", "any"]
Condition: TypeAlias = Literal["none", "true", "false", "exists"]


@dataclass(frozen=True)
class Spot:
    """One node of a random graph; sources are positions before it."""

    kind: Kind
    sources: tuple[int, ...]
    tolerant: tuple[bool, ...]
    """Whether it says what to do without each source."""
    condition: Condition
    after: tuple[int, ...]
    turns: int
    failures: int
    attempts: int

    @property
    def fails(self) -> bool:
        """Whether its agent never succeeds."""
        return self.failures >= self.attempts


@st.composite
def graphs(draw: st.DrawFn) -> list[Spot]:
    """Up to twelve nodes, each reading from some of those before it."""
    spots: list[Spot] = []
    for position in range(draw(st.integers(1, 12))):
        before = st.integers(0, position - 1) if position else st.nothing()
        sources = tuple(draw(st.lists(before, max_size=3, unique=True))) if position else ()
        kind: Kind = draw(st.sampled_from(("agent", "agent", "all", "any"))) if sources else "agent"
        spots.append(
            Spot(
                kind=kind,
                sources=sources,
                tolerant=tuple(draw(st.booleans()) for _ in sources),
                condition=draw(st.sampled_from(("none", "none", "true", "false", "exists"))),
                after=tuple(draw(st.lists(before, max_size=1))) if position else (),
                turns=draw(st.integers(0, 4)),
                failures=draw(st.sampled_from((0, 0, 0, 1, 3))),
                attempts=draw(st.integers(1, 2)),
            )
        )
    return spots


def build(spots: list[Spot]) -> FlowDef:
    """The flow of a random graph."""
    nodes = [_node(position, spot) for position, spot in enumerate(spots)]
    return flow(*nodes, output={"last": f"n{len(spots) - 1}"})


def _node(position: int, spot: Spot) -> NodeDef:
    policy: dict[str, object] = {"after": tuple(f"n{a}" for a in spot.after)}
    if spot.condition in {"true", "false"}:
        policy["when"] = spot.condition
    if spot.condition == "exists" and spot.sources:
        policy["when"] = f"exists(n{spot.sources[0]})"
    if spot.kind != "agent":
        merge = Merge(tuple(f"n{s}" for s in spot.sources), spot.kind)
        return node(f"n{position}", given={}, merge=merge, **policy)
    reads = [
        f"default(n{source}, 0)" if tolerant else f"n{source}"
        for source, tolerant in zip(spot.sources, spot.tolerant, strict=True)
    ]
    given = {
        "name": f'"n{position}"',
        "turns": str(spot.turns),
        "failures": str(spot.failures),
        "values": f"[{', '.join(reads)}]",
    }
    retry = Retry(attempts=spot.attempts, delay=1.0)
    return node(f"n{position}", "act", given=given, retry=retry, **policy)


@dataclass(frozen=True)
class Expected:
    """How a node must end."""

    state: str
    reason: str | None
    output: Json = None


def interpret(spots: list[Spot]) -> list[Expected]:
    """The rules of the engine, one node after the other."""
    ended: list[Expected] = []
    for position, spot in enumerate(spots):
        ended.append(_interpret(position, spot, ended))
    return ended


def _interpret(position: int, spot: Spot, ended: list[Expected]) -> Expected:
    gave = {s: ended[s].state == "ok" for s in spot.sources}
    if spot.condition == "false" or (
        spot.condition == "exists" and spot.sources and not gave[spot.sources[0]]
    ):
        return Expected("skipped", "condition")
    given: list[Json] = [ended[s].output if gave[s] else 0 for s in spot.sources]
    if spot.kind == "any":
        first = next((s for s in spot.sources if gave[s]), None)
        return (
            Expected("skipped", "upstream")
            if first is None
            else Expected("ok", None, ended[first].output)
        )
    if spot.kind == "all":
        if not all(gave.values()):
            return Expected("skipped", "upstream")
        return Expected("ok", None, {f"n{s}": ended[s].output for s in spot.sources})
    if any(not gave[s] and not t for s, t in zip(spot.sources, spot.tolerant, strict=True)):
        return Expected("skipped", "upstream")
    if spot.fails:
        return Expected("failed", "exhausted")
    return Expected("ok", None, {"from": f"n{position}", "got": given})


def forgiven(spots: list[Spot]) -> set[int]:
    """Nodes whose failure somebody provides for."""
    found: set[int] = set()
    for spot in spots:
        if spot.kind == "any":
            found |= set(spot.sources)
        if spot.kind == "agent":
            found |= {s for s, t in zip(spot.sources, spot.tolerant, strict=True) if t}
        if spot.condition == "exists":
            found |= set(spot.sources[:1])
    return found


def spared(spots: list[Spot]) -> set[int]:
    """Nodes that only a merge of any needs, directly or not: it may cancel them."""
    found: set[int] = set()
    for merge in range(len(spots) - 1, -1, -1):
        if spots[merge].kind == "any":
            found |= _only_for(merge, spots)
    return found


def _only_for(merge: int, spots: list[Spot]) -> set[int]:
    found: set[int] = set()
    for position in range(merge - 1, -1, -1):
        readers = {i for i, s in enumerate(spots) if position in {*s.sources, *s.after}}
        if readers and readers <= found | {merge} and position != len(spots) - 1:
            found.add(position)
    return found


def is_spared(result: NodeResult) -> bool:
    """Whether a merge did without it."""
    return result.state == "cancelled" and (result.reason or {}).get("reason") == "not_needed"


def execute(definition: FlowDef, seed: int) -> tuple[Run, list[NodeResult], list[Event], float]:
    """Run it once on a fake clock; everything that can be seen of it."""
    work.CALLS.clear()
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        made = runtime(project(Path.cwd(), definition), store, clock=clock, seed=seed)
        run = asyncio.run(made.run(definition.name, {}))
        return run, store.journal.results(run.id), store.events.since(run.id), clock.now()


@settings(max_examples=150)
@given(spots=graphs())
def test_every_node_ends_in_one_state_by_the_rules(spots: list[Spot]) -> None:
    """States, reasons and outputs are those of the plain interpreter, whatever the timing."""
    run, results, _, _ = execute(build(spots), seed=0)
    expected = interpret(spots)

    assert len(results) == len(spots)
    by_name = {result.node: result for result in results}
    for position, wanted in enumerate(expected):
        result = by_name[f"n{position}"]
        if is_spared(result) and position in spared(spots):
            continue
        reason = (result.reason or {}).get("reason")
        assert (result.state, reason, result.output) == (wanted.state, wanted.reason, wanted.output)
        assert reason is None or (result.reason or {}).get("message")
    unforgiven = [
        position
        for position, wanted in enumerate(expected)
        if wanted.state == "failed"
        and position not in forgiven(spots)
        and not is_spared(by_name[f"n{position}"])
    ]
    assert run.state == ("failed" if unforgiven else "done")
    if unforgiven:
        assert run.failure is not None
        assert run.failure["node"] == f"n{unforgiven[0]}"
    else:
        assert run.output == {"last": expected[-1].output}


def test_two_merges_may_do_without_the_same_node() -> None:
    """What neither of them needs is cancelled once, and has its result."""
    agent = Spot("agent", (), (), "none", (), 1, 0, 1)
    quick = dataclasses.replace(agent, turns=0)
    first = Spot("any", (0, 1, 2), (False, False, False), "none", (), 0, 0, 1)
    second = Spot("any", (0,), (False,), "none", (3,), 0, 0, 1)
    _, results, _, _ = execute(build([agent, quick, agent, first, second]), seed=0)
    states = {result.node: result.state for result in results}
    assert states == {"n0": "ok", "n1": "ok", "n2": "cancelled", "n3": "ok", "n4": "ok"}


@settings(max_examples=75)
@given(spots=graphs())
def test_nothing_begins_before_what_it_needs_has_ended(spots: list[Spot]) -> None:
    """In the order of events every node begins after those it reads from and comes `after`."""
    _, _, events, _ = execute(build(spots), seed=0)

    ended = {e.node: e.seq for e in events if e.kind in {"node_finished", "node_skipped"}}
    begun = {e.node: e.seq for e in events if e.kind == "node_started"}
    assert len(ended) == len(spots)
    for position, spot in enumerate(spots):
        if f"n{position}" in begun:
            for before in {*spot.sources, *spot.after}:
                assert ended[f"n{before}"] < begun[f"n{position}"]


@settings(max_examples=50)
@given(spots=graphs(), seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_run(spots: list[Spot], seed: int) -> None:
    """Results, events, pauses between attempts, even the time: all are reproducible."""
    definition = build(spots)

    assert execute(definition, seed) == execute(definition, seed)
