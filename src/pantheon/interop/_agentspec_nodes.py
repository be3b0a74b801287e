"""Nodes of a flow as components: conditions, wires, and tools for what is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pantheon.ids import Json, JsonObject
from pantheon.interop._agentspec_agents import AgentExporter
from pantheon.interop._agentspec_library import Library, inputs_of, outputs_of
from pantheon.interop._agentspec_order import Step
from pantheon.interop._agentspec_types import nullable, type_of
from pantheon.interop._agentspec_writer import KEY, End, Writer, notes_of
from pantheon.interop._losses import Losses
from pantheon.spec import (
    Comparison,
    Expression,
    FlowDef,
    NodeDef,
    Project,
    Reading,
    comparison_of,
    expressions_of,
    readings_of,
    single_reading,
)

WHOLE = "output"
"""Title of a node's output where only all of it is read."""


class Exporter(Protocol):
    """What exports the flows inside of nodes, and knows the agents."""

    library: Library
    project: Project
    losses: Losses
    agents: AgentExporter

    def flow(self, flow: FlowDef, prefix: str) -> Any: ...


@dataclass(slots=True)
class Wires:
    """How the inputs of one component are filled."""

    edges: list[tuple[Any, str, str]]
    """Source, its output, and the title of the input."""
    schemas: dict[str, JsonObject]
    """The inputs, with defaults where nothing is joined."""


