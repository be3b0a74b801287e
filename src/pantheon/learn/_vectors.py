"""Vectors of texts, computed once in a process: a night asks for the same ones again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pantheon.models import Embedder


class VectorCache:
    """An embedder that remembers; itself an `Embedder`.

    Args:
        inner: who computes what is not remembered.
        capacity: how many vectors are kept (1.5 kB each at 384 dimensions); the least recently
            used go first.
    """

    def __init__(self, inner: Embedder, *, capacity: int = 100_000) -> None:
        self._inner = inner
        self._capacity = capacity
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self.computed = 0
        """How many vectors were not remembered."""

    @classmethod
    def over(cls, inner: Embedder) -> VectorCache:
        """The embedder itself if it remembers already, else with a memory."""
        return inner if isinstance(inner, VectorCache) else cls(inner)

    @property
    def id(self) -> str:
        return self._inner.id

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension); unknown texts are computed in one batch."""
        import numpy as np

        found = {text: self._vectors[text] for text in texts if text in self._vectors}
        unknown = list(dict.fromkeys(text for text in texts if text not in found))
        self.computed += len(unknown)
        if unknown:
            found.update(zip(unknown, self._inner.embed(unknown), strict=True))
        self._remember(found)
        rows = [found[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)

    def _remember(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        for text, vector in vectors.items():
            self._vectors[text] = vector
            self._vectors.move_to_end(text)
        while len(self._vectors) > self._capacity:
            self._vectors.popitem(last=False)
