"""A node that is done more than once: for every item of a list, or round after round.

Each time has a result of its own in the journal, so that after a crash only what was under way is
done again. A map tries every item, whatever becomes of the others; it gives the list of outputs,
in order, when all items gave one, waits while a person is asked about any, and otherwise fails like
the first item that failed. A loop hands each round the output of the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pantheon.agents import Reason
from pantheon.flows._ending import Ending, Note, failed, message_of, soonest, waiting
from pantheon.flows._groups import first_of
from pantheon.ids import Json, JsonObject
from pantheon.spec import ExpressionFault, Loop, NodeDef

if TYPE_CHECKING:
    from pantheon.flows._frame import Frame
    from pantheon.flows._plan import Step

_TURN = 64
"""Items or rounds after which others on the loop get their turn."""


class Repeating:
    """The times one node of a frame is done."""

    def __init__(self, frame: Frame, step: Step, scope: Mapping[str, Json]) -> None:
        self._frame = frame
        self._step = step
        self._node = step.node
        self._scope = scope
        self._known = frame.items.setdefault(step.node.name, {})
        self._clock = frame.work.clock
        self._turn = _TURN

    async def run(self) -> Ending | None:
        """What the node comes to; None when the run's time was over before."""
        return await (self._loop(self._node.loop) if self._node.loop else self._map())

    # ------------------------------------------------------------------ maps

    async def _map(self) -> Ending | None:
        """Answer every item, some at once; finished items are kept whatever the others do."""
        items = list_to_map(self._node, self._scope)
        if isinstance(items, Ending):
            return items
        todo = iter([i for i in range(len(items)) if not self._is_done(i)])
        workers = min(self._node.concurrency, len(items))
        self._turn = max(1, _TURN // max(1, workers))
        commits = self._frame.work.commits
        commits.fork(workers)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work(items, todo))
        except BaseExceptionGroup as group_error:
            raise first_of(group_error) from None
        finally:
            for _ in range(workers):
                commits.join()
        if self._frame.work.out_of_time:
            return None
        return combine([self._known[i] for i in range(len(items))])

    async def _work(self, items: list[Json], todo: Iterator[int]) -> None:
        """One of the workers that share the items of a map."""
        scope = dict(self._scope)
        for index in todo:
            if self._frame.work.is_late():
                return
            scope["item"] = items[index]
            await self._once(scope, index)

    def _is_done(self, index: int) -> bool:
        known = self._known.get(index)
        return known is not None and known.final

    # ------------------------------------------------------------------ loops

    async def _loop(self, loop: Loop) -> Ending | None:
        last: Json = None
        ending: Ending | None = None
        for number in range(loop.max):
            if self._frame.work.is_late():
                return None
            ending = await self._round(number, last)
            if not ending.gave:
                return _as_round(ending, number)
            last = ending.output
            done = self._is_over(loop, last, number)
            if isinstance(done, Ending):
                return done
            if done:
                return _after(number + 1, ending)
        return self._exhausted(loop, ending)

    async def _round(self, number: int, last: Json) -> Ending:
        known = self._known.get(number)
        if known is not None and known.final:
            return known
        return await self._once({**self._scope, "last": last, "round": number + 1}, number)

    def _is_over(self, loop: Loop, last: Json, number: int) -> bool | Ending:
        try:
            return loop.until.evaluate({**self._scope, "last": last, "round": number + 1}) is True
        except ExpressionFault as fault:
            return failed(Reason.INVALID_INPUT, fault.message, attempts=number + 1)

    def _exhausted(self, loop: Loop, ending: Ending | None) -> Ending:
        assert ending is not None, "a loop has at least one round"
        if loop.exhausted == "keep":
            return _after(loop.max, ending)
        message = f"`{loop.until.source}` was still not true after {loop.max} rounds."
        return failed(Reason.LOOP_EXHAUSTED, message, attempts=loop.max)

    # ------------------------------------------------------------------ both

    async def _once(self, scope: Mapping[str, Json], index: int) -> Ending:
        started = self._clock.now()
        frame = self._frame
        ending = await frame.answering.answer(
            self._node, scope, index=index, resumed=self._known.get(index)
        )
        ending = frame.write(self._node.name, ending, started=started, index=index)
        self._known[index] = ending
        await frame.work.recorder.durable()
        if index % self._turn == self._turn - 1:
            await asyncio.sleep(0)
        return ending


def _after(rounds: int, ending: Ending) -> Ending:
    return Ending("ok", ending.output, None, ending.attempts, Note({"rounds": rounds}))


def _as_round(ending: Ending, number: int) -> Ending:
    """A loop ends, or waits, as its round did."""
    if ending.state == "waiting":
        message = f"Round {number + 1} waits: {message_of(ending.reason)}"
        return waiting(message, **soonest([ending]))
    message = f"Round {number + 1}: {message_of(ending.reason)}"
    reason = {**(ending.reason or {}), "message": message, "round": number + 1}
    return Ending(ending.state, None, reason, ending.attempts)


def list_to_map(node: NodeDef, scope: Mapping[str, Json]) -> list[Json] | Ending:
    """The items, or how the node ends when there is no list."""
    assert node.map is not None
    try:
        items = node.map.evaluate(scope)
    except ExpressionFault as fault:
        return failed(Reason.INVALID_INPUT, fault.message)
    if isinstance(items, list):
        return items
    said = "null" if items is None else type(items).__name__
    return failed(Reason.INVALID_INPUT, f"`{node.map.source}` is {said}, not a list.")


def combine(items: Sequence[Ending]) -> Ending:
    """What a map comes to."""
    attempts = max((item.attempts for item in items), default=0)
    broken = [(index, item) for index, item in enumerate(items) if item.broken]
    held = [item for item in items if item.state == "waiting"]
    if held:
        message = f"{len(held)} items wait; the first: {message_of(held[0].reason)}"
        return waiting(message, **soonest(held))
    if not broken:
        return Ending("ok", [item.output for item in items], attempts=attempts)
    index, first = broken[0]
    message = (
        f"{len(broken)} of {len(items)} items failed; item {index}: {message_of(first.reason)}"
    )
    reason: JsonObject = {**(first.reason or {}), "message": message}
    reason["items"] = [i for i, _ in broken]
    return Ending(first.state, reason=reason, attempts=attempts)
