"""Parts of a behaviour tree at the same time, each in a task of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pantheon.agents import Reason
from pantheon.flows._ending import Ending
from pantheon.flows._groups import first_of
from pantheon.flows._tree_cut import Cut
from pantheon.flows._tree_parts import SUCCESS, WAITING, Part, Verdict, Way, failure
from pantheon.ids import JsonObject

if TYPE_CHECKING:
    from pantheon.flows._tree_walk import Walk


class Parallel:
    """One `parallel` being done; ends as soon as its outcome is certain."""

    def __init__(self, walk: Walk, part: Part, way: Way) -> None:
        self._walk = walk
        self._part = part
        self._way = way
        self._need = part.tree.count or len(part.children)
        self._cuts = [Cut() for _ in part.children]
        self._verdicts: dict[int, Verdict] = {}
        self._certain: Verdict | None = None

    async def run(self) -> Verdict:
        """What it comes to."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(len(self._cuts)):
                    self._spawn(tasks, number)
        except BaseExceptionGroup as group:
            raise first_of(group) from None
        if self._certain is not None:
            await self._end_others()
        return self._certain or self._outcome() or WAITING

    def _spawn(self, tasks: asyncio.TaskGroup, number: int) -> None:
        """Counted as a writer until it is gone, like every task of a run."""
        commits = self._walk.frame.work.commits
        task = self._cuts[number].task = tasks.create_task(self._branch(number))
        commits.fork(1)
        task.add_done_callback(lambda _: commits.join())

    async def _branch(self, number: int) -> None:
        child, cut = self._part.children[number], self._cuts[number]
        verdict = await self._walk.cuttable(child, self._way, cut)
        if verdict is not None:
            self._verdicts[number] = verdict
            self._settle()

    # ------------------------------------------------------------------ the outcome

    def _outcome(self) -> Verdict | None:
        """The verdict as soon as nothing can change it."""
        total, ended = len(self._cuts), self._verdicts.values()
        good = sum(verdict.succeeded for verdict in ended)
        if good >= self._need:
            return SUCCESS
        bad = [v for _, v in sorted(self._verdicts.items()) if v.failed]
        if total - len(bad) >= self._need:
            return None
        told = "; ".join(verdict.why for verdict in bad)
        nodes = [verdict.node for verdict in bad if verdict.node]
        why = f"parallel: {self._need} of {total} parts must succeed, but {told}"
        return failure(why, nodes[-1] if nodes else None)

    def _settle(self) -> None:
        """Once the outcome is certain, the others are not needed; that is written down first."""
        outcome = self._outcome()
        if self._certain is not None or outcome is None or not self._left():
            return
        self._certain = outcome
        self._walk.frame.decisions.keep(self._part, self._way.number, self._decision(outcome))
        for number, cut in enumerate(self._cuts):
            if number not in self._verdicts:
                cut.make(Reason.NOT_NEEDED, self._message(outcome))

    def _left(self) -> list[Part]:
        """Parts that have not come to an end."""
        ended = {n for n, verdict in self._verdicts.items() if not verdict.waits}
        return [child for n, child in enumerate(self._part.children) if n not in ended]

    def _message(self, outcome: Verdict) -> str:
        reached = "had" if outcome.succeeded else "could no longer have"
        share = f"{self._need} of {len(self._cuts)}"
        return f"The parallel part {reached} the successes that it needs ({share})."

    def _decision(self, outcome: Verdict) -> Ending:
        told: JsonObject = {"reason": Reason.NOT_NEEDED.value, "message": self._message(outcome)}
        if outcome.failed:
            told |= {"why": outcome.why, "node": outcome.node}
        return Ending("ok", outcome.succeeded, told)

    async def _end_others(self) -> None:
        """Those that waited, or were ended before they began, have nobody else to say so."""
        decided = self._walk.frame.decisions.of(self._part, self._way.number)
        assert decided is not None
        for child in self._left():
            self._walk.frame.sweep(child, decided.reason)
        await self._walk.frame.work.recorder.durable()
