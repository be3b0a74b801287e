"""An embedder without weights: character trigrams and words hashed into a few numbers.

For tests and for machines without weights: similar spelling gives similar vectors, meaning does
not. Weinberger et al. 2009 (feature hashing).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class HashEmbedder:
    """Unit vectors from spelling alone; the same on every machine."""

    def __init__(self, dimension: int = 64) -> None:
        """`dimension`: more means fewer collisions."""
        self.id = f"hash-{dimension}"
        self.dimension = dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension); a text without letters or digits is all zeros."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for feature in _features(text):
                number = crc32(feature.encode("utf-8", "replace"))
                vectors[row, (number >> 1) % self.dimension] += 1.0 if number & 1 else -1.0
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(norms, np.finfo(np.float32).tiny)


def _features(text: str) -> Iterator[str]:
    for word in "".join(char if char.isalnum() else " " for char in text.lower()).split():
        yield word
        padded = f"<{word}>"
        for start in range(len(padded) - 2):
            yield padded[start : start + 3]
