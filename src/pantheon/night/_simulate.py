"""Replaying recorded work through days and nights: what Pantheon would have saved.

Nothing here answers, audits, learns or gates: a runtime, its agent and `run_night` do, on a clock
that is moved and a store in memory. Only the teacher is recorded.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.clock import Clock, FakeClock, SystemClock
from pantheon.flows import Runtime
from pantheon.ids import Json, derive_seed
from pantheon.learn import VectorCache, all_rungs, load_specialist, watch
from pantheon.models import embedder
from pantheon.night._figures import Served, measure
from pantheon.night._inferred import simulated_agent
from pantheon.night._pace import Pace, PacedSpecialist
from pantheon.night._replay import Replay
from pantheon.night._run import NightPlan, run_night
from pantheon.night._simulation import (
    Day,
    NightFigures,
    Simulation,
    SimulationSettings,
    night_figures,
)
from pantheon.night._stream import Stream, StreamRow, read_stream, stream_of
from pantheon.spec import AgentDef, ModelDef, Price, Project, render_text
from pantheon.store import Store

if TYPE_CHECKING:
    from pantheon.models import Embedder

_MIDNIGHT = 1_704_067_200.0
"""2024-01-01T00:00Z: where simulated time begins."""
_DAY = 86_400.0
_WORK = 57_600.0
"""Requests come during the first 16 hours of a day; the night begins after them."""
_CLOUD = "cloud"
_TIMED = 25
"""One request in so many is timed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose work is replayed, and what its cloud would have cost."""

    agent: AgentDef | None = None
    """None: the contract is inferred from the stream."""
    price: Price | None = None
    embedder: Embedder | None = None
    """None: the default embedder."""
    name: str | None = None
    """What to call an agent that is not defined; None: after the stream."""


async def simulate(
    source: Path | Stream | Sequence[Mapping[str, Json]],
    *,
    settings: SimulationSettings | None = None,
    subject: Subject | None = None,
    timer: Clock | None = None,
    progress: Callable[[Day, int], None] | None = None,
) -> Simulation:
    """Replay recorded work.

    Args:
        source: a file of JSON lines, a stream read from one, or rows.
        settings: length of a day, promise, seed, order.
        subject: the agent whose contract is used, the price of its cloud, the embedder.
        timer: real time, for the seconds of training and the specialist's latency.
        progress: told of every finished day and of how many there are.

    Raises:
        NotFound, InputError: the stream cannot be used.
    """
    settings, subject = settings or SimulationSettings(), subject or Subject()
    stream = _stream(source)
    agent = simulated_agent(
        stream,
        defined=subject.agent,
        name=subject.name,
        promise=settings.promise,
        same=settings.same,
        cloud=_CLOUD,
    )
    clock = FakeClock(_MIDNIGHT)
    with Store.open(":memory:", clock=clock) as store:
        stage = _Stage(
            store,
            clock,
            _ordered(stream.rows, settings),
            agent=agent,
            settings=settings,
            subject=subject,
            timer=timer or SystemClock(),
        )
        try:
            days, served = await stage.play(progress or _ignore)
        finally:
            await stage.runtime.close()
    return Simulation(
        agent=agent.name,
        stream=stream.name,
        settings=settings,
        same=agent.same,
        days=tuple(days),
        total=measure(served),
        last_third=measure(served[2 * len(served) // 3 :]),
        notes=tuple(_notes(stream, subject)),
        bad_lines=stream.bad_lines,
        duplicates=stream.duplicates,
        judged=stage.replay.person.judged,
    )


def _ignore(day: Day, count: int) -> None:
    del day, count


def _stream(source: Path | Stream | Sequence[Mapping[str, Json]]) -> Stream:
    if isinstance(source, Stream):
        return source
    return read_stream(source) if isinstance(source, Path) else stream_of(source)


def _ordered(rows: Sequence[StreamRow], settings: SimulationSettings) -> list[StreamRow]:
    ordered = list(rows)
    if settings.shuffle:
        random.Random(derive_seed(settings.seed, "shuffle")).shuffle(ordered)
    return ordered


def _notes(stream: Stream, subject: Subject) -> Iterator[str]:
    if stream.bad_lines:
        yield f"Lines left out as broken: {stream.bad_lines}; the first: {stream.bad[0]}"
    if stream.conflicts:
        yield f"Requests that repeat an input with another recorded output: {stream.conflicts}."
    if not any(row.gold for row in stream.rows):
        yield "No row has `gold`, so accuracy is unknown."
    if subject.price is None:
        yield "No price is known for the cloud model, so no saving is given."
    else:
        yield "The saving is an estimate: four characters count as one token."


class _Stage:
    """One simulated world: its clock, its runtime, and the requests still to come."""

    def __init__(
        self,
        store: Store,
        clock: FakeClock,
        rows: Sequence[StreamRow],
        *,
        agent: AgentDef,
        settings: SimulationSettings,
        subject: Subject,
        timer: Clock,
    ) -> None:
        self._clock = clock
        self._rows = rows
        self._agent = agent
        self._settings = settings
        self._timer = timer
        self._vectors = VectorCache.over(subject.embedder or embedder())
        self._pace = Pace(timer, self._vectors)
        self.replay = Replay(agent, rows, price=subject.price, judgements=settings.judgements)
        project = _project(agent, subject.price)
        self.runtime = Runtime(
            project,
            store,
            clock=clock,
            seed=settings.seed,
            models={_CLOUD: self.replay.cloud},
            embedder=self._vectors,
            load_specialist=self._load,
            on_audit=watch(store),
        )

    def _load(self, artifact: bytes) -> PacedSpecialist:
        return PacedSpecialist(load_specialist(artifact, embedder=self._vectors), self._pace)

    async def play(self, progress: Callable[[Day, int], None]) -> tuple[list[Day], list[Served]]:
        """All days, each but the last followed by a night."""
        size = self._settings.day
        count = -(-len(self._rows) // size)
        days: list[Day] = []
        served: list[Served] = []
        for number in range(1, count + 1):
            today = await self._serve_day(number, self._rows[(number - 1) * size : number * size])
            served.extend(today)
            days.append(await self._end_day(number, today, last=number == count))
            progress(days[-1], count)
        return days, served

    async def _serve_day(self, number: int, rows: Sequence[StreamRow]) -> list[Served]:
        self._clock.advance(_MIDNIGHT + (number - 1) * _DAY - self._clock.now())
        texts = [render_text(self._agent.input, row.input) for row in rows]
        self._pace.plan([text for n, text in enumerate(texts) if n % _TIMED])
        return [await self._serve(row, seconds=_WORK / len(rows)) for row in rows]

    async def _serve(self, row: StreamRow, *, seconds: float) -> Served:
        self._clock.advance(seconds)
        served = await self.replay.serve(self.runtime, row)
        return replace(served, latency=self._pace.take())

    async def _end_day(self, number: int, served: Sequence[Served], *, last: bool) -> Day:
        state = self.runtime.store.monitors.get(self._agent.name) or {}
        night = None if last else await self._night()
        return Day(number, measure(served), night, bool(state.get("stepped_back")))

    async def _night(self) -> NightFigures:
        # A language model takes minutes a night, and simulated nights are many.
        rungs = all_rungs(generative=False)
        plan = NightPlan(self._settings.seed, promote="auto", rungs=rungs)
        report = await run_night(self.runtime, plan, timer=self._timer)
        store = self.runtime.store
        self.replay.person.judge(store)
        return night_figures(store, report.lessons[0])


def _project(agent: AgentDef, price: Price | None) -> Project:
    cloud = ModelDef(_CLOUD, "openai", price=price or Price())
    return Project(Path(), agents={agent.name: agent}, models={_CLOUD: cloud})
