"""Recurring work found in logs of cloud calls, and agents proposed for it.

`read_logs` reads logs, `discover` finds tasks in them (constant text of prompts, what answers have
in common, meaning) and proposes an agent for each, `write_proposal` leaves it as a branch and a
patch; `discover_night` does the same for what passed through the project itself.
"""

from __future__ import annotations

from pantheon.learn.discover._call import Call, Prompt, read_prompt
from pantheon.learn.discover._curve import LearningPoint
from pantheon.learn.discover._discovery import (
    Discovery,
    cloud_price,
    discover,
    discover_night,
    find_proposal,
    remember,
)
from pantheon.learn.discover._from_store import calls_of_store
from pantheon.learn.discover._log import BadCall, CallLog, LogReader, calls_in, read_logs
from pantheon.learn.discover._propose import Observed, ProposedAgent
from pantheon.learn.discover._savings import Saving, Spend
from pantheon.learn.discover._tasks import LEAST, Recurring, find_tasks
from pantheon.learn.discover._templates import Run, Template, find_template
from pantheon.learn.discover._told import curve_line, render_proposal, saving_line
from pantheon.learn.discover._write import Written, write_proposal

__all__ = [
    "LEAST",
    "BadCall",
    "Call",
    "CallLog",
    "Discovery",
    "LearningPoint",
    "LogReader",
    "Observed",
    "Prompt",
    "ProposedAgent",
    "Recurring",
    "Run",
    "Saving",
    "Spend",
    "Template",
    "Written",
    "calls_in",
    "calls_of_store",
    "cloud_price",
    "curve_line",
    "discover",
    "discover_night",
    "find_proposal",
    "find_tasks",
    "find_template",
    "read_logs",
    "read_prompt",
    "remember",
    "render_proposal",
    "saving_line",
    "write_proposal",
]
