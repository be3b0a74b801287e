"""How likely a written answer is right: learned from what became of earlier ones.

A language model's own probabilities rank its answers badly across requests: long answers look
unlikely and wrong ones often look fluent. So they are only some of the features, per token rather
than in all, beside what is known without the model: how near the examples are, whether they say
the same, and whether the answer came before. A logistic regression weighs them (Kadavath et al.
2022 for the idea of learning it; Malinin & Gales 2021 for the length correction).

Rows that calibrate are scored by a regression that saw neither them nor their group (cross-fitting),
so a score is as honest for them as for tomorrow's requests. Whether a request is of the known kind
at all is a question of its own, asked before: what lies further from every example than nearly all
of the traffic does is refused whatever the answer looks like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pantheon.learn._logistic import Logistic, cross_fit, fit_logistic

if TYPE_CHECKING:
    from pantheon.learn._rows import Flags, Floats
    from pantheon.learn._rung import Sameness

FOREIGN = 0.01
"""Share of the traffic that lies furthest from all examples and is never answered here."""
REFUSED = -1.0
_LOWEST, _RANGE = -2.0, 10.0
"""Log-odds that become the scores 0 and (with the range added) 1: chances of 12 % and 99.97 %."""
_PENALTY = 1.0
_EVEN = math.log(0.5)
_UNKNOWN = -1.0
"""Log-probability taken where the engine tells none: the same for all, so it weighs nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """An answer that was written, and what is known about it without knowing the right one.

    - text: the request; said: the answer, canonical JSON
    - logprobs: natural-log probability of each token
    - likeness: cosines of the nearest examples, falling; answers: what those were answered
    - known: how many examples have exactly this answer
    """

    text: str
    said: str
    logprobs: tuple[float, ...]
    likeness: tuple[float, ...]
    answers: tuple[str, ...]
    known: int

    @property
    def nearest(self) -> float:
        """Cosine of the nearest example; -1 without any."""
        return self.likeness[0] if self.likeness else -1.0


def features_of(written: Sequence[Written], same: Sameness) -> Floats:
    """Shape (n, features)."""
    rows = [_features(one, same) for one in written]
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1)


def _features(one: Written, same: Sameness) -> list[float]:
    chances = sorted(one.logprobs or (_UNKNOWN,))
    agreeing = [bool(one.said) and same(one.said, answer) for answer in one.answers]
    weights = [max(likeness, 0.0) ** 4 for likeness in one.likeness]
    votes = sum(weight for weight, agrees in zip(weights, agreeing, strict=True) if agrees)
    return [
        sum(chances) / len(chances),
        chances[0],
        chances[len(chances) // 10],
        sum(chance > _EVEN for chance in chances) / len(chances),
        math.log1p(len(one.said)),
        one.nearest,
        sum(one.likeness) / len(one.likeness) if one.likeness else -1.0,
        float(bool(agreeing) and agreeing[0]),
        votes / max(sum(weights), 1e-9),
        math.log1p(one.known),
        _copied(one),
    ]


def _copied(one: Written) -> float:
    """Share of the answer's words that stand in the request: invention shows as a low one."""
    words = re.findall(r"\w+", one.said.casefold())
    asked = set(re.findall(r"\w+", one.text.casefold()))
    return sum(word in asked for word in words) / max(len(words), 1)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Scores answers; `reach` is the least cosine to an example that a request must have."""

    regression: Logistic
    reach: float

    def score(self, written: Sequence[Written], same: Sameness) -> Floats:
        """Scores in [0, 1]; -1 for a request that is foreign or an answer that is none."""
        if not written:
            return np.zeros(0)
        margin = _stretch(self.regression.odds(features_of(written, same)))
        return np.where(_refused(written, self.reach), REFUSED, margin)

    def to_json(self) -> dict[str, Any]:
        """For the head of an archive."""
        return {"regression": self.regression.to_json(), "reach": self.reach}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Verifier:
        """From `to_json`; ValueError or KeyError if it does not fit together."""
        return cls(Logistic.from_json(kept["regression"]), float(kept["reach"]))


def learn_verifier(
    written: Sequence[Written], right: Flags, folds: Sequence[int], same: Sameness
) -> tuple[Verifier, Floats]:
    """A verifier for service, and the scores of these rows by verifiers that did not see them.

    Args:
        written: answers to rows drawn like the traffic, by a model that did not see the rows.
        right: shape (n,), whether each was the same as the teacher's.
        folds: the fold of each row; near-duplicates share one.
        same: the contract's equality.
    """
    features = features_of(written, same)
    odds = cross_fit(features, right, folds, penalty=_PENALTY)
    reach = float(np.quantile([one.nearest for one in written], FOREIGN))
    margin = np.where(_refused(written, reach), REFUSED, _stretch(odds))
    return Verifier(fit_logistic(features, right, penalty=_PENALTY), reach), margin


def _stretch(odds: Floats) -> Floats:
    return np.clip((odds - _LOWEST) / _RANGE, 0.0, 1.0)


def _refused(written: Sequence[Written], reach: float) -> Flags:
    barred = [one.nearest < reach or not one.said or not one.text.strip() for one in written]
    return np.array(barred, dtype=bool)
