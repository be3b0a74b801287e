"""An agent of which one part of the work is unlike the rest.

Two kinds of parts are looked at: clusters of inputs in which escalations concentrate, and answers
that audits find wrong far more often than the others. Clusters are made without looking at what
was escalated, and every part is tested against the rest by Fisher's exact test, with the level
divided among the parts (Bonferroni).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._evidence import estimate_json
from pantheon.learn._intervals import clopper_pearson
from pantheon.learn.drift._typed import clusters, hypergeometric_tail

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn.drift._used import Used

_CLUSTERS = (2, 3, 4, 6)
_MEMBERS = 30
"""Requests a part must have."""
_FAR = 2.0
"""A part must escalate at least so many times as often as the rest does."""
_HOLDS = 0.4
"""Share of all escalations that a cluster must hold for a split to pay."""
_LEAST_AUDITS = 8
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the work against the rest: bad cases and cases of both, and the p-value."""

    members: NDArray[np.intp]
    bad: int
    rows: int
    rest_bad: int
    rest: int

    @property
    def p(self) -> float:
        """Chance that so many bad cases fall into the part by luck (Fisher, one-sided)."""
        bad, rows = self.bad + self.rest_bad, self.rows + self.rest
        return hypergeometric_tail(self.bad, rows, bad, self.rows)

    @property
    def far(self) -> bool:
        """Whether bad cases are far more frequent in it than elsewhere."""
        here, there = self.bad / self.rows, self.rest_bad / max(self.rest, 1)
        return here >= _FAR * there


def find_split(use: Used, *, level: float, seed: int) -> JsonObject | None:
    """The case for giving one part of an agent's work to an agent of its own, or None."""
    by_input = _best_cluster(use, seed=seed, alpha=(1 - level) / 2)
    if by_input is not None:
        return _by_input(use, by_input, level)
    return _by_answer(use, level)


# ---------------------------------------------------------------------------------- inputs
def _best_cluster(use: Used, *, seed: int, alpha: float) -> Part | None:
    escalated = ~use.local
    parts = [
        _part(np.flatnonzero(labels == cluster), escalated)
        for labels, count in ((clusters(use.vectors, k, seed=seed), k) for k in _CLUSTERS)
        for cluster in range(count)
    ]
    good = [part for part in parts if _pays(part) and part.p <= alpha / len(parts)]
    return min(good, key=lambda part: part.p, default=None)


def _part(members: NDArray[np.intp], escalated: NDArray[np.bool_]) -> Part:
    bad, total = int(escalated[members].sum()), int(escalated.sum())
    return Part(members, bad, max(len(members), 1), total - bad, len(escalated) - len(members))


def _pays(part: Part) -> bool:
    total = part.bad + part.rest_bad
    return (
        len(part.members) >= _MEMBERS
        and part.rest >= _MEMBERS
        and part.far
        and part.bad >= _HOLDS * total
    )


def _by_input(use: Used, part: Part, level: float) -> JsonObject:
    centre = use.vectors[part.members].mean(axis=0)
    nearest = part.members[np.argsort(-(use.vectors[part.members] @ centre))[:_SHOWN]]
    here = clopper_pearson(part.bad, part.rows, level)
    there = clopper_pearson(part.rest_bad, part.rest, level)
    usd = use.monthly(part.bad / len(use.local))
    return {
        "says": f"{use.name} escalates {100 * here.estimate:.0f} % of one kind of request, and "
        f"{100 * there.estimate:.0f} % of the others.",
        "evidence": {
            "by": "inputs",
            "share_of_requests": part.rows / len(use.local),
            "share_of_escalations": part.bad / (part.bad + part.rest_bad),
            "escalated": estimate_json(here),
            "escalated_elsewhere": estimate_json(there),
            "p": part.p,
            "examples": [use.texts[i] for i in nearest.tolist()],
        },
        "saving": {
            "usd_a_month_at_most": usd,
            "says": f"up to {usd:.2f} USD a month, if an agent of its own learns this part",
        },
        "change": f"Give requests like these to an agent of their own, beside {use.name}.",
    }


# ---------------------------------------------------------------------------------- answers
def _by_answer(use: Used, level: float) -> JsonObject | None:
    """The answer that audits find wrong far more often than the others, if there is one."""
    counts = Counter(label for label, _ in use.judged)
    wrong = Counter(label for label, agrees in use.judged if not agrees)
    labels = [label for label, count in counts.items() if count >= _LEAST_AUDITS]
    total, all_wrong = len(use.judged), sum(wrong.values())
    nobody = np.zeros(0, dtype=np.intp)
    parts = {
        label: Part(
            nobody,
            wrong[label],
            counts[label],
            all_wrong - wrong[label],
            total - counts[label],
        )
        for label in labels
    }
    alpha = (1 - level) / 2 / max(len(parts), 1)
    good = {x: part for x, part in parts.items() if part.rest and part.far and part.p <= alpha}
    if not good:
        return None
    label = min(good, key=lambda x: good[x].p)
    return _answer_body(use, label, good[label], level)


def _answer_body(use: Used, label: str, part: Part, level: float) -> JsonObject:
    here = clopper_pearson(part.bad, part.rows, level)
    there = clopper_pearson(part.rest_bad, part.rest, level)
    share = float(np.mean([output == label for output in use.outputs]))
    usd = use.monthly(share)
    return {
        "says": f"{use.name} differs from the cloud in {100 * here.estimate:.0f} % of its answers "
        f"{label}, and in {100 * there.estimate:.0f} % of the others.",
        "evidence": {
            "by": "answers",
            "answer": label,
            "differs": estimate_json(here),
            "differs_elsewhere": estimate_json(there),
            "p": part.p,
        },
        "saving": {
            "usd_a_month_at_most": usd,
            "says": "the others could be answered here more often without this one in the way",
        },
        "change": f"Give this answer a definition that tells it apart, or an agent beside "
        f"{use.name}.",
    }
