# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Words and character n-grams of texts as sparse vectors, and the words of a label.

N-grams are hashed into a fixed number of columns, so that no vocabulary is stored and new text
needs no refitting; MurmurHash3 gives the same columns on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pantheon.learn._rows import Floats

COLUMNS = 2**16
"""Columns for words and as many for character n-grams; collisions at 5,000 texts are rare."""
_WIDTH = 2 * COLUMNS
_MAX_CHARS = 4000
"""A huge text is judged by its beginning, as the embedder does."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A sparse matrix by rows: row i holds `values[ends[i]:ends[i + 1]]` in these `columns`."""

    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    ends: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ends) - 1

    def take(self, rows: NDArray[np.intp]) -> Terms:
        """These rows, in this order."""
        return _from_scipy(_to_scipy(self)[rows])


class TermIndex:
    """Weighted texts, kept by column so that one more text is compared with all of them fast."""

    def __init__(self, terms: Terms) -> None:
        self._by_column: Any = _to_scipy(terms).T.tocsr()

    def similarity(self, terms: Terms) -> NDArray[np.float32]:
        """Cosines; shape (rows of `terms`, rows of the index)."""
        return np.asarray((_to_scipy(terms) @ self._by_column).toarray(), dtype=np.float32)


def count_terms(texts: Sequence[str]) -> Terms:
    """Damped counts 1 + log(n) of word 1- and 2-grams, then of character 3- to 5-grams."""
    cut = [text[:_MAX_CHARS] for text in texts]
    counts: Any = sparse.hstack([maker.transform(cut) for maker in _makers()], format="csr")
    counts.sort_indices()
    counts.data = 1 + np.log(counts.data)
    return _from_scipy(counts)


@cache
def _makers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer

    common: dict[str, Any] = {"n_features": COLUMNS, "alternate_sign": False, "norm": None}
    # scikit-learn's own pattern drops words of one letter.
    common |= {"token_pattern": r"(?u)\b\w+\b"}
    words = HashingVectorizer(ngram_range=(1, 2), **common)
    chars = HashingVectorizer(ngram_range=(3, 5), analyzer="char_wb", **common)
    return words, chars


def rarity(counts: Terms) -> NDArray[np.float32]:
    """Smoothed inverse document frequency of every column; a column never seen is the rarest."""
    seen = np.bincount(counts.columns, minlength=_WIDTH)
    return (1 + np.log((1 + len(counts)) / (1 + seen))).astype(np.float32)


def weigh_terms(counts: Terms, idf: NDArray[np.float32]) -> Terms:
    """TF-IDF: words and characters each of length sqrt(1/2), so that a dot product is a cosine."""
    weighted = counts.values * idf[counts.columns]
    rows = np.repeat(np.arange(len(counts)), np.diff(counts.ends))
    half = 2 * rows + (counts.columns >= COLUMNS)
    squares = np.bincount(half, weights=weighted**2, minlength=2 * len(counts))
    scale = np.sqrt(0.5 / np.maximum(squares, 1e-12))
    return Terms((weighted * scale[half]).astype(np.float32), counts.columns, counts.ends)


def similarity(left: Terms, right: Terms) -> Floats:
    """Cosines between rows; shape (left rows, right rows)."""
    product: Any = _to_scipy(left) @ _to_scipy(right).T
    return np.asarray(product.toarray(), dtype=np.float64)


def _to_scipy(terms: Terms) -> Any:
    parts = (terms.values, terms.columns, terms.ends)
    return sparse.csr_matrix(parts, shape=(len(terms), _WIDTH))


def _from_scipy(matrix: Any) -> Terms:
    return Terms(
        matrix.data.astype(np.float32),
        matrix.indices.astype(np.int32),
        matrix.indptr.astype(np.int32),
    )


def verbalise(label: str) -> str:
    """The words a label is made of: `{"intent": "card_lost"}` becomes `card lost`.

    With one field its name says nothing new; with several, or a value that is not text, names are
    kept: `{"spam": true}` becomes `spam true`.
    """
    try:
        value = json.loads(label)
    except ValueError:
        return _words(label)
    if isinstance(value, dict) and len(cast("dict[str, object]", value)) == 1:
        (inner,) = cast("dict[str, object]", value).values()
        if isinstance(inner, str):
            return _words(inner)
    return _words(" ".join(_leaves(value)))


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return [word for key, inner in pairs for word in (key, *_leaves(inner))]
    if isinstance(value, list):
        return [word for inner in cast("list[object]", value) for word in _leaves(inner)]
    return [value if isinstance(value, str) else json.dumps(value)]


def _words(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").split())
