"""A night's part in the quality promise: shadow the day, widen the candidate, plan what to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.learn._rows import Row
from pantheon.learn._watch import promise_of
from pantheon.learn.gates._shadow import Asking, keep_shadow, unasked
from pantheon.learn.quality._region import ASKED, QualityRegion, quality_region, widen
from pantheon.learn.quality._review import compare_agent
from pantheon.store import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pantheon.ids import ContentHash
    from pantheon.learn._candidate import Candidate
    from pantheon.learn._rung import RungModel
    from pantheon.spec import AgentDef
    from pantheon.store import Store, Version


async def shadow_newest(
    store: Store, agent: AgentDef, rows: Sequence[Row], ask: Asking, *, most: int | None = None
) -> int:
    """Ask the newest version about everything that came after it was made; how many that were.

    Whether or not it was promoted: a version that may not answer yet can earn the right to.
    `most`: only so many, the oldest first; what it is not asked about is not compared.
    """
    newest = newest_version(store, agent.name)
    if newest is None or not promise_of(agent).quality:
        return 0
    fresh = [row for row in rows if row.drawn != "feedback" and row.at > newest.created]
    fresh = unasked(store, agent.name, newest.hash, fresh)[:most]
    if fresh:
        predictions = await ask([row.text for row in fresh])
        keep_shadow(store, agent.name, newest.hash, fresh, predictions)
    return len(fresh)


def newest_version(store: Store, agent: str) -> Version | None:
    """The version that was trained last."""
    versions = store.versions.list(agent)
    return versions[-1] if versions else None


def widened(
    store: Store, agent: AgentDef, candidate: Candidate[RungModel]
) -> tuple[Candidate[RungModel], QualityRegion | None]:
    """The candidate answering what either promise lets it, and what judgements show so far."""
    promised = promise_of(agent)
    if not promised.quality:
        return candidate, None
    compared = compare_agent(store, agent)
    region = quality_region(compared, margin=promised.quality, delta=1 - promised.confidence)
    return widen(candidate, region), region


def plan_asking(
    store: Store,
    agent: AgentDef,
    version: ContentHash,
    night: str,
    *,
    judgements: int,
) -> float:
    """Fix the chance with which tomorrow's differences are put to a person, before they come.

    As many as the last night's would have been are expected; the chance keeps them within budget.
    """
    if not promise_of(agent).quality:
        return 1.0
    compared = compare_agent(store, agent)
    last = max((item.night for item in compared), default=0)
    expected = sum(item.differs for item in compared if item.night == last)
    chance = min(1.0, judgements / expected) if expected else 1.0
    store.evidence.add(
        Evidence(
            agent=agent.name,
            test=ASKED,
            subject=version,
            night=night,
            at=store.clock.now(),
            log_e=0.0,
            rows=expected,
            wins=0,
            losses=0,
            state={"chance": chance},
        )
    )
    return chance
