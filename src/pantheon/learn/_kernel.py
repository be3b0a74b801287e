"""The kernel: how alike two texts are, by meaning (embedding) and by wording (n-grams).

k(a, b) = exp(-|a - b|^2 / width) over embeddings + text_weight * cosine over TF-IDF.

The first term fades with distance: a text far from every example scores low for every label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.learn._features import Terms, similarity
from pantheon.learn._rows import Embed, Floats


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as numbers: unit vectors (n, d) and weighted n-grams (n, columns)."""

    vectors: NDArray[np.float32]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Kernel:
    """Its two parameters; see the module."""

    width: float
    text_weight: float

    def between(self, left: Texts, right: Texts) -> Floats:
        """Shape (left rows, right rows)."""
        values = self.by_meaning(left.vectors @ right.vectors.T)
        if self.text_weight:
            values += self.text_weight * similarity(left.terms, right.terms)
        return values

    def by_meaning(self, cosines: NDArray[np.float32]) -> Floats:
        """The first term, from cosines of unit vectors."""
        values = np.minimum(cosines, 1).astype(np.float64)
        values -= 1
        values *= 2 / self.width
        return np.exp(values, out=values)


def embed_texts(texts: Sequence[str], embed: Embed) -> NDArray[np.float32]:
    """Vectors of `texts`, checked: finite and one each.

    Raises:
        InputError: the embedder gave something else.
    """
    vectors = np.asarray(embed(texts), dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise InputError(
            f"The embedder did not give one finite vector for each of {len(texts)} texts.",
            hint="An embedder maps n texts to an array of shape (n, d) with rows of length 1.",
        )
    return vectors
