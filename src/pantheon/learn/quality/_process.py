"""Evidence that a specialist is not worse than the cloud: one betting process a region.

A request counts D = 1 if the local answer is right and the cloud's is wrong, -1 the other way
round, and 0 if both are right or wrong, or if it is not answered locally: where the two say the
same, nobody need look. The null hypothesis of a region is E[D] <= -margin.

The cloud's answer is known of a request with chance `propensity` (audits), and a difference is put
to a person with chance `asked`; D divided by both is unbiased (Horvitz & Thompson 1952). A gambler
who stakes s multiplies a fortune by 1 + s (D / (propensity asked) + margin); its mean never grows
under the null, so it reaches 1/delta with chance delta at most, however often one looks (Ville
1939; Waudby-Smith & Ramdas 2024). The largest stake on a request is set by the smallest chance that
it could have had, which is known before it comes: while a specialist answers, that of an audit,
also for what is escalated. The mixture runs over stakes and over the night of the first bet, so that weak
specialists of the first nights do not ruin what later ones earn.

A difference that was put to a person who has not answered yet counts as lost. That can only lower
the fortune, so judgements may come in any order, and asking for the useful ones first is fair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pantheon.learn._rows import Floats

REGIONS: Floats = np.linspace(1.0, 0.0, 41)
"""Confidences from which on a region answers, the strictest first; fixed beforehand."""
_STAKES: Floats = np.geomspace(0.02, 0.9, 12)


@dataclass(frozen=True, slots=True)
class NightPairs:
    """What one night's fresh requests show; all shape (n,).

    - confidence: of the version that answered or would have; chosen before the requests came
    - difference: 1, -1 or 0; of one that is asked and not answered, -1
    - chance: with which the difference became known: propensity times asked, in (0, 1]
    - least: the smallest chance that a request of that time could have had, whatever was said of
      it; None: the smallest of the night's, where these are the same for all
    """

    confidence: Floats
    difference: Floats
    chance: Floats
    least: Floats | None = None

    def __post_init__(self) -> None:
        if not len(self.confidence) == len(self.difference) == len(self.chance):
            raise ValueError("the columns of a night differ in length")


def log_evidence(nights: Iterable[NightPairs], *, margin: float) -> Floats:
    """Logarithm of the e-value that every region has now; shape (41,), like `REGIONS`."""
    return _path(nights, margin)[-1]


def most_evidence(nights: Iterable[NightPairs], *, margin: float) -> Floats:
    """The largest that each region ever had after a night; shape (41,).

    Ville's inequality is about exactly this, so a region that was shown stays shown, and a day that
    nobody has judged yet takes nothing from the days before.
    """
    return _path(nights, margin).max(axis=0)


def _path(nights: Iterable[NightPairs], margin: float) -> Floats:
    """The evidence before the first night and after each; shape (nights + 1, 41)."""
    if not 0 < margin < 1:
        raise ValueError("a margin lies in (0, 1)")
    fortunes = np.full((len(REGIONS), len(_STAKES)), -np.inf)
    path = [np.zeros(len(REGIONS))]
    for count, night in enumerate(nights, 1):
        begun = -np.log(count * (count + 1) * len(_STAKES))
        fortunes = np.logaddexp(fortunes, begun) + _growth(night, margin)
        unspent = np.full((len(REGIONS), 1), -np.log(count + 1))
        path.append(np.logaddexp.reduce(np.concatenate([fortunes, unspent], axis=1), axis=1))
    return np.stack(path)


def _growth(night: NightPairs, margin: float) -> Floats:
    """By how much one night multiplies each gambler's fortune, as logarithms; (regions, stakes)."""
    if not len(night.chance):
        return np.zeros((len(REGIONS), len(_STAKES)))
    weighted = night.difference / night.chance
    least = night.chance.min() if night.least is None else np.minimum(night.least, night.chance)
    largest = np.broadcast_to(1 / (1 / least - margin), weighted.shape)
    # What lies outside a region shows no difference there, which is known without a look.
    inside = (night.confidence[None, :] >= REGIONS[:, None]) & (night.difference != 0)
    tied = np.log1p(_STAKES * largest[:, None] * margin)
    told = np.log1p(_STAKES * largest[:, None] * (weighted[:, None] + margin))
    return inside.astype(np.float64) @ (told - tied) + tied.sum(axis=0)


def loosest(log_e: Floats, *, delta: float) -> float | None:
    """The lowest confidence of the widest region shown to be good; None if there is none.

    Regions are tried in their fixed order until the first that is not shown (fixed-sequence
    testing), so that trying many costs nothing.
    """
    shown = log_e >= np.log(1 / delta)
    first_failure = int(np.argmin(shown)) if not shown.all() else len(shown)
    return float(REGIONS[first_failure - 1]) if first_failure else None
