"""The day: a project opened for running, its agents, and its runs from start to end."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from pantheon.agents import Agent, AgentContext, ModelRegistry, OnAudit, SpecialistModel
from pantheon.clock import Clock
from pantheon.errors import Busy, InputError, NotFound, StoreFault
from pantheon.flows._answering import Surroundings
from pantheon.flows._conclusion import Conclusion
from pantheon.flows._ending import BROKEN
from pantheon.flows._execution import Execution
from pantheon.flows._lease import LEASE_SECONDS, RENEW_SECONDS, new_owner, take
from pantheon.flows._pin import KIND, Pin, make_pin, read_pin
from pantheon.flows._plan import Plan, compile_flow
from pantheon.flows._recorder import OnEvent, Recorder
from pantheon.ids import ContentHash, JsonObject, RunId, derive_seed, new_id
from pantheon.spec import ModelDef, Project, describe_fields, validate_value
from pantheon.store import NodeResult, Run, Store

if TYPE_CHECKING:
    from pantheon.models import Budget, ChatModel, Embedder


@dataclass(frozen=True, slots=True)
class _Pinned:
    """A flow ready to run, with what its runs are pinned to."""

    pin: Pin
    plan: Plan


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
    ) -> None:
        """`models` override those of the project by name, e.g. with scripted ones.

        `budget` caps what remote models may cost while this runtime is open.
        """
        self.project = project
        self.store = store
        self.clock = clock
        self.seed = seed
        self.budget = budget
        self.models = ModelRegistry(
            project.models,
            build=self._build_model,
            overrides=models,
            exhausted=lambda: budget is not None and budget.remaining <= 0,
        )
        self.context = AgentContext(
            store=store,
            clock=clock,
            seed=seed,
            models=self.models,
            embedder=embedder,
            root=project.root,
            load_specialist=load_specialist,
            on_audit=on_audit,
        )
        self._owner = new_owner()
        self._agents: dict[str, Agent] = {}
        self._pinned_agents: dict[tuple[ContentHash, str], Agent] = {}
        self._pinned: dict[ContentHash, _Pinned] = {}
        self._current: dict[str, _Pinned] = {}
        self._runs_before: int | None = None
        self._active: set[RunId] = set()
        self._renewal: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------ public

    def agent(self, name: str) -> Agent:
        """The agent of that name, as the project defines it now. Raises NotFound."""
        if name not in self._agents:
            if name not in self.project.agents:
                known = ", ".join(self.project.agents) or "none"
                raise NotFound(f"There is no agent {name!r}.", hint=f"The agents are: {known}.")
            self._agents[name] = Agent(self.project.agents[name], self.context)
        return self._agents[name]

    async def run(
        self,
        flow: str,
        input: JsonObject,
        *,
        cause: str = "api",
        run_id: RunId | None = None,
        night: str | None = None,
        on_event: OnEvent | None = None,
    ) -> Run:
        """Run a flow to its end, or until it waits for a person.

        A node that fails is not raised: the run it returns is `failed` and names it. Raises
        NotFound (no such flow), InputError (the input breaks the flow's contract), and StoreFault
        or Busy when the journal cannot be written; the run can be resumed then.
        """
        pinned = self._pinned_now(flow)
        _check_input(pinned.pin, input)
        with self.store.commits.grouped():
            await asyncio.sleep(0)  # runs that start together share commits from the first on
            now = self.clock.now()
            run = Run(
                id=run_id or self._new_run_id(now),
                flow=flow,
                flow_hash=pinned.pin.hash,
                input=input,
                state="running",
                created=now,
                cause=cause,
                seed=self.seed,
                started=now,
                night=night,
            )
            with self.store.transaction():
                self.store.definitions.put(KIND, flow, pinned.pin.hash, pinned.pin.body)
                self.store.runs.create(run)
                take(self.store, run.id, self._owner)
            recorder = Recorder(self.store, run.id, on_event)
            recorder.event("run_started", None, {"flow": flow, "cause": cause})
            return await self._execute(run, pinned, recorder, results=[])

    async def resume(self, run_id: RunId | str, *, on_event: OnEvent | None = None) -> Run:
        """Go on with a run that was cut short, waited for a person, or failed.

        Nodes that gave something, or were skipped by their condition, keep their results. In a
        run that failed, the nodes that failed and those behind them are tried again. A run that
        is done is returned as it is. Raises NotFound, and Busy while another process runs it.
        """
        with self.store.commits.grouped():
            run = self.store.runs.get(run_id)
            if run.state == "done":
                return run
            take(self.store, run.id, self._owner)
            run = self.store.runs.get(run_id)  # its owner may have ended it a moment ago
            if run.state == "done":
                self.store.runs.release(run.id, self._owner)
                return run
            pinned = self._pinned_as(run)
            results = self._kept_results(run)
            self.store.runs.update(run.id, state="running", failure=None, finished=None)
            recorder = Recorder(self.store, run.id, on_event)
            recorder.event("run_resumed", None, {"kept": len(results)})
            return await self._execute(replace(run, state="running"), pinned, recorder, results)

    async def close(self) -> None:
        """Settle the audits that were begun, and give models back; may be called twice."""
        await self.context.settle()
        await self.models.close()

    # ------------------------------------------------------------------ one run

    async def _execute(
        self, run: Run, pinned: _Pinned, recorder: Recorder, results: list[NodeResult]
    ) -> Run:
        execution = Execution(
            run,
            pinned.plan,
            store=self.store,
            surroundings=Surroundings(
                clock=self.clock,
                functions=self.context.functions,
                agent=partial(self._agent_of, pinned.pin),
            ),
            recorder=recorder,
        )
        execution.restore(results)
        self._hold(run.id)
        try:
            conclusion = await execution.execute()
            await execution.write_unfinished(conclusion)
            return await self._end(run, conclusion, recorder)
        finally:
            self._let_go(run.id)

    async def _end(self, run: Run, conclusion: Conclusion, recorder: Recorder) -> Run:
        ended = conclusion.state != "waiting"
        finished = self.clock.now() if ended else None
        changes = {
            "state": conclusion.state,
            "output": conclusion.output,
            "failure": conclusion.failure,
            "finished": finished,
        }
        self.store.runs.update(run.id, **changes)
        facts: JsonObject = {"state": conclusion.state}
        if conclusion.failure is not None:
            facts["failure"] = conclusion.failure
        recorder.event("run_finished" if ended else "run_waiting", None, facts)
        await recorder.durable()
        return self.store.runs.get(run.id)

    def _kept_results(self, run: Run) -> list[NodeResult]:
        """What need not run again; in a failed run the rest is taken out of the journal."""
        results = self.store.journal.results(run.id)
        if run.state not in {"failed", "cancelled"}:
            return results
        again = [r for r in results if _to_be_repeated(r)]
        self.store.journal.forget(run.id, [(r.node, r.index) for r in again])
        return [r for r in results if not _to_be_repeated(r)]

    # ------------------------------------------------------------------ definitions

    def _pinned_now(self, flow: str) -> _Pinned:
        """The flow as the project defines it now."""
        if flow not in self._current:
            definition = self.project.flows.get(flow)
            if definition is None:
                known = ", ".join(self.project.flows) or "none"
                raise NotFound(f"There is no flow {flow!r}.", hint=f"The flows are: {known}.")
            self._current[flow] = _Pinned(
                make_pin(self.project, definition), compile_flow(definition)
            )
        return self._current[flow]

    def _pinned_as(self, run: Run) -> _Pinned:
        """The flow as it was when the run began; read back only if it has changed since."""
        if run.flow in self.project.flows:
            now = self._pinned_now(run.flow)
            if now.pin.hash == run.flow_hash:
                return now
        if run.flow_hash not in self._pinned:
            pin = read_pin(run.flow_hash, self.store.definitions.get(run.flow_hash))
            self._pinned[run.flow_hash] = _Pinned(pin, compile_flow(pin.flow))
        return self._pinned[run.flow_hash]

    def _agent_of(self, pin: Pin, name: str) -> Agent:
        """The agent by the definition of the pin; the project's own when that is the same."""
        definition = pin.agents.get(name)
        if definition is None or definition is self.project.agents.get(name):
            return self.agent(name)
        key = (pin.hash, name)
        if key not in self._pinned_agents:
            self._pinned_agents[key] = Agent(definition, self.context)
        return self._pinned_agents[key]

    def _build_model(self, definition: ModelDef) -> ChatModel:
        from pantheon.models import build_model

        return build_model(
            definition,
            budget=self.budget,
            clock=self.clock,
            seed=derive_seed(self.seed, "model", definition.name),
            folder=self.project.root,
        )

    def _new_run_id(self, now: float) -> RunId:
        if self._runs_before is None:
            self._runs_before = self.store.runs.count()
        self._runs_before += 1
        rng = random.Random(derive_seed(self.seed, "run", self._runs_before))
        return RunId(new_id("r", now=now, rng=rng))

    # ------------------------------------------------------------------ leases

    def _hold(self, run: RunId) -> None:
        self._active.add(run)
        if self._renewal is None:
            # The machine's own time: a lease guards against other processes, whatever the clock.
            loop = asyncio.get_running_loop()
            self._renewal = loop.call_later(RENEW_SECONDS, self._renew)

    def _renew(self) -> None:
        self._renewal = None
        for run in sorted(self._active):
            # A store that cannot be written is told by the next result, which has somebody to tell.
            with contextlib.suppress(Busy, StoreFault):
                self.store.runs.lease(run, self._owner, LEASE_SECONDS)
            self._hold(run)

    def _let_go(self, run: RunId) -> None:
        self._active.discard(run)
        if not self._active and self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        self.store.runs.release(run, self._owner)


def _check_input(pin: Pin, input: JsonObject) -> None:
    problems = validate_value(pin.flow.input, input)
    if problems:
        raise InputError(
            f"The input of flow {pin.flow.name!r} does not satisfy its contract: "
            f"{'; '.join(problems)}.",
            hint=f"It expects {describe_fields(pin.flow.input)}.",
        )


def _to_be_repeated(result: NodeResult) -> bool:
    skipped_behind = result.state == "skipped" and (result.reason or {}).get("reason") == "upstream"
    return result.state in BROKEN or skipped_behind
