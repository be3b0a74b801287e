"""What a flow would come to, found without running it: merges that starve, nodes that never run.

Only what is certain is a mistake: conditions that are constant, counts that cannot be reached, waits
for what never runs. The rest are doubts.
"""

from __future__ import annotations

from pantheon.spec._draft import FlowDraft, MergeDraft, NodeDraft, Wired
from pantheon.spec._evaluate import Mismatch, compile_node
from pantheon.spec._flow_model import (
    FlowDef,
    NodeDef,
)
from pantheon.spec._graph import needed_of
from pantheon.spec._source import Findings, Place
from pantheon.spec._syntax import Binary, Constant, Node, Unary, root_names


def check_waits(draft: FlowDraft, stand_ins: set[str], findings: Findings) -> None:
    """Record nodes that wait for one that only runs in the place of another."""
    for node in draft.nodes.values():
        for name in node.waits_for():
            if name.text in stand_ins:
                owner = next(n for n in draft.nodes.values() if _falls_back(n, name.text)).name
                message = f"`{node.name}` waits for `{name.text}`, which only runs in the place of"
                fix = f"wait for `{owner}`: it holds the answer whoever gave it"
                findings.error("deadlock", name.place, f"{message} `{owner}`.", fix)


def _falls_back(node: NodeDraft, name: str) -> bool:
    return node.fallback is not None and node.fallback.text == name


def check_liveness(flow: FlowDef, draft: FlowDraft, findings: Findings) -> None:
    """Record merges that can never have enough; doubt constant conditions and endless waits."""
    never = _never_running(flow)
    for name, node in draft.nodes.items():
        if node.when is not None:
            _check_condition(node, node.when, findings)
        if node.wait is not None and node.wait.event is not None and node.timeout is None:
            message = f"The node `{name}` may wait for ever for the event `{node.wait.event}`."
            findings.warn("endless-wait", node.wait.place, message, "bound it: `timeout: 2d`")
        if node.merge is not None and node.merge.sources:
            _check_merge(flow.nodes[name], node.merge, never, findings)


def _check_condition(node: NodeDraft, when: Wired, findings: Findings) -> None:
    value = constant_of(when.expression.tree)
    if value is None:
        return
    known = value.value is True
    message = f"The condition of `{node.name}` is always {'true' if known else 'false'}"
    message += "." if known else ", so it never runs."
    fix = "remove `when`" if known else f"change `when`, or remove `{node.name}`"
    findings.warn("constant-condition", when.written.place, message, fix)


def _check_merge(
    node: NodeDef, merge: MergeDraft, never: frozenset[str], findings: Findings
) -> None:
    assert node.merge is not None
    distinct = dict.fromkeys(node.merge.sources)
    needed = min(needed_of(node.merge), len(distinct)) if merge.k is None else merge.k
    if needed > len(distinct):
        message = f"The merge `{node.name}` waits for {needed} outputs of {len(distinct)} nodes."
        fix = f"lower `k` to {len(distinct)} at most, or name more nodes"
        findings.error("starved-merge", merge.k_place or node_place(merge), message, fix)
        return
    rule = constant_of(node.merge.valid.tree) if node.merge.valid else None
    if rule is not None and rule.value is not True and merge.valid is not None:
        message = f"The merge `{node.name}` takes no output at all: `valid` is never true."
        findings.error("starved-merge", merge.valid.written.place, message, "ask about `item`")
        return
    silent = [name for name in distinct if name in never]
    if len(distinct) - len(silent) < needed:
        names = ", ".join(f"`{name}`" for name in silent)
        never_ = "never runs" if len(silent) == 1 else "never run"
        message = f"The merge `{node.name}` can never have enough outputs: {names} {never_}."
        place = next(source.place for source in merge.sources if source.text == silent[0])
        findings.error("starved-merge", place, message, "change the condition, or leave it out")


def node_place(merge: MergeDraft) -> Place:
    """Where a merge names its sources."""
    return merge.sources[0].place


def _never_running(flow: FlowDef) -> frozenset[str]:
    """Nodes whose condition is constantly false, and those that cannot do without one of them."""
    never = {n for n, node in flow.nodes.items() if node.when and _is_never(node.when.tree)}
    while True:
        more = {n for n, node in flow.nodes.items() if _needs(node, never)} - never
        if not more:
            return frozenset(never)
        never |= more


def _is_never(condition: Node) -> bool:
    value = constant_of(condition)
    return value is not None and value.value is not True


def _needs(node: NodeDef, never: set[str]) -> bool:
    """A merge that starves is told itself, so it is taken to give something."""
    if node.merge is not None:
        return False
    expressions = [*node.inputs.values(), *(e for e in (node.when, node.map) if e is not None)]
    roots = {root for e in expressions for root in e.roots - e.guarded}
    return bool(roots & never) or node.reviews in never


def constant_of(tree: Node) -> Constant | None:
    """The value of a condition where it cannot be another, whatever the nodes give."""
    if isinstance(tree, Unary) and tree.op == "not":
        inner = constant_of(tree.operand)
        return None if inner is None else Constant(inner.value is not True)
    if isinstance(tree, Binary) and tree.op in {"and", "or"}:
        return _constant_junction(tree)
    if root_names(tree):
        return None
    try:
        value = compile_node(tree)({})
    except (Mismatch, ArithmeticError, RecursionError, ValueError):
        return None
    return Constant(value) if isinstance(value, bool) or value is None else None


def _constant_junction(tree: Binary) -> Constant | None:
    sides = [constant_of(tree.left), constant_of(tree.right)]
    decisive = tree.op == "or"
    if any(side is not None and (side.value is True) == decisive for side in sides):
        return Constant(decisive)
    return None if None in sides else Constant(not decisive)
