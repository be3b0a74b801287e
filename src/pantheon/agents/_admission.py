"""Who may hold the machine's cores, memory and accelerators: one queue for all runs of a process.

The rule, in this order:

1. A request that fits into what is free is admitted at once, unless one that waits has a claim.
2. Of those that wait, a higher priority comes first. Between flows of one priority, the flow that
   has been given the smallest share so far comes first (start-time fair queueing). The share of a
   request is the largest part that it takes of any limited kind (its dominant resource). Within a
   flow the earlier comes first.
3. What does not fit may be overtaken by what does, so nothing lies idle. But the first in order
   only by as much as fills the whole capacity `SLACK` times; then what it needs is kept free.
4. The one that has waited longest may be overtaken only by as much as fills the whole capacity
   `PATIENCE` times; then it is first in order, whatever its priority. So nobody waits for ever.

Nobody may ask for a second slot while holding one: two who do could wait for one another.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple

from pantheon.agents._answer import Reason
from pantheon.clock import Clock
from pantheon.spec import NO_RESOURCES, Resources

SLACK = 2.0
"""Fills of the capacity by which the first in order may be overtaken while it does not fit."""
PATIENCE = 16.0
"""Fills of the capacity by which the longest waiting may be overtaken by higher priorities."""
_LEAST = 0.01
"""What the smallest request counts as: crumbs must not overtake for ever."""
_MICRO = 1_000_000
"""Cores are counted in millionths: sums of floats would not come back to nothing."""


class TooLarge(Exception):
    """What an agent needs can never fit into what the project has to give."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.reason = Reason.NOT_CONFIGURED
        self.detail = detail


class _Amounts(NamedTuple):
    """Millionths of cores, bytes, millionths of accelerators."""

    cpu: int
    memory: int
    gpu: int

    def plus(self, other: _Amounts) -> _Amounts:
        return _Amounts(self.cpu + other.cpu, self.memory + other.memory, self.gpu + other.gpu)

    def minus(self, other: _Amounts) -> _Amounts:
        return _Amounts(self.cpu - other.cpu, self.memory - other.memory, self.gpu - other.gpu)

    def fits(self, free: _Amounts) -> bool:
        """A kind of which nothing is needed does not count, even when it is overdrawn."""
        return (
            (not self.cpu or self.cpu <= free.cpu)
            and (not self.memory or self.memory <= free.memory)
            and (not self.gpu or self.gpu <= free.gpu)
        )

    def shares_kind(self, other: _Amounts) -> bool:
        return bool(
            (self.cpu and other.cpu) or (self.memory and other.memory) or (self.gpu and other.gpu)
        )


_NOTHING = _Amounts(0, 0, 0)


@dataclass(slots=True, eq=False)
class _Waiter:
    """A request in the queue."""

    key: _Key
    number: int
    """Order of arrival."""
    turn: asyncio.Future[None]
    overtaken: float = 0.0
    """Shares of what took from its kinds while it was first in order, or had waited longest."""

    def note_overtaking(self, by: _Key) -> None:
        if self.key.need.shares_kind(by.need):
            self.overtaken += by.share


class _Key(NamedTuple):
    """Waiters that differ in nothing but their arrival."""

    priority: int
    flow: str
    need: _Amounts
    share: float


@dataclass(slots=True)
class Slot:
    """What one answer holds while it is made; made by `Admission.slot`, entered once."""

    _owner: Admission
    _key: _Key
    waited: float = 0.0
    """Seconds from the request to the admission."""

    async def __aenter__(self) -> Slot:
        if not self._owner.admitted_at_once(self._key):
            self.waited = await self._owner.wait_for_turn(self._key)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._owner.give_back(self._key)


