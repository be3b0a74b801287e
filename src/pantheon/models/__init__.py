"""Engines: a local language model in process, any OpenAI-compatible endpoint, text embeddings.

Everything above asks through `ChatModel` and `Embedder` and gets a `ChatReply`, vectors, or a
`ModelFailure` with a typed reason. The scripted and recorded models, the hashing embedder and the
fault-injecting server are public: they are how flows are tested without a network.
"""

from __future__ import annotations

from pantheon.models._minilm import MiniLmEmbedder, embedder
from pantheon.models._model import (
    ChatModel,
    ChatReply,
    ChatRequest,
    Embedder,
    FailureReason,
    Message,
    ModelFailure,
    Role,
    Source,
)

__all__ = [
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "Embedder",
    "FailureReason",
    "Message",
    "MiniLmEmbedder",
    "ModelFailure",
    "Role",
    "Source",
    "embedder",
]
