"""Sets, numbers and records of several fields: one kernel matrix, a head for every field.

The heads' columns stand side by side as targets of the same ridge regression, so one factorisation
trains them all and gives in closed form what they would have said of each row without its group.
Whether a whole answer is right is a logistic regression over what its fields are unsure of, fitted
across folds of groups to whether the left-out answers were the same as the teacher's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from pantheon.ids import canonical_json
from pantheon.learn import _archive
from pantheon.learn._certainty import UNKNOWN, Certainty
from pantheon.learn._logistic import Logistic
from pantheon.learn._rows import Embed, Flags, Floats, Prediction
from pantheon.learn._specialist import Specialist
from pantheon.learn.rungs._columns import Head, Told
from pantheon.learn.rungs._fields import Field, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

_BATCH = 512
_LOWEST, _RANGE = -4.0, 12.0
"""Log-odds that become the scores 0 and (with the range added) 1: chances of 2 % and 99.97 %."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Whole answers to n texts.

    - said: canonical JSON
    - features: what the verifier looks at, shape (n, f)
    - fields: of each field how sure its head is, shape (n, fields)
    """

    said: list[str]
    features: Floats
    fields: Floats


@dataclass(frozen=True, repr=False)
class RecordModel:
    """A machine whose columns belong to heads, one for each field of the layout.

    - certainties: what each field's first feature means, for its own confidence
    - threshold, certainty: of the whole answer's score
    """

    machine: Specialist
    layout: Layout
    heads: tuple[Head, ...]
    verifier: Logistic
    certainties: tuple[Certainty, ...]
    threshold: float = np.inf
    certainty: Certainty = UNKNOWN
    kind = "record"

    def accepting(self, threshold: float, certainty: Certainty) -> RecordModel:
        return replace(self, threshold=threshold, certainty=certainty)

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order."""
        starts = range(0, len(texts), _BATCH)
        return [item for start in starts for item in self._answer(texts[start : start + _BATCH])]

    def confidences(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """For each text the chance of every field, by dotted path, to be as the teacher's."""
        looked = self.machine.look(texts)
        found = read_all(self.layout, self.heads, looked.scores, looked.near).fields
        names = [field.name for field in self.layout.fields]
        chances = [c.of(found[:, place]) for place, c in enumerate(self.certainties)]
        return [
            {name: float(chance[row]) for name, chance in zip(names, chances, strict=True)}
            for row in range(len(texts))
        ]

    def score(self, texts: Sequence[str]) -> tuple[list[str], Floats]:
        """Answers and scores, before any threshold; -1 for what is refused."""
        looked = self.machine.look(texts)
        found = read_all(self.layout, self.heads, looked.scores, looked.near)
        return found.said, rate(self.verifier.odds(found.features), looked.refused)

    def _answer(self, texts: Sequence[str]) -> list[Prediction]:
        looked = self.machine.look(texts)
        found = read_all(self.layout, self.heads, looked.scores, looked.near)
        scores = rate(self.verifier.odds(found.features), looked.refused)
        chances: list[float] = self.certainty.of(scores).tolist()
        accepted: list[bool] = (scores >= self.threshold).tolist()
        return [
            Prediction(said, chances[i], accepted[i], looked.nearest[i])
            for i, said in enumerate(found.said)
        ]

    def dumps(self) -> bytes:
        """As bytes: arrays and JSON, no pickle."""
        head, arrays = self.machine.parts()
        numbers = {f"known{n}": np.array(h.known) for n, h in enumerate(self.heads) if h.known}
        own = {
            "kind": self.kind,
            "fields": [field.path for field in self.layout.fields],
            "objects": self.layout.objects,
            "heads": [h.to_json() for h in self.heads],
            "verifier": self.verifier.to_json(),
            "certainties": [(c.slope, c.offset) for c in self.certainties],
            "record_threshold": self.threshold if np.isfinite(self.threshold) else None,
            "record_certainty": (self.certainty.slope, self.certainty.offset),
        }
        return _archive.pack({**head, **own}, {**arrays, **numbers})

    @classmethod
    def loads(
        cls, head: dict[str, Any], arrays: dict[str, NDArray[Any]], *, embed: Embed, space: str
    ) -> RecordModel:
        """From what `dumps` packed; InputError if it does not fit together."""
        _archive.expect(head, arrays, _fits_together)
        machine = Specialist.from_parts(head, arrays, embed=embed, space=space)
        fields = tuple(Field(tuple(path), "label") for path in head["fields"])
        certain = head["record_threshold"]
        return cls(
            machine=machine,
            layout=Layout(fields, tuple(tuple(path) for path in head["objects"])),
            heads=_heads(head, arrays),
            verifier=Logistic.from_json(head["verifier"]),
            certainties=tuple(Certainty(*pair) for pair in head["certainties"]),
            threshold=np.inf if certain is None else certain,
            certainty=Certainty(*head["record_certainty"]),
        )


def _heads(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> tuple[Head, ...]:
    return tuple(
        Head.from_json(kept, arrays.get(f"known{n}", np.zeros(0)).tolist())
        for n, kept in enumerate(head["heads"])
    )


def _fits_together(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bool:
    heads = _heads(head, arrays)
    width = sum(h.width for h in heads)
    known = all(len(h.known) in {0, len(head["ids"])} for h in heads)
    Logistic.from_json(head["verifier"])
    counted = len(heads) == len(head["fields"]) == len(head["certainties"])
    return counted and known and width == len(head["labels"])


def read_all(
    layout: Layout, heads: Sequence[Head], scores: NDArray[Any], near: NDArray[Any]
) -> Answers:
    """Whole answers from scores (n, columns of all heads) and kernel values (n, examples)."""
    told: list[Told] = []
    start = 0
    for head in heads:
        told.append(head.read(scores[:, start : start + head.width], near))
        start += head.width
    columns = [found.values for found in told]
    said = [canonical_json(layout.write(row, {})) for row in zip(*columns, strict=True)]
    fields = np.column_stack([found.features[:, 0] for found in told])
    nearest = near.max(axis=1, initial=0.0).astype(np.float64)
    parts = [*(found.features for found in told), nearest[:, None], fields.min(axis=1)[:, None]]
    return Answers(said, np.column_stack(parts), fields)


def join_answers(parts: Sequence[Answers], order: NDArray[np.intp]) -> Answers:
    """Several answers one after the other, then in this order."""
    said = [text for part in parts for text in part.said]
    features = np.concatenate([part.features for part in parts])[order]
    fields = np.concatenate([part.fields for part in parts])[order]
    return Answers([said[int(i)] for i in order], features, fields)


def rate(odds: Floats, refused: Flags) -> Floats:
    """Scores in [0, 1] from log-odds; -1 for what is refused."""
    scores = np.clip((odds - _LOWEST) / _RANGE, 0.0, 1.0)
    return cast("Floats", np.where(refused, -1.0, scores))
