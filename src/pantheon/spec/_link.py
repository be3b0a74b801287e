"""Drafts of flows → definitions: names resolved, inputs wired, types checked across the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pantheon.ids import JsonObject
from pantheon.spec._check import NodeChecker
from pantheon.spec._compatibility import ANY, find_mismatch, properties_of, with_null
from pantheon.spec._draft import FlowDraft
from pantheon.spec._flow_model import (
    ContextKey,
    FlowDef,
)
from pantheon.spec._graph import check_graph, check_unused
from pantheon.spec._known import Inherited, Known
from pantheon.spec._resolve import Resolver
from pantheon.spec._shares import Shares
from pantheon.spec._source import Findings
from pantheon.spec._syntax import fields_of
from pantheon.spec._types import FlowTypes
from pantheon.spec._typing import ExpressionChecker
from pantheon.spec._uses import parts_of, tests_of
from pantheon.spec._verify import check_liveness, check_waits
from pantheon.spec._wire import select_fields


def link_flow(
    draft: FlowDraft,
    known: Known,
    findings: Findings,
    *,
    complete: bool,
    inherited: Mapping[str, Inherited] | None = None,
) -> FlowDef:
    """The flow's definition; mistakes are recorded.

    `complete`: it was read without a mistake, so that what seems to be unused is.
    """
    return _Linker(draft, known, findings, inherited or {}).link(complete=complete)


class _Linker:
    def __init__(
        self,
        draft: FlowDraft,
        known: Known,
        findings: Findings,
        inherited: Mapping[str, Inherited],
    ) -> None:
        self.draft = draft
        self.known = known
        self.findings = findings
        self.shares = Shares(draft, known, inherited, findings)
        self.before = findings.errors

    def link(self, *, complete: bool) -> FlowDef:
        """Resolve, wire, check, build; then look at the whole."""
        Resolver(self.draft, self.known, self.findings).resolve()
        self.types = FlowTypes(self.draft, self.known, self.shares, self.findings)
        self.types.find(lambda body, around: self.link_body(body, around, complete=complete))
        self.wire_output()
        NodeChecker(self.draft, self.types, self.findings).check()
        flow = self.build()
        check_waits(self.draft, self.types.stand_ins, self.findings)
        sound = check_graph(flow, self.draft, self.known, self.findings)
        if sound and complete and self.findings.errors == self.before:
            self.check_whole(flow)
        return flow

    def link_body(
        self, body: FlowDraft, around: Mapping[str, Inherited], *, complete: bool
    ) -> FlowDef:
        return link_flow(body, self.known, self.findings, complete=complete, inherited=around)

    def check_whole(self, flow: FlowDef) -> None:
        """What can be said of a flow that is otherwise right."""
        check_liveness(flow, self.draft, self.findings)
        if flow.tree is None:
            check_unused(flow, self.draft, self.known, self.findings)
        inner = self.flows_inside(flow)
        shared = {name for other in inner for part in parts_of(other) for name in part.context}
        self.check_shared(inner)
        self.shares.check_used(_read_keys(self.draft) | shared, _written_keys(self.draft) | shared)

    # ----------------------------------------------------------------------- flows inside this one

    def flows_inside(self, flow: FlowDef) -> list[FlowDef]:
        """The flows that its nodes run, which share its context in a run."""
        named = (self.known.flows.get(n.flow or "") for n in flow.nodes.values())
        return [
            *(other for other in named if other is not None),
            *(node.body for node in flow.nodes.values() if node.body is not None),
        ]

    def check_shared(self, inner: Iterable[FlowDef]) -> None:
        """A key that a flow inside declares too is the same key, so it must have the same type."""
        for other in inner:
            for name in sorted(self.draft.context.keys() & other.context.keys()):
                own = self.draft.context[name]
                theirs = other.context[name].schema
                reason = find_mismatch(own.schema, theirs) or find_mismatch(theirs, own.schema)
                if reason:
                    message = f"The key `{name}` is shared with the flow `{other.name}`, where it"
                    fix = "give it one type in both, or another name in one"
                    self.findings.error(
                        "type-mismatch", own.key.place, f"{message} is another: {reason}.", fix
                    )

    # -------------------------------------------------------------------------------------- output

    def wire_output(self) -> None:
        """`output: node` stands for all its fields."""
        written = self.draft.output_node
        if written is None:
            return
        fields = list(properties_of(self.types.outputs[written.text]))
        if not fields:
            message = f"The fields of `{written.text}`'s output are not known."
            fix = f"name them: `output: {{answer: {written.text}.answer}}`"
            node = self.draft.nodes[written.text]
            if self.types.called(node) is not None or node.plan or node.wait:
                self.findings.error("bad-output", written.place, message, fix)
        self.draft.output = select_fields(written.text, fields, written, self.findings)

    def output_schema(self) -> JsonObject:
        """Types of the output's fields; what a skipped node leaves may be null."""
        seen = self.types.seen_by(None)
        skipping = self.types.skipping
        types = {n: with_null(seen[n]) if n in skipping else seen[n] for n in seen}
        silent = ExpressionChecker(self.draft, self.types.stand_ins, Findings())
        properties = {
            name: silent.infer(wired, types) or ANY for name, wired in self.draft.output.items()
        }
        return {
            "type": "object",
            "properties": dict(properties),
            "required": list(properties),
            "additionalProperties": False,
        }

    def build(self) -> FlowDef:
        draft = self.draft
        return FlowDef(
            name=draft.name,
            input=draft.input,
            nodes={name: self.types.built[name] for name in draft.nodes},
            output={name: wired.expression for name, wired in draft.output.items()},
            output_schema=self.output_schema(),
            description=draft.description,
            examples=draft.examples,
            timeout=draft.timeout,
            context=self.context(),
            tree=draft.tree,
            priority=draft.priority,
            where=draft.key.place.where,
        )

    def context(self) -> dict[str, ContextKey]:
        """Its own keys, and those of the flow around that are used inside."""
        bodies = self.types.bodies.values()
        used = _read_keys(self.draft) | _written_keys(self.draft)
        used |= {name for body in bodies for name in body.context}
        own = self.draft.context
        return {n: key for n, key in self.shares.keys.items() if n in own or n in used}


def _read_keys(draft: FlowDraft) -> set[str]:
    """Keys of the context that the nodes, the tree and the output of a flow read."""
    wired = [*draft.output.values(), *(w for n in draft.nodes.values() for w in n.expressions())]
    read = [*(w.expression for w in wired), *tests_of(draft.tree)]
    return {name for e in read for name in fields_of(e.tree, "context") if name is not None}


def _written_keys(draft: FlowDraft) -> set[str]:
    return {key for node in draft.nodes.values() for key in node.writes}
