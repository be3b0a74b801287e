"""The flow engine: a flow is compiled to a plan and run, journaled, resumed.

A node starts the moment its inputs exist; what it came to is on disk before anything that depends
on it starts; a run that was killed goes on where it was. May use agents, models, store and spec.
"""

from __future__ import annotations

from pantheon.flows._edits import Edit
from pantheon.flows._fork import Changes, Forked, fork
from pantheon.flows._lease import LEASE_SECONDS
from pantheon.flows._plan import Plan, Step, compile_flow
from pantheon.flows._recorder import OnEvent
from pantheon.flows._replay import Difference, Replay, Standing, replay, standings
from pantheon.flows._runtime import Runtime

__all__ = [
    "LEASE_SECONDS",
    "Changes",
    "Difference",
    "Edit",
    "Forked",
    "OnEvent",
    "Plan",
    "Replay",
    "Runtime",
    "Standing",
    "Step",
    "compile_flow",
    "fork",
    "replay",
    "standings",
]
