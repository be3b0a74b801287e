"""One version of what somebody wrote: a flow with all it uses, an agent, a model, a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from pantheon.errors import UsageError
from pantheon.flows import Pin, read_pin
from pantheon.ids import ContentHash, Json, JsonObject
from pantheon.releases._model_json import model_from_json
from pantheon.spec import AgentDef, FlowDef, ModelDef, Project, agent_from_json

Kind: TypeAlias = Literal["flow", "agent", "model", "prompt"]
Cause: TypeAlias = Literal["edit", "night", "rollback", "import", "migrate", "lock"]
KINDS: tuple[Kind, ...] = ("flow", "agent", "model", "prompt")
DEPLOYABLE: tuple[Kind, ...] = ("flow", "agent")


@dataclass(frozen=True, slots=True)
class Release:
    """A version. Number 0 is a draft: the working files, as they are now."""

    kind: Kind
    name: str
    number: int
    hash: ContentHash
    """Of everything below: equal exactly when it would behave the same."""
    definition: ContentHash
    """Of a flow: what its runs are pinned to; of a prompt: hash of its text."""
    body: JsonObject
    """flow: its pin; agent: its canonical form; model: its keys; prompt: `{text}`."""
    label: str | None = None
    """The user's own version."""
    files: Mapping[str, ContentHash] = field(default_factory=dict[str, ContentHash])
    """Source files that its functions and programs are in, from the project's folder."""
    models: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    """The models it asks by name, without secrets."""
    uses: Mapping[str, ContentHash] = field(default_factory=dict[str, ContentHash])
    """Versions of what it uses: `agent:triage` → hash."""
    parent: ContentHash | None = None
    """The version that the working files were before."""
    cause: Cause = "edit"
    at: float = 0.0
    who: str = ""
    why: str = ""
    evidence: JsonObject = field(default_factory=dict[str, Json])

    @property
    def title(self) -> str:
        """How people name it: `support@3`, `draft:support`."""
        return f"{self.name}@{self.number}" if self.number else f"draft:{self.name}"

    @property
    def draft(self) -> bool:
        """Whether it is the working files, and no recorded version."""
        return self.number == 0

    def pin(self) -> Pin:
        """The flow with all it uses. Raises UsageError for anything but a flow."""
        if self.kind != "flow":
            raise UsageError(
                f"{self.title} is a version of {_article(self.kind)}, not of a flow.",
                hint="Name a flow, such as `flow:NAME@N`.",
            )
        return read_pin(self.definition, self.body)

    def agents(self) -> dict[str, AgentDef]:
        """The agents that it consists of, by name; none for models and prompts."""
        if self.kind == "flow":
            return dict(self.pin().agents)
        return {self.name: agent_from_json(self.body)} if self.kind == "agent" else {}

    def flows(self) -> dict[str, FlowDef]:
        """The flows that it consists of, by name, itself first."""
        if self.kind != "flow":
            return {}
        pin = self.pin()
        return {pin.flow.name: pin.flow, **pin.flows}

    def model_definitions(self) -> dict[str, ModelDef]:
        """The models that it asks, as they were defined."""
        if self.kind == "model":
            return {self.name: model_from_json(self.name, self.body)}
        return {name: model_from_json(name, body) for name, body in self.models.items()}

    def within(self, project: Project) -> Project:
        """The project with this version in the place of what its files say."""
        return replace(
            project,
            agents={**project.agents, **self.agents()},
            flows={**project.flows, **self.flows()},
            models={**project.models, **self.model_definitions()},
            resolved={**project.resolved, **dict.fromkeys(self.flows(), self.agents())},
            memory={**project.memory, **(self.pin().memory if self.kind == "flow" else {})},
        )


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "agent" else f"a {kind}"


def as_kind(text: str) -> Kind:
    """The kind of that name. Raises UsageError."""
    for kind in KINDS:
        if kind == text:
            return kind
    raise UsageError(f"There is no kind {text!r}.", hint=f"The kinds are: {', '.join(KINDS)}.")


def as_cause(text: str) -> Cause:
    """A cause as it was kept."""
    return cast("Any", text)
