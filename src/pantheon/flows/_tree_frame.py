"""A flow with a behaviour tree: the tree decides which node runs when; what a node reads and does
is its own.

Nodes run when the walk comes to their leaf, each time with a result of its own. After a crash or a
pause the tree is walked again from the top: what has a result is not done again, and decisions come
out as they did.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import replace
from typing import cast

from pantheon.agents import Reason
from pantheon.flows._conclusion import Conclusion, conclude, interrupted
from pantheon.flows._ending import Ending, cancelled, message_of, skipped
from pantheon.flows._frame import Frame, Stop
from pantheon.flows._graph_frame import GraphFrame
from pantheon.flows._merging import Sources
from pantheon.flows._plan import Plan, Step
from pantheon.flows._repeating import Repeating
from pantheon.flows._tree_budget import is_spent, spent
from pantheon.flows._tree_cut import Cut, Why
from pantheon.flows._tree_journal import Decisions
from pantheon.flows._tree_parts import Part, Verdict, Way, compile_tree
from pantheon.flows._tree_walk import Walk
from pantheon.flows._work import Work
from pantheon.ids import Json, JsonObject
from pantheon.spec import Expression, ExpressionFault

_TURN = 64
"""Visits that may follow each other before others on the loop get their turn."""


class _OutOfTime(Exception):
    """Internal: the run's time was over before a node began or ended."""


