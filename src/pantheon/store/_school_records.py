"""The rows that nights keep about learning itself: trials, evidence, judgements, alarms, ideas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pantheon.ids import ContentHash, Json, JsonObject

Verdict: TypeAlias = Literal["cloud", "local", "both", "neither"]
"""Which of two answers is right."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One rung that was trained on one set of examples, so that a killed night need not again."""

    key: str
    """Hash of everything that decides the outcome: agent, rung, settings, seed and rows."""
    agent: str
    night: str
    rung: str
    at: float
    seconds: float
    state: Literal["done", "failed", "pruned"]
    result: JsonObject
    """What was judged, or why there is nothing."""
    artifact: ContentHash | None = None
    """Blob with the model, before any threshold."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The state of one anytime-valid test after one night; the newest row of a test counts."""

    agent: str
    test: str
    """What is tested: `superior`, `quality`, `canary`, …"""
    subject: str
    """Who is tested: a version's hash, a rung's name, …"""
    night: str
    at: float
    log_e: float
    """Natural logarithm of the e-value reached."""
    rows: int
    wins: int
    losses: int
    state: JsonObject = field(default_factory=dict[str, Json])
    """What the test needs to go on."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One test that was put to the false-discovery budget of all agents."""

    agent: str
    night: str
    test: str
    subject: str
    level: float
    """The share of alpha that this test was given."""
    e_value: float
    rejected: bool
    """The null hypothesis was rejected: the subject is better (or not worse)."""
    at: float


@dataclass(frozen=True, slots=True)
class Look:
    """One query to an agent's holdout; each wears it."""

    agent: str
    night: str | None
    looks: int
    at: float
    purpose: str = ""
    rows: int = 0
    """How many held-out rows were asked about."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which of two different answers to one request is right, and who said so."""

    id: str
    agent: str
    example: str
    """The request: id of its example, or of its answer."""
    at: float
    verdict: Verdict
    output: JsonObject | None
    """The right answer where it is known."""
    who: str
    local_output: JsonObject
    cloud_output: JsonObject
    source: Literal["user", "recorded", "cloud", "execution"] = "user"


@dataclass(frozen=True, slots=True)
class ShadowPrediction:
    """What a version says of a request that it has never seen, whether or not it answered it."""

    agent: str
    version: ContentHash
    example: str
    at: float
    output: JsonObject
    score: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something about an agent is no longer as it was."""

    id: str
    agent: str
    at: float
    kind: str
    """What moved: `inputs`, `confidence`, `disagreement`, `latency`, `cost`."""
    slice: str
    """The part of the traffic it is about; empty for all."""
    statistic: float
    detail: JsonObject
    state: Literal["open", "closed"] = "open"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change to the project that the system proposes and a person decides."""

    id: str
    kind: Literal["agent", "retire", "merge", "split", "rule"]
    subject: str
    at: float
    body: JsonObject
    state: Literal["open", "accepted", "dismissed"] = "open"
