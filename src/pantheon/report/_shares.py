"""Shares with exact intervals: of the cloud, and of disagreement seen through audits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pantheon.learn import clopper_pearson
from pantheon.report._model import Estimate
from pantheon.store import AnswerRow, Audit

LEVEL = 0.95
"""Of intervals that belong to no promise."""


def share(hits: int, of: int, *, level: float = LEVEL) -> Estimate:
    """`hits` of `of` with the two-sided Clopper–Pearson interval; nothing of nothing is 0 to 1."""
    limits = clopper_pearson(hits, of, level)
    return Estimate(hits / of if of else None, limits.low, limits.high, level)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a set of answers of one agent came to."""

    requests: int
    local: int
    cloud: int
    audited: int
    disagreed: int
    weight: float
    """Σ 1/p over audited local answers, p their probability of being audited."""
    weight_squared: float
    weight_disagreed: float
    """Σ 1/p over those that differ."""


def tally(answers: Iterable[AnswerRow], audits: Mapping[str, Audit]) -> Tally:
    """Count answers; `audits` by the id of the answer they are about."""
    rows = list(answers)
    seen = [
        (1.0 / row.label_propensity, not audit.agrees)
        for row in rows
        if row.local
        and row.label_propensity > 0
        and (audit := audits.get(row.id)) is not None
        and audit.agrees is not None
    ]
    return Tally(
        requests=len(rows),
        local=sum(row.local for row in rows),
        cloud=sum(row.tier == "cloud" for row in rows),
        audited=len(seen),
        disagreed=sum(differs for _, differs in seen),
        weight=sum(w for w, _ in seen),
        weight_squared=sum(w * w for w, _ in seen),
        weight_disagreed=sum(w for w, differs in seen if differs),
    )


def disagreement_local(t: Tally, *, level: float) -> Estimate:
    """Share of local answers that differ from the cloud's, from the audited ones.

    Each audited answer stands for 1/p of its kind (Horvitz and Thompson, 1952, normalised after
    Hájek, 1971). The interval is exact in the effective number (Σw)²/Σw²; with one audit rate that
    is the number of audits itself.
    """
    if not t.audited:
        return Estimate(None, 0.0, 1.0 if t.local else 0.0, level)
    rate = t.weight_disagreed / t.weight
    effective = t.weight**2 / t.weight_squared
    limits = clopper_pearson(rate * effective, effective, level)
    return Estimate(rate, limits.low, limits.high, level)


def disagreement(t: Tally, *, level: float) -> Estimate:
    """Share of ALL requests answered locally and differently from the cloud.

    What the cloud itself answered cannot differ from it, so this is the local disagreement times
    the local share, which is known. Without local answers it is 0, exactly.
    """
    if not t.local:
        return Estimate(0.0 if t.requests else None, 0.0, 0.0 if t.requests else 1.0, level)
    among = disagreement_local(t, level=level)
    part = t.local / t.requests
    value = None if among.value is None else among.value * part
    return Estimate(value, among.low * part, among.high * part, level)
