"""The kernel machine as a rung: one of the answers that came again, chosen by meaning and words.

Also the rung for sets, numbers and records of fields, which share its matrix; see `_record`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pantheon.ids import canonical_json
from pantheon.learn._fit import train_and_judge
from pantheon.learn._rows import Row, Settings
from pantheon.learn._rung import Judged, Tools, Trained
from pantheon.learn._task import Task, recurs

if TYPE_CHECKING:
    from pantheon.learn.rungs._record_fit import Plan

_LOOKED_AT = 400
"""Newest examples from which it is told what the fields are like."""


class MachineRung:
    """Kernel ridge regression on MiniLM vectors and n-grams; whole outputs are its labels."""

    name = "machine"
    cost = 20
    weight = 1.0

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        del task, tools
        return None if recurs(rows) else "Too few answers come again to choose among them."

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, tools
        return 5e-11 * len(rows) ** 3 + 2e-3 * len(rows)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        settings = Settings(
            audit_rate=task.audit_rate,
            labels=task.labels,
            critical=tuple(canonical_json(part) for part in task.critical),
            space=tools.space,
        )
        if tools.memory is not None:
            settings = settings.within(tools.memory)
        specialist, judged = train_and_judge(
            rows, embed=tools.embed, seed=task.seed, settings=settings, promise=task.promise
        )
        judged = await _forgive(judged, rows, tools)
        return Trained(specialist, judged, len(specialist.ids), choices=len(specialist.labels))


async def _forgive(judged: Judged, rows: Sequence[Row], tools: Tools) -> Judged:
    """Another label than the teacher's is no error where the contract calls the two the same."""
    by_id = {row.id: row for row in rows}
    pairs = [
        (by_id[name].text, said, by_id[name].label)
        for name, said in zip(judged.ids, judged.said, strict=True)
    ]
    same = await tools.compare(pairs)
    other = np.array([said != label for _, said, label in pairs], dtype=bool)
    return replace(judged, wrong=judged.wrong & ~(same & other))


class RecordRung:
    """The same machine with a head for each field, where answers as wholes rarely come again."""

    name = "record"
    cost = 22
    weight = 1.0

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        del tools
        if task.shape == "label":
            return "An answer is one of some; the kernel machine chooses among them as wholes."
        if task.shape == "text" and task.same.kind == "judge":
            return "An answer is prose."
        newest = sorted(rows, key=lambda row: (row.at, row.id))[-_LOOKED_AT:]
        if len(newest) < 2:
            return "There are no two examples."
        plan = _plan(task, newest)
        if not plan.options:
            return "Outputs have no field."
        names = ", ".join(f"`{name}`" for name in plan.unlearnable[:3])
        return f"Values of {names} do not come again." if names else None

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, tools
        return 8e-11 * len(rows) ** 3 + 3e-3 * len(rows)

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Cross-fitted in closed form; see `_record_fit`."""
        from pantheon.learn.rungs._record_fit import train_record

        return await train_record(rows, task, tools)


def _plan(task: Task, rows: Sequence[Row]) -> Plan:
    from pantheon.learn.rungs._record_fit import Plan, tolerance_of

    return Plan.of(rows, tolerance_of(task))
