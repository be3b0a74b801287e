"""Watching a deployed specialist: evidence from audits that its promise is broken.

An e-process, so it may be looked at after every request: were the promise kept, it would ever
reach 1/alpha with a chance of at most alpha (Ville's inequality), however long it runs.

It is the mean fortune of gamblers who each bet, on every request, that the risk is some multiple
of the promise. A request is worth a look with the audit rate; its loss is then 1 if it was
answered locally and unlike the teacher. That an escalated request has no loss is known without a
look, so for it the bet is replaced by its mean over the coin, which gambles less and stays fair.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pantheon.learn._rows import Promise

_MULTIPLES = (1.3, 1.6, 2.0, 3.0, 5.0)
"""Risks bet on, as multiples of the promise: small breaches are found late, large ones soon."""


@dataclass(frozen=True, slots=True)
class AuditMonitor:
    """The state of the watch; immutable, so that it can be stored after each step.

    - disagreement: the risk promised; alpha: tolerated chance of ever raising a false alarm
    - audit_rate: chance with which a local answer is audited
    - fortunes: logarithm of each gambler's fortune, starting from 0
    - peak: largest logarithm of the evidence so far; an alarm is not taken back
    """

    disagreement: float
    alpha: float
    audit_rate: float
    fortunes: tuple[float, ...] = (0.0,) * len(_MULTIPLES)
    peak: float = 0.0
    requests: int = 0
    audited: int = 0
    wrong: int = 0

    @classmethod
    def start(cls, promise: Promise, *, audit_rate: float, alpha: float = 0.05) -> AuditMonitor:
        """Begin to watch; once for each deployed specialist."""
        return cls(promise.disagreement, alpha, audit_rate)

    @property
    def evidence(self) -> float:
        """The e-value reached: 20 is to be expected by luck at most once in 20 lives."""
        return math.exp(min(self.peak, 700.0))

    @property
    def broken(self) -> bool:
        """Whether the specialist should step back."""
        return self.peak >= math.log(1 / self.alpha)

    def see_escalated(self, count: int = 1) -> AuditMonitor:
        """Note requests that were not answered locally."""
        bets = self._bets()
        mean = [math.log1p(-self.audit_rate * bet * self.disagreement) for bet in bets]
        return self._grow([count * log for log in mean], requests=count)

    def see_unaudited(self, count: int = 1) -> AuditMonitor:
        """Note local answers that nobody checked: no bet was placed on them."""
        return replace(self, requests=self.requests + count)

    def see_audited(self, *, wrong: bool) -> AuditMonitor:
        """Note a local answer that was also asked of the teacher."""
        gain = float(wrong) - self.disagreement
        logs = [math.log1p(bet * gain) for bet in self._bets()]
        return self._grow(logs, requests=1, audited=1, wrong=int(wrong))

    def _bets(self) -> list[float]:
        """The stakes that grow fastest if the risk is as the gambler thinks (Kelly 1956)."""
        fair = self.disagreement
        thought = [min(multiple * fair, (1 + fair) / 2) for multiple in _MULTIPLES]
        return [(risk - fair) / (fair * (1 - fair)) for risk in thought]

    def _grow(
        self, logs: Sequence[float], *, requests: int, audited: int = 0, wrong: int = 0
    ) -> AuditMonitor:
        fortunes = tuple(old + log for old, log in zip(self.fortunes, logs, strict=True))
        top = max(fortunes)
        mean = top + math.log(sum(math.exp(f - top) for f in fortunes) / len(fortunes))
        return replace(
            self,
            fortunes=fortunes,
            peak=max(self.peak, mean),
            requests=self.requests + requests,
            audited=self.audited + audited,
            wrong=self.wrong + wrong,
        )
