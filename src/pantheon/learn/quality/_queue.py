"""Which judgements to ask a person for, and what they would unlock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pantheon.learn._certainty import Certainty, fit_certainty
from pantheon.learn.quality._pairs import Compared, nights_of
from pantheon.learn.quality._process import REGIONS, loosest, most_evidence

_FEWEST = 10
"""Judgements from which on their own pattern says who wins; before, it is taken as even."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One judgement that is asked for.

    - chance: estimated chance that the local answer is the right one of the two
    - gain: expected growth of the evidence (log e-value) of the next region, if it is given
    """

    compared: Compared
    chance: float
    gain: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where the test stands and what answering the queue would do.

    Shares are of all requests compared. `expected` is a forecast, not a promise: pending
    judgements fall as earlier ones did.
    """

    rows: int
    judged: int
    pending: int
    region: float | None
    """Confidence from which on the specialist is shown to be good; None: from none."""
    local_share: float
    expected_region: float | None
    expected_share: float
    judgements_needed: int | None
    """How many judgements, best first, the forecast needs; None: the queue is not enough."""


def rank_wanted(compared: Sequence[Compared], *, margin: float, delta: float) -> list[Wanted]:
    """Pending judgements, the one that should move the test most first."""
    pending = [item for item in compared if item.pending]
    if not pending:
        return []
    chances = _chances(compared, pending)
    goal = _next_region(compared, margin=margin, delta=delta)
    wanted = [
        Wanted(item, chance, _gain(item, chance, goal, margin))
        for item, chance in zip(pending, chances, strict=True)
    ]
    return sorted(wanted, key=lambda w: (-w.gain, -w.chance, w.compared.row.id))


def _chances(compared: Sequence[Compared], pending: Sequence[Compared]) -> list[float]:
    """How often the local answer won at like confidence; Platt's curve over what was judged."""
    judged = [c for c in compared if c.differs and c.verdict in {"local", "cloud"}]
    if len(judged) < _FEWEST:
        return [0.5] * len(pending)
    won = np.array([c.verdict == "local" for c in judged], dtype=bool)
    curve: Certainty = fit_certainty(np.array([c.confidence for c in judged]), won)
    return [float(x) for x in curve.of(np.array([p.confidence for p in pending]))]


def _next_region(compared: Sequence[Compared], *, margin: float, delta: float) -> float:
    """The confidence of the first region that is not shown yet; of the widest when all are."""
    reached = loosest(most_evidence(nights_of(compared), margin=margin), delta=delta)
    tighter = REGIONS if reached is None else REGIONS[reached > REGIONS]
    return float(tighter[0]) if len(tighter) else 0.0


def _gain(item: Compared, chance: float, goal: float, margin: float) -> float:
    """What a judgement adds on average at half the largest stake; 0 outside the next region."""
    if item.confidence < goal:
        return 0.0
    weight = 1 / (item.propensity * item.asked)
    stake = 0.45 / (weight - margin)
    won, lost = np.log1p(stake * (weight + margin)), np.log1p(stake * (margin - weight))
    return float(chance * (won - lost))


def look_ahead(compared: Sequence[Compared], *, margin: float, delta: float) -> Outlook:
    """Where the test stands, and where it would if the queue were answered as forecast."""
    now = loosest(most_evidence(nights_of(compared), margin=margin), delta=delta)
    wanted = rank_wanted(compared, margin=margin, delta=delta)
    verdicts = _forecast(wanted)
    then = _region_after(compared, verdicts, margin=margin, delta=delta)
    better = then is not None and (now is None or then < now)
    return Outlook(
        rows=len(compared),
        judged=sum(c.differs and c.verdict is not None for c in compared),
        pending=len(wanted),
        region=now,
        local_share=_share(compared, now),
        expected_region=then if better else now,
        expected_share=_share(compared, then if better else now),
        judgements_needed=_needed(compared, verdicts, now, margin=margin, delta=delta)
        if better
        else None,
    )


def _forecast(wanted: Sequence[Wanted]) -> list[tuple[str, str]]:
    """Verdicts by request, the surest win first, so that wins come to their expected number."""
    expected, won = 0.0, 0
    verdicts: list[tuple[str, str]] = []
    for item in wanted:
        expected += item.chance
        win = expected - won >= 0.5
        won += win
        verdicts.append((item.compared.row.id, "local" if win else "cloud"))
    return verdicts


def _region_after(
    compared: Sequence[Compared],
    verdicts: Sequence[tuple[str, str]],
    *,
    margin: float,
    delta: float,
) -> float | None:
    told = dict(verdicts)
    after = [replace(c, verdict=told.get(c.row.id, c.verdict)) for c in compared]
    return loosest(most_evidence(nights_of(after), margin=margin), delta=delta)


def _needed(
    compared: Sequence[Compared],
    verdicts: Sequence[tuple[str, str]],
    now: float | None,
    *,
    margin: float,
    delta: float,
) -> int:
    """The fewest judgements after which the region grows at all, by bisection."""
    low, high = 0, len(verdicts)
    while high - low > 1:
        middle = (low + high) // 2
        then = _region_after(compared, verdicts[:middle], margin=margin, delta=delta)
        grown = then is not None and (now is None or then < now)
        low, high = (low, middle) if grown else (middle, high)
    return high


def _share(compared: Sequence[Compared], region: float | None) -> float:
    """Share of the traffic inside a region; rare audits stand for the many that were not."""
    if region is None or not compared:
        return 0.0
    weights = np.array([1 / c.propensity for c in compared])
    inside = np.array([c.confidence >= region for c in compared])
    return float((weights * inside).sum() / weights.sum())
