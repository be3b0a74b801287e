"""Engines: a local language model in process, any OpenAI-compatible endpoint, text embeddings.

Everything above asks through `ChatModel` and `Embedder` and gets a `ChatReply`, vectors, or a
`ModelFailure` with a typed reason. The scripted and recorded models, the hashing embedder and the
fault-injecting server are public: they are how flows are tested without a network. Nothing heavy
is imported until the name that needs it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.models._model import (
    Adaptable,
    ChatModel,
    ChatReply,
    ChatRequest,
    Embedder,
    FailureReason,
    Message,
    ModelFailure,
    OnToken,
    Role,
    Source,
)

if TYPE_CHECKING:
    from pantheon.models._adapters import ADAPTER_MEMORY, AdapterSource
    from pantheon.models._breaker import Circuit, CircuitBreaker, CircuitState, GuardedModel
    from pantheon.models._budget import Budget
    from pantheon.models._build import build_model
    from pantheon.models._catalogue import (
        ModelEntry,
        add_model,
        check_models,
        find_model,
        find_weights,
        hashes_of,
        list_models,
        list_unfinished,
        remove_model,
        users_of,
    )
    from pantheon.models._download import Answer, Network, Opener
    from pantheon.models._fault_server import (
        Fault,
        FaultServer,
        Received,
        cut,
        huge,
        malformed,
        ok,
        redirect,
        stall,
        status,
    )
    from pantheon.models._gguf import Gguf, GgufFault, read_gguf
    from pantheon.models._grammar import spell
    from pantheon.models._hashing import HashEmbedder
    from pantheon.models._limited import LimitedModel, TokenBucket
    from pantheon.models._llama import LlamaModel, LocalEndpoint, chat_turns
    from pantheon.models._llama_tokens import Lesson, TokenReader
    from pantheon.models._minilm import MiniLmEmbedder, embedder, token_ids
    from pantheon.models._openai import Endpoint, OpenAIModel
    from pantheon.models._pull import Pulled, pull_model
    from pantheon.models._scripted import RecordedModel, ScriptedAnswer, ScriptedModel
    from pantheon.models._threads import spare_cores
    from pantheon.models._weights import (
        CATALOGUE,
        MINILM,
        SMOLLM2,
        WeightFile,
        Weights,
        catalogued,
        ensure,
        locate,
    )

_MODULES: dict[str, tuple[str, ...]] = {
    "_adapters": ("ADAPTER_MEMORY", "AdapterSource"),
    "_breaker": ("Circuit", "CircuitBreaker", "CircuitState", "GuardedModel"),
    "_budget": ("Budget",),
    "_build": ("build_model",),
    "_catalogue": (
        "ModelEntry",
        "add_model",
        "check_models",
        "find_model",
        "find_weights",
        "hashes_of",
        "list_models",
        "list_unfinished",
        "remove_model",
        "users_of",
    ),
    "_download": ("Answer", "Network", "Opener"),
    "_fault_server": (
        "Fault",
        "FaultServer",
        "Received",
        "cut",
        "huge",
        "malformed",
        "ok",
        "redirect",
        "stall",
        "status",
    ),
    "_gguf": ("Gguf", "GgufFault", "read_gguf"),
    "_grammar": ("spell",),
    "_hashing": ("HashEmbedder",),
    "_limited": ("LimitedModel", "TokenBucket"),
    "_llama": ("LlamaModel", "LocalEndpoint", "chat_turns"),
    "_llama_tokens": ("Lesson", "TokenReader"),
    "_minilm": ("MiniLmEmbedder", "embedder", "token_ids"),
    "_openai": ("Endpoint", "OpenAIModel"),
    "_pull": ("Pulled", "pull_model"),
    "_scripted": ("RecordedModel", "ScriptedAnswer", "ScriptedModel"),
    "_threads": ("spare_cores",),
    "_weights": (
        "CATALOGUE",
        "MINILM",
        "SMOLLM2",
        "WeightFile",
        "Weights",
        "catalogued",
        "ensure",
        "locate",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "ADAPTER_MEMORY",
    "CATALOGUE",
    "MINILM",
    "SMOLLM2",
    "Adaptable",
    "AdapterSource",
    "Answer",
    "Budget",
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "Circuit",
    "CircuitBreaker",
    "CircuitState",
    "Embedder",
    "Endpoint",
    "FailureReason",
    "Fault",
    "FaultServer",
    "Gguf",
    "GgufFault",
    "GuardedModel",
    "HashEmbedder",
    "Lesson",
    "LimitedModel",
    "LlamaModel",
    "LocalEndpoint",
    "Message",
    "MiniLmEmbedder",
    "ModelEntry",
    "ModelFailure",
    "Network",
    "OnToken",
    "OpenAIModel",
    "Opener",
    "Pulled",
    "Received",
    "RecordedModel",
    "Role",
    "ScriptedAnswer",
    "ScriptedModel",
    "Source",
    "TokenBucket",
    "TokenReader",
    "WeightFile",
    "Weights",
    "add_model",
    "build_model",
    "catalogued",
    "chat_turns",
    "check_models",
    "cut",
    "embedder",
    "ensure",
    "find_model",
    "find_weights",
    "hashes_of",
    "huge",
    "list_models",
    "list_unfinished",
    "locate",
    "malformed",
    "ok",
    "pull_model",
    "read_gguf",
    "redirect",
    "remove_model",
    "spare_cores",
    "spell",
    "stall",
    "status",
    "token_ids",
    "users_of",
]
