"""The nightly loop over a recorded stream, with Pantheon's learning as plain functions.

Day 1 is answered by the teacher. Each night trains on every label seen, calibrates and gates; the
next day a request is answered locally if it is accepted, and a random share of those is audited.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded

from pantheon.learn import (
    AuditMonitor,
    Candidate,
    Promise,
    Row,
    Settings,
    Specialist,
    fit,
    gate,
    group_texts,
)

Rule = Callable[[Candidate[Specialist]], float]
"""Picks the margin from which a candidate accepts; the default is the certified one."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How the stream is replayed."""

    promise: Promise
    day: int = 500
    audit: float = 0.05
    settings: Settings = field(default_factory=Settings)
    gated: bool = True


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened to each request, in order; `nights` is how often a candidate was promoted."""

    local: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    day: int
    promoted: int
    alarms: int

    def share(self, part: slice) -> float:
        """Answered locally."""
        return float(self.local[part].mean())

    def risk(self, part: slice) -> float:
        """Answered locally and unlike the teacher, of all."""
        return float(self.wrong[part].mean())

    @property
    def whole(self) -> slice:
        return slice(0, len(self.local))

    @property
    def last_third(self) -> slice:
        return slice(len(self.local) - len(self.local) // 3, len(self.local))


class _World:
    """The state between days."""

    def __init__(self, stream: Recorded, order: list[int], seed: int) -> None:
        self.stream, self.order = stream, order
        self.coin = np.random.default_rng([seed, 1]).random(len(order))
        self.local = np.zeros(len(order), dtype=bool)
        self.wrong = np.zeros(len(order), dtype=bool)
        self.rows: list[Row] = []
        self.deployed: Specialist | None = None
        self.monitor: AuditMonitor | None = None
        self.promoted = self.alarms = 0
        self.groups = group_texts([stream.texts[i] for i in order])

    def spend_day(self, start: int, end: int, protocol: Protocol) -> None:
        """Answer the requests from `start` to `end`."""
        which = self.order[start:end]
        accepted, said = np.zeros(len(which), dtype=bool), [""] * len(which)
        if self.deployed:
            accepted, said = self.deployed.accepts([self.stream.texts[i] for i in which])
        for offset, index in enumerate(which):
            at, local = start + offset, bool(accepted[offset])
            wrong = local and said[offset] != self.stream.labels[index]
            self.local[at], self.wrong[at] = local, wrong
            audited = local and bool(self.coin[at] < protocol.audit)
            self._watch(local=local, audited=audited, wrong=wrong)
            if audited or not local:
                self.rows.append(self._row(at, index, local, protocol))

    def spend_night(self, protocol: Protocol, rule: Rule | None, seed: int) -> None:
        """Train, calibrate, gate, deploy."""
        settings, promise = protocol.settings, protocol.promise
        candidate = fit(
            self.rows, embed=self.stream.embed, promise=promise, seed=seed, settings=settings
        )
        specialist = candidate.specialist
        if rule:
            specialist = replace(specialist, threshold=rule(candidate))
        elif protocol.gated:
            result = gate(
                candidate,
                self.deployed,
                self.rows,
                promise=promise,
                settings=settings,
                seed=seed,
            )
            if not result.promoted:
                return
        self.deployed, self.promoted = specialist, self.promoted + 1
        self.monitor = AuditMonitor.start(promise, audit_rate=protocol.audit)

    def _row(self, at: int, index: int, local: bool, protocol: Protocol) -> Row:
        asked_all = self.deployed is None and not self.promoted
        drawn = "audit" if local else "bootstrap" if asked_all else "escalated"
        stream = self.stream
        return Row(
            id=stream.ids[index],
            text=stream.texts[index],
            label=stream.labels[index],
            group=self.groups[at],
            at=float(at),
            drawn=drawn,
            propensity=protocol.audit if local else 1.0,
        )

    def _watch(self, *, local: bool, audited: bool, wrong: bool) -> None:
        if self.monitor is None:
            return
        if audited:
            self.monitor = self.monitor.see_audited(wrong=wrong)
        else:
            self.monitor = self.monitor.see_unaudited() if local else self.monitor.see_escalated()
        if self.monitor.broken:
            self.deployed, self.monitor, self.alarms = None, None, self.alarms + 1


def replay(stream: Recorded, protocol: Protocol, *, seed: int, rule: Rule | None = None) -> Replay:
    """Run one order of the stream; `seed` decides the order and all coins."""
    order: list[int] = np.random.default_rng(seed).permutation(len(stream.texts)).tolist()
    world = _World(stream, order, seed)
    days = math.ceil(len(order) / protocol.day)
    for number in range(days):
        start = number * protocol.day
        world.spend_day(start, min(start + protocol.day, len(order)), protocol)
        if number < days - 1:
            world.spend_night(protocol, rule, seed)
    return Replay(world.local, world.wrong, protocol.day, world.promoted, world.alarms)
