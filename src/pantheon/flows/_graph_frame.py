"""Following a graph: a node starts the moment what it needs is there.

A chain is followed by direct calls; tasks are made only where several nodes become ready at once.
What a node came to is committed before anything that depends on it starts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from typing import cast

from pantheon.flows._arrivals import holds
from pantheon.flows._conclusion import Conclusion
from pantheon.flows._ending import Ending, due_of, without
from pantheon.flows._frame import Frame, Stop
from pantheon.flows._groups import first_of
from pantheon.flows._merging import Arrived, Sources
from pantheon.flows._plan import Plan, Step
from pantheon.flows._timers import Timers
from pantheon.flows._work import Work
from pantheon.ids import JsonObject

MOST_AT_ONCE = 1024
"""Nodes of one flow that are at work at the same time; more would only wait in memory."""
_TURN = 64
"""Nodes that may follow each other before others on the loop get their turn."""


class GraphFrame(Frame):
    """A frame whose nodes start when what they read is there."""

    def __init__(self, plan: Plan, work: Work, *, path: str, input: JsonObject) -> None:
        super().__init__(plan, work, path=path, input=input)
        self._missing = dict(plan.missing)
        self._begun: set[str] = set()
        self._timers = Timers(
            work, plan.steps, self.endings, path=path, go_on=self._out_of_patience
        )
        self._followers = 0
        self._drains = 0
        self._queue: deque[Step] = deque()
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._unneeded: dict[str, Ending] = {}
        self._arrived: dict[str, Arrived] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def restore(self) -> None:
        if not self.work.results:
            return
        ended: list[tuple[int, str, Ending]] = []
        for name in self._steps:
            known = dict(self.work.results.get(self.path + name, {}))
            ending = known.pop(-1, None)
            self.items[name] = known
            if ending is not None:
                ended.append((self.work.order.get(self.path + name, 0), name, ending))
        for _, name, ending in sorted(ended, key=lambda known: known[0]):
            self._note(name, ending)
            if self._steps[name].node.on_error == "stop" and ending.broken:
                self._stopped = name

    async def execute(self, limit: float | None = None) -> Conclusion:
        self._timers.find_overdue()
        ready = self._claim_again() if self.endings else self._claim(self.plan.roots)
        out_of_time = False
        self.work.frames.add(self)
        try:
            if limit is None:
                await self._run_all(ready)
            else:
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
        for _ in range(min(len(steps), MOST_AT_ONCE - self._drains)):
            task = self._tasks.create_task(self._drain())
            self._drains += 1
            self._followers += 1
            self.work.commits.fork(1)
            # Not in the task itself: one that is cancelled before it begins runs no `finally`.
            task.add_done_callback(self._joined)

    async def _drain(self) -> None:
        """Follow one after the other until none is left."""
        done = 0
        while self._queue:
            await self._follow([self._queue.popleft()])
            done += 1
            if not done % _TURN or len(self._queue) > self._drains:
                await asyncio.sleep(0)
        # Here, not when the task has gone: whoever spawns counts on those who will look again.
        self._drains -= 1

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
        if self._arrived:
            for target in step.targets:
                if target in self._arrived:
                    self._arrived[target].add(name)

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
        if not step.early or not all(self._is_over(other) for other in step.firm):
            return False
        return self.sources(step).outcome() is not None

    def _is_over(self, name: str) -> bool:
        return name in self.endings and self.endings[name].final

    def sources(self, step: Step) -> Sources:
        assert step.node.merge is not None
        over = self._timers.is_over(step.node.name)
        arrived = self._arrived.get(step.node.name)
        if arrived is None:
            arrived = self._arrived[step.node.name] = Arrived(step.node.merge, self.endings)
        return Sources(step.node.merge, self.endings, self.scope, over=over, arrived=arrived)

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
        ending = self.write(name, ending, started=started)
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
        """Cancellable when some merge may do without it."""
        if not step.cancellable:
            return await self._do(step, index)
        name = step.node.name
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._at_work[name] = task
        before = task.cancelling()
        try:
            return await self._do(step, index)
        except asyncio.CancelledError:
            # The merge's own cancellation is taken back; somebody else's may have come with it.
            if name not in self._unneeded or task.uncancel() > before:
                raise
            self.work.withdraw(self.path + name)
            return self._unneeded[name]
        finally:
            self._at_work.pop(name, None)

    def not_to_run(self, step: Step) -> Ending | None:
        if step.cancellable and step.node.name in self._unneeded:
            return self._unneeded[step.node.name]
        return super().not_to_run(step)

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
        late = self._timers.is_over(merge.node.name)
        ending = without(merge.node.name, late=late)
        for name in sorted(merge.spares):
            if name in self.endings and self.endings[name].final:
                continue
            if name in self._unneeded:
                continue  # another merge has ended it: a second cancellation would end the run
            self._unneeded[name] = ending
            if name in self._at_work:
                self._at_work[name].cancel()
            elif name not in self._begun:
                self._begun.add(name)
                if name in self.endings:
                    self.work.withdraw(self.path + name)
                self.write(name, ending, started=self._now())
                self._note(name, ending)
