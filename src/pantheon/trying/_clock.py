"""A clock that can be put forward: what a run waits for need not be waited for."""

from __future__ import annotations

from pantheon.clock import Clock


class SkippingClock:
    """Another clock, ahead of it by all that was skipped."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self.skipped = 0.0
        """Seconds, so far."""

    def now(self) -> float:
        return self._base.now() + self.skipped

    def elapsed(self) -> float:
        return self._base.elapsed()

    async def sleep(self, seconds: float) -> None:
        await self._base.sleep(seconds)

    def skip_to(self, moment: float) -> None:
        """Put it forward to a moment; one that has passed changes nothing."""
        self.skipped += max(0.0, moment - self.now())
