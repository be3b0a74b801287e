"""The specialist: a kernel machine that answers, says how sure it is, and names its neighbours.

How far the best label leads cannot both choose a label and tell that a request is foreign, so the
second is asked separately, of the nearest example.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.learn import _archive
from pantheon.learn._certainty import Certainty
from pantheon.learn._features import COLUMNS, TermIndex, Terms, count_terms, rarity, weigh_terms
from pantheon.learn._kernel import Kernel, Texts, embed_texts
from pantheon.learn._numeric import one_thread
from pantheon.learn._rows import Embed, Flags, Floats, Prediction
from pantheon.learn._slices import SliceGate

_BATCH = 512
_FEW = 8
_NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Scores:
    """Best label of each text (its index) and how far it leads; -1 if the text is refused."""

    best: NDArray[np.intp]
    margin: Floats


@dataclass(frozen=True, slots=True)
class Looked:
    """What a machine sees in n texts.

    - scores: shape (n, labels); near: kernel values, shape (n, examples)
    - refused: blank, or far from all examples
    - nearest: ids of the nearest examples of each
    """

    scores: NDArray[np.float32]
    near: NDArray[np.float32]
    refused: Flags
    nearest: list[tuple[str, ...]]


class WidenedSupport:
    """A machine's examples as they are computed with, made once when first asked."""

    support: NDArray[np.float16]
    terms: Terms
    coefficients: NDArray[np.float16]

    # Half precision is for the file; arithmetic on it is slow.
    @cached_property
    def _wide_support(self) -> NDArray[np.float32]:
        return self.support.astype(np.float32)

    @cached_property
    def _wide_coefficients(self) -> NDArray[np.float32]:
        return self.coefficients.astype(np.float32)

    @cached_property
    def _idf(self) -> NDArray[np.float32]:
        """Not stored: which column occurs in how many examples says it."""
        return rarity(self.terms)

    @cached_property
    def _index(self) -> TermIndex:
        return TermIndex(self.terms)


