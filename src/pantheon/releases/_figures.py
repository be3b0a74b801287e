"""Whether a version on trial keeps its bounds: figures of its runs, with limits.

All limits of one version hold together, at all times: that any of them is ever wrong on its side
has a chance of at most 5 %, so the bounds may be looked at after every run (see `_bets`). A run
under way counts as one that neither failed nor cost anything where it is asked whether a bound is
passed, and as the worst where it is asked whether it is kept. Where a largest value is needed, it
is half as much again as the largest seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from pantheon.ids import ContentHash
from pantheon.releases._bets import Sample, lower_limit, upper_limit
from pantheon.releases._guards import SHARES, Guard, Guards, read_guards
from pantheon.releases._standing import Channel, Pointer, Standing, standing_from_json
from pantheon.store import Outcome, Store, WhichRuns

DELTA: Final = 0.05
"""Chance that a version which keeps all its bounds is ever stopped."""
_MARGIN: Final = 1.5
_ENDED: Final = frozenset({"done", "failed"})

Verdict: TypeAlias = Literal["passed", "kept", "within", "over", "unknown"]
"""Passed: it is shown to be beyond the bound. Kept: it is shown to be within. Within, over: so it
seems, and nothing is shown yet. Unknown: nothing was seen."""
Decision: TypeAlias = Literal["stop", "promote", "wait", "watch"]
"""Wait: enough runs are in, but a bound seems passed, or nothing is known about it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is known about one bound; relative ones are shares by which it is more."""

    guard: Guard
    verdict: Verdict
    seen: int
    """Values: runs, or audited answers."""
    estimate: float
    low: float
    high: float
    beside: float | None = None
    """Relative: the mean of what answers beside it."""
    of: str = "runs"
    """What the values are of."""

    @property
    def words(self) -> str:
        """`error_rate 18.3% of 60 (8.1% to 35.0%), bound 5%: passed`."""
        name, bound = self.guard.measure, self.guard.written
        if self.verdict == "unknown":
            return f"{name}: nothing seen yet, bound {bound}"
        limits = f"{self.told(self.low)} to {self.told(self.high)}"
        of = self.of.replace("runs", "run").replace("answers", "answer")
        of = of if self.seen == 1 else self.of
        seen = f"{self.told(self.estimate)} of {self.seen} {of}"
        return f"{name} {seen} ({limits}), bound {bound}: {self.verdict}"

    def told(self, value: float) -> str:
        """A value in the unit of the bound."""
        if not math.isfinite(value):
            return "any"
        if self.guard.relative:
            return f"{value:+.1%}"
        if self.guard.measure in SHARES:
            return f"{value:.1%}"
        return f"{value:.4g} USD" if self.guard.measure == "cost" else f"{value:.3g} s"


@dataclass(frozen=True, slots=True)
class Limits:
    """A share with limits that hold at all times."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Review:
    """One version on trial, with all its bounds."""

    kind: str
    name: str
    channel: Channel
    pointer: Pointer
    guards: Guards
    since: float
    """When it was put on trial."""
    runs: int
    """That have ended."""
    under_way: int
    figures: tuple[Figure, ...]
    agreement: Mapping[str, int] = field(default_factory=dict[str, int])
    """Shadow: how many runs were the same, differed, failed, or are not known."""
    same: Limits | None = None
    """Shadow: share of the known runs that came to the same; None before there is one."""

    @property
    def title(self) -> str:
        """`support@3`."""
        return f"{self.name}@{self.pointer.number}"

    @property
    def decision(self) -> Decision:
        """What the bounds ask for."""
        verdicts = {figure.verdict for figure in self.figures}
        if "passed" in verdicts:
            return "stop"
        after = self.guards.promote_after
        if after is None or self.runs < after:
            return "watch"
        return "promote" if verdicts <= {"kept", "within"} else "wait"

    @property
    def words(self) -> str:
        """The reason for the decision, with the figures."""
        passed = [figure.words for figure in self.figures if figure.verdict == "passed"]
        told = passed or [figure.words for figure in self.figures]
        runs = f"{self.runs} run{'s' if self.runs != 1 else ''}"
        return "; ".join([runs, *told])


