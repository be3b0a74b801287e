"""Which answers of the teacher are probably wrong: confident learning on left-out scores.

Northcutt, Jiang and Chuang (2021): an example is doubtful if a machine that did not see it gives
another label a chance above that label's usual one, and gives it the highest chance of all such.
What a person said is never doubted.

Training all but without such examples serves a student that should be right. It harms one that should agree
with its teacher, mistakes included, so `Settings.clean` is off unless quality is what is promised.
Nor does it always serve: with GPT-4's answers to BANKING77, whose errors are systematic, accuracy
against gold fell from 76.2 to 71.3 % at 500 rows and from 81.2 to 80.5 % at 1,500
(bench/learning/heads.py). Let left-out answers to judged rows decide before it is used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._rows import Flags, Floats, Row


def find_doubtful(scores: Floats, said: NDArray[np.intp], rows: Sequence[Row]) -> Flags:
    """Which rows should hardly teach; shape (n,).

    Args:
        scores: left-out scores, shape (n, labels).
        said: the teacher's labels, their places.
        rows: the same rows; those of drawn `feedback` come from people.
    """
    chances = np.clip(scores, 0.0, None)
    chances /= np.maximum(chances.sum(axis=1, keepdims=True), 1e-9)
    usual = _usual_chances(chances, said)
    confident = np.where(chances >= usual - 1e-9, chances, -1.0)
    other = confident.argmax(axis=1)
    doubtful = (confident.max(axis=1) >= 0) & (other != said)
    given = np.array([row.drawn == "feedback" for row in rows], dtype=bool)
    return doubtful & ~given


def _usual_chances(chances: Floats, said: NDArray[np.intp]) -> Floats:
    """Mean chance of a label among the examples that carry it; infinite for labels without any."""
    count = np.bincount(said, minlength=chances.shape[1])
    own = chances[np.arange(len(said)), said]
    total = np.bincount(said, weights=own, minlength=chances.shape[1])
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)
