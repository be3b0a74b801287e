"""The models of a project by name: built when first asked, closed together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pantheon.agents._answer import Reason
from pantheon.models import ChatModel
from pantheon.spec import ModelDef

EMBEDDED = "embedded"
"""Name of the default local model, for prompt tiers that name none."""
_SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a model cannot be asked at all."""

    reason: Reason
    detail: str


class ModelRegistry:
    """Models by name. `overrides` win over definitions: scripted or recorded ones, for example.

    Loading weights takes a second and blocks, so a model is built in a thread, once.
    """

    def __init__(
        self,
        definitions: Mapping[str, ModelDef],
        *,
        build: Callable[[ModelDef], ChatModel],
        overrides: Mapping[str, ChatModel] | None = None,
        exhausted: Callable[[], bool] = lambda: False,
    ) -> None:
        """`exhausted` says whether the money for remote models is spent."""
        self._definitions = {EMBEDDED: ModelDef(EMBEDDED, "llama.cpp"), **definitions}
        self._build = build
        self._models = dict(overrides or {})
        self._exhausted = exhausted
        self._building = asyncio.Lock()

    def problem(self, name: str | None) -> Problem | None:
        """Why the model of that name cannot be asked at all, if so."""
        name = name or EMBEDDED
        if name in self._models and name not in self._definitions:
            return None
        definition = self._definitions.get(name)
        if definition is None:
            detail = f"No model {name!r} is configured; add it under `models`."
            return Problem(Reason.NOT_CONFIGURED, detail)
        return None if name in self._models else self._unreachable(definition)

    def _unreachable(self, definition: ModelDef) -> Problem | None:
        variable = definition.api_key_env
        if definition.remote and variable and not os.environ.get(variable):
            detail = f"The key of model {definition.name!r} is not set; export {variable}."
            return Problem(Reason.NO_KEY, detail)
        if definition.remote and self._exhausted():
            return Problem(Reason.BUDGET, "The budget for remote models is spent.")
        return None

    def remote(self, name: str | None) -> bool:
        """Whether asking the model sends the input off this machine."""
        name = name or EMBEDDED
        definition = self._definitions.get(name)
        if definition is not None and definition.remote:
            return True  # an override stands in for it and must obey the same rule
        model = self._models.get(name)
        return model is not None and model.remote

    def timeout(self, name: str | None) -> float:
        """Seconds that one call may take."""
        definition = self._definitions.get(name or EMBEDDED)
        return definition.timeout if definition else ModelDef("", "openai").timeout

    async def get(self, name: str | None) -> ChatModel:
        """The model, built on first use; for a name without a problem."""
        name = name or EMBEDDED
        async with self._building:
            if name not in self._models:
                self._models[name] = await asyncio.to_thread(self._build, self._definitions[name])
        return self._models[name]

    def redact(self, text: str) -> str:
        """The text without any key of this project's models: others may have echoed it."""
        for definition in self._definitions.values():
            key = os.environ.get(definition.api_key_env or "", "")
            if len(key) >= _SHORTEST_SECRET:
                text = text.replace(key, "[secret]")
        return text

    async def close(self) -> None:
        """Close every model that was built or handed in; may be called twice."""
        for model in self._models.values():
            await model.close()
