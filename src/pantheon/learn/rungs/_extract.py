"""The extractor as a rung: records made of labels and of pieces of the text."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pantheon.learn._rows import Row
from pantheon.learn._task import output_of

if TYPE_CHECKING:
    from pantheon.learn._rung import Tools, Trained
    from pantheon.learn._task import Task

_LOOKED_AT = 300
"""Examples from which it is told whether the task is one of extraction."""
_WHOLE = 0.5
"""Share of them whose copied values must all stand in the text without sharing a word."""


class ExtractorRung:
    """Kernel machine for what is chosen, conditional random fields for what is copied."""

    name = "extractor"
    cost = 25
    weight = 1.0

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        del tools
        if find_spec("pycrfsuite") is None:
            return "The package python-crfsuite is not installed."
        if task.shape in {"label", "number"}:
            return "An answer is one value; there are no fields to find in the text."
        newest = sorted(rows, key=lambda row: (row.at, row.id))[-_LOOKED_AT:]
        return _why_not(newest) if newest else "There is no example."

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, tools
        count = min(len(rows), 6000)
        text = min(sum(len(row.text) for row in rows), 1_000_000)
        return 1e-2 * count + 2e-4 * text + 1e-10 * count**3

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Cross-fitted over folds of groups; see `_extractor_fit`."""
        from pantheon.learn.rungs._extractor_fit import train_extractor

        return await train_extractor(rows, task, tools)


def _why_not(rows: Sequence[Row]) -> str | None:
    from pantheon.learn.rungs._fields import learn_layout, unlearnable
    from pantheon.learn.rungs._spans import align, tokenise

    outputs = [output_of(row.label) for row in rows]
    tokens = [tokenise(row.text) for row in rows]
    layout = learn_layout(list(zip(tokens, outputs, strict=True)))
    if not layout.spans:
        return "No field's values are pieces of the text."
    free = unlearnable(layout, outputs)
    if free:
        names = ", ".join(f"`{field.name}`" for field in free[:3])
        return f"Values of {names} neither stand in the text nor come again."
    whole = sum(not align(t, layout.wanted(o))[1] for t, o in zip(tokens, outputs, strict=True))
    if whole < _WHOLE * len(rows):
        return f"In only {whole} of {len(rows)} examples do all copied values stand in the text."
    return None
