"""Components of one flow as they are put together: nodes in order, control and data edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from pantheon.interop._agentspec_library import Library, outputs_of
from pantheon.interop._agentspec_order import Plan, plan_order
from pantheon.spec import FlowDef

KEY = "pantheon"
"""Where, in a component's metadata, stands what only Pantheon reads."""


def notes_of(component: Any) -> dict[str, Any]:
    """What Pantheon wrote into the metadata of a component."""
    metadata = cast("dict[str, Any] | None", getattr(component, "metadata", None))
    notes = (metadata or {}).get(KEY)
    return cast("dict[str, Any]", notes) if isinstance(notes, dict) else {}


End = tuple[Any, "str | None"]
"""A component and the branch by which it is left."""


@dataclass(slots=True)
class Writer:
    """One flow on its way into components."""

    library: Library
    flow: FlowDef
    place: str
    lose: Callable[[str], None]
    nodes: list[Any] = field(default_factory=list[Any])
    control: list[Any] = field(default_factory=list[Any])
    data: list[Any] = field(default_factory=list[Any])
    made: dict[str, Any] = field(default_factory=dict[str, Any])
    """Name of a node of the flow, or `input` → its component."""
    ends: list[End] = field(default_factory=list[End])
    """What leads to whatever comes next."""
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.plan = plan_order(self.flow)

    def begin(self, inputs: list[Any]) -> None:
        """The start, which gives the flow's input."""
        start = self.library.make("StartNode", f"{self.place}/start", name="start", inputs=inputs)
        self.made["input"] = start
        self.nodes.append(start)
        self.ends = [(start, None)]

    def follow(self, component: Any, *, node: str | None = None) -> None:
        """Let a component come next; `node` is the node of the flow that it is.

        Each edge says after which nodes it must come for another reason than its data.
        """
        self.nodes.append(component)
        after = list(self.flow.nodes[node].after) if node is not None else []
        for source, branch in self.ends:
            label = f"{source.name}_{branch or 'next'}_{component.name}"
            edge = self.library.make(
                "ControlFlowEdge",
                f"{self.place}/control/{label}",
                name=label,
                from_node=source,
                from_branch=branch,
                to_node=component,
                metadata={KEY: {"after": after}},
            )
            self.control.append(edge)
        self.ends = [(component, None)]
        if node is not None:
            self.made[node] = component

    def join(self, source: Any, output: str, target: Any, title: str) -> None:
        """A field of one component is a field of another."""
        label = f"{source.name}_{output}_{target.name}_{title}"
        edge = self.library.make(
            "DataFlowEdge",
            f"{self.place}/data/{label}",
            name=label,
            source_node=source,
            source_output=output,
            destination_node=target,
            destination_input=title,
        )
        self.data.append(edge)

    def output_schema(self, root: str, title: str) -> Any:
        """The schema of a component's output; None: it has no such output."""
        component = self.made.get(root)
        outputs = outputs_of(component) if component is not None else []
        return next((dict(each.json_schema) for each in outputs if each.title == title), None)

    def finish(self) -> Any:
        """The flow's component."""
        return self.library.make(
            "Flow",
            self.place,
            name=self.flow.name,
            description=self.flow.description or None,
            start_node=self.nodes[0],
            nodes=self.nodes,
            control_flow_connections=self.control,
            data_flow_connections=self.data,
        )
