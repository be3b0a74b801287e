"""What is doubtful in a record that was read, from which a regression tells whether it is right.

The regression (`pantheon.learn._logistic`) is fitted to what machines that had not seen a row made
of it. Its log-odds, stretched to [0, 1], are the score that is calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pantheon.learn._rows import Floats
from pantheon.learn.rungs._reader import Reader, Reading

_LOWEST, _RANGE = -2.0, 10.0
"""Log-odds that become the scores 0 and (with the range added) 1: chances of 12 % and 99.97 %."""
_DOUBTS = 13


def score_of(odds: Floats) -> Floats:
    """Scores in [0, 1] of log-odds that a record is right."""
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
