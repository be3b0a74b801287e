"""Days and nights of several agents in one project: the same code as in service, one night for all.

As in `_simulate`, only the teachers (and where rows have `gold`, a person) are recorded. What a
fleet shows beyond one agent is what they share: the budget of false discoveries, the watch, the
morning report, and recurring work that is no agent yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.clock import Clock, FakeClock, SystemClock
from pantheon.flows import Runtime
from pantheon.learn import VectorCache, all_rungs, load_specialist, watch
from pantheon.models import embedder
from pantheon.night._changes import Change, rows_of_day
from pantheon.night._figures import Figures, Served, measure
from pantheon.night._inferred import simulated_agent
from pantheon.night._mistake import UncheckedRung
from pantheon.night._pace import Pace, PacedSpecialist
from pantheon.night._replay import Replay
from pantheon.night._run import NightPlan, run_night
from pantheon.night._simulation import NightFigures, night_figures
from pantheon.spec import ModelDef, Price, Project, Promise, render_text
from pantheon.store import Store

if TYPE_CHECKING:
    from pantheon.models import Embedder
    from pantheon.night._stream import Stream, StreamRow
    from pantheon.spec import AgentDef, Same
    from pantheon.store import Alarm, Suggestion

_MIDNIGHT = 1_704_067_200.0
"""2024-01-01T00:00Z: where simulated time begins."""
_DAY = 86_400.0
_WORK = 57_600.0
"""Requests come during the first 16 hours of a day; the night begins after them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One agent of a fleet, and its recorded work."""

    name: str
    stream: Stream
    a_day: int = 300
    """Requests a day, in the recorded order."""
    promise: Promise = field(default_factory=Promise)
    same: Same | None = None
    """None: as the agent says, or as inferred."""
    defined: AgentDef | None = None
    """None: the contract is inferred."""
    price: Price | None = None
    judgements: int = 40
    """Given a night at most, of an agent that promises quality and whose rows have `gold`."""


@dataclass(frozen=True, slots=True)
class BadCandidate:
    """On this night the agent's candidate comes with a certificate from rows it has learned from."""

    night: int
    agent: str


