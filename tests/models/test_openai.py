"""The client of OpenAI-compatible endpoints, over real sockets against a server that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from pantheon.clock import FakeClock, SystemClock
from pantheon.errors import UsageError
from pantheon.ids import JsonObject
from pantheon.models import (
    Budget,
    ChatReply,
    ChatRequest,
    Endpoint,
    FailureReason,
    Fault,
    FaultServer,
    Message,
    ModelFailure,
    OpenAIModel,
    cut,
    huge,
    malformed,
    ok,
    redirect,
    stall,
    status,
)

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"team": {"enum": ["cards", "payments"]}},
    "required": ["team"],
    "additionalProperties": False,
}
KEY = "sk-very-secret-1234"


def ask(text: str = "Which team?", **settings: Any) -> ChatRequest:
    """A request of one message."""
    return ChatRequest((Message("user", text),), **settings)


class Conversation:
    """A fault server and a client of it, on a clock that only moves when someone sleeps."""

    def __init__(self, script: Sequence[Fault], **settings: Any) -> None:
        self.clock = FakeClock()
        self.budget: Budget = settings.pop("budget", Budget())
        self.environ = settings.pop("environ", {"CLOUD": KEY})
        self.settings: dict[str, Any] = {
            "api_key_env": "CLOUD",
            "price_input": 1.0,
            "price_output": 2.0,
        }
        self.settings |= settings
        self.server = FaultServer(script)

    def ask(self, *requests: ChatRequest) -> ChatReply:
        """Ask each in turn; the last reply."""
        with self.server:
            return asyncio.run(self._ask(requests))

    def fail(self, *requests: ChatRequest) -> ModelFailure:
        """Ask, and return the failure that must come."""
        with pytest.raises(ModelFailure) as caught:
            self.ask(*requests)
        return caught.value

    async def _ask(self, requests: Sequence[ChatRequest]) -> ChatReply:
        endpoint = Endpoint(base_url=self.server.base_url, model="big", **self.settings)
        model = OpenAIModel(endpoint, budget=self.budget, clock=self.clock, environ=self.environ)
        try:
            replies = [await model.chat(request) for request in requests]
        finally:
            await model.close()
        return replies[-1]


@pytest.mark.parametrize("stream", [False, True])
def test_a_plain_answer_is_counted_and_priced(stream: bool) -> None:
    """Text, tokens and cost come from the server's own usage, whole or streamed."""
    talk = Conversation([ok("the cards  team")], stream=stream)

    reply = talk.ask(ask(idempotency_key="node-7"))

    assert reply.text == "the cards  team"
    assert (reply.tokens_in, reply.tokens_out, reply.attempts) == (10, 5, 1)
    assert reply.cost_usd == pytest.approx((10 * 1.0 + 5 * 2.0) / 1e6)
    assert talk.budget.spent == pytest.approx(reply.cost_usd)
    received = talk.server.requests[0]
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["idempotency-key"] == "node-7"
    assert received.body["messages"] == [{"role": "user", "content": "Which team?"}]


def test_a_schema_is_sent_and_the_answer_validated() -> None:
    """The endpoint gets `response_format`; the reply carries the parsed output."""
    talk = Conversation([ok('{"team": "cards"}')])

    reply = talk.ask(ask(schema=SCHEMA))

    assert reply.output == {"team": "cards"}
    sent: Any = talk.server.requests[0].body["response_format"]
    assert sent["json_schema"]["schema"] == SCHEMA


def test_waits_as_long_as_the_server_asks() -> None:
    """Retry-After in seconds is honoured through the clock."""
    talk = Conversation([status(429, retry_after="7"), ok()])
    before = talk.clock.now()

    reply = talk.ask(ask())

    assert talk.clock.now() - before == pytest.approx(7.0)
    assert reply.attempts == 2


