"""Agents and models as components of Open Agent Spec: one tier of each, and what that leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pantheon.ids import JsonObject
from pantheon.interop._agentspec_library import Library
from pantheon.interop._agentspec_prompt import message_of, placeholders_in, prompt_of
from pantheon.interop._agentspec_types import properties_of
from pantheon.interop._agentspec_writer import KEY
from pantheon.interop._losses import Losses
from pantheon.spec import (
    NO_RESOURCES,
    AgentDef,
    CloudTier,
    CommandTier,
    HumanTier,
    Project,
    PromptTier,
    PythonTier,
    Tier,
)

Lose = Callable[[str], None]
EMBEDDED = "embedded"


@dataclass(slots=True)
class AgentExporter:
    """Makes components of agents; those of models are shared."""

    library: Library
    project: Project
    losses: Losses
    models: dict[tuple[str | None, int], Any] = field(
        default_factory=dict[tuple[str | None, int], Any]
    )

    def node(self, agent: AgentDef, place: str, name: str) -> Any:
        """A node that answers as the agent does, with the agent's fields as its own."""
        tier = self.representative(agent)
        lose = self.losses.at(f"agents.{agent.name}")
        if isinstance(tier, PromptTier | CloudTier):
            return self.llm_node(agent, tier, place, name)
        if isinstance(tier, HumanTier) and (asked := self.asking_node(agent, tier, place, name)):
            return asked
        tool = self.tool(agent, tier, f"{place}/tool", lose)
        return self.library.make("ToolNode", place, name=name, tool=tool)

    def component(self, agent: AgentDef) -> Any:
        """The agent by itself: an Agent with a prompt, or a tool."""
        tier = self.representative(agent)
        lose = self.losses.at(f"agents.{agent.name}")
        if not isinstance(tier, PromptTier | CloudTier):
            return self.tool(agent, tier, agent.name, lose)
        prompt = prompt_of(agent, tier, lose)
        return self.library.make(
            "Agent",
            agent.name,
            name=agent.name,
            description=agent.description or None,
            system_prompt=prompt,
            llm_config=self.model(tier, lose),
            inputs=self.library.properties(self.inputs(agent, prompt, lose)),
            outputs=self.library.properties(properties_of(agent.output, lose)),
            human_in_the_loop=False,
            metadata=_notes(agent),
        )

    # ----------------------------------------------------------------------------- which tier

    def representative(self, agent: AgentDef) -> Tier | None:
        """The tier that stands for the agent: the cloud's, else a prompt's, else the first."""
        tiers = agent.tiers
        chosen: Tier | None = next((t for t in tiers if isinstance(t, CloudTier)), None)
        chosen = chosen or next((t for t in tiers if isinstance(t, PromptTier)), None)
        code = (PythonTier, CommandTier, HumanTier)
        chosen = chosen or next((t for t in tiers if isinstance(t, code)), None)
        self.name_losses(agent, chosen)
        return chosen

    def name_losses(self, agent: AgentDef, chosen: Tier | None) -> None:
        """What an agent has that a component has not."""
        lose = self.losses.at(f"agents.{agent.name}")
        others = [tier.kind for tier in agent.tiers if tier is not chosen]
        if others:
            kept = f"only the {chosen.kind} tier is carried" if chosen else "no tier can be carried"
            lose(f"{kept}; it also has {', '.join(others)}")
        for key, what in _UNCARRIED.items():
            if getattr(agent, key) not in (None, (), "", NO_RESOURCES):
                lose(f"{what} (`{key}`) is not carried")
        if agent.privacy == "local":
            lose("`privacy: local` is not carried: a runtime may send the input anywhere")
        if agent.cache is not None or agent.deterministic:
            lose("that results are kept (`cache`, `deterministic`) is not carried")
        if str(agent.same) != "exact":
            lose("when two answers are the same (`same`) is not carried")

    # ------------------------------------------------------------------------------ components

    def llm_node(self, agent: AgentDef, tier: PromptTier | CloudTier, place: str, name: str) -> Any:
        """A prompt on a model, with structured output."""
        lose = self.losses.at(f"agents.{agent.name}")
        prompt = prompt_of(agent, tier, lose)
        return self.library.make(
            "LlmNode",
            place,
            name=name,
            description=agent.description or None,
            prompt_template=prompt,
            llm_config=self.model(tier, lose),
            inputs=self.library.properties(self.inputs(agent, prompt, lose)),
            outputs=self.library.properties(properties_of(agent.output, lose)),
            metadata=_notes(agent),
        )

    def inputs(self, agent: AgentDef, prompt: str, lose: Lose) -> dict[str, JsonObject]:
        """The fields that the prompt names: a component has no others."""
        every, named = properties_of(agent.input, lose), placeholders_in(prompt)
        for name in every:
            if name not in named:
                lose(f"its prompt does not name the field `{name}`, so it is not carried")
        return {name: schema for name, schema in every.items() if name in named}

    def asking_node(self, agent: AgentDef, tier: HumanTier, place: str, name: str) -> Any:
        """A question that is answered by one text; None where it would need more."""
        lose = self.losses.at(f"agents.{agent.name}")
        outputs = properties_of(agent.output, lose)
        if len(outputs) != 1 or next(iter(outputs.values())).get("type") != "string":
            return None
        fields = properties_of(agent.input, lose)
        made = "\n".join([agent.description, *(f"{field}: {{{{{field}}}}}" for field in fields)])
        message = message_of(tier.question, agent.input) if tier.question else made.strip()
        named = placeholders_in(message)
        return self.library.make(
            "InputMessageNode",
            place,
            name=name,
            description=agent.description or None,
            message=message,
            inputs=self.library.properties({t: s for t, s in fields.items() if t in named}),
            outputs=self.library.properties(outputs),
            metadata=_notes(agent),
        )

    def tool(self, agent: AgentDef, tier: Tier | None, place: str, lose: Lose) -> Any:
        """A tool that the runtime must have: only its name and its types can be carried."""
        match tier:
            case PythonTier():
                what: JsonObject = {"python": tier.function}
                lose(f"`{tier.function}` is code: the runtime needs a tool `{agent.name}`")
            case CommandTier():
                what = {"command": list(tier.argv)}
                lose(f"its command is code: the runtime needs a tool `{agent.name}`")
            case HumanTier():
                what = {"human": tier.question}
                lose(f"a person answers it: the client needs a tool `{agent.name}`")
            case _:
                what = {}
                lose(f"it is carried as a tool `{agent.name}` that the runtime needs")
        return self.library.make(
            "ClientTool" if isinstance(tier, HumanTier) else "ServerTool",
            place,
            name=agent.name,
            description=agent.description or None,
            inputs=self.library.properties(properties_of(agent.input, lose)),
            outputs=self.library.properties(properties_of(agent.output, lose)),
            metadata={**_notes(agent), KEY: {**_notes(agent).get(KEY, {}), **what}},
        )

    # ---------------------------------------------------------------------------------- models

    def model(self, tier: PromptTier | CloudTier, lose: Lose) -> Any:
        """The configuration of a tier's model; keys are never part of it."""
        key = (tier.model, tier.max_tokens)
        if key not in self.models:
            self.models[key] = self.make_model(tier, lose)
        return self.models[key]

    def make_model(self, tier: PromptTier | CloudTier, lose: Lose) -> Any:
        definition = self.project.models.get(tier.model or "")
        name = tier.model or EMBEDDED
        parts: dict[str, Any] = {
            "name": name,
            "default_generation_parameters": {"max_tokens": tier.max_tokens},
        }
        place = f"models/{name}/{tier.max_tokens}"
        if definition is not None and definition.remote:
            parts |= {"url": definition.base_url, "model_id": definition.model or name}
            self.name_model_losses(name)
            return self.library.make("OpenAiCompatibleConfig", place, **parts)
        weights = definition.weights if definition is not None else None
        self.losses.add(f"models.{name}", "an embedded model is named, but not brought along")
        parts |= {"model_id": weights or name, "api_provider": "llama.cpp"}
        return self.library.make("LlmConfig", place, **parts)

    def name_model_losses(self, name: str) -> None:
        """What a model has that a configuration has not."""
        definition = self.project.models[name]
        lose = self.losses.at(f"models.{name}")
        if definition.api_key_env:
            lose(f"the runtime must know the key (here `{definition.api_key_env}`)")
        if definition.price.input or definition.price.output:
            lose("its price is not carried")


_UNCARRIED = {
    "promise": "the promise",
    "validators": "checks of its answers",
    "resources": "what it needs of the machine",
    "critical": "what may never get worse",
    "tests": "its tests",
    "tools": "names of tools",
    "cost": "its relative cost",
}


def _notes(agent: AgentDef) -> dict[str, Any]:
    """What a second reading by Pantheon takes up again."""
    notes: dict[str, Any] = {"agent": agent.name}
    if agent.version is not None:
        notes["version"] = agent.version
    return {KEY: notes}
