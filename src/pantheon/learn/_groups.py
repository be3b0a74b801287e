"""Near-duplicates: rows that say almost the same share a group, and a group never crosses a split.

Texts are alike if the Jaccard similarity of their character 4-grams is at least 0.8; candidates
are found by banded MinHash (Broder 1997) and then compared exactly.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._splits import QUARANTINE, assign_split

_ALIKE = 0.8
_GRAM = 4
_BANDS, _ROWS = 20, 5
"""Finds a pair at similarity 0.8 with probability 0.9996."""
_PRIME = np.uint64(2**31 - 1)
_MAX_CHARS = 2000


def group_texts(texts: Sequence[str], *, holdout_share: float = 0.1) -> list[str]:
    """The group of each text.

    `texts` must be in the order of arrival: then a row keeps its side of the split whatever comes
    after it. A row that resembles examples on both sides is put in quarantine.
    """
    plain = [normalise(text) for text in texts]
    distinct = list(dict.fromkeys(plain))
    groups = _Groups(holdout_share)
    for index, near in enumerate(_find_near(distinct)):
        groups.add(distinct[index], near)
    found = dict(zip(distinct, groups.names(), strict=True))
    return [found[text] for text in plain]


def find_alike(seen: Sequence[str], tested: Sequence[str]) -> list[int | None]:
    """For each tested text the first of `seen` that it nearly repeats, or None.

    Both are normalised texts. The same comparison as for groups.
    """
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for index, text in enumerate(seen):
        for key in enumerate(_signature(text)):
            buckets[key].append(index)
    found: list[int | None] = []
    for text in tested:
        keys = enumerate(_signature(text))
        near = sorted({other for key in keys for other in buckets.get(key, ())})
        found.append(next((i for i in near if _alike(_grams(text), _grams(seen[i]))), None))
    return found


def normalise(text: str) -> str:
    """Case, accents' spelling, punctuation and spacing do not make a difference."""
    folded = unicodedata.normalize("NFKC", text[:_MAX_CHARS]).casefold()
    return " ".join(re.findall(r"\w+", folded)) or folded.strip()


@lru_cache(maxsize=2**12)
def _grams(text: str) -> frozenset[int]:
    padded = f" {text} ".encode("utf-8", "surrogatepass")
    last = max(len(padded) - _GRAM + 1, 1)
    return frozenset(zlib.crc32(padded[start : start + _GRAM]) for start in range(last))


def _find_near(texts: Sequence[str]) -> Iterator[list[int]]:
    """For each text the earlier ones that resemble it."""
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        keys = list(enumerate(_signature(text)))
        candidates = dict.fromkeys(other for key in keys for other in buckets.get(key, ()))
        yield [other for other in candidates if _alike(_grams(text), _grams(texts[other]))]
        for key in keys:
            buckets[key].append(index)


def _alike(left: frozenset[int], right: frozenset[int]) -> bool:
    small, large = sorted((len(left), len(right)))
    if small < _ALIKE * large:
        return False
    shared = len(left & right)
    return shared >= _ALIKE * (small + large - shared)


@lru_cache(maxsize=2**16)
def _signature(text: str) -> tuple[bytes, ...]:
    """MinHash signature, a key for each band; remembered, as every night asks for the same."""
    factor, shift = _hashes()
    grams = _grams(text)
    values = np.fromiter(grams, dtype=np.uint64, count=len(grams)) % _PRIME
    least = ((values[:, None] * factor + shift) % _PRIME).min(axis=0).astype(np.uint32)
    return tuple(band.tobytes() for band in least.reshape(_BANDS, _ROWS))


@cache
def _hashes() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Factors and shifts of the hash functions; the same on every machine."""
    draw = np.random.default_rng(20)
    factor = draw.integers(1, int(_PRIME), _BANDS * _ROWS, dtype=np.uint64)
    return factor, draw.integers(0, int(_PRIME), _BANDS * _ROWS, dtype=np.uint64)


class _Groups:
    """Groups that grow by joining; each is named after its first text."""

    def __init__(self, holdout_share: float) -> None:
        self._share = holdout_share
        self._names: list[str] = []
        self._parents: list[int] = []

    def add(self, text: str, near: Sequence[int]) -> None:
        """Add the next text, which resembles the earlier texts `near`."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        roots = sorted({self._root(index) for index in near})
        sides = {assign_split(self._names[root], holdout_share=self._share) for root in roots}
        index = len(self._names)
        self._parents.append(index)
        if len(sides) > 1:
            self._names.append(QUARANTINE + digest)
            return
        self._names.append(self._names[roots[0]] if roots else digest)
        for other in (*roots[1:], index) if roots else ():
            self._parents[other] = roots[0]

    def names(self) -> list[str]:
        return [self._names[self._root(index)] for index in range(len(self._names))]

    def _root(self, index: int) -> int:
        while self._parents[index] != index:
            self._parents[index] = self._parents[self._parents[index]]
            index = self._parents[index]
        return index
