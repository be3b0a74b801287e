"""A run as its journal has it: its frames, each with its plan, and what the nodes in them gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pantheon.errors import InputError, NotFound, SpecError
from pantheon.flows._pin import Pin, read_pin
from pantheon.flows._places import Key, Segment, matches, owner_of, plain, prefixes_of, split
from pantheon.flows._plan import Plan, compile_flow
from pantheon.flows._tree_parts import DECISION
from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    ANY_OBJECT,
    AgentDef,
    ExpressionFault,
    NodeDef,
    did_you_mean,
    flow_from_plan,
    omit_absent,
)
from pantheon.store import NodeResult, Run, Store

MAX_DEPTH = 16
"""Flows inside flows inside flows; deeper ones are not listed by name."""


class Plans:
    """The compiled flows of a pin."""

    def __init__(self, pin: Pin) -> None:
        self.pin = pin
        self.root = compile_flow(pin.flow)
        self._named: dict[str, Plan] = {pin.flow.name: self.root}

    @property
    def agents(self) -> Mapping[str, AgentDef]:
        """Their definitions by name."""
        return self.pin.agents

    def named(self, name: str) -> Plan:
        """A flow that nodes run by name."""
        if name not in self._named:
            self._named[name] = compile_flow(self.pin.flows[name])
        return self._named[name]

    def inside(self, plan: Plan, node: NodeDef) -> Plan | None:
        """The flow of a node, or of the one that stands in for it; None when a plan decides."""
        current: NodeDef | None = node
        for _ in plan.steps:
            if current is None:
                return None
            if current.body is not None:
                return plan.bodies[current.name]
            if current.flow is not None:
                return self.named(current.flow)
            current = plan.flow.nodes.get(current.fallback or "")
        return None

    def paths(self) -> Iterator[str]:
        """Every node by its path, as far as the flows say it."""
        pending: list[tuple[str, Plan]] = [("", self.root)]
        for prefix, plan in pending:  # grows while it is read
            for step in plan.steps.values():
                yield prefix + step.node.name
                inner = self.inside(plan, step.node)
                if inner is not None and prefix.count("/") < MAX_DEPTH:
                    pending.append((f"{prefix}{step.node.name}/", inner))


@dataclass(frozen=True, slots=True)
class Scene:
    """One frame of a recorded run."""

    prefix: str
    plan: Plan
    owner: NodeDef | None = None
    """The node whose flow it is; None for the run's own."""
    above: str = ""
    """Prefix of the frame of that node."""
    index: int = -1
    """Which item or round of it."""


