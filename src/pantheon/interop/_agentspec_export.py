"""A flow or an agent as Open Agent Spec, by way of the library that defines it.

Nodes run there one after the other along control edges, and data edges join field to field. What
an expression computes becomes a tool that the runtime must have; so does a node of a kind that
Agent Spec has not. All that is left out or changed is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pantheon.errors import InputError
from pantheon.interop._agentspec_agents import AgentExporter
from pantheon.interop._agentspec_library import Library
from pantheon.interop._agentspec_nodes import NodeExporter
from pantheon.interop._agentspec_types import properties_of
from pantheon.interop._agentspec_writer import Writer
from pantheon.interop._losses import Carried, Losses
from pantheon.spec import AgentDef, FlowDef, Project


def to_agentspec(
    project: Project, definition: FlowDef | AgentDef, *, as_json: bool = False
) -> Carried:
    """The definition with all that it uses, as YAML or JSON.

    Raises:
        EnvironmentFault: the library is not installed.
        InputError: the format cannot hold it at all.
    """
    library, losses = Library(), Losses()
    agents = AgentExporter(library, project, losses)
    try:
        if isinstance(definition, AgentDef):
            component = agents.component(definition)
        else:
            component = _FlowExporter(library, project, losses, agents).flow(definition, "")
    except (ValueError, NotImplementedError) as error:
        said = " ".join(str(error).split())[:300]
        raise InputError(
            f"Open Agent Spec cannot hold `{definition.name}`: {said}.",
            hint="Names or types of its fields may be more than the format allows.",
        ) from error
    return Carried(library.write(component, as_json=as_json), losses.listed())


@dataclass(slots=True)
class _FlowExporter:
    """Exports flows, those inside of nodes too."""

    library: Library
    project: Project
    losses: Losses
    agents: AgentExporter

    def flow(self, flow: FlowDef, prefix: str) -> Any:
        """One flow; `prefix` is the place of the node that holds it."""
        self.name_losses(flow)
        place = f"{prefix}{flow.name}"
        lose = self.losses.at(f"flows.{flow.name}")
        writer = Writer(self.library, flow, place, lose)
        writer.begin(self.library.properties(properties_of(flow.input, lose)))
        nodes = NodeExporter(self, writer)
        nodes.add_steps(writer.plan.steps)
        nodes.add_end(properties_of(flow.output_schema, lose))
        return writer.finish()

    def name_losses(self, flow: FlowDef) -> None:
        """What a flow has that a component has not."""
        lose = self.losses.at(f"flows.{flow.name}")
        for present, what in (
            (flow.tree is not None, "the behaviour tree (`tree`)"),
            (flow.timeout is not None, "its time limit (`timeout`)"),
            (bool(flow.context), "what its nodes share (`context`)"),
            (bool(flow.examples), "what the router starts from (`examples`)"),
            (bool(flow.priority), "its priority (`priority`)"),
            (bool(flow.tests), "what it is tested by (`tests`)"),
        ):
            if present:
                lose(f"{what} is not carried")
