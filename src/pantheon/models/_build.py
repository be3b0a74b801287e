"""From what the user wrote under `models:` to an engine that answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.clock import Clock
from pantheon.errors import UsageError
from pantheon.models._budget import Budget
from pantheon.models._weights import CATALOGUE, SMOLLM2, Weights, catalogued

if TYPE_CHECKING:
    from pantheon.models._adapters import AdapterSource
    from pantheon.models._model import ChatModel
    from pantheon.models._openai import Endpoint
    from pantheon.spec import ModelDef


def build_model(
    definition: ModelDef,
    *,
    budget: Budget | None = None,
    clock: Clock | None = None,
    seed: int = 0,
    folder: Path | None = None,
    adapters: AdapterSource | None = None,
) -> ChatModel:
    """The engine of a definition; nothing is loaded or connected before the first request.

    `budget` caps what a remote model may cost; `seed` is of the jitter between retries; `folder`
    is where a relative path to weights starts, by default the current directory; `adapters` brings
    the LoRA adapters that requests to an embedded model name. Raises
    NotFound for unknown weights and UsageError for an address that cannot be used.
    """
    if definition.engine == "llama.cpp":
        from pantheon.models._llama import LlamaModel

        weights = find_weights(definition.weights or SMOLLM2.name, folder=folder or Path())
        return LlamaModel(weights, threads=definition.threads, clock=clock, adapters=adapters)
    from pantheon.models._openai import OpenAIModel

    return OpenAIModel(_endpoint(definition), budget=budget, clock=clock, seed=seed)


def find_weights(name: str, *, folder: Path) -> Weights | Path:
    """Default weights by name, or a GGUF file by its path from `folder`."""
    if name in CATALOGUE or not name.lower().endswith(".gguf"):
        return catalogued(name)
    return folder / Path(name).expanduser()


def _endpoint(definition: ModelDef) -> Endpoint:
    from pantheon.models._openai import Endpoint

    if not definition.base_url or not definition.model:
        raise UsageError(
            f"The model {definition.name!r} needs a base_url and a model.",
            hint='Write {engine: openai, base_url: "https://…/v1", model: NAME}.',
        )
    return Endpoint(
        base_url=definition.base_url,
        model=definition.model,
        api_key_env=definition.api_key_env or "",
        price_input=definition.price.input,
        price_output=definition.price.output,
        timeout=definition.timeout,
        max_retries=definition.max_retries,
    )
