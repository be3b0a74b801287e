"""LoRA: the base model itself learns the task, a few hundred thousand weights of it.

The rows that judge, and all of their groups, are kept from training, so they are as new to the
adapter as tomorrow's requests; no second training is needed to judge it. The prompt shows no
examples, which makes answers faster than those of demonstrations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.errors import InputError
from pantheon.learn._task import output_of
from pantheon.learn.lora import Pair, TrainBudget, missing_packages, train_adapter
from pantheon.learn.rungs._examples import Examples, Near
from pantheon.learn.rungs._generating import (
    Pen,
    draw,
    judge,
    judges_wanted,
    local_model,
    seconds_each,
    why_not,
)
from pantheon.learn.rungs._recipe import Recipe, first_recipe
from pantheon.models import CATALOGUE, spell

if TYPE_CHECKING:
    from collections.abc import Generator

    from pantheon.ids import JsonObject
    from pantheon.learn._rows import Row
    from pantheon.learn._rung import Tools, Trained
    from pantheon.learn._task import Task
    from pantheon.learn.lora import AdapterResult, Progress

_BASE = CATALOGUE["smollm2-135m-instruct"]
_EXAMPLE_SECONDS = 0.5
"""A short example, all its epochs together, on two quiet cores."""
_MOST = 3000
"""Examples trained on, the newest."""
_FEWEST = 100
_SECONDS = 1800.0
"""Training takes no longer, whatever the night allows."""
_NO_EXAMPLES = Near((), ())


class LoraRung:
    """An adapter of the default local model, trained tonight."""

    name = "lora"
    cost = 60
    weight = 0.3

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        absent = missing_packages()
        if absent:
            return f"{', '.join(absent)} cannot be imported: pip install 'pantheon[train]'."
        left = len(rows) - judges_wanted(task)
        if left < _FEWEST:
            return f"{max(left, 0)} examples beside those that judge; {_FEWEST} teach something."
        return why_not(task, rows, tools)

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del tools
        judging = judges_wanted(task) * seconds_each(rows, shown=0)
        return min(_EXAMPLE_SECONDS * min(len(rows), _MOST), _SECONDS) + judging

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Train on all but the rows that judge and their near-duplicates; TrainingFailed."""
        chat = await local_model(tools)
        if chat.name != _BASE.name:
            raise InputError(f"Adapters are trained for {_BASE.name}, and {chat.name} is in use.")
        judging, _ = draw(rows, task, judges=judges_wanted(task), dev=0)
        held = {row.group for row in judging}
        taught = sorted(
            (row for row in rows if row.group not in held and row.weight >= 0.5),
            key=lambda row: (row.at, row.id),
        )[-_MOST:]
        recipe = replace(first_recipe(task, rows, model=None), shown=0)
        made = await _train(adapter_pairs(taught, recipe, tools), tools, seed=task.seed)
        pen = Pen(self.name, chat, recipe, Examples.of(rows, tools.embed), made.adapter)
        trained = await judge(pen, judging, task, tools)
        note: JsonObject = {
            **trained.note,
            "adapter_bytes": len(made.adapter),
            "dev_loss": made.dev_loss,
            "base_loss": made.base_loss,
            "training_seconds": made.seconds,
        }
        return replace(trained, trained_on=len(taught), note=note)


def adapter_pairs(rows: Sequence[Row], recipe: Recipe, tools: Tools) -> list[Pair]:
    """Exactly what will be asked in service, and the answer as the grammar lets it be spelled."""
    examples = Examples.of(rows[:1], tools.embed)  # none is shown
    return [
        Pair(
            recipe.messages(row.text, examples, _NO_EXAMPLES),
            spell(output_of(row.label), recipe.schema),
            row.group,
        )
        for row in rows
    ]


async def _train(pairs: Sequence[Pair], tools: Tools, *, seed: int) -> AdapterResult:
    from pantheon.learn.lora import Settings

    def tell(progress: Progress) -> None:
        tools.notify(f"lora: {progress}")

    allowed = TrainBudget(seconds=min(_SECONDS, tools.seconds_left / 2))
    if tools.cpu is not None:
        allowed = replace(allowed, threads=tools.cpu)
    if tools.memory is not None:
        allowed = replace(allowed, memory=tools.memory)
    with _folder(tools.workdir) as workdir:
        return await train_adapter(
            pairs,
            base=_BASE,
            workdir=workdir,
            settings=Settings(seed=seed),
            budget=allowed,
            on_progress=tell,
        )


@contextmanager
def _folder(kept: Path | None) -> Generator[Path]:
    """Where training may be gone on with after a crash; a passing folder where nothing is kept."""
    if kept is not None:
        yield kept / "lora"
        return
    with tempfile.TemporaryDirectory(prefix="pantheon-lora-") as passing:
        yield Path(passing)
