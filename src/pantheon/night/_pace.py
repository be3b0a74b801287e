"""Real time inside a simulated one: how long the specialist takes for one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.agents import Prediction, SpecialistModel
    from pantheon.clock import Clock
    from pantheon.learn import VectorCache


@dataclass(slots=True)
class Pace:
    """Times the specialist's answers, by a clock of the real world.

    A simulated day is known beforehand, so a specialist is asked about most of its texts in one
    batch, which is quicker. The others it is asked about one by one, as in service, and those are
    timed if the text's vector had to be computed too.
    """

    timer: Clock
    vectors: VectorCache
    last: float | None = None
    """Seconds of the newest timed answer."""
    _batches: dict[str, tuple[str, ...]] = field(default_factory=dict["str", "tuple[str, ...]"])

    def plan(self, *batches: Sequence[str]) -> None:
        """The texts of a day that are answered in one batch, for each specialist."""
        kept = [tuple(batch) for batch in batches]
        self._batches = {text: batch for batch in kept for text in batch}

    def batch_of(self, text: str) -> tuple[str, ...]:
        """The batch that a text of today belongs to; empty if it is asked alone."""
        return self._batches.get(text, ())

    def take(self) -> float | None:
        """Seconds of the newest timed answer, once."""
        seconds, self.last = self.last, None
        return seconds


@dataclass(slots=True)
class PacedSpecialist:
    """A specialist that is asked about a day at once, and timed now and then."""

    model: SpecialistModel
    pace: Pace
    _today: tuple[str, ...] = ()
    _ready: dict[str, Prediction] = field(default_factory=dict["str", "Prediction"])

    def answer(self, texts: Sequence[str]) -> Sequence[Prediction]:
        """One prediction per text, in order."""
        batch = self.pace.batch_of(texts[0]) if texts else ()
        if batch and batch is not self._today:
            self._today = batch
            self._ready = dict(zip(batch, self.model.answer(batch), strict=True))
        if batch and all(text in self._ready for text in texts):
            return [self._ready[text] for text in texts]
        return self._time(texts)

    def _time(self, texts: Sequence[str]) -> Sequence[Prediction]:
        computed, start = self.pace.vectors.computed, self.pace.timer.elapsed()
        predictions = self.model.answer(texts)
        if self.pace.vectors.computed > computed:
            self.pace.last = self.pace.timer.elapsed() - start
        return predictions
