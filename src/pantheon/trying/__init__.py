"""Trying: agents and flows in a sandbox, and the tests that stand beside them.

A sandbox is a project in a store that is thrown away: remote models, programs, functions that may
act and people are withheld, and every answer says who gave it. May use flows, agents, learn and all
below them. Writes nothing outside.
"""

from __future__ import annotations

from pantheon.trying._attempt import Attempt, Step
from pantheon.trying._cases import Selected, select_cases
from pantheon.trying._junit import to_junit
from pantheon.trying._pairs import Comparison, Pair, compare_all, pairs_of, read_pairs
from pantheon.trying._sandbox import Sandbox, open_sandbox
from pantheon.trying._setup import DEFAULT_USD, AnswersFrom, Limits, Setup, Tools
from pantheon.trying._shadow import Shadows
from pantheon.trying._subject import Subject, find_subject
from pantheon.trying._testing import (
    CaseReport,
    CaseResult,
    Plan,
    as_matrix,
    run_tests,
)
from pantheon.trying._versions import DRAFT, VersionFinder
from pantheon.trying._what_if import MeanChange, Measured, Replayed, WhatIf, paired_mean, what_if

__all__ = [
    "MeanChange",
    "Measured",
    "Replayed",
    "WhatIf",
    "paired_mean",
    "what_if",
    "AnswersFrom",
    "Attempt",
    "Comparison",
    "DEFAULT_USD",
    "DRAFT",
    "Limits",
    "Pair",
    "Plan",
    "Sandbox",
    "Selected",
    "Setup",
    "Shadows",
    "Step",
    "Subject",
    "CaseReport",
    "CaseResult",
    "Tools",
    "VersionFinder",
    "as_matrix",
    "compare_all",
    "find_subject",
    "open_sandbox",
    "pairs_of",
    "read_pairs",
    "run_tests",
    "select_cases",
    "to_junit",
]
