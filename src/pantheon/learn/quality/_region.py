"""What the quality promise lets a specialist answer beyond what the agreement promise does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from pantheon.learn._bounds import upper_bound
from pantheon.learn._candidate import Candidate
from pantheon.learn._intervals import clopper_pearson
from pantheon.learn.quality._pairs import Compared, compare_rows, nights_of
from pantheon.learn.quality._process import REGIONS, loosest, most_evidence

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn._certainty import Certainty
    from pantheon.learn._rows import Row
    from pantheon.learn._rung import RungModel, Sameness
    from pantheon.store import Store

_SLACK = 1.25
"""The watch allows for so many times the disagreement that was certified before it alarms."""


@dataclass(frozen=True, slots=True)
class QualityRegion:
    """How far the quality promise reaches tonight.

    - confidence: answers from here on are not worse than the cloud's by more than the margin;
      None: nothing is shown
    - log_e: evidence of that region, or of the strictest where nothing is shown
    - rows: fresh requests compared; judged, pending: differences with and without a judgement
    - wins, losses: judgements for the local answer, and for the cloud's
    """

    confidence: float | None
    log_e: float
    margin: float
    rows: int
    judged: int
    pending: int
    wins: int
    losses: int

    def to_json(self) -> JsonObject:
        """For the version's evidence."""
        return {
            "margin": self.margin,
            "confidence_from": self.confidence,
            "log_e": self.log_e,
            "rows": self.rows,
            "judged": self.judged,
            "pending": self.pending,
            "wins": self.wins,
            "losses": self.losses,
        }


def compared_rows(
    store: Store,
    agent: str,
    rows: Sequence[Row],
    *,
    same: Sameness,
    seed: int,
    audit_rate: float = 1.0,
) -> list[Compared]:
    """Every fresh request that a version of the agent was asked about; see `compare_rows`."""
    return compare_rows(
        rows,
        store.predictions.list(agent),
        store.judgements.list(agent),
        same=same,
        seed=seed,
        asked=asked_chances(store, agent),
        audit_rate=audit_rate,
    )


def asked_chances(store: Store, agent: str) -> dict[str, float]:
    """The chance with which a difference of each version was put to a person.

    The first that was fixed: a version that is trained again meets requests that are known by now.
    """
    found: dict[str, float] = {}
    for row in store.evidence.list(agent, test=ASKED):
        found.setdefault(row.subject, float(cast("float", row.state.get("chance", 1.0))))
    return found


ASKED = "asked"
"""Name of the evidence rows that keep each version's sampling chance."""


def quality_region(compared: Sequence[Compared], *, margin: float, delta: float) -> QualityRegion:
    """What the judgements given so far show."""
    evidence = most_evidence(nights_of(compared), margin=margin)
    reached = loosest(evidence, delta=delta)
    place = 0 if reached is None else int(np.argmin(np.abs(reached - REGIONS)))
    return QualityRegion(
        reached,
        float(evidence[place]),
        margin,
        rows=len(compared),
        judged=sum(c.differs and c.verdict is not None for c in compared),
        pending=sum(c.pending for c in compared),
        wins=sum(c.differs and c.verdict == "local" for c in compared),
        losses=sum(c.differs and c.verdict == "cloud" for c in compared),
    )


def widen(candidate: Candidate[RungModel], region: QualityRegion) -> Candidate[RungModel]:
    """The candidate answering all that either promise lets it; itself if that is no more.

    The figures of its calibration are those of the wider region. What is promised of agreement
    there is what was measured, with some slack: that it gets no worse is what the audits watch.
    """
    if region.confidence is None:
        return candidate
    certainty: Certainty = candidate.specialist.certainty
    threshold = margin_at(region.confidence, certainty)
    if threshold >= candidate.calibration.threshold:
        return candidate
    judged, promise = candidate.judged, candidate.calibration.promise
    local = judged.margin >= threshold
    total, answered = len(local), int(local.sum())
    errors = int((local & judged.wrong).sum())
    bound = upper_bound(errors, total, promise.delta)
    watched = replace(promise, disagreement=min(max(_SLACK * bound, promise.disagreement), 0.99))
    calibration = replace(
        candidate.calibration,
        promise=watched,
        errors=errors,
        threshold=threshold,
        risk=clopper_pearson(errors, total, promise.confidence),
        bound=bound,
        local_share=clopper_pearson(answered, total, promise.confidence),
        disagreement_local=clopper_pearson(errors, answered, promise.confidence),
        reasons=(),
    )
    model = candidate.specialist.accepting(threshold, certainty)
    return replace(candidate, specialist=model, calibration=calibration)


def margin_at(confidence: float, certainty: Certainty) -> float:
    """The lowest score whose chance of agreement is at least `confidence`; never below 0."""
    if confidence <= 0:
        return 0.0
    if confidence >= 1:
        return math.inf
    return max((math.log(confidence / (1 - confidence)) - certainty.offset) / certainty.slope, 0.0)
