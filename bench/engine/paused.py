"""What 10,000 paused runs hold: tasks, threads, and memory of the process.

    ./run bench engine/paused [--runs 10000]

Runs that wait for a person, for a time, and for an event, each kind in a process of its own. Memory
twice: growth of the resident set (the allocator's view, page caches of SQLite included), and then
for as many runs again what Python's objects take (tracemalloc, which costs time and memory itself).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import tempfile
import threading
import tracemalloc
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.engine._pantheon import open_engine
from bench.engine._process import ask
from pantheon import Pantheon

KINDS = {
    "person": "{agent: person, in: {n: input.n}}",
    "timer": "{wait: {for: 2h}}",
    "event": "{wait: {event: approved, output: {ok: boolean}}}",
}
PROJECT = """\
agents:
  person:
    input: {{n: integer}}
    output: {{ok: boolean}}
    tiers: [{{human: "Is it well?"}}]
flows:
  pause:
    input: {{n: integer}}
    nodes:
      wait: {node}
    output: {{end: wait}}
"""
AT_ONCE = 200
WARM_UP = 400


@dataclass(frozen=True, slots=True)
class Held:
    """What was alive when so many runs were paused."""

    runs: int
    tasks: int
    """Of asyncio, less the one that counts."""
    threads: int
    resident: float
    """Bytes a run, by the resident set."""
    traced: float
    """Bytes a run, by tracemalloc."""


def main() -> None:
    """Measure each kind in its own process and print a table."""
    parser = ArgumentParser(description="What 10,000 paused runs hold.")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--one", choices=KINDS, help="one kind, as JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(asdict(asyncio.run(measure(options.one, options.runs)))))
        return
    print("| waiting for | runs | tasks | threads | resident, bytes a run | traced, bytes a run |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind in KINDS:
        command = (sys.executable, "-m", "bench.engine.paused", "--one", kind)
        found = Held(**ask(*command, "--runs", str(options.runs)))
        print(
            f"| {kind} | {found.runs:,} | {found.tasks} | {found.threads} "
            f"| {found.resident:,.0f} | {found.traced:,.0f} |",
            flush=True,
        )


async def measure(kind: str, runs: int) -> Held:
    """Pause runs, and look at what is left of them."""
    with tempfile.TemporaryDirectory(prefix="engine-") as name:
        folder = Path(name)
        (folder / "pantheon.yaml").write_text(PROJECT.format(node=KINDS[kind]))
        async with open_engine(folder / "pantheon.yaml", folder, "fast") as engine:
            await _pause(engine, WARM_UP)
            before = _resident()
            await _pause(engine, runs)
            resident = _resident() - before
            tasks, threads = len(asyncio.all_tasks()) - 1, threading.active_count()
            traced = await _trace(engine, runs)
    return Held(runs, tasks, threads, resident / runs, traced / runs)


async def _pause(engine: Pantheon, runs: int) -> None:
    for begun in range(0, runs, AT_ONCE):
        await asyncio.gather(*(_pause_one(engine) for _ in range(min(AT_ONCE, runs - begun))))


async def _pause_one(engine: Pantheon) -> None:
    run = await engine.run("pause", {"n": 1}, wait=False)
    assert run.state == "waiting", run


async def _trace(engine: Pantheon, runs: int) -> int:
    """Bytes of Python's objects that so many more runs leave behind."""
    tracemalloc.start()
    await _pause(engine, WARM_UP)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    await _pause(engine, runs)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return after - before


def _resident() -> int:
    """Bytes of this process in memory now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
