"""Demonstrations: a prompt that shows the language model how the nearest requests were answered.

Two rungs: on the default local model, and on a larger one where the project names one. In which
order demonstrations stand matters to small models, so where there is time three orders are tried
on rows that judge nothing, and the median one is taken: the luckiest would not stay lucky.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.errors import InputError
from pantheon.learn.gates._seeds import SEEDS, over_seeds
from pantheon.learn.rungs._examples import Examples
from pantheon.learn.rungs._generating import (
    Pen,
    draw,
    judge,
    judges_wanted,
    local_model,
    seconds_each,
    why_not,
)
from pantheon.learn.rungs._recipe import SHOWN, first_recipe

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn._rows import Row
    from pantheon.learn._rung import Tools, Trained
    from pantheon.learn._task import Task

_DEV = 16
"""Rows on which orders are compared; fewer would show nothing."""
_LARGER = 8.0
"""How many times slower a larger model is taken to be before it was asked."""


class DemosRung:
    """The default local model, shown the nearest examples."""

    name = "demos"
    cost = 40
    weight = 0.3

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        return why_not(task, rows, tools)

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del tools
        return judges_wanted(task) * seconds_each(rows, shown=SHOWN)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Nothing is trained but the verifier; the time goes into judging."""
        return await _show(self.name, None, rows, task, tools)


class LargerRung:
    """The same on a larger local model, where `models` names one."""

    name = "larger"
    cost = 70
    weight = 0.1

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        if not tools.larger:
            return "The project names no other model of `engine: llama.cpp`."
        return why_not(task, rows, tools)

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del tools
        return _LARGER * judges_wanted(task) * seconds_each(rows, shown=SHOWN)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """The first of the models that the project names."""
        if not tools.larger:
            raise InputError("The project names no other model of `engine: llama.cpp`.")
        return await _show(self.name, tools.larger[0], rows, task, tools)


async def _show(
    name: str, model: str | None, rows: Sequence[Row], task: Task, tools: Tools
) -> Trained:
    chat = await local_model(tools, model)
    recipe = first_recipe(task, rows, model=model)
    pen = Pen(name, chat, recipe, Examples.of(rows, tools.embed))
    judging, dev = draw(rows, task, judges=judges_wanted(task), dev=_DEV)
    pen, note = await _pick_order(pen, dev, tools, time_for=len(judging))
    trained = await judge(pen, judging, task, tools)
    return replace(trained, note={**trained.note, **note})


@dataclass(frozen=True, slots=True)
class _Tried:
    """A pen with one order of its demonstrations, and the share of dev rows it gets right."""

    pen: Pen
    share: float


async def _pick_order(
    pen: Pen, dev: Sequence[Row], tools: Tools, *, time_for: int
) -> tuple[Pen, JsonObject]:
    """The median of several orders, and how much they differ; the first where time is short."""
    wanted = len(SEEDS) * len(dev) + 2 * time_for
    usual = seconds_each(dev, shown=pen.recipe.shown)
    if len(dev) < _DEV or wanted * usual > tools.seconds_left:
        return pen, {}

    async def attempt(seed: int) -> _Tried:
        ordered = replace(pen, recipe=replace(pen.recipe, order=seed))
        return _Tried(ordered, float((await ordered.right(dev, tools)).mean()))

    tried = await over_seeds(attempt, lambda one: one.share)
    spread = tried.spread
    note: JsonObject = {
        "orders": {
            "seeds": len(SEEDS),
            "mean": round(spread.mean, 4),
            "deviation": round(spread.deviation, 4),
        }
    }
    return tried.typical.pen, note
