"""The flow engine: a flow is compiled to a plan and run, journaled, resumed.

A node starts the moment its inputs exist; what it came to is on disk before anything that depends
on it starts; a run that was killed goes on where it was. May use agents, models, store and spec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.flows._deployed import (
    Chosen,
    ChosenAgent,
    Deployments,
    Draw,
    Onlooker,
    Setting,
    definition_failed,
)
from pantheon.flows._lease import LEASE_SECONDS, is_held
from pantheon.flows._pin import Pin, make_pin, read_pin
from pantheon.flows._places import written
from pantheon.flows._plan import Plan, Step, compile_flow
from pantheon.flows._recorder import OnEvent
from pantheon.flows._runtime import Runtime

if TYPE_CHECKING:
    from pantheon.flows._awaited import check_signal
    from pantheon.flows._compare import NodeChange
    from pantheon.flows._diff import NodePair, RunDiff, ValueChange, diff, seconds_of, tier_of
    from pantheon.flows._edits import Edit
    from pantheon.flows._fork import Changes, Forked, fork
    from pantheon.flows._given import Given, given_by_code
    from pantheon.flows._migrate import Migration, migrate
    from pantheon.flows._replay import Difference, Replay, Standing, replay, standings
    from pantheon.flows._why import Link, Why, why

# Looking back is no part of running: it is imported when it is used.
_MODULES: dict[str, tuple[str, ...]] = {
    "_awaited": ("check_signal",),
    "_compare": ("NodeChange",),
    "_diff": ("NodePair", "RunDiff", "ValueChange", "diff", "seconds_of", "tier_of"),
    "_edits": ("Edit",),
    "_fork": ("Changes", "Forked", "fork"),
    "_given": ("Given", "given_by_code"),
    "_migrate": ("Migration", "migrate"),
    "_replay": ("Difference", "Replay", "Standing", "replay", "standings"),
    "_why": ("Link", "Why", "why"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "LEASE_SECONDS",
    "Changes",
    "Chosen",
    "ChosenAgent",
    "Deployments",
    "Difference",
    "Draw",
    "Edit",
    "Forked",
    "Given",
    "Link",
    "Migration",
    "NodeChange",
    "NodePair",
    "OnEvent",
    "Onlooker",
    "Pin",
    "Plan",
    "Replay",
    "RunDiff",
    "Runtime",
    "Setting",
    "Standing",
    "Step",
    "ValueChange",
    "Why",
    "check_signal",
    "compile_flow",
    "definition_failed",
    "diff",
    "fork",
    "given_by_code",
    "is_held",
    "make_pin",
    "migrate",
    "read_pin",
    "replay",
    "seconds_of",
    "standings",
    "tier_of",
    "why",
    "written",
]
