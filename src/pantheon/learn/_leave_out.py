"""Examples in the order of the kernel matrix, and what a machine without each would have said.

In its dual form ridge regression gives in closed form what it would have said about a group of
examples had it been trained without them: f_-G = y_G - (Q_GG)^-1 a_G, with Q the inverse of the
regularised kernel matrix and a the coefficients. Targets are columns of y, whatever they mean, so
one factorisation serves labels, sets, numbers and whole records alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._features import count_terms, rarity, weigh_terms
from pantheon.learn._kernel import Kernel, Texts, embed_texts
from pantheon.learn._numeric import solve_with_corner
from pantheon.learn._rows import Embed, Floats, Row, Settings


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows in the order of the kernel matrix: others, then names of answers, then the judged.

    - names: what each name stands for; their texts are made by `read`'s `spell`
    - judged: rows of every group with a row that is to be judged
    """

    before: list[Row]
    names: list[str]
    judged: list[Row]

    @property
    def rows(self) -> list[Row]:
        return [*self.before, *self.judged]

    @property
    def examples_first(self) -> NDArray[np.intp]:
        """Reorders the matrix's rows: all examples, then the names."""
        start, end = len(self.before), len(self.before) + len(self.names)
        everything = np.arange(end + len(self.judged))
        return np.concatenate([everything[:start], everything[end:], everything[start:end]])

    def spread(self, examples: Floats, names: Floats) -> Floats:
        """Values of `rows` and of the names, in the order of the matrix."""
        cut = len(self.before)
        return np.concatenate([examples[:cut], names, examples[cut:]])


@dataclass(frozen=True, slots=True)
class Solved:
    """The trained machine and what it would have said of each judged row without its group.

    - support, coefficients: examples first, then names; coefficients of shape (rows, columns)
    - left_out: shape (judged rows, columns)
    - likeness: kernel values of each judged row to all examples; shape (judged rows, examples),
      and 0 within its own group
    """

    support: Texts
    coefficients: Floats
    left_out: Floats
    likeness: NDArray[np.float32]

    @property
    def nearest(self) -> Floats:
        """Kernel value of the nearest example outside its own group, for each judged row."""
        return self.likeness.max(axis=1, initial=0.0).astype(np.float64)


def keep_newest(rows: Sequence[Row], first: Collection[str], settings: Settings) -> list[Row]:
    """As many rows as fit, those of `first` (ids) before others, oldest first."""
    newest = sorted(rows, key=lambda row: (row.id in first, row.at, row.id), reverse=True)
    return sorted(newest[: settings.max_rows], key=attrgetter("at", "id"))


def arrange(kept: Sequence[Row], judge: Collection[str], names: list[str]) -> Lesson:
    """An order that does not depend on how the rows came; `judge` are ids."""
    groups = {row.group for row in kept if row.id in judge}
    return Lesson(
        before=[row for row in kept if row.group not in groups],
        names=names,
        judged=[row for row in kept if row.group in groups],
    )


def solve(
    lesson: Lesson,
    targets: Floats,
    *,
    embed: Embed,
    spell: Callable[[str], str],
    settings: Settings,
) -> Solved:
    """Train on all rows and names.

    Args:
        lesson: the rows.
        targets: of rows and names in the order of the matrix; shape (rows, columns).
        embed: gives the vectors.
        spell: the text of a name.
        settings: kernel, ridge and weights.
    """
    texts = _read(lesson, embed, spell)
    matrix = Kernel(settings.width, settings.text_weight).between(texts, texts)
    likeness = _likeness(matrix, lesson)
    matrix[np.diag_indices_from(matrix)] += settings.ridge / _weights(lesson, settings)
    solution = solve_with_corner(matrix, targets, len(lesson.judged))
    order = lesson.examples_first
    tail = slice(len(targets) - len(lesson.judged), None)
    return Solved(
        support=Texts(texts.vectors[order], texts.terms.take(order)),
        coefficients=solution.x[order],
        left_out=targets[tail] - residuals(solution.x[tail], solution.root, lesson.judged),
        likeness=likeness,
    )


def _read(lesson: Lesson, embed: Embed, spell: Callable[[str], str]) -> Texts:
    names = [spell(name) for name in lesson.names]
    texts = [r.text for r in lesson.before] + names + [r.text for r in lesson.judged]
    counts = count_terms(texts)
    return Texts(embed_texts(texts, embed), weigh_terms(counts, rarity(counts)))


def _weights(lesson: Lesson, settings: Settings) -> Floats:
    examples = np.array([row.weight for row in lesson.rows], dtype=np.float64)
    return lesson.spread(examples, np.full(len(lesson.names), settings.anchor_weight))


def residuals(coefficients: Floats, root: Floats, rows: Sequence[Row]) -> Floats:
    """Targets minus what a machine says that was trained without the row's group; (rows, columns).

    `root`: its columns' products are the entries of Q.
    """
    found = coefficients / np.einsum("ij,ij->j", root, root)[:, None]
    for group in groups_of(rows):
        if len(group) > 1:
            block = root[:, group].T @ root[:, group]
            found[group] = np.linalg.solve(block, coefficients[group])
    return found


def groups_of(rows: Sequence[Row]) -> list[list[int]]:
    """Places of the rows of each group."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        members[row.group].append(index)
    return list(members.values())


def _likeness(matrix: Floats, lesson: Lesson) -> NDArray[np.float32]:
    start = len(lesson.before) + len(lesson.names)
    values = np.concatenate([matrix[start:, : len(lesson.before)], matrix[start:, start:]], axis=1)
    values = values.astype(np.float32)
    for group in groups_of(lesson.judged):
        own = np.array(group, dtype=np.intp)
        values[own[:, None], len(lesson.before) + own] = 0.0
    return values
