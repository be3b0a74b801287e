"""Training: kernel ridge regression whose every example is also scored by a machine without it.

All examples train, and all those drawn like the traffic calibrate, yet none (and none of its
near-duplicates) judges a machine that saw it; `_leave_out` says how.

The name of every label is one more example of it (`anchor`), which is worth most on the first
nights: a teacher that labels by name leaves its meaning in the name. Frequent labels score higher
than they deserve, so each label's score is lowered by a strength times the logarithm of its
examples (logit adjustment, Menon et al. 2021); the strength is chosen on left-out answers.

Embeddings and n-grams in one kernel are what stacking would be: on 500 docstrings of the standard
library it agrees with 65.8 % of fresh answers, scikit-learn's logistic regression on the same two
side by side with 59.8 %, and 37 % against 36 % are certified to be local at a budget of 5 %
(bench/learning/heads.py, two splits).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.learn._calibrate import calibrate
from pantheon.learn._candidate import Candidate
from pantheon.learn._certainty import UNKNOWN, fit_certainty
from pantheon.learn._features import verbalise
from pantheon.learn._kernel import Kernel
from pantheon.learn._leave_out import Lesson, Solved, arrange, groups_of, keep_newest, solve
from pantheon.learn._noise import find_doubtful
from pantheon.learn._rows import Embed, Flags, Floats, Promise, Row, Settings
from pantheon.learn._rung import Judged
from pantheon.learn._slices import (
    Slice,
    SliceCase,
    SliceGate,
    find_slices,
    fold_of_group,
    gate_features,
    known_weight,
    learn_odds,
)
from pantheon.learn._specialist import (
    Scores,
    Specialist,
    find_best,
    find_blank,
    halve_texts,
    refuse,
)
from pantheon.learn._splits import drawn_like_traffic, lowest_audit_rate, rows_in

_UNSEEN = -9.0
"""Score of a label that the machine could not know; far below any real one."""
_FOREIGN = 0.01
"""Share of the traffic that lies furthest from all examples and is never answered here."""
_DOUBTED = 0.01
"""Weight, of its own, that a doubtful row keeps in training."""
_SETTLING = 8
"""Rounds in which the gates of slices and the threshold are fitted to each other."""


def fit(
    rows: Sequence[Row],
    *,
    embed: Embed,
    promise: Promise,
    seed: int = 0,
    settings: Settings | None = None,
) -> Candidate[Specialist]:
    """Train a specialist on all rows but the held-out ones, and calibrate its acceptance.

    Args:
        rows: everything that is known, in any order.
        embed: gives the vectors.
        promise: what must be kept.
        seed: decides which escalated rows calibrate (see `drawn_like_traffic`).
        settings: how to train.

    Raises:
        InputError: there is no row to train on, or the embedder is faulty.
    """
    settings = settings or Settings()
    held_out = rows_in("holdout", rows, holdout_share=settings.holdout_share)
    mine = rows_in("train", rows, holdout_share=settings.holdout_share)
    mine = [row for row in mine if row.weight > 0]
    if not mine:
        raise InputError(
            "There is no example to train on.", hint="Let some requests be answered first."
        )
    specialist, judged = train_and_judge(
        mine, embed=embed, seed=seed, settings=settings, promise=promise
    )
    certainty = fit_certainty(judged.margin, ~judged.wrong)
    calibration = calibrate(
        judged.margin,
        judged.wrong,
        promise,
        floor=certainty.even,
        labels=len(specialist.labels),
    )
    specialist = replace(specialist, threshold=calibration.threshold, certainty=certainty)
    return Candidate(specialist, calibration, len(specialist.ids), len(held_out), judged)


def train_and_judge(
    rows: Sequence[Row],
    *,
    embed: Embed,
    seed: int = 0,
    settings: Settings,
    promise: Promise | None = None,
) -> tuple[Specialist, Judged]:
    """Train on all of `rows`; the specialist accepts nothing yet.

    With a promise it refuses what would break it on a slice (see `_slices`).
    """
    rate = lowest_audit_rate(rows, settings.audit_rate)
    random = {row.id for row in rows if drawn_like_traffic(row, audit_rate=rate, seed=seed)}
    kept = keep_newest(rows, random, settings)
    if settings.clean:
        kept = _doubt(kept, embed, settings)
    labels = sorted({row.label for row in kept} | set(settings.labels))
    slices = find_slices(labels, settings.critical) if promise else []
    beside = {labels[column] for part in slices for column in part.columns}
    judge = random | {row.id for row in kept if row.label in beside}
    trial = _Trial.run(kept, judge, labels, embed=embed, settings=settings)
    use = np.array([row.id in random for row in trial.lesson.judged], dtype=bool)
    reach = float(np.quantile(trial.solved.nearest[use], _FOREIGN)) if use.any() else np.inf
    strength = trial.balance(use, settings)
    scores = trial.scores(strength, reach)
    gates = _Gates(trial, scores, strength, use).fit(slices, promise) if promise else ()
    specialist = trial.specialist(strength, reach, gates, embed=embed, settings=settings)
    return specialist, trial.judge(trial.refused_by(gates, scores, strength), use)


def _doubt(kept: list[Row], embed: Embed, settings: Settings) -> list[Row]:
    """The rows, those that the teacher probably got wrong with hardly any weight.

    They are not taken out: a calibration without the answers that differ would flatter.
    """
    labels = sorted({row.label for row in kept} | set(settings.labels))
    everything = {row.id for row in kept}
    trial = _Trial.run(kept, everything, labels, embed=embed, settings=settings)
    doubtful = find_doubtful(trial.left_out, trial.truth, trial.lesson.judged)
    silenced = {trial.lesson.judged[int(index)].id for index in np.flatnonzero(doubtful)}
    return [replace(r, weight=r.weight * _DOUBTED) if r.id in silenced else r for r in kept]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A machine over all rows, and what machines without them said of the judged ones.

    - counts: examples of each label; truth: the judged rows' labels, their places
    - left_out: scores of each judged row without its group; unknown: its label is known from
      nowhere else
    - commonness: log(1 + examples) of each label outside the row's group; shapes (rows, labels)
    """

    lesson: Lesson
    labels: list[str]
    solved: Solved
    counts: NDArray[np.intp]
    truth: NDArray[np.intp]
    left_out: Floats
    unknown: Flags
    commonness: Floats

    @classmethod
    def run(
        cls,
        kept: Sequence[Row],
        judge: Collection[str],
        labels: list[str],
        *,
        embed: Embed,
        settings: Settings,
    ) -> _Trial:
        lesson = arrange(kept, judge, labels if settings.anchor_weight > 0 else [])
        known = {label: index for index, label in enumerate(labels)}
        said = np.array([known[row.label] for row in lesson.rows], dtype=np.intp)
        one_hot = np.eye(len(labels))
        targets = lesson.spread(one_hot[said], one_hot[: len(lesson.names)])
        solved = solve(lesson, targets, embed=embed, spell=verbalise, settings=settings)
        counts = np.bincount(said, minlength=len(labels))
        truth = said[len(lesson.before) :]
        others = _counts_outside(lesson, truth, counts)
        given = np.isin(np.array(labels), np.array(settings.labels, dtype=str))
        unknown = (others[np.arange(len(truth)), truth] == 0) & ~given[truth]
        left_out = solved.left_out.copy()
        left_out[np.flatnonzero(unknown), truth[unknown]] = _UNSEEN
        return cls(lesson, labels, solved, counts, truth, left_out, unknown, np.log1p(others))

    def balanced(self, strength: float) -> Floats:
        """Left-out scores with the counterweight that a machine without the group would have."""
        return self.left_out - strength * self.commonness

    def balance(self, use: Flags, settings: Settings) -> float:
        """The strength with the most right left-out answers; of equals the first."""
        if not use.any():
            return settings.balance[0]
        right = {
            strength: int((self.balanced(strength).argmax(axis=1) == self.truth)[use].sum())
            for strength in settings.balance
        }
        return max(right, key=lambda strength: right[strength])

    def scores(self, strength: float, reach: float) -> Scores:
        blank = find_blank([row.text for row in self.lesson.judged])
        foreign = self.solved.nearest < reach
        return find_best(self.balanced(strength), refused=foreign | blank)

    def wrong(self, scores: Scores) -> Flags:
        return (scores.best != self.truth) | self.unknown

    def refused_by(self, gates: Sequence[SliceGate], scores: Scores, strength: float) -> Scores:
        """The scores with -1 where a gate refuses."""
        return refuse(gates, self.balanced(strength), self.solved.likeness, scores)

    def judge(self, scores: Scores, use: Flags) -> Judged:
        chosen: list[int] = np.flatnonzero(use).tolist()
        best: list[int] = scores.best.tolist()
        return Judged(
            tuple(self.lesson.judged[i].id for i in chosen),
            scores.margin[use],
            self.wrong(scores)[use],
            tuple(self.labels[best[i]] for i in chosen),
        )

    def specialist(
        self,
        strength: float,
        reach: float,
        gates: Sequence[SliceGate],
        *,
        embed: Embed,
        settings: Settings,
    ) -> Specialist:
        small = halve_texts(self.solved.support)
        return Specialist(
            labels=tuple(self.labels),
            ids=tuple(row.id for row in self.lesson.rows),
            support=small.vectors.astype(np.float16),
            terms=small.terms,
            coefficients=self.solved.coefficients.astype(np.float16),
            kernel=Kernel(settings.width, settings.text_weight),
            reach=reach,
            threshold=np.inf,
            certainty=UNKNOWN,
            embed=embed,
            neighbours=settings.neighbours,
            space=settings.space,
            counterweight=(strength * np.log1p(self.counts)).astype(np.float32),
            gates=tuple(gates),
        )


