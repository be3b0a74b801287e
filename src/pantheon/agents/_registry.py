"""The models of a project by name: built when first asked, closed together."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pantheon.agents._answer import Reason
from pantheon.clock import Clock, SystemClock
from pantheon.models import ChatModel, Circuit, CircuitBreaker, GuardedModel, LimitedModel
from pantheon.spec import ModelDef, ModelLimits

EMBEDDED = "embedded"
"""Name of the default local model, for prompt tiers that name none."""
_SHORTEST_SECRET = 6
_PLACEHOLDER = ModelDef("", "openai")


OnCircuit: TypeAlias = "Callable[[str, Circuit], None]"
"""Told of a model by its name, and of how its endpoint stands now."""


def _always() -> None:
    """A model without a circuit is always ready."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a model cannot be asked at all."""

    reason: Reason
    detail: str


class ModelRegistry:
    """Models by name. `overrides` stand in for definitions: scripted or recorded ones, say."""

    def __init__(
        self,
        definitions: Mapping[str, ModelDef],
        *,
        build: Callable[[ModelDef], ChatModel],
        overrides: Mapping[str, ChatModel] | None = None,
        exhausted: Callable[[], bool] = lambda: False,
        clock: Clock | None = None,
        on_circuit: OnCircuit | None = None,
    ) -> None:
        """`exhausted` says whether the budget that remote models share is spent.

        `on_circuit` is told when the circuit of an endpoint opens or closes.
        """
        self._definitions = {EMBEDDED: ModelDef(EMBEDDED, "llama.cpp"), **definitions}
        self._build = build
        self._exhausted = exhausted
        self._clock = clock or SystemClock()
        self._on_circuit = on_circuit
        self._breakers: dict[tuple[str, str | None], CircuitBreaker] = {}
        self._building = threading.Lock()
        self._overridden = frozenset(overrides or {})
        self._models = {name: self._wrap(name, model) for name, model in (overrides or {}).items()}

    def problem(self, name: str | None) -> Problem | None:
        """Why the model of that name cannot be asked at all right now, if so."""
        name = name or EMBEDDED
        definition = self._definitions.get(name)
        if name in self._overridden:
            return None
        if definition is None:
            detail = f"No model {name!r} is configured; add it under `models`."
            return Problem(Reason.NOT_CONFIGURED, detail)
        return self._out_of_reach(definition) if definition.remote else None

    def _out_of_reach(self, definition: ModelDef) -> Problem | None:
        variable = definition.api_key_env
        if variable and not os.environ.get(variable, "").strip():
            detail = f"The key of model {definition.name!r} is not set: export {variable}."
            return Problem(Reason.NO_KEY, detail)
        if self._exhausted():
            return Problem(Reason.BUDGET, "The budget for remote models is spent.")
        return None

    def remote(self, name: str | None) -> bool:
        """Whether asking the model sends the input off this machine.

        A stand-in for a remote model obeys the rule of what it stands in for.
        """
        name = name or EMBEDDED
        definition, model = self._definitions.get(name), self._models.get(name)
        return (definition is not None and definition.remote) or (
            model is not None and model.remote
        )

    def timeout(self, name: str | None) -> float:
        """Seconds for a whole request, the retries of a remote model included."""
        definition = self._definitions.get(name or EMBEDDED, _PLACEHOLDER)
        calls = 1 + definition.max_retries if definition.remote else 1
        return definition.timeout * calls

    async def get(self, name: str | None) -> ChatModel:
        """The model, built on first use; for a name without a problem.

        Raises what the engine's constructor raises: NotFound (weights), UsageError (address).
        """
        name = name or EMBEDDED
        if name in self._models:
            return self._models[name]
        return await asyncio.to_thread(self._make, name)  # importing an engine takes a while

    def _make(self, name: str) -> ChatModel:
        with self._building:
            if name not in self._models:
                self._models[name] = self._wrap(name, self._build(self._definitions[name]))
            return self._models[name]

    def _wrap(self, name: str, model: ChatModel) -> ChatModel:
        """The model within the limits of its definition, behind the breaker of its endpoint."""
        definition = self._definitions.get(name)
        if definition is None:
            return model
        breaker = self._breaker(definition)
        if breaker is not None:
            model = GuardedModel(model, breaker)
        if definition.limits == ModelLimits():
            return model
        check = breaker.check if breaker else _always
        return LimitedModel(model, definition.limits, clock=self._clock, check=check)

    def _breaker(self, definition: ModelDef) -> CircuitBreaker | None:
        """One for each endpoint, by the rule of the first model that is asked there."""
        if not definition.remote:
            return None
        name = definition.name
        endpoint = (definition.base_url or name, definition.model)
        if endpoint not in self._breakers:
            self._breakers[endpoint] = CircuitBreaker(
                f"The endpoint of model {name!r}",
                definition.breaker,
                clock=self._clock,
                timeout=definition.timeout,
                on_change=lambda circuit: self._on_circuit and self._on_circuit(name, circuit),
            )
        return self._breakers[endpoint]

    @property
    def circuits(self) -> dict[str, Circuit]:
        """How the endpoint of each remote model stands, of those asked so far."""
        found: dict[str, Circuit] = {}
        for name, definition in self._definitions.items():
            breaker = self._breakers.get((definition.base_url or name, definition.model))
            if breaker is not None:
                found[name] = breaker.circuit
        return found

    def redact(self, text: str) -> str:
        """The text without any key of this project's models: a server may have echoed it."""
        for definition in self._definitions.values():
            key = os.environ.get(definition.api_key_env or "", "").strip()
            if len(key) >= _SHORTEST_SECRET:
                text = text.replace(key, "[key]")
        return text

    async def close(self) -> None:
        """Close every model that was built or handed in; may be called twice."""
        for model in list(self._models.values()):
            await model.close()
