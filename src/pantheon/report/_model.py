"""The morning as plain values: one model, from which every rendering is made.

Text in it is already one line, bounded and free of control characters (`_clean`); renderings still
escape for their own format. Field names are the keys of the JSON rendering and stay stable.
Times are seconds since the epoch, money is USD, shares lie in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.report._model_costs import Costs
from pantheon.report._model_school import (
    AlarmNote,
    HeldOut,
    Probation,
    QualityCheck,
    RungTried,
    TestBudget,
)
from pantheon.report._model_trials import TrialNote

PromiseStatus: TypeAlias = Literal[
    "kept", "unproven", "idle", "apart", "broken", "stepped_back", "precaution"
]
"""Kept: the audits alone show it. Unproven: no sign of a breach, too few audits to show more.
Idle: nothing was answered locally. Apart: no cloud could be asked, so there is nothing to compare. Broken: the audits say so. Stepped back: broken, and the
specialist has stopped answering. Precaution: it has stopped answering before audits could tell, as
an alarm said that something changed."""
NeedKind: TypeAlias = Literal[
    "question", "proposal", "stepped_back", "precaution", "promise", "judgements", "idea"
]
LessonOutcome: TypeAlias = Literal["promoted", "proposed", "rejected", "skipped"]
UndeliveredState: TypeAlias = Literal["failed", "waiting", "not_run", "cut_off", "cancelled"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its exact two-sided interval; `value` is None where nothing was seen."""

    value: float | None
    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class Command:
    """What to type, and what it does."""

    says: str
    line: str


@dataclass(frozen=True, slots=True)
class Count:
    """How often something occurred."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Period:
    """What the report is about: after `since`, up to and including `until`.

    From the end of the night before to the end of this one, unless asked for otherwise.
    """

    since: float
    """0 is the beginning of everything."""
    until: float
    before: float | None
    """Start of the day before, which ends at `since`; None when there was none."""
    history_since: float
    """Start of the trailing window that charts and promises look at; 0 is the beginning."""
    night: str | None
    night_started: float | None
    night_finished: float | None
    night_state: str | None
    seed: int | None
    stopped: str | None
    """Why the night ended before its queue did (time, budget, killed); None: it did not."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The figures at the top of the page."""

    tasks: int
    """Queued work that this night had before it."""
    delivered: int
    failed: int
    waiting: int
    """Tasks that stand still until a person answers."""
    not_run: int
    needs_you: int
    requests: int
    """Answers asked of agents in the period, whoever gave them."""
    local: int
    """Answered on this machine where the cloud could have been asked."""
    cloud: int
    cloud_share: Estimate
    cloud_share_before: Estimate | None
    """The same for the period before; None when there was none."""
    cloud_usd: float
    saved_usd: float


