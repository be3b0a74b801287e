"""Evidence that grows from night to night: betting against exchangeability.

A *conformal test martingale* (Vovk, Nouretdinov & Gammerman 2003; Vovk et al. 2021, "Retrain or
not retrain"): as long as rows keep coming as they came before, the rank of each among all before
it is uniform and independent of the earlier ranks (`Bag`). Somebody who bets on small ranks then
plays a fair game, and a fortune that was 1 ever reaches 1/alpha with a chance of at most alpha
(Ville 1939), however often one looks.

A drift begins on some night nobody knows, and a gambler who played before has lost by then. So
the stake is spread: a 365th of it enters the game each night of a year, beside what is left of
the earlier ones. All gamblers of one strategy win and lose alike from then on, so their sum is
one number, and the state does not grow. The sum with what has not been staked yet is again a fair
game, which never falls below what is left; that is what lets it see a change after a calm spring
as soon as one on the first night, at the price of log 365 in evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pantheon.learn._rows import Floats

YEAR = 365
"""Nights that one alpha is for."""
_NOTHING = -700.0
"""Logarithm of no capital; a number that JSON can hold."""


def _power(exponent: float) -> Callable[[Floats], Floats]:
    """Bets on a few very strange rows: k p^(k - 1)."""
    return lambda p: math.log(exponent) + (exponent - 1) * np.log(np.maximum(p, 1e-12))


def _line(slope: float) -> Callable[[Floats], Floats]:
    """Bets on all rows being a little stranger than before: 1 + s (1/2 - p)."""
    return lambda p: np.log1p(slope * (0.5 - p))


def _step(usual: float, feared: float) -> Callable[[Floats], Floats]:
    """Bets that a share `feared` of the rows is as strange as a share `usual` was."""
    high, low = math.log(feared / usual), math.log((1 - feared) / (1 - usual))
    return lambda p: np.where(p < usual, high, low)


Strategies = tuple[Callable[[Floats], Floats], ...]
"""Each integrates to 1 over p in (0, 1) and is fixed beforehand; small p wins. Rows that are
*less* strange than before threaten nothing, so nobody bets on them."""

MEASURED: Strategies = (_power(0.2), _power(0.6), _line(0.3), _line(0.8), _line(1.9))
"""For measures: some rows very strange, or all a little stranger."""
JUDGED: Strategies = (_step(0.03, 0.12), _step(0.08, 0.25), _step(0.2, 0.5), _step(0.04, 0.6))
"""For verdicts, of which few are bad: rows are few and dear, so the bets are close to likely ones."""
_BY_COUNT = {len(strategies): strategies for strategies in (MEASURED, JUDGED)}


@dataclass(frozen=True, slots=True)
class Martingale:
    """The state of the game; immutable, so that it can be kept after each night.

    - nights: how many of the year have begun
    - capital: logarithm of what each strategy has in the game; how many there are says which
    """

    nights: int = 0
    capital: tuple[float, ...] = (_NOTHING,) * len(MEASURED)

    @classmethod
    def start(cls, strategies: Strategies = MEASURED) -> Martingale:
        """Before the first night."""
        return cls(0, (_NOTHING,) * len(strategies))

    def see(self, p: Floats) -> Martingale:
        """Play one night. `p`: conformal p-values, shape (n,), uniform while nothing has changed."""
        begun = self if self.nights < YEAR else self.anew()
        stake = -math.log(YEAR * len(self.capital))
        won = [float(strategy(p).sum()) for strategy in _BY_COUNT[len(self.capital)]]
        capital = [
            max(float(np.logaddexp(old, stake)) + gain, _NOTHING)
            for old, gain in zip(begun.capital, won, strict=True)
        ]
        return Martingale(begun.nights + 1, tuple(capital))

    def anew(self) -> Martingale:
        """Another year, or what follows an alarm."""
        return Martingale(0, (_NOTHING,) * len(self.capital))

    def renewed(self) -> Martingale:
        """Forget what was won, as what is watched is another; what was staked stays spent.

        Throwing capital away is always allowed, so one alpha covers a year of any number of
        versions.
        """
        return replace(self, capital=self.anew().capital)

    @property
    def log_evidence(self) -> float:
        """Logarithm of the whole fortune; 0 at the beginning."""
        left = max(1 - self.nights / YEAR, 1e-300)
        return float(np.logaddexp.reduce([*self.capital, math.log(left)]))

    def beyond(self, alpha: float) -> bool:
        """Whether luck reaches such a fortune with a chance of at most `alpha` in a year."""
        return self.log_evidence >= math.log(1 / alpha)
