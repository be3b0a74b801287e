"""The circuit breaker, on real sockets and on a clock that only moves when told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.models import (
    ChatReply,
    ChatRequest,
    Circuit,
    CircuitBreaker,
    Endpoint,
    FailureReason,
    Fault,
    FaultServer,
    GuardedModel,
    Message,
    ModelFailure,
    OpenAIModel,
    ScriptedModel,
    cut,
    malformed,
    ok,
    stall,
    status,
)
from pantheon.spec import Breaker

RULE = Breaker(failures=3, cooldown=30.0)


class Wire:
    """A fault server, a model of it without retries, and a breaker between them."""

    def __init__(self, script: Sequence[Fault], *, timeout: float = 5.0) -> None:
        self.clock = FakeClock()
        self.told: list[Circuit] = []
        self.server = FaultServer(script)
        self.timeout = timeout
        self.breaker = CircuitBreaker(
            "cloud", RULE, clock=self.clock, timeout=timeout, on_change=self.told.append
        )
        endpoint = Endpoint(self.server.base_url, "big", timeout=timeout, max_retries=0)
        self.model = GuardedModel(OpenAIModel(endpoint, clock=self.clock), self.breaker)

    async def ask(self, **settings: Any) -> str:
        """The reply's text, or the reason of the failure."""
        try:
            reply = await self.model.chat(request(**{"timeout": self.timeout, **settings}))
        except ModelFailure as failure:
            return failure.reason.value
        return reply.text

    def play(self, work: Any) -> Any:
        """Run a coroutine while the server is up."""
        with self.server:
            return asyncio.run(self._and_close(work))

    async def _and_close(self, work: Any) -> Any:
        try:
            return await work
        finally:
            await self.model.close()


def request(**settings: Any) -> ChatRequest:
    """A request of one message."""
    return ChatRequest((Message("user", "Which team?"),), **settings)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (status(500), FailureReason.SERVER_ERROR),
        (cut(), FailureReason.CUT_STREAM),
        (stall(), FailureReason.TIMEOUT),
    ],
)
def test_it_opens_after_failures_in_a_row_and_sends_nothing_then(
    fault: Fault, reason: FailureReason
) -> None:
    """Each further request fails at once, says for how long, and does not reach the server."""
    wire = Wire([fault] * 3, timeout=0.2)

    async def scene() -> ModelFailure:
        assert [await wire.ask() for _ in range(3)] == [reason.value] * 3
        wire.clock.advance(10)
        with pytest.raises(ModelFailure) as caught:
            await wire.model.chat(request())
        return caught.value

    failure = wire.play(scene())

    assert failure.reason is FailureReason.CIRCUIT_OPEN
    assert failure.retryable
    assert failure.retry_after == pytest.approx(20)
    assert failure.message == (
        "cloud failed 3 times in a row and is left alone. It is asked again in 20 s."
    )
    assert len(wire.server.requests) == 3
    assert wire.told == [Circuit("open", 3, 30.0, reason)]


def test_an_endpoint_that_is_not_there_opens_it_too() -> None:
    """Nobody listens: unreachable counts."""
    wire = Wire([])
    wire.server.__enter__()
    wire.server.__exit__(None, None, None)

    async def scene() -> list[str]:
        return [await wire.ask() for _ in range(4)]

    said = asyncio.run(wire._and_close(scene()))

    assert said == ["unreachable"] * 3 + ["circuit_open"]


@pytest.mark.parametrize("fault", [status(400), status(401), malformed()])
def test_what_is_not_the_endpoints_failing_never_opens_it(fault: Fault) -> None:
    """An endpoint that refuses, or answers nonsense, is alive."""
    wire = Wire([fault] * 8)

    async def scene() -> set[str]:
        return {await wire.ask() for _ in range(8)}

    assert "circuit_open" not in wire.play(scene())
    assert wire.breaker.circuit == Circuit("closed", 0)


def test_a_success_between_failures_starts_the_count_anew() -> None:
    """Only failures in a row count; a rate limit is neither one nor the other."""
    wire = Wire([status(500), status(500), ok(), status(500), status(429), status(500), ok()])

    async def scene() -> list[str]:
        return [await wire.ask() for _ in range(7)]

    assert "circuit_open" not in wire.play(scene())
    assert wire.told == []


