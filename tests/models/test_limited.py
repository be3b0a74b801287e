"""Limits of a model: requests at once, requests and tokens a minute, first come, first served."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.models import (
    ChatReply,
    ChatRequest,
    FailureReason,
    LimitedModel,
    Message,
    ModelFailure,
    ScriptedModel,
    TokenBucket,
)
from pantheon.models._limited import estimated_tokens
from pantheon.spec import ModelLimits


def request(text: str = "Which team?", **settings: Any) -> ChatRequest:
    """A request of one message."""
    return ChatRequest((Message("user", text),), **settings)


def sized(tokens: int, **settings: Any) -> ChatRequest:
    """A request that is estimated at so many tokens."""
    made = request("x" * 4, max_tokens=tokens - 1, **settings)
    assert estimated_tokens(made) == tokens
    return made


class Busy:
    """A model that answers when told; knows how many requests were under way at once."""

    name, kind, remote = "busy", "scripted", True

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.futures: list[asyncio.Future[None]] = []
        self.at_once = self.most = 0
        self.closed = False

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.texts.append(request.messages[0].content)
        self.futures.append(asyncio.get_running_loop().create_future())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.futures[-1]
        finally:
            self.at_once -= 1
        return await ScriptedModel(["yes"]).chat(request)

    async def close(self) -> None:
        self.closed = True


def reply(**changes: Any) -> ChatReply:
    """A reply that says what it took."""
    given: dict[str, Any] = {"tokens_in": 0, "tokens_out": 0, "cost_usd": 0.0, "latency": 0.0}
    given |= {"text": "yes", "output": None, "model": "m", "source": "scripted", "logprob": None}
    return ChatReply(**given | changes)


async def settle() -> None:
    """Let everybody do what can be done now."""
    for _ in range(8):
        await asyncio.sleep(0)


def test_no_more_are_under_way_than_allowed_and_the_earlier_comes_first() -> None:
    """The rest waits in line; one that gives up leaves the line without a trace."""

    async def scene() -> None:
        busy = Busy()
        model = LimitedModel(busy, ModelLimits(concurrent=2), clock=FakeClock())
        tasks = [asyncio.create_task(model.chat(request(name))) for name in "abcde"]
        await settle()
        assert busy.texts == ["a", "b"]
        tasks[2].cancel()
        for position in range(4):
            busy.futures[position].set_result(None)
            await settle()
        assert busy.texts == ["a", "b", "d", "e"]
        assert busy.most == 2
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scene())


def test_a_slot_is_free_again_after_failures_and_cancellation() -> None:
    """Whatever becomes of a request, the next one is asked."""

    async def scene() -> None:
        broken = ModelFailure(FailureReason.SERVER_ERROR, "down")
        model = LimitedModel(
            ScriptedModel([broken, "yes"]), ModelLimits(concurrent=1), clock=FakeClock()
        )
        with pytest.raises(ModelFailure, match="down"):
            await model.chat(request())
        assert (await model.chat(request())).text == "yes"
        busy = Busy()
        model = LimitedModel(busy, ModelLimits(concurrent=1), clock=FakeClock())
        stuck = asyncio.create_task(model.chat(request("stuck")))
        await settle()
        stuck.cancel()
        following = asyncio.create_task(model.chat(request("next")))
        await settle()
        assert busy.texts == ["stuck", "next"]
        busy.futures[-1].set_result(None)
        await following

    asyncio.run(scene())


def test_who_waits_in_line_for_all_of_its_time_is_told_so() -> None:
    """The failure says that the model was not asked, and may be tried again."""

    async def scene() -> ModelFailure:
        busy = Busy()
        model = LimitedModel(busy, ModelLimits(concurrent=1), clock=FakeClock())
        first = asyncio.create_task(model.chat(request()))
        await settle()
        with pytest.raises(ModelFailure) as caught:
            await model.chat(request(timeout=0.05))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return caught.value

    failure = asyncio.run(scene())

    assert failure.reason is FailureReason.RATE_LIMITED
    assert failure.retryable
    assert "busy was not asked: all 1 requests at once were taken" in failure.message


def test_requests_are_spread_over_the_minute() -> None:
    """A tenth of the minute's worth may go at once, the rest at its steady rate."""
    clock = FakeClock()
    started = clock.now()
    sent: list[float] = []

    def answer(request: ChatRequest) -> str:
        sent.append(round(clock.now() - started, 6))
        return "yes"

    async def scene() -> None:
        model = LimitedModel(
            ScriptedModel(answer), ModelLimits(requests_per_minute=30), clock=clock
        )
        for _ in range(6):
            await model.chat(request())

    asyncio.run(scene())

    assert sent == [0, 0, 0, 2, 4, 6]


def test_tokens_are_booked_as_the_reply_says() -> None:
    """The estimate holds a request back; what was not used is there for the next."""
    clock = FakeClock()

    async def scene(used: int) -> float:
        model = LimitedModel(
            ScriptedModel([reply(tokens_in=used), reply()]),
            ModelLimits(tokens_per_minute=6000),
            clock=clock,
        )
        await model.chat(sized(600))
        before = clock.now()
        await model.chat(sized(600))
        return clock.now() - before

    assert asyncio.run(scene(600)) == pytest.approx(6.0)
    assert asyncio.run(scene(100)) == pytest.approx(1.0)
    assert asyncio.run(scene(1200)) == pytest.approx(12.0)  # more than estimated: a debt


