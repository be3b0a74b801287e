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

    A simulated day is known beforehand, so the specialist is asked about most of its texts in one
    batch, which is quicker. The others it is asked about one by one, as in service, and those are
    timed if the text's vector had to be computed too.
    """

    timer: Clock
    vectors: VectorCache
    today: tuple[str, ...] = ()
    """Texts that are answered in one batch."""
    last: float | None = None
    """Seconds of the newest timed answer."""

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
        if self._today is not self.pace.today:
            self._today = self.pace.today
            self._ready = dict(zip(self._today, self.model.answer(self._today), strict=True))
        if all(text in self._ready for text in texts):
            return [self._ready[text] for text in texts]
        return self._time(texts)

    def _time(self, texts: Sequence[str]) -> Sequence[Prediction]:
        computed, start = self.pace.vectors.computed, self.pace.timer.elapsed()
        predictions = self.model.answer(texts)
        if self.pace.vectors.computed > computed:
            self.pace.last = self.pace.timer.elapsed() - start
        return predictions
