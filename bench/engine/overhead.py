"""What the engine costs per node, beside the floor of the machine, in one run.

Three workloads of no-op agents that pass `{n: integer, msg: 32 characters}` on: a chain of 100, one
node that fans out to 100 and in again, and 200 concurrent runs of a chain of 10. Agents are asked
through the public API with their contracts checked; every request leaves its row in the store.
The floors: awaiting a function directly, and one SQLite transaction (WAL, synchronous=NORMAL) per
node. Each figure is the best round's median, in microseconds of processor time per node (wall time
on a machine that does other work says more about that work); --wall takes wall time.

    python bench/engine/overhead.py [--rounds 3] [--repeat 5] [--wall] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias, cast

from pantheon.agents import SpecialistModel
from pantheon.clock import SystemClock
from pantheon.flows import Runtime
from pantheon.ids import JsonObject
from pantheon.spec import (
    NOWHERE,
    AgentDef,
    Expression,
    FlowDef,
    Merge,
    NodeDef,
    Project,
    PythonTier,
    parse_expression,
)
from pantheon.store import Durability, Store

HERE = Path(__file__).parent
INPUT: JsonObject = {"n": 0, "msg": "x" * 32}
CONTRACT: JsonObject = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "msg": {"type": "string"}},
    "required": ["n", "msg"],
    "additionalProperties": False,
}
NODES = {"chain": 100, "fan": 103, "runs": 2000}
Work: TypeAlias = Callable[[], Awaitable[object]]
CLOCK: list[Callable[[], float]] = [time.process_time]
"""What time is taken with."""


# ------------------------------------------------------------------------------------ flows


def e(text: str) -> Expression:
    """An expression."""
    return parse_expression(text, NOWHERE)


def step(name: str, source: str) -> NodeDef:
    """A node that reads from one other."""
    return NodeDef(name, "step", inputs={"n": e(f"{source}.n"), "msg": e(f"{source}.msg")})


def chain(length: int) -> FlowDef:
    """Each node reads from the one before."""
    nodes = [step(f"n{i}", f"n{i - 1}" if i else "input") for i in range(length)]
    return _flow(f"chain{length}", nodes, f"n{length - 1}.n")


def fan(width: int) -> FlowDef:
    """One node, many that read from it, a merge, and one that reads from the merge."""
    middle = [step(f"m{i}", "first") for i in range(width)]
    merge = NodeDef("all", None, merge=Merge(tuple(node.name for node in middle)))
    last = NodeDef("last", "step", inputs={"n": e("all.m0.n"), "msg": e("first.msg")})
    return _flow("fan", [step("first", "input"), *middle, merge, last], "last.n")


def _flow(name: str, nodes: list[NodeDef], output: str) -> FlowDef:
    return FlowDef(
        name,
        input=CONTRACT,
        nodes={node.name: node for node in nodes},
        output={"n": e(output)},
    )


def make_project() -> Project:
    """The flows and their one agent."""
    agent = AgentDef("step", input=CONTRACT, output=CONTRACT, tiers=(PythonTier("noop:step"),))
    flows = (chain(100), chain(10), fan(100))
    return Project(HERE, agents={"step": agent}, flows={flow.name: flow for flow in flows})


def no_specialist(artifact: bytes) -> SpecialistModel:
    """Nothing is promoted here."""
    raise NotImplementedError(f"{len(artifact)} bytes of a specialist in a benchmark of flows")


# ------------------------------------------------------------------------------------ engine


async def measure_engine(durability: Durability, *, rounds: int, repeat: int) -> dict[str, float]:
    """µs per node of each workload through the public API."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        path = Path(folder) / "pantheon.db"
        with Store.open(path, clock=clock, durability=durability) as store:
            runtime = Runtime(make_project(), store, clock=clock, load_specialist=no_specialist)
            works = {
                "chain": lambda: run_one(runtime, "chain100"),
                "fan": lambda: run_one(runtime, "fan"),
                "runs": lambda: run_many(runtime, "chain10", 200),
            }
            figures = {
                name: await measure(work, NODES[name], rounds=rounds, repeat=repeat)
                for name, work in works.items()
            }
            await runtime.close()
    return figures


async def run_one(runtime: Runtime, flow: str) -> None:
    """One run."""
    run = await runtime.run(flow, INPUT)
    assert run.state == "done", run.failure


