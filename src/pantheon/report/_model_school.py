"""The part of the morning's model that is about learning itself: what was tried, shown and used up.

As in `_model`: text is clean, names are the keys of the JSON rendering, shares lie in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RungTried:
    """One kind of specialist that the night tried for an agent, the cheapest kinds first."""

    name: str
    words: str
    """What it does, for people."""
    fate: str
    """trained, reused, unfit, failed or pruned."""
    certified: bool
    chosen: bool
    local_share: float | None
    """Of the requests, that it would answer here within its certificate."""
    agreement: float | None
    """With the cloud, if it had to answer everything."""
    reason: str
    """Why there is nothing to show."""
    seconds: float


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """The second promise: not worse than the cloud by more than `margin`, as people judge."""

    margin: float
    confidence: float
    rows: int
    """Fresh requests that the specialist and the cloud both answered."""
    judged: int
    pending: int
    """Differences that nobody has judged yet; a person can."""
    wins: int
    losses: int
    local_share: float
    """Of the requests, that judgements let it answer so far."""
    expected_share: float
    """The same if the pending ones fall as earlier ones did."""
    judgements_needed: int | None
    """Until more is unlocked, by that forecast; None: the pending ones are not enough."""
    words: str


@dataclass(frozen=True, slots=True)
class Probation:
    """A new version that answers a part of the requests until it has shown itself."""

    version: str
    share: float
    since: float
    words: str


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How worn the held-out examples are that every candidate is tested on."""

    rows: int
    resting: int
    """Rows that are worn, and wait."""
    looks: int
    bits: float
    """What the looks can have told, at most."""
    allowed: float
    words: str


@dataclass(frozen=True, slots=True)
class AlarmNote:
    """Something about an agent that is no longer as it was."""

    id: str
    agent: str
    kind: str
    part: str
    at: float
    says: str
    stepped_back: bool
    state: Literal["open", "closed"]
    command: str
    """What to type when it is meant to be so; empty when it is closed."""


@dataclass(frozen=True, slots=True)
class TestBudget:
    """One budget of false discoveries for all agents and nights."""

    alpha: float
    """Of all improvements that were accepted, so many may be mistakes on average."""
    tests: int
    accepted: int
    left: float
    """Share of the budget that is not given away yet."""
    words: str