def test_one_probe_closes_it_again() -> None:
    """After the cooldown the next request is sent; when it succeeds everything is."""
    wire = Wire([status(500)] * 3)

    async def scene() -> list[str]:
        said = [await wire.ask() for _ in range(3)]
        wire.clock.advance(30)
        assert wire.breaker.circuit.state == "half_open"
        return [*said, await wire.ask(), await wire.ask()]

    assert wire.play(scene())[3:] == ["ok", "ok"]
    assert [circuit.state for circuit in wire.told] == ["open", "closed"]


def test_a_failing_probe_opens_it_for_another_cooldown() -> None:
    """One failure is enough then."""
    wire = Wire([status(500)] * 4)

    async def scene() -> list[str]:
        for _ in range(3):
            await wire.ask()
        wire.clock.advance(30)
        said = [await wire.ask(), await wire.ask()]
        wire.clock.advance(29)
        said.append(await wire.ask())
        wire.clock.advance(1)
        return [*said, await wire.ask()]

    assert wire.play(scene()) == ["server_error", "circuit_open", "circuit_open", "ok"]
    assert len(wire.server.requests) == 5


class Patient:
    """A model that answers when told, to have several requests under way."""

    name, kind, remote = "patient", "scripted", True

    def __init__(self) -> None:
        self.under_way: list[asyncio.Future[ChatReply]] = []

    async def chat(self, request: ChatRequest) -> ChatReply:
        future: asyncio.Future[ChatReply] = asyncio.get_running_loop().create_future()
        self.under_way.append(future)
        return await future

    async def close(self) -> None:
        """Nothing to give back."""


def crowd() -> tuple[FakeClock, Patient, CircuitBreaker, GuardedModel]:
    """A patient model behind a breaker."""
    clock, patient = FakeClock(), Patient()
    breaker = CircuitBreaker("cloud", RULE, clock=clock)
    return clock, patient, breaker, GuardedModel(patient, breaker)


async def reply() -> ChatReply:
    """Any reply."""
    return await ScriptedModel(["yes"]).chat(request())


BROKEN = ModelFailure(FailureReason.SERVER_ERROR, "down")


def test_only_one_request_probes_at_a_time() -> None:
    """While the probe is under way others fail at once; a cancelled probe lets the next one try."""

    async def scene() -> None:
        clock, patient, breaker, model = crowd()
        await open_circuit(model, patient)
        clock.advance(30)
        probe = asyncio.create_task(model.chat(request()))
        await asyncio.sleep(0)
        with pytest.raises(ModelFailure, match="One request is trying it now"):
            await model.chat(request())
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert breaker.circuit.state == "half_open"
        second = asyncio.create_task(model.chat(request()))
        await asyncio.sleep(0)
        patient.under_way[-1].set_result(await reply())
        await second
        assert breaker.circuit.state == "closed"

    asyncio.run(scene())


async def open_circuit(model: GuardedModel, patient: Patient) -> None:
    """Three failures of requests that were under way at once."""
    tasks = [asyncio.create_task(model.chat(request())) for _ in range(3)]
    await asyncio.sleep(0)
    for future in patient.under_way:
        future.set_exception(BROKEN)
    await asyncio.gather(*tasks, return_exceptions=True)


def test_what_was_sent_before_it_opened_says_nothing_afterwards() -> None:
    """Late failures do not lengthen the cooldown, and a late success does not close the circuit."""

    async def scene() -> None:
        clock, patient, breaker, model = crowd()
        early = [asyncio.create_task(model.chat(request())) for _ in range(5)]
        await asyncio.sleep(0)
        for future in patient.under_way[:3]:
            future.set_exception(BROKEN)
        await asyncio.gather(*early[:3], return_exceptions=True)
        clock.advance(20)
        patient.under_way[3].set_exception(BROKEN)
        patient.under_way[4].set_result(await reply())
        await asyncio.gather(*early, return_exceptions=True)
        assert breaker.circuit == Circuit("open", 3, 10.0, FailureReason.SERVER_ERROR)

    asyncio.run(scene())


def test_out_of_time_after_no_time_is_not_the_endpoints_fault() -> None:
    """Whoever waits only for milliseconds learns nothing about the endpoint."""
    wire = Wire([stall()] * 6, timeout=5.0)

    async def scene() -> list[str]:
        return [await wire.ask(timeout=0.01) for _ in range(6)]

    assert wire.play(scene()) == ["timeout"] * 6
    assert wire.breaker.circuit.state == "closed"
