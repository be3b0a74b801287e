"""Language models in this process: llama.cpp, loaded when first asked.

One worker thread owns the engine and answers in turn. Generation is in a thread of its own, so
the event loop stays free; a request that is cancelled or out of time stops at its next token.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pantheon.clock import Clock, SystemClock
from pantheon.errors import WeightsFault
from pantheon.ids import ContentHash, JsonObject
from pantheon.models._adapters import ADAPTER_MEMORY, Adapters, AdapterSource
from pantheon.models._grammar import json_grammar
from pantheon.models._llama_chunks import Generated, collect, text_of
from pantheon.models._model import (
    ChatReply,
    ChatRequest,
    FailureReason,
    Message,
    ModelFailure,
    OnToken,
)
from pantheon.models._native import LlamaOptions, LlamaServer, start_llama
from pantheon.models._structured import read_answer
from pantheon.models._threads import spare_cores
from pantheon.models._turns import Turns
from pantheon.models._weights import Weights, locate

DEFAULT_CONTEXT = 4096
"""Tokens of prompt and answer together; the cache for SmolLM2-135M then takes 94 MB."""

_AGAINST_LOOPS: JsonObject = {"repeat_penalty": 1.1, "repeat_last_n": 64}

# Spellings that chat templates use for turns; in a message they are text, not turns.
_TURN_MARKS = re.compile(r"<(\|[^|<>\s]{1,40}\|>|(?:start|end)_of_turn>|/?s>)|\[(/?INST\])")


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """An OpenAI-compatible server of this process, on loopback."""

    base_url: str
    """Up to and with `/v1`."""
    api_key: str = field(repr=False)


class LlamaModel:
    """A GGUF model in this process. Answers to a schema are constrained to it token by token."""

    kind = "llama.cpp"
    remote = False

    def __init__(
        self,
        weights: Weights | Path,
        *,
        context: int = DEFAULT_CONTEXT,
        threads: int | None = None,
        clock: Clock | None = None,
        adapters: AdapterSource | None = None,
        adapter_memory: int = ADAPTER_MEMORY,
    ) -> None:
        """`weights`: from the catalogue or a GGUF file; `threads`: default all cores but one.

        `adapters` brings the bytes of an adapter that a request names; `adapter_memory`: bytes of
        adapters that stay loaded.
        """
        self.name = weights.stem if isinstance(weights, Path) else weights.name
        self._weights = weights
        self._context = context
        self._threads = threads or spare_cores()
        self._clock = clock or SystemClock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"llama-{self.name}")
        self._turns = Turns(self._worker)
        self._api_key = secrets.token_urlsafe(24)
        self._server: LlamaServer | None = None
        self._adapters = Adapters(self.name, self._start, source=adapters, memory=adapter_memory)
        self._closed = threading.Event()

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer in turn; ModelFailure when it cannot be loaded, is too long, or out of time."""
        started = self._clock.elapsed()
        abandoned = threading.Event()
        try:
            async with asyncio.timeout(request.timeout):
                generated = await self._write(request, abandoned)
        except TimeoutError:
            raise ModelFailure(
                FailureReason.TIMEOUT,
                f"{self.name} did not finish within {request.timeout:g} s.",
                retryable=True,
            ) from None
        finally:
            abandoned.set()
        return self._reply(request, generated, latency=self._clock.elapsed() - started)

    async def add_adapter(self, name: ContentHash, data: bytes) -> None:
        """Load a GGUF adapter beside what is being answered; ModelFailure if it does not fit."""
        if self._closed.is_set():
            raise self._gone()
        self._adapters.shelve(name, data)
        async with self._adapters.ready(name):
            return

    async def endpoint(self) -> LocalEndpoint:
        """Where this model's own HTTP server listens; loads the model if need be."""
        loop = asyncio.get_running_loop()
        server = await loop.run_in_executor(self._worker, self._load)
        return LocalEndpoint(f"{server.listening_address}/v1", self._api_key)

    async def close(self) -> None:
        """Stop after the token under way and free the memory."""
        self._closed.set()
        await asyncio.to_thread(self._worker.shutdown, wait=True, cancel_futures=True)
        self._turns.fail_all(self._gone())
        await asyncio.to_thread(self._adapters.close)
        self._server = None

    async def _write(self, request: ChatRequest, abandoned: threading.Event) -> Generated:
        """Once more, held back from repeating itself, if a constrained answer found no end.

        Small models go round in circles inside a text; the rest of what they write suffers from
        being held back (copies, lists), so this is not done at first.
        """
        if request.adapter is None:
            return await self._write_twice(request, abandoned)
        if self._closed.is_set():
            raise self._gone()
        async with self._adapters.ready(request.adapter):
            return await self._write_twice(request, abandoned)

    async def _write_twice(self, request: ChatRequest, abandoned: threading.Event) -> Generated:
        made = await self._in_worker(request, {}, abandoned)
        filled = made.tokens_in + made.tokens_out >= self._context
        if request.schema is None or not made.cut or filled:
            return made
        return await self._in_worker(request, _AGAINST_LOOPS, abandoned)

    async def _in_worker(
        self, request: ChatRequest, settings: JsonObject, abandoned: threading.Event
    ) -> Generated:
        if self._closed.is_set():
            raise self._gone()
        heard = request.on_token and _on_loop(asyncio.get_running_loop(), request.on_token)
        body = _request_body(request) | settings

        def work() -> Generated:
            return self._generate(request.adapter, body, abandoned, heard)

        return await asyncio.wrap_future(self._turns.submit(request.adapter or "", work))

    def _generate(
        self,
        adapter: ContentHash | None,
        body: JsonObject,
        abandoned: threading.Event,
        on_token: OnToken | None,
    ) -> Generated:
        """Runs in the worker."""
        chunks: list[JsonObject] = []

        def take(chunk: JsonObject) -> bool:
            chunks.append(chunk)
            stop = abandoned.is_set() or self._closed.is_set()
            if on_token is not None and not stop and (text := text_of(chunk)):
                on_token(text)
            return stop

        if abandoned.is_set():
            return Generated()
        server, choice = self._choose(adapter)
        try:
            server.handle_chat_completions(body | choice, take)
            return collect(chunks)
        except (RuntimeError, ValueError) as error:
            raise _unusable(self.name, str(error)) from error

    def _choose(self, adapter: ContentHash | None) -> tuple[LlamaServer, JsonObject]:
        """The server for a request, and what it must be told besides."""
        if adapter is None:
            return self._load(), {}
        live = self._adapters.live
        if live is None or adapter not in live.numbers:
            raise self._gone()
        return live.server, live.choose(adapter)

    def _load(self) -> LlamaServer:
        if self._server is None:
            self._server = self._start(())
        return self._server

    def _start(self, adapters: Sequence[Path]) -> LlamaServer:
        try:
            return start_llama(self._options(tuple(adapters)))
        except WeightsFault as fault:
            raise ModelFailure(
                FailureReason.UNAVAILABLE, f"{fault.message} {fault.hint}"
            ) from fault
        except RuntimeError as error:
            beside = f" with {len(adapters)} adapters" if adapters else ""
            raise ModelFailure(
                FailureReason.UNAVAILABLE,
                f"llama.cpp cannot load {self._weights}{beside}: it is no model, or there is too "
                "little memory.",
            ) from error

    def _options(self, adapters: tuple[Path, ...]) -> LlamaOptions:
        path = self._path()
        return LlamaOptions(path, self._context, self._threads, self._api_key, adapters)

    def _path(self) -> Path:
        if isinstance(self._weights, Weights):
            return locate(self._weights) / self._weights.files[0].name
        if not self._weights.is_file():
            raise WeightsFault(
                f"The weights file {self._weights} does not exist.",
                hint="Give the path of a .gguf file, or the name of default weights.",
            )
        return self._weights

    def _reply(self, request: ChatRequest, made: Generated, *, latency: float) -> ChatReply:
        self._check(request, made)
        reading = read_answer(made.text, request.schema) if request.schema is not None else None
        if reading and reading.problems:
            cut = "; it was cut at max_tokens" if made.cut else ""
            raise ModelFailure(
                FailureReason.BAD_REPLY,
                f"The answer of {self.name} does not fit the schema{cut}: {reading.problems[0]}.",
            )
        return ChatReply(
            text=made.text,
            output=reading.output if reading else None,
            tokens_in=made.tokens_in,
            tokens_out=made.tokens_out,
            cost_usd=0.0,
            latency=latency,
            model=self.name,
            source="model",
            logprob=made.logprob,
            complete=not made.cut,
            logprobs=made.logprobs,
        )

    def _check(self, request: ChatRequest, made: Generated) -> None:
        if made.overflow or (made.cut and made.tokens_in + made.tokens_out >= self._context):
            raise ModelFailure(
                FailureReason.CONTEXT_OVERFLOW,
                f"{made.tokens_in} tokens of prompt and up to {request.max_tokens} of answer do "
                f"not fit the {self._context} tokens of {self.name}: shorten the input, ask for "
                "fewer tokens, or use a model with a longer context.",
            )
        if made.error:
            raise _unusable(self.name, made.error)
        if not made.finished:
            raise ModelFailure(FailureReason.UNAVAILABLE, f"{self.name} was closed meanwhile.")

    def _gone(self) -> ModelFailure:
        return ModelFailure(FailureReason.UNAVAILABLE, f"{self.name} has been closed.")


def _on_loop(loop: asyncio.AbstractEventLoop, on_token: OnToken) -> OnToken:
    """What the worker may call: it tells the loop's thread, in order."""

    def tell(text: str) -> None:
        loop.call_soon_threadsafe(on_token, text)

    return tell


def _request_body(request: ChatRequest) -> JsonObject:
    body: JsonObject = {
        "messages": list(chat_turns(request.messages)),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "logprobs": True,
        "top_logprobs": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.schema is not None:
        body["grammar"] = json_grammar(request.schema)
    return body


def chat_turns(messages: Sequence[Message]) -> list[JsonObject]:
    """The turns as the model's chat template gets them: what a model is trained on, too."""
    return [{"role": message.role, "content": _as_text(message.content)} for message in messages]


def _as_text(content: str) -> str:
    """Break what the engine would take for the end of a turn: data cannot change roles."""
    tame = content.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return _TURN_MARKS.sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", tame)


def _unusable(name: str, reason: str) -> ModelFailure:
    return ModelFailure(
        FailureReason.REFUSED, f"{name} cannot take this request: {reason.strip()[:500]}"
    )
