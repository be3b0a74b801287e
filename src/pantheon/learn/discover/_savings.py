"""What a proposed agent would save, with limits that cover both what is not known well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.learn._intervals import Interval
from pantheon.learn.discover._call import Call
from pantheon.spec import Price

if TYPE_CHECKING:
    from pantheon.ids import JsonObject

_MONTH = 365.25 * 86_400 / 12
_DAY = 86_400.0
_PER_CALLS = 1000


@dataclass(frozen=True, slots=True)
class Spend:
    """What calls have cost. `usd` is None where neither the log nor a price tells."""

    calls: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    estimated: bool
    """Whether tokens were counted by rule of thumb, as the log tells no usage."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What would not be spent any longer, per `per` (`month` or `1,000 calls`)."""

    per: str
    calls: float
    """Calls of the task in that time."""
    local: Interval
    """Calls answered locally in that time (audits are still asked of the cloud)."""
    usd: Interval | None

    def to_json(self) -> JsonObject:
        """The saving under stable keys."""
        return {
            "per": self.per,
            "calls": self.calls,
            "local_calls": _limits(self.local),
            "usd": _limits(self.usd) if self.usd else None,
        }


def _limits(interval: Interval) -> JsonObject:
    return {"value": interval.estimate, "low": interval.low, "high": interval.high}


def spend_of(calls: Sequence[Call], price: Price | None) -> Spend:
    """Tokens and money of calls; what a log says of the cost goes before the price."""
    costs = [_cost(call, price) for call in calls]
    known = [cost for cost in costs if cost is not None]
    return Spend(
        calls=len(calls),
        tokens_in=sum(call.tokens_in for call in calls),
        tokens_out=sum(call.tokens_out for call in calls),
        usd=sum(known) if len(known) == len(costs) else None,
        estimated=any(call.estimated for call in calls),
    )


def _cost(call: Call, price: Price | None) -> float | None:
    if call.usd is not None:
        return call.usd
    if price is None or (price.input == 0 and price.output == 0):
        return None
    return (call.tokens_in * price.input + call.tokens_out * price.output) / 1e6


def expect_saving(spend: Spend, share: Interval, *, span: float | None, audit: float) -> Saving:
    """The expected saving of a task of which `share` is certified to be answered locally.

    Args:
        spend: of the task's calls in the log.
        share: certified local share, with limits.
        span: seconds that the log covers; None or less than a day: told per 1,000 calls.
        audit: share of local answers that the cloud is asked about all the same.

    The limits hold jointly at 95 % (each part at 97.5 %, Bonferroni): for the share, taken at its
    own level, and for the number of calls, a Poisson count (Garwood 1936). The mean cost of a
    call is taken as it was in the log.
    """
    if span is None or span < _DAY:
        volume = Interval(_PER_CALLS, _PER_CALLS, _PER_CALLS)
        per = f"{_PER_CALLS:,} calls"
    else:
        volume = _scaled(_garwood(spend.calls, 0.975), _MONTH / span)
        per = "month"
    kept = 1 - audit
    local = Interval(
        volume.estimate * share.estimate * kept,
        volume.low * share.low * kept,
        volume.high * share.high * kept,
    )
    each = None if spend.usd is None or not spend.calls else spend.usd / spend.calls
    return Saving(per, volume.estimate, local, None if each is None else _scaled(local, each))


def _scaled(interval: Interval, factor: float) -> Interval:
    return Interval(
        interval.estimate * factor, interval.low * factor, interval.high * factor, interval.level
    )


def _garwood(count: int, level: float) -> Interval:
    """Exact limits of a Poisson mean."""
    from scipy.special import gammaincinv

    tail = (1 - level) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return Interval(count, low, float(gammaincinv(count + 1, 1 - tail)), level)
