# pyright: basic, reportMissingImports=false
"""LangGraph: a `StateGraph` with static edges; checkpoints in SQLite through `AsyncSqliteSaver`."""

from __future__ import annotations

import operator
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph

from bench.engine._timing import PAYLOAD, WIDTH, Run, Value, choose, join, length_of, main, work


class Chained(TypedDict):
    """The state of a chain."""

    data: dict[str, Any]


class Fanned(TypedDict):
    """The state of a fan-out; branches append."""

    data: dict[str, Any]
    found: Annotated[list[dict[str, Any]], operator.add]


async def step(state: Any) -> dict[str, Value]:
    """Pass the data on."""
    return {"data": work(state["data"])}


async def branch(state: Any) -> dict[str, list[Value]]:
    """One of the hundred."""
    return {"found": [work(state["data"])]}


async def merge(state: Any) -> dict[str, Value]:
    """The last node of the fan-out."""
    return {"data": join(state["found"])}


def chain(length: int) -> StateGraph:
    """Each node after the one before."""
    graph = StateGraph(Chained)
    names = [f"n{i}" for i in range(length)]
    for name in names:
        graph.add_node(name, step)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return graph


def fan() -> StateGraph:
    """One, a hundred, one."""
    graph = StateGraph(Fanned)
    graph.add_node("first", step)
    graph.add_node("last", merge)
    branches = [f"m{i}" for i in range(WIDTH)]
    for name in branches:
        graph.add_node(name, branch)
        graph.add_edge("first", name)
    graph.add_edge(START, "first")
    graph.add_edge(branches, "last")
    graph.add_edge("last", END)
    return graph


@asynccontextmanager
async def open_saver(mode: str, folder: Path) -> AsyncGenerator[AsyncSqliteSaver | None]:
    """None in memory. As shipped the database is in WAL mode and synchronous is FULL."""
    if mode == "memory":
        yield None
        return
    async with AsyncSqliteSaver.from_conn_string(str(folder / "checkpoints.db")) as saver:
        await saver.setup()
        if mode.endswith("-tuned"):
            await saver.conn.execute("PRAGMA synchronous = NORMAL")
        yield saver


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Modes: memory (no checkpointer); async (the default), sync, and sync-tuned (NORMAL)."""
    async with open_saver(mode, folder) as saver:
        drawn = fan() if workload == "fan" else chain(length_of(workload))
        graph = drawn.compile(checkpointer=saver)
        begin = {"data": PAYLOAD} | ({"found": []} if workload == "fan" else {})
        durability = {} if saver is None else {"durability": mode.partition("-")[0]}

        async def one() -> int:
            config = {"recursion_limit": 300, "configurable": {"thread_id": uuid.uuid4().hex}}
            return (await graph.ainvoke(begin, config, **durability))["data"]["n"]

        yield choose(workload, one)


if __name__ == "__main__":
    main(prepare, "langgraph", "langgraph-checkpoint-sqlite")
