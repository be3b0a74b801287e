"""The day: a project opened for running, its agents, and its runs from start to end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pantheon.agents import (
    Agent,
    AgentContext,
    ModelRegistry,
    OnAudit,
    SpecialistModel,
)
from pantheon.clock import Clock
from pantheon.errors import Busy, InputError
from pantheon.flows._active import Active, ActiveRuns
from pantheon.flows._again import to_repeat
from pantheon.flows._arrivals import arrivals
from pantheon.flows._beginning import Facts, RunIds, told_of
from pantheon.flows._checks import check_complete, check_input, own_input
from pantheon.flows._conclusion import Conclusion, bad_output
from pantheon.flows._deployed import Deployments, Onlooker, definition_failed
from pantheon.flows._frames import make_frame
from pantheon.flows._lease import LEASE_SECONDS, new_owner, orphans, take
from pantheon.flows._pinned import Pinned, PinnedFlows
from pantheon.flows._recorder import OnEvent, Recorder
from pantheon.flows._work import Work
from pantheon.flows._workforce import Workforce
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import FlowDef, Project
from pantheon.store import NodeResult, Run, Signal, Store, Timer

if TYPE_CHECKING:
    from pantheon.models import Budget, ChatModel, Embedder


class Runtime:
    """Runs the flows of one project on one store; belongs to the thread of the store."""

    def __init__(  # noqa: PLR0913 (everything a day needs, named once)
        self,
        project: Project,
        store: Store,
        *,
        clock: Clock,
        load_specialist: Callable[[bytes], SpecialistModel],
        seed: int = 0,
        models: Mapping[str, ChatModel] | None = None,
        embedder: Embedder | None = None,
        on_audit: OnAudit | None = None,
        budget: Budget | None = None,
        deployed: Deployments | None = None,
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        """`models` override those of the project by name, e.g. with scripted ones.

        `budget` caps what remote models may cost while this runtime is open. `deployed` says what
        answers in the place of the working files; without it, they answer. `onlookers` are told
        of every run that has ended.
        """
        self.project = project
        self.store = store
        self.clock = clock
        self.seed = seed
        self.budget = budget
        self._workforce = Workforce(
            project,
            store,
            clock=clock,
            load_specialist=load_specialist,
            seed=seed,
            stand_ins=models,
            embedder=embedder,
            on_audit=on_audit,
            budget=budget,
            deployed=deployed,
        )
        self.models: ModelRegistry = self._workforce.models
        self.context: AgentContext = self._workforce.context
        self._kept = store.durability != "memory"
        self._owner = new_owner()
        self._deployed = deployed
        self._onlookers = tuple(onlookers)
        self._flows = PinnedFlows(project, store, self._workforce, deployed=deployed)
        self._ids = RunIds(store, seed)
        self._active = ActiveRuns(store, self._owner)

    # ------------------------------------------------------------------ public

    def agent(self, name: str) -> Agent:
        """The agent of that name: the deployed one, else as the files define it. Raises NotFound."""
        return self._workforce.agent(name)

    def flow(self, name: str) -> FlowDef:
        """The flow of that name: what is stable, else as the files define it. Raises NotFound."""
        deployed = None if self._deployed is None else self._deployed.flow(name)
        return deployed or self._flows.now(name).pin.flow

    async def run(  # noqa: PLR0913 (each is a fact about the run)
        self,
        flow: str,
        input: JsonObject,
        *,
        cause: str = "api",
        run_id: RunId | None = None,
        night: str | None = None,
        user: str | None = None,
        deadline: float | None = None,
        on_event: OnEvent | None = None,
    ) -> Run:
        """Run a flow to its end, or until it waits for a person, a time or an event.

        `user`: whose memory it may use. `deadline`: seconds since the epoch.

        A node that fails is not raised: the run it returns is `failed` and names it. Raises
        NotFound (no such flow), InputError (the input breaks the flow's contract), and StoreFault
        or Busy when the journal cannot be written; the run can be resumed then.

        A version that was deployed with a fallback and fails for a reason of its definition is
        given up for the other version: a new run, whose cause names the first, is returned.
        """
        id = run_id or self._ids.new(self.clock.now())
        pinned = self._flows.begin(flow, self._ids.draw(id))
        facts = Facts(cause, night, user, deadline)
        run = await self._begin(pinned, input, id, facts, on_event)
        return await self._or_fallback(run, on_event)

    async def _or_fallback(self, run: Run, on_event: OnEvent | None) -> Run:
        """The run, or that of the version in reserve when its own has failed."""
        if self._deployed is None or not definition_failed(run, self.clock.now()):
            return run
        reserve = self._deployed.reserve(run)
        pinned = None if reserve is None else self._flows.chosen(reserve)
        if pinned is None or not pinned.accepts(run.input):
            return run
        facts = Facts(f"fallback of {run.id}", run.night, run.user, run.deadline)
        id = self._ids.new(self.clock.now())
        return await self._begin(pinned, run.input, id, facts, on_event)

    async def _begin(
        self,
        pinned: Pinned,
        input: JsonObject,
        id: RunId,
        facts: Facts,
        on_event: OnEvent | None,
    ) -> Run:
        input = own_input(input)
        if not pinned.accepts(input):
            check_input(pinned.pin, input)
        with self.store.commits.grouped():
            if self._kept:
                await asyncio.sleep(0)  # runs that start together share commits from the first on
            run = facts.run(id, pinned, input, now=self.clock.now(), seed=self.seed)
            self._flows.keep(pinned)
            self.store.runs.create_leased(run, self._owner, LEASE_SECONDS)
            recorder = Recorder(self.store, run.id, on_event, new=True)
            recorder.event("run_started", None, told_of(run))
            run = await self._execute(run, pinned, recorder, results=[])
        return await self._unless_it_came(run, on_event)

    async def resume(self, run_id: RunId | str, *, on_event: OnEvent | None = None) -> Run:
        """Go on with a run that was cut short, waited, or failed.

        Nodes that gave something, or were skipped by their condition, keep their results. In a
        run that failed, the nodes that failed and those behind them are tried again. A run that
        is done is returned as it is. Raises NotFound, and Busy while another process runs it.
        """
        ended = self.store.runs.get(run_id).state in {"failed", "cancelled"}
        run = await self._unless_it_came(await self._resume(run_id, on_event), on_event)
        return run if ended else await self._or_fallback(run, on_event)

    async def _unless_it_came(self, run: Run, on_event: OnEvent | None) -> Run:
        """What a run waits for may have come while others of its nodes were at work."""
        seen: set[tuple[str, int]] = set()
        while run.state == "waiting" and (news := arrivals(self.store, run.id) - seen):
            seen |= news
            try:
                run = await self._resume(run.id, on_event)
            except Busy:  # whoever brought it goes on with the run
                return self.store.runs.get(run.id)
        return run

    async def _resume(self, run_id: RunId | str, on_event: OnEvent | None) -> Run:
        with self.store.commits.grouped():
            run = self._take(run_id)
            if run.state == "done":
                return run
            pinned = self._flows.of(run)
            results = self._kept_results(run)
            self.store.timers.clear(run.id)
            self.store.runs.update(run.id, state="running", failure=None, finished=None)
            recorder = Recorder(self.store, run.id, on_event)
            recorder.event("run_resumed", None, {"kept": len(results)})
            return await self._execute(replace(run, state="running"), pinned, recorder, results)

    def _take(self, run_id: RunId | str) -> Run:
        """The run with the right to execute it; one that is done needs none."""
        run = self.store.runs.get(run_id)
        if run.state == "done":
            return run
        check_complete(run)
        if run.id in self._active:
            raise Busy(
                f"Run {run.id} is being executed here already.",
                hint="Await it where it was started, or cancel it.",
            )
        take(self.store, run.id, self._owner)
        run = self.store.runs.get(run_id)  # its owner may have ended it a moment ago
        if run.state == "done":
            self.store.runs.release(run.id, self._owner)
        return run

    async def cancel(self, run_id: RunId | str, why: str = "somebody asked for it.") -> Run:
        """End a run: what is under way is cancelled, down to the programs it has started.

        A run that another process executes ends within a second; the run it returns may still be
        running then. Raises NotFound.
        """
        run = self.store.runs.get(run_id)
        while (active := self._active.get(run.id)) is not None:
            active.interrupt(why)
            await active.end()
        if self.store.runs.request_cancel(run.id, why):  # it may have come to wait instead
            with contextlib.suppress(Busy):
                await self._end_idle(run.id, why)
        return self.store.runs.get(run_id)

    async def _end_idle(self, run_id: RunId, why: str) -> None:
        """Cancel a run that nobody executes."""
        with self.store.commits.grouped():
            run = self._take(run_id)
            recorder = Recorder(self.store, run.id, None)
            pinned = self._flows.of(run)
            work = self._work(run, pinned, recorder)
            work.restore(self.store.journal.results(run.id))
            conclusion = await make_frame(pinned.plan, work, "", run.input).give_up(why)
            self.store.timers.clear(run.id)  # another process may have set them
            await self._end(run, conclusion, recorder)

    async def signal(
        self, run_id: RunId | str, event: str, payload: Json = None, *, resume: bool = True
    ) -> Run:
        """Tell a run of an event from outside, and go on with it when it waits.

        The first signal of a name stands. Raises NotFound.
        """
        run = self.store.runs.get(run_id)
        self.store.signals.send(Signal(run.id, event, payload, self.clock.now()))
        active = self._active.get(run.id)
        if active is not None:
            active.look_again()
        run = self.store.runs.get(run_id)  # it may have come to wait a moment ago
        if resume and run.state == "waiting":
            with contextlib.suppress(Busy):  # another process goes on with it, and sees the signal
                return await self.resume(run.id)
        return run

    async def wake(self) -> list[Run]:
        """Go on with every run whose time has come, or whose process died in the middle of it.

        Those that another process executes are left to it.
        """
        woken: list[Run] = []
        due = self.store.timers.due(self.clock.now())
        for run_id in dict.fromkeys([*due, *orphans(self.store)]):
            if run_id not in self._active:
                with contextlib.suppress(Busy):
                    woken.append(await self.resume(run_id))
        return woken

    async def close(self) -> None:
        """Settle the audits that were begun, and give models back; may be called twice.

        Onlookers come last: what they look at is settled by then.
        """
        try:
            await self._workforce.close()
        finally:
            for onlooker in self._onlookers:
                await onlooker.close()

    # ------------------------------------------------------------------ one run

    async def _execute(
        self, run: Run, pinned: Pinned, recorder: Recorder, results: list[NodeResult]
    ) -> Run:
        work = self._work(run, pinned, recorder)
        limit = work.limit(pinned.plan.flow.timeout)
        work.restore(results)
        frame = make_frame(pinned.plan, work, "", run.input)
        active = self._active.hold(run.id, work)
        try:
            try:
                await recorder.durable()  # nothing happens that no run accounts for
                conclusion = await frame.execute(limit)
            except asyncio.CancelledError:
                if active.cancelled is None:
                    raise  # whoever awaits the run was cancelled: it can be resumed
                active.task.uncancel()
                conclusion = await frame.give_up(active.cancelled)
            return await self._end(run, conclusion, recorder)
        finally:
            recorder.close()
            self._active.let_go(active)

    def _work(self, run: Run, pinned: Pinned, recorder: Recorder) -> Work:
        return Work(
            run,
            store=self.store,
            surroundings=pinned.surroundings,
            recorder=recorder,
            make_frame=make_frame,
        )

    async def _end(self, run: Run, conclusion: Conclusion, recorder: Recorder) -> Run:
        ended = conclusion.state != "waiting"
        if not ended and run.deadline is not None:
            self.store.timers.set(Timer(run.id, "", -1, run.deadline))  # nobody need come back
        changed = replace(
            run,
            state=conclusion.state,
            output=conclusion.output,
            failure=conclusion.failure,
            finished=self.clock.now() if ended else None,
        )
        try:
            written = self.store.runs.finish(
                run.id,
                state=changed.state,
                output=changed.output,
                failure=changed.failure,
                finished=changed.finished,
                owner=self._owner,
            )
        except InputError as error:
            return await self._end(run, bad_output(error.message), recorder)
        if not written:
            raise Busy(
                f"Another process has taken run {run.id} over.",
                hint=f"Let it finish; `pantheon runs show {run.id}` follows it.",
            )
        if ended:
            self.store.timers.drop(run.id)
        else:
            self.store.timers.leave(run.id)
        facts: JsonObject = {"state": conclusion.state}
        if conclusion.failure is not None:
            facts["failure"] = conclusion.failure
        recorder.event("run_finished" if ended else "run_waiting", None, facts)
        await self._close(self._active.get(run.id), recorder)
        if ended:
            self._tell(changed)
        return changed

    def _tell(self, run: Run) -> None:
        """The answer is safe; whoever looks on must not spoil it."""
        for onlooker in self._onlookers:
            with contextlib.suppress(Exception):
                onlooker.ended(run)

    async def _close(self, active: Active | None, recorder: Recorder) -> None:
        """Return when the end is committed; whoever cancels the run meanwhile comes too late."""
        before = None if active is None else active.cancelled
        try:
            await recorder.durable()
        except asyncio.CancelledError:
            if active is None or active.cancelled == before:
                raise
            active.task.uncancel()
            await recorder.durable()
        if active is not None:
            active.ended = True

    def _kept_results(self, run: Run) -> list[NodeResult]:
        """What need not run again; in a failed run the rest is taken out of the journal."""
        results = self.store.journal.results(run.id)
        if run.state not in {"failed", "cancelled"}:
            return results
        again = {(r.node, r.index) for r in to_repeat(results)}
        self.store.journal.forget(run.id, again)
        self.store.inbox.forget_withdrawn(run.id)
        return [r for r in results if (r.node, r.index) not in again]
