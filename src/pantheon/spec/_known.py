"""What the nodes of a flow can refer to, and the contracts of what they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pantheon.ids import JsonObject
from pantheon.spec._draft import NodeDraft
from pantheon.spec._flow_model import (
    ContextKey,
    FlowDef,
)
from pantheon.spec._model import (
    AgentDef,
    MemoryDef,
)


@dataclass(frozen=True, slots=True)
class Called:
    """What a node runs, by its contract."""

    name: str
    what: str
    """For messages: "the agent `reply`"."""
    input: JsonObject
    output: JsonObject


@dataclass(frozen=True, slots=True)
class Inherited:
    """A key of the flow around that a flow inside a node may use."""

    key: ContextKey
    sure: bool
    """Whether it has a value by then."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that a flow can name. An agent or flow that is None is itself wrong."""

    agents: Mapping[str, AgentDef | None]
    flows: Mapping[str, FlowDef | None] = field(default_factory=dict[str, FlowDef | None])
    memory: Mapping[str, MemoryDef] = field(default_factory=dict[str, MemoryDef])

    def called(self, node: NodeDraft, body: FlowDef | None) -> Called | None:
        """What a node runs; None where it runs nothing, or something that is itself wrong."""
        if body is not None:
            return Called(
                node.name, f"the flow inside `{node.name}`", body.input, body.output_schema
            )
        if node.flow is not None:
            flow = self.flows.get(node.flow.text)
            return flow and Called(
                flow.name, f"the flow `{flow.name}`", flow.input, flow.output_schema
            )
        agent = self.agents.get(node.agent_name) if node.agent else None
        return agent and Called(agent.name, f"the agent `{agent.name}`", agent.input, agent.output)