class TreeFrame(Frame):
    """One flow with a tree being run."""

    def __init__(self, plan: Plan, work: Work, *, path: str, input: JsonObject) -> None:
        super().__init__(plan, work, path=path, input=input)
        assert plan.flow.tree is not None
        self.items = {name: {} for name in plan.steps}
        self.decisions = Decisions(work, path)
        self._root = compile_tree(plan.flow.tree)
        self._walk = Walk(self)
        self._verdict: Verdict | None = None
        self._open: dict[tuple[str, int], float] = {}
        self._ended: set[str] = set()
        self._watching: list[Cut] = []
        self._guarded = any(part.tree.kind == "guard" for part in self._root.all())
        self._visits = 0
        self._written = 0
        self._turns: dict[tuple[str, int], int] = {}
        """By visit: when its result was written, among those of all visits."""
        self._newest: dict[str, int] = {}
        self._newest_output: dict[str, int] = {}
        self._rests = False
        self._stirred = False

    # ------------------------------------------------------------------ the frame

    def restore(self) -> None:
        """Take over what an earlier process left, the newest outputs among it."""
        if not self.work.results:
            return
        for name in self._steps:
            known = self.work.results.get(self.path + name, {})
            self.items[name] = {index: e for index, e in known.items() if index >= 0}
            if -1 in known:
                self._ended.add(name)
            for index, ending in self.items[name].items():
                self._count(name, index)
                self._show(name, index, ending)

    async def execute(self, limit: float | None = None) -> Conclusion:
        """Walk the tree. Raises StoreFault or Busy when it cannot be written down."""
        out_of_time = False
        self.work.watchers.append(self.changed)
        try:
            async with asyncio.timeout(limit):
                await self._walk_to_rest()
        except TimeoutError:
            out_of_time = True
        finally:
            self.work.watchers.remove(self.changed)
        return await self.conclude(out_of_time=out_of_time or self.work.out_of_time)

    async def _walk_to_rest(self) -> None:
        """Once more when something happened behind the back of a part that waits already."""
        with contextlib.suppress(Stop, _OutOfTime):
            self._stirred = True
            while self._stirred:
                self._rests = self._stirred = False
                self._verdict = await self._walk.come_to(self._root, Way())

    # ------------------------------------------------------------------ visits of nodes

    async def visit(self, part: Part, way: Way) -> Ending:
        """What a leaf's node comes to this time; one that has a result is not run again."""
        index = part.visit(way.number)
        known = self.items[part.node].get(index)
        if known is not None and known.final:
            return known
        step = self._steps[part.node]
        asks = step.node.merge is None and step.node.wait is None
        await self._may_go_on(way, begins=asks and known is None)
        started = self._open[part.node, index] = self._now()
        ending = await self._come_to(step, index, known, way)
        if ending is None:
            raise _OutOfTime
        ending = self._judged(part, ending)
        del self._open[part.node, index]
        ending = self._keep(part.node, index, ending, started=started)
        try:
            await self.work.recorder.durable()
        finally:
            self._see(part.node, index, ending)
        return await self._after(step, ending)

    async def _come_to(
        self, step: Step, index: int, known: Ending | None, way: Way
    ) -> Ending | None:
        """One that waited has been allowed to run; only its end is missing."""
        for cut in way.cuts:
            cut.at_work += 1
        try:
            ending = self.not_to_run(step) if known is None else None
            return ending or await self.do(step, index=index)
        finally:
            for cut in way.cuts:
                cut.at_work -= 1

    async def _after(self, step: Step, ending: Ending) -> Ending:
        if step.node.on_error == "stop" and ending.broken:
            self._stopped = step.node.name
            raise Stop
        self._visits += 1
        if not self._visits % _TURN:
            await asyncio.sleep(0)
        return ending

    def _judged(self, part: Part, ending: Ending) -> Ending:
        """Whether an output counts is decided when it is there, and kept with it."""
        if part.tree.test is None or not ending.gave:
            return ending
        why = self.why_not(part.tree.test, {part.node: ending.output})
        if why is None:
            return ending
        told = {**(ending.reason or {}), "reason": Reason.UNSUCCESSFUL.value, "message": why}
        return replace(ending, reason={**told, "success": False})

    def _keep(self, name: str, index: int, ending: Ending, *, started: float) -> Ending:
        before = self.items[name].get(index)
        self.items[name][index] = ending
        if not ending.final:
            self.work.results.setdefault(self.path + name, {})[index] = ending
            if before is not None and before.reason == ending.reason:
                return ending
        written = self.items[name][index] = self.write(name, ending, started=started, index=index)
        self._count(name, index)
        return written

    def _count(self, name: str, index: int) -> None:
        self._written += 1
        self._turns[name, index] = self._written

    def _see(self, name: str, index: int, ending: Ending) -> None:
        self._show(name, index, ending)
        if ending.final:
            self.changed()
        else:
            self._rests = True

    def _show(self, name: str, index: int, ending: Ending) -> None:
        """Others read the output written last, in whatever order visits get here: as in a new walk."""
        turn = self._turns[name, index]
        if turn > self._newest.get(name, 0):
            self._newest[name] = turn
            self.endings[name] = ending
        stands = ending.broken and self._steps[name].node.on_error == "continue"
        if (ending.gave or stands) and turn > self._newest_output.get(name, 0):
            self._newest_output[name] = turn
            self.scope[name] = ending.output if ending.gave else None

    # ------------------------------------------------------------------ what nodes do differently

    def sources(self, step: Step) -> Sources:
        """The tree says when a merge runs: it takes what is there."""
        assert step.node.merge is not None
        late = step.node.merge.policy != "all"
        return Sources(step.node.merge, self.endings, self.scope, over=late)

    async def repeat(self, step: Step, scope: Mapping[str, Json], index: int) -> Ending | None:
        """Items and rounds of each visit have paths of their own."""
        path = f"{self.path}{step.node.name}#{index}/"
        inner = GraphFrame(
            self.plan, self.work, path=path, input=cast("JsonObject", scope["input"])
        )
        inner.scope.update(scope)
        inner.restore()
        return await Repeating(inner, step, scope).run()

    def look_again(self, arrived: Collection[str]) -> None:
        """A tree goes on with what waits when it is walked again: at the next resume."""

    # ------------------------------------------------------------------ decisions

    async def decide(self, part: Part, index: int, way: Way) -> Ending:
        """Whether the test of a part is true: as it came out the first time."""
        known = self.decisions.of(part, index)
        if known is not None:
            return known
        assert part.tree.test is not None
        await self._may_go_on(way, begins=False)
        why = self.why_not(part.tree.test)
        reason: JsonObject = {"reason": Reason.CONDITION.value, "message": why}
        ending = Ending("ok", why is None, None if why is None else reason)
        self.decisions.keep(part, index, ending)
        await self.work.recorder.durable()
        return ending

    def why_not(self, test: Expression, more: JsonObject | None = None) -> str | None:
        """Why a test is not true; None when it is."""
        scope = {**self.scope, **(more or {})}
        if "memory" in test.roots:
            scope["memory"] = self.work.bus.remembered(None)
        try:
            return None if test.evaluate(scope) is True else f"`{test}` is not true."
        except ExpressionFault as fault:
            return fault.message

    def overspent(self, part: Part, begins: bool) -> Why | None:
        """Whether the budget of a part is used up."""
        visits = {(leaf.node, i) for leaf in part.leaves() for i in self._asked(leaf)}
        usd, requests = spent(self.work, self.path, visits)
        return is_spent(part.tree, usd, requests, begins=begins)

    def _asked(self, leaf: Part) -> Iterator[int]:
        """The visits of a leaf that may have asked for something."""
        node = self._steps[leaf.node].node
        if node.merge is None and node.wait is None:
            yield from (i for i, e in self.items[leaf.node].items() if leaf.has(i) and _ran(e))
            yield from (i for name, i in self._open if name == leaf.node and leaf.has(i))

    # ------------------------------------------------------------------ ending parts

    @contextlib.contextmanager
    def watching(self, cut: Cut) -> Generator[None]:
        """Look at it whenever something changes meanwhile."""
        self._watching.append(cut)
        try:
            yield
        finally:
            self._watching.remove(cut)

    def changed(self) -> None:
        """A node ended, or something was written: a guard may not hold any longer."""
        self._stirred = self._stirred or (self._rests and self._guarded)
        for cut in tuple(self._watching):
            if cut.at_work:
                cut.check(begins=False)

    async def _may_go_on(self, way: Way, *, begins: bool) -> None:
        """Return when nothing around it has been ended."""
        if self.work.deadline is not None and self.work.is_late():
            raise _OutOfTime
        for cut in way.cuts:
            cut.check(begins=begins)
            if cut.made:  # those inside it end with it, and decide nothing of their own
                await asyncio.sleep(0)  # where the cancellation arrives, unless somebody took it
                raise asyncio.CancelledError

    def sweep(self, part: Part, reason: JsonObject | None) -> None:
        """Nothing below a part goes on: what was under way or waited is cancelled."""
        ending = Ending("cancelled", reason=reason)
        for leaf in part.leaves():
            for index in self._unfinished(leaf.node):
                if leaf.has(index):
                    self._cancel(leaf.node, index, ending)
        for child in part.children:
            self.decisions.close(child, ending)

    def _unfinished(self, name: str) -> list[int]:
        """Visits that are under way or wait."""
        waiting = {index for index, ending in self.items[name].items() if not ending.final}
        return sorted(waiting | {index for node, index in self._open if node == name})

    def _cancel(self, name: str, index: int, ending: Ending) -> None:
        started = self._open.pop((name, index), self._now())
        if index in self.items[name]:
            self._withdraw(self.path + name, index)
        self._keep(name, index, ending, started=started)
        self._show(name, index, ending)

    def _withdraw(self, path: str, index: int) -> None:
        """Nobody needs the answers to its questions any longer."""
        inbox = self.work.store.inbox
        for item in inbox.list("open", run=self.work.run.id):
            at = (item.node or "", item.index)
            if at == (path, index) or at[0].startswith((f"{path}#{index}/", f"{path}#{index}@")):
                inbox.withdraw(item.id)

    # ------------------------------------------------------------------ the conclusion

    async def give_up(self, why: str) -> Conclusion:
        """Somebody cancelled the run: what has no end yet is cancelled."""
        self.work.withdraw()
        conclusion = interrupted(self.plan, self.endings, why)
        return await self._leave(conclusion, _cancelled_by(conclusion))

    async def conclude(self, *, out_of_time: bool) -> Conclusion:
        """What the tree comes to; every node has its typed state then."""
        verdict = self._verdict
        if out_of_time or self._stopped is not None or verdict is None:
            conclusion = conclude(
                self.plan, self.scope, self.endings, out_of_time=out_of_time, stopped=self._stopped
            )
            return await self._leave(conclusion, _cancelled_by(conclusion))
        if verdict.waits:
            return Conclusion("waiting")
        if verdict.failed:
            rest = skipped(Reason.UPSTREAM, "The tree failed before it came to this node.")
            return await self._leave(_failed(verdict), rest)
        conclusion = conclude(self.plan, self.scope, {}, out_of_time=False)
        rest = skipped(Reason.CONDITION, "The tree did not come to this node.")
        return await self._leave(conclusion, rest)

    async def _leave(self, conclusion: Conclusion, rest: Ending) -> Conclusion:
        """Close what is open; nodes that never ran say why."""
        over = cancelled(Reason.CANCELLED, "The tree had come to its end.")
        broken = rest if rest.state == "cancelled" else over
        for name, step in self._steps.items():
            for index in self._unfinished(name):
                self._cancel(name, index, broken)
            if not self.items[name] and name not in self._ended:
                stands_in = self.not_to_run(step) if step.stands_in_for else None
                self.write(name, stands_in or rest, started=self._now())
        self.decisions.close(self._root, broken)
        await self.work.recorder.durable()
        return replace(conclusion, unfinished=None)


def _ran(ending: Ending) -> bool:
    return ending.state != "skipped"


def _cancelled_by(conclusion: Conclusion) -> Ending:
    return cancelled(Reason.CANCELLED, message_of(conclusion.failure))


def _failed(verdict: Verdict) -> Conclusion:
    failure: JsonObject = {
        "reason": Reason.UNSUCCESSFUL.value,
        "message": f"The tree failed: {verdict.why}.",
        "node": verdict.node,
    }
    return Conclusion("failed", failure=failure)