def test_a_retry_after_date_is_a_wait_until_then() -> None:
    """An HTTP date is counted from the clock's now."""
    talk = Conversation([status(429, retry_after="Tue, 14 Nov 2023 22:13:30 GMT"), ok()])

    talk.ask(ask())

    assert talk.clock.now() == pytest.approx(1_700_000_010.0)


def test_backs_off_exponentially_with_the_same_jitter_for_a_seed() -> None:
    """Three failures wait three growing times, within half and whole of 0.5, 1 and 2 seconds."""
    waited: list[float] = []
    for _ in range(2):
        talk = Conversation([status(500), status(503), status(502), ok()])
        before = talk.clock.now()
        assert talk.ask(ask()).attempts == 4
        waited.append(talk.clock.now() - before)

    assert 1.75 <= waited[0] <= 3.5
    assert waited[0] == waited[1]


def test_does_not_wait_beyond_the_time_limit() -> None:
    """A server that asks for more patience than there is time fails at once, and says when."""
    talk = Conversation([status(429, retry_after="3600"), ok()])

    failure = talk.fail(ask(timeout=30))

    assert failure.reason is FailureReason.RATE_LIMITED
    assert (failure.retryable, failure.retry_after, failure.status) == (True, 3600.0, 429)
    assert len(talk.server.requests) == 1


def test_gives_up_after_the_agreed_number_of_retries() -> None:
    """`max_retries` more calls, then the last failure."""
    talk = Conversation([status(500)] * 9, max_retries=2)

    failure = talk.fail(ask())

    assert (failure.reason, failure.status) == (FailureReason.SERVER_ERROR, 500)
    assert len(talk.server.requests) == 3


@pytest.mark.parametrize("number", [401, 403, 404, 413])
def test_a_refusal_is_not_repeated(number: int) -> None:
    """A 4xx says the request is wrong: asking again would not help."""
    talk = Conversation([status(number, message="no such model")])

    failure = talk.fail(ask())

    assert (failure.reason, failure.status) == (FailureReason.REFUSED, number)
    assert "no such model" in failure.message
    assert len(talk.server.requests) == 1


def test_a_used_up_quota_is_not_repeated() -> None:
    """Waiting does not refill a quota."""
    talk = Conversation([status(429, code="insufficient_quota")])

    failure = talk.fail(ask())

    assert (failure.reason, failure.retryable) == (FailureReason.RATE_LIMITED, False)
    assert len(talk.server.requests) == 1


def test_an_endpoint_that_refuses_schemas_is_asked_in_words() -> None:
    """400 to `response_format`: the schema moves into a system message, also the next time."""
    talk = Conversation(
        [status(400), ok('```json\n{"team": "cards"}\n```'), ok('{"team": "payments"}')]
    )

    reply = talk.ask(ask(schema=SCHEMA), ask(schema=SCHEMA))

    assert reply.output == {"team": "payments"}
    assert "response_format" in talk.server.requests[0].body
    for received in talk.server.requests[1:]:
        messages: Any = received.body["messages"]
        assert "response_format" not in received.body
        assert '"enum": ["cards", "payments"]' in messages[0]["content"]


def test_a_wrong_answer_is_told_what_is_wrong_once() -> None:
    """The second call shows the model its answer and the problem; both calls are paid for."""
    talk = Conversation([ok('{"team": "pirates"}'), ok('{"team": "cards"}')])

    reply = talk.ask(ask(schema=SCHEMA, idempotency_key="k"))

    assert reply.output == {"team": "cards"}
    assert (reply.attempts, reply.tokens_in, reply.tokens_out) == (2, 20, 10)
    messages: Any = talk.server.requests[1].body["messages"]
    assert messages[1]["content"] == '{"team": "pirates"}'
    assert "'pirates' is not one of" in messages[2]["content"]
    assert talk.server.requests[1].headers["idempotency-key"] == "k-repair"


