"""Queued work, item by item, until it is done or the night's budget is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.errors import NotFound, PantheonError
from pantheon.ids import RunId, derive_seed, new_id

if TYPE_CHECKING:
    from pantheon.flows import Runtime
    from pantheon.spec import NightBudget
    from pantheon.store import QueueItem, Run, Store

Stop: TypeAlias = Literal["budget", "time"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When the night stops taking new work; what runs then is finished."""

    budget: NightBudget
    started: float
    """Seconds since the epoch."""
    until: float | None = None
    """End of the window, seconds since the epoch."""

    def reached(self, runtime: Runtime) -> Stop | None:
        """Why no new work is taken, if so."""
        now = runtime.clock.now()
        longest = self.budget.seconds
        if (longest is not None and now - self.started >= longest) or (
            self.until is not None and now >= self.until
        ):
            return "time"
        usd = self.budget.cloud_usd
        if usd is not None and runtime.store.answers.spent(since=self.started) >= usd:
            return "budget"
        return None


@dataclass(slots=True)
class QueueFigures:
    """What became of the queued work."""

    done: int = 0
    failed: int = 0
    waiting: int = 0
    left: int = 0
    stopped: Stop | None = None
    failures: list[str] = field(default_factory=list[str])
    """`item: reason`, for work that could not even become a run."""


async def run_queue(
    runtime: Runtime, *, night: str, limits: Limits, on_item: Callable[[QueueItem, int], None]
) -> QueueFigures:
    """Run queued work in the order of the queue. A failure is kept and the next item runs."""
    figures = QueueFigures()
    queue = runtime.store.queue
    while (item := _next(runtime, limits, figures)) is not None:
        on_item(item, len(queue.list(state="queued")))
        _count(figures, await _run_item(runtime, item, night=night), item)
    figures.left = len(queue.list(state="queued"))
    return figures


def _next(runtime: Runtime, limits: Limits, figures: QueueFigures) -> QueueItem | None:
    figures.stopped = limits.reached(runtime)
    return None if figures.stopped else runtime.store.queue.take()


def put_back_orphans(store: Store) -> int:
    """Work that a killed night had taken waits again; its run, if begun, will be resumed."""
    orphans = store.queue.list(state="running")
    for item in orphans:
        store.queue.finish(item.id, "queued", item.run)
    return len(orphans)


async def _run_item(runtime: Runtime, item: QueueItem, *, night: str) -> Run | PantheonError:
    store = runtime.store
    try:
        run = await _start_or_resume(runtime, item, night=night)
    except PantheonError as error:
        store.queue.finish(item.id, "failed", item.run)
        return error
    store.queue.finish(item.id, "failed" if run.state in _LOST else "done", run.id)
    return run


_LOST = frozenset({"failed", "cancelled"})
_ENDED = _LOST | {"done"}


async def _start_or_resume(runtime: Runtime, item: QueueItem, *, night: str) -> Run:
    earlier = _begun(runtime, item)
    if earlier is not None:
        return earlier if earlier.state in _ENDED else await runtime.resume(earlier.id)
    rng = random.Random(derive_seed(runtime.seed, "queue", night, item.id))
    run_id = RunId(new_id("r", now=runtime.clock.now(), rng=rng))
    # Written first: after a crash the next night finds the run and goes on with it.
    runtime.store.queue.finish(item.id, "running", run_id)
    return await runtime.run(item.flow, item.input, cause="queue", run_id=run_id, night=night)


def _begun(runtime: Runtime, item: QueueItem) -> Run | None:
    if item.run is None:
        return None
    try:
        return runtime.store.runs.get(item.run)
    except NotFound:
        return None


def _count(figures: QueueFigures, result: Run | PantheonError, item: QueueItem) -> None:
    if isinstance(result, PantheonError):
        figures.failed += 1
        figures.failures.append(f"{item.id}: {result.message}")
    elif result.state == "waiting":
        figures.waiting += 1
    elif result.state == "done":
        figures.done += 1
    else:
        figures.failed += 1
