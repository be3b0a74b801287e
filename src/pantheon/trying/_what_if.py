"""A changed flow on requests that came in before: what would have been otherwise.

Each recorded run's input is tried on the flow as the project defines it now. What models, people
and programs answered then is taken from the store, the run's own answers first; rules, functions
and specialists answer anew. Where the changed flow asks something that nobody has asked before, the
outcome is not known, and the run is counted as such, not left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.ids import JsonObject, RunId, canonical_json
from pantheon.learn import Interval, clopper_pearson, t_quantile
from pantheon.store import AnswerRow, Run, Store
from pantheon.trying._assertions import NOT_ASKED
from pantheon.trying._attempt import Attempt
from pantheon.trying._sandbox import Sandbox
from pantheon.trying._subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL = 0.95
_ESCALATED = frozenset({"cloud", "human"})


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run came to, then or now."""

    output: JsonObject | None
    cost_usd: float
    seconds: float
    """Time that answers took, those of all nodes together; what only calls code is not counted."""
    escalations: int
    """Answers of the cloud and of people."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded run, and what it would be now; None where that is not known."""

    run: RunId
    input: JsonObject
    then: Measured
    now: Measured | None
    unknown: str = ""
    """Why it is not known."""

    @property
    def changed(self) -> bool:
        """Whether another answer would have been given."""
        return self.now is not None and _differ(self.then.output, self.now.output)


@dataclass(frozen=True, slots=True)
class MeanChange:
    """The mean of paired differences, now minus then, with limits by Student's t."""

    then: float
    now: float
    change: Interval


@dataclass(frozen=True, slots=True)
class WhatIf:
    """All runs together. Shares and means are over the runs whose outcome is known."""

    flow: str
    runs: tuple[Replayed, ...]
    changed: Interval
    """Share of runs with another output (Clopper-Pearson)."""
    cost_usd: MeanChange
    seconds: MeanChange
    escalations: MeanChange

    @property
    def known(self) -> int:
        """Runs whose outcome is known."""
        return sum(each.now is not None for each in self.runs)

    @property
    def at_most(self) -> float:
        """The share that would have changed if all unknown runs had."""
        changed = sum(each.changed for each in self.runs)
        return (changed + len(self.runs) - self.known) / len(self.runs) if self.runs else math.nan


async def what_if(
    sandbox: Sandbox,
    flow: str,
    runs: Sequence[Run],
    source: Store,
    *,
    tell: Callable[[int, int], None] | None = None,
) -> WhatIf:
    """Try the inputs of recorded runs on the flow as the sandbox's project defines it.

    Args:
        sandbox: its answers come from the records of `source`.
        flow: its name.
        runs: that have ended.
        source: the store they are in.
        tell: called with (done, all) after each.
    """
    subject, replayed = Subject("flow", flow), list[Replayed]()
    for number, run in enumerate(runs, start=1):
        rows = source.answers.list(run=run.id)
        attempt = await sandbox.attempt(subject, run.input, first=rows)
        replayed.append(_replayed(run, _measured(run.output, rows), attempt, sandbox))
        if tell is not None:
            tell(number, len(runs))
    return _summed(flow, replayed)


def _replayed(run: Run, then: Measured, attempt: Attempt, sandbox: Sandbox) -> Replayed:
    if attempt.output is None and (attempt.state == "waiting" or attempt.reasons & NOT_ASKED):
        said = str((attempt.failure or {}).get("message") or "It waits for an event.")
        return Replayed(run.id, run.input, then, None, said)
    # An answer that was taken from the store cost then what it would cost now.
    own = [row for row in sandbox.logged if row.source != "recorded"]
    now = _measured(attempt.output, [*sandbox.taken, *own])
    asked = sum(row.tier in _ESCALATED for row in sandbox.logged)
    return Replayed(run.id, run.input, then, replace(now, escalations=asked))


def _measured(output: JsonObject | None, rows: Sequence[AnswerRow]) -> Measured:
    """Then and now are both measured by what a run logs: what only calls code logs nothing."""
    return Measured(
        output,
        sum(row.cost_usd for row in rows),
        sum(row.latency for row in rows),
        sum(row.tier in _ESCALATED for row in rows),
    )


def _differ(one: JsonObject | None, other: JsonObject | None) -> bool:
    return canonical_json(one) != canonical_json(other)


# ------------------------------------------------------------------------------------- all runs


def _summed(flow: str, replayed: Sequence[Replayed]) -> WhatIf:
    pairs = [(each.then, each.now) for each in replayed if each.now is not None]
    changed = sum(each.changed for each in replayed)
    return WhatIf(
        flow=flow,
        runs=tuple(replayed),
        changed=clopper_pearson(changed, len(pairs), LEVEL),
        cost_usd=_change([then.cost_usd for then, _ in pairs], [now.cost_usd for _, now in pairs]),
        seconds=_change([then.seconds for then, _ in pairs], [now.seconds for _, now in pairs]),
        escalations=_change(
            [float(then.escalations) for then, _ in pairs],
            [float(now.escalations) for _, now in pairs],
        ),
    )


def _change(then: Sequence[float], now: Sequence[float]) -> MeanChange:
    differences = [after - before for before, after in zip(then, now, strict=True)]
    return MeanChange(_mean(then), _mean(now), paired_mean(differences))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def paired_mean(differences: Sequence[float], level: float = LEVEL) -> Interval:
    """The mean with limits by Student's t (Student 1908); fewer than two values bound nothing."""
    size, mean = len(differences), _mean(differences)
    if size < 2:
        return Interval(mean, -math.inf, math.inf, level)
    variance = math.fsum((each - mean) ** 2 for each in differences) / (size - 1)
    half = t_quantile((1 + level) / 2, size - 1) * math.sqrt(variance / size)
    return Interval(mean, mean - half, mean + half, level)
