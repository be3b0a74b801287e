"""The time of merges and pauses: a task while others are at work, a row in the store while all wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping

from pantheon.clock import iso
from pantheon.flows._ending import Ending, due_of, waiting
from pantheon.flows._plan import Step
from pantheon.flows._work import Work
from pantheon.store import Timer


class Timers:
    """The nodes of one frame whose time runs: merges from the moment their first source begins,
    nodes that wait for a time (or have something inside them that does).
    """

    def __init__(
        self,
        work: Work,
        steps: Mapping[str, Step],
        endings: Mapping[str, Ending],
        *,
        path: str,
        go_on: Callable[[str], Awaitable[None]],
    ) -> None:
        """`go_on` is called with a node whose time has come."""
        self._work = work
        self._steps = steps
        self._endings = endings
        self._path = path
        self._go_on = go_on
        self._tasks: asyncio.TaskGroup | None = None
        self._running: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._over: set[str] = set()
        self.pending: dict[str, float] = {}
        """Nodes whose time was still running when nobody was at work any longer; when it ends."""

    def is_over(self, name: str) -> bool:
        """Whether the merge goes on with what is there."""
        return name in self._over

    # ------------------------------------------------------------------ after a pause

    def find_overdue(self) -> None:
        """Merges that waited when an earlier process left them, and whose time has come."""
        for name, due in self._waiting():
            if due <= self._work.clock.now():
                self._over.add(name)

    def resume(self, tasks: asyncio.TaskGroup) -> None:
        """Timers are tasks of this group; those of merges that waited go on."""
        self._tasks = tasks
        for name, due in self._waiting():
            self.start(name, due)

    def _waiting(self) -> Iterator[tuple[str, float]]:
        for name, ending in self._endings.items():
            due = due_of(ending)
            if due is not None and self._steps[name].early:
                yield name, due

    def hand_over(self) -> Iterator[tuple[str, Ending]]:
        """Leave the time of merges to the store; the run is woken when it has come."""
        for name, due in self.pending.items():
            if not self._steps[name].early:
                continue  # a node that waits has left its time there already
            self._work.store.timers.set(Timer(self._work.run.id, self._path + name, -1, due))
            yield name, waiting(f"It goes on with what is there at {iso(due)}.", due=due)

    # ------------------------------------------------------------------ while others work

    def begin(self, merges: Iterable[str], begun: Collection[str]) -> None:
        """A source begins of these merges; those that have begun themselves need no time."""
        for name in merges:
            merge = self._steps[name].node.merge
            if name not in begun and merge is not None and merge.timeout is not None:
                self.start(name, self._work.clock.now() + merge.timeout)

    def start(self, name: str, due: float) -> None:
        """The time of a node runs."""
        assert self._tasks is not None
        if name not in self._running and name not in self._over:
            self._running[name] = (due, self._tasks.create_task(self._expire(name, due)))

    async def _expire(self, name: str, due: float) -> None:
        clock = self._work.clock
        await clock.sleep(max(0.0, due - clock.now()))
        self._running.pop(name, None)
        self._over.add(name)
        await self._go_on(name)

    def stop(self, name: str) -> None:
        """The merge began by itself."""
        running = self._running.pop(name, None)
        if running is not None:
            running[1].cancel()

    def stop_all(self) -> None:
        """Nobody is at work: what is left waits for something outside, and so does the time."""
        for name, (due, _) in list(self._running.items()):
            self.pending[name] = due
            self.stop(name)