async def run_many(runtime: Runtime, flow: str, count: int) -> None:
    """Many runs at once."""
    await asyncio.gather(*(run_one(runtime, flow) for _ in range(count)))


# ------------------------------------------------------------------------------------ floors


class Floor:
    """The same work without an engine: a function, and perhaps a transaction, per node."""

    def __init__(self, database: sqlite3.Connection | None) -> None:
        self._database = database
        self._run = 0

    async def node(self, run: int, position: int, value: dict[str, Any]) -> dict[str, Any]:
        """Work, and write its output down before going on."""
        output = {"n": value["n"] + 1, "msg": value["msg"]}
        if self._database is not None:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "INSERT INTO journal VALUES (?, ?, ?)", (run, position, json.dumps(output))
            )
            self._database.execute("COMMIT")
        return output

    async def chain(self, length: int) -> None:
        """Each after the other."""
        self._run += 1
        run, value = self._run, cast("dict[str, Any]", INPUT)
        for position in range(length):
            value = await self.node(run, position, value)

    async def fan(self) -> None:
        """One, a hundred tasks, one."""
        self._run += 1
        run = self._run
        first = await self.node(run, 0, cast("dict[str, Any]", INPUT))
        async with asyncio.TaskGroup() as group:
            for position in range(101):
                group.create_task(self.node(run, position + 1, first))
        await self.node(run, 102, first)

    async def runs(self) -> None:
        """Two hundred chains of ten, a task each."""
        await asyncio.gather(*(self.chain(10) for _ in range(200)))


async def measure_floor(*, durable: bool, rounds: int, repeat: int) -> dict[str, float]:
    """µs per node of each workload without an engine."""
    with tempfile.TemporaryDirectory() as folder:
        database = _journal(Path(folder)) if durable else None
        floor = Floor(database)
        works: dict[str, Work] = {
            "chain": lambda: floor.chain(100),
            "fan": floor.fan,
            "runs": floor.runs,
        }
        figures = {
            name: await measure(work, NODES[name], rounds=rounds, repeat=repeat)
            for name, work in works.items()
        }
        if database is not None:
            database.close()
    return figures


def _journal(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(
        "CREATE TABLE journal (run INTEGER, position INTEGER, output TEXT, "
        "PRIMARY KEY (run, position))"
    )
    return database


async def measure(work: Work, nodes: int, *, rounds: int, repeat: int) -> float:
    """Best of the rounds' medians, in µs per node."""
    await work()
    medians: list[float] = []
    for _ in range(rounds):
        times: list[float] = []
        for _ in range(repeat):
            gc.collect()
            began = CLOCK[0]()
            await work()
            times.append((CLOCK[0]() - began) / nodes * 1e6)
        medians.append(statistics.median(times))
    return min(medians)


# ------------------------------------------------------------------------------------ table


async def measure_all(rounds: int, repeat: int) -> dict[str, dict[str, float]]:
    """All figures by row."""
    return {
        "floor, in memory": await measure_floor(durable=False, rounds=rounds, repeat=repeat),
        "floor, one transaction a node": await measure_floor(
            durable=True, rounds=rounds, repeat=repeat
        ),
        "engine, memory": await measure_engine("memory", rounds=rounds, repeat=repeat),
        "engine, fast": await measure_engine("fast", rounds=rounds, repeat=repeat),
        "engine, safe": await measure_engine("safe", rounds=rounds, repeat=repeat),
    }


def show(figures: dict[str, dict[str, float]]) -> None:
    """A table, with the ratio to the durable floor."""
    floor = figures["floor, one transaction a node"]
    print("| µs per node | chain of 100 | 1 → 100 → 1 | 200 × chain of 10 | × durable floor |")
    print("|---|---|---|---|---|")
    for row, values in figures.items():
        shown = " | ".join(f"{values[name]:.1f}" for name in NODES)
        ratios = " / ".join(f"{values[name] / floor[name]:.1f}" for name in NODES)
        print(f"| {row} | {shown} | {ratios} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the engine costs per node.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wall", action="store_true")
    options = parser.parse_args()
    if options.wall:
        CLOCK[0] = time.perf_counter
    figures = asyncio.run(measure_all(options.rounds, options.repeat))
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
