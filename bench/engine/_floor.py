"""The floors: the same work with no engine at all, in memory and with a row written per node."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

from bench.engine._timing import (
    PAYLOAD,
    WIDTH,
    Run,
    Value,
    choose,
    join,
    length_of,
    main,
    work,
)

Keep: TypeAlias = Callable[[int, int, Value], Awaitable[None]]
"""(run, position, output) → when it is written down as well as the mode promises."""


async def keep_nothing(_run: int, _position: int, _output: Value) -> None:
    """In memory: nothing is written."""


class Journal:
    """A table of outputs on one connection, on the event loop's thread."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE journal (run INTEGER, position INTEGER, output TEXT, "
            "PRIMARY KEY (run, position))"
        )
        self._waiting: list[tuple[int, int, str]] = []
        self._committed: asyncio.Future[None] | None = None

    async def write_one(self, run: int, position: int, output: Value) -> None:
        """A transaction for each node."""
        self._write([(run, position, json.dumps(output))])

    async def write_group(self, run: int, position: int, output: Value) -> None:
        """One transaction for all that ends in the same turn of the loop; everybody waits for it."""
        self._waiting.append((run, position, json.dumps(output)))
        if self._committed is None:
            loop = asyncio.get_running_loop()
            self._committed = loop.create_future()
            loop.call_soon(self._flush, self._committed)
        await self._committed

    def close(self) -> None:
        self._database.close()

    def _flush(self, committed: asyncio.Future[None]) -> None:
        rows, self._waiting, self._committed = self._waiting, [], None
        self._write(rows)
        committed.set_result(None)

    def _write(self, rows: list[tuple[int, int, str]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("INSERT INTO journal VALUES (?, ?, ?)", rows)
        self._database.execute("COMMIT")


class Floor:
    """Chains and fan-outs of bare coroutines."""

    def __init__(self, keep: Keep, *, tasks: bool) -> None:
        self._keep = keep
        self._tasks = tasks
        self._runs = 0

    async def chain(self, length: int) -> int:
        """Each node after the one before."""
        self._runs += 1
        run, value = self._runs, PAYLOAD
        for position in range(length):
            node = self._node(run, position, value)
            value = await (asyncio.create_task(node) if self._tasks else node)
        return value["n"]

    async def fan(self) -> int:
        """One node, a task for each branch, one node."""
        self._runs += 1
        run = self._runs
        first = await self._node(run, 0, PAYLOAD)
        async with asyncio.TaskGroup() as group:
            branches = [
                group.create_task(self._node(run, 1 + position, first)) for position in range(WIDTH)
            ]
        last = join([branch.result() for branch in branches])
        await self._keep(run, 1 + WIDTH, last)
        return last["n"]

    async def _node(self, run: int, position: int, value: Value) -> Value:
        output = work(value)
        await self._keep(run, position, output)
        return output


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Modes: direct, tasks (in memory); commits, grouped (SQLite, WAL, synchronous NORMAL)."""
    journal = Journal(folder / "floor.db")
    keep = {"commits": journal.write_one, "grouped": journal.write_group}.get(mode, keep_nothing)
    floor = Floor(keep, tasks=mode == "tasks")
    length = length_of(workload)
    yield choose(workload, floor.fan if workload == "fan" else lambda: floor.chain(length))
    journal.close()


if __name__ == "__main__":
    main(prepare)
