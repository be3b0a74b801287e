"""Slices that the promise must hold on by themselves: out of scope, and what is critical.

A promise over all requests can be kept while every request that belongs to no answer is given one:
they are few. How far the best label leads cannot tell such a request from a hard ordinary one
(with a none-of-the-above label the same score would have to do both), so each slice has a gate of
its own: the odds, from five features, that a request belongs to the slice although another answer
comes first. From a cut on the machine refuses.

The cut is the loosest at which the rows of the slice that are known keep half the promise among
themselves: left-out answers, each row counted by one over the chance with which its label became
known, and one error more than was found (Laplace). Those rows are few, and look easier to refuse
than the slice is, because what earlier machines got wrong is known only where it was audited. So
whatever they say, the gate refuses between 3 and 5 % of the ordinary requests that would be
accepted: those nearest to the slice. This is a careful estimate, not a certificate. Where enough
rows of the slice were drawn like the traffic to certify it (59 without an error for 5 %), and they
do, there is no gate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._bounds import most_errors_allowed
from pantheon.learn._logistic import Logistic, cross_fit, fit_logistic
from pantheon.learn._rows import Flags, Floats, Promise, Row, hash_unit

_ABSTAINS = re.compile(
    r"(oos|out of (scope|domain)|none( of (the above|these))?|no (intent|match|answer)|"
    r"unknown|unsupported|fallback|irrelevant|not applicable|n/?a|other)"
)
_FEWEST = 5
"""Rows of a slice from which on a gate can be learnt."""
_FOLDS = 5
_HELD_BACK = 0.5
"""Share of the budget that known rows may use up."""
_LEAST, _MOST = 0.03, 0.05
"""Share of ordinary accepted requests that a gate refuses; chosen on two orders of CLINC150."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Answers whose requests are looked at by themselves.

    - columns: their places among the labels
    """

    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SliceGate:
    """Refuses what probably belongs to a slice but would be answered as something else.

    - columns: of the slice's labels; members: its examples
    - cut: log-odds from which on it refuses
    """

    columns: tuple[int, ...]
    members: tuple[int, ...]
    model: Logistic
    cut: float

    def refuses(
        self, scores: NDArray[Any], near: NDArray[Any], best: NDArray[np.intp], margin: Floats
    ) -> Flags:
        """For scores (n, labels) and kernel values (n, examples)."""
        members = np.array(self.members, dtype=np.intp)
        features = gate_features(scores, near, self.columns, members, best=best, margin=margin)
        return ~np.isin(best, self.columns) & (self.model.odds(features) > self.cut)

    def to_json(self) -> dict[str, object]:
        return {
            "columns": self.columns,
            "members": self.members,
            "model": self.model.to_json(),
            "cut": self.cut,
        }

    @classmethod
    def from_json(cls, head: dict[str, Any]) -> SliceGate:
        model = Logistic.from_json(head["model"])
        return cls(tuple(head["columns"]), tuple(head["members"]), model, float(head["cut"]))


def gate_features(
    scores: NDArray[Any],
    near: NDArray[Any],
    columns: Sequence[int],
    members: NDArray[np.intp],
    *,
    best: NDArray[np.intp],
    margin: Floats,
) -> Floats:
    """Lead, best score, the slice's score, nearest example, nearest of the slice; shape (n, 5)."""
    within = near[:, members].max(axis=1, initial=0.0)
    top = scores[np.arange(len(scores)), best]
    slice_score = scores[:, list(columns)].max(axis=1)
    parts = [margin, top, slice_score, near.max(axis=1, initial=0.0), within]
    return np.column_stack(parts).astype(np.float64)


def find_slices(labels: Sequence[str], critical: Sequence[str]) -> list[Slice]:
    """The slice of labels that say "none of these", and one for each critical partial output."""
    abstaining = tuple(i for i, label in enumerate(labels) if abstains(label))
    found = [Slice("out of scope", abstaining)] if abstaining else []
    for part in critical:
        wanted = json.loads(part)
        columns = tuple(i for i, label in enumerate(labels) if _holds(_value(label), wanted))
        found += [Slice(part, columns)] if columns else []
    return [s for s in found if len(s.columns) < len(labels)]


