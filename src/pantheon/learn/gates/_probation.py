"""Probation: a canary answers a share of the requests, and fresh rows say whether it may stay.

On every fresh row drawn like the traffic both versions are asked, whichever of them answered it.
Looking each night is allowed, because what ends a probation badly is anytime-valid:

- *rolled back* once the lower end of the confidence sequence of its risk (the share of all
  requests answered here unlike the teacher) is above the promise, or the paired e-process says
  that it is wrong more often than what answers beside it where both would answer (what only one
  of them answers is what the promise is about: a canary that answers more is wrong more often);
- *suspicious* while the estimates alone say so: it stays on probation, and goes at its end;
- *settled*, that is promoted, after `3 / promise` rows (with so few errors as none, that many show
  the promise kept: the rule of three) or after the last night of the probation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from pantheon.learn._paired import Paired
from pantheon.learn._rows import Floats

if TYPE_CHECKING:
    from pantheon.learn._rows import Promise
    from pantheon.learn.gates._answers import Outcome

_MULTIPLES: Floats = np.array([1.3, 1.6, 2.0, 3.0, 5.0])
"""Risks bet on, as multiples of the one that is tested, as in the audit's monitor."""
_STEPS = 40
NIGHTS = 3
"""Nights after which a canary that is not suspicious is settled, however few rows there were."""

Verdict: TypeAlias = Literal["settled", "on probation", "suspicious", "rolled back"]


def log_breach(errors: ArrayLike, rows: ArrayLike, risk: ArrayLike) -> Floats:
    """Log of the evidence, anytime-valid, that the true risk is above `risk`.

    The mean fortune of gamblers who each think that the risk is some multiple of it; were it no
    larger, the mean would ever reach 1/alpha with a chance of at most alpha.
    """
    wrong, total, fair = (np.asarray(x, dtype=np.float64)[..., None] for x in (errors, rows, risk))
    thought = np.minimum(_MULTIPLES * fair, (1 + fair) / 2)
    gained = wrong * np.log(thought / fair)
    lost = (total - wrong) * np.log((1 - thought) / (1 - fair))
    return np.asarray(np.logaddexp.reduce(gained + lost, axis=-1) - math.log(len(_MULTIPLES)))


def lower_limit(errors: int, rows: int, alpha: float = 0.05) -> float:
    """The lower end of the confidence sequence of a risk.

    With a chance of at least 1 - alpha it is below the true risk at all times at once: it is the
    least risk against which there is no evidence of 1 / alpha.
    """
    if errors == 0:
        return 0.0
    low, high = 0.0, errors / rows
    for _ in range(_STEPS):
        middle = (low + high) / 2
        refuted = float(log_breach(errors, rows, max(middle, 1e-12))) >= math.log(1 / alpha)
        low, high = (middle, high) if refuted else (low, middle)
    return low


@dataclass(frozen=True, slots=True)
class Probation:
    """Where a canary stands.

    - rows, errors: fresh rows so far, and those it would answer unlike the teacher
    - limit: the lower end of the confidence sequence of its risk
    - worse: e-value that it is wrong more often than what answers beside it, where both answer;
      paired: the counts
    """

    verdict: Verdict
    rows: int
    errors: int
    limit: float
    worse: float
    paired: Paired
    reason: str

    @property
    def estimate(self) -> float:
        """The share of fresh rows that it would answer unlike the teacher."""
        return self.errors / self.rows if self.rows else 0.0


def review(
    canary: Outcome,
    stable: Outcome,
    promise: Promise,
    *,
    nights: int,
    last_night: int = NIGHTS,
    alpha: float = 0.05,
) -> Probation:
    """What fresh rows say of a canary.

    Args:
        canary: what it said of all fresh rows since its probation began.
        stable: what the other version said of the same rows.
        promise: what must be kept.
        nights: how many nights it has been on probation, this one included.
        last_night: the night on which probation ends.
        alpha: chance, half for each reason, of rolling back a canary that is fine.
    """
    rows, errors = len(canary.local), int(canary.wrong.sum())
    both = canary.local & stable.local
    paired = Paired.count(canary.wrong & both, stable.wrong & both)
    limit = lower_limit(errors, rows, alpha / 2)
    over = errors > promise.disagreement * rows
    more = paired.candidate_only > paired.deployed_only
    verdict: Verdict = "on probation"
    if limit > promise.disagreement or paired.e_more >= 2 / alpha:
        verdict = "rolled back"
    elif over:
        verdict = "rolled back" if nights >= last_night else "suspicious"
    elif rows >= rows_to_settle(promise) or nights >= last_night:
        verdict = "settled"
    elif more:
        verdict = "suspicious"
    reason = _tell(verdict, rows, errors, limit, promise, paired)
    return Probation(verdict, rows, errors, limit, paired.e_more, paired, reason)


def rows_to_settle(promise: Promise) -> int:
    """Fresh rows after which a probation without suspicion ends: the rule of three."""
    return math.ceil(3 / promise.disagreement)


def _tell(
    verdict: Verdict, rows: int, errors: int, limit: float, promise: Promise, paired: Paired
) -> str:
    estimate = errors / rows if rows else 0.0
    return (
        f"Canary {verdict}: {errors} of {rows:,} fresh requests answered unlike the teacher "
        f"({estimate:.1%}, at least {limit:.1%} for sure; {promise.disagreement:.1%} promised); where "
        f"both answer, it alone was wrong {paired.candidate_only} times, what answers beside it alone "
        f"{paired.deployed_only} times."
    )
