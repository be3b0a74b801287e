"""The gate: a candidate is compared with what is deployed, on held-out rows it never saw.

Calibration has already certified the promise on far more rows than are held out; the gate asks
what certification cannot: does unseen evidence contradict it, would users lose local answers, does
a slice that must never break get worse. A new specialist that is not worse is promoted, because
its certificate is fresher: keeping whichever once looked best would keep the luckiest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pantheon.learn._bounds import upper_bound
from pantheon.learn._fit import Candidate
from pantheon.learn._intervals import Interval, clopper_pearson
from pantheon.learn._numeric import binomial_cdf
from pantheon.learn._paired import Paired
from pantheon.learn._rows import Flags, Promise, Row, Settings
from pantheon.learn._specialist import Specialist
from pantheon.learn._splits import drawn_like_traffic, lowest_audit_rate, rows_in


@dataclass(frozen=True, slots=True)
class Standing:
    """One specialist on the held-out rows that were drawn like the traffic."""

    risk: Interval
    risk_bound: float
    local_share: Interval


@dataclass(frozen=True, slots=True)
class GateResult:
    """The decision and its evidence.

    - reasons: why it was rejected; empty if it was promoted
    - rows: random held-out rows both were asked; critical_rows: rows of critical labels looked at
    - deployed: None for an empty slot, which leaves everything to the next tier
    - local, wrong: paired counts of rows answered here, and of rows answered here wrongly
    """

    promoted: bool
    reasons: tuple[str, ...]
    rows: int
    candidate: Standing
    deployed: Standing | None
    local: Paired
    wrong: Paired
    critical_rows: int = 0


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the gate insists on.

    - alpha: significance at which harm counts as shown
    - critical: labels on which not one new wrong local answer is tolerated
    """

    alpha: float = 0.05
    critical: frozenset[str] = field(default_factory=frozenset[str])


@dataclass(frozen=True, slots=True)
class _Outcome:
    local: Flags
    wrong: Flags


def gate(
    candidate: Candidate,
    deployed: Specialist | None,
    rows: Sequence[Row],
    *,
    promise: Promise,
    settings: Settings | None = None,
    rules: GateRules | None = None,
    seed: int = 0,
) -> GateResult:
    """Decide whether `candidate` replaces `deployed`.

    Args:
        candidate: what the night trained.
        deployed: what answers now; None if nothing does.
        rows: all rows, or the held-out ones; only held-out ones are looked at.
        promise: what must be kept.
        settings: the ones the candidate was trained with.
        rules: how strict to be.
        seed: the one the candidate was trained with.
    """
    settings, rules = settings or Settings(), rules or GateRules()
    held = rows_in("holdout", rows, holdout_share=settings.holdout_share)
    rate = lowest_audit_rate(held, settings.audit_rate)
    random = [row for row in held if drawn_like_traffic(row, audit_rate=rate, seed=seed)]
    ours, theirs = _ask(candidate.specialist, random), _ask(deployed, random)
    critical = [row for row in held if row.label in rules.critical]
    local = Paired.count(ours.local, theirs.local)
    wrong = Paired.count(ours.wrong, theirs.wrong)
    reasons = (
        *candidate.calibration.reasons,
        *_contradiction(ours, promise, rules),
        *_loss(local, wrong, rules=rules),
        *_critical_harm(candidate.specialist, deployed, critical),
    )
    return GateResult(
        promoted=not reasons,
        reasons=reasons,
        rows=len(random),
        candidate=_stand(ours, promise),
        deployed=_stand(theirs, promise) if deployed else None,
        local=local,
        wrong=wrong,
        critical_rows=len(critical),
    )


def _ask(specialist: Specialist | None, rows: Sequence[Row]) -> _Outcome:
    if specialist is None or not rows:
        nothing = np.zeros(len(rows), dtype=bool)
        return _Outcome(nothing, nothing)
    local, said = specialist.accepts([row.text for row in rows])
    differs = np.array([label != row.label for label, row in zip(said, rows, strict=True)])
    return _Outcome(local, local & differs)


def _stand(outcome: _Outcome, promise: Promise) -> Standing:
    total, wrong = len(outcome.local), int(outcome.wrong.sum())
    return Standing(
        clopper_pearson(wrong, total, promise.confidence),
        upper_bound(wrong, total, promise.delta),
        clopper_pearson(int(outcome.local.sum()), total, promise.confidence),
    )


def _contradiction(ours: _Outcome, promise: Promise, rules: GateRules) -> tuple[str, ...]:
    total, wrong = len(ours.wrong), int(ours.wrong.sum())
    if wrong == 0 or 1 - binomial_cdf(wrong - 1, total, promise.disagreement) > rules.alpha:
        return ()
    reason = (
        f"Held-out examples contradict the promise: {wrong} of {total} would be answered here "
        f"unlike the teacher ({promise.disagreement:.1%} promised)."
    )
    return (reason,)


def _loss(local: Paired, wrong: Paired, *, rules: GateRules) -> tuple[str, ...]:
    """Fewer local answers are a loss, unless they buy fewer wrong ones."""
    if local.p_fewer > rules.alpha or wrong.p_fewer <= rules.alpha:
        return ()
    reason = (
        f"It would answer fewer requests here: {local.deployed_only} held-out examples only the "
        f"deployed one answers, {local.candidate_only} only the candidate (p = {local.p_fewer:.3f})."
    )
    return (reason,)


def _critical_harm(
    candidate: Specialist, deployed: Specialist | None, rows: Sequence[Row]
) -> tuple[str, ...]:
    ours, theirs = _ask(candidate, rows), _ask(deployed, rows)
    worse = (ours.wrong & ~theirs.wrong).tolist()
    harmed = sorted({row.label for row, hurt in zip(rows, worse, strict=True) if hurt})
    return tuple(f"A critical answer got worse: {label}" for label in harmed)
