"""Agents: a contract, and the tiers that can fulfil it, asked in order until one is accepted.

May use models, store and spec. Gives an `Outcome` for every request and writes one row for each:
who answered, why it was accepted, what it cost, and which audits are owed for the promise. Never
trains: what fills a specialist slot is loaded through a function handed in by whoever knows how.
"""

from __future__ import annotations

from pantheon.agents._admission import Admission, Slot, TooLarge
from pantheon.agents._agent import Agent
from pantheon.agents._answer import (
    RETRYABLE,
    Abstention,
    Answer,
    Failure,
    Outcome,
    Reason,
    Waiting,
)
from pantheon.agents._audit import Settlement, StillOwed
from pantheon.agents._context import AgentContext, Between, FindAgent, OnAudit
from pantheon.agents._current import current_request
from pantheon.agents._feedback import give_feedback
from pantheon.agents._functions import FunctionFault, UserFunctions
from pantheon.agents._judge import NoVerdict, Verdict, compare
from pantheon.agents._plain import own_object
from pantheon.agents._pool import WorkerPool
from pantheon.agents._registry import EMBEDDED, ModelRegistry
from pantheon.agents._template import instruction_of
from pantheon.agents._threads import is_cancelled
from pantheon.agents._tier import (
    AGAIN,
    CROSS_CHECK,
    JUDGE,
    Deployed,
    GenerativeModel,
    Prediction,
    Request,
    SpecialistModel,
    TierAnswer,
    TierOutcome,
    TierRunner,
    Written,
    abstain,
)
from pantheon.agents._tier_rules import RuleRecord, rule_of, rule_records

__all__ = [
    "AGAIN",
    "CROSS_CHECK",
    "EMBEDDED",
    "RETRYABLE",
    "Abstention",
    "Admission",
    "Agent",
    "AgentContext",
    "Answer",
    "Between",
    "Deployed",
    "Failure",
    "FindAgent",
    "FunctionFault",
    "JUDGE",
    "GenerativeModel",
    "ModelRegistry",
    "NoVerdict",
    "OnAudit",
    "Outcome",
    "Prediction",
    "Reason",
    "Request",
    "RuleRecord",
    "Settlement",
    "Slot",
    "SpecialistModel",
    "StillOwed",
    "TierAnswer",
    "TierOutcome",
    "TierRunner",
    "TooLarge",
    "UserFunctions",
    "Verdict",
    "Waiting",
    "WorkerPool",
    "Written",
    "abstain",
    "compare",
    "current_request",
    "give_feedback",
    "instruction_of",
    "is_cancelled",
    "own_object",
    "rule_of",
    "rule_records",
]
