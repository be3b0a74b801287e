"""Training: kernel ridge regression whose every example is also scored by a machine without it.

In its dual form ridge regression gives in closed form what it would have said about a group of
examples had it been trained without them: f_-G = y_G - (Q_GG)^-1 a_G, with Q the inverse of the
regularised kernel matrix and a the coefficients. So all examples train, and all those drawn like
the traffic calibrate, yet none (and none of its near-duplicates) judges a machine that saw it.

The name of every label is one more example of it (`anchor`), which is worth most on the first
nights: a teacher that labels by name leaves its meaning in the name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.learn._calibrate import Calibration, calibrate
from pantheon.learn._features import count_terms, rarity, verbalise, weigh_terms
from pantheon.learn._kernel import Kernel, Texts, embed_texts
from pantheon.learn._numeric import solve_with_corner
from pantheon.learn._rows import Embed, Flags, Floats, Promise, Row, Settings
from pantheon.learn._specialist import Certainty, Specialist, find_best, find_blank, halve_texts
from pantheon.learn._splits import drawn_like_traffic, lowest_audit_rate, rows_in

_UNSEEN = -9.0
"""Score of a label that the machine could not know; far below any real one."""
_FOREIGN = 0.01
"""Share of the traffic that lies furthest from all examples and is never answered here."""
_PENALTY = 1e-2
"""On the squared weights of the certainty's fit, which else grow for ever where nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a night trained: the specialist, its calibration, and how many rows went where."""

    specialist: Specialist
    calibration: Calibration
    trained_on: int
    held_out: int


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Rows in the order of the kernel matrix: others, then label names, then calibration's."""

    before: list[Row]
    names: list[str]
    judged: list[Row]
    labels: list[str]

    @property
    def rows(self) -> list[Row]:
        return [*self.before, *self.judged]

    @property
    def examples_first(self) -> NDArray[np.intp]:
        """Reorders the matrix's rows: all examples, then the names."""
        start, end = len(self.before), len(self.before) + len(self.names)
        everything = np.arange(end + len(self.judged))
        return np.concatenate([everything[:start], everything[end:], everything[start:end]])


@dataclass(frozen=True, slots=True)
class Judged:
    """What a machine trained without them said of rows drawn like the traffic.

    Shape (n,): how far its answer led, and whether it differed from the teacher's.
    """

    margin: Floats
    wrong: Flags


def fit(
    rows: Sequence[Row],
    *,
    embed: Embed,
    promise: Promise,
    seed: int = 0,
    settings: Settings | None = None,
) -> Candidate:
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
    specialist, judged = train_and_judge(mine, embed=embed, seed=seed, settings=settings)
    certainty = _fit_certainty(judged.margin, ~judged.wrong)
    calibration = calibrate(
        judged.margin,
        judged.wrong,
        promise,
        floor=certainty.even,
        labels=len(specialist.labels),
    )
    specialist = replace(specialist, threshold=calibration.threshold, certainty=certainty)
    return Candidate(specialist, calibration, len(specialist.ids), len(held_out))


def train_and_judge(
    rows: Sequence[Row], *, embed: Embed, seed: int = 0, settings: Settings
) -> tuple[Specialist, Judged]:
    """Train on all of `rows`; the specialist accepts nothing yet."""
    rate = lowest_audit_rate(rows, settings.audit_rate)
    random = {row.id for row in rows if drawn_like_traffic(row, audit_rate=rate, seed=seed)}
    return _train(_arrange(rows, random, settings), random, embed=embed, settings=settings)


def _arrange(rows: Sequence[Row], random: set[str], settings: Settings) -> _Lesson:
    """Keep what fits, in an order that does not depend on how the rows came."""
    newest = sorted(rows, key=lambda row: (row.id in random, row.at, row.id), reverse=True)
    kept = sorted(newest[: settings.max_rows], key=attrgetter("at", "id"))
    judged_groups = {row.group for row in kept if row.id in random}
    labels = sorted({row.label for row in kept} | set(settings.labels))
    return _Lesson(
        before=[row for row in kept if row.group not in judged_groups],
        names=labels if settings.anchor_weight > 0 else [],
        judged=[row for row in kept if row.group in judged_groups],
        labels=labels,
    )


def _train(
    lesson: _Lesson, random: set[str], *, embed: Embed, settings: Settings
) -> tuple[Specialist, Judged]:
    texts = _read(lesson, embed)
    targets = _targets(lesson)
    kernel = Kernel(settings.width, settings.text_weight)
    matrix = kernel.between(texts, texts)
    near = _nearest_others(matrix, lesson)
    matrix[np.diag_indices_from(matrix)] += settings.ridge / _weights(lesson, settings)
    solution = solve_with_corner(matrix, targets, len(lesson.judged))
    order = lesson.examples_first
    small = halve_texts(Texts(texts.vectors[order], texts.terms.take(order)))
    use = np.array([row.id in random for row in lesson.judged], dtype=bool)
    reach = float(np.quantile(near[use], _FOREIGN)) if use.any() else np.inf
    specialist = Specialist(
        labels=tuple(lesson.labels),
        ids=tuple(row.id for row in lesson.rows),
        support=small.vectors.astype(np.float16),
        terms=small.terms,
        coefficients=solution.x[order].astype(np.float16),
        kernel=kernel,
        reach=reach,
        threshold=np.inf,
        certainty=Certainty(1.0, 0.0),
        embed=embed,
        neighbours=settings.neighbours,
        space=settings.space,
    )
    tail = slice(len(targets) - len(lesson.judged), None)
    left_out = targets[tail] - _residuals(solution.x[tail], solution.root, lesson.judged)
    judged = _judge(left_out, lesson, set(settings.labels), foreign=near < reach)
    return specialist, Judged(judged.margin[use], judged.wrong[use])


