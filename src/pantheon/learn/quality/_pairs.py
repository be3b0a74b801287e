"""Where a version and the cloud said different things about requests the version had not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pantheon.ids import canonical_json
from pantheon.learn._rows import hash_unit
from pantheon.learn.quality._process import NightPairs

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn._rows import Row
    from pantheon.learn._rung import Sameness
    from pantheon.store import Judgement, ShadowPrediction

DIFFERENCE: Mapping[str, float] = {"local": 1.0, "cloud": -1.0, "both": 0.0, "neither": 0.0}
"""What each verdict says of the local answer against the cloud's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One fresh request: what the version of that time said, and what the cloud did.

    - night: number of the block it belongs to; version and sampling are fixed within a block
    - asked: the chance with which a difference of its block is put to a person
    - audited: the smallest propensity that a request of its time could have had
    - put: whether this one is; verdict: what the person said, if anything
    """

    row: Row
    night: int
    confidence: float
    local: JsonObject
    differs: bool
    propensity: float
    asked: float
    put: bool
    verdict: str | None = None
    audited: float = 1.0

    @property
    def pending(self) -> bool:
        """A judgement is wanted."""
        return self.differs and self.put and self.verdict is None

    @property
    def difference(self) -> float:
        """What it counts; see `_process`."""
        if not (self.differs and self.put):
            return 0.0
        return -1.0 if self.verdict is None else DIFFERENCE[self.verdict]


def compare_rows(
    rows: Sequence[Row],
    shadows: Sequence[ShadowPrediction],
    judgements: Sequence[Judgement],
    *,
    same: Sameness,
    seed: int,
    asked: Mapping[str, float],
    audit_rate: float = 1.0,
) -> list[Compared]:
    """Every request that a version was asked about before it could learn from it, oldest first.

    Args:
        rows: requests whose cloud answer is known, with the chance that it became known.
        shadows: what versions said of them; of several, the first version's counts.
        judgements: what people said; the last of a request counts, if the answers are the same.
        same: the contract's equality.
        seed: draws which differences are put to a person.
        asked: the chance of that by version; 1 where it is not named.
        audit_rate: the audit rate in service; of rows that say otherwise the lowest counts.
    """
    known = {row.id: row for row in rows if row.drawn != "feedback" and row.propensity > 0}
    rate = min((row.propensity for row in known.values()), default=1.0)
    rate = min(rate, audit_rate)
    said = {j.example: j for j in judgements}
    blocks: dict[str, int] = {}
    found: dict[str, Compared] = {}
    for shadow in sorted(shadows, key=lambda s: (s.at, s.example)):
        row = known.get(shadow.example)
        if row is None or row.id in found:
            continue
        night = blocks.setdefault(shadow.version, len(blocks))
        chance = asked.get(shadow.version, 1.0)
        label = canonical_json(shadow.output)
        differs = not same(label, row.label)
        verdict = said.get(row.id)
        if verdict is not None and canonical_json(verdict.local_output) != label:
            verdict = None  # it was about another answer
        found[row.id] = Compared(
            row,
            night,
            shadow.score,
            shadow.output,
            differs,
            row.propensity,
            chance,
            put=hash_unit("judge", seed, row.id) < chance,
            verdict=verdict.verdict if verdict else None,
            audited=1.0 if row.drawn == "bootstrap" else rate,
        )
    return list(found.values())


def nights_of(compared: Sequence[Compared]) -> list[NightPairs]:
    """The blocks in their order, for `log_evidence`."""
    blocks: dict[int, list[Compared]] = defaultdict(list)
    for item in compared:
        blocks[item.night].append(item)
    return [
        NightPairs(
            np.array([c.confidence for c in blocks[night]]),
            np.array([c.difference for c in blocks[night]]),
            np.array([c.propensity * c.asked for c in blocks[night]]),
            np.array([c.audited * c.asked for c in blocks[night]]),
        )
        for night in sorted(blocks)
    ]