@dataclass(slots=True)
class NodeExporter:
    """Adds the nodes of one flow to its writer."""

    exporter: Exporter
    writer: Writer

    def add_steps(self, steps: Sequence[Step]) -> None:
        """Nodes in order; what stands in a group is left out with its node."""
        for step in steps:
            around = self.add_condition(step.node)
            self.add_node(step.node)
            self.add_steps(step.group)
            self.writer.ends += around

    def add_node(self, node: NodeDef) -> None:
        """A node, after what has to be computed for it."""
        self.name_losses(node)
        component = self.component(node)
        expressions = self.expressions(node, component)
        self.fill(component, expressions, reader=node.name, node=node.name)

    def add_end(self, outputs: dict[str, JsonObject]) -> None:
        """The end, which takes the flow's output."""
        named = {title: outputs.get(title, {}) for title in self.writer.flow.output}
        end = self.make("EndNode", "end", inputs=self.properties(named))
        self.fill(end, self.writer.flow.output, reader=None, node=None)
        end.outputs = end.inputs

    def fill(
        self,
        component: Any,
        expressions: Mapping[str, Expression],
        *,
        reader: str | None,
        node: str | None,
    ) -> None:
        """Put a component next and join its inputs to what the expressions read."""
        titles: dict[str, JsonObject] = {
            each.title: dict(each.json_schema) for each in inputs_of(component)
        }
        wires = self.wires(component.name, expressions, titles, reader=reader)
        component.inputs = self.properties(wires.schemas)
        self.writer.follow(component, node=node)
        for source, output, title in wires.edges:
            self.writer.join(source, output, component, title)

    # ------------------------------------------------------------------------------- conditions

    def add_condition(self, node: NodeDef) -> list[End]:
        """A branching in front of a node with a condition; the ways around the node."""
        if node.when is None:
            return []
        compared = comparison_of(node.when)
        direct = compared if compared and self.is_there(compared.reading) else None
        source, output = self.key_of(node, node.when, direct)
        mapping = {direct.text: "run" if direct.equal else "skip"} if direct else {"true": "run"}
        branching = self.make(
            "BranchingNode",
            f"{node.name}_branch",
            mapping=mapping,
            inputs=self.properties({output: {"type": "string"}}),
        )
        self.writer.follow(branching)
        self.writer.join(source, output, branching, output)
        runs = "run" in mapping.values()
        self.writer.ends = [(branching, "run" if runs else "default")]
        return [(branching, "default" if runs else "skip")]

    def key_of(self, node: NodeDef, when: Expression, direct: Comparison | None) -> tuple[Any, str]:
        """The component and its output that decide: a field of a node, or a computed truth."""
        if direct is not None:
            return self.writer.made[direct.reading.root], str(direct.reading.field)
        tool = self.compute(f"{node.name}_when", "holds", when, {"type": "string"}, node.name)
        return tool, "holds"

    def is_there(self, reading: Reading) -> bool:
        """Whether a component gives this field."""
        schema = self.writer.output_schema(reading.root, reading.field or "")
        return schema is not None

    # ------------------------------------------------------------------------------------ wires

    def wires(
        self,
        name: str,
        expressions: Mapping[str, Expression],
        titles: dict[str, JsonObject],
        *,
        reader: str | None,
    ) -> Wires:
        """How each input is filled: by a constant, a field, or what a tool computes."""
        wires = Wires([], dict(titles))
        for title, schema in titles.items():
            expression = expressions.get(title)
            if expression is None:
                continue
            if not expression.roots:
                wires.schemas[title] = {**schema, "default": expression.evaluate({})}
                continue
            wired = single_reading(expression) or self.whole(expression)
            if wired is not None and self.is_there(wired):
                source, output = self.writer.made[wired.root], wired.field or ""
            else:
                bare = type_of(schema)
                source, output = (
                    self.compute(f"{name}_{title}", title, expression, bare, reader),
                    title,
                )
            wires.edges.append((source, output, title))
            if self.may_lack(expression, reader):
                wires.schemas[title] = nullable(schema)
        return wires

    def whole(self, expression: Expression) -> Reading | None:
        """A bare name, where the component gives its output as one value."""
        component = self.writer.made.get(expression.source.strip())
        titles = [each.title for each in outputs_of(component)] if component is not None else []
        return Reading(expression.source.strip(), WHOLE) if titles == [WHOLE] else None

    def may_lack(self, expression: Expression, reader: str | None) -> bool:
        """Whether what it reads may have been skipped while its reader runs."""
        nodes = self.writer.flow.nodes
        return any(
            root in nodes and self.writer.plan.may_lack(reader, root) for root in expression.roots
        )

    def compute(
        self, name: str, title: str, expression: Expression, schema: JsonObject, reader: str | None
    ) -> Any:
        """A tool that gives what an expression does, put next."""
        fields = self.fields_read(readings_of(expression))
        source = expression.source
        self.writer.lose(f"`{source}` is computed by a tool `{name}`, which the runtime needs")
        inputs: dict[str, JsonObject] = {}
        for title_in, (root, output) in fields.items():
            given: JsonObject = self.writer.output_schema(root, output) or {}
            plain = type_of(given)
            lacking = root != "input" and self.writer.plan.may_lack(reader, root)
            inputs[title_in] = nullable(plain) if lacking else plain
        tool = self.tool_node(
            name,
            f"Gives `{title}`: {source}",
            inputs=inputs,
            outputs={title: schema},
            notes={"expression": source},
        )
        self.writer.follow(tool)
        for title_in, (root, output) in fields.items():
            self.writer.join(self.writer.made[root], output, tool, title_in)
        return tool

    def fields_read(self, readings: Iterable[Reading]) -> dict[str, tuple[str, str]]:
        """Title → component and output, for readings as tools take them: field by field."""
        fields: dict[str, tuple[str, str]] = {}
        for reading in readings:
            component = self.writer.made.get(reading.root)
            if component is None:
                self.writer.lose(f"`{reading.root}` can be read only in Pantheon")
                continue
            titles = [each.title for each in outputs_of(component)]
            wanted = [reading.field] if reading.field in titles else titles
            for title in wanted:
                fields[f"{reading.root}_{title}"] = (reading.root, str(title))
        return fields

    # ------------------------------------------------------------------------------- components

    def component(self, node: NodeDef) -> Any:
        """What a node is in Agent Spec; a tool where it is nothing there."""
        place = f"{self.writer.place}/{node.name}"
        if node.map is None and node.loop is None:
            agent = self.exporter.project.agents.get(node.agent or "")
            if agent is not None:
                return self.exporter.agents.node(agent, place, node.name)
            flow = node.body or self.exporter.project.flows.get(node.flow or "")
            if flow is not None:
                inner = self.exporter.flow(flow, f"{place}/" if node.body else "")
                return self.make("FlowNode", node.name, subflow=inner)
        return self.opaque(node)

    def opaque(self, node: NodeDef) -> Any:
        """A node that only Pantheon has: a tool with what it reads and what is read of it."""
        what = _kind_of(node)
        self.writer.lose(f"node `{node.name}` ({what}) is a tool that the runtime needs")
        fields = self.fields_read(_readings_in(self.writer.flow, node))
        inputs = {
            title: type_of(self.writer.output_schema(*field) or {})
            for title, field in fields.items()
        }
        read = _read_by_others(self.writer.flow, node.name) or [None]
        outputs: dict[str, JsonObject] = {title or WHOLE: {} for title in read}
        return self.tool_node(
            node.name, f"{what} of Pantheon", inputs=inputs, outputs=outputs, notes={"node": what}
        )

    def expressions(self, node: NodeDef, component: Any) -> Mapping[str, Expression]:
        """What fills the inputs of a node's component."""
        if "node" not in notes_of(component):
            return node.inputs
        from pantheon.spec import NOWHERE, parse_expression

        fields = self.fields_read(_readings_in(self.writer.flow, node))
        return {
            title: parse_expression(f"{root}.{output}", NOWHERE)
            for title, (root, output) in fields.items()
        }

    def tool_node(
        self,
        name: str,
        description: str,
        *,
        inputs: dict[str, JsonObject],
        outputs: dict[str, JsonObject],
        notes: dict[str, Json],
    ) -> Any:
        """A node that calls a tool of the runtime."""
        tool = self.exporter.library.make(
            "ServerTool",
            f"{self.writer.place}/{name}/tool",
            name=name,
            description=description,
            inputs=self.properties(inputs),
            outputs=self.properties(outputs),
        )
        return self.make("ToolNode", name, tool=tool, metadata={KEY: notes})

    def make(self, kind: str, name: str, **parts: Any) -> Any:
        """A component of this flow."""
        place = f"{self.writer.place}/{name}"
        return self.exporter.library.make(kind, place, name=name, **parts)

    def properties(self, schemas: dict[str, JsonObject]) -> list[Any]:
        return self.exporter.library.properties(schemas)

    def name_losses(self, node: NodeDef) -> None:
        """What a node has that a component has not."""
        lose = self.exporter.losses.at(f"flows.{self.writer.flow.name}.nodes.{node.name}")
        for key, what in _UNCARRIED.items():
            if getattr(node, key):
                lose(f"{what} is not carried")
        if node.on_error != "fail":
            lose(f"`on_error: {node.on_error}` is not carried")
        unmet = [n for n in node.inputs.values() if self.may_lack(n, node.name)]
        if unmet and node.merge is None:
            lose("it runs with null where here it would be skipped with what it reads")


