"""How worn a holdout is: every query is kept, and what it has told is counted in bits.

The night learns one thing from a look at the holdout: passed or rejected. After `k` looks of which
`r` rejected there are C(k, r) stories that the night can have been told, so whatever it did in
answer depends on the held-out rows through at most

    bits = log2 C(k, r) + r

bits (the code that first tells r, then which ones). A bound that holds for one candidate with a
chance of 1 - delta holds for one chosen after such a story with delta divided by 2^bits: the
description-length argument of Dwork et al. 2015 ("Generalization in adaptive data analysis and
holdout reuse"), and, as in their Thresholdout, only surprises wear much: a gate that always
passes has told nothing.

Rows are usable while that widens Hoeffding's bound on a share by at most `TOLERANCE`. Wear is
counted a row: a row that arrived after a look was not part of it. So once the old rows are worn,
the gate goes on with those that came since, and the holdout renews itself with the traffic.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._rows import Row
    from pantheon.store import Look, Store

TOLERANCE = 0.02
"""By how much reuse may widen a bound on a share."""
DELTA = 0.05
PASSED, REJECTED = "gate passed", "gate rejected"
"""Purposes of looks; any other purpose counts as one that told something."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """What the ledger says of an agent's holdout.

    - rows: usable ones; resting: rows that are worn
    - looks, rejections: that the oldest usable row was part of
    - bits: told by them; allowed: what so many rows bear
    """

    rows: int
    resting: int
    looks: int
    rejections: int
    bits: float
    allowed: float

    @property
    def left(self) -> float:
        """Bits that may still be told."""
        return max(self.allowed - self.bits, 0.0)


def told_bits(looks: int, rejections: int) -> float:
    """What so many answers can have told, at most."""
    ways = (
        math.lgamma(looks + 1) - math.lgamma(rejections + 1) - math.lgamma(looks - rejections + 1)
    )
    return ways / math.log(2) + rejections


def allowed_bits(rows: int, *, tolerance: float = TOLERANCE, delta: float = DELTA) -> float:
    """What so many rows bear: 2.2, 5.6 and 8.6 bits for 200, 1,000 and 2,000 rows."""
    if rows == 0:
        return 0.0
    once = math.log(1 / delta)
    width = math.sqrt(once / (2 * rows)) + tolerance
    return (2 * rows * width**2 - once) / math.log(2)


def inspect(arrivals: Sequence[float], looks: Sequence[Look]) -> Holdout:
    """The state of a holdout whose rows came at these times."""
    return _newest_usable(sorted(arrivals), looks)[1]


def usable(rows: Sequence[Row], looks: Sequence[Look]) -> tuple[list[Row], Holdout]:
    """The rows that may be looked at tonight, in the order given: the newest ones, as many as
    bear what was told about the oldest of them.
    """
    since, state = _newest_usable(sorted(row.at for row in rows), looks)
    return [row for row in rows if row.at >= since], state


def _newest_usable(arrivals: Sequence[float], looks: Sequence[Look]) -> tuple[float, Holdout]:
    """From which arrival on, and the state; `arrivals` in order."""
    total, start = len(arrivals), 0
    while True:
        first = arrivals[start] if start < total else math.inf
        seen = [look for look in looks if look.at >= first]
        count, failed = sum(look.looks for look in seen), sum(_surprises(look) for look in seen)
        bits, allowed = told_bits(count, failed), allowed_bits(total - start)
        if bits <= allowed:
            return first, Holdout(total - start, start, count, failed, bits, allowed)
        start = bisect_right(arrivals, min(look.at for look in seen))


def _surprises(look: Look) -> int:
    return 0 if look.purpose == PASSED else look.looks  # also one of which nobody kept the answer


def record_look(store: Store, agent: str, *, night: str, rows: int, passed: bool) -> None:
    """Write that the gate has asked the holdout once, and what it was told."""
    store.looks.add(
        agent,
        night=night,
        n=1,
        at=store.clock.now(),
        purpose=PASSED if passed else REJECTED,
        rows=rows,
    )
