"""Running a plan: a node starts the moment what it needs is there.

A chain is followed by direct calls; tasks are made only where several nodes become ready at once.
What a node came to is committed before anything that depends on it starts. A flow inside a node is
a frame of its own, with a path of its own in the journal.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import cast

from pantheon.agents import Reason
from pantheon.errors import Busy, StoreFault
from pantheon.flows._answering import Answering, given_instead
from pantheon.flows._arrivals import holds
from pantheon.flows._conclusion import Conclusion, conclude, interrupted
from pantheon.flows._ending import (
    Ending,
    due_of,
    failed,
    message_of,
    not_needed,
    past,
    skipped,
)
from pantheon.flows._groups import first_of
from pantheon.flows._merging import Sources
from pantheon.flows._plan import Plan, Step
from pantheon.flows._repeating import Repeating
from pantheon.flows._subflow import run_flow_of
from pantheon.flows._timers import Timers
from pantheon.flows._waiting import pause
from pantheon.flows._work import Work
from pantheon.ids import Json, JsonObject
from pantheon.spec import ExpressionFault

MOST_AT_ONCE = 1024
"""Nodes of one flow that are at work at the same time; more would only wait in memory."""
_TURN = 64
"""Nodes that may follow each other before others on the loop get their turn."""


class Stop(Exception):
    """Internal: a node failed whose failure ends the run at once."""


class Frame:
    """One flow being run: that of the run, or one inside a node."""

    def __init__(self, plan: Plan, work: Work, *, path: str, input: JsonObject) -> None:
        self.plan = plan
        self.work = work
        self.path = path
        self.scope: dict[str, Json] = {"input": input}
        self.endings: dict[str, Ending] = {}
        self.items: dict[str, dict[int, Ending]] = {}
        self.answering = Answering(
            plan,
            work.around,
            work.recorder,
            work.run,
            path=path,
            deadline=work.deadline,
            run_flow=lambda node, given, at: run_flow_of(self, node, given, at),
        )
        self._steps = plan.steps
        self._now = work.clock.now
        self._missing = dict(plan.missing)
        self._begun: set[str] = set()
        self._timers = Timers(
            work, plan.steps, self.endings, path=path, go_on=self._out_of_patience
        )
        self._followers = 0
        self._queue: deque[Step] = deque()
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._unneeded: dict[str, str] = {}
        self._stopped: str | None = None
        self._tasks: asyncio.TaskGroup | None = None
        if plan.flow.context:
            work.bus.declare(plan)
            self.scope["context"] = work.bus.context

    # ------------------------------------------------------------------ the frame

    def restore(self) -> None:
        """Take over what an earlier process left."""
        if not self.work.results:
            return
        for name in self._steps:
            known = dict(self.work.results.get(self.path + name, {}))
            ending = known.pop(-1, None)
            self.items[name] = known
            if ending is not None:
                self._note(name, ending)
                if self._steps[name].node.on_error == "stop" and ending.broken:
                    self._stopped = name

    async def execute(self, limit: float | None = None) -> Conclusion:
        """Run all that can run. Raises StoreFault or Busy when it cannot be written down."""
        self._timers.find_overdue()
        ready = self._claim_again() if self.endings else self._claim(self.plan.roots)
        out_of_time = False
        self.work.frames.add(self)
        try:
            async with asyncio.timeout(limit):
                await self._run_all(ready)
        except TimeoutError:
            out_of_time = True
        finally:
            self.work.frames.discard(self)
        conclusion = await self.conclude(out_of_time=out_of_time or self.work.out_of_time)
        if conclusion.state == "waiting" and self._timers.pending:
            for name, ending in self._timers.hand_over():
                self.endings[name] = ending
                self.write(name, ending, started=self._now())
            await self.work.recorder.durable()
        return conclusion

    async def give_up(self, why: str) -> Conclusion:
        """Somebody cancelled the run: what has no end yet is cancelled."""
        self.work.withdraw()
        return await self._write_unfinished(interrupted(self.plan, self.endings, why))

    async def conclude(self, *, out_of_time: bool) -> Conclusion:
        """What it comes to; every node that will not run any more gets its one typed state."""
        conclusion = conclude(
            self.plan, self.scope, self.endings, out_of_time=out_of_time, stopped=self._stopped
        )
        return await self._write_unfinished(conclusion)

    async def _write_unfinished(self, conclusion: Conclusion) -> Conclusion:
        for name, ending in (conclusion.unfinished or {}).items():
            self.write(name, ending, started=self._now())
        if conclusion.unfinished:
            await self.work.recorder.durable()
        return conclusion

    async def _run_all(self, ready: list[Step]) -> None:
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._followers = 1
                self._timers.resume(self._tasks)
                await self._follow(ready)
                self._followed()
        except BaseExceptionGroup as group:
            # Siblings were only cancelled because of the first; it says what happened.
            first = first_of(group)
            if not isinstance(first, Stop):
                raise first from None

    async def _follow(self, ready: list[Step]) -> None:
        """Go on with the first, in a task of its own for each of the others."""
        followed = 0
        while ready:
            step, *others = ready
            if others:
                self._spawn(others)
            if self.work.deadline is not None and self.work.is_late():
                return
            ending = await self._perform(step)
            if ending is None:
                return
            self._note(step.node.name, ending)
            if ending.state == "waiting":
                self._hold_on(step.node.name, ending)
                return
            ready = self._claim(step.targets)
            followed += 1
            if not followed % _TURN:
                await asyncio.sleep(0)

    def _hold_on(self, name: str, ending: Ending) -> None:
        """A node waits. While others are at work its time runs here; then the store has it."""
        self._begun.discard(name)
        self.work.waits = True
        due = due_of(ending)
        if due is not None:
            self._timers.start(name, due)

    def look_again(self, arrived: Collection[str]) -> None:
        """What nodes wait for has come (paths): go on with them and with what they are inside of.

        A frame in which nobody is at work ends anyway, and the run looks again then.
        """
        if not self._followers or self._tasks is None:
            return
        held = [name for name, ending in self.endings.items() if ending.state == "waiting"]
        ready = self._claim(name for name in held if holds(self.path + name, arrived))
        if ready:
            self._spawn(ready)

    def _spawn(self, steps: list[Step]) -> None:
        """Follow each in a task of its own, up to a bound; a task counts as a writer."""
        assert self._tasks is not None
        self._queue.extend(steps)
        for _ in range(min(len(steps), MOST_AT_ONCE - self._followers)):
            task = self._tasks.create_task(self._drain())
            self._followers += 1
            self.work.commits.fork(1)
            # Not in the task itself: one that is cancelled before it begins runs no `finally`.
            task.add_done_callback(self._joined)

    async def _drain(self) -> None:
        """Follow one after the other until none is left."""
        while self._queue:
            await self._follow([self._queue.popleft()])

    def _joined(self, task: asyncio.Task[None]) -> None:
        self.work.commits.join()
        self._followed()

    def _followed(self) -> None:
        """Somebody came to an end of the way; when nobody is left, no timer must hold the run."""
        self._followers -= 1
        if not self._followers:
            self._timers.stop_all()

    # ------------------------------------------------------------------ who is next

    def _note(self, name: str, ending: Ending) -> None:
        """Let those who wait for a node see how it ended; only after that is committed."""
        self.endings[name] = ending
        if ending.state == "waiting":
            return
        step = self._steps[name]
        if ending.state == "ok":
            self.scope[name] = ending.output
        elif step.node.on_error == "continue" and ending.broken:
            self.scope[name] = None
        missing = self._missing
        for target in step.targets:
            missing[target] -= 1

    def _claim(self, names: Iterable[str]) -> list[Step]:
        """Those that can start now; each is claimed once."""
        steps = [self._steps[name] for name in names if self._may_start(name)]
        for step in steps:
            self._begun.add(step.node.name)
            if step.early:
                self._timers.stop(step.node.name)
        return steps

    def _claim_again(self) -> list[Step]:
        """Those that an earlier process left; it may have died before it ended the others."""
        if self._stopped is not None:
            return []
        for name, step in self._steps.items():
            if step.spares and name in self.endings and self.endings[name].final:
                self._spare(step)
        return self._claim(self._steps)

    def _may_start(self, name: str) -> bool:
        ending = self.endings.get(name)
        if name in self._begun or (ending is not None and ending.state != "waiting"):
            return False
        step = self._steps[name]
        if not self._missing[name]:
            return True
        return step.early and self.sources(step).outcome() is not None

    def sources(self, step: Step) -> Sources:
        """What is known of the sources of a merge."""
        assert step.node.merge is not None
        over = self._timers.is_over(step.node.name)
        return Sources(step.node.merge, self.endings, self.scope, over=over)

    # ------------------------------------------------------------------ one node

    async def _perform(self, step: Step) -> Ending | None:
        """Bring a node to its end and write it down; None when the run's time was over before."""
        started, name = self._now(), step.node.name
        ending = self.not_to_run(step)
        if ending is None:
            if step.timed:
                self._timers.begin(step.timed, self._begun)
            ending = await (self.do(step) if step.cancellable else self._do(step, -1))
        if ending is None:
            return None
        self.write(name, ending, started=started)
        try:
            await self.work.recorder.durable()
        except asyncio.CancelledError:
            self.endings[name] = ending  # it is written: whoever ends the run writes no other
            raise
        if step.spares:
            self._spare(step)
        if step.node.on_error == "stop" and ending.broken:
            self.endings[name] = ending
            self._stopped = name
            raise Stop
        return ending

    async def do(self, step: Step, *, index: int = -1) -> Ending | None:
        """Do what the node is for; cancellable when some merge may do without it."""
        if not step.cancellable:
            return await self._do(step, index)
        name = step.node.name
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._at_work[name] = task
        try:
            return await self._do(step, index)
        except asyncio.CancelledError:
            if name not in self._unneeded:
                raise
            task.uncancel()
            return not_needed(self._unneeded[name])
        finally:
            self._at_work.pop(name, None)

    async def _do(self, step: Step, index: int) -> Ending | None:
        node = step.node
        if node.merge is not None:
            return self.sources(step).outcome() or skipped(Reason.UPSTREAM, "It is undecided.")
        self.work.recorder.started(self.path + node.name if self.path else node.name, index)
        try:
            if step.plain and index < 0:
                ending = await self.answering.answer_plainly(node, self.scope)
            else:
                ending = await self._do_at_length(step, index)
        except (Busy, StoreFault):
            raise
        except Exception as error:  # noqa: BLE001  a defect here is told like any other failure
            return failed(Reason.CRASHED, f"The engine failed: {type(error).__name__}: {error}")
        return ending

    async def _do_at_length(self, step: Step, index: int) -> Ending | None:
        node = step.node
        scope = self.seen_by(step)
        resumed = self.endings.get(node.name) if index < 0 else self.items[node.name].get(index)
        if node.wait is not None:
            ending = pause(self.work, step.node, scope, path=self.path + node.name, index=index)
        elif node.map is not None or node.loop is not None:
            ending = await self.repeat(step, scope, index)
        else:
            ending = await self.answering.answer(node, scope, index=index, resumed=resumed)
        if ending is not None and node.writes and ending.gave:
            path = self.path + node.name
            ending = self.work.bus.shared(self.plan, node, ending, scope, path=path, index=index)
        return ending if ending is None else given_instead(node, ending)

    async def repeat(self, step: Step, scope: Mapping[str, Json], index: int) -> Ending | None:
        """Do a node for every item, or round after round."""
        assert index < 0, "only a tree does a node more than once"
        return await Repeating(self, step, scope).run()

    def seen_by(self, step: Step) -> dict[str, Json]:
        """What the expressions of a node may read."""
        if not self.plan.reads_memory:
            return self.scope
        return {**self.scope, "memory": self.work.bus.remembered(step.node.agent)}

    def not_to_run(self, step: Step) -> Ending | None:
        """Why a node must not run, if so."""
        scope = self.scope
        if step.cancellable and step.node.name in self._unneeded:
            return not_needed(self._unneeded[step.node.name])
        if step.stands_in_for:
            names = ", ".join(repr(name) for name in step.stands_in_for)
            return skipped(Reason.CONDITION, f"It only stands in for {names}.")
        for name in step.condition_needs:
            if name not in scope:
                return self._upstream(name)
        if step.node.when is not None:
            try:
                if step.node.when.evaluate(self.seen_by(step)) is not True:
                    message = f"`{step.node.when.source}` is not true."
                    return skipped(Reason.CONDITION, message)
            except ExpressionFault as fault:
                return failed(Reason.INVALID_INPUT, fault.message)
        for name in step.needs:
            if name not in scope:
                return self._upstream(name)
        return None

    def _upstream(self, name: str) -> Ending:
        """Skipped, with the first cause: that of the node it would have read from."""
        ending = self.endings.get(name)
        if ending is None:
            return skipped(Reason.UPSTREAM, f"{name!r}, which it needs, has not run.", node=name)
        said = message_of(ending.reason)
        message = f"{name!r}, which it needs, was {past(ending)}: {said}"
        return skipped(Reason.UPSTREAM, message, node=name)

    def write(self, name: str, ending: Ending, *, started: float, index: int = -1) -> None:
        """Put a result into the journal; the next commit makes it last."""
        path = self.path + name if self.path else name
        self.work.recorder.result(path, index, ending, started=started)
        if self.work.watchers:
            self.work.changed()

    # ------------------------------------------------------------------ merges

    async def _out_of_patience(self, name: str) -> None:
        """The time of a merge is over: it goes on with what is there."""
        self._followers += 1
        self.work.commits.fork(1)
        try:
            await self._follow(self._claim([name]))
        finally:
            self.work.commits.join()
            self._followed()

    def _spare(self, merge: Step) -> None:
        """End what only this merge needed: what runs is cancelled, the rest is not begun."""
        name = merge.node.name
        late = self._timers.is_over(name)
        why = f"The merge {name!r} " + ("waited no longer." if late else "had what it wanted.")
        for name in sorted(merge.spares):
            if name in self.endings and self.endings[name].final:
                continue
            self._unneeded[name] = why
            if name in self._at_work:
                self._at_work[name].cancel()
            elif name not in self._begun:
                self._begun.add(name)
                if name in self.endings:
                    self.work.withdraw(self.path + name)
                ending = not_needed(why)
                self.write(name, ending, started=self._now())
                self._note(name, ending)
