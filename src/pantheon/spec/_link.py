"""Drafts of flows → definitions: names resolved, inputs wired, types checked across the graph."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import JsonObject
from pantheon.spec._compatibility import (
    ANY,
    find_mismatch,
    items_of,
    kinds_of,
    properties_of,
    property_of,
    required_of,
    union_of,
    with_null,
)
from pantheon.spec._draft import FlowDraft, NodeDraft, Wired
from pantheon.spec._graph import check_graph, nodes_that_may_skip
from pantheon.spec._model import AgentDef, FlowDef, Merge, NodeDef
from pantheon.spec._resolve import Resolver
from pantheon.spec._source import Findings, Place, did_you_mean
from pantheon.spec._typing import ExpressionChecker
from pantheon.spec._wire import select_fields, wire_inputs


def link_flow(
    draft: FlowDraft,
    agents: Mapping[str, AgentDef | None],
    findings: Findings,
    *,
    before: int,
) -> FlowDef:
    """The flow's definition; mistakes are recorded. An agent that is None is itself wrong.

    `before` is how many findings there were before the flow was read.
    """
    Resolver(draft, agents, findings).resolve()
    linker = _Linker(draft, agents, findings)
    linker.wire()
    linker.check()
    flow = linker.build()
    check_graph(flow, draft, agents, findings, complete=len(findings.diagnostics) == before)
    return flow


class _Linker:
    def __init__(
        self, draft: FlowDraft, agents: Mapping[str, AgentDef | None], findings: Findings
    ) -> None:
        self.draft = draft
        self.agents = agents
        self.findings = findings
        self.stand_ins = {n.fallback.text for n in draft.nodes.values() if n.fallback}
        self.outputs = {name: self.output_of(name, ()) for name in draft.nodes}
        shown = {n: schema for n, schema in self.outputs.items() if n not in self.stand_ins}
        self.types: dict[str, JsonObject] = {"input": draft.input, **shown}
        self.checker = ExpressionChecker(draft, self.stand_ins, findings)

    def agent_of(self, node: NodeDraft) -> AgentDef | None:
        return self.agents.get(node.agent_name)

    def output_of(self, name: str, open_: tuple[str, ...]) -> JsonObject:
        """Schema of what a node leaves in the scope."""
        node = self.draft.nodes[name]
        if node.merge is not None:
            return self.merged_output(node, (*open_, name))
        agent = self.agent_of(node)
        schema = agent.output if agent else ANY
        return {"type": "array", "items": schema} if node.map else schema

    def merged_output(self, node: NodeDraft, open_: tuple[str, ...]) -> JsonObject:
        sources = [s.text for s in node.merge or () if s.text not in open_]
        schemas = {source: self.output_of(source, open_) for source in sources}
        if not schemas:
            return ANY
        if node.policy == "any":
            return union_of(schemas.values())
        return {
            "type": "object",
            "properties": dict(schemas),
            "required": list(schemas),
            "additionalProperties": False,
        }

    def wire(self) -> None:
        """Fill in the inputs that were left to be found by name, and the output of a node."""
        # Reviewers last: theirs may come from the inputs of what they review.
        for node in sorted(self.draft.nodes.values(), key=lambda n: n.reviews is not None):
            agent = self.agent_of(node)
            handed = node.name in self.stand_ins and node.inputs is None
            if agent is not None and node.sound and not handed:
                item = self.item_type(node)
                wire_inputs(node, agent, self.draft, self.outputs, item, self.findings)
        self.wire_output()

    def item_type(self, node: NodeDraft) -> JsonObject | None:
        """Schema of `item` in a map; None without one. Mistakes are told by `check`."""
        if node.map is None:
            return None
        silent = ExpressionChecker(self.draft, self.stand_ins, Findings())
        schema = silent.infer(node.map, self.types)
        return items_of(schema) if schema else ANY

    def wire_output(self) -> None:
        written = self.draft.output_node
        if written is None:
            return
        fields = list(properties_of(self.outputs[written.text]))
        if not fields:
            message = f"The fields of `{written.text}`'s output are not known."
            fix = f"name them: `output: {{answer: {written.text}.answer}}`"
            if self.agent_of(self.draft.nodes[written.text]) is not None:
                self.findings.error("bad-output", written.place, message, fix)
        self.draft.output = select_fields(written.text, fields, written, self.findings)

    def check(self) -> None:
        """Check every expression of every node, then the output."""
        for node in self.draft.nodes.values():
            scope = self.types
            item = self.item_type(node)
            if node.when:
                self.checker.check_condition(node.when, scope)
            if node.map:
                self.check_map(node.map)
            self.check_inputs(node, {**scope, "item": item} if item is not None else scope)
            self.check_stand_in(node)
        for wired in self.draft.output.values():
            self.checker.infer(wired, self.types)

    def check_map(self, over: Wired) -> None:
        schema = self.checker.infer(over, self.types)
        if schema is not None and not kinds_of(schema) & {"array"}:
            message = f"`map` needs a list; `{over.expression.source}` is none."
            self.findings.error("type-mismatch", over.written.place, message, "give it a list")

    def check_inputs(self, node: NodeDraft, scope: Mapping[str, JsonObject]) -> None:
        """Every input must be asked for, be there, and fit."""
        agent = self.agent_of(node)
        for name, wired in (node.inputs or {}).items():
            schema = self.checker.infer(wired, scope)
            port = property_of(agent.input, name) if agent else ANY
            if agent is None or schema is None or port is None:
                continue
            reason = find_mismatch(schema, port)
            if reason:
                self.report_mismatch(node, name, wired, reason)
        if agent is not None and node.inputs is not None:
            self.check_ports(node, agent)

    def check_ports(self, node: NodeDraft, agent: AgentDef) -> None:
        given = set(node.input_keys) | set(node.inputs or {})
        for name, key in node.input_keys.items():
            if property_of(agent.input, name) is None:
                message = f"The agent `{agent.name}` has no input `{name}`."
                fix = did_you_mean(name, properties_of(agent.input))
                self.findings.error("unknown-input", key.place, message, fix)
        missing = sorted(required_of(agent.input) - given)
        if missing and node.sound:
            self.report_missing(node, agent, missing)

    def report_missing(self, node: NodeDraft, agent: AgentDef, missing: list[str]) -> None:
        names = ", ".join(f"`{name}`" for name in missing)
        message = f"The node `{node.name}` does not give the agent `{agent.name}` its {names}."
        found = [
            f"{owner}.{missing[0]}"
            for owner, schema in self.types.items()
            if owner != node.name and missing[0] in properties_of(schema)
        ]
        source = found[0] if found else "…"
        fix = f"add `{missing[0]}: {source}` to `in` of `{node.name}`"
        self.findings.error("missing-input", node.key.place, message, fix)

    def report_mismatch(self, node: NodeDraft, name: str, wired: Wired, reason: str) -> None:
        message = f"The input `{name}` of `{node.name}` does not fit: {reason}."
        fix = f"change the contract of `{node.agent_name}`, or what is given here"
        if reason.startswith("may be null"):
            source = wired.expression.source
            fix = f"write `default({source}, …)`, or make it `{name}?` in the contract"
        self.findings.error("type-mismatch", wired.written.place, message, fix)

    def check_stand_in(self, node: NodeDraft) -> None:
        """A fallback must be able to work from the failed node's inputs and give its output."""
        if node.fallback is None or node.fallback.text not in self.draft.nodes:
            return
        substitute = self.draft.nodes[node.fallback.text]
        first, second = self.agent_of(node), self.agent_of(substitute)
        if first is None or second is None:
            return
        place, name = node.fallback.place, second.name
        # More than what was promised does no harm: it is another agent's own answer.
        reason = find_mismatch(second.output, {**first.output, "additionalProperties": True})
        if reason:
            message = (
                f"`{name}` cannot stand in for `{first.name}`: its output does not fit, {reason}."
            )
            fix = f"give `{name}` the output of `{first.name}`"
            self.findings.error("type-mismatch", place, message, fix)
        if substitute.inputs is None:
            self.check_handed_inputs(node, second, place)
        for wired in (substitute.inputs or {}).values():
            if node.name in wired.expression.roots:
                message = f"`{substitute.name}` stands in for `{node.name}`, so it cannot read it."
                fix = "read what the failed node would have read"
                self.findings.error("bad-fallback", wired.written.place, message, fix)

    def check_handed_inputs(self, node: NodeDraft, agent: AgentDef, place: Place) -> None:
        missing = sorted(required_of(agent.input) - set(node.inputs or {}))
        if missing and node.inputs is not None:
            message = f"`{agent.name}` needs `{missing[0]}`, which `{node.name}` does not have."
            fix = f"give `{agent.name}` an input that `{node.name}` has"
            self.findings.error("missing-input", place, message, fix)

    def build(self) -> FlowDef:
        draft = self.draft
        nodes = {name: self.build_node(node) for name, node in draft.nodes.items()}
        return FlowDef(
            name=draft.name,
            input=draft.input,
            nodes=nodes,
            output={name: wired.expression for name, wired in draft.output.items()},
            output_schema=self.output_schema(nodes),
            description=draft.description,
            examples=draft.examples,
            timeout=draft.timeout,
            where=draft.key.place.where,
        )

    def build_node(self, node: NodeDraft) -> NodeDef:
        merge = Merge(tuple(s.text for s in node.merge), node.policy) if node.merge else None
        return NodeDef(
            name=node.name,
            agent=node.agent_name if node.agent else None,
            inputs={name: wired.expression for name, wired in (node.inputs or {}).items()},
            when=node.when.expression if node.when else None,
            map=node.map.expression if node.map else None,
            concurrency=node.concurrency,
            merge=merge,
            retry=node.retry,
            timeout=node.timeout,
            fallback=node.fallback.text if node.fallback else None,
            cross_check=node.cross_check,
            reviews=node.reviews.text if node.reviews else None,
            constraint=node.constraint,
            after=tuple(name.text for name in node.after),
            where=node.key.place.where,
        )

    def output_schema(self, nodes: Mapping[str, NodeDef]) -> JsonObject:
        """Types of the output's fields; what a skipped node leaves may be null."""
        skipping = nodes_that_may_skip(nodes)
        types = {n: with_null(s) if n in skipping else s for n, s in self.types.items()}
        silent = ExpressionChecker(self.draft, self.stand_ins, Findings())
        properties = {
            name: silent.infer(wired, types) or ANY for name, wired in self.draft.output.items()
        }
        return {
            "type": "object",
            "properties": dict(properties),
            "required": list(properties),
            "additionalProperties": False,
        }
