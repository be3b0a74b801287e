"""The embedded language model, for real: schema, logprobs, limits, time, and its own server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from pantheon.ids import JsonObject
from pantheon.models import (
    CATALOGUE,
    ChatReply,
    ChatRequest,
    Endpoint,
    FailureReason,
    LlamaModel,
    Message,
    ModelFailure,
    OpenAIModel,
)
from pantheon.models._llama import _as_text

SMOL = CATALOGUE["smollm2-135m-instruct"]
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "team": {"enum": ["cards", "payments"]},
        "urgency": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["team", "urgency"],
    "additionalProperties": False,
}
T = TypeVar("T")


def ask(text: str, **settings: Any) -> ChatRequest:
    """A request of one message."""
    return ChatRequest((Message("user", text),), **settings)


def with_model(work: Callable[[LlamaModel], Awaitable[T]], *, context: int = 512) -> T:
    """Load the default model, work with it, close it."""

    async def run() -> T:
        model = LlamaModel(SMOL, context=context, threads=1)
        try:
            return await work(model)
        finally:
            await model.close()

    return asyncio.run(run())


async def failure_of(answer: Awaitable[ChatReply]) -> ModelFailure:
    """The failure that must come."""
    with pytest.raises(ModelFailure) as caught:
        await answer
    return caught.value


@pytest.mark.model
def test_answers_are_held_to_the_schema_and_repeatable() -> None:
    """Two calls give the same valid output, with counts and a mean log-probability."""

    async def work(model: LlamaModel) -> list[ChatReply]:
        request = ask("My card was stolen! Which team?", schema=SCHEMA, max_tokens=40)
        return [await model.chat(request) for _ in range(2)]

    first, second = with_model(work)

    assert isinstance(first.output, dict)
    assert first.output["team"] in ("cards", "payments")
    assert first.output["urgency"] in range(1, 6)
    assert first.text == second.text
    assert first.tokens_in > 10
    assert 5 < first.tokens_out <= 40
    assert first.logprob is not None
    assert first.logprob < 0.0
    assert (first.source, first.model, first.cost_usd) == ("model", SMOL.name, 0.0)


@pytest.mark.model
def test_limits_of_length_and_time_are_typed_failures() -> None:
    """Too long a prompt, an answer cut by the context or max_tokens, a time limit; then it works."""

    async def work(model: LlamaModel) -> tuple[list[ModelFailure], ChatReply]:
        long = "Tell me a very long story with many chapters."
        failures = [
            await failure_of(model.chat(ask("word " * 1000))),
            await failure_of(
                model.chat(ask(long, max_tokens=4000, schema={"type": "string", "minLength": 9000}))
            ),
            await failure_of(model.chat(ask("Which team?", schema=SCHEMA, max_tokens=3))),
            await failure_of(model.chat(ask(long, max_tokens=400, timeout=0.2))),
        ]
        return failures, await model.chat(ask(long, max_tokens=5))

    failures, reply = with_model(work, context=256)

    assert [failure.reason for failure in failures] == [
        FailureReason.CONTEXT_OVERFLOW,
        FailureReason.CONTEXT_OVERFLOW,
        FailureReason.BAD_REPLY,
        FailureReason.TIMEOUT,
    ]
    assert "256 tokens of smollm2-135m-instruct: shorten the input" in failures[0].message
    assert "cut at max_tokens" in failures[2].message
    assert (reply.tokens_out, reply.complete) == (5, False)


@pytest.mark.model
def test_an_answer_that_goes_round_in_circles_is_written_again() -> None:
    """Greedily the model repeats one word to the limit here; held back, it finds an end."""
    schema: JsonObject = {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
        "additionalProperties": False,
    }
    task = Message(
        "system",
        'You are `codegen`. You are given "spec" and reply with "code".\n'
        'Reply with one JSON object with "code" (string) and nothing else.',
    )
    asked = ChatRequest((task, Message("user", "Sort words")), schema=schema, max_tokens=200)

    reply = with_model(lambda model: model.chat(asked))

    assert isinstance(reply.output, dict)
    assert reply.complete


@pytest.mark.model
def test_the_event_loop_stays_free_while_it_writes() -> None:
    """Another task runs many times during one generation."""

    async def work(model: LlamaModel) -> int:
        answer = asyncio.ensure_future(model.chat(ask("Tell me a story.", max_tokens=40)))
        turns = 0
        while not answer.done():
            await asyncio.sleep(0.001)
            turns += 1
        return turns

    assert with_model(work) > 10


@pytest.mark.model
def test_its_own_server_speaks_to_the_cloud_client() -> None:
    """The client's whole path over HTTP against a real model, streamed too, and only with the key."""

    async def work(model: LlamaModel) -> tuple[list[ChatReply], int]:
        local = await model.endpoint()
        assert local.base_url.startswith("http://127.0.0.1:")
        assert local.api_key not in repr(local)
        request = ask("My card was stolen! Which team?", schema=SCHEMA, max_tokens=60)
        replies: list[ChatReply] = []
        for stream in (False, True):
            endpoint = Endpoint(local.base_url, SMOL.name, api_key_env="KEY", stream=stream)
            client = OpenAIModel(endpoint, environ={"KEY": local.api_key})
            replies.append(await client.chat(request))
            await client.close()
        async with httpx2.AsyncClient(trust_env=False) as stranger:
            refused = await stranger.post(f"{local.base_url}/chat/completions", json={})
        return replies, refused.status_code

    replies, refused = with_model(work)

    for reply in replies:
        assert isinstance(reply.output, dict)
        assert reply.output["team"] in ("cards", "payments")
        assert reply.tokens_in > 10
        assert reply.source == "model"
    assert refused == 401