def review(
    store: Store, kind: str, name: str, standing: Standing, channel: Channel
) -> Review | None:
    """How the version on a channel stands; None where none is. Raises UsageError for its guards."""
    pointer = standing.on(channel)
    if pointer is None or channel == "stable":
        return None
    guards = read_guards(pointer.guards)
    since = _begin(store, kind, name, channel, pointer.hash)
    seen = _seen(store, kind, name, standing, channel, since)
    if any(guard.relative for guard in guards.bounds):
        seen = _with_beside(store, seen)
    delta = DELTA / max(1, len(guards.bounds))
    figures = tuple(_figure(guard, seen, delta) for guard in guards.bounds)
    return Review(
        kind,
        name,
        channel,
        pointer,
        guards,
        since,
        seen.runs,
        seen.under_way,
        figures,
        seen.agreement,
        _same(seen) if channel == "shadow" else None,
    )


def _same(seen: _Seen) -> Limits | None:
    if not seen.unlike.values:
        return None
    low = 1 - upper_limit(seen.unlike, DELTA, most=1.0)
    return Limits(1 - seen.unlike.mean, low, 1 - lower_limit(seen.unlike, DELTA))


def _begin(store: Store, kind: str, name: str, channel: Channel, hash: ContentHash) -> float:
    """When a version came to a channel on which it has been ever since."""
    begin = 0.0
    for move in reversed(store.releases.moves(kind, name)):
        pointer = standing_from_json(move.after).on(channel)
        if pointer is None or pointer.hash != hash:
            break
        begin = move.at
    return begin


# --------------------------------------------------------------------------------- what was seen