@pytest.mark.parametrize("text", ["I do not know", '{"team": NaN}', '{"team": 1e999}', "[" * 9999])
def test_an_answer_that_stays_wrong_is_a_failure(text: str) -> None:
    """After one repair the failure says why, and what it cost."""
    talk = Conversation([ok(text), ok(text)])

    failure = talk.fail(ask(schema=SCHEMA))

    assert failure.reason is FailureReason.BAD_REPLY
    assert "does not fit the schema" in failure.message
    assert failure.cost_usd == pytest.approx(2 * 20 / 1e6)


def test_an_answer_cut_at_max_tokens_is_not_repaired() -> None:
    """More tokens would be needed, not another try."""
    talk = Conversation([ok('{"team": "ca', finish_reason="length")])

    failure = talk.fail(ask(schema=SCHEMA))

    assert "cut at max_tokens" in failure.message
    assert len(talk.server.requests) == 1


def test_free_text_cut_at_max_tokens_says_so() -> None:
    """The reply is there, but not complete."""
    reply = Conversation([ok("Once upon", finish_reason="length")]).ask(ask())

    assert (reply.text, reply.complete) == ("Once upon", False)


def test_a_malformed_body_is_asked_for_once_more() -> None:
    """One more try; a second one is a failure."""
    assert Conversation([malformed(), ok("fine")]).ask(ask()).text == "fine"

    talk = Conversation([malformed(), malformed(), ok()])
    assert talk.fail(ask()).reason is FailureReason.BAD_REPLY
    assert len(talk.server.requests) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_breaks_off_is_never_taken_for_whole(stream: bool) -> None:
    """A cut body or stream is repeated, and a failure when it stays cut."""
    assert Conversation([cut(), ok("whole")], stream=stream).ask(ask()).text == "whole"

    talk = Conversation([cut(), cut()], stream=stream, max_retries=1)
    assert talk.fail(ask()).reason is FailureReason.CUT_STREAM


def test_silence_is_a_timeout_that_presumes_the_bill() -> None:
    """A stalled call ends at its limit; what it may have cost is booked, nothing stays reserved."""
    talk = Conversation([stall()], timeout=0.2, max_retries=0, budget=Budget(1.0))

    failure = talk.fail(ask())

    assert (failure.reason, failure.retryable) == (FailureReason.TIMEOUT, True)
    assert failure.cost_usd > 0
    assert talk.budget.spent == failure.cost_usd
    assert talk.budget.remaining == pytest.approx(1.0 - failure.cost_usd)


def test_the_request_time_limit_covers_everything() -> None:
    """The caller's limit is shorter than the endpoint's: it holds."""
    talk = Conversation([stall()], timeout=60.0)

    failure = talk.fail(ask(timeout=0.2))

    assert "within 0.2 s" in failure.message


def test_redirects_are_not_followed() -> None:
    """The key and the text go to the configured host only."""
    with FaultServer() as elsewhere:
        talk = Conversation([redirect(f"{elsewhere.base_url}/chat/completions")])
        failure = talk.fail(ask())
        assert elsewhere.requests == []

    assert (failure.reason, failure.status) == (FailureReason.REFUSED, 307)


def test_a_huge_reply_is_not_read_to_its_end() -> None:
    """Beyond the limit the reply is dropped, and not asked for again."""
    talk = Conversation([huge(3_000_000)], max_bytes=100_000)

    failure = talk.fail(ask())

    assert failure.message == "The reply is larger than 100,000 bytes."
    assert len(talk.server.requests) == 1


def test_a_context_overflow_is_its_own_reason() -> None:
    """The code that servers use for it is understood."""
    talk = Conversation([status(400, code="context_length_exceeded", message="too long")])

    assert talk.fail(ask()).reason is FailureReason.CONTEXT_OVERFLOW


def test_nobody_there_is_unreachable() -> None:
    """A closed port, after its retries."""
    talk = Conversation([])
    address = talk.server.base_url
    talk.ask(ask())
    model = OpenAIModel(Endpoint(base_url=address, model="big"), clock=FakeClock())

    with pytest.raises(ModelFailure) as caught:
        asyncio.run(model.chat(ask()))

    assert (caught.value.reason, caught.value.retryable) == (FailureReason.UNREACHABLE, True)


