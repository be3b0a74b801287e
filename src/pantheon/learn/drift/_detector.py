"""One thing that is watched: what is usual, and the evidence that it no longer is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from pantheon.learn._rows import Floats
from pantheon.learn.drift._bag import Bag, Levels
from pantheon.learn.drift._martingale import JUDGED, Martingale

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject

CALM = 3
"""So many nights that look like before close an alarm."""
_USUAL_Z = 1.645
"""A night looks like before unless its ranks are this low; a stable one fails 1 time in 20."""
_FEW = 5


@dataclass(frozen=True, slots=True)
class Detector:
    """Rows against all rows before them; immutable.

    - alarmed: it has raised an alarm that is still open; what comes is then compared with what
      was usual before, and is not added to it
    - calm: nights in a row that looked like before, while alarmed
    - nights: how many nights the alarm has been open
    """

    bag: Bag
    game: Martingale = field(default_factory=Martingale)
    alarmed: bool = False
    calm: int = 0
    nights: int = 0

    @classmethod
    def of_verdicts(cls) -> Detector:
        """For verdicts on two levels, with an empty bag."""
        return cls(Bag((0, 0)), Martingale.start(JUDGED))

    def see(self, levels: Levels, coins: Floats) -> Detector:
        """The state after one night's rows, in their order."""
        if not len(levels):
            return self
        if self.alarmed:
            return self._see_alarmed(levels, coins)
        p = self.bag.rank(levels, coins)
        return replace(self, bag=self.bag.with_rows(levels), game=self.game.see(p))

    def _see_alarmed(self, levels: Levels, coins: Floats) -> Detector:
        if len(levels) < _FEW:
            return replace(self, nights=self.nights + 1)
        counts = np.array(self.bag.counts)
        above = counts.sum() - np.cumsum(counts)
        p = (above[levels] + coins * (counts[levels] + 1)) / (counts.sum() + 1)
        z = (0.5 - float(p.mean())) * math.sqrt(12 * len(p))
        return replace(self, calm=self.calm + 1 if z < _USUAL_Z else 0, nights=self.nights + 1)

    def raised(self) -> Detector:
        """An alarm was raised: the game begins anew once it is closed."""
        return replace(self, alarmed=True, calm=0, nights=0, game=self.game.anew())

    def closed(self) -> Detector:
        """The alarm is over."""
        return replace(self, alarmed=False, calm=0, nights=0)

    def renewed(self, bag: Bag) -> Detector:
        """Another version answers, or what came is usual now: another bag, the same year."""
        return Detector(bag, self.game.renewed())

    @property
    def over(self) -> bool:
        """Whether an open alarm has lost its reason."""
        return self.alarmed and self.calm >= CALM

    def to_json(self) -> JsonObject:
        """As it is kept: the counts as pairs of level and count."""
        counts = list["Json"]([[i, count] for i, count in enumerate(self.bag.counts) if count])
        return {
            "levels": len(self.bag.counts),
            "counts": counts,
            "game": [self.game.nights, *self.game.capital],
            "alarm": [self.calm, self.nights] if self.alarmed else None,
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Detector:
        """The detector that `to_json` wrote."""
        counts = [0] * cast("int", body["levels"])
        for level, count in cast("list[list[int]]", body["counts"]):
            counts[level] = count
        nights, *capital = cast("list[float]", body["game"])
        alarm = cast("list[int] | None", body["alarm"])
        calm, open_nights = alarm or (0, 0)
        game = Martingale(int(nights), tuple(capital))
        return cls(Bag(tuple(counts)), game, alarm is not None, calm, open_nights)
