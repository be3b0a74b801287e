"""One night: settle audits, run queued work, then teach every agent that has recurring work."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.clock import SystemClock
from pantheon.errors import Busy, EnvironmentFault, PantheonError
from pantheon.ids import derive_seed, new_id
from pantheon.learn import Around, Tonight, VectorCache, World, curate, teach
from pantheon.learn.discover import discover_night
from pantheon.night._guard import bury_dead_nights, only_night
from pantheon.night._judging import judge_for
from pantheon.night._prompting import larger_models, reflection_for
from pantheon.night._queue import Limits, QueueFigures, put_back_orphans, run_queue
from pantheon.night._relabel import Relabelled, relabel
from pantheon.night._watching import WatchFigures, watch_all
from pantheon.night._window import window_end
from pantheon.releases import LOCK_NAME, check_guards
from pantheon.routing import agents_of
from pantheon.spec import NightBudget, SpecialistTier
from pantheon.store import Lesson, Night

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.flows import Runtime
    from pantheon.ids import Json, JsonObject
    from pantheon.learn import Rung
    from pantheon.spec import AgentDef
    from pantheon.store import QueueItem

Phase: TypeAlias = Literal["audits", "queue", "teach"]


@dataclass(frozen=True, slots=True)
class NightStep:
    """Something the night begins, for whoever watches it."""

    phase: Phase
    subject: str
    """The agent's name or the work item's title."""
    left: int
    """How many more of the kind follow."""


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a night did; the morning report is made from the store, not from this."""

    night: Night
    lessons: tuple[Lesson, ...]
    queue: QueueFigures
    audits_settled: int
    audits_owed: int
    """Audits that could not be settled; they stay owed."""
    stepped_back: tuple[str, ...]
    """Agents whose specialist had stopped answering when the night began, or in its watch."""
    buried: tuple[str, ...]
    """Earlier nights that were killed and are marked as failed now."""


@dataclass(frozen=True, slots=True)
class NightPlan:
    """How a night is run. What is None comes from the project."""

    seed: int = 0
    promote: Literal["auto", "review"] | None = None
    budget: NightBudget | None = None
    until: float | None = None
    """Seconds since the epoch after which no new work is taken; None: the end of the window."""
    agents: tuple[str, ...] | None = None
    """Whom to teach; None: every agent with a specialist tier."""
    rungs: tuple[Rung, ...] | None = None
    """The ladder; None: all there is."""


def _ignore(step: NightStep) -> None:
    del step


async def run_night(
    runtime: Runtime,
    plan: NightPlan = NightPlan(),
    *,
    progress: Callable[[NightStep], None] = _ignore,
    timer: Clock | None = None,
) -> NightReport:
    """Run one night from beginning to end.

    A night that was killed is marked as failed, and this one goes on with its work. What fails is
    kept as a typed failure, and the rest goes on. `pantheon.lock` is written when the store is
    kept on disk. `timer` measures seconds of training; the machine's own clock when None.

    Raises:
        Busy: another night is running.
    """
    with only_night(runtime.store):
        return await _Night(runtime, plan, progress, timer or SystemClock()).run()


