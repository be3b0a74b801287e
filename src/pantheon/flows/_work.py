"""What all frames of one run share while this process executes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from pantheon.flows._answering import Surroundings
from pantheon.flows._arrivals import arrivals, holds
from pantheon.flows._bus import Bus
from pantheon.flows._ending import Ending
from pantheon.flows._recorder import Recorder
from pantheon.ids import JsonObject
from pantheon.store import NodeResult, Run, Store

if TYPE_CHECKING:
    from pantheon.flows._frame import Frame
    from pantheon.flows._plan import Plan

MakeFrame: TypeAlias = "Callable[[Plan, Work, str, JsonObject], Frame]"
"""(plan, work, path, input) → its frame."""


class Work:
    """One run in this process: its journal, its shared values, its time."""

    def __init__(
        self,
        run: Run,
        *,
        store: Store,
        surroundings: Surroundings,
        recorder: Recorder,
        make_frame: MakeFrame,
    ) -> None:
        """`make_frame` opens the frame of a flow inside a node."""
        self.run = run
        self.make_frame = make_frame
        self.store = store
        self.commits = store.commits
        self.clock = surroundings.clock
        self.around = surroundings
        self.recorder = recorder
        self.bus = Bus(run, store, surroundings.clock, memory=surroundings.memory)
        self.deadline: float | None = None
        """When the run is given up, by `Clock.elapsed`."""
        self.out_of_time = False
        self.watchers: list[Callable[[], None]] = []
        """Called whenever a node anywhere in the run has ended."""
        self.frames: set[Frame] = set()
        """Frames in which somebody may be at work."""
        self.waits = False
        """Whether any node has come to wait in this process."""
        self.left: set[str] = set()
        """Paths of frames that this process has left because all in them wait."""
        self.results: dict[str, dict[int, Ending]] = {}
        """What an earlier process left, by path of the node and index; the newest last."""
        self.order: dict[str, int] = {}
        """When each of those nodes ended, by the numbers of events."""

    def restore(self, results: Iterable[NodeResult]) -> None:
        """Take over what the journal holds: those nodes and items do not run again."""
        for result in sorted(results, key=_number):
            self._take(result)
        if self.results:
            self.bus.restore()

    def _take(self, result: NodeResult) -> None:
        ending = Ending(result.state, result.output, result.reason, result.attempts)
        known = self.results.setdefault(result.node, {})
        known.pop(result.index, None)  # so that it stands behind what ended before it
        known[result.index] = ending
        if result.index < 0:
            self.order[result.node] = result.seq

    def reload(self, path: str) -> None:
        """Take over what this process itself has written under a path, to go on there."""
        results = self.store.journal.results(self.run.id)
        for result in sorted(results, key=_number):
            if result.node.startswith(path):
                self._take(result)

    def look_again(self) -> None:
        """Something may have come from outside that nodes wait for."""
        arrived = set[str]()
        if self.waits:
            arrived = {path for path, _ in arrivals(self.store, self.run.id)}
        for frame in tuple(self.frames) if arrived else ():
            frame.look_again(arrived)

    def withdraw(self, path: str | None = None) -> None:
        """Nobody needs answers to the open questions of a node (or of the run) any longer."""
        for item in self.store.inbox.list("open", run=self.run.id):
            if path is None or holds(path, [item.node or ""]):
                self.store.inbox.withdraw(item.id)

    def changed(self) -> None:
        """Tell those who watch that something happened."""
        for watcher in tuple(self.watchers):
            watcher()

    def limit(self, seconds: float | None) -> float | None:
        """Seconds until the run is given up: its own limit, or what its caller set."""
        ends = [] if seconds is None else [seconds]
        if self.run.deadline is not None:
            ends.append(max(0.0, self.run.deadline - self.clock.now()))
        limit = min(ends, default=None)
        self.deadline = None if limit is None else self.clock.elapsed() + limit
        return limit

    def is_late(self) -> bool:
        """By the clock of the run; the loop's own timer does not know of a simulated one."""
        late = self.deadline is not None and self.clock.elapsed() >= self.deadline
        self.out_of_time = self.out_of_time or late
        return late


def _number(result: NodeResult) -> int:
    """Of its event; a result that first waited keeps its row, so rows do not say what is newest."""
    return result.seq
