"""What a child process is given and gives back, as files in one folder; no pickle among them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

JOB, RESULT, LOG = "job.json", "tuned.npz", "log.txt"
WHOLE = -1
"""The fold that leaves nothing out: its encoder is the one that will serve."""


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """How the encoder is tuned.

    - layers: how many of the six, from the top
    - epochs, batch, rate: of AdamW; temperature: of the softmax over cosines
    """

    layers: int = 2
    epochs: int = 4
    batch: int = 32
    rate: float = 1e-4
    temperature: float = 0.05
    max_tokens: int = 64
    seed: int = 0
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts with what they were answered.

    - texts: of the examples, then of the answers' own names, then others that only need vectors
    - answers: for each example the place of its answer; as many as there are examples
    - names: how many texts after the examples are the answers' names, in the answers' order
    - folds: for each example its fold, so that an encoder that did not see it can judge it
    """

    texts: tuple[str, ...]
    answers: tuple[int, ...]
    names: int
    folds: tuple[int, ...]


def write_job(folder: Path, lesson: Lesson, settings: TuneSettings, weights: Path) -> None:
    """Write down what to do."""
    body = {"lesson": asdict(lesson), "settings": asdict(settings), "weights": str(weights)}
    (folder / JOB).write_text(json.dumps(body), encoding="utf-8")


def read_job(folder: Path) -> tuple[Lesson, TuneSettings, Path]:
    """Read what `write_job` wrote."""
    body = json.loads((folder / JOB).read_text(encoding="utf-8"))
    lesson = TypeAdapter(Lesson).validate_python(body["lesson"])
    return lesson, TuneSettings(**body["settings"]), Path(body["weights"])


def write_result(folder: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write vectors of every fold and the changed weights; whole or not at all."""
    partial = folder / f"part-{RESULT}"
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]  its stubs know no names
    partial.replace(folder / RESULT)