def test_a_request_larger_than_the_bucket_is_still_admitted() -> None:
    """It goes when the bucket is full, and those after it pay the debt."""
    clock = FakeClock()

    async def scene() -> float:
        model = LimitedModel(
            ScriptedModel([reply(tokens_out=3000), reply()]),
            ModelLimits(tokens_per_minute=6000),
            clock=clock,
        )
        await model.chat(sized(3000))
        before = clock.now()
        await model.chat(sized(100))
        return clock.now() - before

    assert asyncio.run(scene()) == pytest.approx((3000 - 600 + 100) / 100)


def test_retries_inside_a_request_count() -> None:
    """Three calls were three requests for the endpoint."""
    clock = FakeClock()

    async def scene() -> float:
        model = LimitedModel(
            ScriptedModel([reply(attempts=3), reply()]),
            ModelLimits(requests_per_minute=10),
            clock=clock,
        )
        await model.chat(request())
        before = clock.now()
        await model.chat(request())
        return clock.now() - before

    assert asyncio.run(scene()) == pytest.approx(18.0)


@pytest.mark.parametrize(
    ("reason", "waited"), [(FailureReason.UNREACHABLE, 0.0), (FailureReason.SERVER_ERROR, 6.0)]
)
def test_what_never_reached_the_endpoint_is_given_back(
    reason: FailureReason, waited: float
) -> None:
    """Other failures took what they were estimated at, for all one knows."""
    clock = FakeClock()

    async def scene() -> float:
        model = LimitedModel(
            ScriptedModel([ModelFailure(reason, "no"), "yes"]),
            ModelLimits(tokens_per_minute=6000, requests_per_minute=10),
            clock=clock,
        )
        with pytest.raises(ModelFailure):
            await model.chat(sized(600))
        before = clock.now()
        await model.chat(sized(600))
        return clock.now() - before

    assert asyncio.run(scene()) == pytest.approx(waited)


def test_a_wait_in_vain_is_refused_at_once() -> None:
    """Nothing is sent, no time passes, and the failure says how long it would have been."""
    clock = FakeClock()
    scripted = ScriptedModel(["yes", "yes"])

    async def scene() -> ModelFailure:
        model = LimitedModel(scripted, ModelLimits(requests_per_minute=1), clock=clock)
        await model.chat(request())
        with pytest.raises(ModelFailure) as caught:
            await model.chat(request(timeout=59))
        return caught.value

    before = clock.now()
    failure = asyncio.run(scene())

    assert failure.reason is FailureReason.RATE_LIMITED
    assert failure.retry_after == pytest.approx(60)
    assert "make this wait 60 s" in failure.message
    assert clock.now() == before
    assert len(scripted.requests) == 1


def test_the_line_before_it_counts_for_what_is_in_vain() -> None:
    """Those who wait for a slot will take their tokens first: a later one need not join them."""

    async def scene() -> ModelFailure:
        busy = Busy()
        limits = ModelLimits(concurrent=1, requests_per_minute=10)
        model = LimitedModel(busy, limits, clock=FakeClock())
        line = [asyncio.create_task(model.chat(request(timeout=90))) for _ in range(5)]
        await settle()
        with pytest.raises(ModelFailure) as caught:
            await model.chat(request(timeout=20))  # after four others, six seconds each
        for task in line:
            task.cancel()
        await asyncio.gather(*line, return_exceptions=True)
        return caught.value

    assert asyncio.run(scene()).retry_after == pytest.approx(30)


def test_what_is_left_of_the_time_goes_to_the_model() -> None:
    """Waiting is part of the request's own time limit, and of its latency."""
    clock = FakeClock()
    scripted = ScriptedModel(["yes", "yes"])

    async def scene() -> ChatReply:
        model = LimitedModel(scripted, ModelLimits(requests_per_minute=10), clock=clock)
        await model.chat(request(timeout=60))
        return await model.chat(request(timeout=60))

    assert asyncio.run(scene()).latency == pytest.approx(6)
    assert [asked.timeout for asked in scripted.requests] == [60, pytest.approx(54)]


def test_who_gives_up_while_waiting_for_its_time_takes_nothing() -> None:
    """A cancelled wait is not booked."""

    class Stopped(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    async def scene() -> None:
        clock = Stopped()
        scripted = ScriptedModel(["yes", "yes"])
        model = LimitedModel(scripted, ModelLimits(requests_per_minute=10), clock=clock)
        await model.chat(request())
        waits = asyncio.create_task(model.chat(request()))
        await settle()
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        clock.advance(6)
        await asyncio.wait_for(model.chat(request()), timeout=5)

    asyncio.run(scene())


def test_it_looks_like_the_model_inside() -> None:
    """Name, engine and reach are the model's own; closing closes it."""
    busy = Busy()
    model = LimitedModel(busy, ModelLimits(concurrent=1), clock=FakeClock())

    assert (model.name, model.kind, model.remote) == ("busy", "scripted", True)
    asyncio.run(model.close())
    assert busy.closed


@given(
    rate=st.floats(min_value=1, max_value=1000),
    steps=st.lists(st.tuples(st.floats(0, 120), st.floats(0, 50)), max_size=60),
)
def test_no_minute_sees_more_than_its_limit_and_a_tenth(
    rate: float, steps: list[tuple[float, float]]
) -> None:
    """Whenever requests come, and whoever waits as long as told, takes no more than promised."""
    clock = FakeClock(0.0)
    bucket = TokenBucket(rate, clock)
    most = max(1.0, rate / 10)
    taken: list[tuple[float, float]] = []
    for pause, wanted in steps:
        amount = min(wanted, most)
        clock.advance(pause)
        clock.advance(bucket.wait(amount))
        bucket.take(amount)
        taken.append((clock.now(), amount))
    for start, _ in taken:
        window = sum(amount for at, amount in taken if start <= at < start + 60)
        assert window <= (rate + most) * (1 + 1e-9)
