"""What is tried: an agent or a flow, by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.errors import NotFound, UsageError
from pantheon.spec import AgentDef, FlowDef, Project, did_you_mean

Kind: TypeAlias = Literal["agent", "flow"]


@dataclass(frozen=True, slots=True)
class Subject:
    """An agent or a flow."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return self.name

    def definition(self, project: Project) -> AgentDef | FlowDef:
        """What the project says it is. Raises NotFound."""
        known = project.agents if self.kind == "agent" else project.flows
        if self.name not in known:
            raise NotFound(
                f"There is no {self.kind} {self.name!r}.", hint=did_you_mean(self.name, known)
            )
        return known[self.name]


def find_subject(project: Project, text: str) -> Subject:
    """The agent or flow of that name; `agent:NAME` or `flow:NAME` where both have it.

    Raises:
        NotFound: neither has it; the hint names the nearest.
        UsageError: both have it.
    """
    prefix, colon, name = text.partition(":")
    if colon and prefix in ("agent", "flow"):
        subject = Subject("agent" if prefix == "agent" else "flow", name)
        subject.definition(project)
        return subject
    if text in project.agents and text in project.flows:
        raise UsageError(
            f"There is an agent and a flow {text!r}.",
            hint=f"Write agent:{text} or flow:{text}.",
        )
    if text in project.agents:
        return Subject("agent", text)
    if text in project.flows:
        return Subject("flow", text)
    every = [*project.flows, *project.agents]
    raise NotFound(f"There is no agent or flow {text!r}.", hint=did_you_mean(text, every))
