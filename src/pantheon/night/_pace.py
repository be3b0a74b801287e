"""Real time inside a simulated one: how long the specialist takes for one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.agents import Prediction, SpecialistModel
    from pantheon.clock import Clock
    from pantheon.learn import VectorCache


@dataclass(slots=True)
class Pace:
    """Times the specialist's answers, by a clock of the real world.

    Only answers for which the text's vector had to be computed count, as in service: a simulation
    has most vectors ready.
    """

    timer: Clock
    vectors: VectorCache
    _last: float | None = None

    def take(self) -> float | None:
        """Seconds of the newest answer if it counts; once."""
        seconds, self._last = self._last, None
        return seconds

    def answer(self, model: SpecialistModel, texts: Sequence[str]) -> Sequence[Prediction]:
        """The model's answer, timed."""
        computed, start = self.vectors.computed, self.timer.elapsed()
        predictions = model.answer(texts)
        if self.vectors.computed > computed:
            self._last = self.timer.elapsed() - start
        return predictions


@dataclass(frozen=True, slots=True)
class TimedSpecialist:
    """A specialist whose answers are timed."""

    model: SpecialistModel
    pace: Pace

    def answer(self, texts: Sequence[str]) -> Sequence[Prediction]:
        """One prediction per text, in order."""
        return self.pace.answer(self.model, texts)
