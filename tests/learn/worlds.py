"""Small worlds to learn in: texts whose meaning is known, and an embedder that needs no weights."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pantheon.learn import Drawn, Row

TOPICS = ("card", "loan", "rate", "fraud")
_DIMENSION = 64


def label(topic: str) -> str:
    """The canonical JSON of an answer."""
    return json.dumps({"intent": topic})


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """The mean of a fixed random direction for each word, of length 1."""
    vectors = np.stack([_mean(text.lower().split()) for text in texts])
    return vectors.astype(np.float32)


def _mean(words: Sequence[str]) -> NDArray[np.float64]:
    total = np.full(_DIMENSION, 1e-3)
    for word in words:
        total += _direction(word)
    return total / np.linalg.norm(total)


@cache
def _direction(word: str) -> NDArray[np.float64]:
    seed = zlib.crc32(word.encode("utf-8", "replace"))
    return np.random.default_rng(seed).normal(size=_DIMENSION)


def draw_rows(
    count: int,
    *,
    seed: int = 0,
    noise: float = 0.0,
    topics: Sequence[str] = TOPICS,
    drawn: Drawn = "bootstrap",
) -> list[Row]:
    """Requests that name their topic among four random words.

    A share `noise` gets a random answer; each row is a group of its own.
    """
    draw = np.random.default_rng(seed)
    rows: list[Row] = []
    for index in range(count):
        topic = topics[int(draw.integers(len(topics)))]
        filler = [f"w{int(number)}" for number in draw.integers(500, size=4)]
        said = topics[int(draw.integers(len(topics)))] if draw.random() < noise else topic
        name = f"{drawn}-{seed}-{index}"
        text = " ".join([topic, topic, *filler])
        rows.append(Row(name, text, label(said), name, float(index), drawn))
    return rows
