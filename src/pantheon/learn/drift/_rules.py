"""What is fixed before anything is seen: how often a false alarm may come, and what is done."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHARES = {
    "inputs": 0.2,
    "novel": 0.1,
    "confidence": 0.1,
    "disagreement": 0.4,
    "latency": 0.1,
    "cost": 0.1,
}
"""How alpha is divided among the detectors; by the union bound all together keep it. Most goes where
evidence is scarcest."""
LABELS = 64
"""Predicted answers that are watched one by one; others only count in the whole."""
PLACES = 16
"""Nodes of flows and tiers that are watched one by one."""
TIERS = 4
"""Tiers of which latency and cost are watched."""


@dataclass(frozen=True, slots=True)
class WatchRules:
    """How an agent is watched.

    - alpha: chance of at least one false alarm of an agent in a year, all detectors together
    - least: requests needed for a look at the inputs; an agent with fewer a day is looked at later
    - sample: rows a look takes at most (the newest since the deployment), and of the reference
    - dearer: factor by which latency or cost must have grown as well
    - less_sure: by how much the mean log-odds of the confidence must have fallen as well
    - strong_auc: from here on changed inputs threaten the promise, and the specialist steps back
    - steps_back: kinds of alarms after which it may step back at all
    - accepted_after: nights after which a latency or cost that stays is what is usual now
    """

    alpha: float = 0.05
    least: int = 60
    sample: int = 600
    dearer: float = 1.25
    less_sure: float = 0.25
    strong_auc: float = 0.75
    steps_back: frozenset[str] = frozenset({"inputs", "disagreement"})
    accepted_after: int = 14

    def alpha_of(self, kind: str, part: str = "") -> float:
        """The share of alpha of one detector; `part` names the slice or tier it is about."""
        share = self.alpha * SHARES["novel" if (kind, part) == ("inputs", NOVEL) else kind]
        if kind in {"latency", "cost"}:
            return share / TIERS
        if kind != "disagreement":
            return share
        if not part:
            return share / 2
        return share / 4 / (LABELS if part.startswith(LABEL) else PLACES)

    @property
    def least_growth(self) -> float:
        """`dearer` in doublings."""
        return math.log2(self.dearer)


NOVEL = "far from every example"
"""The part of the inputs that no example resembles."""
LABEL, NODE, TIER = "answer ", "node ", "tier "
"""How the names of slices begin."""


USUAL = WatchRules()
"""The rules that hold where none are given."""
