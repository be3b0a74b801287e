"""What a node costs as flows grow to 100,000 nodes, and as runs grow to 10,000 at once.

    ./run bench engine/scaling [--svg FILE] [--json FILE] [--largest 100000] [--durability fast]

Chain, fan-out (a node for each branch) and map (one node, many items) of 10 to 100,000 nodes; 1 to
10,000 concurrent runs of a chain of 10. Every point in a process of its own: the first run, which
also reads, compiles and pins the flow, and the best of those after it, in µs per node.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from bench.engine._flows import chain, make_flow, make_input, make_project
from bench.engine._machine import describe
from bench.engine._pantheon import open_engine
from bench.engine._plot import Series, draw
from bench.engine._process import ask
from bench.engine._timing import PAYLOAD
from pantheon import Pantheon
from pantheon.ids import JsonObject
from pantheon.spec import Project
from pantheon.store import Durability

SHAPES = {
    "chain": "chain",
    "fan": "fan-out",
    "map": "map",
    "runs": "runs of a chain of 10",
}
SIZES = (10, 100, 1_000, 10_000, 100_000)
"""Nodes; for `runs`, nodes of all of them together."""
SHORT = 10
LEAST_SECONDS, LEAST_RUNS = 1.0, 2
Once: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured at one size."""

    shape: str
    nodes: int
    first_us: float
    """Of the first run, which compiles and pins the flow."""
    us: float
    """Of the best run after it."""
    cpu_us: float
    """Processor time of the best run after it."""
    peak_mb: float


def main() -> None:
    """Measure every point, print a table, draw the plot."""
    options = _parse()
    if options.one:
        shape, nodes = options.one
        print(json.dumps(asdict(asyncio.run(measure(shape, int(nodes), options.durability)))))
        return
    wanted = [(shape, n) for shape in SHAPES for n in SIZES if n <= options.largest]
    points = [_in_process(shape, nodes, options.durability) for shape, nodes in wanted]
    print(show(points))
    if options.svg:
        options.svg.write_text(plot(points))
    if options.json:
        found = {"machine": describe(), "points": [asdict(point) for point in points]}
        options.json.write_text(json.dumps(found, indent=2) + "\n")


def _parse() -> Namespace:
    parser = ArgumentParser(description="What a node costs as flows and runs grow.")
    parser.add_argument("--durability", default="fast", choices=("fast", "safe", "memory"))
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="nodes")
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("SHAPE", "NODES"), help="one point, as JSON")
    return parser.parse_args()


def _in_process(shape: str, nodes: int, durability: str) -> Point:
    print(f"{shape}: {nodes:,}", file=sys.stderr, flush=True)
    command = (sys.executable, "-m", "bench.engine.scaling", "--one", shape, str(nodes))
    return Point(**ask(*command, "--durability", durability))


async def measure(shape: str, nodes: int, durability: Durability) -> Point:
    """One point."""
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        async with open_engine(_project(shape, nodes), Path(folder), durability) as engine:
            once = _once(engine, shape, nodes)
            first, _ = await _take_time(once)
            times = [await _take_time(once)]
            while sum(wall for wall, _ in times) < LEAST_SECONDS or len(times) < LEAST_RUNS:
                times.append(await _take_time(once))
    per_node = 1e6 / nodes
    return Point(
        shape,
        nodes,
        first_us=first * per_node,
        us=min(wall for wall, _ in times) * per_node,
        cpu_us=min(cpu for _, cpu in times) * per_node,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _project(shape: str, nodes: int) -> Project:
    return make_project(chain(SHORT) if shape == "runs" else make_flow(shape, nodes))


def _once(engine: Pantheon, shape: str, nodes: int) -> Once:
    if shape == "runs":
        return lambda: asyncio.gather(
            *(_run(engine, "chain", PAYLOAD) for _ in range(nodes // SHORT))
        )
    input = make_input(shape, nodes)
    return lambda: _run(engine, shape, input)


async def _run(engine: Pantheon, flow: str, input: JsonObject) -> None:
    run = await engine.run(flow, input)
    assert run.state == "done", run.failure


async def _take_time(once: Once) -> tuple[float, float]:
    """Wall and processor seconds."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await once()
    return time.perf_counter() - wall, time.process_time() - cpu


def show(points: Sequence[Point]) -> str:
    """µs per node, then what the first run costs and how much memory the process took."""
    cost = _table(points, lambda p: f"{p.us:,.0f} [{p.cpu_us:,.0f}]")
    first = _table(points, lambda p: f"{p.first_us:,.0f}, {p.peak_mb:,.0f} MB")
    return (
        f"µs per node, wall [processor]:\n\n{cost}\n\n"
        f"µs per node of the first run, and peak memory of the process:\n\n{first}"
    )


def _table(points: Sequence[Point], spell: Callable[[Point], str]) -> str:
    """A line for each size, a column for each shape."""
    sizes = sorted({point.nodes for point in points})
    found = {(point.shape, point.nodes): point for point in points}
    head = ["nodes", *SHAPES.values()]
    rows = [[f"{size:,}", *(spell(found[shape, size]) for shape in SHAPES)] for size in sizes]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(points: Sequence[Point]) -> str:
    """µs per node by number of nodes, a line for each shape."""
    lines = [
        Series(title, [(p.nodes, p.us) for p in points if p.shape == shape])
        for shape, title in SHAPES.items()
    ]
    return draw(lines, title="Cost of a node by the size of the work", x="nodes", y="µs per node")


if __name__ == "__main__":
    main()
