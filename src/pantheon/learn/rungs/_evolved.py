"""An evolved prompt: the instruction is rewritten until a paired test says that it is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.errors import InputError
from pantheon.learn.gates._seeds import SEEDS, over_seeds
from pantheon.learn.rungs._evolution import (
    BATCH,
    PROPOSALS,
    Trials,
    better,
    evolve,
    is_installed,
)
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
    from pantheon.learn._rows import Row
    from pantheon.learn._rung import Tools, Trained
    from pantheon.learn._task import Task

_LONGEST = 1800.0
"""Seconds of evolution at most, also where the night has no end."""
_TAUGHT = 48
"""Rows that prompts evolve on."""
_SHOWN_ONCE = 60
"""Rows on which what came out must be better than the first prompt once more."""


class EvolvedRung:
    """The default local model under an instruction that evolved."""

    name = "evolved"
    cost = 50
    weight = 0.1

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        if not is_installed():
            return "gepa cannot be imported: pip install 'pantheon[prompts]'."
        reason = why_not(task, rows, tools)
        if reason is None:
            judging, rest = _draw(rows, task)
            if len(rest) < 2 * BATCH:
                return f"{len(rest)} examples beside the {len(judging)} that judge are too few."
        return reason

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del tools
        proposals = len(SEEDS) * PROPOSALS * 2 * BATCH
        answers = judges_wanted(task) + proposals + 2 * _SHOWN_ONCE
        return answers * seconds_each(rows, shown=SHOWN)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Evolve with several seeds, take the median, test it, judge it.

        Raises:
            InputError: no prompt is shown to be better than the first.
        """
        judging, rest = _draw(rows, task)
        taught, shown_once = _split(rest)
        recipe = first_recipe(task, rows, model=None)
        pen = Pen(self.name, await local_model(tools), recipe, Examples.of(rows, tools.embed))
        allowed = min(tools.seconds_left / 2, _LONGEST)
        trials = Trials(pen, tools, tools.clock.elapsed() + allowed)
        found, shares = await _evolve(trials, taught, task, tools)
        await _show_once_more(trials, found, shown_once)
        evolved = replace(pen, recipe=replace(recipe, instruction=found))
        trained = await judge(evolved, judging, task, tools)
        note = {**trained.note, "instruction": found, "shares": [*shares]}
        return replace(trained, note=note)


@dataclass(frozen=True, slots=True)
class _Evolved:
    """What came out of one seed, and the share of the rows it evolved on that it gets right."""

    instruction: str
    share: float


async def _evolve(
    trials: Trials, rows: Sequence[Row], task: Task, tools: Tools
) -> tuple[str, tuple[float, ...]]:
    async def attempt(seed: int) -> _Evolved:
        tools.notify(f"evolved: seed {seed}")
        found = await evolve(trials, rows, seed=task.seed + seed, reflect=tools.reflect)
        return _Evolved(found, float((await trials.right(found, rows)).mean()))

    seeded = await over_seeds(attempt, lambda one: one.share)
    return seeded.typical.instruction, seeded.spread.values


async def _show_once_more(trials: Trials, found: str, rows: Sequence[Row]) -> None:
    """What was tested on the rows it evolved on has to show it on others."""
    first = trials.pen.recipe.instruction
    if found == first:
        raise InputError("No proposed prompt was better than the first by a paired test.")
    if not better(await trials.right(found, rows), await trials.right(first, rows)):
        raise InputError("The prompt that evolved was not better on examples that took no part.")


def _draw(rows: Sequence[Row], task: Task) -> tuple[list[Row], list[Row]]:
    return draw(rows, task, judges=judges_wanted(task), dev=_TAUGHT + _SHOWN_ONCE)


def _split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to evolve on, and others; near-duplicates stay together."""
    taught = list(rows[: min(_TAUGHT, len(rows) // 2)])
    groups = {row.group for row in taught}
    return taught, [row for row in rows[len(taught) :] if row.group not in groups]
