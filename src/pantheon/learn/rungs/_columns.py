"""Fields as columns of targets: how a value becomes numbers that a ridge regression can learn.

Each field has a head that spells values as targets and reads scores back. What cannot be known
before left-out scores are (cuts, which of several ways to learn a number) is tuned on them.

- `choice`: one column a value; the highest wins. Values that count as the same lend each other
  their scores (`near` of a tolerance), so that numbers may be chosen among, too.
- `labels`: one column an item of a set; an item is in where its score passes its cut.
- `plain`, `log`: one column of the standardised number, or of its logarithm.

A field that some outputs lack has the value `MISSING`; of a number two more columns say whether
there is one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pantheon.ids import canonical_json
from pantheon.learn._rows import Floats
from pantheon.learn.rungs._fields import MISSING
from pantheon.learn.rungs._values import EQUAL, Tolerance, items_of, number_json, numbers_of

HeadKind: TypeAlias = Literal["choice", "labels", "plain", "log"]
_MOST_VALUES = 400
_NEIGHBOURS = 8
_CUTS = np.linspace(0.15, 0.7, 23)
_STRENGTHS = (0.06, 0.03, 0.09, 0.0)
"""Of the counterweight to frequent values, see `pantheon.learn._fit`; the first is the usual one."""
_SOFT = 0.1
"""How far from its cut, in scores, an item's place becomes plain."""
_PRIOR = 20.0
"""Weight, in errors of the usual cut, against giving an item a cut of its own."""


@dataclass(frozen=True, slots=True)
class Told:
    """A head's answers for n texts.

    - values: canonical JSON or `MISSING`
    - features: shape (n, f), the higher the surer
    """

    values: list[str]
    features: Floats


