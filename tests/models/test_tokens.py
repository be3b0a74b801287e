"""An answer can be watched while it is made, and is the same as when nobody watches."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pantheon.ids import JsonObject
from pantheon.models import (
    CATALOGUE,
    ChatModel,
    ChatReply,
    ChatRequest,
    Endpoint,
    FaultServer,
    LlamaModel,
    Message,
    OpenAIModel,
    RecordedModel,
    ScriptedModel,
    cut,
    ok,
)
from pantheon.models._openai_wire import TokenReader

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"team": {"enum": ["the cards team"]}},
    "required": ["team"],
    "additionalProperties": False,
}
REQUEST = ChatRequest((Message("user", "my card"),), schema=SCHEMA, input={"text": "my card"})
ANSWER: JsonObject = {"team": "the cards team"}


def watch(model: ChatModel, request: ChatRequest = REQUEST) -> tuple[ChatReply, list[str]]:
    """The reply, and the pieces that were told before it."""
    told: list[str] = []
    reply = asyncio.run(model.chat(replace(request, on_token=told.append)))
    return reply, told


@pytest.mark.parametrize(
    "model", [ScriptedModel([ANSWER] * 2), RecordedModel([({"text": "my card"}, ANSWER)])]
)
def test_a_ready_answer_is_told_word_by_word(model: ChatModel) -> None:
    """The pieces make up the text, and the reply is that of an unwatched request."""
    reply, told = watch(model)

    assert "".join(told) == reply.text
    assert len(told) == 4
    assert reply == asyncio.run(model.chat(REQUEST))


def test_an_endpoint_that_is_watched_is_asked_for_a_stream() -> None:
    """Nobody has to configure it; the reply is the same as the whole one."""
    text = '{"team": "the cards team"}'
    with FaultServer([ok(text), ok(text)]) as server:
        model = OpenAIModel(Endpoint(server.base_url, "m"))
        reply, told = watch(model)
        plain = asyncio.run(model.chat(REQUEST))

    assert "".join(told) == reply.text == plain.text
    assert [received.body["stream"] for received in server.requests] == [True, False]
    assert (reply.output, reply.tokens_in, reply.tokens_out) == (
        plain.output,
        plain.tokens_in,
        plain.tokens_out,
    )


def test_a_stream_that_breaks_off_is_told_again_from_its_beginning() -> None:
    """What is watched is a preview: only the reply counts."""
    text = '{"team": "the cards team"}'
    with FaultServer([cut(), ok(text)]) as server:
        reply, told = watch(OpenAIModel(Endpoint(server.base_url, "m")))

    assert reply.output == ANSWER
    assert "".join(told).endswith(text)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_text_is_read_out_of_a_stream_wherever_it_is_cut(size: int) -> None:
    """Bytes come in pieces that know nothing of lines or characters."""
    stream = (
        'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n'
        'data: {"choices": [{"delta": {"content": "grün"}}]}\n\n'
        ": a comment\n\ndata: no json\n\n"
        'data: {"choices": []}\n\ndata: [DONE]\n\n'
    ).encode()
    reader = TokenReader()

    told = [reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)]

    assert "".join(told) == "grün"


@pytest.mark.model
def test_the_embedded_model_tells_on_the_thread_of_the_loop() -> None:
    """Its worker is another thread; who watches need not know."""
    model = LlamaModel(CATALOGUE["smollm2-135m-instruct"], context=512, threads=1)
    loops: list[object] = []

    async def ask() -> ChatReply:
        told: list[str] = []

        def tell(text: str) -> None:
            loops.append(asyncio.get_running_loop())
            told.append(text)

        reply = await model.chat(replace(REQUEST, on_token=tell))
        await model.close()
        assert "".join(told) == reply.text
        return reply

    assert asyncio.run(ask()).output == ANSWER
    assert len(loops) > 1