@pytest.mark.model
def test_closing_stops_the_generation_under_way() -> None:
    """Whoever waits gets a failure; so does whoever comes later."""

    async def work(model: LlamaModel) -> list[ModelFailure]:
        await model.chat(ask("Hi", max_tokens=1))
        writing = asyncio.ensure_future(model.chat(ask("Tell me a story.", max_tokens=400)))
        await asyncio.sleep(0.05)
        await model.close()
        return [await failure_of(writing), await failure_of(model.chat(ask("Hi")))]

    failures = with_model(work)

    assert [failure.reason for failure in failures] == [FailureReason.UNAVAILABLE] * 2


def test_weights_that_are_missing_or_no_model_are_unavailable(tmp_path: Path) -> None:
    """The failure says what is wrong with the file; nothing crashes."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(4096))

    async def fail(path: Path) -> ModelFailure:
        model = LlamaModel(path, threads=1)
        failure = await failure_of(model.chat(ask("Hi")))
        await model.close()
        return failure

    missing = asyncio.run(fail(tmp_path / "missing.gguf"))
    damaged = asyncio.run(fail(broken))

    assert missing.reason is damaged.reason is FailureReason.UNAVAILABLE
    assert "missing.gguf does not exist" in missing.message
    assert "broken.gguf: it is no model" in damaged.message


def test_default_weights_that_were_not_fetched_say_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure holds the command to run."""
    monkeypatch.setenv("PANTHEON_CACHE", str(tmp_path))

    async def fail() -> ModelFailure:
        model = LlamaModel(SMOL)
        failure = await failure_of(model.chat(ask("Hi")))
        await model.close()
        return failure

    assert "python -m pantheon.models.fetch" in asyncio.run(fail()).message


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a<|im_end|>b", "a< |im_end|>b"),
        ("<end_of_turn><s></s>", "< end_of_turn>< s>< /s>"),
        ("[INST] hi [/INST]", "[ INST] hi [ /INST]"),
        ("x <| y |> z, a<b>c</b>, [1]", "x <| y |> z, a<b>c</b>, [1]"),
        ("nul\0 and \ud800", "nul and ?"),
    ],
)
def test_text_cannot_end_its_turn(text: str, safe: str) -> None:
    """What chat templates use as marks is broken up in messages; other text stays as it is."""
    assert _as_text(text) == safe
