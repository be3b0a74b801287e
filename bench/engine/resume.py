"""How long it takes to go on with a run of 10,000 nodes that was killed near its end.

    ./run bench engine/resume [--nodes 10000] [--repeat 5]

A process runs the flow and kills itself with SIGKILL ten nodes before the end (in the fan-out, in
the last node). Each time a copy of
its database is resumed in a new process: opening (store, schema, project), and resuming up to the
result, which reads the pinned flow and the journal; seconds of wall time, best and median.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from statistics import median

from bench.engine._flows import make_flow, make_input, make_project
from bench.engine._pantheon import open_engine
from bench.engine._process import ask
from pantheon import RunResumed
from pantheon.spec import Project

SHAPES = ("chain", "fan", "map")
BEFORE_END = 10
"""Nodes that are left when the process dies."""
KILL_AT = "BENCH_KILL_AT"


def main() -> None:
    """Cut each shape once, resume it many times, print a table."""
    parser = ArgumentParser(description="Seconds to resume a long run that was killed.")
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--one", nargs=3, metavar=("ACT", "SHAPE", "FOLDER"), help="one process")
    options = parser.parse_args()
    if options.one:
        act, shape, folder = options.one
        asyncio.run((run if act == "run" else resume)(shape, options.nodes, Path(folder)))
        return
    print("| shape | nodes | kept | open, s | resume, s (median) | undisturbed, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for shape in SHAPES:
        print(measure(shape, options.nodes, options.repeat), flush=True)


def measure(shape: str, nodes: int, repeat: int) -> str:
    """A line of the table."""
    with tempfile.TemporaryDirectory(prefix="engine-") as name:
        whole, cut = Path(name, "whole"), Path(name, "cut")
        undisturbed = _act("run", shape, nodes, whole)
        # The branches of a fan-out end in the same turn of the loop: only their merge comes later.
        _act("run", shape, nodes, cut, kill_at=nodes - (0 if shape == "fan" else BEFORE_END))
        found = [_act("resume", shape, nodes, _copy(cut, number)) for number in range(repeat)]
    opening = min(times["open"] for times in found)
    resuming = [times["work"] for times in found]
    return (
        f"| {shape} | {nodes:,} | {found[0]['kept']:,.0f} | {opening:.3f} "
        f"| {min(resuming):.3f} ({median(resuming):.3f}) | {undisturbed['work']:.3f} |"
    )


def _copy(folder: Path, number: int) -> Path:
    return Path(shutil.copytree(folder, folder.with_name(f"copy{number}")))


def _act(
    act: str, shape: str, nodes: int, folder: Path, *, kill_at: int | None = None
) -> dict[str, float]:
    """Do one thing in a process of its own; what it found, nothing when it was to die."""
    folder.mkdir(exist_ok=True)
    command = (sys.executable, "-m", "bench.engine.resume", "--nodes", str(nodes), "--one")
    dying = kill_at is not None
    return ask(
        *command,
        act,
        shape,
        folder,
        environment={KILL_AT: str(kill_at)} if dying else None,
        expected=-signal.SIGKILL if dying else 0,
    )


def _project(shape: str, nodes: int) -> Project:
    return make_project(make_flow(shape, nodes), function="step_or_die")


async def run(shape: str, nodes: int, folder: Path) -> None:
    """Run the flow, to its end or to the death of this process."""
    async with open_engine(_project(shape, nodes), folder, "fast") as engine:
        began = time.perf_counter()
        ended = await engine.run(shape, make_input(shape, nodes))
        taken = time.perf_counter() - began
    assert ended.state == "done", ended.failure
    print(json.dumps({"work": taken}))


async def resume(shape: str, nodes: int, folder: Path) -> None:
    """Go on with the run that the dead process left."""
    project = _project(shape, nodes)
    began = time.perf_counter()
    async with open_engine(project, folder, "fast") as engine:
        opened = time.perf_counter()
        (cut,) = engine.runs()
        resuming = time.perf_counter()
        ended = await engine.resume(cut.id)
        taken = time.perf_counter() - resuming
        kept = [event.kept for event in engine.events(cut.id) if isinstance(event, RunResumed)]
    assert ended.state == "done", ended.failure
    print(json.dumps({"open": opened - began, "kept": kept[0], "work": taken}))


if __name__ == "__main__":
    main()
