"""Answered requests that are looked up by meaning: demonstrations, and a yardstick for answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._verifier import Written

if TYPE_CHECKING:
    from pantheon.learn._rows import Embed, Row

LOOKED_UP = 8
"""Nearest examples that are looked at; a prompt shows some of them."""
_MOST = 5000
"""Examples kept, the newest: 4 MB of vectors at 384 dimensions, and their texts."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Requests with their answers; all of one length n.

    - labels: answers, canonical JSON; groups: near-duplicates share one
    - vectors: half precision, shape (n, d), rows of length 1
    - known: how often each answer occurs
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    vectors: NDArray[np.float16]
    known: Mapping[str, int]

    @classmethod
    def of(cls, rows: Sequence[Row], embed: Embed) -> Examples:
        """The newest rows that may be shown: what a person found wrong may not."""
        shown = [row for row in rows if row.weight >= 0.5] or list(rows)
        kept = sorted(shown, key=lambda row: (row.at, row.id))[-_MOST:]
        vectors = embed([row.text for row in kept]).astype(np.float16)
        parts = [(row.text, row.label, row.id, row.group) for row in kept]
        texts, labels, ids, groups = zip(*parts, strict=True)
        return cls(texts, labels, ids, groups, vectors, Counter(labels))

    def nearest(
        self, vector: NDArray[np.float32], *, without: frozenset[str] = frozenset()
    ) -> Near:
        """The nearest examples outside the groups `without`, nearest first."""
        likeness = self.vectors.astype(np.float32) @ vector
        if without:
            barred = [group in without for group in self.groups]
            likeness[np.array(barred, dtype=bool)] = -np.inf
        count = min(LOOKED_UP, int(np.isfinite(likeness).sum()))
        order = np.argsort(-likeness, kind="stable")[:count]
        places: list[int] = order.tolist()
        return Near(tuple(places), tuple(float(it) for it in likeness[order]), without)

    def describe(self, text: str, said: str, logprobs: tuple[float, ...], near: Near) -> Written:
        """An answer with what the examples tell about it."""
        barred = [self.labels[i] for i, g in enumerate(self.groups) if g in near.without]
        return Written(
            text,
            said,
            logprobs,
            near.likeness,
            tuple(self.labels[place] for place in near.places),
            self.known.get(said, 0) - barred.count(said),
        )

    def head(self) -> dict[str, Any]:
        """All but the vectors, as JSON."""
        return {
            "texts": self.texts,
            "labels": self.labels,
            "ids": self.ids,
            "groups": self.groups,
        }

    @classmethod
    def from_head(cls, head: dict[str, Any], vectors: NDArray[np.float16]) -> Examples:
        """From `head`; ValueError if the parts differ in length."""
        parts = [tuple(map(str, head[name])) for name in ("texts", "labels", "ids", "groups")]
        texts, labels, ids, groups = parts
        if {len(part) for part in parts} != {len(vectors)} or not len(vectors):
            raise ValueError("examples and their vectors differ in number")
        return cls(texts, labels, ids, groups, vectors, Counter(labels))


@dataclass(frozen=True, slots=True)
class Near:
    """Places of the nearest examples, their cosines, and the groups that were left out."""

    places: tuple[int, ...]
    likeness: tuple[float, ...]
    without: frozenset[str] = frozenset()
