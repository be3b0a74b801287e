"""From what the user wrote under `models:` to an engine that answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.clock import Clock
from pantheon.errors import UsageError
from pantheon.models._budget import Budget
from pantheon.models._catalogue import check_context, find_weights, longest_context
from pantheon.models._weights import SMOLLM2

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
    NotFound for unknown weights, WeightsFault for added ones that are no longer what they were,
    and UsageError for an address that cannot be used or a context that the weights do not take.
    """
    if definition.engine == "llama.cpp":
        return _embedded(definition, clock=clock, folder=folder or Path(), adapters=adapters)
    from pantheon.models._openai import OpenAIModel

    return OpenAIModel(_endpoint(definition), budget=budget, clock=clock, seed=seed)


def _embedded(
    definition: ModelDef, *, clock: Clock | None, folder: Path, adapters: AdapterSource | None
) -> ChatModel:
    from pantheon.models._llama import DEFAULT_CONTEXT, LlamaModel

    weights = find_weights(definition.weights or SMOLLM2.name, folder=folder)
    longest = longest_context(weights)
    check_context(definition, longest)
    context = definition.context or min(DEFAULT_CONTEXT, longest or DEFAULT_CONTEXT)
    return LlamaModel(
        weights, context=context, threads=definition.threads, clock=clock, adapters=adapters
    )


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
