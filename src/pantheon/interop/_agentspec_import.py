"""Open Agent Spec → a project: flows, agents and models, and what could not be taken over."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pantheon.errors import InputError, SpecError
from pantheon.ids import Json, JsonObject
from pantheon.interop._agentspec_from_agents import AgentImporter
from pantheon.interop._agentspec_from_flow import FlowReader
from pantheon.interop._agentspec_library import Library
from pantheon.interop._losses import Carried, Losses
from pantheon.interop._names import Names
from pantheon.interop._yaml import HEADER, write_yaml
from pantheon.spec import InvalidProject, load_definitions


def from_agentspec(text: str, *, as_json: bool = False) -> Carried:
    """The text of a `pantheon.yaml` that does what the component in `text` does.

    Raises:
        EnvironmentFault: the library is not installed.
        InputError: the text is no component, or of a kind that has no counterpart.
    """
    component = Library().read(text, as_json=as_json)
    importer = _Importer(Losses())
    try:
        importer.add(component)
    except SpecError as error:
        raise InputError(
            f"What the file computes cannot be said here: {error.message}", hint=error.hint
        ) from None
    body = importer.body()
    _check(body)
    return Carried(HEADER + write_yaml(body), importer.losses.listed())


@dataclass(slots=True)
class _Importer:
    """Everything that one component holds."""

    losses: Losses
    agents: AgentImporter = field(init=False)
    flows: dict[str, Json] = field(default_factory=dict[str, Json])
    names: Names = field(default_factory=lambda: Names("flow"))
    known: dict[str, str] = field(default_factory=dict[str, str])
    """Id of a flow component → its name here."""

    def __post_init__(self) -> None:
        self.agents = AgentImporter(self.losses)

    def add(self, component: Any) -> None:
        """The component at the root of the file."""
        kind = type(component).__name__
        if kind == "Flow":
            self.add_flow(component)
        elif kind == "Agent" or kind.endswith("Tool"):
            self.agents.add(component, component.name)
        else:
            raise InputError(
                f"The file holds a {kind}; a Flow, an Agent or a tool can be imported.",
                hint="Export the flow or the agent inside it by itself.",
            )

    def add_flow(self, component: Any) -> str:
        """The name of a flow, read when it is new."""
        if component.id not in self.known:
            lose = self.losses.at(f"flows.{component.name}")
            name = self.names.take(component.name, lose)
            self.known[component.id] = name
            self.flows[name] = FlowReader(self, component, name).read()
        return self.known[component.id]

    def body(self) -> JsonObject:
        """The project, as `pantheon.yaml` spells it."""
        return {
            "version": 1,
            "models": self.agents.models,
            "agents": self.agents.agents,
            "flows": self.flows,
        }


def _check(body: JsonObject) -> None:
    """Whatever is imported can be loaded; else say what does not hold together."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            load_definitions(body, Path(folder))
        except InvalidProject as error:
            told = "; ".join(d.message for d in error.diagnostics[:3])
            raise InputError(
                f"What the file holds does not fit together here: {told}",
                hint="Mend it in the file, or report the file as one that should load.",
            ) from None
