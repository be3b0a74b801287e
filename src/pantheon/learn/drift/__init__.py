"""Watching what is deployed: has what comes in, or what goes out, changed since?

Detectors are pure functions of immutable states; `watch_night` feeds them from the store once a
night. How often they raise a false alarm is fixed beforehand (`WatchRules.alpha`: the chance of
one in an agent's year, all detectors together). `suggest` looks at the same past for agents that
should be retired, merged or split.
"""

from __future__ import annotations

from pantheon.learn.drift._alarms import close_alarm
from pantheon.learn.drift._bag import Bag, to_levels
from pantheon.learn.drift._detector import Detector
from pantheon.learn.drift._domain import DomainTest, same_source, tell_apart
from pantheon.learn.drift._martingale import JUDGED, MEASURED, YEAR, Martingale
from pantheon.learn.drift._measure import block_levels, unsure_levels
from pantheon.learn.drift._night import watch_night
from pantheon.learn.drift._rules import WatchRules
from pantheon.learn.drift._suggest import SuggestRules, suggest
from pantheon.learn.drift._watched import Looks, Watched

__all__ = [
    "YEAR",
    "Bag",
    "Detector",
    "DomainTest",
    "JUDGED",
    "Looks",
    "MEASURED",
    "Martingale",
    "SuggestRules",
    "WatchRules",
    "Watched",
    "block_levels",
    "close_alarm",
    "same_source",
    "suggest",
    "tell_apart",
    "to_levels",
    "unsure_levels",
    "watch_night",
]
