"""Two specialists on the same rows: tests that look only at the rows on which they differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pantheon.learn._numeric import binomial_cdf, log_beta, log_choose
from pantheon.learn._rows import Flags


@dataclass(frozen=True, slots=True)
class Paired:
    """Rows where only the candidate, or only the deployed one, did the thing that is counted."""

    candidate_only: int
    deployed_only: int
    rows: int

    @classmethod
    def count(cls, candidate: Flags, deployed: Flags) -> Paired:
        """Count over identical rows."""
        ours, theirs = int((candidate & ~deployed).sum()), int((deployed & ~candidate).sum())
        return cls(ours, theirs, len(candidate))

    @property
    def p_fewer(self) -> float:
        """One-sided mid-p McNemar: small if the candidate does it less often."""
        return mid_p(self.candidate_only, self.deployed_only)

    @property
    def p_more(self) -> float:
        """One-sided mid-p McNemar: small if the candidate does it more often."""
        return mid_p(self.deployed_only, self.candidate_only)

    @property
    def e_more(self) -> float:
        """Evidence that the candidate does it more often; multiplies over fresh rows."""
        return e_value(self.candidate_only, self.deployed_only)


def mid_p(fewer: int, more: int) -> float:
    """P(X < fewer) + P(X = fewer) / 2 for X ~ Binomial(fewer + more, 1/2).

    McNemar's test with the mid-p correction (Fagerland, Lydersen & Laake 2013).
    """
    total = fewer + more
    if total == 0:
        return 0.5
    at = math.exp(float(log_choose(total, np.array([float(fewer)]))[0]) - total * math.log(2))
    below = binomial_cdf(fewer - 1, total, 0.5) if fewer else 0.0
    return below + at / 2


def e_value(wins: int, losses: int) -> float:
    """Betting evidence against "a win is no likelier than a loss".

    The mixture over all p > 1/2 of the likelihood ratio p^w (1-p)^l 2^(w+l); its mean is at most 1
    if wins are no likelier, whenever one looks (Ville 1939).
    """
    total = wins + losses
    logs = log_beta(wins + 1, losses + 1) + total * math.log(2) + math.log(2)
    upper_half = 1 - _beta_half(wins, losses)
    return math.exp(min(logs, 700.0)) * upper_half


def _beta_half(wins: int, losses: int) -> float:
    """P(p < 1/2) for p ~ Beta(wins + 1, losses + 1), as a binomial tail."""
    return 1 - binomial_cdf(wins, wins + losses + 1, 0.5)
