"""The figures a lesson rests on, as JSON that is kept, and as sentences for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject
    from pantheon.learn._calibrate import Calibration
    from pantheon.learn._candidate import Candidate
    from pantheon.learn._gate import GateResult, Standing
    from pantheon.learn._intervals import Interval
    from pantheon.learn._paired import Paired
    from pantheon.learn._rung import RungModel
    from pantheon.learn.gates import Holdout
    from pantheon.learn.quality import QualityRegion


def calibration_json(calibration: Calibration) -> JsonObject:
    """What was certified. An estimate is `{value, low, high, level}`; null stands for infinite.

    `curve`: `[threshold, local share, risk, its one-sided bound]` along the margins that were tried.
    """
    promise = calibration.promise
    return {
        "rows": calibration.rows,
        "errors": calibration.errors,
        "threshold": _finite(calibration.threshold),
        "risk": estimate_json(calibration.risk),
        "risk_bound": calibration.bound,
        "local_share": estimate_json(calibration.local_share),
        "disagreement_local": estimate_json(calibration.disagreement_local),
        "agreement": estimate_json(calibration.agreement),
        "promised": promise.disagreement,
        "confidence": promise.confidence,
        "curve": [[p.threshold, p.local_share, p.risk, p.bound] for p in calibration.curve],
    }


def gate_json(result: GateResult) -> JsonObject:
    """How the candidate did on held-out rows, beside what is deployed."""
    return {
        "rows": result.rows,
        "candidate": _standing_json(result.candidate),
        "deployed": _standing_json(result.deployed) if result.deployed else None,
        "local": _paired_json(result.local),
        "wrong": _paired_json(result.wrong),
        "critical_rows": result.critical_rows,
        "move": result.move,
        "waiting": result.waiting,
        "holdout": None if result.holdout is None else holdout_json(result.holdout),
    }


def holdout_json(holdout: Holdout) -> JsonObject:
    """How worn a holdout is, in bits that it has told."""
    return {
        "rows": holdout.rows,
        "resting": holdout.resting,
        "looks": holdout.looks,
        "rejections": holdout.rejections,
        "bits": holdout.bits,
        "bits_allowed": holdout.allowed,
        "bits_left": holdout.left,
    }


def estimate_json(interval: Interval) -> JsonObject:
    """An estimate with its two-sided limits."""
    return {
        "value": _finite(interval.estimate),
        "low": interval.low,
        "high": interval.high,
        "level": interval.level,
    }


def _standing_json(standing: Standing) -> JsonObject:
    return {
        "risk": estimate_json(standing.risk),
        "risk_bound": standing.risk_bound,
        "local_share": estimate_json(standing.local_share),
    }


def _paired_json(paired: Paired) -> JsonObject:
    return {
        "candidate_only": paired.candidate_only,
        "deployed_only": paired.deployed_only,
        "p_fewer": paired.p_fewer,
        "p_more": paired.p_more,
    }


def _finite(value: float) -> Json:
    return value if math.isfinite(value) else None


# ---------------------------------------------------------------------------------- in words
def summarise(calibration: Calibration) -> str:
    """One line for the lock file and for lists."""
    share, confidence = calibration.local_share.estimate, 100 * calibration.promise.confidence
    return (
        f"{_percent(share)} answered here; at most {_percent(calibration.bound)} of all requests "
        f"differ ({confidence:g} % confidence, {calibration.rows:,} examples)"
    )


def explain(
    candidate: Candidate[RungModel], result: GateResult, region: QualityRegion | None = None
) -> tuple[str, ...]:
    """Why a candidate may answer, a sentence each."""
    calibration = candidate.calibration
    promise = calibration.promise
    certified = (
        f"Certified on {calibration.rows:,} examples drawn like the traffic: {calibration.errors} "
        f"would be answered here unlike the teacher, so at most {_percent(calibration.bound)} of "
        f"all requests are, with {100 * promise.confidence:g} % confidence "
        f"({_percent(promise.disagreement)} is promised)."
    )
    return (
        certified,
        f"Its {candidate.rung} would answer {_percent(calibration.local_share.estimate)} here.",
        _held_out(result),
        *_judged(region),
    )


def _judged(region: QualityRegion | None) -> tuple[str, ...]:
    """What people's judgements show, where quality is promised."""
    if region is None:
        return ()
    points = f"{100 * region.margin:g} points"
    rest = f"{region.judged:,} judged, {region.pending:,} not yet; {region.rows:,} compared"
    if region.confidence is None:
        return (f"Nothing is shown yet to be within {points} of the cloud's quality ({rest}).",)
    shown = f"where it is {100 * region.confidence:.0f} % sure or more"
    return (f"Not worse than the cloud by more than {points} {shown} ({rest}).",)


def _held_out(result: GateResult) -> str:
    wrong = round(result.candidate.risk.estimate * result.rows) if result.rows else 0
    words = f"On {result.rows:,} held-out examples {wrong} would be answered here and differ"
    if result.deployed is None:
        return words + "; nothing answers now."
    ours, theirs = result.local.candidate_only, result.local.deployed_only
    return words + f"; it alone answers {ours} of them, the one deployed alone {theirs}."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
