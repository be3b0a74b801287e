"""Runs in the shadow: a version on trial beside what answers, on the same input, without effects.

After a run has given its answer, the version on channel `shadow` is tried on the same input in a
sandbox. Agents that are the same in both take over what they said in the run, whoever said it; the
others are asked anew, as far as a sandbox asks: programs, people and functions that may act are
withheld, and remote models unless the deployment allows them an amount. Nothing of it is given to
anybody; whether it came to the same is kept. One at a time: when many runs end at once, those for
which there is no room have no shadow.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pantheon.errors import PantheonError
from pantheon.flows import given_by_code
from pantheon.ids import ContentHash, JsonObject, canonical_json
from pantheon.releases import (
    Drafts,
    Pointer,
    Release,
    Standing,
    find,
    load,
    read_guards,
    standing_from_json,
    standing_of,
)
from pantheon.store import Agreement, AnswerRow, ShadowRun
from pantheon.trying._assertions import NOT_ASKED
from pantheon.trying._sandbox import Sandbox, open_sandbox
from pantheon.trying._setup import Limits, Setup
from pantheon.trying._subject import Subject
from pantheon.trying._versions import VersionFinder

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.models import ChatModel
    from pantheon.spec import Project
    from pantheon.store import Run, Store
    from pantheon.trying._attempt import Attempt

MOST_WAITING: Final = 16
"""Runs whose shadow waits for its turn; those that end meanwhile have none."""
SECONDS: Final = 120.0
"""For one shadow, and for all that are left when the project is closed."""
_SERVED: Final = frozenset({None, "stable"})


@dataclass(frozen=True, slots=True)
class _Job:
    """One run, and the version that is to be tried beside it."""

    run: Run
    kind: str
    name: str
    pointer: Pointer


class Shadows:
    """Tries versions beside runs; an onlooker of the runs of one opened project."""

    def __init__(
        self,
        project: Project,
        store: Store,
        *,
        clock: Clock,
        models: Mapping[str, ChatModel] | None = None,
        seed: int = 0,
    ) -> None:
        """`models` stand in for those of the project, as they do for its runs."""
        self._project = project
        self._store = store
        self._clock = clock
        self._models = dict(models or {})
        self._seed = seed
        self._drafts = Drafts(project)
        self._waiting: deque[_Job] = deque()
        self._task: asyncio.Task[None] | None = None
        self._open: dict[object, tuple[AsyncExitStack, Sandbox, Release]] = {}
        self._seen: int | None = None
        self._standing: dict[tuple[str, str], Standing] = {}

    def ended(self, run: Run) -> None:
        """A run has ended; if something is in its shadow, that comes next."""
        if run.state != "done" or run.channel not in _SERVED:
            return
        for job in self._jobs(run):
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(job)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        """Wait for what was begun, for a while; may be called twice."""
        task, self._task = self._task, None
        if task is not None:
            await asyncio.wait([task], timeout=SECONDS)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        await self._give_back()

    # ------------------------------------------------------------------ what is in the shadow

    def _jobs(self, run: Run) -> list[_Job]:
        newest = self._store.releases.newest_move()
        if newest != self._seen:
            self._seen = newest
            moves = self._store.releases.standing()
            self._standing = {(m.kind, m.name): standing_from_json(m.after) for m in moves}
        shadows = {key: s.shadow for key, s in self._standing.items() if s.shadow is not None}
        if not shadows:
            return []
        agents: Mapping[str, Any] = {}
        if run.release is None and any(kind == "agent" for kind, _ in shadows):
            kept: Any = self._store.definitions.get(run.flow_hash)
            agents = kept["agents"]
        return [
            _Job(run, kind, name, pointer)
            for (kind, name), pointer in shadows.items()
            if (name == run.flow if kind == "flow" else name in agents)
        ]

    # ------------------------------------------------------------------ trying

    async def _work(self) -> None:
        while self._waiting:
            job = self._waiting.popleft()
            if standing_of(self._store, job.kind, job.name).shadow != job.pointer:
                continue  # it is not on trial any longer
            with suppress(PantheonError):  # the store is busy, say: one figure less
                self._store.shadows.add(await self._try(job))

    async def _try(self, job: _Job) -> ShadowRun:
        """What became of one; whatever goes wrong with it is a fact about it."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._beside(job)
        except Exception as error:  # noqa: BLE001 (a shadow disturbs nobody)
            said = error.message if isinstance(error, PantheonError) else repr(error)
            failure: JsonObject = {"reason": "shadow", "message": said, "node": None}
            now = self._clock.now()
            return ShadowRun(job.run.id, job.pointer.hash, now, "unknown", failure=failure)

    async def _beside(self, job: _Job) -> ShadowRun:
        sandbox, release = await self._sandbox(job)
        rows = self._rows(job.run)
        attempt = await sandbox.attempt(
            Subject("flow", job.run.flow),
            job.run.input,
            version=release.title,
            first=rows,
            fresh=self._changed(job, release),
        )
        return ShadowRun(
            job.run.id,
            release.hash,
            self._clock.now(),
            _agreement(job.run, attempt),
            output=attempt.output,
            failure=attempt.failure,
            steps={step.node: step.answered_by for step in attempt.steps},
            cost_usd=attempt.cost_usd,
            seconds=attempt.seconds,
        )

    def _rows(self, run: Run) -> list[AnswerRow]:
        """What was said in the run, by models, people and code."""
        rows = self._store.answers.list(run=run.id)
        code = given_by_code(self._store, run)
        return rows + [
            AnswerRow(
                f"{run.id}/{number}",
                given.agent,
                run.flow_hash,
                run.finished or run.created,
                given.input,
                given.output,
                given.tier,
                "",
                "code",
                run=run.id,
            )
            for number, given in enumerate(code)
        ]

    def _changed(self, job: _Job, release: Release) -> frozenset[str]:
        """Agents that are not the same in the version and in the run."""
        if job.kind == "agent":
            return frozenset({job.name})
        then = self._uses(job.run)
        return frozenset(
            name
            for name in release.agents()
            if then.get(f"agent:{name}") != release.uses.get(f"agent:{name}", ContentHash(""))
        )

    def _uses(self, run: Run) -> Mapping[str, ContentHash]:
        """Versions of the agents that answered in the run."""
        if run.release is not None:
            return load(self._store, run.release).uses
        kept: Any = self._store.definitions.get(run.flow_hash)
        files = {name: self._drafts.release("agent", name).hash for name in self._project.agents}
        deployed: dict[str, ContentHash] = {**files, **kept.get("deployed", {})}
        return {f"agent:{name}": hash for name, hash in deployed.items()}

    # ------------------------------------------------------------------ sandboxes

    async def _sandbox(self, job: _Job) -> tuple[Sandbox, Release]:
        """One for each version, made anew when other specialists answer by now."""
        name = f"{job.kind}:{job.name}@shadow"
        release = find(self._store, self._project, name, drafts=self._drafts)
        current = tuple(self._store.channels.current(name) for name in sorted(release.agents()))
        key = (job.kind, job.name, release.hash, current)
        if key not in self._open:
            await self._give_back()
            stack = AsyncExitStack()
            sandbox = await stack.enter_async_context(
                open_sandbox(self._placed(job), self._setup(job), clock=self._clock)
            )
            self._open[key] = (stack, sandbox, release)
        _, sandbox, release = self._open[key]
        return sandbox, release

    def _placed(self, job: _Job) -> Project:
        """The project with the version in place."""
        subject = Subject("agent" if job.kind == "agent" else "flow", job.name)
        return VersionFinder(self._project, self._store).get(subject, "shadow")

    def _setup(self, job: _Job) -> Setup:
        usd = read_guards(job.pointer.guards).max_usd
        left = usd - self._store.shadows.spent(job.pointer.hash, since=0.0)
        limits = Limits(cloud=left > 0, max_usd=max(left, 0.0))
        return Setup(limits, "run", source=self._store, models=self._models, seed=self._seed)

    async def _give_back(self) -> None:
        opened, self._open = list(self._open.values()), {}
        for stack, _, _ in opened:
            with suppress(Exception):
                await stack.aclose()


def _agreement(run: Run, attempt: Attempt) -> Agreement:
    if attempt.state == "waiting" or attempt.reasons & NOT_ASKED:
        return "unknown"
    if attempt.output is None:
        return "failed"
    same = canonical_json(attempt.output) == canonical_json(run.output)
    return "same" if same else "differs"