@dataclass(frozen=True, slots=True)
class ChatLog:
    """On this night a raw log of cloud calls is searched for recurring work."""

    night: int
    path: Path


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is simulated."""

    members: tuple[Member, ...]
    days: int = 7
    seed: int = 0
    changes: tuple[Change, ...] = ()
    bad: tuple[BadCandidate, ...] = ()
    logs: tuple[ChatLog, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetDay:
    """A day of all agents, and the night after it."""

    number: int
    figures: Mapping[str, Figures]
    """By agent."""
    total: Figures
    nights: Mapping[str, NightFigures]
    """By agent: what the night taught it."""
    stepped_back: tuple[str, ...]
    """Agents whose specialist had stepped back by the morning after."""
    alarms: tuple[Alarm, ...]
    """Raised in this night."""
    suggestions: tuple[Suggestion, ...]
    """Open ones that this night added."""
    judged: int
    """Judgements given in the morning after."""


@dataclass(frozen=True, slots=True)
class FleetSimulation:
    """Days and nights of a fleet."""

    fleet: Fleet
    agents: tuple[AgentDef, ...]
    days: tuple[FleetDay, ...]
    totals: Mapping[str, Figures]
    total: Figures


OnMorning = Callable[[Store, Project, FleetDay], None]
"""Told of each morning, before anybody has judged anything: a report can be made then."""


async def simulate_fleet(
    fleet: Fleet,
    *,
    embedder: Embedder | None = None,
    timer: Clock | None = None,
    on_morning: OnMorning | None = None,
) -> FleetSimulation:
    """Play all days and nights of a fleet; same fleet and seed, same result but for real times.

    Args:
        fleet: agents, their work, and what happens to them.
        embedder: of the specialists; None: the default one.
        timer: real time, for seconds of training.
        on_morning: see `OnMorning`.
    """
    clock = FakeClock(_MIDNIGHT)
    with Store.open(":memory:", clock=clock) as store:
        stage = _Stage(fleet, store, clock, embedder, timer or SystemClock())
        try:
            return await stage.play(on_morning or _ignore)
        finally:
            await stage.runtime.close()


def _ignore(store: Store, project: Project, day: FleetDay) -> None:
    del store, project, day


def _cloud(name: str) -> str:
    return f"cloud-{name}"


def _replay(member: Member) -> Replay:
    agent = simulated_agent(
        member.stream,
        defined=member.defined,
        name=member.name,
        promise=member.promise,
        same=member.same,
        cloud=_cloud(member.name),
    )
    return Replay(agent, member.stream.rows, price=member.price, judgements=member.judgements)


class _Stage:
    """The simulated world: one clock, one store, one runtime, and what every agent has to come."""

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        clock: FakeClock,
        own: Embedder | None,
        timer: Clock,
    ) -> None:
        self._fleet, self._clock, self._timer = fleet, clock, timer
        self._replays = {member.name: _replay(member) for member in fleet.members}
        self._vectors = VectorCache.over(own or embedder())
        self._pace = Pace(timer, self._vectors)
        self._served: dict[str, list[Served]] = {name: [] for name in self._replays}
        self._project = _project(fleet, self._replays)
        self.runtime = Runtime(
            self._project,
            store,
            clock=clock,
            seed=fleet.seed,
            models={_cloud(name): replay.cloud for name, replay in self._replays.items()},
            embedder=self._vectors,
            load_specialist=self._load,
            on_audit=watch(store),
        )

    def _load(self, artifact: bytes) -> PacedSpecialist:
        return PacedSpecialist(load_specialist(artifact, embedder=self._vectors), self._pace)

    async def play(self, on_morning: OnMorning) -> FleetSimulation:
        """All days, each followed by a night."""
        days: list[FleetDay] = []
        for number in range(1, self._fleet.days + 1):
            served = await self._serve_day(number)
            days.append(await self._end_day(number, served, on_morning))
        everything = [one for served in self._served.values() for one in served]
        return FleetSimulation(
            self._fleet,
            tuple(replay.agent for replay in self._replays.values()),
            tuple(days),
            {name: measure(served) for name, served in self._served.items()},
            measure(everything),
        )

    # ------------------------------------------------------------------ by day
    async def _serve_day(self, number: int) -> dict[str, list[Served]]:
        """Every agent's requests, each agent's evenly over the day."""
        work = {member.name: self._rows(member, number) for member in self._fleet.members}
        for name, rows in work.items():
            self._replays[name].person.know(rows)
        self._pace.plan(*(self._texts(name, rows) for name, rows in work.items()))
        dawn = _MIDNIGHT + (number - 1) * _DAY
        served: dict[str, list[Served]] = {name: [] for name in work}
        for at, name, row in _in_turn(work):
            self._clock.advance(max(dawn + at - self._clock.now(), 0.0))
            served[name].append(await self._replays[name].serve(self.runtime, row))
        for name, found in served.items():
            self._served[name].extend(found)
        return served

    def _rows(self, member: Member, number: int) -> list[StreamRow]:
        mine = [change for change in self._fleet.changes if change.agent == member.name]
        return rows_of_day(
            member.stream, number, size=member.a_day, changes=mine, seed=self._fleet.seed
        )

    def _texts(self, name: str, rows: Sequence[StreamRow]) -> list[str]:
        agent = self._replays[name].agent
        return [render_text(agent.input, row.input) for row in rows]

    # ------------------------------------------------------------------ by night
    async def _end_day(
        self, number: int, served: Mapping[str, list[Served]], on_morning: OnMorning
    ) -> FleetDay:
        store = self.runtime.store
        self._clock.advance(_MIDNIGHT + (number - 1) * _DAY + _WORK - self._clock.now())
        known = {alarm.id for alarm in store.alarms.list()}
        suggested = {suggestion.id for suggestion in store.suggestions.list(state="open")}
        rungs = (*self._mistakes(number), *all_rungs(generative=False))
        plan = NightPlan(self._fleet.seed, promote="auto", rungs=rungs)
        report = await run_night(self.runtime, plan, timer=self._timer)
        self._search_logs(number)
        states = {name: store.monitors.get(name) or {} for name in served}
        day = FleetDay(
            number,
            {name: measure(found) for name, found in served.items()},
            measure([one for found in served.values() for one in found]),
            {lesson.agent: night_figures(store, lesson) for lesson in report.lessons},
            tuple(sorted({*report.stepped_back, *_back(states)})),
            tuple(alarm for alarm in store.alarms.list() if alarm.id not in known),
            tuple(s for s in store.suggestions.list(state="open") if s.id not in suggested),
            0,
        )
        on_morning(store, self._project, day)
        return replace(day, judged=sum(r.person.judge(store) for r in self._replays.values()))

    def _mistakes(self, number: int) -> list[UncheckedRung]:
        return [UncheckedRung(bad.agent) for bad in self._fleet.bad if bad.night == number]

    def _search_logs(self, number: int) -> None:
        """Look for recurring work in the logs of this night, and keep what is proposed."""
        from pantheon.learn.discover import discover, read_logs, remember

        paths = [log.path for log in self._fleet.logs if log.night == number]
        if not paths:
            return
        found = discover(
            read_logs(paths),
            embedder=self._vectors,
            price=next((m.price for m in self._fleet.members if m.price), None),
            taken=set(self._replays),
            seed=self._fleet.seed,
        )
        at = self._clock.now()
        remember(self.runtime.store, found, agents=self._replays.keys(), at=at)


def _project(fleet: Fleet, replays: Mapping[str, Replay]) -> Project:
    models = {
        _cloud(member.name): ModelDef(_cloud(member.name), "openai", price=member.price or Price())
        for member in fleet.members
    }
    agents = {name: replay.agent for name, replay in replays.items()}
    return Project(Path(), agents=agents, models=models)


def _in_turn(work: Mapping[str, Sequence[StreamRow]]) -> list[tuple[float, str, StreamRow]]:
    """Requests of all agents in the order of their seconds of the day."""
    timed = [
        (_WORK * (place + 0.5) / len(rows), order, name, row)
        for order, (name, rows) in enumerate(work.items())
        for place, row in enumerate(rows)
    ]
    timed.sort(key=lambda item: item[:2])
    return [(at, name, row) for at, _, name, row in timed]


def _back(states: Mapping[str, Mapping[str, object]]) -> list[str]:
    return [name for name, state in states.items() if state.get("stepped_back")]
