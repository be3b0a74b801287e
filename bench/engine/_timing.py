"""What every measured engine shares: the work of a node, the workloads, and how time is taken.

The standard library only: it runs in the environment of each engine. A script calls `main` with a
function that builds one workload in one mode; `python -m SCRIPT WORKLOAD MODE` then prints one line
of JSON with the microseconds per node of every repetition.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

Value: TypeAlias = dict[str, Any]
"""`{n: integer, msg: 32 characters}`, what nodes pass on."""
Run: TypeAlias = Callable[[], Awaitable[int]]
"""One repetition of a workload; gives the sum of the last nodes' `n`, which is checked."""
Prepare: TypeAlias = Callable[[str, str, Path], AbstractAsyncContextManager[Run]]
"""(workload, mode, empty folder) → a repetition. Building and closing are not timed."""

PAYLOAD: Value = {"n": 0, "msg": "x" * 32}
WIDTH = 100
LENGTH = 100
RUNS, SHORT = 200, 10
NODES = {"chain": LENGTH, "fan": WIDTH + 2, "runs": RUNS * SHORT}
"""No-op nodes in one repetition; what an engine adds to join branches is not counted."""
EXPECTED = {"chain": LENGTH, "fan": 3, "runs": RUNS * SHORT}
MOST = 30
LEAST = 2


def work(value: Value) -> Value:
    """What a node does: one more, and the same 32 characters."""
    return {"n": value["n"] + 1, "msg": value["msg"]}


def join(values: Sequence[Value]) -> Value:
    """What the last node of a fan-out does: all branches must have come."""
    if len(values) != WIDTH:
        raise ValueError(f"{len(values)} of {WIDTH} branches came together")
    return work(values[0])


async def many(one: Run) -> int:
    """The third workload: all its runs at once."""
    return sum(await asyncio.gather(*(one() for _ in range(RUNS))))


def choose(workload: str, one: Run) -> Run:
    """One run for `chain` and `fan`, many for `runs`."""
    return (lambda: many(one)) if workload == "runs" else one


def length_of(workload: str) -> int:
    """How long the chain of a workload is."""
    return SHORT if workload == "runs" else LENGTH


def main(prepare: Prepare, *packages: str) -> None:
    """Measure what the command line names; `packages` are those whose versions are told."""
    parser = ArgumentParser()
    parser.add_argument("workload", choices=NODES)
    parser.add_argument("mode")
    parser.add_argument("--seconds", type=float, default=2.0, help="of repetitions, about")
    options = parser.parse_args()
    figures = asyncio.run(_measure(prepare, options.workload, options.mode, options.seconds))
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["python"] = sys.version.split()[0]
    figures["versions"] = {name: metadata.version(name) for name in packages}
    print("\n" + json.dumps(figures), flush=True)


async def _measure(prepare: Prepare, workload: str, mode: str, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        async with prepare(workload, mode, Path(folder)) as run:
            times = await _repeat(run, EXPECTED[workload], seconds)
    nodes = NODES[workload]
    return {
        "wall": [wall / nodes * 1e6 for wall, _ in times],
        "cpu": [cpu / nodes * 1e6 for _, cpu in times],
    }


async def _repeat(run: Run, expected: int, seconds: float) -> list[tuple[float, float]]:
    """Wall and processor seconds of each repetition after one that warms up."""
    await _take_time(run, expected)
    times: list[tuple[float, float]] = []
    while len(times) < LEAST or (len(times) < MOST and sum(wall for wall, _ in times) < seconds):
        times.append(await _take_time(run, expected))
    return times


async def _take_time(run: Run, expected: int) -> tuple[float, float]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    found = await run()
    taken = time.perf_counter() - wall, time.process_time() - cpu
    if found != expected:
        raise ValueError(f"the last nodes gave {found}; expected {expected}")
    return taken
