"""Asking an agent, patiently: time limit per attempt, retries with a backoff that is reproducible."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from pantheon.agents import Failure, Outcome, Reason, Request
from pantheon.clock import Clock
from pantheon.errors import Busy, StoreFault
from pantheon.ids import JsonObject, RunId, derive_seed
from pantheon.spec import AgentDef, NodeDef, Retry

Side: TypeAlias = Literal["local", "cloud"] | None
_ONCE = Retry(attempts=1)
_GROWTH = 2.0
_LONGEST = 300.0
"""Seconds; no pause between attempts is longer."""


class Answerer(Protocol):
    """What the engine asks of an agent."""

    @property
    def definition(self) -> AgentDef: ...

    async def answer(self, input: JsonObject, request: Request) -> Outcome:
        """Answer one input."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a run something is asked."""

    run: RunId
    node: str
    index: int
    seed: int

    def request(self, attempt: int, side: Side = None, role: str = "") -> Request:
        """The request of one attempt; asking again after a crash repeats its key."""
        parts = [self.run, self.node, str(self.index), str(attempt), side or "", role]
        return Request(
            run=self.run,
            node=self.node,
            index=self.index,
            attempt=attempt,
            idempotency_key=":".join(part for part in parts if part),
            only=side,
        )


@dataclass(frozen=True, slots=True)
class Attempted:
    """What asking came to, and how often it took."""

    outcome: Outcome
    attempts: int


OnRetry: TypeAlias = Callable[[int, Failure, float], None]
"""(attempt that failed, why, seconds until the next)."""


class Patience:
    """How often and how long an agent is asked for one node."""

    def __init__(self, node: NodeDef | None, clock: Clock) -> None:
        self._retry = (node and node.retry) or _ONCE
        self._timeout = node.timeout if node else None
        self._clock = clock

    async def ask(
        self,
        agent: Answerer,
        input: JsonObject,
        place: Place,
        *,
        on_retry: OnRetry,
        side: Side = None,
        role: str = "",
    ) -> Attempted:
        """Ask until there is an answer, a wait, a failure that no retry cures, or no attempt left."""
        attempt = 1
        while True:
            outcome = await self._once(agent, input, place.request(attempt, side, role))
            if not isinstance(outcome, Failure) or not self._again(outcome, attempt):
                return Attempted(outcome, attempt)
            pause = self._pause(place, attempt)
            on_retry(attempt, outcome, pause)
            await self._clock.sleep(pause)
            attempt += 1

    async def _once(self, agent: Answerer, input: JsonObject, request: Request) -> Outcome:
        if self._timeout is None:
            return await _guarded(agent, input, request)
        started = self._clock.elapsed()
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await _guarded(agent, input, request)
        except TimeoutError:
            return self._too_late(agent)
        # A clock that is not the machine's moves without the loop noticing.
        late = self._clock.elapsed() - started > self._timeout
        return self._too_late(agent) if late else outcome

    def _too_late(self, agent: Answerer) -> Failure:
        limit = f"{self._timeout:g} s"
        return Failure(
            Reason.TIMEOUT, f"Agent {agent.definition.name!r} did not answer within {limit}."
        )

    def _again(self, failure: Failure, attempt: int) -> bool:
        if attempt >= self._retry.attempts:
            return False
        if not self._retry.on:
            return failure.retryable
        reasons = {failure.reason, *(a.reason for a in failure.tried)}
        return any(reason.value in self._retry.on for reason in reasons)

    def _pause(self, place: Place, attempt: int) -> float:
        """Seconds; the exponential one is between half and all of delay × 2ⁿ⁻¹ (seeded)."""
        match self._retry.backoff:
            case "none":
                return 0.0
            case "constant":
                return self._retry.delay
            case "exponential":
                seed = derive_seed(place.seed, place.run, place.node, place.index, attempt)
                share = random.Random(seed).uniform(0.5, 1.0)
                return min(_LONGEST, self._retry.delay * _GROWTH ** (attempt - 1)) * share


async def _guarded(agent: Answerer, input: JsonObject, request: Request) -> Outcome:
    """A defect below must not take the run's other nodes with it; a broken store must."""
    try:
        return await agent.answer(input, request)
    except (Busy, StoreFault):
        raise
    except Exception as error:  # noqa: BLE001
        detail = f"Agent {agent.definition.name!r} itself failed: {type(error).__name__}: {error}"
        return Failure(Reason.CRASHED, detail)