@pytest.mark.parametrize("key", [None, "", "  ", "line\nbreak"])
def test_a_missing_key_names_its_variable(key: str | None) -> None:
    """Nothing is sent, and the failure says which variable to set."""
    talk = Conversation([], environ={} if key is None else {"CLOUD": key})

    failure = talk.fail(ask())

    assert failure.reason is FailureReason.NO_KEY
    assert "CLOUD" in failure.message
    assert talk.server.requests == []


def test_the_key_appears_nowhere() -> None:
    """A server that echoes the key cannot bring it into an error, nor can a repr."""
    talk = Conversation([status(401, message=f"bad key {KEY}\x1b[31m")])

    failure = talk.fail(ask())
    model = OpenAIModel(Endpoint("https://api.example.com/v1", "big", api_key_env="CLOUD"))

    assert "bad key [key]" in failure.message
    assert "\x1b" not in failure.message
    assert KEY not in repr(failure) + str(failure) + repr(model)


def test_the_budget_stops_calls_before_they_are_made() -> None:
    """A call that could cost more than is left is not sent."""
    talk = Conversation([ok(), ok()], budget=Budget(0.002), price_output=2.0)

    failure = talk.fail(ask(max_tokens=700), ask(max_tokens=700), ask(max_tokens=1400))

    assert failure.reason is FailureReason.BUDGET
    assert len(talk.server.requests) == 2
    assert talk.budget.spent <= 0.002


def test_calls_at_the_same_time_share_the_budget() -> None:
    """What one call has reserved another cannot spend."""

    async def ask_both() -> tuple[ChatReply | BaseException, ChatReply | BaseException]:
        with FaultServer() as server:
            endpoint = Endpoint(server.base_url, "big", price_output=1.0)
            model = OpenAIModel(endpoint, budget=Budget(0.0015))
            request = ask(max_tokens=1000)
            both = await asyncio.gather(
                model.chat(request), model.chat(request), return_exceptions=True
            )
            await model.close()
            return both

    first, second = asyncio.run(ask_both())

    assert isinstance(first, ChatReply)
    assert isinstance(second, ModelFailure)
    assert second.reason is FailureReason.BUDGET


def test_unreported_usage_is_bounded_from_above() -> None:
    """Without usage the cost is that of as many tokens as bytes, never less than the truth."""
    talk = Conversation([ok("four", usage=False)])

    reply = talk.ask(ask())

    assert reply.tokens_out == 4
    assert reply.tokens_in > len("Which team?")


def test_a_text_with_a_lone_surrogate_is_sent_all_the_same() -> None:
    """Any Python string is a request."""
    talk = Conversation([ok()])

    talk.ask(ask("bad \ud800 text"))

    messages: Any = talk.server.requests[0].body["messages"]
    assert messages[0]["content"] == "bad \ud800 text"


def test_one_model_serves_several_event_loops() -> None:
    """Each loop gets connections of its own."""
    with FaultServer() as server:
        model = OpenAIModel(Endpoint(server.base_url, "big"), clock=SystemClock())

        async def ask_and_close() -> str:
            try:
                return (await model.chat(ask())).text
            finally:
                await model.close()

        assert [asyncio.run(ask_and_close()) for _ in range(2)] == ["ok", "ok"]


@pytest.mark.parametrize(
    "address", ["", "api.example.com/v1", "file:///etc/passwd", "https://me:word@example.com/v1"]
)
def test_an_unusable_address_is_refused_at_once(address: str) -> None:
    """Only http and https, and no password in the address."""
    with pytest.raises(UsageError, match="base_url") as caught:
        OpenAIModel(Endpoint(address, "big"))

    assert "word" not in caught.value.message.replace("password", "")
