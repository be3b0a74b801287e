"""Asking an agent, patiently: time limit per attempt, retries with a backoff that is reproducible."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

from pantheon.agents import Failure, Outcome, Reason, Request, TooLarge, is_cancelled
from pantheon.clock import Clock
from pantheon.errors import Busy, StoreFault
from pantheon.flows._ending import Ending, failed, message_of
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

    def slot(self, request: Request) -> AbstractAsyncContextManager[object]:
        """Held while it answers: its share of what is scarce. Entering raises TooLarge."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a run something is asked."""

    run: RunId
    node: str
    """Path of the node."""
    index: int
    seed: int
    flow: str = ""
    priority: int = 0
    deadline: float | None = None
    """When the run is given up, by `Clock.elapsed`."""
    stand_in: str = ""
    """Who is asked in place of the node, if so."""
    on_token: Callable[[str], None] | None = None
    """Who wants to see a model's answer while it is made."""

    def request(
        self, attempt: int, side: Side = None, role: str = "", *, seconds: float | None = None
    ) -> Request:
        """The request of one attempt; asking again after a crash repeats its key."""
        asked = Request(
            self.run, self.node, self.index, attempt, side, role,
            seconds=seconds, flow=self.flow, priority=self.priority, on_token=self.on_token,
        )  # fmt: skip
        if not self.stand_in:
            return asked
        return replace(asked, key=f"{asked.idempotency_key}~{self.stand_in}")


@dataclass(frozen=True, slots=True)
class Attempted:
    """What asking came to, and how often it took."""

    outcome: Outcome
    attempts: int


OnRetry: TypeAlias = Callable[[int, "Outcome | Ending", float], None]
"""(attempt that failed, why, seconds until the next)."""


class Patience:
    """How often and how long something is tried for one node."""

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
            outcome = await self._admitted(agent, input, place, attempt, side=side, role=role)
            if not isinstance(outcome, Failure) or not self._again(outcome, attempt):
                return Attempted(outcome, attempt)
            await self._pause_after(outcome, place, attempt, on_retry)
            attempt += 1

    async def run(
        self,
        once: Callable[[int], Awaitable[Ending]],
        place: Place,
        *,
        what: str,
        on_retry: OnRetry,
    ) -> Ending:
        """The same for what is no agent; `once` is given the number of the attempt."""
        attempt = 1
        while True:
            try:
                async with asyncio.timeout(self._timeout):
                    ending = await once(attempt)
            except TimeoutError:
                ending = self._too_late(what, attempt)
            ending = replace(ending, attempts=attempt)
            if not ending.broken or not self._again(_as_failure(ending), attempt):
                return ending
            await self._pause_after(ending, place, attempt, on_retry)
            attempt += 1

    async def _admitted(
        self,
        agent: Answerer,
        input: JsonObject,
        place: Place,
        attempt: int,
        *,
        side: Side,
        role: str,
    ) -> Outcome:
        """One attempt; what it has to wait for before does not count as its time."""
        request = place.request(attempt, side, role, seconds=self._left(place))
        if agent.definition.resources.none:
            return await self._once(agent, input, request)
        try:
            async with agent.slot(request):
                request = place.request(attempt, side, role, seconds=self._left(place))
                return await self._once(agent, input, request)
        except TooLarge as error:
            return Failure(error.reason, error.detail)

    def _left(self, place: Place) -> float | None:
        """Seconds that this attempt may take, by its own limit and that of the run."""
        if place.deadline is None:
            return self._timeout
        left = max(0.0, place.deadline - self._clock.elapsed())
        return left if self._timeout is None else min(left, self._timeout)

    async def _once(self, agent: Answerer, input: JsonObject, request: Request) -> Outcome:
        if self._timeout is None:
            return await guarded(agent, input, request)
        started = self._clock.elapsed()
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await guarded(agent, input, request)
        except TimeoutError:
            outcome = None
        # A clock that is not the machine's moves without the loop noticing.
        if outcome is None or self._clock.elapsed() - started > self._timeout:
            limit = f"{self._timeout:g} s"
            name = agent.definition.name
            return Failure(Reason.TIMEOUT, f"Agent {name!r} did not answer within {limit}.")
        return outcome

    def _too_late(self, what: str, attempt: int) -> Ending:
        message = f"{what} did not end within {self._timeout:g} s."
        return failed(Reason.TIMEOUT, message, attempts=attempt)

    def _again(self, failure: Failure, attempt: int) -> bool:
        if attempt >= self._retry.attempts:
            return False
        if not self._retry.on:
            return failure.retryable
        reasons = {failure.reason, *(a.reason for a in failure.tried)}
        return any(reason.value in self._retry.on for reason in reasons)

    async def _pause_after(
        self, failure: Outcome | Ending, place: Place, attempt: int, on_retry: OnRetry
    ) -> None:
        pause = self._pause(place, attempt)
        on_retry(attempt, failure, pause)
        await self._clock.sleep(pause)

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


def _as_failure(ending: Ending) -> Failure:
    reason: Any = (ending.reason or {}).get("reason", Reason.CRASHED.value)
    return Failure(Reason(reason), message_of(ending.reason))


async def guarded(agent: Answerer, input: JsonObject, request: Request) -> Outcome:
    """A defect below must not take the run's other nodes with it; a broken store must."""
    try:
        return await agent.answer(input, request)
    except (Busy, StoreFault):
        raise
    except (Exception, asyncio.CancelledError) as error:
        if is_cancelled(error):
            raise
        detail = f"Agent {agent.definition.name!r} itself failed: {type(error).__name__}: {error}"
        return Failure(Reason.CRASHED, detail)