@dataclass(frozen=True, slots=True)
class Need:
    """Something only a person can decide, with the command that does it."""

    kind: NeedKind
    title: str
    detail: str
    agent: str
    asked: float
    commands: tuple[Command, ...]
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a delivered task and who answered it."""

    node: str
    tier: str
    source: str
    count: int
    """More than one where the node ran over a list."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A task that was done."""

    title: str
    flow: str
    run: str
    excerpt: str
    """The beginning of its output."""
    steps: tuple[Step, ...]
    cost_usd: float
    seconds: float
    labels: tuple[str, ...]
    """Words for answers that no model gave just then (recorded, scripted)."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A task that was not done: why, where, and what to do."""

    title: str
    flow: str
    run: str | None
    queued: bool
    """Queued work; False: a run that a person or a program started by day."""
    state: UndeliveredState
    reason: str
    """A failure reason of agents, or one that only whole tasks have: time, budget, killed, …"""
    words: str
    """The reason for people."""
    message: str
    node: str | None
    nodes_done: int
    nodes_seen: int
    next_step: Command


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reason that steps or tiers gave for not answering, and how often."""

    where: str
    reason: str
    words: str
    count: int
    run: str | None
    """One run in which it happened."""


@dataclass(frozen=True, slots=True)
class Day:
    """One agent on one day: from the end of one night to the end of the next."""

    label: str
    since: float
    until: float
    requests: int
    local: int
    cloud: int
    audited: int
    disagreed: int
    cloud_share: Estimate
    disagreement: Estimate
    """Of all requests of the day: answered locally and differently from the cloud."""


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A specialist by the name people use and the hash that pins it."""

    agent: str
    number: int
    hash: str
    artifact: str
    cause: str
    created: float

    @property
    def label(self) -> str:
        """As typed on the command line, e.g. `triage@3`."""
        return f"{self.agent}@{self.number}"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of evidence: a number with what it means; the interval where it is an estimate."""

    name: str
    value: float
    unit: Literal["share", "count", "score", "p", "e"]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class AgentUpdate:
    """What the night did for one agent."""

    outcome: LessonOutcome
    words: str
    reasons: tuple[str, ...]
    deployed: VersionRef | None
    """What answered before the night."""
    candidate: VersionRef | None
    examples: int
    examples_by_source: tuple[Count, ...]
    evidence: tuple[Fact, ...]
    seconds: float
    ladder: tuple[RungTried, ...]
    choice: str
    """Why the kind of specialist that won did; empty where none was tried."""
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class PromiseCheck:
    """Whether an agent's promise holds, over the trailing window, by its audits alone."""

    epsilon: float
    confidence: float
    declared: bool
    """False: the definition names no promise, and the default applies."""
    since: float
    """Start of what is judged: the trailing window, or where a later version took over."""
    requests: int
    local: int
    audited: int
    disagreed: int
    owed: int
    """Audits drawn but not settled yet."""
    disagreement: Estimate
    """Of all requests."""
    disagreement_local: Estimate
    """Among local answers only."""
    status: PromiseStatus
    words: str


@dataclass(frozen=True, slots=True)
class AgentMorning:
    """Everything the report says about one agent."""

    name: str
    description: str
    requests: int
    local: int
    cloud: int
    unanswered: int
    cloud_share: Estimate
    tiers: tuple[TierCount, ...]
    now: VersionRef | None
    """What answers this morning; None: the slot is empty."""
    promise: PromiseCheck
    days: tuple[Day, ...]
    asked_onward: tuple[Trouble, ...]
    """Why tiers before the answering one did not answer."""
    update: AgentUpdate | None
    quality: QualityCheck | None
    """None where quality is not promised."""
    probation: Probation | None
    held_out: HeldOut | None


@dataclass(frozen=True, slots=True)
class NightRow:
    """One night, with its day, beside the others."""

    id: str
    label: str
    since: float
    """Its day begins after this, where the night before ended."""
    until: float
    started: float
    seconds: float
    tasks: int
    failed: int
    cloud_usd: float
    cloud_share: float | None


@dataclass(frozen=True, slots=True)
class TierCount:
    """How many requests a tier answered, by who really produced the answers."""

    tier: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A figure of this night far outside what the last nights were like."""

    name: str
    words: str
    tonight: float
    typical: float
    """Median of the nights before."""
    nights: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition, weights or specialist by content hash."""

    kind: str
    name: str
    hash: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the report was made from, and how to make it again."""

    definitions: tuple[Definition, ...]
    seed: int | None
    store: str
    pantheon: str
    python: str
    report_hash: str
    """Hash of everything in the report but the versions of the programs that made it."""
    reproduce: Command


@dataclass(frozen=True, slots=True)
class Morning:
    """One morning's report."""

    sentence: str
    period: Period
    numbers: Numbers
    labels: tuple[Count, ...]
    """Recorded and scripted answers and audits in the period; empty when there were none."""
    needs_you: tuple[Need, ...]
    needs_you_total: int
    delivered: tuple[Delivery, ...]
    delivered_total: int
    not_delivered: tuple[Undelivered, ...]
    not_delivered_total: int
    other_runs: tuple[Count, ...]
    """Runs of the period that were not queued work, by state."""
    troubles: tuple[Trouble, ...]
    agents: tuple[AgentMorning, ...]
    alarms: tuple[AlarmNote, ...]
    """Open ones, and those of the period, the newest first."""
    trials: tuple[TrialNote, ...]
    """Versions on trial that guards stopped or made stable in the period, the newest first."""
    anomalies: tuple[Anomaly, ...]
    budget: TestBudget | None
    """None before anything was put to it."""
    nights: tuple[NightRow, ...]
    """This night and those before it that it is compared with, oldest first."""
    costs: Costs
    provenance: Provenance