def _read(lesson: _Lesson, embed: Embed) -> Texts:
    names = [verbalise(label) for label in lesson.names]
    texts = [r.text for r in lesson.before] + names + [r.text for r in lesson.judged]
    counts = count_terms(texts)
    return Texts(embed_texts(texts, embed), weigh_terms(counts, rarity(counts)))


def _targets(lesson: _Lesson) -> Floats:
    known = {label: index for index, label in enumerate(lesson.labels)}
    said = [r.label for r in lesson.before] + lesson.names + [r.label for r in lesson.judged]
    targets = np.zeros((len(said), len(known)))
    targets[np.arange(len(said)), [known[label] for label in said]] = 1
    return targets


def _weights(lesson: _Lesson, settings: Settings) -> Floats:
    names = [settings.anchor_weight] * len(lesson.names)
    return np.array(
        [r.weight for r in lesson.before] + names + [r.weight for r in lesson.judged],
        dtype=np.float64,
    )


def _residuals(coefficients: Floats, root: Floats, rows: Sequence[Row]) -> Floats:
    """Targets minus what a machine says that was trained without the row's group; (rows, labels).

    `root`: its columns' products are the entries of Q.
    """
    residuals = coefficients / np.einsum("ij,ij->j", root, root)[:, None]
    members: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        members[row.group].append(index)
    for group in members.values():
        if len(group) > 1:
            block = root[:, group].T @ root[:, group]
            residuals[group] = np.linalg.solve(block, coefficients[group])
    return residuals


def _nearest_others(matrix: Floats, lesson: _Lesson) -> Floats:
    """Kernel value of the nearest example outside its own group, for each judged row."""
    start = len(lesson.before) + len(lesson.names)
    members: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(lesson.judged, start):
        members[row.group].append(index)
    nearest = np.zeros(len(lesson.judged))
    for index, row in enumerate(lesson.judged):
        others = matrix[start + index].copy()
        others[len(lesson.before) : start] = 0.0
        others[members[row.group]] = 0.0
        nearest[index] = others.max()
    return nearest


def _judge(left_out: Floats, lesson: _Lesson, given: set[str], *, foreign: Flags) -> Judged:
    """A label known from one group only is unknown to the machine without that group."""
    homes: dict[str, set[str]] = defaultdict(set)
    for row in lesson.rows:
        homes[row.label].add(row.group)
    only_home = {lb: next(iter(g)) for lb, g in homes.items() if len(g) == 1 and lb not in given}
    known = {label: index for index, label in enumerate(lesson.labels)}
    unknown = np.zeros(len(lesson.judged), dtype=bool)
    for index, row in enumerate(lesson.judged):
        if only_home.get(row.label) == row.group:
            left_out[index, known[row.label]] = _UNSEEN
            unknown[index] = True
    scores = find_best(left_out, refused=foreign | find_blank([r.text for r in lesson.judged]))
    truth = np.array([known[row.label] for row in lesson.judged], dtype=np.intp)
    return Judged(scores.margin, (scores.best != truth) | unknown)


def _fit_certainty(margin: Floats, right: Flags) -> Certainty:
    """Platt scaling (1999) with his smoothed targets, by Newton's method."""
    hits, misses = int(right.sum()), int((~right).sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))
    x = np.column_stack([margin, np.ones_like(margin)])
    weights = np.array([4.0, 0.0])
    for _ in range(30):
        chance = Certainty(*weights).of(margin)
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + _PENALTY * np.eye(2)
        slope = x.T @ (chance - target) + _PENALTY * weights
        step = np.linalg.solve(curvature, slope).astype(np.float64)
        weights = (weights - _shorten(step, weights, x, target) * step).astype(np.float64)
    return Certainty(float(max(weights[0], 1e-3)), float(weights[1]))


def _shorten(step: Floats, weights: Floats, x: Floats, target: Floats) -> float:
    """The longest of 1, 1/2, 1/4, … steps that does not lose: a whole one can leap out of sight."""
    before = _surprise(weights, x, target)
    for halvings in range(30):
        share = 0.5**halvings
        if _surprise(weights - share * step, x, target) <= before:
            return share
    return 0.0


def _surprise(weights: Floats, x: Floats, target: Floats) -> float:
    """Penalised negative log-likelihood of the targets."""
    score = x @ weights
    return float((np.logaddexp(0, score) - target * score).sum() + _PENALTY / 2 * weights @ weights)
