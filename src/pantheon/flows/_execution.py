"""Running a plan: a node starts the moment what it needs is there.

A chain is followed by direct calls; tasks are made only where several nodes become ready at once.
What a node came to is committed before anything that depends on it starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from pantheon.agents import Reason
from pantheon.errors import Busy, StoreFault
from pantheon.flows._answering import Answering, Surroundings
from pantheon.flows._conclusion import Conclusion, conclude
from pantheon.flows._ending import Ending, failed, message_of, skipped
from pantheon.flows._mapping import combine, list_to_map
from pantheon.flows._plan import Plan, Step
from pantheon.flows._recorder import Recorder
from pantheon.ids import Json
from pantheon.spec import ExpressionFault
from pantheon.store import NodeResult, Run, Store


class Execution:
    """One run in this process, from where the journal says it is."""

    def __init__(
        self, run: Run, plan: Plan, *, store: Store, surroundings: Surroundings, recorder: Recorder
    ) -> None:
        self._run = run
        self._plan = plan
        self._store = store
        self._clock = surroundings.clock
        self._recorder = recorder
        self._answering = Answering(plan, surroundings, recorder, run=run.id, seed=run.seed)
        self._scope: dict[str, Json] = {"input": run.input}
        self._endings: dict[str, Ending] = {}
        self._items: dict[str, dict[int, Ending]] = {}
        self._missing = {name: len(step.sources) for name, step in plan.steps.items()}
        self._begun: set[str] = set()
        self._deadline: float | None = None
        self._out_of_time = False
        self._tasks: asyncio.TaskGroup | None = None

    # ------------------------------------------------------------------ the run

    def restore(self, results: list[NodeResult]) -> None:
        """Take over what the journal holds: those nodes and items do not run again."""
        for result in results:
            ending = Ending(result.state, result.output, result.reason, result.attempts)
            if result.index >= 0:
                self._items.setdefault(result.node, {})[result.index] = ending
            elif result.node in self._plan.steps:
                self._note(result.node, ending)

    async def execute(self) -> Conclusion:
        """Run all that can run. Raises StoreFault or Busy when it cannot be written down."""
        ready = self._claim(self._plan.steps)
        limit = self._plan.flow.timeout
        self._deadline = None if limit is None else self._clock.elapsed() + limit
        try:
            async with asyncio.timeout(limit):
                await self._run_all(ready)
        except TimeoutError:
            self._out_of_time = True
        return conclude(self._plan, self._scope, self._endings, out_of_time=self._out_of_time)

    async def write_unfinished(self, conclusion: Conclusion) -> None:
        """Give every node that will not run any more its one typed state."""
        for name, ending in (conclusion.unfinished or {}).items():
            self._write(name, ending, started=self._clock.now())
        await self._recorder.durable()

    async def _run_all(self, ready: list[Step]) -> None:
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._follow(ready)
        except BaseExceptionGroup as group:
            # Siblings were only cancelled because of the first; it says what happened.
            raise _first(group) from None

    async def _follow(self, ready: list[Step]) -> None:
        """Go on with the first, in a task of its own for each of the others."""
        while ready:
            step, *others = ready
            if others:
                self._spawn(others)
            if self._is_late():
                return
            ending = await self._perform(step)
            if ending is None:
                return
            self._note(step.node.name, ending)
            ready = [] if ending.state == "waiting" else self._claim(step.targets)

    def _spawn(self, steps: list[Step]) -> None:
        """Follow each in a task of its own, counted as a writer until it is gone."""
        assert self._tasks is not None
        for step in steps:
            task = self._tasks.create_task(self._follow([step]))
            self._store.commits.fork(1)
            # Not in the task itself: one that is cancelled before it begins runs no `finally`.
            task.add_done_callback(self._joined)

    def _joined(self, task: asyncio.Task[None]) -> None:
        self._store.commits.join()

    def _is_late(self) -> bool:
        """By the clock of the run; the loop's own timer does not know of a simulated one."""
        late = self._deadline is not None and self._clock.elapsed() > self._deadline
        self._out_of_time = self._out_of_time or late
        return late

    # ------------------------------------------------------------------ who is next

    def _note(self, name: str, ending: Ending) -> None:
        """Let those who wait for a node see how it ended; only after that is committed."""
        self._endings[name] = ending
        if ending.state == "waiting":
            return
        if ending.gave:
            self._scope[name] = ending.output
        for target in self._plan.steps[name].targets:
            self._missing[target] -= 1

    def _claim(self, names: Iterable[str]) -> list[Step]:
        """Those that can start now; each is claimed once."""
        steps = [self._plan.steps[name] for name in names if self._may_start(name)]
        self._begun.update(step.node.name for step in steps)
        return steps

    def _may_start(self, name: str) -> bool:
        ending = self._endings.get(name)
        if name in self._begun or (ending is not None and ending.state != "waiting"):
            return False
        step = self._plan.steps[name]
        return not self._missing[name] or (
            step.takes_first and self._first_source(step) is not None
        )

    def _first_source(self, step: Step) -> str | None:
        """The first source, in the order written, that gave something; None while undecided."""
        assert step.node.merge is not None
        for source in step.node.merge.sources:
            ending = self._endings.get(source)
            if ending is None or ending.state == "waiting":
                return None
            if ending.gave:
                return source
        return None

    # ------------------------------------------------------------------ one node

    async def _perform(self, step: Step) -> Ending | None:
        """Bring a node to its end and write it down; None when the run's time was over before."""
        started, name = self._clock.now(), step.node.name
        ending = self._not_to_run(step)
        if ending is None and step.node.merge is not None:
            ending = self._merge(step)
        if ending is None:
            self._recorder.event("node_started", name, {})
            ending = await self._answer(step)
        if ending is not None:
            self._write(name, ending, started=started)
            await self._recorder.durable()
        return ending

    def _not_to_run(self, step: Step) -> Ending | None:
        """Why a node must not run, if so."""
        if step.stands_in_for:
            names = ", ".join(repr(name) for name in step.stands_in_for)
            return skipped(Reason.CONDITION, f"It only stands in for {names}.")
        missing = self._gave_nothing(step.condition_needs)
        if missing:
            return self._upstream(missing)
        if step.node.when is not None:
            try:
                if step.node.when.evaluate(self._scope) is not True:
                    message = f"`{step.node.when.source}` is not true."
                    return skipped(Reason.CONDITION, message)
            except ExpressionFault as fault:
                return failed(Reason.INVALID_INPUT, fault.message)
        missing = self._gave_nothing(step.needs)
        return self._upstream(missing) if missing else None

    def _gave_nothing(self, names: tuple[str, ...]) -> str | None:
        return next((name for name in names if name not in self._scope), None)

    def _upstream(self, name: str) -> Ending:
        """Skipped, with the first cause: that of the node it would have read from."""
        ending = self._endings[name]
        said = message_of(ending.reason)
        message = f"{name!r}, which it needs, was {_past(ending)}: {said}"
        return skipped(Reason.UPSTREAM, message, node=name)

    def _merge(self, step: Step) -> Ending:
        assert step.node.merge is not None
        sources = step.node.merge.sources
        if step.takes_first:
            first = self._first_source(step)
            if first is not None:
                return Ending("ok", self._scope[first], note={"took": first})
            return skipped(Reason.UPSTREAM, f"None of {', '.join(sources)} gave anything.")
        missing = self._gave_nothing(sources)
        if missing:
            return self._upstream(missing)
        return Ending("ok", {source: self._scope[source] for source in sources})

    async def _answer(self, step: Step) -> Ending | None:
        try:
            if step.node.map is not None:
                return await self._map(step)
            return await self._answering.answer(
                step.node, self._scope, resumed=self._endings.get(step.node.name)
            )
        except (Busy, StoreFault):
            raise
        except Exception as error:  # noqa: BLE001  a defect here is told like any other failure
            return failed(Reason.CRASHED, f"The engine failed: {type(error).__name__}: {error}")

    def _write(self, name: str, ending: Ending, *, started: float, index: int = -1) -> None:
        """Put a result into the journal; the next commit makes it last."""
        result = NodeResult(
            run=self._run.id,
            node=name,
            index=index,
            state=ending.state,
            output=ending.output,
            reason=ending.reason,
            attempts=ending.attempts,
            started=started,
            finished=self._clock.now(),
        )
        self._recorder.result(result, ending.note)

    # ------------------------------------------------------------------ maps

    async def _map(self, step: Step) -> Ending | None:
        """Answer every item, some at once; finished items are kept whatever the others do."""
        items = list_to_map(step.node, self._scope)
        if isinstance(items, Ending):
            return items
        known = self._items.setdefault(step.node.name, {})
        todo = iter([i for i in range(len(items)) if not _is_final(known.get(i))])
        workers = min(step.node.concurrency, len(items))
        self._store.commits.fork(workers)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work(step, items, todo, known))
        except BaseExceptionGroup as error:
            raise _first(error) from None
        finally:
            for _ in range(workers):
                self._store.commits.join()
        return None if self._out_of_time else combine([known[i] for i in range(len(items))])

    async def _work(
        self, step: Step, items: list[Json], todo: Iterator[int], known: dict[int, Ending]
    ) -> None:
        """One of the workers that share the items of a map."""
        for index in todo:
            if self._is_late():
                return
            started = self._clock.now()
            scope: Mapping[str, Json] = {
                **{root: self._scope.get(root) for root in step.roots},
                "item": items[index],
            }
            ending = await self._answering.answer(
                step.node, scope, index=index, resumed=known.get(index)
            )
            known[index] = ending
            self._write(step.node.name, ending, started=started, index=index)
            await self._recorder.durable()


def _is_final(ending: Ending | None) -> bool:
    return ending is not None and ending.state != "waiting"


def _past(ending: Ending) -> str:
    words = {"timed_out": "too late", "failed": "unsuccessful", "abstained": "left unanswered"}
    return words.get(ending.state, ending.state)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
