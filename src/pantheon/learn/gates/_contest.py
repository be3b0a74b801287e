"""A night's part in the contest between a challenger and what is deployed.

A candidate of another rung that nothing speaks against waits as a version in state `candidate`. The
next night asks it and the deployed version about the requests of the day between, and adds what
came of it to the evidence. When that suffices, the night's own candidate of the same rung, which
has seen more examples, may take the place: its sequence was shown to be better, and the harm tests
on the holdout are about itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.learn.gates._challenge import Challenge, Weighed, weigh
from pantheon.learn.gates._moves import Move, move_of

if TYPE_CHECKING:
    from pantheon.learn.gates._agent_night import AgentNight
    from pantheon.store import Store, Version

CANARY = "canary"
"""The test that evidence of a probation is kept under."""
_FIRST = ("machine", 0)
"""Rung and cost of versions from before there was a ladder."""


def rung_of(version: Version) -> tuple[str, int]:
    """Name and cost of the rung that a version is of, as its evidence says."""
    rung, cost = version.evidence.get("rung"), version.evidence.get("cost")
    known = isinstance(rung, str) and isinstance(cost, int)
    return (str(rung), int(cost)) if known and isinstance(cost, int) else _FIRST


def challenge_for(
    agent: str, *, rung: str, cost: int, deployed: Version | None, taken_back: int = 0
) -> tuple[Move, Challenge | None]:
    """What putting a rung in the place of a version would be, and what must be shown for it."""
    before = None if deployed is None else rung_of(deployed)
    move = move_of(rung=rung, cost=cost, deployed=before)
    if deployed is None or move in {"fill", "refresh"}:
        return move, None
    test = "superior" if move == "improve" else "not_inferior"
    return move, Challenge(agent, rung, deployed.hash, test, taken_back=taken_back)


def times_taken_back(store: Store, agent: str, rung: str, deployed: Version | None) -> int:
    """How often a version of the rung did not last its probation beside the deployed one."""
    if deployed is None:
        return 0
    ended = {
        step.subject
        for step in store.evidence.list(agent, test=CANARY)
        if step.state.get("verdict") == "rolled back" and step.at >= deployed.created
    }
    versions = [v for v in store.versions.list(agent) if v.hash in ended]
    return sum(rung_of(version)[0] == rung for version in versions)


def challenger(store: Store, agent: str) -> Version | None:
    """The version that waits for its evidence: the newest, if that is what it is."""
    versions = store.versions.list(agent)
    return versions[-1] if versions and versions[-1].state == "candidate" else None


async def contest(store: Store, tonight: AgentNight) -> Weighed | None:
    """Ask challenger and deployed version about fresh requests, and add them to the evidence.

    To be called before tonight's candidate is written. None if nobody waits, or nothing has to be
    shown. Rows count once, whatever waits.
    """
    waiting, current = challenger(store, tonight.agent), store.channels.current(tonight.agent)
    if waiting is None or current is None or waiting.hash == current:
        return None
    deployed = store.versions.get(current)
    rung, cost = rung_of(waiting)
    taken_back = times_taken_back(store, tonight.agent, rung, deployed)
    challenge = challenge_for(
        tonight.agent, rung=rung, cost=cost, deployed=deployed, taken_back=taken_back
    )[1]
    if challenge is None:
        return None
    before = store.evidence.last(tonight.agent, challenge.test, challenge.subject)
    since = max(waiting.created, deployed.created, before.at if before else 0.0)
    rows = tonight.fresh(since=since)
    ours, theirs = await tonight.judge_both(waiting.hash, current, rows)
    return weigh(store, challenge, tonight.night, ours.right, theirs.right)
