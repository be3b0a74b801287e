"""A circuit breaker: an endpoint that fails again and again is left alone for a while.

Closed, everything is sent. After so many failures in a row that are the endpoint's own, the circuit
opens: nothing is sent, every request fails at once and says for how long. When the cooldown is over
the circuit is half open: one request may try. It closes the circuit, or opens it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.clock import Clock
from pantheon.models._around import AroundModel
from pantheon.models._model import ChatModel, ChatReply, ChatRequest, FailureReason, ModelFailure

if TYPE_CHECKING:
    from pantheon.spec import Breaker

CircuitState: TypeAlias = Literal["closed", "open", "half_open"]

_COUNTED = frozenset(
    {
        FailureReason.SERVER_ERROR,
        FailureReason.TIMEOUT,
        FailureReason.UNREACHABLE,
        FailureReason.CUT_STREAM,
    }
)
"""The endpoint's own failures."""
_ALIVE = frozenset({FailureReason.REFUSED, FailureReason.BAD_REPLY, FailureReason.CONTEXT_OVERFLOW})
"""The endpoint answered, if only to say no. Every other reason says nothing about it."""
_SHORT = 1.0
"""Out of time after fewer seconds than this is the fault of whoever gave no more."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """How an endpoint stands."""

    state: CircuitState
    failures: int
    """In a row, so far."""
    seconds: float = 0.0
    """Until one request may try again."""
    reason: FailureReason | None = None
    """Of the latest failure."""


OnCircuit: TypeAlias = Callable[[Circuit], None]


class CircuitBreaker:
    """The state of one endpoint, shared by all that ask it."""

    def __init__(
        self,
        name: str,
        rule: Breaker,
        *,
        clock: Clock,
        timeout: float = _SHORT,
        on_change: OnCircuit | None = None,
    ) -> None:
        """`name` is what messages call the endpoint; `timeout` what it is given for one call.

        `on_change` is told whenever the circuit opens (again) or closes.
        """
        self._name = name
        self._rule = rule
        self._clock = clock
        self._fair = min(_SHORT, timeout)
        self._on_change = on_change
        self._failures = 0
        self._opened: float | None = None
        self._latest: FailureReason | None = None
        self._probing = False
        self._epoch = 0
        """Counts openings and closings: what was sent before the last one says nothing now."""

    @property
    def circuit(self) -> Circuit:
        """How the endpoint stands now."""
        left = self._seconds_left()
        state: CircuitState = "closed" if self._opened is None else "open" if left else "half_open"
        return Circuit(state, self._failures, left, self._latest)

    def check(self) -> None:
        """Raise ModelFailure (`circuit_open`) when nothing would be sent now."""
        left = self._seconds_left()
        if left > 0:
            self._refuse(f"It is asked again in {left:.3g} s.", left)
        if self._probing:
            self._refuse("One request is trying it now.", None)

    async def guard(self, model: ChatModel, request: ChatRequest) -> ChatReply:
        """Ask the model if the circuit allows it, and learn from what comes."""
        self.check()
        epoch, probe = self._epoch, self._opened is not None
        self._probing = probe
        try:
            reply = await model.chat(request)
        except ModelFailure as failure:
            if epoch == self._epoch:
                self._learn(failure.reason, request.timeout)
            raise
        finally:
            if probe:
                self._probing = False
        if epoch == self._epoch:
            self._succeeded()
        return reply

    def _seconds_left(self) -> float:
        if self._opened is None:
            return 0.0
        return max(0.0, self._opened + self._rule.cooldown - self._clock.elapsed())

    def _refuse(self, when: str, seconds: float | None) -> None:
        said = f"{self._name} failed {self._failures} times in a row and is left alone. {when}"
        raise ModelFailure(FailureReason.CIRCUIT_OPEN, said, retryable=True, retry_after=seconds)

    def _learn(self, reason: FailureReason, seconds: float) -> None:
        if reason is FailureReason.TIMEOUT and seconds < self._fair:
            return
        if reason in _ALIVE:
            self._succeeded()
        elif reason in _COUNTED:
            self._failures += 1
            self._latest = reason
            if self._opened is not None or self._failures >= self._rule.failures:
                self._move(self._clock.elapsed())

    def _succeeded(self) -> None:
        self._failures = 0
        if self._opened is not None:
            self._move(None)

    def _move(self, opened: float | None) -> None:
        self._opened = opened
        self._epoch += 1
        if self._on_change is not None:
            self._on_change(self.circuit)


class GuardedModel(AroundModel):
    """A model that is asked only while its circuit allows it."""

    def __init__(self, model: ChatModel, breaker: CircuitBreaker) -> None:
        super().__init__(model)
        self._breaker = breaker

    async def chat(self, request: ChatRequest) -> ChatReply:
        """The model's answer; ModelFailure `circuit_open` when nothing is sent."""
        return await self._breaker.guard(self._model, request)
