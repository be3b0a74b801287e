"""Scripted and recorded models: they answer as told, and never pass for a model."""

from __future__ import annotations

import asyncio

import pytest

from pantheon.ids import JsonObject
from pantheon.models import (
    ChatReply,
    ChatRequest,
    FailureReason,
    Message,
    ModelFailure,
    RecordedModel,
    ScriptedModel,
)

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"team": {"enum": ["cards"]}},
    "required": ["team"],
}
REQUEST = ChatRequest((Message("user", "my card"),), schema=SCHEMA, input={"text": "my card"})


def test_a_script_answers_in_order_and_keeps_what_was_asked() -> None:
    """Values become text and output; the reply says it is scripted."""
    model = ScriptedModel([{"team": "cards"}, "plain"], cost_usd=0.5)
    free = ChatRequest((Message("user", "hello there"),))

    first = asyncio.run(model.chat(REQUEST))
    second = asyncio.run(model.chat(free))

    assert (first.output, first.source, first.cost_usd) == ({"team": "cards"}, "scripted", 0.5)
    assert (second.text, second.output, second.tokens_in) == ("plain", None, 2)
    assert model.requests == [REQUEST, free]


def test_a_script_that_is_used_up_is_unavailable() -> None:
    """Asking more often than the script is long fails with the two numbers."""
    model = ScriptedModel([])

    with pytest.raises(ModelFailure, match="has 0 answers and was asked 1 times") as caught:
        asyncio.run(model.chat(REQUEST))

    assert caught.value.reason is FailureReason.UNAVAILABLE


def test_a_function_may_answer_from_the_request() -> None:
    """The script can be a function."""
    model = ScriptedModel(lambda request: request.messages[0].content.upper())

    reply = asyncio.run(model.chat(ChatRequest((Message("user", "hi"),))))

    assert reply.text == "HI"


def test_failures_and_whole_replies_come_through_unchanged() -> None:
    """A scripted failure is raised; a scripted reply is given as it is."""
    failure = ModelFailure(FailureReason.TIMEOUT, "too slow", retryable=True)
    whole = ChatReply("t", None, 1, 2, 0.0, 0.1, "m", "scripted", -0.5)
    model = ScriptedModel([failure, whole])

    with pytest.raises(ModelFailure) as caught:
        asyncio.run(model.chat(REQUEST))

    assert caught.value is failure
    assert asyncio.run(model.chat(REQUEST)) is whole


def test_a_scripted_answer_is_held_to_the_schema() -> None:
    """As with a real model, a wrong answer is no answer."""
    model = ScriptedModel([{"team": "pirates"}])

    with pytest.raises(ModelFailure) as caught:
        asyncio.run(model.chat(REQUEST))

    assert caught.value.reason is FailureReason.BAD_REPLY


def test_a_recording_answers_the_same_input_only() -> None:
    """Found by the agent's input, whatever the prompt around it; unknown input is unavailable."""
    model = RecordedModel([({"text": "my card"}, {"team": "cards"})])
    unknown = ChatRequest(REQUEST.messages, schema=SCHEMA, input={"text": "another"})

    reply = asyncio.run(model.chat(REQUEST))
    with pytest.raises(ModelFailure) as caught:
        asyncio.run(model.chat(unknown))

    assert (reply.output, reply.source) == ({"team": "cards"}, "recorded")
    assert caught.value.reason is FailureReason.UNAVAILABLE


def test_a_recording_without_an_input_goes_by_the_last_message() -> None:
    """Text recorded for a prompt is found by that prompt; the last recording of it counts."""
    model = RecordedModel([("ping", "old"), ("ping", "pong")])

    reply = asyncio.run(model.chat(ChatRequest((Message("system", "x"), Message("user", "ping")))))

    assert reply.text == "pong"


def test_a_recording_may_change_its_mind() -> None:
    """What is recorded later counts from then on, and not before."""
    model = RecordedModel([("ping", "old")])
    asked = ChatRequest((Message("user", "ping"),))

    before = asyncio.run(model.chat(asked))
    model.record("ping", "new")
    after = asyncio.run(model.chat(asked))

    assert (before.text, after.text, after.source) == ("old", "new", "recorded")


def test_closing_is_remembered_and_may_be_repeated() -> None:
    """Tests can see that a model was given back."""
    model = ScriptedModel([])

    asyncio.run(model.close())
    asyncio.run(model.close())

    assert model.closed
