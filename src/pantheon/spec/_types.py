"""What the nodes of a flow give and may read: types found in an order in which they can run."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import TypeAlias

from pantheon.ids import JsonObject
from pantheon.spec._build import build_node
from pantheon.spec._compatibility import (
    ANY,
    items_of,
    kinds_of,
    properties_of,
    required_of,
    union_of,
    with_null,
)
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._draft import FlowDraft, MergeDraft, NodeDraft
from pantheon.spec._flow_model import (
    FlowDef,
    NodeDef,
)
from pantheon.spec._graph import may_skip, order_nodes
from pantheon.spec._known import Called, Inherited, Known
from pantheon.spec._shares import Shares
from pantheon.spec._source import Findings
from pantheon.spec._typing import ExpressionChecker
from pantheon.spec._uses import sure_nodes
from pantheon.spec._wire import wire_inputs

Types: TypeAlias = ChainMap[str, JsonObject]
"""Of the names that an expression may use."""
LinkBody = Callable[[FlowDraft, Mapping[str, Inherited]], FlowDef]
_INTEGER: JsonObject = {"type": "integer"}


class FlowTypes:
    """Fills in what was left to be found by name, links the flows inside nodes, builds the nodes."""

    def __init__(self, draft: FlowDraft, known: Known, shares: Shares, findings: Findings) -> None:
        self.draft = draft
        self.known = known
        self.shares = shares
        self.findings = findings
        self.stand_ins = {n.fallback.text for n in draft.nodes.values() if n.fallback}
        self.silent = ExpressionChecker(draft, self.stand_ins, Findings())
        self.bodies: dict[str, FlowDef] = {}
        self.outputs: dict[str, JsonObject] = {}
        self.types: dict[str, JsonObject] = {"input": draft.input}
        """What expressions see: not what only stands in, and null where a failure goes on."""
        self.built: dict[str, NodeDef] = {}
        self.skipping: set[str] = set()
        self.before: dict[str, frozenset[str]] = {}

    def find(self, link_body: LinkBody) -> None:
        """Visit every node once, those it needs first."""
        for name, needed in order_nodes(self.draft):
            self.before[name] = needed
            self.visit(self.draft.nodes[name], link_body)
        if self.draft.tree is not None:
            self.skipping |= set(self.draft.nodes) - sure_nodes(self.draft.tree)

    def visit(self, node: NodeDraft, link_body: LinkBody) -> None:
        """Wire it, link the flow inside it, and note what it gives."""
        name = node.name
        if node.body is not None:
            if node.body.open_input:
                node.body.input = self.given_to(node)
            inherited = self.shares.inherit(node, lambda key: self.is_written(key, name))
            self.bodies[name] = link_body(node.body, inherited)
        self.wire(node)
        self.outputs[name] = self.output_of(node)
        if name not in self.stand_ins:
            soft = node.on_error == "continue"
            self.types[name] = with_null(self.outputs[name]) if soft else self.outputs[name]
        self.built[name] = build_node(node, self.bodies.get(name))
        if may_skip(self.built[name], self.skipping, self.built):
            self.skipping.add(name)

    def wire(self, node: NodeDraft) -> None:
        """Fill in the inputs that were left to be found by name."""
        called = self.called(node)
        contract = called.input if called else None
        if node.plan is not None and node.inputs is None:
            contract = self.draft.input
        handed = node.name in self.stand_ins and node.inputs is None
        if contract is not None and node.sound and not handed:
            item = self.item_of(node)
            wire_inputs(node, contract, self.draft, self.outputs, item, self.findings)

    def called(self, node: NodeDraft) -> Called | None:
        """What a node runs; None where that is nothing, or itself wrong."""
        return self.known.called(node, self.bodies.get(node.name))

    def given_to(self, node: NodeDraft) -> JsonObject:
        """What a flow inside a node is given: what `in` says, else the input of the flow around."""
        if node.inputs is not None:
            scope = self.seen_by_inputs(node).new_child({"last": ANY})
            given = {n: self.silent.infer(w, scope) or ANY for n, w in node.inputs.items()}
            return _record(given, list(given))
        item = self.item_of(node)
        fields = properties_of(self.draft.input)
        required = required_of(self.draft.input)
        if item is not None and "object" in kinds_of(item):
            fields, required = fields | properties_of(item), required | required_of(item)
        return _record(fields, sorted(required)) if fields else ANY_OBJECT

    # ---------------------------------------------------------------------------------- outputs

    def output_of(self, node: NodeDraft) -> JsonObject:
        """Schema of what a node gives."""
        if node.merge is not None:
            return self.merged(node.merge)
        if node.wait is not None:
            return _record({}, []) if node.wait.event is None else node.wait.schema
        if node.plan is not None:
            return ANY_OBJECT
        called = self.called(node)
        schema = called.output if called else ANY
        return {"type": "array", "items": schema} if node.map else schema

    def merged(self, merge: MergeDraft) -> JsonObject:
        """One of the sources' outputs, or a field for each of them."""
        schemas = {source.text: self.outputs.get(source.text, ANY) for source in merge.sources}
        if not schemas:
            return ANY
        if merge.policy not in {"all", "quorum"}:
            return union_of(schemas.values())
        certain = merge.policy == "all" and merge.timeout is None
        return _record(schemas, list(schemas) if certain else [])

    # ----------------------------------------------------------------------------------- scopes

    def seen_by(self, node: NodeDraft | None) -> Types:
        """What every expression of a node sees; None: the flow's output and its tree."""
        name = node.name if node else None
        shared: dict[str, JsonObject] = {}
        if self.shares.keys:
            shared["context"] = self.shares.context_type(lambda key: self.is_written(key, name))
        if self.known.memory and node is not None:
            shared["memory"] = self.shares.memory_type()
        missing = {root: schema for root, schema in shared.items() if root not in self.types}
        return ChainMap(missing, self.types)

    def seen_by_tree(self) -> Types:
        """What the tests of a tree see: nodes that have not run yet are null."""
        nodes = {n: with_null(t) for n, t in self.types.items() if n != "input"}
        shared = {"memory": self.shares.memory_type()} if self.known.memory else {}
        return self.seen_by(None).new_child({**shared, **nodes})

    def seen_by_inputs(self, node: NodeDraft) -> Types:
        """Besides: the item of a map, the last round of a loop."""
        own: dict[str, JsonObject] = {}
        item = self.item_of(node)
        if item is not None:
            own["item"] = item
        if node.loop is not None:
            own |= {"last": with_null(self.outputs.get(node.name, ANY)), "round": _INTEGER}
        return self.seen_by(node).new_child(own)

    def seen_by_end(self, node: NodeDraft) -> Types:
        """What tells whether a loop has come to its end."""
        own: dict[str, JsonObject] = {"last": self.outputs[node.name], "round": _INTEGER}
        return self.seen_by(node).new_child(own)

    def seen_by_merge(self, node: NodeDraft) -> Types:
        """What compares the sources of a merge."""
        sources = node.merge.sources if node.merge else ()
        item = union_of(self.outputs.get(source.text, ANY) for source in sources)
        return self.seen_by(None).new_child({"item": item})

    def seen_by_writes(self, node: NodeDraft) -> Types:
        """What a node may write down."""
        return self.seen_by(node).new_child({"output": self.outputs[node.name]})

    def item_of(self, node: NodeDraft) -> JsonObject | None:
        """Schema of `item` in a map; None without one. Mistakes are told elsewhere."""
        if node.map is None:
            return None
        schema = self.silent.infer(node.map, self.seen_by(node))
        return items_of(schema) if schema else ANY

    # ------------------------------------------------------------------------------- written keys

    def is_written(self, key: str, by: str | None) -> bool:
        """Whether a key is surely written before a node runs (None: before the flow ends)."""
        before = set(self.draft.nodes) if by is None else self.all_before(by)
        return any(
            key in self.draft.nodes[name].writes
            and name not in self.skipping
            and self.draft.nodes[name].on_error != "continue"
            for name in before
        )

    def all_before(self, name: str) -> set[str]:
        """Every node that has ended when this one runs."""
        if self.draft.tree is not None:
            return set(self.draft.nodes) - {name}  # the tree has its own order
        found: set[str] = set()
        pending = [name]
        while pending:
            new = self.before.get(pending.pop(), frozenset()) - found
            found |= new
            pending += new
        return found - {name}


def _record(properties: Mapping[str, JsonObject], required: list[str]) -> JsonObject:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
