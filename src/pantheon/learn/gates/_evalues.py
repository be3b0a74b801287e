"""Evidence that grows over nights: a betting e-process on paired outcomes.

Each pair is one fresh request that both the challenger and what is deployed were asked: 1 if only
the challenger was right, -1 if only the other one was, 0 otherwise. The null hypothesis is that,
whatever came before, the mean of the next difference is at most -margin:

- margin 0: "no better"; rejecting it shows superiority, and ties say nothing;
- margin > 0: "worse by the margin or more"; rejecting it shows non-inferiority, and ties count.

A gambler who stakes the fraction b of a fortune that starts at 1 has it multiplied by
1 + b (difference + margin) at each pair. Under the null its mean never grows, so it ever reaches
1/alpha with a chance of at most alpha (Ville 1939), however often one looks. Nobody knows the best
stake nor from which night on a challenger that is retrained every night is worth betting on, so
the e-process is a mixture: over a grid of stakes (Waudby-Smith & Ramdas 2024, "Estimating means of
bounded random variables by betting"), and over the night of the first bet, with weights
1 / (s (s + 1)). A mixture of fair games is fair.

The challenger may be another one each night. It must only be chosen before the night's pairs are
seen; the null is then that none of the sequence was better (or good enough).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import ArrayLike

from pantheon.learn._rows import Floats

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject

_STAKES: Floats = np.geomspace(0.05, 0.8, 8)
"""Fractions of the largest stake that cannot lose everything, 1 / (1 - margin)."""


def stakes(margin: float) -> Floats:
    """The grid of stakes; shape (8,)."""
    if not 0 <= margin < 1:
        raise ValueError("a margin lies in [0, 1)")
    return _STAKES / (1 - margin)


def log_growth(wins: ArrayLike, losses: ArrayLike, ties: ArrayLike, margin: float = 0.0) -> Floats:
    """By how much one night multiplies each gambler's fortune, as logarithms.

    Args:
        wins: pairs where only the challenger was right; any shape.
        losses: pairs where only the other one was; same shape.
        ties: all other pairs; same shape.
        margin: by how much it may be worse.

    Returns:
        Shape (..., 8), a gambler a stake.
    """
    stake = stakes(margin)
    won, lost, tied = (np.asarray(x, dtype=np.float64)[..., None] for x in (wins, losses, ties))
    return np.asarray(
        won * np.log1p(stake * (1 + margin))
        + lost * np.log1p(-stake * (1 - margin))
        + tied * np.log1p(stake * margin)
    )


@dataclass(frozen=True, slots=True)
class EProcess:
    """Where a test stands after some nights; immutable. May hold many tests at once.

    - fortunes: logarithm of what all bets at one stake have come to; shape (..., 8)
    - nights: how many nights have been counted
    """

    margin: float = 0.0
    nights: int = 0
    fortunes: Floats = field(default_factory=lambda: np.full(len(_STAKES), -np.inf))

    def add(self, wins: ArrayLike, losses: ArrayLike, ties: ArrayLike = 0) -> EProcess:
        """Count the pairs of one more night, of a challenger that was chosen before it."""
        night = self.nights + 1
        begun = -np.log(night * (night + 1) * len(_STAKES))
        grown = np.logaddexp(self.fortunes, begun) + log_growth(wins, losses, ties, self.margin)
        return EProcess(self.margin, night, grown)

    @property
    def log_e(self) -> Floats:
        """Logarithm of the e-value reached; shape (...). What was not bet yet still counts."""
        unspent = np.full((*self.fortunes.shape[:-1], 1), -np.log(self.nights + 1))
        whole = np.concatenate([self.fortunes, unspent], axis=-1)
        return np.asarray(np.logaddexp.reduce(whole, axis=-1))

    def to_json(self) -> JsonObject:
        """What a later night needs to go on."""
        kept = [float(x) if np.isfinite(x) else None for x in self.fortunes.ravel()]
        return {
            "margin": self.margin,
            "nights": self.nights,
            "fortunes": cast("list[Json]", kept),
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> EProcess:
        """A single test that `to_json` wrote."""
        kept = cast("list[float | None]", body["fortunes"])
        fortunes = np.array([-np.inf if x is None else x for x in kept], dtype=np.float64)
        return cls(float(cast("float", body["margin"])), int(cast("int", body["nights"])), fortunes)
