# pyright: basic, reportMissingImports=false
"""DBOS: an async workflow of async steps on SQLite; branches are steps gathered by the workflow."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from dbos import DBOS
from sqlalchemy import Engine, event

from bench.engine._timing import PAYLOAD, WIDTH, Run, Value, choose, join, length_of, main, work


@DBOS.step()
async def step(value: Value) -> Value:
    """Pass the data on."""
    return work(value)


@DBOS.step()
async def merge(values: list[Value]) -> Value:
    """The last step of the fan-out."""
    return join(values)


@DBOS.workflow()
async def chain(length: int, value: Value) -> Value:
    """Each step after the one before."""
    for _ in range(length):
        value = await step(value)
    return value


@DBOS.workflow()
async def fan(value: Value) -> Value:
    """One, a hundred, one."""
    first = await step(value)
    return await merge(await asyncio.gather(*(step(first) for _ in range(WIDTH))))


def tune(path: Path) -> None:
    """What SQLite advises: DBOS leaves the rollback journal and synchronous FULL as they are."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(Engine, "connect")
    def relax(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Modes: sqlite (as shipped), tuned (WAL, synchronous NORMAL)."""
    path = folder / "dbos.db"
    if mode == "tuned":
        tune(path)
    url = f"sqlite:///{path}"
    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR"})
    DBOS.launch()
    length = length_of(workload)

    async def one() -> int:
        value = await (fan(PAYLOAD) if workload == "fan" else chain(length, PAYLOAD))
        return value["n"]

    yield choose(workload, one)
    DBOS.destroy()


if __name__ == "__main__":
    main(prepare, "dbos")