@dataclass(frozen=True)
class History:
    """What is known of one run."""

    run: Run
    plans: Plans
    results: Mapping[Key, NodeResult]
    """In the order in which they were first written."""
    scenes: dict[str, Scene] = field(default_factory=dict[str, Scene])
    """Frames by prefix; one whose plan cannot be made again is missing."""
    _inside: dict[Key, list[Scene]] = field(default_factory=dict[Key, list[Scene]])
    """The same by the node, and the item or round of it, that they are inside of."""

    def result(self, path: str, index: int = -1) -> NodeResult | None:
        """One result, or None."""
        return self.results.get((path, index))

    def node(self, path: str) -> NodeDef | None:
        """The definition of a node, or None where it is not known."""
        prefix, name = split(path)
        scene = self.scene(prefix)
        return None if scene is None else scene.plan.flow.nodes.get(name)

    def scene(self, prefix: str) -> Scene | None:
        """One frame, be it that nothing in it has ended yet; None where its plan is not known."""
        if prefix not in self.scenes:
            above, segment = owner_of(prefix)
            outer = self.scene(above)
            made = outer and _scene_inside(self, outer, segment, prefix)
            if made is None:
                return None
            self.scenes[prefix] = made
            self._inside.setdefault((above + segment.name, segment.index), []).append(made)
        return self.scenes[prefix]

    def writes_at(self, path: str, index: int) -> bool:
        """Whether what a node writes is written with this result of it: in a tree, at each visit."""
        scene = self.scene(split(path)[0])
        in_tree = scene is not None and scene.plan.flow.tree is not None
        return (index >= 0) == in_tree

    def key_of(self, path: str) -> Key:
        """The result that says what a node gave last: in a tree, that of its last visit."""
        if not self.writes_at(path, 0):
            return path, -1
        visits = (result for (node, _), result in self.results.items() if node == path)
        last = max(visits, key=lambda result: result.seq, default=None)
        return path, -1 if last is None else last.index

    def scenes_inside(self, path: str) -> Iterator[Scene]:
        """The frames of the flow of one node: one for each item, round and attempt."""
        for (owner, _), scenes in list(self._inside.items()):
            if owner == path:
                yield from scenes

    def scenes_of(self, result: NodeResult) -> list[Scene]:
        """The frames that one result of a node came out of."""
        return self._inside.get((result.node, result.index), [])

    @cached_property
    def known(self) -> list[str]:
        """Every node by its path, as the flows have it; planned ones where they have run."""
        ran = (plain(path) for path, _ in self.results if DECISION not in path)
        return list(dict.fromkeys([*self.plans.paths(), *ran]))

    def check_known(self, wanted: str) -> None:
        """Raise NotFound, with the nearest name, when a path means no node of the flow."""
        path = plain(wanted)
        if path in self.known:
            return
        inside = [known for known in self.known if known.endswith(f"/{path}")]
        fix = f"did you mean `{inside[0]}`?" if inside else did_you_mean(path, self.known)
        raise NotFound(
            f"There is no node `{wanted}` in flow {self.run.flow!r}.",
            hint=f"{fix[0].upper()}{fix[1:]}",
        )

    def places(self, wanted: str) -> list[str]:
        """The paths of the journal that a person's path means, in order; there may be none yet."""
        found = {path: None for path, _ in self.results if matches(path, wanted)}
        for scene in self.scenes.values():
            found |= {
                scene.prefix + name: None
                for name in scene.plan.steps
                if matches(scene.prefix + name, wanted)
            }
        return list(found)

    # ------------------------------------------------------------------ values

    def scope(self, scene: Scene) -> dict[str, Json]:
        """What the nodes of a frame gave, and its input as far as it can be told."""
        scope: dict[str, Json] = {"input": self.input_of(scene)}
        for name in scene.plan.steps:
            result = self.results.get(self.key_of(scene.prefix + name))
            if result is not None and result.state == "ok":
                scope[name] = result.output
        return scope

    def input_of(self, scene: Scene) -> JsonObject:
        """The input of a frame; empty where it cannot be computed again."""
        if scene.owner is None:
            return self.run.input
        above = self.scenes[scene.above]
        try:
            scope = self.scope_of_time(above, scene.owner, scene.index)
            given = {name: e.evaluate(scope) for name, e in scene.owner.inputs.items()}
        except ExpressionFault:
            return {}
        return omit_absent(scene.plan.flow.input, given)

    def scope_of_time(self, scene: Scene, node: NodeDef, index: int) -> dict[str, Json]:
        """The scope of a node in one of the times it is done."""
        scope = self.scope(scene)
        if index < 0:
            return scope
        if node.loop is not None:
            before = self.result(scene.prefix + node.name, index - 1)
            return {**scope, "last": before and before.output, "round": index + 1}
        items = node.map.evaluate(scope) if node.map is not None else None
        item = items[index] if isinstance(items, list) and index < len(items) else None
        return {**scope, "item": item}


def read_history(store: Store, run: Run) -> History:
    """What the journal has of a run. InputError when it was deleted to save space."""
    if run.compacted is not None:
        raise InputError(
            f"The results of the nodes of run {run.id} were deleted to save space.",
            hint="Run the flow anew; a longer `store: {keep_runs: …}` keeps results longer.",
        )
    pin = read_pin(run.flow_hash, store.definitions.get(run.flow_hash))
    results = {(r.node, r.index): r for r in store.journal.results(run.id)}
    return make_history(run, Plans(pin), results)


def make_history(run: Run, plans: Plans, results: Mapping[Key, NodeResult]) -> History:
    """The history of a run with these results."""
    history = History(run, plans, results)
    history.scenes[""] = Scene("", plans.root)
    found = {prefix for path, _ in results for prefix in prefixes_of(path)}
    for prefix in sorted(found, key=lambda prefix: (prefix.count("/"), prefix)):
        history.scene(prefix)
    return history


def _scene_inside(history: History, outer: Scene, segment: Segment, prefix: str) -> Scene | None:
    node = outer.plan.flow.nodes.get(segment.name)
    if node is None:
        return None
    answering = outer.plan.flow.nodes.get(segment.stand_in or "", node)
    plan = history.plans.inside(outer.plan, answering)
    if plan is None and answering.plan is not None:
        plan = _planned(history, outer, answering)
    return plan and Scene(prefix, plan, node, outer.prefix, segment.index)


def _planned(history: History, scene: Scene, node: NodeDef) -> Plan | None:
    """The flow that a planner wrote, made again from what it gave."""
    assert node.plan is not None
    try:
        plan = node.plan.source.evaluate(history.scope(scene))
        agents = history.plans.agents
        flow = flow_from_plan(plan, node.plan, agents, name=node.name, input_schema=ANY_OBJECT)
        return compile_flow(flow)
    except (ExpressionFault, SpecError):
        return None
