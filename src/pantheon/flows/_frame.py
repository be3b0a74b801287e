"""One flow being run: what its nodes see, whether they may run, what they do, how it all ends.

Which node comes next is told by the kinds of frames: `_graph_frame` follows what nodes read,
`_tree_frame` walks a behaviour tree. A flow inside a node is a frame of its own, with a path of its
own in the journal.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

from pantheon.agents import Reason, is_cancelled
from pantheon.errors import Busy, InputError, StoreFault
from pantheon.flows._answering import Answering, given_instead
from pantheon.flows._conclusion import Conclusion, conclude, interrupted
from pantheon.flows._ending import (
    Ending,
    failed,
    message_of,
    past,
    skipped,
)
from pantheon.flows._merging import Sources
from pantheon.flows._plan import Plan, Step
from pantheon.flows._repeating import Repeating
from pantheon.flows._subflow import run_flow_of
from pantheon.flows._waiting import pause
from pantheon.flows._work import Work
from pantheon.ids import Json, JsonObject
from pantheon.spec import ExpressionFault


class Stop(Exception):
    """Internal: a node failed whose failure ends the run at once."""


class Frame(ABC):
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
        self._stopped: str | None = None
        if plan.flow.context:
            work.bus.declare(plan)
            self.scope["context"] = work.bus.context

    # ------------------------------------------------------------------ the frame

    @abstractmethod
    def restore(self) -> None:
        """Take over what an earlier process left."""

    @abstractmethod
    async def execute(self, limit: float | None = None) -> Conclusion:
        """Run all that can run. Raises StoreFault or Busy when it cannot be written down."""

    @abstractmethod
    def look_again(self, arrived: Collection[str]) -> None:
        """What nodes wait for has come (paths): go on with them and with what they are inside of.

        A frame that cannot do so while it is executed leaves it to the next resume.
        """

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

    # ------------------------------------------------------------------ one node

    async def do(self, step: Step, *, index: int = -1) -> Ending | None:
        """Do what the node is for; None when the run's time was over before."""
        return await self._do(step, index)

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
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled(error):
                raise
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

    def sources(self, step: Step) -> Sources:
        """What is known of the sources of a merge."""
        assert step.node.merge is not None
        return Sources(step.node.merge, self.endings, self.scope)

    def not_to_run(self, step: Step) -> Ending | None:
        """Why a node must not run, if so."""
        scope = self.scope
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

    def write(self, name: str, ending: Ending, *, started: float, index: int = -1) -> Ending:
        """Put a result into the journal; the next commit makes it last.

        What JSON cannot carry fails its node; given back is what was written.
        """
        path = self.path + name if self.path else name
        try:
            self.work.recorder.result(path, index, ending, started=started)
        except InputError as error:
            ending = failed(Reason.INVALID_OUTPUT, error.message, attempts=ending.attempts)
            self.work.recorder.result(path, index, ending, started=started)
        if self.work.watchers:
            self.work.changed()
        return ending
