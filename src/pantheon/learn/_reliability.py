"""How far each source of labels can be trusted, by what better sources said of the same requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.ids import canonical_json
from pantheon.learn._intervals import Interval, clopper_pearson

if TYPE_CHECKING:
    from pantheon.learn._rung import Sameness
    from pantheon.store import Example, Judgement, Store

_RANK: Mapping[str, int] = {"human": 3, "cloud": 2, "import": 2, "recorded": 2, "verified": 1}
"""Who corrects whom: a person everybody, the cloud what local tiers agreed on."""
_PRIOR = {"agreement": (4.0, 1.0), "verified": (9.0, 1.0)}
"""Right and wrong labels that are believed to have been seen before any was compared."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """One source of labels.

    - right, compared: labels that a better source confirmed, of those it also gave one for
    - weight: what its labels train with; a share in (0, 1]
    """

    source: str
    right: int
    compared: int
    weight: float

    @property
    def share(self) -> Interval:
        """The share that is right, with its exact 95 % interval."""
        return clopper_pearson(self.right, self.compared, 0.95)


def measure_sources(store: Store, agent: str, same: Sameness) -> dict[str, Reliability]:
    """Every source of an agent's labels. The cloud and people, whom all others are measured by,
    keep their full weight: what the cloud gets wrong is for judgements to say.
    """
    by_group: dict[str, list[Example]] = defaultdict(list)
    for example in store.examples.list(agent):
        by_group[example.group].append(example)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for members in by_group.values():
        for example in members:
            _compare(example, members, same, counts[example.source])
    for judgement in store.judgements.list(agent):
        _judge(judgement, counts["cloud"])
    return {source: _weigh(source, *found) for source, found in sorted(counts.items())}


def _compare(example: Example, members: list[Example], same: Sameness, count: list[int]) -> None:
    """Against the best source that answered (nearly) the same request."""
    better = [m for m in members if _rank(m) > _rank(example)]
    if not better:
        return
    best = max(better, key=lambda m: (_rank(m), m.at))
    count[0] += same(canonical_json(example.output), canonical_json(best.output))
    count[1] += 1


def _rank(example: Example) -> int:
    return _RANK.get(example.source, 0)


def _judge(judgement: Judgement, count: list[int]) -> None:
    """Only of requests where it differed from a specialist: a share of those, not of all."""
    count[0] += judgement.verdict in {"cloud", "both"}
    count[1] += 1


def _weigh(source: str, right: int, compared: int) -> Reliability:
    if source not in _PRIOR:
        return Reliability(source, right, compared, 1.0)
    good, bad = _PRIOR[source]
    return Reliability(source, right, compared, (right + good) / (compared + good + bad))
