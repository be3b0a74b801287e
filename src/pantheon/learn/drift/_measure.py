"""What of an agent's day is measured, as levels of strangeness (see `_bag`)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pantheon.ids import canonical_json
from pantheon.learn.drift._bag import Levels, to_levels
from pantheon.learn.drift._rules import LABEL, LABELS, NODE, PLACES, TIER, TIERS
from pantheon.learn.drift._watched import AGREES, DIFFERS

if TYPE_CHECKING:
    from pantheon.learn._rows import Floats
    from pantheon.store import AnswerRow, Audit

_OCTAVES = (-20.0, 12.0)
"""Doublings between which seconds and USD are told apart, an eighth of a doubling each."""
PER_OCTAVE = 8
PER_ODDS = 16
"""Levels in one unit of log-odds."""
_MOST_ODDS = 8.0
_BLOCK = 10
_LEAST_BLOCK = 5
_UNTIMED = frozenset({"none", "human"})
"""Tiers whose latency says nothing: nobody answered, or a person did."""


def unsure_levels(confidence: Floats) -> Levels:
    """Levels of how unsure a specialist is; shape (n,).

    They are a sixteenth of a unit of log-odds apart: most confidences are close to 1, where shares
    are too coarse.
    """
    share = np.clip(confidence, 1e-6, 1 - 1e-6)
    return to_levels(np.log((1 - share) / share), low=-_MOST_ODDS, high=_MOST_ODDS)


def confidence_of(level: float) -> float:
    """The confidence that a level stands for."""
    return 1 / (1 + math.exp(level / PER_ODDS - _MOST_ODDS))


def novel_levels(vectors: NDArray[np.float32], support: NDArray[np.float32]) -> Levels:
    """Levels of how far each row (n, d) is from the nearest of `support` (m, d)."""
    return to_levels(1 - (vectors @ support.T).max(axis=1), low=0.0, high=1.0)


def audit_levels(pairs: Sequence[tuple[AnswerRow, Audit]]) -> Levels:
    """Whether each audited answer differed."""
    levels = [AGREES if audit.agrees else DIFFERS for _, audit in pairs]
    return np.array(levels, dtype=np.intp)


def slices_of(
    pairs: Sequence[tuple[AnswerRow, Audit]], known: Iterable[str]
) -> Mapping[str, list[tuple[AnswerRow, Audit]]]:
    """The audited answers by slice: the answer given, the node that asked, the tier that answered.

    The first `LABELS` answers and `PLACES` places ever seen are watched by themselves; `known`
    names those that are already.
    """
    watched = set(known)
    found: dict[str, list[tuple[AnswerRow, Audit]]] = defaultdict(list)
    for row, audit in pairs:
        for part in parts_of(row):
            if part in watched or _has_room(part, watched):
                watched.add(part)
                found[part].append((row, audit))
    return found


def parts_of(row: AnswerRow) -> list[str]:
    """The slices that an answer is part of."""
    parts = [LABEL + canonical_json(row.output)[:200], TIER + row.tier]
    return [*parts, NODE + row.node] if row.node else parts


def _has_room(part: str, watched: set[str]) -> bool:
    labels = sum(name.startswith(LABEL) for name in watched)
    return labels < LABELS if part.startswith(LABEL) else len(watched) - labels < PLACES


def latency_levels(rows: Sequence[AnswerRow], known: Iterable[str]) -> Mapping[str, Levels]:
    """Levels of the medians of blocks of requests, per tier.

    Requests that follow each other are slow together; medians of blocks hardly are, and one very
    slow request moves none.
    """
    timed = [(row.tier, row.latency) for row in rows if row.tier not in _UNTIMED]
    return _blocks(timed, known)


def cost_levels(rows: Sequence[AnswerRow], known: Iterable[str]) -> Mapping[str, Levels]:
    """Levels of the medians of what blocks of paid requests cost, per tier."""
    return _blocks([(row.tier, row.cost_usd) for row in rows], known)


def _blocks(values: Iterable[tuple[str, float]], known: Iterable[str]) -> Mapping[str, Levels]:
    by_tier: dict[str, list[float]] = defaultdict(list)
    for tier, value in values:
        if value > 0:
            by_tier[tier].append(value)
    watched = list(dict.fromkeys([*known, *by_tier]))[:TIERS]
    found = {tier: block_levels(np.array(by_tier[tier])) for tier in watched if tier in by_tier}
    return {tier: levels for tier, levels in found.items() if len(levels)}


def block_levels(values: Floats) -> Levels:
    """Levels of the logarithm of the median of each block of `values`; the rest is left out."""
    count = len(values) // _BLOCK
    if not count and len(values) >= _LEAST_BLOCK:
        medians = np.array([np.median(values)])
    else:
        medians = np.median(values[: count * _BLOCK].reshape(count, _BLOCK), axis=1)
    low, high = _OCTAVES
    size = round((high - low) * PER_OCTAVE) + 1
    return to_levels(np.log2(medians), low=low, high=high, size=size)