@dataclass(slots=True)
class _Flows:
    """How much each flow has been given: flows that neither hold nor wait are forgotten."""

    given: dict[str, float] = field(default_factory=dict[str, float])
    now: float = 0.0
    """Where the flows that are served stand; who comes anew starts here and not in the past."""
    present: dict[str, int] = field(default_factory=dict[str, int])
    """How many of each flow hold or wait."""

    def come(self, flow: str) -> None:
        here = self.present.get(flow, 0)
        self.present[flow] = here + 1
        if not here or self.given[flow] < self.now:
            self.given[flow] = self.now

    def charge(self, flow: str, share: float) -> None:
        given = self.given[flow]
        self.now = max(self.now, given)
        self.given[flow] = given + share

    def go(self, flow: str) -> None:
        here = self.present[flow] = self.present[flow] - 1
        if not here:
            del self.present[flow], self.given[flow]


class Admission:
    """Shares out what a project has to give; belongs to one thread, as its store does."""

    def __init__(self, capacity: Resources, clock: Clock) -> None:
        """A kind of which `capacity` says 0 has no limit."""
        self.capacity = capacity
        self._limit = _amounts(capacity)
        self._free = self._limit
        self._clock = clock
        self._queue: dict[_Key, OrderedDict[int, _Waiter]] = {}
        self._flows = _Flows()
        self._arrivals = 0
        self._open = Slot(self, _Key(0, "", _NOTHING, 0.0))
        self._known: dict[Resources, tuple[_Amounts, float]] = {}
        """Needs seen before (one per agent) and their shares."""

    # ------------------------------------------------------------------ public

    @property
    def held(self) -> Resources:
        """What is held now, of the kinds that have a limit."""
        used = [limit - free for limit, free in zip(self._limit, self._free, strict=True)]
        return Resources(used[0] / _MICRO, used[1], used[2] / _MICRO)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._queue.values()))

    @property
    def claimed(self) -> Resources:
        """What is kept free for the first in order, when it was overtaken enough."""
        _, blocked = self._next() if self._queue else (None, None)
        if blocked is None or blocked.overtaken < SLACK:
            return NO_RESOURCES
        need = blocked.key.need
        return Resources(need.cpu / _MICRO, need.memory, need.gpu / _MICRO)

    def problem(self, need: Resources, *, agent: str = "") -> str | None:
        """Why so much can never be had, if so."""
        if need.none or self.capacity.none or self._measure(need) is not None:
            return None
        who = f"Agent {agent!r}" if agent else "The agent"
        return (
            f"{who} needs {describe(need)}, but the project has only {describe(self.capacity)} "
            "to give: lower its `resources`, or raise `limits` of the project."
        )

    def slot(self, need: Resources, *, priority: int, flow: str, agent: str = "") -> Slot:
        """`async with` it while an answer is made. Raises TooLarge when it can never fit."""
        if need.none or self.capacity.none:
            return self._open
        known = self._known.get(need) or self._measure(need)
        if known is None:
            raise TooLarge(self.problem(need, agent=agent) or "")
        return Slot(self, _Key(priority, flow, *known))

    # ------------------------------------------------------------------ for slots

    def admitted_at_once(self, key: _Key) -> bool:
        """Whether there is no need to wait; the slot is held then."""
        if key.need == _NOTHING:
            return True
        if self._queue or not key.need.fits(self._free):
            return False
        self._flows.come(key.flow)
        self._take(key)
        return True

    async def wait_for_turn(self, key: _Key) -> float:
        """Wait in the queue until the slot is held; the seconds it took."""
        started = self._clock.elapsed()
        waiter = self._join(key)
        self._admit()
        try:
            await waiter.turn
        except BaseException:
            self._leave(waiter)
            raise
        return self._clock.elapsed() - started

    def give_back(self, key: _Key) -> None:
        """The slot is free again, and perhaps somebody else's turn has come."""
        if key.need == _NOTHING:
            return
        self._free = self._free.plus(key.need)
        self._flows.go(key.flow)
        if self._queue:
            self._admit()

    # ------------------------------------------------------------------ queue

    def _join(self, key: _Key) -> _Waiter:
        self._arrivals += 1
        waiter = _Waiter(key, self._arrivals, asyncio.get_running_loop().create_future())
        self._queue.setdefault(key, OrderedDict())[waiter.number] = waiter
        self._flows.come(key.flow)
        return waiter

    def _leave(self, waiter: _Waiter) -> None:
        """Cancelled, perhaps in the very moment of its admission."""
        if waiter.turn.done() and not waiter.turn.cancelled():
            self.give_back(waiter.key)
        elif waiter.number in self._queue.get(waiter.key, ()):
            self._drop(waiter)
            self._flows.go(waiter.key.flow)
            self._admit()

    def _drop(self, waiter: _Waiter) -> None:
        waiters = self._queue[waiter.key]
        del waiters[waiter.number]
        if not waiters:
            del self._queue[waiter.key]

    def _admit(self) -> None:
        """Let in whoever may hold a slot now, one after the other, in order."""
        while self._queue:
            waiter, blocked = self._next()
            if waiter is None:
                return
            self._drop(waiter)
            if waiter.turn.done():  # cancelled, and not awake yet to leave by itself
                self._flows.go(waiter.key.flow)
                continue
            self._note_overtaking(waiter, blocked)
            self._take(waiter.key)
            waiter.turn.set_result(None)

    def _next(self) -> tuple[_Waiter | None, _Waiter | None]:
        """The first in order that may hold a slot now, and the first before it that did not fit."""
        blocked: _Waiter | None = None
        free = self._free
        for waiter in self._in_order():
            if waiter.key.need.fits(free):
                return waiter, blocked
            if blocked is None:
                blocked = waiter
                if waiter.overtaken >= SLACK:
                    free = free.minus(waiter.key.need)  # its claim
        return None, blocked

    def _in_order(self) -> list[_Waiter]:
        """The first waiter of each kind, in the order of the rule."""
        heads = [next(iter(waiters.values())) for waiters in self._queue.values()]
        oldest = min(waiter.number for waiter in heads)

        def rank(waiter: _Waiter) -> tuple[bool, int, float, int]:
            patient = waiter.number != oldest or waiter.overtaken < PATIENCE
            key = waiter.key
            return patient, -key.priority, self._flows.given[key.flow], waiter.number

        return sorted(heads, key=rank)

    def _note_overtaking(self, admitted: _Waiter, blocked: _Waiter | None) -> None:
        """Of the one that waits longest, and of the one whose turn it would have been."""
        heads = (next(iter(waiters.values())) for waiters in self._queue.values())
        oldest = min(heads, key=lambda waiter: waiter.number, default=admitted)
        if oldest.number < admitted.number:
            oldest.note_overtaking(admitted.key)
        if blocked is not None and blocked is not oldest:
            blocked.note_overtaking(admitted.key)

    # ------------------------------------------------------------------ amounts

    def _take(self, key: _Key) -> None:
        self._free = self._free.minus(key.need)
        self._flows.charge(key.flow, key.share)

    def _measure(self, need: Resources) -> tuple[_Amounts, float] | None:
        """What counts of a need, and the largest part it takes of any kind; None: never fits."""
        asked, limit = _amounts(need), self._limit
        counted = _Amounts(*(n if most else 0 for n, most in zip(asked, limit, strict=True)))
        if not counted.fits(limit):
            return None
        parts = [n / most for n, most in zip(counted, limit, strict=True) if most]
        self._known[need] = (counted, max([_LEAST, *parts]))
        return self._known[need]


def _amounts(resources: Resources) -> _Amounts:
    return _Amounts(_micro(resources.cpu), resources.memory, _micro(resources.gpu))


def _micro(number: float) -> int:
    """Rounded up, but not by what only binary fractions add."""
    return math.ceil(round(number * _MICRO, 3))


def describe(resources: Resources) -> str:
    """`2 cpu, 1.5 GB memory`, without the kinds of which nothing is said."""
    parts = [
        f"{resources.cpu:g} cpu" if resources.cpu else "",
        f"{describe_bytes(resources.memory)} memory" if resources.memory else "",
        f"{resources.gpu:g} gpu" if resources.gpu else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing"


def describe_bytes(number: int) -> str:
    """`512 MB`, `1.5 GB`: in powers of a thousand."""
    size, unit = float(number), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.4g} {unit}"
