"""Nearest neighbours: a request is answered like the most similar one that was answered before.

The only rung that asks nothing of the answers' shape. The score is the similarity of the nearest
example, lowered where the next ones were answered otherwise (distance-weighted votes, Dudani 1976).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn import _archive
from pantheon.learn._certainty import UNKNOWN, Certainty
from pantheon.learn._rows import Embed, Floats, Prediction, Row
from pantheon.learn._rung import Judged, Sameness, Tools, Trained, random_rows
from pantheon.learn._specialist import check_space
from pantheon.learn._task import Task, recurs

_NEAREST = 5
_BLOCK = 512
_MOST = 20_000
"""Examples kept: the newest; 15 MB at 384 dimensions."""


@dataclass(frozen=True, slots=True, repr=False)
class Neighbours:
    """Examples with their vectors.

    - labels: answers as canonical JSON; ids: of the examples
    - kin: for each example the number of an equal answer, so that votes need no comparison
    - support: half precision, shape (examples, d), rows of length 1
    """

    labels: tuple[str, ...]
    ids: tuple[str, ...]
    kin: NDArray[np.int32]
    support: NDArray[np.float16]
    embed: Embed
    space: str
    threshold: float = np.inf
    certainty: Certainty = UNKNOWN
    kind = "neighbours"

    def accepting(self, threshold: float, certainty: Certainty) -> Neighbours:
        return replace(self, threshold=threshold, certainty=certainty)

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        if not texts:
            return []
        likeness = self.embed(texts) @ self.support.astype(np.float32).T
        order, scores = rank(likeness.astype(np.float64), self.kin)
        chances = self.certainty.of(scores)
        return [
            Prediction(
                self.labels[int(near[0])],
                float(chance),
                accepted=bool(score >= self.threshold) and bool(text.strip()),
                nearest=tuple(self.ids[int(index)] for index in near[:3]),
            )
            for text, near, score, chance in zip(texts, order, scores, chances, strict=True)
        ]

    def dumps(self) -> bytes:
        head = {
            "kind": self.kind,
            "labels": self.labels,
            "ids": self.ids,
            "space": self.space,
            "threshold": self.threshold if np.isfinite(self.threshold) else None,
            "certainty": (self.certainty.slope, self.certainty.offset),
        }
        return _archive.pack(head, {"kin": self.kin, "support": self.support})

    @classmethod
    def loads(
        cls, head: dict[str, Any], arrays: dict[str, NDArray[Any]], *, embed: Embed, space: str
    ) -> Neighbours:
        """From what `dumps` packed; InputError if it does not fit together."""
        _archive.expect(head, arrays, _fits_together)
        check_space(head["space"], space)
        return cls(
            tuple(head["labels"]),
            tuple(head["ids"]),
            arrays["kin"],
            arrays["support"],
            embed,
            head["space"],
            np.inf if head["threshold"] is None else head["threshold"],
            Certainty(*head["certainty"]),
        )


def _fits_together(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bool:
    count = len(head["labels"])
    return len(head["ids"]) == len(arrays["kin"]) == len(arrays["support"]) == count > 0


class NeighboursRung:
    """For answers of any shape that a classifier cannot choose among."""

    name = "neighbours"
    cost = 10
    weight = 0.3

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        del tools
        if task.shape == "label" and recurs(rows):
            return "The kernel machine weighs the same neighbours better."
        return None if len(rows) > 1 else "There are no two examples."

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, tools
        return 3e-3 * len(rows) + 1e-8 * len(rows) ** 2

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Every row is judged by the examples outside its own group."""
        kept = sorted(rows, key=lambda row: (row.at, row.id))[-_MOST:]
        vectors = tools.embed([row.text for row in kept])
        labels = [row.label for row in kept]
        model = Neighbours(
            tuple(labels),
            tuple(row.id for row in kept),
            _kin(labels, tools.same),
            vectors.astype(np.float16),
            tools.embed,
            tools.space,
        )
        random = {row.id for row in random_rows(kept, task)}
        return Trained(model, await _judge(model, kept, random, tools), len(kept))


def rank(likeness: Floats, kin: NDArray[np.int32]) -> tuple[NDArray[np.intp], Floats]:
    """The nearest examples of each row, nearest first, and the row's score in [0, 1]."""
    count = min(_NEAREST, likeness.shape[1])
    some = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(likeness, some, axis=1)
    order = np.take_along_axis(some, np.argsort(-near, axis=1, kind="stable"), axis=1)
    weights = np.clip(np.take_along_axis(likeness, order, axis=1), 0.0, 1.0) ** 8
    agreeing = kin[order] == kin[order[:, :1]]
    votes = (weights * agreeing).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    nearest = np.clip(likeness[np.arange(len(likeness)), order[:, 0]], 0.0, 1.0)
    return order, nearest * (0.5 + 0.5 * votes)


def _kin(labels: Sequence[str], same: Sameness) -> NDArray[np.int32]:
    """Equal answers share a number; compared with the first of each kind only."""
    firsts: list[str] = []
    known: dict[str, int] = {}
    for label in labels:
        if label in known:
            continue
        match = next((n for n, first in enumerate(firsts[:200]) if same(first, label)), None)
        known[label] = len(firsts) if match is None else match
        if match is None:
            firsts.append(label)
    return np.array([known[label] for label in labels], dtype=np.int32)


async def _judge(model: Neighbours, rows: Sequence[Row], random: set[str], tools: Tools) -> Judged:
    chosen = [index for index, row in enumerate(rows) if row.id in random]
    groups = np.unique([row.group for row in rows], return_inverse=True)[1]
    wide = model.support.astype(np.float32)
    said: list[str] = []
    scores: list[float] = []
    for start in range(0, len(chosen), _BLOCK):
        block = chosen[start : start + _BLOCK]
        likeness = (wide[block] @ wide.T).astype(np.float64)
        likeness[groups[block][:, None] == groups[None, :]] = -1.0
        order, found = rank(likeness, model.kin)
        said += [model.labels[int(index)] for index in order[:, 0]]
        scores += found.tolist()
    pairs = [(rows[i].text, answer, rows[i].label) for i, answer in zip(chosen, said, strict=True)]
    return Judged(
        tuple(rows[i].id for i in chosen),
        np.array(scores, dtype=np.float64),
        ~await tools.compare(pairs),
        tuple(said),
    )
