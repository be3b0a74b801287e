"""A project opened for running: what can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from pantheon.api._channel import Channel
from pantheon.api._events import FlowEvent
from pantheon.api._pauses import Pauses
from pantheon.api._result import Reach, Result, RunDetails, call_here, events_of, result_of
from pantheon.api._shared import Context, Memory, open_memory
from pantheon.api._translate import translate
from pantheon.api._waker import Waker
from pantheon.errors import Busy
from pantheon.ids import Json, RunId

if TYPE_CHECKING:
    from pantheon.agents import Outcome
    from pantheon.flows import OnEvent, Runtime
    from pantheon.spec import Project
    from pantheon.store import Run, RunState

LEFT = "whoever followed its events has left."


class Opened:
    """A project on its store. Belongs to one event loop; see `Pantheon`, which opens it."""

    def __init__(self, runtime: Runtime, *, user: str | None = None) -> None:
        """`user`: for whom runs are, unless they say otherwise."""
        self.runtime = runtime
        self.user = user
        self.reach: Reach = call_here
        """How results, memories and contexts get to the store when they are asked."""
        self._store = runtime.store
        self._pauses = Pauses(runtime.store, runtime.clock)
        self._waker = Waker(runtime.store, runtime.clock, due=self.due)
        self._followed: set[asyncio.Task[Result]] = set()

    @property
    def project(self) -> Project:
        """What was opened: its agents, flows and models."""
        return self.runtime.project

    # ------------------------------------------------------------------ running

    async def run(
        self,
        flow: str,
        input: Mapping[str, Any],
        *,
        user: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
        cause: str = "api",
        on_event: OnEvent | None = None,
    ) -> Result:
        """Run a flow on one input.

        Returns when the run has ended, or waits for a person or an event. One that only waits for
        a time is slept over, on the project's clock; without `wait` it is returned as it is, and
        goes on by `wake`, `waking`, or another process.

        Args:
            flow: its name.
            input: what its contract asks for.
            user: whose memory it may use.
            timeout: seconds until it is given up, pauses included.
            wait: whether to sleep until timers are due.
            cause: what is written down as its origin.
            on_event: called with every event of the store, once it is safe there.

        Raises:
            NotFound: there is no such flow.
            InputError: the input breaks the flow's contract.
            Busy, StoreFault: it cannot be written down; it can be resumed then.
        """
        deadline = None if timeout is None else self.runtime.clock.now() + timeout
        run = await self.runtime.run(
            flow,
            dict(input),
            cause=cause,
            user=self.user if user is None else user,
            deadline=deadline,
            on_event=on_event,
        )
        return await self._see_through(run, wait=wait, on_event=on_event)

    async def resume(
        self, run: RunId | str, *, wait: bool = True, on_event: OnEvent | None = None
    ) -> Result:
        """Go on with a run that was cut short, waited or failed; what it has done is kept.

        A run that somebody awaits here already is awaited with them.

        Raises:
            NotFound: there is no such run.
            Busy: another process executes it.
        """
        if run in self._pauses:
            return self._result(await self._pauses.outcome(RunId(run)))
        resumed = await self.runtime.resume(run, on_event=on_event)
        return await self._see_through(resumed, wait=wait, on_event=on_event)

    async def cancel(self, run: RunId | str, why: str = "somebody asked for it.") -> Result:
        """End a run, down to the programs it has started. Raises NotFound."""
        cancelled = await self.runtime.cancel(run, why)
        self._pauses.rouse(cancelled.id)
        return self._result(cancelled)

    async def signal(
        self, run: RunId | str, event: str, payload: Json = None, *, resume: bool = True
    ) -> Result:
        """Tell a run of an event from outside, and go on with it when it waits.

        The first signal of a name stands; one that comes early is kept. Raises NotFound.
        """
        at_once = resume and run not in self._pauses
        signalled = await self.runtime.signal(run, event, payload, resume=at_once)
        return await self._see_through(signalled, wait=at_once)

    async def wake(self) -> list[Result]:
        """Go on with every run whose time has come, and return when they have ended or wait again.

        Those that another process has are left to it; those that somebody awaits here go on there.
        """
        return await asyncio.gather(*map(self._wake_one, self.due()))

    @asynccontextmanager
    async def waking(self) -> AsyncGenerator[None]:
        """While this is open, runs whose time has come go on by themselves."""
        async with self._waker.awake(self._wake_one):
            yield

    def due(self) -> list[RunId]:
        """Runs whose time has come, and that nobody awaits here; those awaited are roused."""
        found = self._store.timers.due(self.runtime.clock.now())
        for run in found:
            self._pauses.rouse(run)
        return [run for run in found if run not in self._pauses]

    async def _wake_one(self, run: RunId) -> Result:
        with suppress(Busy):
            return await self.resume(run, wait=False)
        return self._result(self._store.runs.get(run))

    async def _see_through(
        self, run: Run, *, wait: bool, on_event: OnEvent | None = None
    ) -> Result:
        if wait and run.state == "waiting":

            async def resume(id: RunId) -> Run:
                return await self.runtime.resume(id, on_event=on_event)

            run = await self._pauses.see_through(run, resume)
        if run.state == "waiting":
            self._waker.look()
        return self._result(run)

    # ------------------------------------------------------------------ following

    async def stream(
        self,
        flow: str,
        input: Mapping[str, Any],
        *,
        user: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
        cause: str = "api",
    ) -> AsyncGenerator[FlowEvent]:
        """Run a flow and yield what happens, each event once it is safe on disk.

        The last event is `RunFinished`, or `RunWaiting` when a person or an event is needed. Who
        leaves the loop early, or is cancelled in it, cancels the run. A slow reader never slows
        the run: what it has not taken yet is read from the store later on.

        Arguments and errors are those of `run`.
        """
        channel = Channel(self._store.events.since)
        running = self._follow(
            self.run(
                flow,
                input,
                user=user,
                timeout=timeout,
                wait=wait,
                cause=cause,
                on_event=channel.put,
            ),
            channel,
        )
        try:
            while (event := await channel.take()) is not None:
                for typed in translate(event, self._store):
                    yield typed
            await running
        finally:
            await self._abandon(running, channel)

    def _follow(self, run: Awaitable[Result], channel: Channel) -> asyncio.Task[Result]:
        async def follow() -> Result:
            try:
                return await run
            finally:
                channel.end()

        task = asyncio.create_task(follow())
        self._followed.add(task)
        task.add_done_callback(self._followed.discard)
        return task

    async def _abandon(self, running: asyncio.Task[Result], channel: Channel) -> None:
        """Cancel a run that is under way, and say so in its journal."""
        if not running.done():
            await channel.begun()
            if channel.run is not None:
                await self.cancel(channel.run, LEFT)
            await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # raised by the reader's own `await`, or of no interest any more

    async def leave(self) -> None:
        """Nothing is left running when the project is closed; what was can be resumed."""
        followed = list(self._followed)
        for task in followed:
            task.cancel()
        if followed:
            await asyncio.wait(followed)

    # ------------------------------------------------------------------ asking and looking

    async def ask(self, agent: str, input: Mapping[str, Any]) -> Outcome:
        """Ask one agent, without a flow: an `Answer`, a `Failure`, or `Waiting` for a person.

        Its answer is written down like any other. Raises NotFound.
        """
        from pantheon.agents import Failure, Request, TooLarge

        asked = self.runtime.agent(agent)
        request = Request()
        if asked.definition.resources.none:
            return await asked.answer(dict(input), request)
        try:
            async with asked.slot(request):
                return await asked.answer(dict(input), request)
        except TooLarge as error:
            return Failure(error.reason, error.detail)

    def runs(
        self, *, limit: int | None = 50, state: RunState | None = None, flow: str | None = None
    ) -> list[Result]:
        """The newest runs first."""
        return [self._result(r) for r in self._store.runs.list(limit, state=state, flow=flow)]

    def show(self, run: RunId | str) -> RunDetails:
        """One run with what every node did and who answered. Raises NotFound."""
        found = self._store.runs.get(run)
        return RunDetails(
            result=self._result(found),
            run=found,
            nodes=tuple(self._store.journal.results(found.id)),
            answers=tuple(self._store.answers.list(run=found.id)),
        )

    def events(self, run: RunId | str) -> Sequence[FlowEvent]:
        """What happened in a run so far. Raises NotFound."""
        return events_of(self._store.runs.get(run).id, self._store)

    def memory(self, scope: str, owner: str) -> Memory:
        """What is remembered for a `flow`, an `agent` or a `user`.

        Raises:
            UsageError: there is no such scope.
            NotFound: there is no such flow or agent.
        """
        return open_memory(
            scope,
            owner,
            project=self.project,
            store=self._store,
            clock=self.runtime.clock,
            reach=self.reach,
        )

    def context(self, run: RunId | str) -> Context:
        """What the nodes of one run have shared so far. Raises NotFound."""
        return Context(self._store.runs.get(run).id, self._store, self.reach)

    def _result(self, run: Run) -> Result:
        return result_of(run, self._store, self.reach)
