"""The `flows` section in the full form → drafts."""

from __future__ import annotations

from typing import Literal

from pantheon.spec import _keys as keys
from pantheon.spec._contract import read_contract
from pantheon.spec._draft import FlowDraft, NodeDraft, Wired, read_expression
from pantheon.spec._fields import Fields, check_name, read_reference
from pantheon.spec._model import ANY_OBJECT, CrossCheck, Retry
from pantheon.spec._source import Entry, Findings, Items, Scalar, Table, describe

_BACKOFF: dict[str, Literal["none", "constant", "exponential"]] = {
    "none": "none",
    "constant": "constant",
    "exponential": "exponential",
}
_POLICY: dict[str, Literal["all", "any"]] = {"all": "all", "any": "any"}


def read_flow(entry: Entry, findings: Findings) -> FlowDraft | None:
    """One flow; None where nothing can be made of it."""
    owner = f"flow `{entry.key.text}`"
    fields = Fields.read(entry.value, owner, findings, keys.FLOW)
    if not check_name(entry.key, "flow", findings) or fields is None:
        return None
    given = fields.require("input", "say what it is given: `input: {text: string}`")
    draft = FlowDraft(
        name=entry.key.text,
        key=entry.key,
        input=read_contract(given, findings) if given else ANY_OBJECT,
        description=fields.text("description") or "",
        examples=fields.texts("examples"),
        timeout=fields.duration("timeout"),
    )
    _read_nodes(fields, draft)
    _read_output(fields, draft)
    return draft


def _read_nodes(fields: Fields, draft: FlowDraft) -> None:
    nodes = fields.require("nodes", "write `nodes: {name: {agent: …}}`")
    if isinstance(nodes, Items):
        message = "In the full form nodes are a mapping from name to node."
        fix = "write `nodes: {triage: {agent: triage}}`, or use the original dialect throughout"
        fields.findings.error("wrong-type", nodes.place, message, fix)
        return
    if not isinstance(nodes, Table):
        if nodes is not None:
            fields.wrong_type("nodes", nodes, "a mapping from name to node")
        return
    for entry in nodes.entries.values():
        node = _read_node(entry, fields)
        if node is not None:
            draft.nodes[node.name] = node


def _read_output(fields: Fields, draft: FlowDraft) -> None:
    """A mapping from field to expression, or the name of a node."""
    output = fields.require("output", "say what it gives: `output: {team: triage.team}`")
    if isinstance(output, Scalar) and output.text in draft.nodes:
        draft.output_node = output
        return
    if isinstance(output, Table):
        draft.output, _ = _read_expressions(output, fields.findings)
    elif output is not None:
        message = f"`output` of {fields.owner} must be a mapping of fields or the name of a node,"
        message += f" not {describe(output)}."
        fix = "write for example `output: {team: triage.team}`"
        fields.findings.error("wrong-type", output.place, message, fix)


def _read_expressions(
    table: Table, findings: Findings
) -> tuple[dict[str, Wired], dict[str, Scalar]]:
    found: dict[str, Wired] = {}
    for name, entry in table.entries.items():
        wired = read_expression(entry.value, findings)
        if wired is not None:
            found[name] = wired
    return found, {name: entry.key for name, entry in table.entries.items()}


def _read_node(entry: Entry, flow: Fields) -> NodeDraft | None:
    name = entry.key.text
    owner = f"node `{name}`"
    written = entry.value
    if isinstance(written, Scalar) and isinstance(written.value, str):
        written = _short_node(written)
    fields = Fields.read(written, owner, flow.findings, keys.NODE)
    if not check_name(entry.key, "node", flow.findings) or fields is None:
        return None
    node = NodeDraft(name=name, key=entry.key)
    _read_agent(fields, node)
    _read_inputs(fields, node)
    _read_when_and_map(fields, node)
    _read_merge(fields, node)
    _read_cross_check(fields, node)
    node.retry = _read_retry(fields)
    node.timeout = fields.duration("timeout")
    node.fallback = _name_at(fields, "fallback")
    node.reviews = _name_at(fields, "reviews")
    node.after = fields.names("after")
    _check_kind(fields, node)
    return node


