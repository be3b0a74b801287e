"""The nodes of a flow in the full form → drafts: what each of them runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pantheon.ids import Json, canonical_json
from pantheon.spec import _keys as keys
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._contract import read_contract
from pantheon.spec._draft import (
    FlowDraft,
    MergeDraft,
    NodeDraft,
    PlanDraft,
    WaitDraft,
    parse_at,
)
from pantheon.spec._fields import Fields, check_name, read_duration
from pantheon.spec._flow_model import (
    MergePolicy,
)
from pantheon.spec._model import (
    AgentDef,
)
from pantheon.spec._patterns import PatternKind, expand_pattern
from pantheon.spec._policies import expression_at, read_expressions, read_policies
from pantheon.spec._source import Entry, Findings, Items, Scalar, Table, describe
from pantheon.spec._stores import read_context
from pantheon.spec._tree import read_tree

_POLICY: dict[str, MergePolicy] = {
    "all": "all",
    "any": "any",
    "first": "first",
    "quorum": "quorum",
    "best": "best",
    "majority": "majority",
}
_FOR_POLICIES: dict[str, tuple[str, ...]] = {
    "k": ("quorum", "majority"),
    "by": ("best", "majority"),
    "valid": tuple(name for name in _POLICY if name != "all"),
}
_ENDS = ("timeout", "on_error", "writes")
_CALLS = ("in", "map", "loop", "retry", "fallback", "reviews", *_ENDS)
_RUNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "merge": ("merges", ()),
    "plan": ("runs a plan", ("agents", "max_nodes", "in", "retry", "fallback", *_ENDS)),
    "wait": ("waits", _ENDS),
    "nodes": ("has nodes of its own", ("input", "output", "context", "tree", *_CALLS)),
    "flow": ("runs a flow", _CALLS),
    "vote": ("takes a vote", _CALLS),
    "debate": ("holds a debate", _CALLS),
    "best_of": ("takes the best of several", _CALLS),
    "agent": ("runs an agent", (*_CALLS, "cross_check")),
}
"""Kinds of nodes: what one does, and the keys that mean something to it."""
_ALWAYS = frozenset({"when", "after"})


@dataclass(frozen=True, slots=True)
class NodeReader:
    """Reads nodes; a pattern is expanded by the contracts of its agents."""

    agents: Mapping[str, AgentDef | None]
    findings: Findings

    def read_parts(self, fields: Fields, draft: FlowDraft) -> None:
        """What a flow and a node with nodes of its own have in common."""
        self.read_nodes(fields, draft)
        _read_output(fields, draft)
        draft.context = read_context(fields)
        tree = fields.get("tree")
        draft.tree = read_tree(tree, self.findings) if tree is not None else None

    def read_nodes(self, fields: Fields, draft: FlowDraft) -> None:
        """The nodes by name."""
        nodes = fields.require("nodes", "write `nodes: {name: {agent: …}}`")
        if isinstance(nodes, Items):
            message = "In the full form nodes are a mapping from name to node."
            fix = "write `nodes: {triage: {agent: triage}}`, or use the original dialect throughout"
            self.findings.error("wrong-type", nodes.place, message, fix)
            return
        if not isinstance(nodes, Table):
            if nodes is not None:
                fields.wrong_type("nodes", nodes, "a mapping from name to node")
            return
        for entry in nodes.entries.values():
            node = self.read_node(entry)
            if node is not None:
                draft.nodes[node.name] = node

    def read_node(self, entry: Entry) -> NodeDraft | None:
        """One node; None where nothing can be made of it."""
        name = entry.key.text
        written = entry.value
        if isinstance(written, Scalar) and isinstance(written.value, str):
            written = _short_node(written)
        fields = Fields.read(written, f"node `{name}`", self.findings, keys.NODE)
        if not check_name(entry.key, "node", self.findings) or fields is None:
            return None
        node = NodeDraft(name=name, key=entry.key)
        kind = next((kind for kind in _RUNS if fields.get(kind) is not None), None)
        if kind is None:
            fields.require("agent", "name the agent that it runs: `agent: triage`")
        else:
            fields = _without_strangers(fields, kind)
            self.read_kind(kind, fields, node)
        read_policies(fields, node)
        _check_repeating(fields, node)
        return node

    def read_kind(self, kind: str, fields: Fields, node: NodeDraft) -> None:
        """What the node runs."""
        match kind:
            case "nodes":
                self.read_body(fields, node)
            case "vote" | "debate" | "best_of":
                self.read_pattern(kind, fields, node)
            case _:
                _READERS[kind](fields, node)

    def read_body(self, fields: Fields, node: NodeDraft) -> None:
        """A flow that is written inside the node."""
        given = fields.get("input")
        node.body = FlowDraft(
            name=node.name,
            key=node.key,
            input=read_contract(given, self.findings) if given is not None else ANY_OBJECT,
            open_input=given is None,
        )
        self.read_parts(fields, node.body)

    def read_pattern(self, kind: PatternKind, fields: Fields, node: NodeDraft) -> None:
        """The flow that a pattern is short for."""
        written = fields.get(kind)
        assert written is not None
        body = expand_pattern(kind, written, fields.owner, self.agents, self.findings)
        inside = Fields.read(body, fields.owner, self.findings, keys.NODE) if body else None
        if inside is None:
            node.sound = False
        else:
            self.read_body(inside, node)


def _check_repeating(fields: Fields, node: NodeDraft) -> None:
    if node.map and node.loop:
        message = f"The node `{node.name}` has both a `map` and a `loop`."
        fix = "put the loop into a node of its own: `nodes: {…}`, and map that"
        fields.reject(fields.table.place_of("loop"), message, fix)


def _read_output(fields: Fields, draft: FlowDraft) -> None:
    """A mapping from field to expression, or the name of a node."""
    output = fields.require("output", "say what it gives: `output: {team: triage.team}`")
    if isinstance(output, Scalar) and output.text in draft.nodes:
        draft.output_node = output
        return
    if isinstance(output, Table):
        draft.output, _ = read_expressions(output, fields.findings)
    elif output is not None:
        message = f"`output` of {fields.owner} must be a mapping of fields or the name of a node,"
        message += f" not {describe(output)}."
        fix = "write for example `output: {team: triage.team}`"
        fields.findings.error("wrong-type", output.place, message, fix)


def _short_node(written: Scalar) -> Table:
    """`triage: triage` is short for `triage: {agent: triage}`."""
    key = Scalar("agent", written.place, "agent")
    return Table({"agent": Entry(key, written)}, written.place)


def _without_strangers(fields: Fields, kind: str) -> Fields:
    """What means something to a node of this kind; the rest is recorded."""
    does, known = _RUNS[kind]
    kept: dict[str, Entry] = {}
    for key, entry in fields.table.entries.items():
        if key == kind or key in known or key in _ALWAYS or key not in keys.NODE:
            kept[key] = entry
            continue
        fix = f"remove `{key}`, or move it to a node of its own"
        if key in {"agents", "max_nodes"}:
            fix = f"remove `{key}`: it belongs to `plan`"
        if key == "timeout":
            fix = "write it inside `merge`: `merge: {from: [a, b], timeout: 10s}`"
        fields.reject(entry.key.place, f"A node that {does} has no use for `{key}`.", fix)
    return Fields(Table(kept, fields.table.place), fields.owner, fields.findings)


# ----------------------------------------------------------------------------------- its kinds


def _read_agent(fields: Fields, node: NodeDraft) -> None:
    node.agent = fields.name_at("agent")
    if node.agent is not None:
        name, _, constraint = node.agent.text.partition("@")
        node.agent_name, node.constraint = name.strip(), constraint.strip() or None


def _read_flow(fields: Fields, node: NodeDraft) -> None:
    node.flow = fields.name_at("flow")


def _read_merge(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("merge")
    assert written is not None
    if not isinstance(written, Table):
        node.merge = MergeDraft(fields.names("merge"))
        if not node.merge.sources:
            message = "A merge needs nodes to wait for."
            fields.reject(written.place, message, "list them: `merge: {from: [a, b]}`")
        return
    merge = Fields.read(written, f"`merge` of {fields.owner}", fields.findings, keys.MERGE)
    assert merge is not None
    merge.require("from", "list the nodes to wait for: `from: [a, b]`")
    policy = merge.choice("policy", _POLICY) or "all"
    _check_policy(merge, policy)
    node.merge = MergeDraft(
        sources=merge.names("from"),
        policy=policy,
        k=merge.whole("k", 1),
        k_place=merge.place("k") if "k" in merge else None,
        by=expression_at(merge, "by"),
        valid=expression_at(merge, "valid"),
        timeout=merge.duration("timeout"),
    )


def _check_policy(merge: Fields, policy: MergePolicy) -> None:
    """Each policy has keys that it needs and keys that mean nothing to it."""
    if policy == "best":
        merge.require("by", "say what makes one better: `by: item.score`")
    for key, policies in _FOR_POLICIES.items():
        if merge.get(key) is not None and policy not in policies:
            message = f"`{key}` means nothing to the policy `{policy}`."
            fix = f"remove it, or write `policy: {policies[0]}`"
            merge.reject(merge.table.place_of(key), message, fix)


def _read_plan(fields: Fields, node: NodeDraft) -> None:
    fields.require("agents", "name the agents that the plan may use: `agents: [search]`")
    source, agents = expression_at(fields, "plan"), fields.names("agents")
    most = fields.whole("max_nodes", 1) or 50
    if source is not None:
        node.plan = PlanDraft(source, agents, most)


def _read_wait(fields: Fields, node: NodeDraft) -> None:
    owner = f"`wait` of {fields.owner}"
    wait = fields.section("wait", owner, keys.WAIT)
    if wait is None:
        return
    if ("for" in wait) == ("event" in wait):
        message = f"{owner} needs either a time or an event."
        fix = "write `{for: 2h}` or `{event: approved}`"
        fields.findings.error("bad-value", wait.table.place, message, fix)
        return
    if "for" in wait:
        if "timeout" in fields:
            message = "A pause for a time ends by itself, so `timeout` means nothing here."
            fields.reject(fields.table.place_of("timeout"), message, "remove it")
        _read_timer(wait, node)
    else:
        _read_event(wait, node)


def _read_timer(wait: Fields, node: NodeDraft) -> None:
    """A time such as `2h`, or an expression that gives seconds."""
    if "output" in wait:
        message = "A pause for a time gives nothing, so `output` means nothing here."
        wait.reject(wait.table.place_of("output"), message, "remove it, or name an `event`")
    written = wait.get("for")
    seconds = read_duration(written.text.strip()) if isinstance(written, Scalar) else None
    if isinstance(written, Scalar) and seconds is not None:
        value: Json = int(seconds) if seconds.is_integer() else seconds
        wired = parse_at(canonical_json(value), written, wait.findings)
    else:
        wired = expression_at(wait, "for")
    if wired is not None:
        node.wait = WaitDraft(wait.table.place_of("for"), seconds=wired)


def _read_event(wait: Fields, node: NodeDraft) -> None:
    event, contract = wait.name_at("event"), wait.get("output")
    if event is None:
        return
    check_name(event, "event", wait.findings)
    schema = read_contract(contract, wait.findings) if contract is not None else ANY_OBJECT
    node.wait = WaitDraft(event.place, event=event.text, schema=schema)


_READERS: dict[str, Callable[[Fields, NodeDraft], None]] = {
    "merge": _read_merge,
    "plan": _read_plan,
    "wait": _read_wait,
    "flow": _read_flow,
    "agent": _read_agent,
}
