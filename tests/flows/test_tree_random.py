"""Random behaviour trees against a plain interpreter of the rules, undisturbed and cut short."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject, RunId
from pantheon.spec import FlowDef, NodeDef, TreeDef
from pantheon.store import Event, NodeResult, Run, Store
from tests.flows import work
from tests.flows.building import e, flow, node, project, runtime
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

RUN = RunId("r1")


@dataclass
class Sketch:
    """A tree being made: its nodes, each with how often it fails first."""

    failures: dict[str, int] = field(default_factory=dict[str, int])
    turns: dict[str, int] = field(default_factory=dict[str, int])

    def flow(self, tree: TreeDef) -> FlowDef:
        """Each node gives how often it has succeeded so far."""
        nodes = [self._node(name) for name in self.failures]
        output = {name: f"default({name}.got[0], 0)" for name in self.failures}
        return flow(*(nodes or [node("none", "step", given={"n": "0"})]), tree=tree, output=output)

    def _node(self, name: str) -> NodeDef:
        given = {"name": f'"{name}"', "turns": str(self.turns[name])}
        given |= {
            "failures": str(self.failures[name]),
            "values": f"[default({name}.got[0], 0) + 1]",
        }
        return node(name, "act", given=given)


@dataclass(frozen=True)
class Grown:
    """A random tree with its nodes."""

    sketch: Sketch
    tree: TreeDef

    def flow(self) -> FlowDef:
        """As a flow."""
        return self.sketch.flow(self.tree)


@st.composite
def trees(draw: st.DrawFn, *, together: bool) -> Grown:
    """A tree; with parts in parallel (`together`) what it comes to must not depend on the timing:
    nodes then always do the same, and nothing reads them.
    """
    sketch = Sketch()
    return Grown(sketch, _part(draw, sketch, 4, together))


def _part(draw: st.DrawFn, sketch: Sketch, depth: int, together: bool) -> TreeDef:
    simple = ["leaf", "leaf", "condition"]
    single = ["invert", "once", "retry", "repeat", "timeout", "guard"]
    several = ["sequence", "selector", *(["parallel"] * 2 if together else ["budget"])]
    kind = draw(st.sampled_from(simple if not depth else [*several, *several, *single, *simple]))
    if kind == "leaf":
        return _leaf(draw, sketch, together)
    if kind == "condition":
        return condition(_test(draw, sketch, together))
    size = draw(st.integers(1, 3)) if kind in several and kind != "budget" else 1
    parts = [_part(draw, sketch, depth - 1, together) for _ in range(size)]
    return _around(draw, sketch, kind, parts, together)


def _leaf(draw: st.DrawFn, sketch: Sketch, together: bool) -> TreeDef:
    name = f"n{len(sketch.failures)}"
    sketch.failures[name] = draw(st.sampled_from((0, 0, 99) if together else (0, 0, 1, 2, 99)))
    sketch.turns[name] = draw(st.integers(0, 3))
    demanding = not together and draw(st.booleans())
    return leaf(name, f"{name}.got[0] >= 2" if demanding else None)


def _test(draw: st.DrawFn, sketch: Sketch, together: bool) -> str:
    if together or not sketch.failures:
        return draw(st.sampled_from(("1 < 2", "1 > 2")))
    name = draw(st.sampled_from(sorted(sketch.failures)))
    return draw(st.sampled_from((f"exists({name})", f"not exists({name})", "1 < 2")))


def _around(
    draw: st.DrawFn, sketch: Sketch, kind: str, parts: list[TreeDef], together: bool
) -> TreeDef:
    first, times = parts[0], draw(st.integers(1, 3))
    until = _test(draw, sketch, together) if kind == "repeat" and draw(st.booleans()) else None
    made: dict[str, Callable[[], TreeDef]] = {
        "sequence": lambda: sequence(*parts),
        "selector": lambda: selector(*parts),
        "parallel": lambda: parallel(*parts, need=draw(st.integers(1, len(parts)))),
        "invert": lambda: invert(first),
        "once": lambda: once(first),
        "retry": lambda: retry(times, first),
        "repeat": lambda: repeat(times, first, until),
        "timeout": lambda: timeout(1000, first),
        "guard": lambda: guard(_test(draw, sketch, together), first),
        "budget": lambda: budget(first, requests=draw(st.integers(0, 3))),
    }
    return made[kind]()


# ------------------------------------------------------------------ the rules


class Cut(Exception):
    """A part is ended from outside."""

    def __init__(self, part: TreeDef) -> None:
        super().__init__()
        self.part = part


@dataclass
class Interpreter:
    """The rules, one node after the other."""

    sketch: Sketch
    calls: Counter[str] = field(default_factory=Counter[str])
    gave: Counter[str] = field(default_factory=Counter[str])
    kept: dict[int, bool] = field(default_factory=dict[int, bool])
    around: list[TreeDef] = field(default_factory=list[TreeDef])

    def come_to(self, part: TreeDef) -> bool:
        """Whether a part succeeds."""
        match part.kind:
            case "node":
                return self.visit(part)
            case "condition":
                return self.decide(part)
            case "sequence":
                return all(self.come_to(child) for child in part.children)
            case "selector":
                return any(self.come_to(child) for child in part.children)
            case "parallel":
                good = sum([self.come_to(child) for child in part.children])
                return good >= (part.count or len(part.children))
            case "invert":
                return not self.come_to(part.children[0])
            case "retry":
                return any(self.come_to(part.children[0]) for _ in range(part.count or 0))
            case "repeat":
                return self.repeat(part)
            case "once":
                if id(part) not in self.kept:
                    self.kept[id(part)] = self.come_to(part.children[0])
                return self.kept[id(part)]
            case "timeout":
                return self.come_to(part.children[0])
            case "guard":
                return self.decide(part) and self.bounded(part)
            case "budget":
                return self.bounded(part)

    def visit(self, part: TreeDef) -> bool:
        """Ask a node."""
        self.check(begins=True)
        name = part.node or ""
        self.calls[name] += 1
        if self.calls[name] <= self.sketch.failures[name]:
            return False
        self.gave[name] += 1
        return part.test is None or self.gave[name] >= 2

    def decide(self, part: TreeDef) -> bool:
        """Evaluate a test, when nothing around it has to end."""
        self.check(begins=False)
        return self.holds(part)

    def holds(self, part: TreeDef) -> bool:
        """Whether a test is true."""
        assert part.test is not None
        scope: JsonObject = {name: {"got": [count]} for name, count in self.gave.items() if count}
        return part.test.evaluate(scope) is True

    def repeat(self, part: TreeDef) -> bool:
        """Round after round."""
        for _ in range(part.count or 0):
            if not self.come_to(part.children[0]):
                return False
            if part.test is not None and self.decide(part):
                return True
        return part.test is None

    def bounded(self, part: TreeDef) -> bool:
        """A part that may be ended."""
        self.around.append(part)
        try:
            return self.come_to(part.children[0])
        except Cut as cut:
            if cut.part is not part:
                raise
            return False
        finally:
            self.around.pop()

    def check(self, *, begins: bool) -> None:
        """End the outermost part that must end."""
        for part in self.around:
            spent = sum(self.calls[name] for name in _names(part))
            if part.kind == "guard" and not self.holds(part):
                raise Cut(part)
            if part.kind == "budget" and begins and spent >= (part.requests or 0):
                raise Cut(part)


def _names(part: TreeDef) -> list[str]:
    own = [part.node] if part.node else []
    return [*own, *(name for child in part.children for name in _names(child))]


# ------------------------------------------------------------------ runs


def execute(grown: Grown, cut: int | None = None) -> tuple[Run, list[NodeResult], list[str]]:
    """Run a tree; `cut`: lose the run at that event, and go on with it in another runtime.

    Gives the visits that began again though they had a result.
    """
    work.CALLS.clear()
    clock = FakeClock()
    again: list[str] = []
    with Store.open(":memory:", clock=clock) as store:

        def lose(event: Event) -> None:
            if cut is not None and event.seq >= cut:
                raise OSError("cut")

        made = runtime(project(Path.cwd(), grown.flow()), store, clock=clock)
        try:
            run = asyncio.run(made.run("flow", {}, run_id=RUN, on_event=lose))
        except OSError:
            run = store.runs.get(RUN)
            if run.state == "running":
                run = asyncio.run(_resume(store, clock, grown, again))
        return run, store.journal.results(run.id), again


async def _resume(store: Store, clock: FakeClock, grown: Grown, again: list[str]) -> Run:
    results = store.journal.results(RUN)
    known = {(r.node, r.index) for r in results if r.state != "waiting"}
    # A process that dies forgets the calls that it had not written down.
    work.CALLS.clear()
    work.CALLS.update(Counter(node for node, index in known if index >= 0))

    def heard(event: Event) -> None:
        if event.kind == "node_started" and (event.node, event.data.get("index", -1)) in known:
            again.append(f"{event.node}[{event.data.get('index')}]")

    made = runtime(project(Path.cwd(), grown.flow()), store, clock=clock)
    return await made.resume(RUN, on_event=heard)


def visits(results: list[NodeResult]) -> Counter[str]:
    """How often each node was asked."""
    return Counter(r.node for r in results if r.index >= 0 and not r.node.startswith("tree:"))


@settings(max_examples=200)
@given(grown=trees(together=False))
def test_a_tree_does_what_the_rules_say(grown: Grown) -> None:
    """The same nodes as often, the same outputs, the same end."""
    run, results, _ = execute(grown)
    rules = Interpreter(grown.sketch)
    expected = rules.come_to(grown.tree)

    assert (run.state == "done") is expected, run.failure
    assert visits(results) == +rules.calls
    assert +rules.calls == work.CALLS
    if expected:
        assert run.output == {name: rules.gave[name] for name in grown.sketch.failures}


@settings(max_examples=150)
@given(grown=trees(together=True))
def test_parallel_parts_come_to_the_same_whatever_the_timing(grown: Grown) -> None:
    """What is decided early is what would have come out late."""
    run, results, _ = execute(grown)

    assert (run.state == "done") is Interpreter(grown.sketch).come_to(grown.tree), run.failure
    assert {r.node for r in results} >= set(grown.sketch.failures)
    assert all(r.state != "waiting" for r in results)


@settings(max_examples=150)
@given(grown=trees(together=False), cut=st.integers(2, 30))
def test_a_tree_that_was_cut_short_takes_the_same_branches(grown: Grown, cut: int) -> None:
    """Nothing that has a result runs again, and the end is that of an undisturbed run."""
    whole, results, _ = execute(grown)
    run, others, again = execute(grown, cut)

    assert again == []
    assert (run.state, run.output, run.failure) == (whole.state, whole.output, whole.failure)
    assert _told(others) == _told(results)


@settings(max_examples=150)
@given(grown=trees(together=True), cut=st.integers(2, 30))
def test_parallel_parts_go_on_after_a_cut(grown: Grown, cut: int) -> None:
    """The same end, and no result is made twice."""
    run, results, again = execute(grown, cut)

    assert again == []
    assert (run.state == "done") is Interpreter(grown.sketch).come_to(grown.tree), run.failure
    assert all(r.state != "waiting" for r in results)


def forget_answers(store: Store, lost: set[tuple[str, int]]) -> None:
    """A failed answer leaves a row, in the same commit as the result: a budget counts it."""
    for answer in store.answers.list(run=RUN):
        if (answer.node, answer.index) in lost:
            store._database.write("DELETE FROM answers WHERE id = ?", (answer.id,))  # pyright: ignore[reportPrivateUsage]


def rewind(grown: Grown, share: float) -> tuple[Run, list[NodeResult], list[str]]:
    """Run a tree, forget what came after a share of its results, and go on from there."""
    work.CALLS.clear()
    clock = FakeClock()
    again: list[str] = []
    with Store.open(":memory:", clock=clock) as store:
        made = runtime(project(Path.cwd(), grown.flow()), store, clock=clock)
        asyncio.run(made.run("flow", {}, run_id=RUN))
        results = sorted(store.journal.results(RUN), key=lambda result: result.seq)
        lost = results[round(share * len(results)) :]
        store.journal.forget(RUN, [(result.node, result.index) for result in lost])
        forget_answers(store, {(result.node, result.index) for result in lost})
        store.runs.update(RUN, state="running", output=None, failure=None, finished=None)
        run = asyncio.run(_resume(store, clock, grown, again))
        return run, store.journal.results(RUN), again


@settings(max_examples=100)
@given(grown=trees(together=False), share=st.floats(0, 1))
@example(Grown(Sketch({"n0": 1}, {"n0": 0}), budget(retry(2, "n0"), requests=2)), 0.0)
@example(
    Grown(Sketch({"n0": 0}, {"n0": 0}), budget(budget(leaf("n0"), requests=0), requests=0)), 0.5
)
def test_every_prefix_of_the_journal_leads_to_the_same_end(grown: Grown, share: float) -> None:
    """A process may die between any two results; together they come to what they would have."""
    whole, results, _ = execute(grown)
    run, others, again = rewind(grown, share)

    assert again == []
    assert (run.state, run.output, run.failure) == (whole.state, whole.output, whole.failure)
    assert _told(others) == _told(results)


@settings(max_examples=100)
@given(grown=trees(together=True), share=st.floats(0, 1))
def test_every_prefix_of_a_parallel_journal_leads_to_the_same_end(
    grown: Grown, share: float
) -> None:
    """Also when what was decided is known, and what was cancelled for it is not."""
    run, results, again = rewind(grown, share)

    assert again == []
    assert (run.state == "done") is Interpreter(grown.sketch).come_to(grown.tree), run.failure
    assert all(r.state != "waiting" for r in results)


def _told(results: list[NodeResult]) -> dict[tuple[str, int], tuple[object, ...]]:
    return {(r.node, r.index): (r.state, r.output, r.reason) for r in results}


def test_the_interpreter_knows_failure() -> None:
    """The comparison can fail: a node that never succeeds is none that does."""
    sketch = Sketch({"n0": 99}, {"n0": 0})
    assert not Interpreter(sketch).come_to(leaf("n0"))
    assert Interpreter(sketch).come_to(selector("n0", condition("1 < 2")))
    with pytest.raises(Cut):
        Interpreter(sketch, around=[guard("exists(n0)", "n0")]).check(begins=True)
    assert e("1 < 2").evaluate({}) is True
