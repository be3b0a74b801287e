"""Nights of a probation: ask both versions the fresh rows, and settle or take back the canary."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.learn._channels import canary_of
from pantheon.learn._promote import end_probation, promote
from pantheon.learn.gates._contest import CANARY
from pantheon.learn.gates._probation import Probation, review
from pantheon.store import Evidence

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import ContentHash
    from pantheon.learn._rows import Promise
    from pantheon.learn.gates._agent_night import AgentNight
    from pantheon.store import ChannelMove, Store

SHARE = 0.2
"""Share of the requests that a canary answers unless something else is written."""


async def review_canary(
    store: Store, tonight: AgentNight, *, clock: Clock, lock: Path | None = None
) -> Probation | None:
    """Review an agent's canary and act on it; None if none is on probation.

    What was found is kept as evidence. A night that is begun again finds the same rows and comes
    to the same verdict.
    """
    move = canary_of(store, tonight.agent)
    stable = store.channels.current(tonight.agent)
    if move is None or move.version is None or stable is None:
        return None
    rows = tonight.fresh(since=move.at)
    ours, theirs = await tonight.judge_both(move.version, stable, rows)
    nights = _count_nights(store, tonight, move)
    promise = _promised_of(store, move.version, tonight.promise)
    found = review(ours, theirs, promise, nights=nights, last_night=tonight.last_night)
    store.evidence.add(_evidence(store, tonight, move.version, found))
    if found.verdict == "rolled back":
        end_probation(
            store, tonight.agent, who="night", why=found.reason, clock=clock, rejected=True
        )
    elif found.verdict == "settled":
        promote(
            store,
            tonight.agent,
            move.version,
            who="night",
            why=found.reason,
            clock=clock,
            lock=lock,
        )
    return found


def _promised_of(store: Store, version: ContentHash, promise: Promise) -> Promise:
    """What a version is held to: the contract's promise, or what it was certified for where
    judgements let it answer more. Such answers may differ from the teacher's.
    """
    evidence = store.versions.get(version).evidence
    calibration = evidence.get("calibration")
    certified = calibration.get("promised") if isinstance(calibration, dict) else None
    if not evidence.get("quality") or not isinstance(certified, float):
        return promise
    return replace(promise, disagreement=max(promise.disagreement, certified))


def _count_nights(store: Store, tonight: AgentNight, move: ChannelMove) -> int:
    """Nights of this probation, tonight included, each counted once."""
    steps = store.evidence.list(tonight.agent, test=CANARY)
    return len(
        {s.night for s in steps if s.subject == move.version and s.at >= move.at} | {tonight.night}
    )


def _evidence(
    store: Store, tonight: AgentNight, version: ContentHash, found: Probation
) -> Evidence:
    return Evidence(
        agent=tonight.agent,
        test=CANARY,
        subject=version,
        night=tonight.night,
        at=store.clock.now(),
        log_e=math.log(max(found.worse, 1e-300)),
        rows=found.rows,
        wins=found.paired.deployed_only,
        losses=found.paired.candidate_only,
        state={
            "verdict": found.verdict,
            "errors": found.errors,
            "limit": found.limit,
            "reason": found.reason,
        },
    )
