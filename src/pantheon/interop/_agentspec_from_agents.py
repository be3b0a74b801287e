"""Components that answer → agents, and configurations of models → models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from pantheon.ids import Json, JsonObject
from pantheon.interop._agentspec_agents import EMBEDDED
from pantheon.interop._agentspec_library import inputs_of, outputs_of
from pantheon.interop._agentspec_prompt import question_of, template_of
from pantheon.interop._agentspec_types import contract_of
from pantheon.interop._agentspec_writer import notes_of
from pantheon.interop._losses import Losses
from pantheon.interop._names import Names
from pantheon.interop._short import short_contract

Lose = Callable[[str], None]

OPENAI = "https://api.openai.com/v1"
_MODULE = "tools"
"""The module in which functions are expected that stand in no file."""


@dataclass(slots=True)
class AgentImporter:
    """Makes agents and models; equal ones are made once."""

    losses: Losses
    agents: dict[str, Json] = field(default_factory=dict[str, Json])
    models: dict[str, Json] = field(default_factory=dict[str, Json])
    names: Names = field(default_factory=lambda: Names("agent"))
    model_names: Names = field(default_factory=lambda: Names("model"))
    known_models: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    """Id of a configuration → its name under `models`; None: the embedded model."""

    def add(self, component: Any, name: str) -> str:
        """The name of the agent that answers as a node or an agent does."""
        lose = self.losses.at(f"agents.{name}")
        body = self.body(component, lose)
        notes = notes_of(component) or notes_of(getattr(component, "tool", None))
        wanted = str(notes.get("agent") or name)
        if "version" in notes:
            body["version"] = notes["version"]
        if self.agents.get(wanted) == body:
            return wanted
        taken = self.names.take(wanted, lose)
        self.agents[taken] = body
        return taken

    def body(self, component: Any, lose: Lose) -> JsonObject:
        """The agent's keys."""
        body: JsonObject = {}
        inner = getattr(component, "tool", None) or component
        if component.description or inner.description:
            body["description"] = component.description or inner.description
        body["input"] = short_contract(contract_of(inputs_of(component)))
        body["output"] = short_contract(contract_of(outputs_of(component)))
        body["tiers"] = self.tiers(component, lose)
        return body

    def tiers(self, component: Any, lose: Lose) -> list[Json]:
        """Who answers."""
        kind = type(component).__name__
        if kind == "LlmNode":
            return self.prompted(component.prompt_template, component.llm_config, lose)
        if kind == "Agent":
            self.name_losses(component, lose)
            return self.prompted(component.system_prompt, component.llm_config, lose)
        if kind == "InputMessageNode":
            message = question_of(component.message) if component.message else None
            return [{"human": message} if message else "human"]
        return [self.tool(getattr(component, "tool", None) or component, lose)]

    def name_losses(self, agent: Any, lose: Lose) -> None:
        """What an Agent may do over several rounds."""
        for each in [*agent.tools, *agent.toolboxes]:
            lose(f"its tool `{each.name}` is not carried: an agent here answers at once")
        if agent.human_in_the_loop:
            lose("it may ask its user back; here it answers at once (add a `human` tier)")
        if agent.transforms:
            lose("transforms of its messages are not carried")

    # ------------------------------------------------------------------------------------ tools

    def tool(self, tool: Any, lose: Lose) -> Json:
        """A function that has to be there, a command, or a person."""
        notes = notes_of(tool)
        for code in ("python", "command"):
            if code in notes:
                lose(f"it runs `{notes[code]}`: look at it before you run it")
                return {code: cast("Json", notes[code])}
        if "human" in notes:
            return {"human": cast("Json", notes["human"])} if notes["human"] else "human"
        kind = type(tool).__name__
        if kind == "ClientTool":
            lose(f"the client's tool `{tool.name}` is a question to a person")
            return "human"
        function = f"{_MODULE}:{Names('tool').plain(tool.name).replace('-', '_')}"
        url = f", which calls {tool.url}" if isinstance(getattr(tool, "url", None), str) else ""
        lose(f"the {kind} `{tool.name}`{url} has to be written as the function `{function}`")
        return {"python": function}

    # ----------------------------------------------------------------------------------- models

    def prompted(self, prompt: str, config: Any, lose: Lose) -> list[Json]:
        """A prompt: on the cloud's model behind a specialist, or on the embedded one."""
        model = self.model(config)
        settings: JsonObject = {} if model in (None, "cloud") else {"model": model}
        settings["template"] = template_of(prompt)
        limit = getattr(config.default_generation_parameters, "max_tokens", None)
        if limit not in (None, 512 if model is None else 1024):
            settings["max_tokens"] = limit
        if model is None:
            return [{"prompt": settings}]
        return ["specialist", {"cloud": settings}]

    def model(self, config: Any) -> str | None:
        """The name of a model, made when it is new; None: the embedded one."""
        address = _address(config)
        key = f"{address} {config.model_id} {config.name}"
        if key in self.known_models:
            return self.known_models[key]
        lose = self.losses.at(f"models.{config.name}")
        if config.api_provider == "llama.cpp":
            name = None
            if config.name != EMBEDDED:
                lose(
                    f"`{config.model_id}` is the embedded model; `pantheon models add` names others"
                )
        else:
            name = self.model_names.take(config.name, lose)
            self.models[name] = self.remote(config, address, lose)
        self.known_models[key] = name
        return name

    def remote(self, config: Any, address: str | None, lose: Lose) -> JsonObject:
        """A model behind an endpoint."""
        body: JsonObject = {"engine": "openai"}
        if address is None:
            lose(f"{type(config).__name__} names no OpenAI-compatible endpoint: set `base_url`")
        body |= {"base_url": address or "http://127.0.0.1:8000/v1", "model": config.model_id}
        if address == OPENAI or config.api_key is not None:
            body["api_key_env"] = "OPENAI_API_KEY"
            lose("its key is read from the variable OPENAI_API_KEY")
        given = config.default_generation_parameters
        others: dict[str, Any] = given.model_dump() if given is not None else {}
        left = sorted(key for key in others if key != "max_tokens")
        if left:
            lose(f"parameters are not carried: {', '.join(left)}")
        if config.retry_policy is not None:
            body["max_retries"] = config.retry_policy.max_attempts
        return body


def _address(config: Any) -> str | None:
    """The base URL of a configuration; those without a path get `/v1`."""
    if type(config).__name__ == "OpenAiConfig":
        return config.url or OPENAI
    url = config.url
    if not isinstance(url, str) or type(config).__name__ in ("OciGenAiConfig", "GeminiConfig"):
        return None
    url = url if "://" in url else f"http://{url}"
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v1"
