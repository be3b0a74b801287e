"""The rows of the store as typed values; what every package above says about the past."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pantheon.ids import ContentHash, Json, JsonObject, RunId

RunState: TypeAlias = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
NodeState: TypeAlias = Literal[
    "ok", "abstained", "skipped", "failed", "timed_out", "cancelled", "waiting"
]
Source: TypeAlias = Literal["model", "scripted", "recorded", "human", "code", "specialist"]
"""Who really produced an answer; recorded and scripted ones are never shown as a model's."""
Drawn: TypeAlias = Literal["bootstrap", "audit", "escalated", "feedback"]
"""How it came about that the right answer is known; only bootstrap and audit rows are IID."""
Split: TypeAlias = Literal["train", "holdout", "quarantine"]
"""Quarantine: it resembles examples of both sides, so it is used for neither."""
Cause: TypeAlias = Literal["edit", "night", "rollback", "lock", "audit"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow on one input."""

    id: RunId
    flow: str
    flow_hash: ContentHash
    input: JsonObject
    state: RunState
    created: float
    """Seconds since the epoch, as every time here."""
    cause: str
    """cli, ask, queue, simulate, api, …"""
    seed: int = 0
    started: float | None = None
    finished: float | None = None
    output: JsonObject | None = None
    failure: JsonObject | None = None
    """`{reason, message, node}` when failed."""
    night: str | None = None
    parent: RunId | None = None
    """The run it was forked from."""
    priority: int = 0
    """Higher goes first where runs compete."""
    user: str | None = None
    """For whom it runs: whose memory it may use."""
    deadline: float | None = None
    """When it is given up, whatever it has come to."""
    compacted: float | None = None
    """When the results of its nodes were deleted to save space."""
    release: ContentHash | None = None
    """Version of the flow that was deployed; None: it ran by the working files."""
    channel: str | None = None
    """The channel by which that version was chosen."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What one node (or one item of a map) of a run came to; written once."""

    run: RunId
    node: str
    index: int
    """Item of a map; −1 for the node itself."""
    state: NodeState
    output: Json
    reason: JsonObject | None
    """`{reason, message, …}` for everything but ok: why it did not run or did not succeed."""
    attempts: int
    started: float
    finished: float
    seq: int = 0
    """Number of the event that this result is, among those of its run; 0: it has none."""
    note: JsonObject | None = None
    """Who answered: `{tier, source, answer}`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a run, for following it live."""

    seq: int
    run: RunId
    at: float
    kind: str
    node: str | None
    data: JsonObject


@dataclass(frozen=True, slots=True)
class ContextWrite:
    """One node wrote one key of the context that the nodes of its run share."""

    run: RunId
    seq: int
    """1, 2, 3 … per run, in the order in which they were written."""
    key: str
    value: Json
    node: str
    index: int
    at: float


@dataclass(frozen=True, slots=True)
class MemoryWrite:
    """A value of the long-term memory from then on; null: there is none any longer."""

    scope: str
    """flow, agent or user."""
    owner: str
    """Which flow, agent or user it belongs to."""
    name: str
    value: Json
    at: float
    run: RunId | None = None
    node: str | None = None
    index: int = -1


@dataclass(frozen=True, slots=True)
class Signal:
    """What happened outside, for the run that waits for it (or soon will)."""

    run: RunId
    name: str
    payload: Json
    at: float


@dataclass(frozen=True, slots=True)
class Timer:
    """When a waiting node of a run is to go on."""

    run: RunId
    node: str
    index: int
    due: float


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer that may be given again to an equal input."""

    key: str
    """Names the version of the agent and the input."""
    agent: str
    version: ContentHash
    output: JsonObject
    answer: str | None
    """Id of the row of the answer that it was; None when there is no such row."""
    source: Source
    at: float
    expires: float | None = None
    """From then on it is not given any longer; None: never."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One request an agent answered (or failed to), with who answered and why it was accepted."""

    id: str
    agent: str
    version: ContentHash
    """Hash of the agent's definition and of the specialist that was deployed."""
    at: float
    input: JsonObject
    output: JsonObject | None
    tier: str
    """Kind of the tier that answered; `none` when all abstained."""
    accepted: str
    """Why its answer was taken, or why nothing was."""
    source: Source
    confidence: float | None = None
    label_propensity: float = 1.0
    """Probability, given the policy of that moment, that the cloud's answer became known."""
    local: bool = False
    """Answered without sending the input off the machine, where the cloud could have been asked."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    latency: float = 0.0
    run: RunId | None = None
    node: str | None = None
    index: int = -1
    specialist: ContentHash | None = None
    tried: tuple[JsonObject, ...] = ()
    """`{tier, reason, detail}` for each tier that was asked before and abstained or failed."""
    role: str = ""
    """What it was asked for, if it is no traffic: `judge`, `cross_check` (the cloud's side of one)
    or `again` (the night asked a second time). Such rows cost, and are no requests."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A local answer that was also asked of the cloud."""

    answer: str
    agent: str
    at: float
    cloud_output: JsonObject | None
    """None when the cloud could not be asked; such an audit says nothing about agreement."""
    agrees: bool | None
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    source: Source = "model"
    judge: str | None = None
    """Answer of the agent that was asked whether the two are the same, where one was."""


@dataclass(frozen=True, slots=True)
class Example:
    """An input with its accepted output, and where that came from."""

    id: str
    agent: str
    input: JsonObject
    output: JsonObject
    source: Literal["cloud", "human", "verified", "agreement", "import", "recorded"]
    drawn: Drawn
    at: float
    group: ContentHash
    """Near-duplicates share a group; a group never crosses a split."""
    split: Split
    propensity: float = 1.0
    weight: float = 1.0
    answer: str | None = None
    gold: JsonObject | None = None
    """The truth where it is known and may differ from the teacher's answer."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person or an automatic check said about an answer."""

    answer: str
    agent: str
    at: float
    verdict: Literal["good", "bad", "correct"]
    source: Literal["user", "schema", "validator"]
    correction: JsonObject | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of what fills an agent's specialist slot, with its lineage."""

    hash: ContentHash
    agent: str
    number: int
    """1, 2, 3 … per agent, for people: `triage@3`."""
    parent: ContentHash | None
    cause: Cause
    created: float
    state: Literal["candidate", "proposed", "canary", "promoted", "rejected", "retired"]
    evidence: JsonObject
    """Calibration and gate results, every figure with its interval."""
    artifact: ContentHash
    """Blob with the specialist itself; once let go of, `released:` and the hash it had."""
    night: str | None = None

    @property
    def released(self) -> bool:
        """Whether its model was let go of, so that it can answer no more."""
        return not self.artifact.startswith("b2:")


@dataclass(frozen=True, slots=True)
class ChannelMove:
    """A channel of an agent began to point at a version (or at nothing)."""

    agent: str
    channel: str
    version: ContentHash | None
    previous: ContentHash | None
    at: float
    who: str
    why: str
    cause: Cause
    share: float = 1.0
    """Part of the requests that the channel serves; below 1 only for a canary."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """Work handed in for the night."""

    id: str
    flow: str
    input: JsonObject
    priority: int
    submitted: float
    state: Literal["queued", "running", "done", "failed"]
    run: RunId | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A question to a person; the run that asked waits for the answer."""

    id: str
    agent: str
    question: str
    input: JsonObject
    schema: JsonObject
    """JSON Schema the answer must satisfy."""
    asked: float
    state: Literal["open", "answered", "withdrawn"]
    run: RunId | None = None
    node: str | None = None
    index: int = -1
    answer: JsonObject | None = None
    answered: float | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one night did for one agent."""

    night: str
    agent: str
    outcome: Literal["promoted", "proposed", "rejected", "skipped"]
    reasons: tuple[str, ...]
    examples: int
    seconds: float
    candidate: ContentHash | None = None
    deployed: ContentHash | None = None
    calibration: JsonObject = field(default_factory=dict[str, Json])
    gate: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Night:
    """One night: when, what it ran, what it taught."""

    id: str
    started: float
    seed: int
    finished: float | None = None
    state: Literal["running", "done", "failed"] = "running"
    summary: JsonObject = field(default_factory=dict[str, Json])
