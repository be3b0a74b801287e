"""What is remembered of one agent's watch from night to night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from pantheon.ids import ContentHash
from pantheon.learn.drift._bag import Bag
from pantheon.learn.drift._detector import CALM, Detector
from pantheon.learn.drift._martingale import YEAR

if TYPE_CHECKING:
    from pantheon.ids import JsonObject

TEST = "drift"
"""The name under which the state is kept among the evidence."""
LEVELS = 257
AGREES, DIFFERS = 0, 1
"""The two levels of an audit."""

Key = tuple[str, str]
"""Kind of an alarm, and the slice it is about."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at the inputs as a whole: how many, and the alarm that is open."""

    count: int = 0
    alarmed: bool = False
    calm: int = 0

    def alpha(self, yearly: float) -> float:
        """What one look may spend."""
        return yearly / YEAR

    def see(self, p: float, *, usual: float = 0.05) -> Looks:
        """The state after a look; only while an alarm is open does it matter what was seen."""
        calm = (self.calm + 1 if p > usual else 0) if self.alarmed else 0
        return Looks(self.count + 1, self.alarmed, calm)

    @property
    def over(self) -> bool:
        """Whether an open alarm has lost its reason."""
        return self.alarmed and self.calm >= CALM


@dataclass(frozen=True, slots=True)
class Watched:
    """The state of one agent's watch; immutable.

    - version: which specialist the detectors of inputs, confidence and disagreement are about
    - seen: time of the last request that was taken in; audited: of the last audit
    - looked: time of the last request that a look at the inputs took in
    """

    version: ContentHash | None = None
    seen: float = 0.0
    audited: float = 0.0
    looked: float = 0.0
    looks: Looks = Looks()
    detectors: Mapping[Key, Detector] = field(default_factory=dict[Key, Detector])

    def detector(self, kind: str, part: str = "") -> Detector:
        """The detector of that kind and slice; a new one with an empty bag if there is none."""
        found = self.detectors.get((kind, part))
        if found is not None:
            return found
        return Detector.of_verdicts() if kind == "disagreement" else Detector(Bag((0,) * LEVELS))

    def having(self, kind: str, part: str, detector: Detector) -> Watched:
        """The state with one detector in place of an earlier one."""
        return replace(self, detectors={**self.detectors, (kind, part): detector})

    def raised(self, kind: str, part: str) -> Watched:
        """The state after an alarm of that kind was raised."""
        if (kind, part) == ("inputs", ""):
            return replace(self, looks=replace(self.looks, alarmed=True, calm=0))
        return self.having(kind, part, self.detector(kind, part).raised())

    def closed(self, kind: str, part: str, *, renewed: bool) -> Watched:
        """The state after an alarm was closed; `renewed`: what comes now is what is usual."""
        if (kind, part) == ("inputs", ""):
            return replace(self, looks=replace(self.looks, alarmed=False, calm=0))
        detector = self.detector(kind, part).closed()
        if renewed:
            detector = detector.renewed(Bag((0,) * len(detector.bag.counts)))
        return self.having(kind, part, detector)

    @property
    def log_evidence(self) -> float:
        """The largest logarithm of evidence of any detector."""
        return max((d.game.log_evidence for d in self.detectors.values()), default=0.0)

    def to_json(self) -> JsonObject:
        """As it is kept in the store."""
        return {
            "version": self.version,
            "seen": self.seen,
            "audited": self.audited,
            "looked": self.looked,
            "looks": [self.looks.count, self.looks.alarmed, self.looks.calm],
            "detectors": [
                {"kind": kind, "slice": part, **detector.to_json()}
                for (kind, part), detector in sorted(self.detectors.items())
            ],
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Watched:
        """The state that `to_json` wrote."""
        kept = cast("dict[str, Any]", body)
        detectors = {
            (str(d["kind"]), str(d["slice"])): Detector.from_json(d) for d in kept["detectors"]
        }
        return cls(
            version=kept["version"],
            seen=kept["seen"],
            audited=kept["audited"],
            looked=kept["looked"],
            looks=Looks(*kept["looks"]),
            detectors=detectors,
        )
