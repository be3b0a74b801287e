"""Near-duplicates between what a candidate has seen and what it is tested on: a hard gate.

Groups of near-duplicates never cross a split (see `_groups`), so nothing should be found. This
check does not trust that: it takes the texts that a candidate really trained on or shows as
demonstrations, and the texts that it is tested on, and compares them three ways.

- exact: equal but for case, punctuation and spacing;
- near: character 4-grams overlap by 80 % or more (MinHash, then exactly);
- alike: the cosine of their sentence vectors is at least `ALIKE`: paraphrases that share no words.

Held-out rows that are merely alike are first set aside by `set_aside`; what is left must be clean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pantheon.learn._groups import find_alike, normalise

if TYPE_CHECKING:
    from pantheon.learn._rows import Embed, Flags, Row

ALIKE = 0.97
"""Cosine from which on two texts say the same; on banking requests 3 % of all have such a twin."""
_BLOCK = 2048


@dataclass(frozen=True, slots=True)
class Leaks:
    """How many tested texts resemble something that the candidate has seen.

    Each text counts once, under the first of the three that finds it.
    - shown: how many of them resemble a demonstration
    - pairs: up to three of (tested, seen), for people
    """

    tested: int
    exact: int = 0
    near: int = 0
    alike: int = 0
    shown: int = 0
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """All of them."""
        return self.exact + self.near + self.alike

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the candidate fails; empty if nothing was found."""
        if self.total == 0:
            return ()
        reason = (
            f"{self.total} of {self.tested:,} held-out examples resemble what it was trained on or "
            f"shows: {self.exact} equal, {self.near} near-duplicates, {self.alike} alike in "
            f"meaning; {self.shown} of them resemble a demonstration."
        )
        return (reason,)


def find_leaks(
    seen: Sequence[str],
    tested: Sequence[str],
    *,
    demonstrations: Sequence[str] = (),
    embed: Embed | None = None,
    alike: float = ALIKE,
) -> Leaks:
    """Compare what a candidate has seen with what it is tested on.

    Args:
        seen: texts it was trained on.
        tested: held-out texts.
        demonstrations: texts it shows to a model as examples.
        embed: gives vectors; None leaves the third comparison out.
        alike: cosine from which on two texts are alike.
    """
    known = [*demonstrations, *seen]
    twins = _twins(known, tested, embed, alike)
    found = [(index, twin) for index, twin in enumerate(twins) if twin is not None]
    kinds = [twin.kind for _, twin in found]
    return Leaks(
        tested=len(tested),
        exact=kinds.count("exact"),
        near=kinds.count("near"),
        alike=kinds.count("alike"),
        shown=sum(twin.index < len(demonstrations) for _, twin in found),
        pairs=tuple((tested[index], known[twin.index]) for index, twin in found[:3]),
    )


def set_aside(
    held: Sequence[Row], seen: Iterable[Row], embed: Embed, *, alike: float = ALIKE
) -> tuple[list[Row], list[Row]]:
    """Held-out rows that may test a candidate, and those too like something it was trained on."""
    texts = [row.text for row in seen]
    twins = _twins(texts, [row.text for row in held], embed, alike)
    kept = [row for row, twin in zip(held, twins, strict=True) if twin is None]
    return kept, [row for row, twin in zip(held, twins, strict=True) if twin is not None]


@dataclass(frozen=True, slots=True)
class _Twin:
    kind: str
    index: int
    """In the texts that were seen."""


def _twins(
    seen: Sequence[str], tested: Sequence[str], embed: Embed | None, alike: float
) -> list[_Twin | None]:
    if not seen or not tested:
        return [None] * len(tested)
    plain = {normalise(text): index for index, text in reversed(list(enumerate(seen)))}
    near = find_alike(list(map(normalise, seen)), list(map(normalise, tested)))
    found = [_by_words(plain, text, near[index]) for index, text in enumerate(tested)]
    open_ = np.array([twin is None for twin in found], dtype=bool)
    if embed is not None and open_.any():
        _add_by_meaning(found, seen, tested, embed, alike=alike, open_=open_)
    return found


def _by_words(plain: dict[str, int], text: str, near: int | None) -> _Twin | None:
    exact = plain.get(normalise(text))
    if exact is not None:
        return _Twin("exact", exact)
    return None if near is None else _Twin("near", near)


def _add_by_meaning(
    found: list[_Twin | None],
    seen: Sequence[str],
    tested: Sequence[str],
    embed: Embed,
    *,
    alike: float,
    open_: Flags,
) -> None:
    places: list[int] = np.flatnonzero(open_).tolist()
    vectors, others = embed([tested[place] for place in places]), embed(seen)
    for start in range(0, len(places), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ others.T
        best = cosines.argmax(axis=1)
        for offset, index in enumerate(best.tolist()):
            if cosines[offset, index] >= alike:
                found[places[start + offset]] = _Twin("alike", index)
