"""What an endpoint may be asked at most: requests at once, requests and tokens a minute.

The limits hold over all that share the model, first come, first served. Requests and tokens a
minute are token buckets: each fills steadily up to a tenth of a minute's worth, so that no minute
sees more than 1.1 times its limit. A request larger than the bucket is admitted when it is full,
and those after it wait until the debt is paid.

A request is admitted by an estimate, a token for four characters of the prompt and all of
`max_tokens`; its reply says what it took, retries included, and the difference is booked.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.clock import Clock
from pantheon.models._around import AroundModel
from pantheon.models._model import ChatModel, ChatReply, ChatRequest, FailureReason, ModelFailure

if TYPE_CHECKING:
    from pantheon.spec import ModelLimits

_BURST_SECONDS = 6.0
_CHARACTERS_PER_TOKEN = 4
_NOT_SENT = frozenset(
    {
        FailureReason.NO_KEY,
        FailureReason.BUDGET,
        FailureReason.PRIVACY,
        FailureReason.UNREACHABLE,
        FailureReason.UNAVAILABLE,
        FailureReason.CIRCUIT_OPEN,
    }
)
"""Failures that took nothing from the endpoint."""


class TokenBucket:
    """So much a minute, and a little at once."""

    def __init__(self, per_minute: float | None, clock: Clock) -> None:
        """None: no limit."""
        self._rate = math.inf if per_minute is None else per_minute / 60
        self._most = max(1.0, self._rate * _BURST_SECONDS)
        self._level = self._most
        self._clock = clock
        self._filled = clock.elapsed()

    def wait(self, amount: float, *, after: float = 0.0) -> float:
        """Seconds until so much may be taken, when others take `after` before."""
        if self._rate == math.inf:
            return 0.0
        self._fill()
        return max(0.0, (min(amount, self._most) + after - self._level) / self._rate)

    def take(self, amount: float) -> None:
        """Book it, also into debt; a negative amount gives back."""
        if self._rate != math.inf:
            self._fill()
            self._level = min(self._most, self._level - amount)

    def _fill(self) -> None:
        now = self._clock.elapsed()
        self._level = min(self._most, self._level + (now - self._filled) * self._rate)
        self._filled = now


@dataclass(slots=True)
class _Line:
    """What those want, in all, who wait to be one of the requests under way at once."""

    requests: int = 0
    tokens: float = 0.0

    def add(self, tokens: float, sign: int = 1) -> None:
        self.requests += sign
        self.tokens += sign * tokens


class LimitedModel(AroundModel):
    """A model that is never asked more than its limits allow."""

    def __init__(
        self,
        model: ChatModel,
        limits: ModelLimits,
        *,
        clock: Clock,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`check` is called before a request joins the line, and may raise a ModelFailure."""
        super().__init__(model)
        self._limits = limits
        self._clock = clock
        self._check = check
        self._requests = TokenBucket(limits.requests_per_minute, clock)
        self._tokens = TokenBucket(limits.tokens_per_minute, clock)
        self._line = _Line()
        self._slots: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer when there is room; ModelFailure `rate_limited` when that will not be in time."""
        self._check()
        started = self._clock.elapsed()
        estimate = estimated_tokens(request)
        self._refuse_in_vain(estimate, request.timeout)
        slots = self._slots_here()
        await self._slot(slots, estimate, request.timeout)
        try:
            left = request.timeout - (self._clock.elapsed() - started)
            await self._admitted(estimate, left)
            left = request.timeout - (self._clock.elapsed() - started)
            reply = await self._ask(replace(request, timeout=max(left, 0.001)), estimate)
        finally:
            slots.release()
        return replace(reply, latency=self._clock.elapsed() - started)

    # ------------------------------------------------------------------ the line

    def _refuse_in_vain(self, estimate: float, patience: float) -> None:
        """Those before it in line take their part first."""
        line = self._line
        wait = max(
            self._requests.wait(1, after=line.requests),
            self._tokens.wait(estimate, after=line.tokens),
        )
        if wait > patience:
            raise self._too_late(f"its limits per minute make this wait {wait:.3g} s", wait)

    async def _slot(self, slots: asyncio.Semaphore, estimate: float, patience: float) -> None:
        """One of the requests under way at once."""
        self._line.add(estimate)
        try:
            async with asyncio.timeout(patience):
                await slots.acquire()
        except TimeoutError:
            said = f"all {self._limits.concurrent} requests at once were taken for {patience:g} s"
            raise self._too_late(said, None) from None
        finally:
            self._line.add(estimate, -1)

    async def _admitted(self, estimate: float, patience: float) -> None:
        """Book it now, so that those who come later wait longer, then wait until it is due."""
        wait = max(self._requests.wait(1), self._tokens.wait(estimate))
        if wait > patience:
            raise self._too_late(f"its limits per minute make this wait {wait:.3g} s", wait)
        self._book(1, estimate)
        if wait <= 0:
            return
        try:
            await self._clock.sleep(wait)
        except BaseException:
            self._book(-1, -estimate)
            raise

    def _slots_here(self) -> asyncio.Semaphore:
        """Those of the running event loop: a semaphore cannot change loops."""
        loop = asyncio.get_running_loop()
        if self._slots is None or self._slots[0] is not loop:
            # Without a limit there are more than anybody can take.
            self._slots = (loop, asyncio.Semaphore(self._limits.concurrent or 1 << 30))
        return self._slots[1]

    # ------------------------------------------------------------------ the request

    async def _ask(self, request: ChatRequest, estimate: float) -> ChatReply:
        try:
            reply = await self._model.chat(request)
        except ModelFailure as failure:
            if failure.reason in _NOT_SENT:
                self._book(-1, -estimate)
            raise
        self._book(reply.attempts - 1, reply.tokens_in + reply.tokens_out - estimate)
        return reply

    def _book(self, requests: float, tokens: float) -> None:
        self._requests.take(requests)
        self._tokens.take(tokens)

    def _too_late(self, why: str, seconds: float | None) -> ModelFailure:
        return ModelFailure(
            FailureReason.RATE_LIMITED,
            f"{self.name} was not asked: {why}.",
            retryable=True,
            retry_after=seconds,
        )


def estimated_tokens(request: ChatRequest) -> float:
    """What a request may take: a quarter of the prompt's characters, and all of `max_tokens`."""
    characters = sum(len(message.content) for message in request.messages)
    return math.ceil(characters / _CHARACTERS_PER_TOKEN) + request.max_tokens
