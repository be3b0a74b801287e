"""The default embedder: all-MiniLM-L6-v2 in ONNX Runtime, straight from the published weights.

`minilm_l6.onnx` holds the arithmetic and points into `model.safetensors`; nothing is converted.
Single precision throughout: dynamic 8-bit quantisation is faster, but makes a text's vector
depend on its neighbours in the batch, and a threshold calibrated on one batch size would not
hold on another. The script `bench/models/embedders.py` has the figures.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.models._native import Session, Tokenizer, load_session, load_tokenizer
from pantheon.models._threads import physical_cores
from pantheon.models._weights import MINILM, locate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GRAPH = Path(__file__).with_name("minilm_l6.onnx")
_BATCH_TOKENS = 1024
"""Tokens computed at once, padding included: enough to keep two cores busy, small in memory."""
_MAX_CHARS = 20_000
"""Far more than 256 tokens of any real text; keeps a huge text from being tokenised whole."""
_CACHED = 2048


class MiniLmEmbedder:
    """Sentence vectors of 384 numbers, equal to sentence-transformers' to about 1e-6.

    Texts are cut at 256 tokens, as the original does. A text has the same vector whatever else
    is in the batch (differences below 1e-6) and whatever the number of threads. Weights load at
    first use; WeightsFault says how to get them. May be shared by threads, but not with a forked
    child: start children afresh ("spawn").
    """

    id = "all-minilm-l6-v2"
    dimension = 384

    def __init__(
        self,
        *,
        threads: int | None = None,
        weights: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        """`threads`: for one computation; default: the physical cores, at most 4.

        `weights`: tuned ones in place of the published, by name; such vectors are comparable with
        each other only, so whoever gives them names their space.
        """
        self._threads = threads or min(4, physical_cores())
        self._weights = weights
        self._engine: _Engine | None = None
        self._recent: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), 384). The most recent texts are remembered."""
        import numpy as np

        if not texts:
            return np.empty((0, self.dimension), np.float32)
        with self._lock:
            known = {text: self._recent[text] for text in texts if text in self._recent}
            self._engine = engine = self._engine or _Engine(self._threads, self._weights)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, engine.embed(missing), strict=True))
        self._remember(texts, known)
        return np.stack([known[text] for text in texts])

    def _remember(self, texts: Sequence[str], known: dict[str, NDArray[np.float32]]) -> None:
        with self._lock:
            for text in texts[-_CACHED:]:
                # A copy: a row would keep the whole batch alive.
                self._recent[text] = known[text].copy()
                self._recent.move_to_end(text)
            while len(self._recent) > _CACHED:
                self._recent.popitem(last=False)


@lru_cache(maxsize=1)
def embedder() -> MiniLmEmbedder:
    """The default embedder of this process; weights are read at its first use."""
    return MiniLmEmbedder()


def token_ids(texts: Sequence[str], *, max_tokens: int = MINILM.context) -> list[list[int]]:
    """The tokens of each text as the encoder reads them, cut at `max_tokens`."""
    tokenizer = load_tokenizer(locate(MINILM) / "tokenizer.json", max_tokens=max_tokens)
    return [list(tokenizer.encode(_tame(text)).ids) for text in texts]


class _Engine:
    """The loaded tokenizer and graph."""

    def __init__(
        self, threads: int, weights: Mapping[str, NDArray[np.float32]] | None = None
    ) -> None:
        folder = locate(MINILM)
        self._tokenizer: Tokenizer = load_tokenizer(
            folder / "tokenizer.json", max_tokens=MINILM.context
        )
        self._session: Session = load_session(
            _GRAPH.read_bytes(), folder=folder, threads=threads, weights=weights
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts of like length are computed together, so that little is spent on padding."""
        import numpy as np

        tokens = [self._tokenizer.encode(_tame(text)).ids for text in texts]
        vectors = np.empty((len(texts), MiniLmEmbedder.dimension), np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            vectors[batch] = self._compute([tokens[index] for index in batch])
        return vectors

    def _compute(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        import numpy as np

        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, numbers in enumerate(tokens):
            ids[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1
        return self._session.run(["vectors"], {"ids": ids, "mask": mask})[0]


def _tame(text: str) -> str:
    """Lone surrogates cannot be tokenised: they become question marks."""
    return text[:_MAX_CHARS].encode("utf-8", "replace").decode("utf-8")


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in groups of like length, each of at most `_BATCH_TOKENS` tokens when padded."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
