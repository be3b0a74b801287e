"""A spending cap that many calls share, also calls that run at the same time."""

from __future__ import annotations

import threading

from pantheon.models._model import FailureReason, ModelFailure


class Budget:
    """A cap in USD. Each call reserves the most it may cost, then settles what it did cost.

    So the cap holds however many calls are under way, as long as servers keep to `max_tokens`.
    """

    def __init__(self, usd: float | None = None, *, spent: float = 0.0) -> None:
        """`usd`: the cap, None for no cap; `spent`: what has gone already."""
        self._usd = usd
        self._spent = spent
        self._reserved = 0.0
        self._lock = threading.Lock()

    @property
    def usd(self) -> float | None:
        """The cap; None when there is none."""
        return self._usd

    @property
    def spent(self) -> float:
        """USD spent by settled calls, and before."""
        return self._spent

    @property
    def remaining(self) -> float:
        """USD neither spent nor reserved; infinite without a cap."""
        if self._usd is None:
            return float("inf")
        return max(0.0, self._usd - self._spent - self._reserved)

    def reserve(self, usd: float) -> None:
        """Put that much aside for a call, or raise ModelFailure (`budget`)."""
        with self._lock:
            if usd > self.remaining:
                raise ModelFailure(
                    FailureReason.BUDGET,
                    f"The call may cost up to {usd:.6f} USD, but only {self.remaining:.6f} of "
                    f"the budget of {self._usd or 0.0:.2f} USD is left.",
                )
            self._reserved += usd

    def settle(self, *, reserved: float, spent: float) -> None:
        """End a call: give back what was reserved, and book what it cost."""
        with self._lock:
            self._reserved = max(0.0, self._reserved - reserved)
            self._spent += spent
