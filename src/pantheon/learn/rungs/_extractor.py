"""The extractor: a specialist whose answers are records of labels and pieces of the text.

One kernel machine chooses the label fields, a tagger finds the copied ones, a verifier says how
likely the whole record is right. Its bytes hold arrays, JSON and CRFsuite models, no pickle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pantheon.ids import canonical_json
from pantheon.learn import _archive
from pantheon.learn._certainty import UNKNOWN, Certainty
from pantheon.learn._features import COLUMNS, Terms
from pantheon.learn._logistic import Logistic
from pantheon.learn._numeric import one_thread
from pantheon.learn._rows import Embed, Floats, Prediction
from pantheon.learn._specialist import check_space, find_blank
from pantheon.learn.rungs._doubts import doubts_of, score_of
from pantheon.learn.rungs._fields import FORMS, Field, Layout
from pantheon.learn.rungs._gazetteer import Gazetteer
from pantheon.learn.rungs._heads import Heads
from pantheon.learn.rungs._reader import Parts, Reader, Reading
from pantheon.learn.rungs._spans import tokenise
from pantheon.learn.rungs._tagger import Tagger

_BATCH = 256
_NEAREST = 3
KIND = "extractor"


@dataclass(frozen=True, slots=True)
class RecordPrediction(Prediction):
    """A record; `fields`: how sure each field is by itself, by dotted path; a ranking only."""

    fields: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, repr=False)
class Extractor:
    """What the night deploys. Immutable; `dumps` gives the same bytes for the same contents.

    - ids: of the examples, the rows of `heads.support`
    - reach: a text less alike than this to every example is foreign and not accepted
    - threshold: accepts from this score on; infinite until it is calibrated
    - space: id of the embedder; vectors of another one mean nothing here
    """

    ids: tuple[str, ...]
    heads: Heads
    reader: Reader
    verifier: Logistic
    reach: float
    space: str = ""
    threshold: float = np.inf
    certainty: Certainty = UNKNOWN
    kind = KIND

    def accepting(self, threshold: float, certainty: Certainty) -> Extractor:
        return replace(self, threshold=threshold, certainty=certainty)

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order."""
        found: list[Prediction] = []
        with one_thread():
            for start in range(0, len(texts), _BATCH):
                found += self._answer(texts[start : start + _BATCH])
        return found

    def _answer(self, texts: Sequence[str]) -> list[RecordPrediction]:
        chosen, near = self.heads.look(texts)
        readings = [self.reader.read(tokenise(t), c) for t, c in zip(texts, chosen, strict=True)]
        scores = self._score(texts, readings, near.max(axis=1).astype(np.float64))
        chances = self.certainty.of(scores)
        order = np.argsort(-near, axis=1, kind="stable")[:, :_NEAREST]
        return [
            RecordPrediction(
                label=canonical_json(self.reader.write(reading)),
                confidence=float(chance),
                accepted=bool(score >= self.threshold),
                nearest=tuple(self.ids[int(index)] for index in nearest),
                fields=self.reader.sureness(reading),
            )
            for reading, score, chance, nearest in zip(
                readings, scores, chances, order, strict=True
            )
        ]

    def _score(self, texts: Sequence[str], readings: Sequence[Reading], nearest: Floats) -> Floats:
        scores = score_of(self.verifier.odds(doubts_of(self.reader, readings, nearest)))
        return np.where((nearest < self.reach) | find_blank(texts), -1.0, scores)

    # ------------------------------------------------------------------------ as bytes and back

    def dumps(self) -> bytes:
        """As bytes: arrays and JSON, no pickle."""
        heads, verifier = self.heads, self.verifier
        arrays: dict[str, NDArray[Any]] = {
            "support": heads.support,
            "coefficients": heads.coefficients,
            "terms": heads.terms.values.astype(np.float16),
            "columns": heads.terms.columns,
            "ends": heads.terms.ends,
            "centre": verifier.centre,
            "scale": verifier.scale,
            "weights": verifier.weights,
        }
        for number, tagger in enumerate(self.reader.taggers):
            arrays[f"tagger{number}"] = np.frombuffer(tagger.data, dtype=np.uint8)
        return _archive.pack(self._head(), arrays)

    def _head(self) -> dict[str, object]:
        layout, parts = self.reader.layout, self.reader.parts
        return {
            "kind": self.kind,
            "ids": self.ids,
            "values": self.heads.values,
            "fields": [[f.path, f.kind, f.many, f.form, f.absent] for f in layout.fields],
            "objects": layout.objects,
            "part_by": parts.by,
            "part_names": parts.names,
            "phrases": self.reader.gazetteer.phrases,
            "words": self.reader.gazetteer.words,
            "reach": self.reach if np.isfinite(self.reach) else None,
            "space": self.space,
            "threshold": self.threshold if np.isfinite(self.threshold) else None,
            "certainty": (self.certainty.slope, self.certainty.offset),
        }

    @classmethod
    def loads(
        cls, head: dict[str, Any], arrays: dict[str, NDArray[Any]], *, embed: Embed, space: str
    ) -> Extractor:
        """From what `dumps` packed; InputError if it does not fit together."""
        _archive.expect(head, arrays, _fits_together)
        check_space(head["space"], space)
        values = tuple(tuple(known) for known in cast("list[list[str]]", head["values"]))
        terms = Terms(arrays["terms"].astype(np.float32), arrays["columns"], arrays["ends"])
        return cls(
            ids=tuple(head["ids"]),
            heads=Heads(values, arrays["support"], terms, arrays["coefficients"], embed),
            reader=_read_reader(head, arrays),
            verifier=Logistic(arrays["centre"], arrays["scale"], arrays["weights"]),
            reach=-np.inf if head["reach"] is None else head["reach"],
            space=head["space"],
            threshold=np.inf if head["threshold"] is None else head["threshold"],
            certainty=Certainty(*head["certainty"]),
        )


def _read_reader(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Reader:
    fields = tuple(
        Field(tuple(path), kind, many=many, form=form, absent=absent)
        for path, kind, many, form, absent in head["fields"]
    )
    names = tuple(head["part_names"])
    return Reader(
        Layout(fields, tuple(tuple(path) for path in head["objects"])),
        Parts(head["part_by"], names),
        tuple(Tagger(arrays[f"tagger{number}"].tobytes()) for number in range(len(names) + 1)),
        Gazetteer(head["phrases"], head["words"]),
    )


def _fits_together(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bool:
    rows, width = len(arrays["support"]), sum(len(known) for known in head["values"])
    labels = sum(kind == "label" for _, kind, *_ in head["fields"])
    doubts, columns, ends = len(arrays["centre"]), arrays["columns"], arrays["ends"]
    taggers = [arrays[f"tagger{n}"].dtype == np.uint8 for n in range(len(head["part_names"]) + 1)]
    return (
        len(head["ids"]) == rows > 0
        and arrays["coefficients"].shape == (rows, width)
        and len(head["values"]) == labels > head["part_by"]
        and len(arrays["scale"]) == doubts == len(arrays["weights"]) - 1
        and len(ends) == rows + 1
        and ends[0] == 0
        and ends[-1] == len(columns)
        and bool((np.diff(ends) >= 0).all())
        and bool(((columns >= 0) & (columns < 2 * COLUMNS)).all())
        and all(form in FORMS for _, _, _, form, _ in head["fields"])
        and all(taggers)
    )
