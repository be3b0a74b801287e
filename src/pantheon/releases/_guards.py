"""Guards: bounds that a version on trial must keep, as people write them and as they are kept.

`error_rate=5%`, `disagreement=10%`, `cost=+20%` (more than what answers beside it), `cost=0.02`
(USD a run), `latency=2s`, `latency=+50%`. The lock file keeps them as they were written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pantheon.errors import UsageError
from pantheon.ids import Json, JsonObject
from pantheon.spec import did_you_mean

Measure: TypeAlias = Literal["error_rate", "disagreement", "cost", "latency"]
MEASURES: Final[tuple[Measure, ...]] = ("error_rate", "disagreement", "cost", "latency")
SHARES: Final = frozenset({"error_rate", "disagreement"})
PROMOTE_AFTER: Final = "promote_after"
MAX_USD: Final = "max_usd"
ON_CHANNEL: Final[Mapping[str, frozenset[str]]] = {
    "stable": frozenset(),
    "canary": frozenset({*MEASURES, PROMOTE_AFTER}),
    "shadow": frozenset({"error_rate", "disagreement", MAX_USD}),
}
"""What may be said of a version on each channel."""
_EXAMPLES: Final = {
    "error_rate": "error_rate=5%",
    "disagreement": "disagreement=10%",
    "cost": "cost=+20% (more than beside it) or cost=0.02 (USD a run)",
    "latency": "latency=2s or latency=+50% (more than beside it)",
}
_NUMBER: Final = re.compile(r"(\+?)(\d+(?:\.\d+)?|\.\d+)\s*(%|ms|s|m|usd|)", re.IGNORECASE)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Guard:
    """One bound."""

    measure: Measure
    bound: float
    """A share, USD a run or seconds a run; relative: by which part it may be more."""
    relative: bool = False
    """To what answers beside the version."""
    written: str = ""
    """The bound as it was written."""

    def __str__(self) -> str:
        return f"{self.measure}={self.written}"


@dataclass(frozen=True, slots=True)
class Guards:
    """What is asked of one version on trial."""

    bounds: tuple[Guard, ...] = ()
    promote_after: int | None = None
    """Runs after which it becomes stable, if it keeps its bounds; None: only by hand."""
    max_usd: float = 0.0
    """What runs in the shadow may spend on remote models, all together."""


def guards_to_json(
    written: Sequence[str], *, promote_after: int | None = None, max_usd: float | None = None
) -> JsonObject:
    """What the lock file keeps of `NAME=BOUND`s. Raises UsageError for one that makes no sense."""
    kept: dict[str, Json] = {}
    for text in written:
        name, equals, bound = text.partition("=")
        if not equals:
            raise UsageError(
                f"{text!r} is no guard.", hint=f"Write NAME=BOUND: {', '.join(_EXAMPLES.values())}."
            )
        name = name.strip().replace("-", "_")
        if name in kept:
            raise UsageError(f"{name} is bounded twice.", hint="Give each guard once.")
        kept[name] = _read_guard(name, bound.strip()).written
    if promote_after is not None:
        kept[PROMOTE_AFTER] = promote_after
    if max_usd is not None:
        kept[MAX_USD] = max_usd
    read_guards(kept)
    return kept


def read_guards(kept: JsonObject) -> Guards:
    """What `guards_to_json` kept. Raises UsageError for what somebody wrote into the lock file."""
    bounds = [
        _read_guard(name, value if isinstance(value, str) else repr(value))
        for name, value in kept.items()
        if name not in {PROMOTE_AFTER, MAX_USD}
    ]
    after, usd = kept.get(PROMOTE_AFTER), kept.get(MAX_USD, 0.0)
    if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 1):
        raise UsageError(f"{PROMOTE_AFTER} is {after!r}.", hint="Give a whole number of runs.")
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < math.inf:
        raise UsageError(f"{MAX_USD} is {usd!r}.", hint="Give an amount such as 0.50.")
    return Guards(tuple(bounds), after, float(usd))


def check_channel(kept: JsonObject, channel: str) -> None:
    """Raises UsageError where a guard says nothing about a channel."""
    for name in kept:
        if name not in ON_CHANNEL[channel]:
            raise UsageError(f"{name} means nothing on channel {channel}.", hint=_fitting(channel))


def _fitting(channel: str) -> str:
    if channel == "stable":
        return "Guards are for a version on trial: add `--canary 10%` or `--shadow`."
    return f"There, these can be said: {', '.join(sorted(ON_CHANNEL[channel]))}."


def _read_guard(name: str, text: str) -> Guard:
    measure: Measure | None = next((each for each in MEASURES if each == name), None)
    if measure is None:
        raise UsageError(
            f"There is no guard {name!r}.",
            hint=did_you_mean(name, MEASURES, otherwise=f"The guards are: {', '.join(MEASURES)}."),
        )
    found = _NUMBER.fullmatch(text)
    guard = None if found is None else _made(measure, found, text)
    if guard is None:
        raise UsageError(
            f"{text!r} is no bound for {name}.", hint=f"Write, say: {_EXAMPLES[name]}."
        )
    return guard


def _made(measure: Measure, found: re.Match[str], text: str) -> Guard | None:
    """None where sign and unit do not fit the measure."""
    plus, number, unit = found[1], float(found[2]), found[3].lower()
    if measure in SHARES:
        share = number / 100 if unit == "%" else number
        fits = not plus and unit in {"%", ""} and share < 1
        return Guard(measure, share, written=text) if fits else None
    if plus:
        return Guard(measure, number / 100, relative=True, written=text) if unit == "%" else None
    if measure == "cost":
        return Guard(measure, number, written=text) if unit in {"usd", ""} else None
    return Guard(measure, number * _SECONDS[unit], written=text) if unit in _SECONDS else None
