"""Risk bounds: what the errors counted on a random sample say about the risk."""

from __future__ import annotations

import math

import numpy as np

from pantheon.learn._numeric import beta_quantile, binomial_cdf, log_choose, log_sum
from pantheon.learn._rows import Promise


def upper_bound(errors: int, total: int, delta: float) -> float:
    """One-sided Clopper-Pearson: the true risk is above this with a chance of at most `delta`."""
    if errors >= total:
        return 1.0
    return beta_quantile(errors + 1, total - errors, 1 - delta)


def long_run_p_value(errors: int, total: int, risk: float) -> float:
    """Chance of seeing so few errors in `total` random rows if the true risk were `risk`."""
    return binomial_cdf(errors, total, risk)


def horizon_p_value(errors: int, total: int, *, later: int, horizon: int) -> float:
    """Chance of so few errors among `total` rows if the next `horizon` rows held `later` errors.

    Given the number of errors among all `total + horizon` exchangeable rows, the number that fell
    into the sample is hypergeometric, so nothing need be assumed about the true risk. It is the
    one-sided Fisher test between the sample and what comes next.
    """
    if later > horizon:
        return 0.0
    found = np.arange(errors + 1, dtype=np.float64)
    logs = log_choose(total, found) + log_choose(horizon, errors + later - found)
    whole = log_choose(total + horizon, np.array([errors + later], dtype=np.float64))
    return min(1.0, math.exp(log_sum(logs) - float(whole[0])))


def keeps_promise(errors: int, total: int, promise: Promise) -> bool:
    """Whether a sample with `errors` in `total` rows is evidence enough for the promise."""
    if long_run_p_value(errors, total, promise.disagreement) > promise.delta:
        return False
    if promise.horizon is None:
        return True
    broken = math.floor(promise.disagreement * promise.horizon + 1e-9) + 1
    p_value = horizon_p_value(errors, total, later=broken, horizon=promise.horizon)
    return p_value <= promise.delta


def most_errors_allowed(total: int, promise: Promise) -> int:
    """The largest number of errors in `total` rows that keeps the promise; -1 if none does."""
    low, high = -1, total
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if keeps_promise(middle, total, promise) else (low, middle)
    return low


def rows_needed(promise: Promise) -> int:
    """How many random rows without one error it takes to certify anything at all."""
    total = 1
    while not keeps_promise(0, total, promise):
        total += max(1, total // 50)
        if total > 10_000_000:
            return total
    return total
