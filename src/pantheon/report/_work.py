"""What was delivered, what was not and why, and what waits for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pantheon.errors import NotFound
from pantheon.report._clean import EXCERPT, MESSAGE, NAME, TITLE, clean, describe
from pantheon.report._model import (
    Count,
    Delivery,
    Step,
    Trouble,
    Undelivered,
    UndeliveredState,
)
from pantheon.report._past import Past
from pantheon.report._reasons import explain, remedy_command

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.store import NodeResult, QueueItem, Run

_LABELS = {"recorded": "recorded earlier", "scripted": "scripted"}
_STATES: Mapping[str, UndeliveredState] = {
    "failed": "failed",
    "waiting": "waiting",
    "cancelled": "cancelled",
    "running": "cut_off",
    "queued": "not_run",
}


@dataclass(frozen=True, slots=True)
class Task:
    """Queued work of the period, or a run of it that nobody queued."""

    item: QueueItem | None
    run: Run | None

    @property
    def state(self) -> str:
        """What has become of it, in the words of a run's state."""
        if self.run is not None:
            return self.run.state
        return "failed" if self.item and self.item.state == "failed" else "queued"

    @property
    def title(self) -> str:
        """As the user named it, or the beginning of its input."""
        if self.item is not None:
            return clean(self.item.title, TITLE) or describe(self.item.input, TITLE)
        return describe(self.run.input, TITLE) if self.run else ""

    @property
    def flow(self) -> str:
        """Name of the flow."""
        source = self.run or self.item
        return clean(source.flow, NAME) if source else ""


def queued_tasks(past: Past) -> list[Task]:
    """Queued work the night had before it: begun in the period, or still waiting for its turn."""
    runs: dict[str | None, Run] = {run.id: run for run in past.runs}
    began = [Task(item, runs[item.run]) for item in past.queue if item.run in runs]
    end = past.period.until
    left = [
        Task(item, None)
        for item in past.queue
        if item.run not in runs and item.submitted <= end and _was_left(past, item)
    ]
    return sorted(began, key=lambda task: task.run.created if task.run else 0.0) + left


def _was_left(past: Past, item: QueueItem) -> bool:
    """Still queued, refused by this night, or begun only after the period."""
    run = _find_run(past, item)
    if run is not None:
        return run.created > past.period.until or item.state == "queued"
    return item.state in ("queued", "running") or item.id in past.refused


def _find_run(past: Past, item: QueueItem) -> Run | None:
    try:
        return past.store.runs.get(item.run) if item.run else None
    except NotFound:
        return None


def other_tasks(past: Past) -> list[Task]:
    """Runs of the period that nobody had queued."""
    queued = {item.run for item in past.queue}
    return [Task(None, run) for run in past.runs if run.id not in queued]


def count_states(tasks: Iterable[Task]) -> tuple[Count, ...]:
    """How many tasks there are in each state, the most frequent first."""
    counted = Counter(task.state for task in tasks)
    return tuple(Count(name, count) for name, count in counted.most_common())


# ------------------------------------------------------------------------------ delivered
def deliver(past: Past, task: Task) -> Delivery:
    """A task that is done, with its output, who answered each step, and what it cost."""
    run = cast("Run", task.run)
    answers = past.store.answers.list(run=run.id)
    sources = {row.source for row in answers}
    return Delivery(
        title=task.title,
        flow=task.flow,
        run=run.id,
        excerpt=describe(run.output, EXCERPT),
        steps=_steps([(row.node or "", row.tier, row.source) for row in answers]),
        cost_usd=sum(row.cost_usd for row in answers),
        seconds=max((run.finished or run.created) - (run.started or run.created), 0.0),
        labels=tuple(words for source, words in _LABELS.items() if source in sources),
    )


def _steps(rows: Iterable[tuple[str, str, str]]) -> tuple[Step, ...]:
    counted = Counter(rows)
    return tuple(
        Step(clean(node, NAME), clean(tier, NAME), source, count)
        for (node, tier, source), count in counted.items()
    )


# -------------------------------------------------------------------------- not delivered
def not_deliver(past: Past, task: Task) -> Undelivered:
    """A task that is not done: its typed reason, how far it came, and the next step."""
    results = past.store.journal.results(task.run.id) if task.run else []
    whole = [result for result in results if result.index < 0]
    reason, message, node = _why(past, task, results)
    return Undelivered(
        title=task.title,
        flow=task.flow,
        run=task.run.id if task.run else None,
        queued=task.item is not None,
        state=_STATES[task.state],
        reason=clean(reason, NAME),
        words=explain(reason).words,
        message=clean(message, MESSAGE),
        node=clean(node, NAME) if node else None,
        nodes_done=sum(result.state == "ok" for result in whole),
        nodes_seen=len(whole),
        next_step=remedy_command(reason, task.run.id if task.run else None),
    )


def _why(past: Past, task: Task, results: list[NodeResult]) -> tuple[str, str, str | None]:
    """(reason, message, node)."""
    if task.item is not None and task.item.id in past.refused:
        return "refused_item", past.refused[task.item.id], None
    if task.state == "failed":
        return _why_failed(task.run, results)
    if task.state == "waiting":
        return _why_waiting([result for result in results if result.state == "waiting"])
    if task.run is None:
        return _why_left(past.period.stopped), "", None
    return ("cut_off" if task.state == "running" else task.state), "", None


def _why_waiting(held: list[NodeResult]) -> tuple[str, str, str | None]:
    """For a person before all, else for an event or a time; a node inside another knows best."""
    for fact, reason in (("inbox", "person"), ("event", "event"), ("due", "timer")):
        for result in held:
            if fact in (result.reason or {}):
                return reason, "", result.node
    return "person", "", held[0].node if held else None


def _why_left(stopped: str | None) -> str:
    if stopped is None:
        return "not_reached"
    return stopped if stopped in ("time", "budget", "killed") else "night_failed"


def _why_failed(run: Run | None, results: list[NodeResult]) -> tuple[str, str, str | None]:
    failure: JsonObject = (run.failure if run else None) or {}
    node = failure.get("node")
    if "reason" not in failure:
        failed = next((r for r in results if r.state in ("failed", "timed_out")), None)
        failure, node = ((failed.reason or {}), failed.node) if failed else ({}, None)
    reason, message = str(failure.get("reason") or ""), str(failure.get("message") or "")
    return reason, message, str(node) if node else None


def find_troubles(past: Past) -> tuple[Trouble, ...]:
    """Every reason for which a step of the period's runs gave nothing, the most frequent first."""
    counted: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for run in past.runs:
        for result in past.store.journal.results(run.id):
            if result.state in ("ok", "waiting"):
                continue
            key = (f"{run.flow} › {result.node}", str((result.reason or {}).get("reason", "")))
            counted[key] += 1
            example.setdefault(key, run.id)
    return tuple(
        trouble(where, reason, count, run=example[where, reason])
        for (where, reason), count in counted.most_common()
    )


def trouble(where: str, reason: str, count: int, *, run: str | None = None) -> Trouble:
    """A reason with its words."""
    return Trouble(clean(where, TITLE), clean(reason, NAME), explain(reason).words, count, run)