@dataclass(frozen=True, repr=False)
class Specialist(WidenedSupport):
    """What the night deploys. Immutable; `dumps` gives the same bytes for the same contents.

    - labels: answers it can give, canonical JSON
    - ids: its examples; the rows of `support` after them are names of labels
    - support: half precision, shape (examples + names, d)
    - terms: TF-IDF of the same, in half precision
    - coefficients: half precision, shape (examples + names, labels)
    - reach: a text less alike than this to every example is foreign and not accepted
    - threshold: accepts from this margin on; infinite if nothing could be certified
    - space: id of the embedder; vectors of another one mean nothing here
    - counterweight: what each label's score is lowered by; None: nothing
    - gates: refuse what would break the promise on a slice
    """

    labels: tuple[str, ...]
    ids: tuple[str, ...]
    support: NDArray[np.float16]
    terms: Terms
    coefficients: NDArray[np.float16]
    kernel: Kernel
    reach: float
    threshold: float
    certainty: Certainty
    embed: Embed
    neighbours: int = 3
    space: str = ""
    counterweight: NDArray[np.float32] | None = None
    gates: tuple[SliceGate, ...] = ()
    kind = "machine"

    def accepting(self, threshold: float, certainty: Certainty) -> Specialist:
        """The same machine with an acceptance region and the meaning of its margin."""
        return replace(self, threshold=threshold, certainty=certainty)

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order."""
        if len(texts) <= _FEW:
            with one_thread():
                return self._answer(texts) if texts else []
        starts = range(0, len(texts), _BATCH)
        return [item for start in starts for item in self._answer(texts[start : start + _BATCH])]

    def accepts(self, texts: Sequence[str]) -> tuple[Flags, list[str]]:
        """Whether each text is answered here, and its label."""
        found = self.answer(texts)
        return np.array([p.accepted for p in found], dtype=bool), [p.label for p in found]

    def look(self, texts: Sequence[str]) -> Looked:
        """Scores of all labels, whatever they stand for, and what they come from."""
        near = self._near(texts)
        examples = near[:, : len(self.ids)]
        foreign = examples.max(axis=1, initial=0.0) < self.reach
        refused = foreign | find_blank(texts)
        return Looked(self.weigh(near), examples, refused, self._nearest(examples))

    def dumps(self) -> bytes:
        """As bytes: arrays and JSON, no pickle."""
        return _archive.pack(*self.parts())

    def parts(self) -> tuple[dict[str, object], dict[str, NDArray[Any]]]:
        """Head and arrays of the archive."""
        arrays: dict[str, NDArray[Any]] = {
            "support": self.support,
            "coefficients": self.coefficients,
            "terms": self.terms.values.astype(np.float16),
            "columns": self.terms.columns,
            "ends": self.terms.ends,
        }
        if self.counterweight is not None:
            arrays["counterweight"] = self.counterweight
        return self._head(), arrays

    @classmethod
    def loads(cls, data: bytes, *, embed: Embed, space: str = "") -> Specialist:
        """The specialist that `dumps` wrote, over the embedder it was trained with.

        `space` is the id of `embed`; it is compared with the one that the specialist names.

        Raises:
            InputError: the bytes are damaged, were written by a newer program, or are about the
                vectors of another embedder.
        """
        return cls.from_parts(*_archive.unpack(data), embed=embed, space=space)

    @classmethod
    def from_parts(
        cls, head: dict[str, Any], arrays: dict[str, NDArray[Any]], *, embed: Embed, space: str = ""
    ) -> Specialist:
        """From what `parts` gave, with the errors of `loads`."""
        _archive.expect(head, arrays, _fits_together)
        check_space(head["space"], space)
        terms = arrays["terms"].astype(np.float32)
        return cls(
            labels=tuple(head["labels"]),
            ids=tuple(head["ids"]),
            support=arrays["support"],
            terms=Terms(terms, arrays["columns"], arrays["ends"]),
            coefficients=arrays["coefficients"],
            kernel=Kernel(head["width"], head["text_weight"]),
            reach=_NEVER if head["reach"] is None else head["reach"],
            threshold=_NEVER if head["threshold"] is None else head["threshold"],
            certainty=Certainty(*head["certainty"]),
            embed=embed,
            neighbours=head["neighbours"],
            space=head["space"],
            counterweight=arrays.get("counterweight"),
            gates=tuple(SliceGate.from_json(gate) for gate in head.get("gates", ())),
        )

    def _head(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "labels": self.labels,
            "ids": self.ids,
            "width": self.kernel.width,
            "text_weight": self.kernel.text_weight,
            "reach": self.reach if math.isfinite(self.reach) else None,
            "threshold": self.threshold if math.isfinite(self.threshold) else None,
            "certainty": (self.certainty.slope, self.certainty.offset),
            "neighbours": self.neighbours,
            "space": self.space,
            # A cut that refuses nothing is no number in JSON, nor worth keeping.
            "gates": [gate.to_json() for gate in self.gates if math.isfinite(gate.cut)],
        }

    def score(self, texts: Sequence[str]) -> Scores:
        """What `answer` decides by, before any threshold; all texts at once."""
        return self._score(self._near(texts), texts)

    def _score(self, near: NDArray[np.float32], texts: Sequence[str]) -> Scores:
        foreign = near[:, : len(self.ids)].max(axis=1, initial=0.0) < self.reach
        refused = foreign | find_blank(texts)
        scores = self.weigh(near)
        found = find_best(scores, refused=refused)
        return refuse(self.gates, scores, near[:, : len(self.ids)], found)

    def weigh(self, near: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of all labels from kernel values (n, examples + names); shape (n, labels)."""
        scores = near @ self._wide_coefficients
        return scores if self.counterweight is None else scores - self.counterweight

    def _answer(self, texts: Sequence[str]) -> list[Prediction]:
        near = self._near(texts)
        scores = self._score(near, texts)
        chances = self.certainty.of(scores.margin)
        nearest = self._nearest(near[:, : len(self.ids)])
        best: list[int] = scores.best.tolist()
        sure: list[float] = chances.tolist()
        accepted: list[bool] = (scores.margin >= self.threshold).tolist()
        return [
            Prediction(self.labels[best[i]], sure[i], accepted[i], nearest[i])
            for i in range(len(texts))
        ]

    def _near(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = embed_texts(texts, self.embed)
        values = self.kernel.by_meaning(vectors @ self._wide_support.T)
        if self.kernel.text_weight:
            terms = weigh_terms(count_terms(texts), self._idf)
            values += self.kernel.text_weight * self._index.similarity(terms)
        return values.astype(np.float32)

    def _nearest(self, near: NDArray[np.float32]) -> list[tuple[str, ...]]:
        count = min(self.neighbours, len(self.ids))
        if count == 0:
            return [()] * len(near)
        some = np.argpartition(-near, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(near, some, axis=1), axis=1, kind="stable")
        ranked: list[list[int]] = np.take_along_axis(some, order, axis=1).tolist()
        return [tuple(self.ids[i] for i in row) for row in ranked]


def _fits_together(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bool:
    rows, labels = len(arrays["support"]), len(head["labels"])
    columns, ends = arrays["columns"], arrays["ends"]
    inside = bool(((columns >= 0) & (columns < 2 * COLUMNS)).all())
    ordered = ends[0] == 0 and ends[-1] == len(columns) and bool((np.diff(ends) >= 0).all())
    shaped = arrays["coefficients"].shape == (rows, labels) and len(ends) == rows + 1
    return shaped and inside and ordered and len(head["ids"]) <= rows


def check_space(trained: str, given: str) -> None:
    """InputError when a model was trained on the vectors of another embedder than the given one."""
    if trained and given and trained != given:
        raise InputError(
            f"This specialist was trained on vectors of {trained}, and {given} is in use.",
            hint="Let the next night train a new one.",
        )


def find_blank(texts: Sequence[str]) -> Flags:
    """Which texts say nothing."""
    return np.array([not text.strip() for text in texts], dtype=bool)


def find_best(scores: Floats | NDArray[np.float32], *, refused: Flags) -> Scores:
    """Best label and lead over the second best of each row of `scores` (n, labels)."""
    rows = np.arange(len(scores))
    best = scores.argmax(axis=1)
    top = scores[rows, best].astype(np.float64)
    if scores.shape[1] > 1:
        top -= np.partition(scores, -2, axis=1)[:, -2]
    return Scores(best, np.where(refused, -1.0, top))


def refuse(
    gates: Sequence[SliceGate], scores: NDArray[Any], near: NDArray[Any], found: Scores
) -> Scores:
    """What was found, with a margin of -1 where a gate refuses."""
    margin = found.margin
    for gate in gates:
        refuses = gate.refuses(scores, near, found.best, found.margin)
        margin = np.where(refuses, -1.0, margin)
    return Scores(found.best, margin)


def halve_texts(texts: Texts) -> Texts:
    """Round to what a file keeps, so that a specialist answers alike before and after saving."""
    terms = texts.terms
    values = terms.values.astype(np.float16).astype(np.float32)
    vectors = texts.vectors.astype(np.float16).astype(np.float32)
    return Texts(vectors, Terms(values, terms.columns, terms.ends))
