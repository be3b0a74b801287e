"""A specialist with a worthless certificate, to see that the gate does not believe it.

It is the usual mistake of those who build models: judged on the very rows it was made from, it
looks all but free of errors, so its certificate lets it answer nearly everything. Nothing else
about it is made up; the gate asks it about held-out rows like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pantheon.learn import all_rungs

if TYPE_CHECKING:
    from pantheon.learn import Row, Rung, Task, Tools, Trained


@dataclass(frozen=True, slots=True)
class UncheckedRung:
    """What another rung learns, judged on what it has learned from; only for one agent."""

    agent: str
    name: str = "unchecked"
    cost: int = 1
    weight: float = 1.0

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        """Why it cannot learn this; the mistake is made for one agent alone."""
        if task.agent != self.agent:
            return "Nobody makes this mistake here."
        return None if _inner(task, rows, tools) else "Nothing can learn this."

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        """As long as what it hides behind."""
        inner = _inner(task, rows, tools)
        return inner.seconds(task, rows, tools) if inner else 0.0

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Learn honestly, then look at the rows that were learned from."""
        inner = _inner(task, rows, tools)
        if inner is None:
            raise ValueError("asked to train what it said it could not")
        trained = await inner.train(rows, task, tools)
        known = {row.id: row for row in rows}
        asked = [known[name] for name in trained.judged.ids]
        said = trained.model.answer([row.text for row in asked])
        wrong = [not tools.same(p.label, row.label) for p, row in zip(said, asked, strict=True)]
        seen = replace(
            trained.judged,
            wrong=np.array(wrong, dtype=bool),
            margin=np.maximum(trained.judged.margin, 0.0),
            said=tuple(prediction.label for prediction in said),
        )
        return replace(trained, judged=seen, choices=0)


def _inner(task: Task, rows: Sequence[Row], tools: Tools) -> Rung | None:
    """The last rung that fits and answers by itself: the one that learns most by heart."""
    fitting = [r for r in all_rungs(generative=False) if r.unfit(task, rows, tools) is None]
    learning = [rung for rung in fitting if rung.name in {"machine", "record"}]
    return next(iter(learning), None)
