"""The rules of a behaviour tree: what each kind of part makes of those below it.

Nothing is polled: a part is awaited, and what may end it earlier is told of every change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pantheon.agents import Reason
from pantheon.clock import iso
from pantheon.flows._ending import Ending, waiting
from pantheon.flows._tree_cut import Cut, Look, Why
from pantheon.flows._tree_parallel import Parallel
from pantheon.flows._tree_parts import (
    SUCCESS,
    Part,
    Verdict,
    Way,
    failure,
    verdict_of_decision,
    verdict_of_visit,
)
from pantheon.ids import JsonObject
from pantheon.store import Timer

if TYPE_CHECKING:
    from pantheon.flows._tree_frame import TreeFrame

_Rule = Callable[[Part, Way], Awaitable[Verdict]]


class Walk:
    """Walks the tree of one frame, from the top, as often as the run is taken up."""

    def __init__(self, frame: TreeFrame) -> None:
        self.frame = frame
        self._rules: dict[str, _Rule] = {
            "node": self._leaf,
            "condition": self._condition,
            "sequence": self._sequence,
            "selector": self._selector,
            "parallel": self._parallel,
            "retry": self._retry,
            "timeout": self._timeout,
            "guard": self._guard,
            "invert": self._invert,
            "repeat": self._repeat,
            "once": self._once,
            "budget": self._budget,
        }

    async def come_to(self, part: Part, way: Way) -> Verdict:
        """What a part comes to."""
        return await self._rules[part.tree.kind](part, way)

    # ------------------------------------------------------------------ leaves

    async def _leaf(self, part: Part, way: Way) -> Verdict:
        return verdict_of_visit(part.node, await self.frame.visit(part, way))

    async def _condition(self, part: Part, way: Way) -> Verdict:
        return verdict_of_decision(await self.frame.decide(part, way.number, way))

    # ------------------------------------------------------------------ several parts

    async def _sequence(self, part: Part, way: Way) -> Verdict:
        for child in part.children:
            verdict = await self.come_to(child, way)
            if not verdict.succeeded:
                return verdict
        return SUCCESS

    async def _selector(self, part: Part, way: Way) -> Verdict:
        failures: list[Verdict] = []
        for child in part.children:
            verdict = await self.come_to(child, way)
            if not verdict.failed:
                return verdict
            failures.append(verdict)
        nodes = [verdict.node for verdict in failures if verdict.node]
        why = "; ".join(verdict.why for verdict in failures)
        return failure(f"selector: {why}", nodes[-1] if nodes else None)

    async def _parallel(self, part: Part, way: Way) -> Verdict:
        known = self.frame.decisions.of(part, way.number)
        return self._as_decided(part, known) if known else await Parallel(self, part, way).run()

    # ------------------------------------------------------------------ one part

    async def _invert(self, part: Part, way: Way) -> Verdict:
        verdict = await self.come_to(part.children[0], way)
        if verdict.succeeded:
            return failure("what must not succeed did")
        return SUCCESS if verdict.failed else verdict

    async def _retry(self, part: Part, way: Way) -> Verdict:
        verdict = failure("no attempt was made")
        for attempt in range(part.times):
            verdict = await self.come_to(part.children[0], way.again(part.times, attempt))
            if not verdict.failed:
                return verdict
        return failure(f"retry: after {part.times} attempts {verdict.why}", verdict.node)

    async def _repeat(self, part: Part, way: Way) -> Verdict:
        for turn in range(part.times):
            inner = way.again(part.times, turn)
            verdict = await self.come_to(part.children[0], inner)
            if not verdict.succeeded:
                return verdict
            if part.tree.test and (await self.frame.decide(part, inner.number, way)).output:
                return SUCCESS
        if part.tree.test is None:
            return SUCCESS
        return failure(f"repeat: after {part.times} rounds `{part.tree.test}` was not true")

    async def _once(self, part: Part, way: Way) -> Verdict:
        known = self.frame.decisions.of(part, 0)
        if known is not None:
            return self._as_decided(part, known)
        verdict = await self.come_to(part.children[0], way)
        if not verdict.waits:
            self.frame.decisions.keep(part, 0, _kept(verdict))
        return verdict

    async def _guard(self, part: Part, way: Way) -> Verdict:
        """Two results each time: what let it begin, and what ended it."""
        ended = 2 * way.number + 1
        known = self.frame.decisions.of(part, ended)
        if known is not None:
            return self._as_decided(part, known)
        begins = await self.frame.decide(part, 2 * way.number, way)
        if not begins.output:
            return verdict_of_decision(begins)
        cut = self._cut(part, ended, lambda _: self._preempted(part))
        return await self._unless_cut(part, ended, way, cut)

    def _preempted(self, part: Part) -> Why | None:
        assert part.tree.test is not None
        why = self.frame.why_not(part.tree.test)
        return None if why is None else (Reason.PREEMPTED, why)

    async def _budget(self, part: Part, way: Way) -> Verdict:
        known = self.frame.decisions.of(part, way.number)
        if known is not None:
            return self._as_decided(part, known)
        cut = self._cut(part, way.number, partial(self.frame.overspent, part))
        return await self._unless_cut(part, way.number, way, cut)

    # ------------------------------------------------------------------ time

    async def _timeout(self, part: Part, way: Way) -> Verdict:
        known = self.frame.decisions.of(part, way.number)
        if known is not None and known.final:
            return self._as_decided(part, known)
        clock = self.frame.work.clock
        limit = part.tree.seconds or 0.0
        due = _due_of(known, clock.now() + limit)
        left, began = max(0.0, due - clock.now()), clock.elapsed()
        cut = self._cut(part, way.number)
        over = partial(cut.make, Reason.TIMEOUT, f"It did not end within {limit:g} s.")
        timer = asyncio.get_running_loop().call_later(left, over)
        try:
            verdict = await self.cuttable(part.children[0], way, cut)
        finally:
            timer.cancel()
        # A clock that is not the machine's moves without the loop noticing.
        late = clock.elapsed() - began > left
        if verdict is None or late or (verdict.waits and clock.now() >= due):
            return await self._too_late(part, way, cut, over)
        self._in_time(part, way, verdict, due)
        return verdict

    async def _too_late(self, part: Part, way: Way, cut: Cut, over: Callable[[], None]) -> Verdict:
        if not cut.made:
            cut.task = None  # nothing is under way that had to be cancelled
            over()
            self.frame.sweep(part.children[0], cut.reason)
        return await self._after_cut(part, way.number)

    def _in_time(self, part: Part, way: Way, verdict: Verdict, due: float) -> None:
        """Over a pause, the store knows when the time ends; after it, that it did not."""
        frame = self.frame
        if verdict.waits:
            frame.decisions.keep(part, way.number, waiting(f"It ends at {iso(due)}.", due=due))
            path = frame.path + part.place
            frame.work.store.timers.set(Timer(frame.work.run.id, path, way.number, due))
        elif frame.decisions.of(part, way.number) is not None:
            frame.decisions.keep(part, way.number, _kept(verdict))

    # ------------------------------------------------------------------ ending a part

    def _cut(self, part: Part, index: int, look: Look | None = None) -> Cut:
        return Cut(partial(self.frame.decisions.keep, part, index), look)

    async def cuttable(self, part: Part, way: Way, cut: Cut) -> Verdict | None:
        """What a part comes to; None when it was ended from outside."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        before = task.cancelling()
        cut.task = task
        try:
            with self.frame.watching(cut):
                verdict = await self.come_to(part, way.inside(cut))
                if not cut.made:
                    return verdict
                await asyncio.sleep(0)  # where its cancellation arrives at the latest
        except asyncio.CancelledError:
            if not cut.made:
                raise
        self.frame.sweep(part, cut.reason)
        if task.uncancel() > before:
            raise asyncio.CancelledError  # something around it was ended too
        return None

    async def _unless_cut(self, part: Part, index: int, way: Way, cut: Cut) -> Verdict:
        verdict = await self.cuttable(part.children[0], way, cut)
        return verdict or await self._after_cut(part, index)

    async def _after_cut(self, part: Part, index: int) -> Verdict:
        await self.frame.work.recorder.durable()
        decided = self.frame.decisions.of(part, index)
        assert decided is not None
        return verdict_of_decision(decided)

    def _as_decided(self, part: Part, known: Ending) -> Verdict:
        """What it came to the first time; what was under way then is not."""
        self.frame.sweep(part, known.reason)
        return verdict_of_decision(known)


def _kept(verdict: Verdict) -> Ending:
    """A verdict as a result of the tree."""
    if verdict.succeeded:
        return Ending("ok", True)
    told: JsonObject = {"reason": Reason.UNSUCCESSFUL.value, "message": verdict.why}
    told["node"] = verdict.node
    return Ending("ok", False, told)


def _due_of(known: Ending | None, otherwise: float) -> float:
    due = (known.reason or {}).get("due") if known is not None else None
    return float(due) if isinstance(due, int | float) else otherwise