_UNCARRIED = {
    "retry": "how it is tried again (`retry`)",
    "timeout": "its time limit",
    "fallback": "who answers when it fails (`fallback`)",
    "cross_check": "the cross-check",
    "give": "its output in case of failure (`give`)",
    "writes": "what it writes",
    "constraint": "the version that it asks for",
}


def _kind_of(node: NodeDef) -> str:
    kinds = ("map", "loop", "merge", "plan", "wait", "agent", "flow")
    return next((kind for kind in kinds if getattr(node, kind) is not None), "node")


def _readings_in(flow: FlowDef, node: NodeDef) -> list[Reading]:
    """What a node reads, its condition aside; the sources of a merge as a whole."""
    found = [reading for e in expressions_of(node, condition=False) for reading in readings_of(e)]
    found += [Reading(source) for source in (node.merge.sources if node.merge else ())]
    known = {"input", *flow.nodes}
    return [reading for reading in dict.fromkeys(found) if reading.root in known]


def _read_by_others(flow: FlowDef, name: str) -> list[str | None]:
    """The fields of a node that the rest of the flow reads; None: its output as a whole."""
    every = [*flow.output.values()]
    every += [e for node in flow.nodes.values() for e in expressions_of(node)]
    found = [r.field for e in every for r in readings_of(e) if r.root == name]
    merged = any(node.merge and name in node.merge.sources for node in flow.nodes.values())
    return list(dict.fromkeys([*found, None] if merged else found))