_NOTHING: Final = Sample()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the runs of a version came to, and of what answers beside it."""

    runs: int
    under_way: int
    failures: Sample
    unlike: Sample
    usd: Sample = _NOTHING
    seconds: Sample = _NOTHING
    usd_beside: Sample = _NOTHING
    seconds_beside: Sample = _NOTHING
    agreement: Mapping[str, int] = field(default_factory=dict[str, int])
    compared: str = "audited answers"
    """What may be unlike."""
    others: WhichRuns | None = None
    """The runs that began beside it."""


def _seen(
    store: Store, kind: str, name: str, standing: Standing, channel: Channel, since: float
) -> _Seen:
    pointer = standing.on(channel)
    assert pointer is not None
    if channel == "shadow":
        return _seen_in_shadow(store, pointer.hash, since)
    mine, others = _which(store, kind, name, standing, pointer, since)
    runs = store.outcomes.runs(mine)
    under_way = _under_way(runs)
    failed = [float(run.state == "failed") for run in runs if run.state in _ENDED]
    return _Seen(
        len(failed),
        under_way,
        Sample(tuple(failed), under_way),
        _shares(*store.outcomes.audits(mine, name if kind == "agent" else None)),
        _usd(runs),
        _seconds(runs),
        others=others,
    )


def _with_beside(store: Store, seen: _Seen) -> _Seen:
    """With what answers beside the version, which only relative bounds ask for."""
    runs = [] if seen.others is None else store.outcomes.runs(seen.others)
    return replace(seen, usd_beside=_usd(runs), seconds_beside=_seconds(runs))


def _seen_in_shadow(store: Store, hash: ContentHash, since: float) -> _Seen:
    counts = store.shadows.counts(hash, since=since)
    failed = counts.get("failed", 0)
    unlike = failed + counts.get("differs", 0)
    known = unlike + counts.get("same", 0)
    return _Seen(
        sum(counts.values()),
        0,
        _shares(failed, known),
        _shares(unlike, known),
        agreement=counts,
        compared="runs in the shadow",
    )


def _shares(count: int, total: int) -> Sample:
    return Sample((1.0,) * count + (0.0,) * (total - count))


def _under_way(runs: list[Outcome]) -> int:
    return sum(run.state not in _ENDED for run in runs)


def _usd(runs: list[Outcome]) -> Sample:
    return Sample(tuple(run.usd for run in runs if run.state in _ENDED), _under_way(runs))


def _seconds(runs: list[Outcome]) -> Sample:
    ended = [run.seconds for run in runs if run.state in _ENDED]
    return Sample(tuple(max(s, 0.0) for s in ended if s is not None), _under_way(runs))


def _which(
    store: Store, kind: str, name: str, standing: Standing, pointer: Pointer, since: float
) -> tuple[WhichRuns, WhichRuns]:
    """The runs of a canary, and those that began beside it."""
    if kind == "agent":
        return _which_of_agent(store, name, standing, pointer, since)
    mine = WhichRuns(since, release=pointer.hash, channel="canary")
    if standing.stable is None:
        return mine, WhichRuns(since, flow=name, plain=True)
    return mine, WhichRuns(since, flow=name, channel="stable")


def _which_of_agent(
    store: Store, name: str, standing: Standing, pointer: Pointer, since: float
) -> tuple[WhichRuns, WhichRuns]:
    """By what the runs began with: pins say which versions of agents were chosen for them."""
    stable = None if standing.stable is None else standing.stable.hash
    mine: list[ContentHash] = []
    others: list[ContentHash] = []
    for pin in store.outcomes.pins(WhichRuns(since, plain=True)):
        kept: Any = store.definitions.get(pin)
        if name not in kept["agents"]:
            continue
        chosen = kept.get("deployed", {}).get(name)
        if chosen == pointer.hash:
            mine.append(pin)
        elif chosen == stable:
            others.append(pin)
    return WhichRuns(since, plain=True, pins=mine), WhichRuns(since, plain=True, pins=others)


# --------------------------------------------------------------------------------------- figures


def _figure(guard: Guard, seen: _Seen, delta: float) -> Figure:
    match guard.measure:
        case "error_rate":
            return _absolute(guard, seen.failures, delta)
        case "disagreement":
            return replace(_absolute(guard, seen.unlike, delta), of=seen.compared)
        case "cost":
            values, beside = seen.usd, seen.usd_beside
        case "latency":
            values, beside = seen.seconds, seen.seconds_beside
    if guard.relative:
        return _relative(guard, values, beside, delta)
    return _absolute(guard, values, delta)


def _absolute(guard: Guard, sample: Sample, delta: float) -> Figure:
    seen = len(sample.values)
    most = 1.0 if guard.measure in SHARES else _MARGIN * max(sample.values, default=0.0)
    if not seen:
        return Figure(guard, "unknown", 0, math.nan, 0.0, math.inf)
    low, high = lower_limit(sample, delta), upper_limit(sample, delta, most=most)
    return Figure(guard, _verdict(sample.mean, low, high, guard), seen, sample.mean, low, high)


def _relative(guard: Guard, sample: Sample, beside: Sample, delta: float) -> Figure:
    """Half of what may be wrong goes to each of the two means."""
    if not sample.values or not beside.values:
        return Figure(guard, "unknown", len(sample.values), math.nan, -1.0, math.inf)
    most = _MARGIN * max(*sample.values, *beside.values)
    low = _more(lower_limit(sample, delta / 2), upper_limit(beside, delta / 2, most=most))
    high = _more(upper_limit(sample, delta / 2, most=most), lower_limit(beside, delta / 2))
    estimate = _more(sample.mean, beside.mean)
    verdict = _verdict(estimate, low, high, guard)
    return Figure(guard, verdict, len(sample.values), estimate, low, high, beside.mean)


def _more(value: float, than: float) -> float:
    """By which part a value is more than another."""
    if than > 0:
        return value / than - 1
    return math.inf if value > 0 else 0.0


def _verdict(estimate: float, low: float, high: float, guard: Guard) -> Verdict:
    if low > guard.bound:
        return "passed"
    if high <= guard.bound:
        return "kept"
    return "within" if estimate <= guard.bound else "over"
