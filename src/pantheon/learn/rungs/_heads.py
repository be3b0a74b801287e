# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Several choices made at once by one kernel machine, and how near the nearest example is.

Kernel ridge regression as in `pantheon.learn._fit`; the targets of all label fields stand side by
side, so that one matrix is solved for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from pantheon.learn._features import Terms, count_terms, rarity, weigh_terms
from pantheon.learn._kernel import Kernel, Texts, embed_texts
from pantheon.learn._rows import Embed, Floats, Settings
from pantheon.learn._specialist import WidenedSupport, halve_texts

_USUAL = Settings()
KERNEL = Kernel(_USUAL.width, _USUAL.text_weight)

Values = tuple[tuple[str, ...], ...]
"""For each label field the values it can have."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best value of each label field of one text, and how far it leads."""

    values: tuple[str, ...]
    leads: tuple[float, ...]


@dataclass(frozen=True)
class Heads(WidenedSupport):
    """Examples and coefficients, shape (examples, all values of all fields)."""

    values: Values
    support: NDArray[np.float16]
    terms: Terms
    coefficients: NDArray[np.float16]
    embed: Embed

    def look(self, texts: Sequence[str]) -> tuple[list[Chosen], NDArray[np.float32]]:
        """What is chosen for each text, and its kernel values; shape (texts, examples)."""
        near = KERNEL.by_meaning(embed_texts(texts, self.embed) @ self._wide_support.T)
        terms = weigh_terms(count_terms(texts), self._idf)
        near += KERNEL.text_weight * self._index.similarity(terms)
        return choose(near @ self._wide_coefficients, self.values), near.astype(np.float32)


def choose(scores: Floats | NDArray[np.float32], values: Values) -> list[Chosen]:
    """The best value of each field for each row of `scores`."""
    best: list[list[int]] = []
    leads: list[list[float]] = []
    start = 0
    for known in values:
        part = scores[:, start : start + len(known)]
        order = np.sort(part, axis=1)
        lead = order[:, -1] - order[:, -2] if len(known) > 1 else np.ones(len(part))
        best.append(part.argmax(axis=1).tolist())
        leads.append(lead.tolist())
        start += len(known)
    return [
        Chosen(
            tuple(known[index[row]] for known, index in zip(values, best, strict=True)),
            tuple(float(lead[row]) for lead in leads),
        )
        for row in range(len(scores))
    ]


@dataclass(frozen=True, slots=True)
class Bench:
    """Texts of a lesson with their kernel matrix, from which machines of any rows can be made."""

    texts: Texts
    matrix: Floats
    values: Values
    targets: Floats
    weights: Floats

    @classmethod
    def set_up(
        cls,
        texts: Sequence[str],
        labels: Sequence[Sequence[str]],
        weights: Sequence[float],
        embed: Embed,
    ) -> Bench:
        """`labels`: for each text a value of each label field."""
        counts = count_terms(texts)
        read = Texts(embed_texts(texts, embed), weigh_terms(counts, rarity(counts)))
        columns = zip(*labels, strict=True) if labels and labels[0] else ()
        values = tuple(tuple(sorted(set(column))) for column in columns)
        return cls(
            read,
            KERNEL.between(read, read),
            values,
            _targets(labels, values),
            np.array(weights, dtype=np.float64),
        )

    def train(self, rows: NDArray[np.intp]) -> Floats:
        """Coefficients of a machine that knows these rows only."""
        if not self.values:
            return np.zeros((len(rows), 0))
        matrix = self.matrix[np.ix_(rows, rows)]
        matrix[np.diag_indices_from(matrix)] += _USUAL.ridge / self.weights[rows]
        solve: Any = linalg.solve
        found = solve(
            matrix, self.targets[rows], assume_a="pos", overwrite_a=True, check_finite=False
        )
        return np.asarray(found, dtype=np.float64)

    def heads(self, embed: Embed) -> Heads:
        """The machine that knows all."""
        everything = np.arange(len(self.matrix), dtype=np.intp)
        small = halve_texts(self.texts)
        coefficients = self.train(everything).astype(np.float16)
        support = small.vectors.astype(np.float16)
        return Heads(self.values, support, small.terms, coefficients, embed)


def _targets(labels: Sequence[Sequence[str]], values: Values) -> Floats:
    starts = np.cumsum([0, *map(len, values)])
    places = [
        {value: int(start) + index for index, value in enumerate(known)}
        for start, known in zip(starts[:-1], values, strict=True)
    ]
    targets = np.zeros((len(labels), int(starts[-1])))
    for row, said in enumerate(labels):
        targets[row, [place[value] for place, value in zip(places, said, strict=True)]] = 1
    return targets