def _counts_outside(lesson: Lesson, truth: NDArray[np.intp], counts: NDArray[np.intp]) -> Floats:
    """Examples of each label outside a judged row's own group; shape (rows, labels)."""
    others = np.repeat(counts[None, :].astype(np.float64), len(truth), axis=0)
    for group in groups_of(lesson.judged):
        own = np.bincount(truth[group], minlength=len(counts))
        others[group] -= own
    return others


@dataclass(frozen=True, slots=True)
class _Gates:
    """Fits a gate for each slice, and all of them to the threshold that they lead to."""

    trial: _Trial
    scores: Scores
    strength: float
    use: Flags

    def fit(self, slices: Sequence[Slice], promise: Promise) -> tuple[SliceGate, ...]:
        learnt = [found for part in slices if (found := self._learn(part))]
        gates: tuple[SliceGate, ...] = tuple(gate for gate, _, _ in learnt)
        threshold = float("inf")
        for _ in range(_SETTLING):
            looser = min(threshold, self._threshold(gates, promise))
            if not gates or looser == threshold:
                break
            threshold = looser
            gates = tuple(
                replace(gate, cut=min(gate.cut, case.cut_at(odds, threshold, promise)))
                for gate, (_, case, odds) in zip(gates, learnt, strict=True)
            )
        return gates

    def _threshold(self, gates: Sequence[SliceGate], promise: Promise) -> float:
        judged = self.trial.judge(
            self.trial.refused_by(gates, self.scores, self.strength), self.use
        )
        labels = len(self.trial.labels)
        return calibrate(judged.margin, judged.wrong, promise, labels=labels).threshold

    def _learn(self, part: Slice) -> tuple[SliceGate, SliceCase, Floats] | None:
        trial, best = self.trial, self.scores.best
        said = np.concatenate([self._places(trial.lesson.before), trial.truth])
        members = np.flatnonzero(np.isin(said, part.columns))
        rows = trial.lesson.judged
        case = SliceCase(
            features=gate_features(
                trial.balanced(self.strength),
                trial.solved.likeness,
                part.columns,
                members,
                best=best,
                margin=self.scores.margin,
            ),
            inside=np.isin(trial.truth, part.columns),
            elsewhere=~np.isin(best, part.columns),
            random=self.use,
            wrong=trial.wrong(self.scores),
            margin=self.scores.margin,
            weights=np.array([known_weight(row) for row in rows], dtype=np.float64),
            folds=tuple(fold_of_group(row.group) for row in rows),
        )
        found = learn_odds(case)
        if found is None:
            return None
        model, odds = found
        gate = SliceGate(part.columns, tuple(members.tolist()), model, np.inf)
        return gate, case, odds

    def _places(self, rows: Sequence[Row]) -> NDArray[np.intp]:
        known = {label: index for index, label in enumerate(self.trial.labels)}
        return np.array([known[row.label] for row in rows], dtype=np.intp)
