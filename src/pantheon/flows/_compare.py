"""What changed from one pin of a flow to another: nodes, agents, inner flows, shared keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pantheon.flows._history import MAX_DEPTH, History, Plans
from pantheon.flows._places import plain
from pantheon.flows._plan import Plan
from pantheon.flows._reads import stand_ins_of
from pantheon.flows._spread import Spread
from pantheon.spec import FlowDef, NodeDef, agent_hash


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One node that is not what it was."""

    path: str
    """As the flow has it, without items and attempts."""
    kind: Literal["changed", "new", "removed", "regrouped"]
    """regrouped: only how its flow takes its input and makes its output is another."""
    why: str


def compare_flows(old: Plans, new: Plans) -> list[NodeChange]:
    """Nodes that differ, those inside others included, in the order of the new flow."""
    return list(_Comparison(old, new).walk("", old.root, new.root))


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Plans
    new: Plans

    def walk(self, prefix: str, before: Plan, now: Plan) -> Iterator[NodeChange]:
        """Compare two plans that stand at the same place."""
        for name in now.steps:
            if name not in before.steps:
                yield NodeChange(prefix + name, "new", "it is new")
                continue
            why = self._difference(name, before, now)
            if why is not None:
                yield NodeChange(prefix + name, "changed", why)
            else:
                yield from self._inside(prefix, name, before, now)
        for name in before.steps:
            if name not in now.steps:
                yield NodeChange(prefix + name, "removed", "the flow has it no longer")

    def _difference(self, name: str, before: Plan, now: Plan) -> str | None:
        was, step = before.steps[name], now.steps[name]
        if before.flow.tree != now.flow.tree:
            return "the tree that decides about it changed"
        if replace(was.node, body=None) != replace(step.node, body=None):
            return "its definition changed"
        if was.stands_in_for != step.stands_in_for:
            return "it stands in for other nodes now"
        for agent in _agents_of(now, step.node):
            if self.differs(agent):
                return f"its agent {agent!r} changed"
        inside = (self.old.inside(before, was.node), self.new.inside(now, step.node))
        gone = (inside[0] is None) != (inside[1] is None)
        return "its flow changed" if gone or _has_other_tree(*inside) else None

    def differs(self, agent: str) -> bool:
        """Whether an agent is not what it was."""
        was, now = self.old.agents.get(agent), self.new.agents.get(agent)
        if was is None or now is None:
            return was is not now
        return agent_hash(was) != agent_hash(now)

    def _inside(self, prefix: str, name: str, before: Plan, now: Plan) -> Iterator[NodeChange]:
        was = self.old.inside(before, before.steps[name].node)
        inner = self.new.inside(now, now.steps[name].node)
        if was is None or inner is None or prefix.count("/") >= MAX_DEPTH:
            return
        if not _is_framed_alike(was.flow, inner.flow):
            yield NodeChange(prefix + name, "regrouped", "the input or output of its flow changed")
        yield from self.walk(f"{prefix}{name}/", was, inner)


def _has_other_tree(was: Plan | None, now: Plan | None) -> bool:
    return was is not None and now is not None and was.flow.tree != now.flow.tree


def _is_framed_alike(was: FlowDef, now: FlowDef) -> bool:
    return (was.input, was.output, was.output_schema, was.timeout) == (
        now.input, now.output, now.output_schema, now.timeout,
    )  # fmt: skip


def _agents_of(plan: Plan, node: NodeDef) -> Iterator[str]:
    """Agents that answer for a node, its judge and those that stand in included."""
    for one in (node, *stand_ins_of(plan, node)):
        judge = one.cross_check.judge if one.cross_check else None
        substitute = None if one.fallback in plan.flow.nodes else one.fallback
        yield from (name for name in (one.agent, judge, substitute) if name is not None)


# ------------------------------------------------------------------------- in a recorded run


def spread_changes(spread: Spread, history: History, new: Plans) -> list[NodeChange]:
    """Let what changed since a run was pinned spread through it; returns what changed."""
    comparison = _Comparison(history.plans, new)
    changes = compare_flows(history.plans, new)
    for change in changes:
        for path in history.places(change.path):
            if change.kind == "regrouped":
                spread.regroup(path, change.why)
            elif change.kind != "new":
                spread.rerun(path, change.why)
    _spread_into_plans(spread, history, comparison)
    _spread_stores(spread, history, new)
    _spread_spared(spread, history, new)
    return changes


def _spread_into_plans(spread: Spread, history: History, comparison: _Comparison) -> None:
    """Nodes that a planner wrote stand in no file; only their agents can change."""
    for scene in list(history.scenes.values()):
        if scene.owner is None or scene.owner.plan is None:
            continue
        for name, step in scene.plan.steps.items():
            if step.node.agent is not None and comparison.differs(step.node.agent):
                spread.rerun(scene.prefix + name, f"its agent {step.node.agent!r} changed")


def _spread_stores(spread: Spread, history: History, new: Plans) -> None:
    """Keys of the context or of memory that are declared otherwise now."""
    old = history.plans
    before, now = _keys_of(old), _keys_of(new)
    for root, name in sorted(before.keys() | now.keys()):
        if before.get((root, name)) != now.get((root, name)):
            why = f"{root}.{name} is declared otherwise now"
            spread.store_changed(root, name, since=-1, why=why)
            for path in _writers(history, name if root == "context" else f"memory.{name}"):
                spread.rerun(path, why)


def _keys_of(plans: Plans) -> dict[tuple[str, str], object]:
    flows = [plans.pin.flow, *plans.pin.flows.values()]
    found: dict[tuple[str, str], object] = {("memory", n): m for n, m in plans.pin.memory.items()}
    return found | {("context", n): key for flow in flows for n, key in flow.context.items()}


def _writers(history: History, key: str) -> Iterator[str]:
    for path, index in list(history.results):
        node = history.node(path)
        if index < 0 and node is not None and key in node.writes:
            yield path


def _spread_spared(spread: Spread, history: History, new: Plans) -> None:
    """What a merge did without, and no merge may do without now."""
    needed = {path for path in new.paths() if not _is_cancellable(new, path)}
    for (path, index), result in history.results.items():
        reason = (result.reason or {}).get("reason")
        if index < 0 and reason == "not_needed" and plain(path) in needed:
            spread.rerun(path, "no merge does without it any longer")


def _is_cancellable(plans: Plans, path: str) -> bool:
    plan: Plan | None = plans.root
    *around, name = path.split("/")
    for outer in around:
        assert plan is not None
        plan = plans.inside(plan, plan.flow.nodes[outer])
    assert plan is not None
    return plan.steps[name].cancellable
