# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""How likely a record is right as a whole: a logistic regression over what is doubtful in it.

Fitted to what machines that had not seen a row made of it. Its log-odds, stretched to [0, 1], are
the score that is calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from pantheon.learn._rows import Flags, Floats
from pantheon.learn.rungs._reader import Reader, Reading

_PENALTY = 1.0
_LOWEST, _RANGE = -2.0, 10.0
"""Log-odds that become the scores 0 and (with the range added) 1: chances of 12 % and 99.97 %."""
_DOUBTS = 13


@dataclass(frozen=True, slots=True)
class RecordVerifier:
    """Weights of standardised doubts; the last weight is the offset."""

    centre: Floats
    scale: Floats
    weights: Floats

    def score(self, doubts: Floats) -> Floats:
        """Scores in [0, 1]; shape (n,) for doubts of shape (n, d)."""
        odds = (doubts - self.centre) / self.scale @ self.weights[:-1] + self.weights[-1]
        return np.clip((odds - _LOWEST) / _RANGE, 0.0, 1.0)


def doubts_of(reader: Reader, readings: Sequence[Reading], nearest: Floats) -> Floats:
    """What is known about each reading; `nearest`: kernel value of the nearest example."""
    parts = len(reader.taggers)
    found = np.zeros((len(readings), _DOUBTS + parts))
    for row, (reading, near) in enumerate(zip(readings, nearest, strict=True)):
        found[row, :_DOUBTS] = _doubts(reader, reading, float(near))
        found[row, _DOUBTS + reading.part] = 1.0
    return found


def _doubts(reader: Reader, reading: Reading, near: float) -> list[float]:
    tagged, lead = reading.tagged, min(reading.chosen.leads, default=1.0)
    spans = len(tagged.spans)
    return [
        _odds(tagged.chance),
        _odds(tagged.lowest),
        _odds(min(tagged.sureness, default=1.0)),
        lead,
        math.log(max(lead, 1e-3)),
        near,
        math.log1p(reading.unseen),
        math.log1p(reading.fresh),
        math.log1p(reading.rivals),
        math.log1p(spans),
        math.log1p(len(reading.tokens)),
        float(spans == 0),
        float(reader.crowded(reading) > 0),
    ]


def _odds(chance: float) -> float:
    inside = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(inside / (1 - inside))


def fit_verifier(doubts: Floats, right: Flags) -> RecordVerifier:
    """Penalised maximum likelihood; the offset is free, unless all are right or all are wrong."""
    centre, spread = doubts.mean(axis=0), doubts.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    x = np.column_stack([(doubts - centre) / scale, np.ones(len(doubts))])
    penalty = np.append(np.full(doubts.shape[1], _PENALTY), _PENALTY / 100)

    def surprise(weights: Floats) -> tuple[float, Floats]:
        odds = x @ weights
        loss = (np.logaddexp(0, odds) - right * odds).sum() + penalty @ weights**2 / 2
        chance = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return float(loss), x.T @ (chance - right) + penalty * weights

    start = np.zeros(x.shape[1])
    found: Any = optimize.minimize(surprise, start, jac=True, method="L-BFGS-B")
    return RecordVerifier(centre, scale, np.asarray(found.x, dtype=np.float64))
