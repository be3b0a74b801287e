"""A project in a store that is thrown away: agents and flows are tried, and nothing comes of it.

The project's specialists answer; remote models, programs, functions that may act and people are
withheld unless the setup says otherwise. What runs wait for in time is skipped. Memory begins as
the file says, for every attempt anew.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from pantheon.agents import EMBEDDED, Abstention, Answer, Request, TooLarge, Waiting
from pantheon.clock import Clock
from pantheon.errors import InputError
from pantheon.flows import Runtime
from pantheon.ids import JsonObject
from pantheon.models import Budget, ChatModel
from pantheon.spec import Project, Scripted
from pantheon.store import AnswerRow, MemoryWrite, Run, Store
from pantheon.trying._attempt import Attempt
from pantheon.trying._borrow import borrow_specialists
from pantheon.trying._clock import SkippingClock
from pantheon.trying._guard import Guard
from pantheon.trying._setup import Setup
from pantheon.trying._stand_ins import Records, Script, ScriptModel
from pantheon.trying._steps import Steps
from pantheon.trying._subject import Subject

if TYPE_CHECKING:
    from pantheon.agents import SpecialistModel

MOST_SKIPS = 1000
"""Times that the clock is put forward for one run: a flow that waits for ever comes to an end."""
_SCOPES = ("flow", "agent", "user")


@asynccontextmanager
async def open_sandbox(
    project: Project, setup: Setup | None = None, *, clock: Clock
) -> AsyncGenerator[Sandbox]:
    """A sandbox of a project; models are given back at its end.

    Writes nothing outside: the store is in memory, and that of the setup is only read.
    """
    setup, skipping = setup or Setup(), SkippingClock(clock)
    with Store.open(":memory:", clock=skipping, durability="memory") as store:
        if setup.source is not None:
            borrow_specialists(store, setup.source, project.agents)
        script = ScriptModel("script") if setup.answers == "script" else None
        runtime = _runtime(project, store, setup, skipping, script)
        guard = Guard(setup, Records(setup.source))
        runtime.context.between = guard
        try:
            yield Sandbox(runtime, guard, skipping, script)
        finally:
            await runtime.close()


def _runtime(
    project: Project,
    store: Store,
    setup: Setup,
    clock: SkippingClock,
    script: ScriptModel | None,
) -> Runtime:
    async def chat(name: str | None) -> ChatModel:
        return await runtime.context.local_model(name)

    def load(artifact: bytes) -> SpecialistModel:
        from pantheon.learn import load_specialist

        return load_specialist(artifact, chat=chat)

    models = dict(setup.models)
    if script is not None:
        models = dict.fromkeys([*project.models, EMBEDDED, "cloud"], script)
    runtime = Runtime(
        project,
        store,
        clock=clock,
        seed=setup.seed,
        models=models,
        load_specialist=load,
        budget=setup.budget or Budget(setup.limits.max_usd if setup.limits.cloud else 0.0),
    )
    return runtime


class Sandbox:
    """Tries agents and flows of one project; `open_sandbox` makes one."""

    def __init__(
        self, runtime: Runtime, guard: Guard, clock: SkippingClock, script: ScriptModel | None
    ) -> None:
        self.runtime = runtime
        self.project = runtime.project
        self._guard = guard
        self._clock = clock
        self._script = script
        self._store = runtime.store
        self._logged: tuple[AnswerRow, ...] = ()

    async def attempt(
        self,
        subject: Subject,
        input: JsonObject,
        *,
        version: str = "draft",
        script: Iterable[Scripted] = (),
        first: Iterable[AnswerRow] = (),
        fresh: frozenset[str] = frozenset(),
    ) -> Attempt:
        """Try one input. Never raises for what the input, a tier or a model did.

        Args:
            subject: what is tried.
            input: what it is given.
            version: what the attempt is labelled with.
            script: answers in place of models, in a sandbox whose answers come from a script.
            first: records that go before all others, in a sandbox whose answers come from records
                or from one run.
            fresh: agents of whom those records say nothing: they are not as they were then.

        Raises:
            NotFound: there is no such agent or flow.
        """
        self._begin(Script(script), first, fresh)
        spent, skipped = self._store.answers.spent(), self._clock.skipped
        started = self._clock.elapsed()
        made = await (self._ask if subject.kind == "agent" else self._run)(subject.name, input)
        return replace(
            made,
            version=version,
            cost_usd=self._store.answers.spent() - spent,
            seconds=self._clock.elapsed() - started,
            skipped_seconds=self._clock.skipped - skipped,
        )

    @property
    def taken(self) -> tuple[AnswerRow, ...]:
        """Recorded answers that were given in the last attempt, as they are in the store."""
        return tuple(self._guard.records.taken)

    @property
    def logged(self) -> tuple[AnswerRow, ...]:
        """What the last attempt at a flow left in the sandbox's own store, as a run outside does."""
        return self._logged

    def _begin(self, script: Script, first: Iterable[AnswerRow], fresh: frozenset[str]) -> None:
        self._forget()
        self._logged = ()
        self._guard.begin(script, first, fresh)
        if self._script is not None:
            self._script.script = script

    def _forget(self) -> None:
        """Every attempt begins as the first one did."""
        store = self._store
        store.cache.clear()
        for scope in _SCOPES:
            for owner in store.memory.owners(scope):
                for name in store.memory.names(scope, owner):
                    store.memory.set(MemoryWrite(scope, owner, name, None, self._clock.now()))

    # ------------------------------------------------------------------ an agent

    async def _ask(self, name: str, input: JsonObject) -> Attempt:
        agent, request = self.runtime.agent(name), Request()
        try:
            async with agent.slot(request):
                outcome = await agent.answer(input, request)
        except TooLarge as error:
            return self._unanswered(name, input, (), str(error.reason), error.detail)
        if isinstance(outcome, Answer):
            step = Steps(self._store, self._guard.asked).of_answer(outcome.id, name)
            notes = self._notes([step.tier], name)
            done = Attempt("agent", name, "", input, "done", outcome.output, None, (step,))
            return replace(done, notes=notes)
        if isinstance(outcome, Waiting):
            return self._unanswered(name, input, outcome.tried, "cancelled", "A person is asked.")
        return self._unanswered(name, input, outcome.tried, outcome.reason.value, outcome.message)

    def _unanswered(
        self, name: str, input: JsonObject, tried: Iterable[Abstention], reason: str, message: str
    ) -> Attempt:
        failure: JsonObject = {"reason": reason, "message": message, "node": None}
        rows = [{**asdict(one), "reason": one.reason.value} for one in tried]
        why: JsonObject = {"reason": reason, "message": message}
        step = Steps(self._store, self._guard.asked).of_nobody(name, rows, why)
        return Attempt("agent", name, "", input, "failed", None, failure, (step,))

    # ------------------------------------------------------------------ a flow

    async def _run(self, name: str, input: JsonObject) -> Attempt:
        try:
            run = await self._to_its_end(await self.runtime.run(name, input, cause="try"))
        except InputError as error:
            failure: JsonObject = {"reason": "invalid_input", "message": error.message}
            return Attempt("flow", name, "", input, "failed", None, {**failure, "node": None})
        self._logged = tuple(self._store.answers.list(run=run.id))
        steps = Steps(self._store, self._guard.asked).of_run(run.id)
        state = run.state if run.state in ("done", "waiting") else "failed"
        notes = [
            note for step in steps if step.agent for note in self._notes([step.tier], step.agent)
        ]
        return Attempt(
            "flow",
            name,
            "",
            input,
            state,
            run.output,
            run.failure,
            steps,
            notes=tuple(dict.fromkeys(notes)),
        )

    async def _to_its_end(self, run: Run) -> Run:
        """Put the clock forward to whatever time a run waits for."""
        for _ in range(MOST_SKIPS):
            timers = self._store.timers.of(run.id) if run.state == "waiting" else []
            if not timers:
                return run
            self._clock.skip_to(timers[0].due)
            run = await self.runtime.resume(run.id)
        return run

    def _notes(self, tiers: Iterable[str | None], agent: str) -> tuple[str, ...]:
        """What would be otherwise outside: a promise sends a prompt's requests to the cloud."""
        definition = self.runtime.agent(agent).definition
        if self._guard.setup.answers != "models" or self._guard.setup.limits.cloud:
            return ()
        kinds = [tier.kind for tier in definition.tiers]
        if definition.promise is None or "cloud" not in kinds or "prompt" not in tiers:
            return ()
        told = f"{agent}: a prompt answered because the cloud is off; with it the cloud is asked, "
        return (f"{told}as no evidence covers a prompt yet.",)