def abstains(label: str) -> bool:
    """Whether an output of one text field says that no answer fits."""
    value = _value(label)
    if isinstance(value, dict) and len(cast("dict[str, object]", value)) == 1:
        (value,) = cast("dict[str, object]", value).values()
    if not isinstance(value, str):
        return False
    return _ABSTAINS.fullmatch(re.sub(r"[\s_\-]+", " ", value).strip().casefold()) is not None


def _value(label: str) -> object:
    try:
        return json.loads(label)
    except ValueError:
        return label


def _holds(output: object, part: object) -> bool:
    if isinstance(part, dict) and isinstance(output, dict):
        pairs, whole = cast("dict[str, object]", part), cast("dict[str, object]", output)
        return all(key in whole and _holds(whole[key], value) for key, value in pairs.items())
    return output == part


def known_weight(row: Row) -> float:
    """One over the chance with which the row's label became known; 0 if that was not by chance."""
    return 0.0 if row.drawn == "feedback" or row.propensity <= 0 else 1 / row.propensity


@dataclass(frozen=True, slots=True)
class SliceCase:
    """What a gate is learnt from: rows with what machines without them said.

    - inside: whether the teacher's answer belongs to the slice
    - elsewhere: whether the best answer does not
    - random: whether the row was drawn like the traffic
    - wrong, margin: of the answers; weights: see `known_weight`
    """

    features: Floats
    inside: Flags
    elsewhere: Flags
    random: Flags
    wrong: Flags
    margin: Floats
    weights: Floats
    folds: tuple[int, ...]

    def allowed(self, budget: float) -> float:
        """Weighted errors that the known rows of the slice may show."""
        total = float(self.weights[self.inside].sum())
        return max(_HELD_BACK * budget * (total + 1) - 1, 0.0)

    def certified(self, threshold: float, promise: Promise) -> bool:
        """Whether rows drawn like the traffic show that the slice keeps the promise by itself."""
        rows = self.inside & self.random
        errors = int((rows & self.wrong & (self.margin >= threshold)).sum())
        return errors <= most_errors_allowed(int(rows.sum()), replace(promise, horizon=None))

    def cut_at(self, odds: Floats, threshold: float, promise: Promise) -> float:
        """From which odds on to refuse if answers are accepted from `threshold` on."""
        ordinary = ~self.inside & self.random & self.elsewhere & (self.margin >= threshold)
        if self.certified(threshold, promise) or not ordinary.any():
            return np.inf
        low, high = np.quantile(odds[ordinary], [1 - _MOST, 1 - _LEAST])
        return float(np.clip(self._by_known(odds, threshold, promise.disagreement), low, high))

    def _by_known(self, odds: Floats, threshold: float, budget: float) -> float:
        accepted = self.inside & self.wrong & (self.margin >= threshold)
        stays = float(self.weights[accepted & ~self.elsewhere].sum())
        rows = np.flatnonzero(accepted & self.elsewhere)
        order = rows[np.argsort(odds[rows], kind="stable")]
        spent = stays + np.cumsum(self.weights[order])
        over = np.flatnonzero(spent > self.allowed(budget))
        # Just below the first row that would be too much.
        return float(np.nextafter(odds[order[over[0]]], -np.inf)) if len(over) else np.inf


def fold_of_group(group: str) -> int:
    """The fold in which a group is left out."""
    return int(hash_unit("slice", group) * _FOLDS)


def learn_odds(case: SliceCase) -> tuple[Logistic, Floats] | None:
    """A gate's model, and the odds of every row by a model without its fold; None for too few."""
    asked = case.elsewhere
    if int((case.inside & asked).sum()) < _FEWEST or not (~case.inside & asked).any():
        return None
    folds = np.array(case.folds)
    odds = np.full(len(asked), -np.inf)
    odds[asked] = cross_fit(case.features[asked], case.inside[asked], folds[asked].tolist())
    return fit_logistic(case.features[asked], case.inside[asked]), odds
