"""How two specialists of an agent score, slice by slice: agreement with the cloud where audited.

Audits are drawn at random from local answers, so the share of them that agree is an estimate for
all; its limits are Wilson's, those of a difference Newcombe's (1998, method 10). A slice is what
the cloud answered.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from pantheon.diff._model import Score, SliceScore
from pantheon.ids import JsonObject, canonical_json
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.store import Store

ALL = "all"
MOST_SLICES = 12
_LONGEST = 60
_Counts = dict[str, tuple[int, int]]


def score_slices(
    store: Store, agent: str, before: ContentHash | None, after: ContentHash | None
) -> tuple[SliceScore, ...]:
    """All audited answers of both, then the slices that were audited most; none without audits."""
    old, new = _count(store, agent, before), _count(store, agent, after)
    audited = Counter(
        {name: old.get(name, (0, 0))[1] + new.get(name, (0, 0))[1] for name in {**old, **new}}
    )
    names = [name for name, _ in audited.most_common(MOST_SLICES + 1)]
    ordered = sorted(names, key=lambda name: (name != ALL, -audited[name], name))
    return tuple(
        compare_scores(name, old.get(name, (0, 0)), new.get(name, (0, 0))) for name in ordered
    )


def _count(store: Store, agent: str, version: ContentHash | None) -> _Counts:
    """By slice: audited answers that agreed with the cloud, and all audited ones."""
    if version is None:
        return {}
    rows = store.answers.list(agent)
    own = {r.id for r in rows if r.specialist == version and r.local and r.tier == "specialist"}
    counts: _Counts = {}
    for audit in store.audits.list(agent):
        if audit.answer not in own or audit.agrees is None or audit.cloud_output is None:
            continue
        for name in (ALL, _slice(audit.cloud_output)):
            agreed, total = counts.get(name, (0, 0))
            counts[name] = (agreed + audit.agrees, total + 1)
    return counts


def _slice(output: JsonObject) -> str:
    only = next(iter(output.values())) if len(output) == 1 else output
    return clean(only if isinstance(only, str) else canonical_json(only), _LONGEST)


def compare_scores(name: str, before: tuple[int, int], after: tuple[int, int]) -> SliceScore:
    """Two shares, and their difference where both are known."""
    old, new = _score(*before), _score(*after)
    if old is None or new is None:
        return SliceScore(name, old, new, None, None, None)
    by = new.share - old.share
    down = math.hypot(new.share - new.low, old.high - old.share)
    up = math.hypot(new.high - new.share, old.share - old.low)
    return SliceScore(name, old, new, by, by - down, by + up)


def _score(agreed: int, total: int) -> Score | None:
    from pantheon.learn import wilson

    if not total:
        return None
    limits = wilson(agreed, total)
    return Score(total, limits.estimate, limits.low, limits.high)