class _Night:
    """One night's own state, from start to finish."""

    def __init__(
        self,
        runtime: Runtime,
        plan: NightPlan,
        progress: Callable[[NightStep], None],
        timer: Clock,
    ) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._plan = plan
        self._progress = progress
        self._timer = timer
        self._settled = 0
        self._owed = 0
        self._to_teach = 1

    async def run(self) -> NightReport:
        """The whole night; a failure that nobody foresaw is written down before it is raised."""
        started = self._runtime.clock.now()
        buried = bury_dead_nights(self._store, at=started)
        night = self._begin(started)
        try:
            stepped_back = self._find_stepped_back()
            await self._settle_audits()
            await self._runtime.wake()  # runs that waited for a time which has come
            queue = await self._run_queue(night)
            await self._settle_audits()
            again = await self._relabel(night)
            trials = self._check_trials()
            watched = self._watch(night)
            stepped_back = tuple(dict.fromkeys((*stepped_back, *watched.stepped_back)))
            lessons = await self._teach_all(night)
            found = self._discover()
        except BaseException as error:
            self._end(night, "failed", {"stopped": _name(error)})
            raise
        summary: JsonObject = {
            **self._summarise(queue, stepped_back),
            "watch": watched.to_json(),
            "again": [one.to_json() for one in again],
            "discovered": found,
            "trials": trials,
        }
        return NightReport(
            night=self._end(night, "done", summary),
            lessons=lessons,
            queue=queue,
            audits_settled=self._settled,
            audits_owed=self._owed,
            stepped_back=stepped_back,
            buried=tuple(dead.id for dead in buried),
        )

    # ------------------------------------------------------------------ begin and end

    def _begin(self, started: float) -> Night:
        number = len(self._store.nights.list())
        rng = random.Random(derive_seed(self._plan.seed, "night", number))
        night = Night(new_id("n", now=started, rng=rng), started, self._plan.seed)
        self._store.nights.start(night)
        put_back_orphans(self._store)
        return night

    def _end(self, night: Night, state: Literal["done", "failed"], summary: JsonObject) -> Night:
        self._store.nights.finish(night.id, state, summary, self._runtime.clock.now())
        return self._store.nights.get(night.id)

    def _summarise(self, queue: QueueFigures, stepped_back: Sequence[str]) -> JsonObject:
        return {
            "stopped": queue.stopped,
            "queue": {
                "done": queue.done,
                "failed": queue.failed,
                "waiting": queue.waiting,
                "left": queue.left,
                "failures": [*queue.failures],
            },
            "audits": {"settled": self._settled, "owed": self._owed},
            "stepped_back": [*stepped_back],
        }

    # ------------------------------------------------------------------ day's leftovers

    def _find_stepped_back(self) -> tuple[str, ...]:
        states = {name: self._store.monitors.get(name) or {} for name in self._pupils()}
        return tuple(name for name, state in states.items() if state.get("stepped_back"))

    async def _settle_audits(self) -> None:
        """Ask what is still owed; what the cloud cannot answer tonight stays owed."""
        await self._runtime.context.settle()
        self._owed = 0
        for name in self._runtime.project.agents:
            owed = len(self._store.audits.owed(name))
            if owed:
                self._progress(NightStep("audits", name, owed))
            settlement = await self._runtime.agent(name).settle_owed()
            self._settled += len(settlement.settled)
            self._owed += len(settlement.owed)

    async def _run_queue(self, night: Night) -> QueueFigures:
        budget = self._plan.budget or self._runtime.project.night.budget
        until = self._plan.until
        if until is None:
            until = window_end(self._runtime.project.night.window, night.started)
        limits = Limits(budget, night.started, until)

        def on_item(item: QueueItem, left: int) -> None:
            self._progress(NightStep("queue", item.title or item.flow, left))

        return await run_queue(self._runtime, night=night.id, limits=limits, on_item=on_item)

    def _check_trials(self) -> list[Json]:
        """Stop versions on trial that passed a bound, and promote those that have kept them."""
        root = None if self._store.path == ":memory:" else self._runtime.project.root
        found = check_guards(self._store, None if root is None else root / LOCK_NAME)
        return [
            f"{one.kind} {one.name}: {one.change.action}"
            for one in found
            if one.change is not None and one.change.moves
        ]

    def _watch(self, night: Night) -> WatchFigures:
        """Is everything as it was? What is not may step back before the lessons begin."""
        return watch_all(
            self._store,
            agents_of(self._runtime.project),
            self._vectors(),
            night,
            now=self._runtime.clock.now(),
            # The same every night: what is usual is not drawn again until something has moved.
            seed=derive_seed(self._plan.seed, "watch"),
        )

    async def _relabel(self, night: Night) -> tuple[Relabelled, ...]:
        """Label bad cases again; what goes wrong with one agent's is no reason to stop."""
        found: list[Relabelled] = []
        for agent in self._pupils().values():
            try:
                one = await relabel(
                    self._runtime, agent, self._around(), spent=lambda: self._spent(night)
                )
            except (EnvironmentFault, Busy):
                raise
            except Exception:  # noqa: BLE001, S112  the next night finds the same cases
                continue
            if one is not None:
                found.append(one)
        return tuple(found)

    def _discover(self) -> int:
        """Look for recurring work in what passed through to the cloud; how much of it waits for a
        person. An idea is no reason for a night to fail.
        """
        if self._plan.agents is not None:
            return 0
        try:
            found = discover_night(
                self._store,
                self._runtime.project,
                clock=self._runtime.clock,
                embedder=self._vectors,
                seed=derive_seed(self._plan.seed, "discover"),
            )
        except (EnvironmentFault, Busy):
            raise
        except Exception:  # noqa: BLE001
            return 0
        return len(found.proposals)

    def _spent(self, night: Night) -> bool:
        """Whether the night's money for the cloud is spent."""
        usd = (self._plan.budget or self._runtime.project.night.budget).cloud_usd
        return usd is not None and self._store.answers.spent(since=night.started) >= usd

    # ------------------------------------------------------------------ lessons

    def _pupils(self) -> dict[str, AgentDef]:
        """The agents that can learn, by name: those with a specialist tier."""
        wanted = self._plan.agents
        return {
            name: agent
            for name, agent in sorted(agents_of(self._runtime.project).items())
            if any(isinstance(tier, SpecialistTier) for tier in agent.tiers)
            and (wanted is None or name in wanted)
        }

    async def _teach_all(self, night: Night) -> tuple[Lesson, ...]:
        pupils = self._pupils()
        lessons: list[Lesson] = []
        for position, agent in enumerate(pupils.values(), 1):
            self._progress(NightStep("teach", agent.name, len(pupils) - position))
            self._to_teach = len(pupils) - position + 1
            lesson = await self._teach_safely(night, agent)
            if lesson is not None:
                lessons.append(lesson)
        return tuple(lessons)

    async def _teach_safely(self, night: Night, agent: AgentDef) -> Lesson | None:
        """What goes wrong with one agent is written down and must not stop the others' lessons."""
        try:
            curate(self._store, agent)
            known = self._store.examples.count(agent.name)
            return await self._teach(night, agent) if known else None
        except (EnvironmentFault, Busy):
            raise
        except Exception as error:  # noqa: BLE001
            reason = error.message if isinstance(error, PantheonError) else repr(error)
            return self._failed_lesson(night, agent, f"The lesson failed: {reason}")

    def _failed_lesson(self, night: Night, agent: AgentDef, reason: str) -> Lesson:
        lesson = Lesson(
            night=night.id,
            agent=agent.name,
            outcome="skipped",
            reasons=(reason,),
            examples=self._store.examples.count(agent.name),
            seconds=0.0,
            deployed=self._store.channels.current(agent.name),
        )
        self._store.nights.add_lesson(lesson)
        return lesson

    async def _teach(self, night: Night, agent: AgentDef) -> Lesson:
        budget = self._plan.budget or self._runtime.project.night.budget
        tonight = Tonight(
            night=night.id,
            # The same every night: which rows calibrate is not drawn again until it suits.
            seed=derive_seed(self._plan.seed, "teach", agent.name),
            promote=self._plan.promote or self._runtime.project.night.promote,
            canary=self._runtime.project.night.canary,
            root=None if self._store.path == ":memory:" else self._runtime.project.root,
            cpu=budget.cpu,
            memory=budget.memory,
            seconds=self._seconds_left(night, budget),
            workdir=self._workdir(),
        )
        return await teach(self._store, agent, tonight, self._world(night, agent))

    def _workdir(self) -> Path | None:
        """Beside the database; nothing is kept of a night in memory."""
        path = self._store.path
        return None if path == ":memory:" else Path(path).parent / "training"

    def _seconds_left(self, night: Night, budget: NightBudget) -> float | None:
        """This lesson's share of what is left of the night; None: as long as it takes."""
        ends = [self._plan.until or window_end(self._runtime.project.night.window, night.started)]
        ends.append(None if budget.seconds is None else night.started + budget.seconds)
        known = [end for end in ends if end is not None]
        left = max(min(known) - self._runtime.clock.now(), 0.0) if known else None
        return None if left is None else left / self._to_teach

    def _around(self) -> Around:
        vectors = self._vectors()
        return Around(vectors.embed, vectors.id, self._runtime.context.local_model)

    def _world(self, night: Night, agent: AgentDef) -> World:
        return World(
            self._around(),
            self._timer,
            judge=judge_for(self._runtime, agent, spent=lambda: self._spent(night)),
            rungs=self._plan.rungs,
            larger=larger_models(self._runtime.project),
            reflect=reflection_for(self._runtime, agent, spent=lambda: self._spent(night)),
        )

    def _vectors(self) -> VectorCache:
        """The texts' vectors, remembered from night to night in this process."""
        own = self._runtime.context.embedder
        return _shared_vectors() if own is None else VectorCache.over(own)


@cache
def _shared_vectors() -> VectorCache:
    from pantheon.models import embedder

    return VectorCache(embedder())


def _name(error: BaseException) -> str:
    return error.message if isinstance(error, PantheonError) else type(error).__name__
