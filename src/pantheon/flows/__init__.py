"""The flow engine: a flow is compiled to a plan and run, journaled, resumed.

A node starts the moment its inputs exist; what it came to is on disk before anything that depends
on it starts; a run that was killed goes on where it was. May use agents, models, store and spec.
"""

from __future__ import annotations

from pantheon.flows._compare import NodeChange
from pantheon.flows._diff import NodePair, RunDiff, ValueChange, diff, seconds_of, tier_of
from pantheon.flows._edits import Edit
from pantheon.flows._fork import Changes, Forked, fork
from pantheon.flows._lease import LEASE_SECONDS, is_held
from pantheon.flows._migrate import Migration, migrate
from pantheon.flows._pin import make_pin
from pantheon.flows._places import written
from pantheon.flows._plan import Plan, Step, compile_flow
from pantheon.flows._recorder import OnEvent
from pantheon.flows._replay import Difference, Replay, Standing, replay, standings
from pantheon.flows._runtime import Runtime
from pantheon.flows._why import Link, Why, why

__all__ = [
    "LEASE_SECONDS",
    "Changes",
    "Difference",
    "Edit",
    "Forked",
    "Link",
    "Migration",
    "NodeChange",
    "NodePair",
    "OnEvent",
    "Plan",
    "Replay",
    "RunDiff",
    "Runtime",
    "Standing",
    "Step",
    "ValueChange",
    "Why",
    "compile_flow",
    "diff",
    "fork",
    "is_held",
    "make_pin",
    "migrate",
    "replay",
    "seconds_of",
    "standings",
    "tier_of",
    "why",
    "written",
]
