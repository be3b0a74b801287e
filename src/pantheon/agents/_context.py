"""What all agents of a project share: store, clock, models, scarce resources, worker processes,
the seed, and audits still to settle.
"""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pantheon.agents._admission import Admission
from pantheon.agents._functions import UserFunctions
from pantheon.agents._pool import WorkerPool
from pantheon.agents._tier import SpecialistModel
from pantheon.clock import Clock
from pantheon.errors import NotFound
from pantheon.ids import derive_seed, new_id
from pantheon.spec import NO_RESOURCES, Resources

if TYPE_CHECKING:
    from pantheon.agents._agent import Agent
    from pantheon.agents._registry import ModelRegistry
    from pantheon.agents._tier import TierRunner
    from pantheon.models import ChatModel, Embedder
    from pantheon.spec import AgentDef, Tier
    from pantheon.store import AnswerRow, Audit, Store

OnAudit: TypeAlias = "Callable[[AgentDef, AnswerRow, Audit], None]"
"""Told of every settled audit; the monitor of the promise lives above."""
Between: TypeAlias = "Callable[[TierRunner, Tier, AgentDef], TierRunner]"
"""Gives the runner that an agent asks in place of the one of a tier."""
FindAgent: TypeAlias = "Callable[[str], Agent]"
"""The agent of that name, for one that another must ask; raises NotFound."""
T = TypeVar("T")
AUDITS_AT_ONCE = 4


class AgentContext:
    """Shared by the agents of one opened project; belongs to the thread of its store."""

    def __init__(  # noqa: PLR0913  everything an agent may know about the world, named once
        self,
        *,
        store: Store,
        clock: Clock,
        models: ModelRegistry,
        root: Path,
        load_specialist: Callable[[bytes], SpecialistModel],
        seed: int = 0,
        embedder: Embedder | None = None,
        on_audit: OnAudit | None = None,
        capacity: Resources = NO_RESOURCES,
        find_agent: FindAgent | None = None,
    ) -> None:
        """`capacity`: what all that runs at once may hold together; 0 is no limit.

        `find_agent`: how an agent whose answers another judges gets at it.
        """
        self.store = store
        self.clock = clock
        self.models = models
        self.root = root
        self.load_specialist = load_specialist
        self.seed = seed
        self.embedder = embedder
        self.on_audit = on_audit
        self.find_agent = find_agent
        self.between: Between = lambda runner, tier, agent: runner
        """Who stands between agents and their tiers, as a sandbox does; set before they are made."""
        self.functions = UserFunctions(root)
        self.admission = Admission(capacity, clock)
        self._code: Path | None = None
        """Where functions are found, if not in `root`."""
        self._pool: WorkerPool | None = None
        self._pending: set[asyncio.Task[object]] = set()
        self._slots: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None
        self._answers: int | None = None
        self._outer: AgentContext | None = None

    def within(self, *, models: ModelRegistry, code: Path | None = None) -> AgentContext:
        """The same surroundings with other models, and functions from another folder.

        Whoever asks for it closes it; audits are settled with those of this one.
        """
        inner = copy.copy(self)
        inner.models = models
        inner.functions = UserFunctions(code or self.root)
        inner._code = code  # noqa: SLF001 (a copy of this one)
        inner._pool = None  # noqa: SLF001
        inner._outer = self  # noqa: SLF001
        return inner

    @property
    def pool(self) -> WorkerPool:
        """The worker processes; none is started before the first request for one."""
        if self._pool is None:
            self._pool = WorkerPool(self._code or self.root)
        return self._pool

    async def close(self) -> None:
        """End the worker processes; may be called twice."""
        if self._pool is not None:
            await self._pool.close()

    async def local_model(self, name: str | None) -> ChatModel:
        """A model of this machine; NotFound when it is not configured or would send something out."""
        if self.models.problem(name) is not None or self.models.remote(name):
            raise NotFound(
                f"There is no local model {name!r}.",
                hint="Name one with `engine: llama.cpp` under `models`.",
            )
        return await self.models.get(name)

    def new_answer_id(self, agent: str) -> str:
        """A fresh id, reproducible for the same seed, clock and history of the store."""
        if self._outer is not None:
            return self._outer.new_answer_id(agent)
        if self._answers is None:
            self._answers = self.store.answers.count()
        self._answers += 1
        rng = random.Random(derive_seed(self.seed, "answer", agent, self._answers))
        return new_id("a", now=self.clock.now(), rng=rng)

    def draw(self, *names: object) -> float:
        """A number in [0, 1) that depends on the seed and the names alone."""
        return random.Random(derive_seed(self.seed, *names)).random()

    def in_background(self, work: Callable[[], Awaitable[object]]) -> None:
        """Start an audit; `settle` waits for it. At most four run at once."""
        task = asyncio.create_task(self.limited(work))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def limited(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work returns; at most four such works run at once."""
        async with self._audit_slots():
            return await work()

    def _audit_slots(self) -> asyncio.Semaphore:
        """Those of the running event loop: a semaphore cannot change loops."""
        loop = asyncio.get_running_loop()
        if self._slots is None or self._slots[0] is not loop:
            self._slots = (loop, asyncio.Semaphore(AUDITS_AT_ONCE))
        return self._slots[1]

    async def settle(self) -> None:
        """Wait until every audit begun here is settled or has failed; failed ones stay owed."""
        while self._pending:
            await asyncio.gather(*self._pending)
