"""Admission: what is declared is kept to, whoever comes, cancels or waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Admission, Reason, TooLarge
from pantheon.clock import FakeClock
from pantheon.spec import NO_RESOURCES, Resources
from tests.agents.world import run

GB = 1_000_000_000
ONE, TWO = Resources(cpu=1), Resources(cpu=2)


@dataclass
class House:
    """An admission, and everybody who comes: each holds its slot until told to leave."""

    capacity: Resources
    clock: FakeClock = field(default_factory=FakeClock)
    log: list[str] = field(default_factory=list[str])
    """Names in the order of admission."""

    def __post_init__(self) -> None:
        self.admission = Admission(self.capacity, self.clock)
        self.leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.holding: dict[str, Resources] = {}
        self.waiting: dict[str, Resources] = {}

    async def come(self, name: str, need: Resources, *, priority: int = 0, flow: str = "f") -> None:
        """Somebody comes; returns when it holds its slot or waits."""
        self.leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stay(name, need, priority, flow))
        await self.settle()

    async def go(self, name: str) -> None:
        """Somebody leaves; others may have been admitted afterwards."""
        self.leave[name].set()
        await self.settle()

    async def cancel(self, *names: str) -> None:
        """Somebody is cancelled, holding or waiting."""
        for name in names:
            self.tasks[name].cancel()
        await asyncio.gather(*(self.tasks[name] for name in names), return_exceptions=True)
        await self.settle()

    async def settle(self) -> None:
        """Let everybody do what can be done now."""
        for _ in range(6):
            await asyncio.sleep(0)

    async def empty(self) -> None:
        """Everybody leaves as soon as admitted; nothing may be held or waiting afterwards."""
        for event in self.leave.values():
            event.set()
        await asyncio.wait_for(
            asyncio.gather(*self.tasks.values(), return_exceptions=True), timeout=10
        )
        assert self.admission.held == NO_RESOURCES
        assert self.admission.waiting == 0

    async def _stay(self, name: str, need: Resources, priority: int, flow: str) -> None:
        self.waiting[name] = need
        try:
            async with self.admission.slot(need, priority=priority, flow=flow):
                self.log.append(name)
                self.holding[name] = self.waiting.pop(name)
                await self.leave[name].wait()
        finally:
            self.waiting.pop(name, None)
            self.holding.pop(name, None)


def test_what_fits_is_admitted_at_once_and_counted() -> None:
    """Slots are held side by side until the capacity is used up; then one waits."""

    async def scene() -> None:
        house = House(Resources(cpu=2, memory=8 * GB))
        await house.come("a", Resources(cpu=1, memory=3 * GB))
        await house.come("b", Resources(cpu=1, memory=3 * GB))
        await house.come("c", ONE)
        assert house.log == ["a", "b"]
        assert house.admission.held == Resources(cpu=2, memory=6 * GB)
        assert house.admission.waiting == 1
        await house.go("a")
        assert house.log == ["a", "b", "c"]
        await house.empty()

    run(scene())


def test_what_has_no_limit_and_what_needs_nothing_never_waits() -> None:
    """A kind of which the project says nothing is not counted."""

    async def scene() -> None:
        house = House(ONE)
        await house.come("a", ONE)
        await house.come("b", NO_RESOURCES)
        await house.come("c", Resources(memory=900 * GB, gpu=8))
        assert house.log == ["a", "b", "c"]
        assert house.admission.held == ONE
        await house.empty()

    run(scene())


def test_what_can_never_fit_fails_at_once_and_says_what_to_change() -> None:
    """The error names the agent, its need and the limit of the project."""
    admission = Admission(Resources(cpu=2, memory=GB), FakeClock())
    need = Resources(cpu=1, memory=2_500_000_000)

    with pytest.raises(TooLarge) as caught:
        admission.slot(need, priority=0, flow="f", agent="crunch")

    assert caught.value.reason is Reason.NOT_CONFIGURED
    assert caught.value.detail == (
        "Agent 'crunch' needs 1 cpu, 2.5 GB memory, but the project has only 2 cpu, 1 GB memory "
        "to give: lower its `resources`, or raise `limits` of the project."
    )
    assert admission.problem(need, agent="crunch") == caught.value.detail
    assert admission.problem(ONE) is None


def test_parts_of_a_core_add_up() -> None:
    """Ten tenths fill a core and leave nothing over: no rounding lets an eleventh in or keeps one out."""

    async def scene() -> None:
        house = House(ONE)
        for name in "abcdefghijk":
            await house.come(name, Resources(cpu=0.1))
        assert house.log == list("abcdefghij")
        await house.go("c")
        assert house.log[-1] == "k"
        await house.empty()

    run(scene())


def test_a_higher_priority_comes_first() -> None:
    """Whoever came earlier with a lower priority waits."""

    async def scene() -> None:
        house = House(ONE)
        await house.come("holder", ONE)
        await house.come("low", ONE, priority=0)
        await house.come("high", ONE, priority=5)
        await house.come("middle", ONE, priority=1)
        for name in ("holder", "high", "middle"):
            await house.go(name)
        assert house.log == ["holder", "high", "middle", "low"]
        await house.empty()

    run(scene())


def test_flows_share_alike_however_much_they_ask_for() -> None:
    """A flow with many requests and one with few are served in turn, by what they take."""

    async def scene() -> None:
        house = House(TWO)
        await house.come("holder", TWO, flow="other")
        for number in range(12):
            await house.come(f"many{number}", ONE, flow="many")
        for number in range(3):
            await house.come(f"big{number}", TWO, flow="big")
        for name in iter_admitted(house, 9):
            await house.go(name)
        served = Counter(name.rstrip("0123456789") for name in house.log[1:9])
        # For each request of the whole machine two of half of it: equal shares.
        assert 2 <= served["big"] <= 3
        assert 5 <= served["many"] <= 6
        await house.empty()

    run(scene())


def iter_admitted(house: House, count: int) -> Iterator[str]:
    """Names in the order of admission, while more are admitted."""
    for position in range(count):
        yield house.log[position]


def test_a_big_one_is_not_starved_by_a_stream_of_small_ones() -> None:
    """Small ones may pass it for a while; then what it needs is kept free until it is in."""

    async def scene() -> None:
        house = House(TWO)
        await house.come("s0", ONE, flow="small")
        await house.come("s1", ONE, flow="small")
        await house.come("big", TWO, flow="big")
        for number in range(2, 40):  # one leaves when the next is there: never two cores free
            await house.come(f"s{number}", ONE, flow="small")
            leaving = next(name for name in house.log if name in house.holding)
            await house.go(leaving)
            if "big" in house.log:
                break
        assert "big" in house.log
        # It was passed by twice the capacity: four of a core each, and the one that came before.
        assert house.log.index("big") <= 7
        await house.empty()

    run(scene())


def test_a_low_priority_waits_long_but_not_for_ever() -> None:
    """An endless stream of a higher priority lets the longest waiting pass now and then."""

    async def scene() -> None:
        house = House(ONE)
        await house.come("high0", ONE, priority=9)
        await house.come("low", ONE, priority=0)
        for number in range(1, 60):
            await house.come(f"high{number}", ONE, priority=9)
            await house.go(house.log[-1])
            if "low" in house.log:
                break
        assert house.log.index("low") == 17
        await house.empty()

    run(scene())


def test_a_claim_on_one_kind_leaves_the_others_alone() -> None:
    """While a core is kept free for a big one, work that needs no core goes on."""

    async def scene() -> None:
        house = House(Resources(cpu=2, gpu=4))
        await house.come("s0", ONE)
        await house.come("s1", ONE)
        await house.come("big", TWO, flow="big")
        for number in range(2, 6):
            assert house.admission.claimed == NO_RESOURCES
            await house.come(f"s{number}", ONE)
            await house.go(next(name for name in house.log if name in house.holding))
        assert house.admission.claimed == TWO
        await house.go(next(name for name in house.log if name in house.holding))
        await house.come("late", ONE, flow="late")
        assert house.log[-1] == "s5"
        assert house.admission.held == ONE  # the other core lies idle for it
        await house.come("gpu", Resources(gpu=1))
        assert house.log[-1] == "gpu"
        await house.empty()

    run(scene())


def test_cancelling_leaks_nothing() -> None:
    """Waiting, holding, or in the very moment of admission: what was held is free again."""

    async def scene() -> None:
        house = House(ONE)
        await house.come("holder", ONE)
        await house.come("first", ONE)
        await house.come("second", ONE)
        await house.cancel("first")
        assert house.admission.waiting == 1
        house.leave["holder"].set()
        await asyncio.sleep(0)  # the holder gives back: `second` is admitted, but not awake yet
        await house.cancel("second")
        assert house.admission.held == NO_RESOURCES
        await house.come("third", ONE)
        await house.cancel("third")
        await house.empty()

    run(scene())


@pytest.mark.parametrize("order", [("first", "holder"), ("holder", "first")])
def test_one_cancelled_in_the_queue_does_not_hold_the_others_up(order: tuple[str, str]) -> None:
    """A slot that is freed in the same moment goes to the next one."""

    async def scene() -> None:
        house = House(ONE)
        await house.come("holder", ONE)
        await house.come("first", ONE)
        await house.come("second", ONE)
        for name in order:
            house.tasks[name].cancel()
        await house.settle()
        assert house.log == ["holder", "second"]
        await house.empty()

    run(scene())


def test_it_tells_how_long_somebody_waited() -> None:
    """The slot knows the seconds from the request to the admission."""

    async def scene() -> float:
        clock = FakeClock()
        admission = Admission(ONE, clock)
        async with admission.slot(ONE, priority=0, flow="f") as first:
            assert first.waited == 0.0
            waits = asyncio.create_task(enter(admission))
            await asyncio.sleep(0)
            clock.advance(7)
        return await waits

    async def enter(admission: Admission) -> float:
        async with admission.slot(ONE, priority=0, flow="f") as slot:
            return slot.waited

    assert run(scene()) == 7


# ------------------------------------------------------------------------------- in general

NEEDS = st.builds(
    Resources,
    cpu=st.sampled_from([0.0, 0.3, 0.5, 1.0, 2.0]),
    memory=st.sampled_from([0, 1, GB, 3 * GB]),
    gpu=st.sampled_from([0.0, 1.0]),
)
CAPACITY = Resources(cpu=2, memory=4 * GB, gpu=1)
ARRIVAL = st.tuples(
    st.just("come"), NEEDS, st.integers(min_value=0, max_value=2), st.sampled_from(["f", "g", "h"])
)
STEP = st.one_of(ARRIVAL, ARRIVAL, st.tuples(st.sampled_from(["go", "cancel"]), st.integers(0, 50)))


@given(steps=st.lists(STEP, max_size=40))
def test_never_over_capacity_never_idle_without_need_and_nobody_is_forgotten(
    steps: list[tuple[str, int] | tuple[str, Resources, int, str]],
) -> None:
    """Whatever comes, goes or is cancelled in whatever order."""

    async def scene() -> None:
        house = House(CAPACITY)
        for number, step in enumerate(steps):
            if len(step) == 4:
                _, need, priority, flow = step
                await house.come(str(number), need, priority=priority, flow=flow)
            elif house.tasks:
                await act(house, step)
            check(house)
        await house.empty()

    run(scene())


async def act(house: House, step: tuple[str, int]) -> None:
    """Somebody leaves or is cancelled."""
    kind, chosen = step
    name = list(house.tasks)[chosen % len(house.tasks)]
    if kind == "go":
        await house.go(name)
    else:
        await house.cancel(name)


def check(house: House) -> None:
    """The books are right, nothing is overdrawn, and what fits waits only for a claim."""
    held, claimed = as_triple(house.admission.held), as_triple(house.admission.claimed)
    needs = [as_triple(need) for need in house.holding.values()]
    assert held == tuple(pytest.approx(sum(need[kind] for need in needs)) for kind in range(3))
    free = [most - part for most, part in zip(as_triple(CAPACITY), held, strict=True)]
    assert min(free) >= 0
    left = [part - claim for part, claim in zip(free, claimed, strict=True)]
    assert house.admission.waiting == len(house.waiting)
    for need in house.waiting.values():
        assert not fits(as_triple(need), left) or as_triple(need) == claimed
        assert not fits(as_triple(need), free) or any(claimed)


def as_triple(amounts: Resources) -> tuple[float, float, float]:
    """Cores, bytes, accelerators."""
    return amounts.cpu, amounts.memory, amounts.gpu


def fits(need: Sequence[float], free: Sequence[float]) -> bool:
    """Whether so much is there, of the kinds that are needed."""
    return all(n <= f + 1e-9 for n, f in zip(need, free, strict=True) if n)


@given(
    needs=st.lists(NEEDS.filter(lambda need: not need.none), min_size=1, max_size=25),
    priorities=st.lists(st.integers(0, 3), min_size=25, max_size=25),
    order=st.randoms(use_true_random=False),
)
def test_everybody_is_served_in_the_end(
    needs: list[Resources], priorities: list[int], order: object
) -> None:
    """As long as those who hold leave some time, each that waits is admitted exactly once."""
    import random

    assert isinstance(order, random.Random)

    async def scene() -> None:
        house = House(CAPACITY)
        for number, need in enumerate(needs):
            await house.come(str(number), need, priority=priorities[number], flow="fgh"[number % 3])
        while house.holding:
            await house.go(order.choice(sorted(house.holding)))
        assert sorted(house.log) == sorted(map(str, range(len(needs))))
        await house.empty()

    run(scene())
