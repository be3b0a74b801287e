"""The words every engine speaks: a chat request, its reply, why it failed, an embedder.

Engines are interchangeable behind `ChatModel`; whoever asks never learns which one answered,
except by what the reply says of itself (`source`, `model`, cost).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from pantheon.ids import ContentHash, Json, JsonObject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Role: TypeAlias = Literal["system", "user", "assistant"]
Source: TypeAlias = Literal["model", "scripted", "recorded"]
OnToken: TypeAlias = Callable[[str], None]
"""Called on the event loop with every piece of an answer's text as it is made."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of a model."""

    messages: tuple[Message, ...]
    schema: JsonObject | None = None
    """JSON Schema the reply must satisfy; None asks for free text."""
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    timeout: float = 60.0
    """Seconds for the whole call, retries and waits included."""
    idempotency_key: str = ""
    """Sent along so that a server can recognise a repeated call; empty sends none."""
    input: JsonObject | None = None
    """The agent's input that the messages were made from; never sent. `RecordedModel` looks the
    recorded answer up by its `hash_json`."""
    adapter: ContentHash | None = None
    """The LoRA adapter to answer with, by the hash of its bytes; only the embedded engine has any."""
    on_token: OnToken | None = field(default=None, compare=False, repr=False)
    """Who wants to see the answer while it is made. A preview: a call that has to be repeated begins
    anew, and only the reply counts."""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a model answered, and what it took."""

    text: str
    output: Json
    """The parsed and validated answer when the request had a schema, else None."""
    tokens_in: int
    tokens_out: int
    cost_usd: float
    latency: float
    """Seconds from the call to the reply, retries and waits included."""
    model: str
    source: Source
    logprob: float | None
    """Mean natural-log probability of the answer's tokens, when the engine tells it."""
    attempts: int = 1
    """Calls it took, retries and repairs included."""
    complete: bool = True
    """False when free text was cut at `max_tokens`; a cut answer to a schema is a failure."""
    logprobs: tuple[float, ...] = ()
    """Natural-log probability of each token of the answer; empty where the engine tells none."""


class FailureReason(StrEnum):
    """Every way in which a model can fail to answer."""

    NO_KEY = "no_key"
    BUDGET = "budget"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    CUT_STREAM = "cut_stream"
    BAD_REPLY = "bad_reply"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONTEXT_OVERFLOW = "context_overflow"
    PRIVACY = "privacy"
    UNAVAILABLE = "unavailable"
    CIRCUIT_OPEN = "circuit_open"
    """The endpoint failed again and again, and is left alone for a while: nothing was sent."""


class ModelFailure(Exception):
    """A model did not answer. The caller turns it into an abstention with this reason.

    `retryable` says whether the same call may succeed later, `retry_after` in how many seconds if
    the server told; `status` is the HTTP status, if any; `cost_usd` is what the call cost anyway.
    """

    def __init__(
        self,
        reason: FailureReason,
        message: str,
        *,
        retryable: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        cost_usd: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after
        self.cost_usd = cost_usd

    def __repr__(self) -> str:
        return f"ModelFailure({self.reason.value!r}, {self.message!r})"


class ChatModel(Protocol):
    """An engine that answers chat requests."""

    @property
    def name(self) -> str:
        """What the reply's `model` says, e.g. `smollm2-135m-instruct`."""
        ...

    @property
    def kind(self) -> str:
        """The engine: `llama.cpp`, `openai`, `scripted` or `recorded`."""
        ...

    @property
    def remote(self) -> bool:
        """Whether a request leaves this machine's own process and disk."""
        ...

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer, or raise `ModelFailure`."""
        ...

    async def close(self) -> None:
        """Give back sockets, threads and memory; may be called twice."""
        ...


@runtime_checkable
class Adaptable(Protocol):
    """A model that can be handed a LoRA adapter."""

    async def add_adapter(self, name: ContentHash, data: bytes) -> None:
        """Load it beside what is being answered; ModelFailure if it does not fit."""
        ...


class Embedder(Protocol):
    """A function from texts to unit vectors."""

    @property
    def id(self) -> str:
        """Names the vectors' space: vectors of different ids must never be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension), rows of length 1 (a text without content: zeros)."""
        ...
