"""Adapters on the embedded model: chosen per request, added while it answers, never mixed up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from pantheon.errors import NotFound
from pantheon.ids import ContentHash, hash_bytes
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
from tests.models.tiny_adapters import WIDTH, random_adapter, write_adapter

SMOL = CATALOGUE["smollm2-135m-instruct"]
SIZE = len(random_adapter(0)[1])
FIRST, SECOND, THIRD = (random_adapter(seed) for seed in range(3))
T = TypeVar("T")


def ask(adapter: ContentHash | None, text: str = "Tell me of the sea.") -> ChatRequest:
    """A short request."""
    return ChatRequest((Message("user", text),), max_tokens=8, adapter=adapter)


def with_model(work: Callable[[LlamaModel], Awaitable[T]], model: LlamaModel | None = None) -> T:
    """Load the default model, work with it, close it."""

    async def run() -> T:
        used = model or LlamaModel(SMOL, context=512, threads=1)
        try:
            return await work(used)
        finally:
            await used.close()

    return asyncio.run(run())


async def failure_of(answer: Awaitable[object]) -> ModelFailure:
    """The failure that must come."""
    with pytest.raises(ModelFailure) as caught:
        await answer
    return caught.value


def near(one: ChatReply, other: ChatReply) -> bool:
    """The same answer: what was kept of the prompt may change the last digits."""
    assert one.logprob is not None
    assert other.logprob is not None
    return one.text == other.text and abs(one.logprob - other.logprob) < 0.1


@pytest.mark.slow
@pytest.mark.model
def test_each_request_is_answered_with_its_adapter() -> None:
    """Mixed and repeated, more adapters than slots: everyone answers as when alone."""
    adapters = [random_adapter(seed) for seed in range(6)]

    async def work(model: LlamaModel) -> tuple[list[ChatReply], list[ChatReply]]:
        await asyncio.gather(*(model.add_adapter(*adapter) for adapter in adapters))
        names = [None, *(name for name, _ in adapters)]
        alone = [await model.chat(ask(name)) for name in names]
        mixed = await asyncio.gather(*(model.chat(ask(name)) for name in names * 2))
        return alone, mixed

    alone, mixed = with_model(work)

    assert len({(reply.text, reply.logprob) for reply in alone}) == 7
    assert all(near(one, other) for one, other in zip(alone * 2, mixed, strict=True))


@pytest.mark.model
def test_an_adapter_is_added_while_others_are_answered() -> None:
    """Requests to the old server end well; the new adapter answers; nothing waits for a restart."""

    async def work(model: LlamaModel) -> tuple[list[ChatReply], ChatReply, ChatReply]:
        await model.add_adapter(*FIRST)
        before = await model.chat(ask(FIRST[0]))
        writing = [asyncio.ensure_future(model.chat(ask(FIRST[0]))) for _ in range(4)]
        await model.add_adapter(*SECOND)
        new = await model.chat(ask(SECOND[0]))
        return [before, *await asyncio.gather(*writing)], new, await model.chat(ask(FIRST[0]))

    old, new, after = with_model(work)

    assert all(near(old[0], reply) for reply in old[1:])
    assert not near(old[0], new)
    assert near(old[0], after)


@pytest.mark.slow
@pytest.mark.model
def test_who_was_not_asked_for_longest_makes_room() -> None:
    """With room for two, the third drives out the first, which is fetched again when asked for."""
    fetched: list[ContentHash] = []
    shop = dict((FIRST, SECOND, THIRD))

    def fetch(name: ContentHash) -> bytes:
        fetched.append(name)
        return shop[name]

    async def work(model: LlamaModel) -> list[ChatReply]:
        asked = (FIRST, SECOND, FIRST, THIRD, FIRST, SECOND)
        return [await model.chat(ask(name)) for name, _ in asked]

    model = LlamaModel(
        SMOL, context=512, threads=1, adapters=fetch, adapter_memory=2 * SIZE + SIZE // 2
    )
    replies = with_model(work, model)

    assert fetched == [FIRST[0], SECOND[0], THIRD[0], SECOND[0]]
    assert near(replies[1], replies[5])


@pytest.mark.model
def test_adapters_that_do_not_fit_are_refused_and_harm_nobody() -> None:
    """Of another shape, another kind of model, cut short or not of that hash: typed, then it works."""
    wide = {"blk.0.attn_q.weight.lora_a": np.ones((1, 9))}
    wide |= {"blk.0.attn_q.weight.lora_b": np.ones((WIDTH, 1))}
    bad = [write_adapter(wide), write_adapter({}, architecture="qwen2"), FIRST[1][:2000], b"GGUF"]

    async def work(model: LlamaModel) -> tuple[list[ModelFailure], ChatReply]:
        adding = [model.add_adapter(hash_bytes(data), data) for data in bad]
        adding += [model.add_adapter(FIRST[0], SECOND[1])]
        adding += [model.add_adapter(ContentHash("../../etc"), SECOND[1])]
        failures = await asyncio.gather(*(failure_of(one) for one in adding))
        await model.add_adapter(*FIRST)
        return failures, await model.chat(ask(FIRST[0]))

    failures, reply = with_model(work)

    assert {failure.reason for failure in failures} == {FailureReason.REFUSED}
    assert reply.tokens_out > 0


@pytest.mark.model
def test_an_adapter_of_broken_numbers_is_a_failure() -> None:
    """What is not a number has no probability: no answer is taken from it."""
    tensors = {"blk.0.ffn_down.weight.lora_a": np.full((1, 1536), np.nan)}
    tensors |= {"blk.0.ffn_down.weight.lora_b": np.ones((WIDTH, 1))}
    data = write_adapter(tensors)

    async def work(model: LlamaModel) -> ModelFailure:
        await model.add_adapter(hash_bytes(data), data)
        return await failure_of(model.chat(ask(hash_bytes(data))))

    assert with_model(work).reason is FailureReason.REFUSED


def test_an_unknown_adapter_is_unavailable_before_anything_is_loaded(tmp_path: Path) -> None:
    """Whether nobody brings adapters, or who does does not know it."""

    def fetch(name: ContentHash) -> bytes:
        raise NotFound(f"There is no blob {name}.", hint="Restore a backup.")

    async def work(model: LlamaModel) -> ModelFailure:
        return await failure_of(model.chat(ask(ContentHash("b2:" + "0" * 32))))

    nobody = with_model(work, LlamaModel(tmp_path / "no.gguf"))
    unknown = with_model(work, LlamaModel(tmp_path / "no.gguf", adapters=fetch))

    assert nobody.reason is unknown.reason is FailureReason.UNAVAILABLE
    assert "was not added" in nobody.message
    assert "There is no blob b2:000" in unknown.message


def test_a_model_over_the_network_takes_no_adapters() -> None:
    """Refused before anything is sent: an answer without it would be another's."""
    model = OpenAIModel(Endpoint("http://127.0.0.1:9/v1", "m"), environ={})

    assert asyncio.run(failure_of(model.chat(ask(FIRST[0])))).reason is FailureReason.REFUSED