@dataclass(frozen=True, slots=True)
class Head:
    """One field's columns.

    - values: what the columns stand for, canonical JSON (of `labels`: items; of numbers: none)
    - absent: what an output shows that has no value; optional: whether some do
    - cuts: of `labels`; weight: of a `choice`, what each column's score is lowered by
    - centre, scale: of the (logarithm of the) number; digits: decimals it is rounded to
    - known: the number of every example, NaN where there is none
    """

    kind: HeadKind
    values: tuple[str, ...] = ()
    absent: str = MISSING
    optional: bool = False
    cuts: tuple[float, ...] = ()
    weight: tuple[float, ...] = ()
    tolerance: Tolerance = EQUAL
    centre: float = 0.0
    scale: float = 1.0
    digits: int = 0
    known: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns."""
        return 1 + 2 * self.optional if self.kind in {"plain", "log"} else len(self.values)

    @property
    def binary(self) -> list[bool]:
        """Which columns are 1 for rows that have something and 0 for others."""
        if self.kind in {"plain", "log"}:
            return [False, True, True][: self.width]
        return [True] * self.width

    def targets(self, said: Sequence[str]) -> Floats:
        """Shape (n, width); a value that no column stands for is a row of zeros."""
        match self.kind:
            case "choice":
                return _one_hot(self.values, [[value] for value in said])
            case "labels":
                return _one_hot(self.values, [items_of(value) for value in said])
            case _:
                return self._number_targets(said)

    def read(self, scores: NDArray[Any], near: NDArray[Any]) -> Told:
        """Answers from scores (n, width) and kernel values (n, examples)."""
        match self.kind:
            case "choice":
                return self._read_choice(scores.astype(np.float64))
            case "labels":
                return self._read_labels(scores.astype(np.float64))
            case _:
                return self._read_number(scores.astype(np.float64), near)

    # ------------------------------------------------------------------------------------ choice
    def _read_choice(self, scores: Floats) -> Told:
        scores = scores - np.array(self.weight) if self.weight else scores
        kin = kin_of(self.values, self.tolerance)
        pooled = scores if kin is None else np.maximum(scores, 0.0) @ kin
        best = pooled.argmax(axis=1)
        rows = np.arange(len(scores))
        top = pooled[rows, best]
        if kin is None:
            pooled[rows, best] = -np.inf
            rival = pooled
        else:
            rival = np.where(kin[best] > 0, -np.inf, np.maximum(scores, 0.0))
        second = rival.max(axis=1, initial=-np.inf)
        lead = np.where(np.isfinite(second), top - second, top)
        return Told([self.values[int(i)] for i in best], np.column_stack([lead, top]))

    # ------------------------------------------------------------------------------------ labels
    def _read_labels(self, scores: Floats) -> Told:
        away = scores - np.array(self.cuts or [0.5] * self.width)
        values = [
            canonical_json([json.loads(self.values[int(i)]) for i in np.flatnonzero(row > 0)])
            if (row > 0).any()
            else self.absent
            for row in away
        ]
        distance = np.sort(np.abs(away), axis=1)
        doubt = np.exp(-np.abs(away) / _SOFT).sum(axis=1)
        size = np.maximum((away > 0).sum(axis=1), 1)
        parts = [np.minimum(distance[:, 0], 0.5), -np.log1p(doubt), -np.log1p(doubt / size)]
        return Told(values, np.column_stack(parts))

    # ------------------------------------------------------------------------------------ number
    def _number_targets(self, said: Sequence[str]) -> Floats:
        numbers = numbers_of(said)
        there = ~np.isnan(numbers)
        value = np.where(there, (self.forward(numbers) - self.centre) / self.scale, 0.0)
        parts = [value, ~there, there][: self.width]
        return np.column_stack(parts).astype(np.float64)

    def forward(self, numbers: Floats) -> Floats:
        """The scale on which the number is learned."""
        return np.sign(numbers) * np.log1p(np.abs(numbers)) if self.kind == "log" else numbers

    def _backward(self, scores: Floats) -> Floats:
        value = np.clip(scores, -8, 8) * self.scale + self.centre
        if self.kind == "log":
            value = np.sign(value) * np.expm1(np.minimum(np.abs(value), 300.0))
        return np.round(value, self.digits) + 0.0

    def _read_number(self, scores: Floats, near: NDArray[Any]) -> Told:
        said = self._backward(scores[:, 0])
        parts = list(self._neighbourhood(said, near))
        values = [number_json(value, self.digits) for value in said.tolist()]
        if self.optional:
            lead = scores[:, 2] - scores[:, 1]
            values = [v if d > 0 else self.absent for v, d in zip(values, lead, strict=True)]
            parts.append(np.abs(lead))
        return Told(values, np.column_stack(parts))

    def _neighbourhood(self, said: Floats, near: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
        """Of the nearest examples: the share that says so, minus their spread and distance."""
        known = np.array(self.known, dtype=np.float64)
        count = min(_NEIGHBOURS, near.shape[1])
        some = np.argpartition(-near, count - 1, axis=1)[:, :count]
        weights = np.take_along_axis(near, some, axis=1).astype(np.float64) ** 4
        numbers = known[some]
        weights = np.where(np.isnan(numbers), 0.0, weights)
        numbers = np.nan_to_num(numbers)
        total = np.maximum(weights.sum(axis=1), 1e-12)
        agrees = self.tolerance.within(numbers, said[:, None])
        share = (weights * agrees).sum(axis=1) / total
        level = self.forward(numbers) / self.scale
        mean = (weights * level).sum(axis=1) / total
        spread = np.sqrt((weights * (level - mean[:, None]) ** 2).sum(axis=1) / total)
        apart = np.abs(self.forward(said) / self.scale - mean)
        return share, -np.log(spread + 0.02), -np.log(apart + 0.02)

    # ------------------------------------------------------------------------------------ tuning
    def tune(self, left_out: Floats, said: Sequence[str], common: Floats, counts: Floats) -> Head:
        """With the cuts or the counterweight that suit left-out scores.

        Args:
            left_out: shape (n, width).
            said: the teacher's values.
            common: log(1 + examples) of each column outside the row's group, shape (n, width).
            counts: examples of each column.
        """
        if not len(left_out) or self.kind in {"plain", "log"}:
            return self
        if self.kind == "labels":
            return replace(self, cuts=_tune_cuts(left_out, self.targets(said)))
        place = {value: index for index, value in enumerate(self.values)}
        truth = np.array([place.get(value, -1) for value in said])
        right = [((left_out - s * common).argmax(axis=1) == truth).sum() for s in _STRENGTHS]
        strength = _STRENGTHS[int(np.argmax(right))]
        return replace(self, weight=tuple((strength * np.log1p(counts)).tolist()))

    def outside(self, scores: Floats, common: Floats, counts: Floats) -> Floats:
        """Left-out scores such that `read` lowers them as a machine without the group would."""
        if self.kind != "choice" or not self.weight:
            return scores
        served = np.array(self.weight)
        strength = float(served.max() / max(np.log1p(counts).max(), 1e-12))
        return scores + served - strength * common

    def to_json(self) -> dict[str, object]:
        """Everything but `known`, which is an array of the archive."""
        return {
            "kind": self.kind,
            "values": self.values,
            "absent": self.absent,
            "optional": self.optional,
            "cuts": self.cuts,
            "weight": self.weight,
            "tolerance": (self.tolerance.value, self.tolerance.relative),
            "centre": self.centre,
            "scale": self.scale,
            "digits": self.digits,
        }

    @classmethod
    def from_json(cls, head: dict[str, Any], known: Sequence[float]) -> Head:
        """The head that `to_json` wrote."""
        kept: dict[str, Any] = {
            **head,
            "tolerance": Tolerance(*head["tolerance"]),
            "known": tuple(known),
        }
        for name in ("values", "cuts", "weight"):
            kept[name] = tuple(kept[name])
        return cls(**kept)


def _one_hot(values: Sequence[str], said: Sequence[Sequence[str]]) -> Floats:
    place = {value: index for index, value in enumerate(values)}
    targets = np.zeros((len(said), len(values)))
    for row, items in enumerate(said):
        for item in items:
            if item in place:
                targets[row, place[item]] = 1.0
    return targets


def _tune_cuts(scores: Floats, truth: Floats) -> tuple[float, ...]:
    """The usual cut is that of the fewest errors over all items; an item leaves it for a gain."""
    over = scores[None, :, :] > _CUTS[:, None, None]
    errors = (over != (truth[None, :, :] > 0)).sum(axis=1).astype(np.float64)
    usual = int(errors.sum(axis=1).argmin())
    shrunk = errors + _PRIOR * np.abs(_CUTS - _CUTS[usual])[:, None]
    return tuple(float(_CUTS[int(index)]) for index in shrunk.argmin(axis=0))


def kin_of(values: Sequence[str], tolerance: Tolerance) -> Floats | None:
    """Which values count as the same, as 0 and 1; None if each counts for itself only."""
    if tolerance.value <= 0:
        return None
    numbers = numbers_of(values)
    close = tolerance.within(np.nan_to_num(numbers)[:, None], np.nan_to_num(numbers)[None, :])
    there = ~np.isnan(numbers)
    close &= there[:, None] & there[None, :]
    close |= np.eye(len(values), dtype=bool)
    return close.astype(np.float64)


def propose_heads(said: Sequence[str], tolerance: Tolerance) -> list[Head]:
    """The ways in which one field may be learned; empty if there is none."""
    counts = Counter(said)
    lists = sum(n for value, n in counts.items() if value.startswith("["))
    numbers = numbers_of(list(counts))
    numeric = sum(n for n, x in zip(counts.values(), numbers, strict=True) if not np.isnan(x))
    there = len(said) - _absent_count(counts)
    if there and lists >= 0.9 * there:
        head = _labels_head(said, counts)
        return [head] if head else []
    found = _choice_heads(counts, tolerance if numeric else Tolerance())
    if there and numeric >= 0.9 * there and np.unique(numbers).size > 3:
        found += [_number_head(kind, said, counts, tolerance) for kind in ("plain", "log")]
    return found


def _absent_count(counts: Counter[str]) -> int:
    return sum(counts[value] for value in _ABSENT)


_ABSENT = (MISSING, "null", "[]", '""')


def _absent(counts: Counter[str]) -> str:
    return max(_ABSENT, key=lambda value: counts[value])


def _choice_heads(counts: Counter[str], tolerance: Tolerance) -> list[Head]:
    again = sum(n for n in counts.values() if n > 1)
    if again < 0.5 * counts.total():
        return []
    usual = [value for value, _ in counts.most_common(_MOST_VALUES)]
    return [Head("choice", tuple(sorted(usual)), tolerance=tolerance)]


def _labels_head(said: Sequence[str], counts: Counter[str]) -> Head | None:
    items: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for value in said:
        inside = items_of(value)
        items.update(inside)
        for place, item in enumerate(inside):
            places[item] += place
    again = sum(n for n in items.values() if n > 1)
    if again < 0.5 * items.total() or any(item[:1] in "[{" for item in items):
        return None
    usual = [item for item, n in items.most_common(_MOST_VALUES) if n > 1]
    # In the order in which the teacher lists them, as far as it keeps one.
    order = sorted(usual, key=lambda item: (places[item] / items[item], item))
    if all(items_of(value) == sorted(items_of(value)) for value in counts):
        order = sorted(usual)
    absent = _absent(counts) if _absent_count(counts) else "[]"
    return Head("labels", tuple(order), absent=absent) if order else None


def _number_head(
    kind: Literal["plain", "log"], said: Sequence[str], counts: Counter[str], tolerance: Tolerance
) -> Head:
    numbers = numbers_of(said)
    there = numbers[~np.isnan(numbers)]
    head = Head(kind, tolerance=tolerance, digits=_digits(there), known=tuple(numbers.tolist()))
    values = head.forward(there)
    centre, scale = float(np.median(values)), float(values.std()) or 1.0
    optional = len(there) < len(said)
    return replace(head, centre=centre, scale=scale, optional=optional, absent=_absent(counts))


def _digits(numbers: Floats) -> int:
    """Decimals of nearly all numbers."""
    for digits in range(7):
        if np.mean(np.isclose(np.round(numbers, digits), numbers, rtol=1e-12, atol=0)) > 0.98:
            return digits
    return 12
