"""Three days of requests and the nights between them, through the product's own runtime.

Days pass on a calendar that is moved by hand; how long something takes is measured for real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pantheon.clock import FakeClock, SystemClock
from pantheon.ids import Json, JsonObject, new_id
from pantheon.night import NightPlan, run_night
from pantheon.routing import Router
from pantheon.store import QueueItem

if TYPE_CHECKING:
    import random

    from pantheon.flows import Runtime
    from pantheon.night import NightReport
    from pantheon.routing import Route
    from pantheon.store import Run

DAY = 86_400.0
WORKING_HOURS = 10 * 3_600.0


class CalendarClock(FakeClock):
    """A calendar moved by hand; durations are the machine's."""

    def __init__(self, start: float) -> None:
        super().__init__(start)
        self._machine = SystemClock()

    def elapsed(self) -> float:
        return self._machine.elapsed()


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How much happens."""

    rows: Sequence[JsonObject]
    """The whole stream, `{id, input, output}` each."""
    days: int = 3
    per_day: int = 1200
    asks: int = 2
    """Of each day's requests, how many come from people: routed, and answered with a reply."""
    queued: int = 1
    """How many are left for the night."""
    recorded: bool = True
    """The rows' own outputs play the cloud, so every local answer can be compared with it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A person's prompt, where it was routed, and the run."""

    prompt: str
    route: Route
    run: Run


@dataclass(frozen=True, slots=True)
class Day:
    """What one day and its night came to."""

    number: int
    requests: int
    local: int
    cloud_calls: int
    """Requests that the cloud answered, and audits."""
    compared: int
    """Local answers of which is known what the cloud would have said: all when it is recorded (the
    demo holds the recording, the product does not), else the audited ones."""
    differing: int
    """Those among them that differ."""
    asked: tuple[Asked, ...]
    night: NightReport


async def play(
    runtime: Runtime,
    clock: CalendarClock,
    plan: DemoPlan,
    *,
    rng: random.Random,
    tell: Callable[[Day], None],
) -> list[Day]:
    """Live through the days; each is told when its night is over."""
    stage = _Stage(runtime, clock, plan, rng)
    days: list[Day] = []
    for number in range(1, plan.days + 1):
        day = await stage.live(number)
        tell(day)
        days.append(day)
    return days


def phrase(text: str) -> str:
    """A docstring as a person would ask about it."""
    return f"Which standard library module should I look in? The documentation says: {text}"


def recorded_answers(rows: Sequence[JsonObject]) -> list[tuple[str, Json]]:
    """What the recorded cloud answers: each docstring's module, however it is asked for."""
    asked = [(_text(row), row["output"]) for row in rows]
    return asked + [(phrase(text), output) for text, output in asked]


class _Stage:
    """One demo: the runtime, the calendar, and what was recorded for each input."""

    def __init__(
        self, runtime: Runtime, clock: CalendarClock, plan: DemoPlan, rng: random.Random
    ) -> None:
        self.runtime, self.clock, self.plan, self.rng = runtime, clock, plan, rng
        self.recorded = dict(recorded_answers(plan.rows))

    async def live(self, number: int) -> Day:
        """One day from morning to morning."""
        plan, began = self.plan, self.clock.now()
        rows = plan.rows[(number - 1) * plan.per_day : number * plan.per_day]
        people, work = rows[: plan.asks], rows[plan.asks : len(rows) - plan.queued]
        asked = tuple([await self._ask(phrase(_text(row))) for row in people])
        await self._work(work)
        for row in rows[len(rows) - plan.queued :]:
            self._leave_for_the_night(row)
        self._move_to(began + WORKING_HOURS)
        await self.runtime.context.settle()
        figures = self._figures(began)
        night = await run_night(self.runtime, NightPlan(seed=number))
        self._move_to(began + DAY)
        return Day(number, *figures, asked, night)

    async def _ask(self, prompt: str) -> Asked:
        """What `pantheon ask` does: route, then run the flow."""
        route = await Router(self.runtime).route(prompt)
        flow = route.flow or "find_module"
        run = await self.runtime.run(flow, {"text": prompt}, cause="ask")
        return Asked(prompt, route, run)

    async def _work(self, rows: Sequence[JsonObject]) -> None:
        """Requests of programs, spread over the working hours."""
        for row in rows:
            self.clock.advance(WORKING_HOURS / (len(rows) + 1))
            await self.runtime.run("sort", {"text": _text(row)}, cause="api")

    def _leave_for_the_night(self, row: JsonObject) -> None:
        now = self.clock.now()
        item = QueueItem(
            id=new_id("q", now=now, rng=self.rng),
            flow="find_module",
            input={"text": phrase(_text(row))},
            priority=0,
            submitted=now,
            state="queued",
            title=f"Find the module: {_text(row)[:60]}",
        )
        self.runtime.store.queue.submit(item)

    def _move_to(self, moment: float) -> None:
        self.clock.advance(max(moment - self.clock.now(), 0.0))

    def _figures(self, since: float) -> tuple[int, int, int, int, int]:
        """Requests, answered locally, cloud calls, compared, differing: of today's answers."""
        store = self.runtime.store
        answers = store.answers.list("triage", since=since)
        local = [answer for answer in answers if answer.local]
        audits = store.audits.list("triage", since=since)
        cloud_calls = len(answers) - len(local) + len(audits)
        if self.plan.recorded:
            agree = [a.output == self.recorded[str(a.input["text"])] for a in local]
        else:
            agree = [audit.agrees for audit in audits if audit.agrees is not None]
        return len(answers), len(local), cloud_calls, len(agree), agree.count(False)


def _text(row: JsonObject) -> str:
    return str(cast("JsonObject", row["input"])["text"])
