"""The cheapest rung: what was asked before is answered as before.

A request is known if it differs from an earlier one in case, punctuation and spacing at most. Its
answer is the one given most often; the score is Laplace's estimate of how often it will be given
again, so that one earlier answer weighs less than five equal ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn import _archive
from pantheon.learn._certainty import UNKNOWN, Certainty
from pantheon.learn._groups import normalise
from pantheon.learn._rows import Floats, Prediction, Row
from pantheon.learn._rung import Judged, Tools, Trained, random_rows
from pantheon.learn._task import Task

_REPEATED = 0.02
"""Share of the requests that must have been asked before, or the memory is not worth a trial."""


@dataclass(frozen=True, slots=True, repr=False)
class Memory:
    """Answers by normalised request.

    - entries: request → (answer as canonical JSON, score, id of an example)
    """

    entries: Mapping[str, tuple[str, float, str]]
    threshold: float = np.inf
    certainty: Certainty = UNKNOWN
    kind = "cache"

    def accepting(self, threshold: float, certainty: Certainty) -> Memory:
        return replace(self, threshold=threshold, certainty=certainty)

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        """What is not known is refused."""
        return [self._answer(normalise(text)) for text in texts]

    def _answer(self, request: str) -> Prediction:
        if request not in self.entries:
            return Prediction("{}", 0.0, accepted=False, nearest=())
        label, score, example = self.entries[request]
        chance = float(self.certainty.of(np.array([score]))[0])
        return Prediction(label, chance, score >= self.threshold, (example,))

    def dumps(self) -> bytes:
        head = {
            "kind": self.kind,
            "entries": [[key, *self.entries[key]] for key in sorted(self.entries)],
            "threshold": self.threshold if np.isfinite(self.threshold) else None,
            "certainty": (self.certainty.slope, self.certainty.offset),
        }
        return _archive.pack(head, {})

    @classmethod
    def loads(cls, head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Memory:
        """From what `dumps` packed; InputError if it does not fit together."""
        _archive.expect(head, arrays, lambda h, _: all(len(entry) == 4 for entry in h["entries"]))
        entries = {key: (label, score, id) for key, label, score, id in head["entries"]}
        threshold = np.inf if head["threshold"] is None else head["threshold"]
        return cls(entries, threshold, Certainty(*head["certainty"]))


class CacheRung:
    """Exact and normalised repeats."""

    name = "cache"
    cost = 0
    weight = 0.05

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        del task, tools
        known = Counter(normalise(row.text) for row in rows)
        repeated = sum(count for count in known.values() if count > 1)
        if repeated >= _REPEATED * max(len(rows), 1):
            return None
        return f"Only {repeated} of {len(rows)} requests were asked more than once."

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, tools
        return 1e-5 * len(rows)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Every row is judged by the others that ask the same, itself left out."""
        by_request: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: (row.at, row.id)):
            by_request[normalise(row.text)].append(row)
        entries = {key: (*_vote(found), found[-1].id) for key, found in by_request.items() if key}
        judged = [
            _judge(row, [r for r in by_request[normalise(row.text)] if not _of(row, r)], tools)
            for row in random_rows(rows, task)
        ]
        return Trained(Memory(entries), _collect(judged), len(rows))


def _of(row: Row, other: Row) -> bool:
    """Whether the other says something of the same request: itself, or a correction of its answer,
    which are no repeats.
    """
    return other.id == row.id or other.id.startswith(f"{row.id}:")


def _vote(rows: Sequence[Row]) -> tuple[str, float]:
    """The answer given most often, of equals the latest, and its score."""
    counts = Counter(row.label for row in rows)
    latest = {row.label: number for number, row in enumerate(rows)}
    best = max(counts, key=lambda label: (counts[label], latest[label]))
    return best, (counts[best] + 1) / (len(rows) + 2)


def _judge(row: Row, others: Sequence[Row], tools: Tools) -> tuple[str, float, bool, str]:
    if not others or not normalise(row.text):
        return row.id, -1.0, True, "{}"
    said, score = _vote(others)
    return row.id, score, not tools.same(said, row.label), said


def _collect(judged: Sequence[tuple[str, float, bool, str]]) -> Judged:
    margin: Floats = np.array([score for _, score, _, _ in judged], dtype=np.float64)
    wrong = np.array([wrong for _, _, wrong, _ in judged], dtype=bool)
    return Judged(tuple(j[0] for j in judged), margin, wrong, tuple(j[3] for j in judged))