def _short_node(written: Scalar) -> Table:
    """`triage: triage` is short for `triage: {agent: triage}`."""
    key = Scalar("agent", written.place, "agent")
    return Table({"agent": Entry(key, written)}, written.place)


def _name_at(fields: Fields, key: str) -> Scalar | None:
    value = fields.get(key)
    return value if fields.text(key) is not None and isinstance(value, Scalar) else None


def _read_agent(fields: Fields, node: NodeDraft) -> None:
    node.agent = _name_at(fields, "agent")
    if node.agent is not None:
        name, _, constraint = node.agent.text.partition("@")
        node.agent_name, node.constraint = name.strip(), constraint.strip() or None


def _read_inputs(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("in")
    if isinstance(written, Table):
        node.inputs, node.input_keys = _read_expressions(written, fields.findings)
    elif written is not None:
        fields.wrong_type("in", written, "a mapping from input to expression")
        node.sound = False


def _read_when_and_map(fields: Fields, node: NodeDraft) -> None:
    when = fields.get("when")
    node.when = read_expression(when, fields.findings) if when is not None else None
    over = fields.get("map")
    if isinstance(over, Table):
        settings = Fields.read(over, f"`map` of {fields.owner}", fields.findings, keys.MAP)
        assert settings is not None
        over = settings.require("over", "write `over: input.items`")
        node.concurrency = settings.whole("concurrency", 1) or 8
    node.map = read_expression(over, fields.findings) if over is not None else None


def _read_merge(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("merge")
    if written is None:
        return
    if not isinstance(written, Table):
        node.merge = fields.names("merge")
        if not node.merge:
            message = "A merge needs nodes to wait for."
            fields.reject(written.place, message, "list them: `merge: {from: [a, b]}`")
        return
    merge = Fields.read(written, f"`merge` of {fields.owner}", fields.findings, keys.MERGE)
    assert merge is not None
    merge.require("from", "list the nodes to wait for: `from: [a, b]`")
    node.merge = merge.names("from")
    node.policy = merge.choice("policy", _POLICY) or "all"


def _read_retry(fields: Fields) -> Retry | None:
    written = fields.get("retry")
    if written is None:
        return None
    if not isinstance(written, Table):
        attempts = fields.whole("retry", 1)
        return Retry(attempts=attempts) if attempts else None
    retry = Fields.read(written, f"`retry` of {fields.owner}", fields.findings, keys.RETRY)
    assert retry is not None
    standard = Retry()
    return Retry(
        attempts=retry.whole("attempts", 1) or standard.attempts,
        backoff=retry.choice("backoff", _BACKOFF) or standard.backoff,
        delay=retry.duration("delay") or standard.delay,
        on=retry.texts("on"),
    )


def _read_cross_check(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("cross_check")
    if written is None:
        return
    owner = f"`cross_check` of {fields.owner}"
    check = Fields.read(written, owner, fields.findings, keys.CROSS_CHECK)
    if check is None:
        return
    if ("judge" in check) == ("compare" in check):
        message = f"{owner} needs either a judge or a comparer."
        fix = 'write `{judge: agent}` or `{compare: "module:function"}`'
        fields.findings.error("bad-value", check.table.place, message, fix)
        return
    compare = _name_at(check, "compare")
    reference = read_reference(compare, fields.findings) if compare else None
    node.cross_check = CrossCheck(judge=check.text("judge"), compare=reference)
    node.cross_check_place = _name_at(check, "judge") or compare


def _check_kind(fields: Fields, node: NodeDraft) -> None:
    """A node runs an agent or merges; a merge has none of an agent's settings."""
    if node.agent is None and node.merge is None:
        if fields.get("merge") is None:
            fields.require("agent", "name the agent that it runs: `agent: triage`")
        return
    if node.merge is None:
        return
    for key in ("agent", "in", "map", "retry", "fallback", "cross_check", "reviews"):
        if key in fields:
            message = f"A node that merges runs no agent, so `{key}` means nothing."
            fix = f"remove `{key}`, or move the merge to a node of its own"
            fields.reject(fields.table.place_of(key), message, fix)
