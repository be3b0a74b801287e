"""Every row in a process of its own, in rounds, so that all meet the same noise of the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.engine._process import Failed, ask
from bench.engine._systems import Row
from bench.engine._timing import NODES

PATIENCE = 300.0
"""Seconds that one process may take."""
SILENT = {"DO_NOT_TRACK": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", "LANGSMITH_TRACING": "false"}


@dataclass(slots=True)
class Figures:
    """What was found for one row: microseconds per node by workload, a median for each round."""

    wall: dict[str, list[float]] = field(default_factory=dict[str, "list[float]"])
    cpu: dict[str, list[float]] = field(default_factory=dict[str, "list[float]"])
    peak_mb: float = 0.0
    versions: dict[str, str] = field(default_factory=dict[str, str])
    fault: str = ""
    """Why something is missing."""

    def best(self, workload: str) -> tuple[float, float] | None:
        """Wall and processor time of the best round; None where nothing was measured."""
        if not self.wall.get(workload):
            return None
        return min(self.wall[workload]), min(self.cpu[workload])

    def add(self, workload: str, found: Mapping[str, Any]) -> None:
        """One more round."""
        self.wall.setdefault(workload, []).append(median(found["wall"]))
        self.cpu.setdefault(workload, []).append(median(found["cpu"]))
        self.peak_mb = max(self.peak_mb, found["peak_mb"])
        self.versions = found["versions"]


def measure(
    rows: Sequence[Row], pythons: Mapping[str, Path], *, rounds: int, seconds: float
) -> dict[Row, Figures]:
    """All rounds; what fails once is not tried again and says why."""
    figures = {row: Figures() for row in rows}
    for number, workload, row in _order(rows, rounds):
        if figures[row].fault:
            continue
        print(f"round {number + 1}: {workload}: {row.title}", file=sys.stderr, flush=True)
        try:
            figures[row].add(workload, _run(pythons[row.system], row, workload, seconds))
        except Failed as error:
            figures[row].fault = f"{workload}: {error}"
            print(f"    {error}", file=sys.stderr, flush=True)
    return figures


def _order(rows: Sequence[Row], rounds: int) -> Iterator[tuple[int, str, Row]]:
    for number in range(rounds):
        for workload in NODES:
            for row in rows:
                yield number, workload, row


def _run(python: Path, row: Row, workload: str, seconds: float) -> dict[str, Any]:
    command = (python, "-m", row.script, workload, row.mode, "--seconds", str(seconds))
    return ask(*command, environment=SILENT, patience=PATIENCE)
