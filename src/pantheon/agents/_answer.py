"""What an agent's request comes to: an answer, a wait for a person, or a typed failure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pantheon.ids import ContentHash, JsonObject
from pantheon.store import Source


class Reason(StrEnum):
    """Why a tier did not answer, an agent failed or a node did not run. A closed set."""

    EMPTY_SLOT = "empty_slot"
    """No specialist has been promoted yet."""
    DECLINED = "declined"
    """A user's function gave None: no rule of it fits."""
    LOW_CONFIDENCE = "low_confidence"
    UNCERTIFIED = "uncertified"
    """The agent promises agreement, and no evidence covers this tier yet."""
    STEPPED_BACK = "stepped_back"
    """The audit said the promise is broken; the specialist no longer answers."""
    INVALID_INPUT = "invalid_input"
    INVALID_OUTPUT = "invalid_output"
    REJECTED = "rejected"
    """A validator of the user said the answer is wrong."""
    PRIVACY = "privacy"
    NO_KEY = "no_key"
    NOT_CONFIGURED = "not_configured"
    BUDGET = "budget"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    CUT_STREAM = "cut_stream"
    BAD_REPLY = "bad_reply"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    CONTEXT_OVERFLOW = "context_overflow"
    RAISED = "raised"
    """A user's function raised an exception."""
    EXIT_STATUS = "exit_status"
    """A program ended with a status other than 0."""
    EXHAUSTED = "exhausted"
    """Every tier was asked and none answered."""
    UPSTREAM = "upstream"
    """A node this one depends on gave nothing."""
    CONDITION = "condition"
    """`when` was false."""
    NOT_NEEDED = "not_needed"
    """A merge had what it wanted before this node came to an end."""
    PREEMPTED = "preempted"
    """A guard of a behaviour tree stopped being true while the node ran."""
    UNSUCCESSFUL = "unsuccessful"
    """The behaviour tree failed: what happened does not count as success."""
    LOOP_EXHAUSTED = "loop_exhausted"
    """A loop came to its last round and its condition was still not true."""
    BAD_PLAN = "bad_plan"
    """What a planner gave is no plan that may be run."""
    WORKER_DIED = "worker_died"
    """The worker process of a function ended in the middle of it."""
    CIRCUIT_OPEN = "circuit_open"
    """The endpoint failed again and again, and is left alone for a while."""
    UNJUDGED = "unjudged"
    """The agent that judges whether two answers are the same has not said so."""
    AGAIN = "again"
    """Asked a second time at night, since the first answer was in doubt: no part of the traffic."""
    WITHHELD = "withheld"
    """A sandbox does not ask this tier: it would act outside, or cost something."""
    CANCELLED = "cancelled"
    CRASHED = "crashed"
    """The program itself failed; a defect, recorded so that nothing is hidden."""


RETRYABLE = frozenset(
    {
        Reason.RATE_LIMITED,
        Reason.TIMEOUT,
        Reason.SERVER_ERROR,
        Reason.CUT_STREAM,
        Reason.BAD_REPLY,
        Reason.UNREACHABLE,
        Reason.UNAVAILABLE,
        Reason.RAISED,
        Reason.EXIT_STATUS,
        Reason.WORKER_DIED,
        Reason.CIRCUIT_OPEN,
        Reason.INVALID_OUTPUT,
        Reason.EXHAUSTED,
    }
)
"""Reasons that another attempt may cure."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """A tier was asked and did not give an acceptable answer."""

    tier: str
    reason: Reason
    detail: str
    latency: float = 0.0
    cost_usd: float = 0.0
    """A failed call may still have been billed."""
    tokens_in: int = 0
    tokens_out: int = 0
    confidence: float | None = None


@dataclass(slots=True)  # not frozen: one is made for every node, and this is twice as fast
class Answer:
    """An accepted output, who gave it, and why it was accepted. Never changed."""

    id: str
    """Id of its row in the store; feedback refers to it."""
    output: JsonObject
    tier: str
    accepted: str
    source: Source
    version: ContentHash
    confidence: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    latency: float = 0.0
    tried: tuple[Abstention, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person has been asked; `inbox` is the id of the question."""

    inbox: str
    tried: tuple[Abstention, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """No tier gave an acceptable answer, or the request itself was wrong."""

    reason: Reason
    message: str
    tried: tuple[Abstention, ...] = ()
    answer: str | None = None

    @property
    def retryable(self) -> bool:
        """Whether another attempt may succeed."""
        if self.reason is Reason.EXHAUSTED:
            return any(a.reason in RETRYABLE - {Reason.EXHAUSTED} for a in self.tried)
        return self.reason in RETRYABLE


Outcome: TypeAlias = Answer | Waiting | Failure
