"""A fine-tuned encoder beneath the kernel machine: for answers that meaning alone keeps too close.

Cross-fitted by groups: an encoder that did not see a fold gives the vectors by which a machine that
did not see it either judges its rows. The one that serves saw everything.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn import _archive
from pantheon.learn._certainty import Certainty
from pantheon.learn._features import verbalise
from pantheon.learn._fit import train_and_judge
from pantheon.learn._rows import Embed, Prediction, Row, Settings
from pantheon.learn._rung import Judged, Tools, Trained, fold_of, random_rows
from pantheon.learn._specialist import Specialist
from pantheon.learn._task import Task, recurs

if TYPE_CHECKING:
    from pantheon.learn.encoder import Lesson, Tuned

_FOLDS = 3
_FEWEST, _MOST = 150, 6000
_SECONDS_A_TEXT = 0.03
"""For one epoch of one fold on one core."""
_EPOCHS = 4


@dataclass(frozen=True, repr=False)
class EncoderModel:
    """A kernel machine over vectors of a tuned encoder.

    - inner: the machine; weights: the encoder's changed ones, half precision, by name
    """

    inner: Specialist
    weights: Mapping[str, NDArray[np.float16]] = field(repr=False)
    kind = "encoder"

    @property
    def threshold(self) -> float:
        return self.inner.threshold

    @property
    def certainty(self) -> Certainty:
        return self.inner.certainty

    def accepting(self, threshold: float, certainty: Certainty) -> EncoderModel:
        return replace(self, inner=self.inner.accepting(threshold, certainty))

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        return self.inner.answer(texts)

    def dumps(self) -> bytes:
        inner = np.frombuffer(self.inner.dumps(), dtype=np.uint8)
        arrays = {f"weight:{name}": value for name, value in self.weights.items()}
        return _archive.pack({"kind": self.kind}, {**arrays, "inner": inner})

    @classmethod
    def loads(cls, head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> EncoderModel:
        """From what `dumps` packed; InputError if it does not fit together."""
        _archive.expect(head, arrays, lambda _, parts: parts["inner"].dtype == np.uint8)
        weights = {
            name.removeprefix("weight:"): value
            for name, value in arrays.items()
            if name.startswith("weight:")
        }
        embed, space = tuned_embedder(weights)
        inner = Specialist.loads(arrays["inner"].tobytes(), embed=embed, space=space)
        return cls(inner, weights)


def tuned_embedder(weights: Mapping[str, NDArray[np.float16]]) -> tuple[Embed, str]:
    """The usual engine with these weights, and the name of its space; shared while in use."""
    packed = io.BytesIO()
    np.savez(packed, **{name: weights[name] for name in sorted(weights)})  # pyright: ignore[reportArgumentType]
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(weights):
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    space = f"all-minilm-l6-v2+{digest.hexdigest()}"
    return _engine(space, packed.getvalue()), space


@lru_cache(maxsize=4)
def _engine(space: str, packed: bytes) -> Embed:
    """About 90 MB each; the least recently used go first."""
    from pantheon.models import MiniLmEmbedder

    del space
    with np.load(io.BytesIO(packed), allow_pickle=False) as kept:
        weights = {name: kept[name].astype(np.float32) for name in kept.files}
    return MiniLmEmbedder(weights=weights).embed


class EncoderRung:
    """Needs `pantheon[train]`."""

    name = "encoder"
    cost = 30
    weight = 0.3

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        from pantheon.learn.encoder import can_tune

        if not recurs(rows):
            return "Too few answers come again to choose among them."
        if not _FEWEST <= len(rows) <= _MOST:
            return f"{len(rows)} examples; {_FEWEST} to {_MOST} are worth tuning an encoder on."
        if not tools.space.startswith("all-minilm-l6-v2"):
            return "Another embedder is in use than the one that can be tuned."
        return None if can_tune() else "torch is not installed (the optional extra `train`)."

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, tools
        return 10 + _SECONDS_A_TEXT * _EPOCHS * (_FOLDS + 1) * len(rows)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        from pantheon.learn.encoder import TuneSettings, tune_encoder
        from pantheon.learn.encoder._job import WHOLE

        kept = sorted(rows, key=lambda row: (row.at, row.id))
        settings = Settings(audit_rate=task.audit_rate, labels=task.labels)
        lesson = _lesson(kept, task)
        tuned = await tune_encoder(
            lesson,
            TuneSettings(epochs=_EPOCHS, seed=task.seed % 2**31, threads=tools.cpu or 2),
            seconds=None if tools.deadline is None else tools.seconds_left,
        )
        embed, space = tuned_embedder(tuned.weights)
        final = replace(settings, space=space)
        inner, _ = train_and_judge(
            kept, embed=_known(lesson, tuned, WHOLE, embed), seed=task.seed, settings=final
        )
        model = EncoderModel(replace(inner, embed=embed), tuned.weights)
        judged = _judge(kept, lesson, tuned, task, settings, tools)
        return Trained(model, judged, len(kept), note={"space": space})


def _lesson(rows: Sequence[Row], task: Task) -> Lesson:
    from pantheon.learn.encoder import Lesson

    labels = sorted({row.label for row in rows} | set(task.labels))
    place = {label: index for index, label in enumerate(labels)}
    names = [verbalise(label) for label in labels]
    return Lesson(
        texts=(*(row.text for row in rows), *names),
        answers=tuple(place[row.label] for row in rows),
        names=len(names),
        folds=tuple(fold_of(row.group, folds=_FOLDS, seed=task.seed) for row in rows),
    )


def _known(lesson: Lesson, tuned: Tuned, fold: int, otherwise: Embed | None = None) -> Embed:
    """The vectors that a fold's encoder gave, by text."""
    vectors = dict(zip(lesson.texts, tuned.vectors[fold], strict=True))

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        if otherwise is not None and not all(text in vectors for text in texts):
            return otherwise(texts)
        return np.stack([vectors[text] for text in texts])

    return embed


def _judge(
    rows: Sequence[Row],
    lesson: Lesson,
    tuned: Tuned,
    task: Task,
    settings: Settings,
    tools: Tools,
) -> Judged:
    """Each fold by an encoder and a machine that saw the others only."""
    random = {row.id for row in random_rows(rows, task)}
    ids: list[str] = []
    said: list[str] = []
    margins: list[float] = []
    wrong: list[bool] = []
    for fold in sorted(set(lesson.folds)):
        mine = [
            row for row, f in zip(rows, lesson.folds, strict=True) if f == fold and row.id in random
        ]
        others = [row for row, f in zip(rows, lesson.folds, strict=True) if f != fold]
        if not mine or not others:
            continue
        machine, _ = train_and_judge(
            others, embed=_known(lesson, tuned, fold), seed=task.seed, settings=settings
        )
        scores = machine.score([row.text for row in mine])
        best: list[int] = scores.best.tolist()
        answers = [machine.labels[index] for index in best]
        ids += [row.id for row in mine]
        said += answers
        margins += np.clip(scores.margin, -1.0, 1.0).tolist()
        wrong += [not tools.same(a, row.label) for a, row in zip(answers, mine, strict=True)]
    return Judged(
        tuple(ids), np.array(margins, dtype=np.float64), np.array(wrong, dtype=bool), tuple(said)
    )
