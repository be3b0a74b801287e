# pyright: basic, reportMissingImports=false
"""Burr: one async action after the other; branches are sub-applications of a `MapStates` action."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from burr.core import ApplicationBuilder, GraphBuilder, State, action
from burr.core.graph import Graph
from burr.core.parallelism import MapStates
from burr.integrations.persisters.b_aiosqlite import AsyncSQLitePersister

from bench.engine._timing import PAYLOAD, WIDTH, Run, choose, join, length_of, main, work


def step() -> Any:
    """An action that passes the data on."""

    @action(reads=["data"], writes=["data"])
    async def node(state: State) -> State:
        return state.update(data=work(state["data"]))

    return node


BRANCH = step()


class Branches(MapStates):
    """A hundred sub-applications of one action."""

    def is_async(self) -> bool:
        return True

    def action(self, state: State, inputs: dict[str, Any]) -> Any:
        return BRANCH

    async def states(self, state: State, context: Any, inputs: Any) -> AsyncGenerator[State]:
        for _ in range(WIDTH):
            yield state

    async def reduce(self, state: State, states: AsyncGenerator[State]) -> State:
        return state.update(found=[found["data"] async for found in states])

    @property
    def reads(self) -> list[str]:
        return ["data"]

    @property
    def writes(self) -> list[str]:
        return ["found"]


@action(reads=["found"], writes=["data"])
async def merge(state: State) -> State:
    """The last action of the fan-out."""
    return state.update(data=join(state["found"]))


def chain(length: int) -> Graph:
    """Each action after the one before."""
    names = [f"n{i}" for i in range(length)]
    builder = GraphBuilder().with_actions(**{name: step() for name in names})
    return builder.with_transitions(*pairwise(names)).build()


def fan() -> Graph:
    """One, a hundred, one."""
    builder = GraphBuilder().with_actions(n0=step(), branches=Branches(), last=merge)
    return builder.with_transitions(("n0", "branches"), ("branches", "last")).build()


async def open_persister(path: Path, *, tuned: bool) -> AsyncSQLitePersister:
    """As shipped (a rollback journal, synchronous FULL), or with what SQLite advises set by hand."""
    persister = await AsyncSQLitePersister.from_values(str(path))
    await persister.initialize()
    if tuned:
        await persister.connection.execute("PRAGMA journal_mode = WAL")
        await persister.connection.execute("PRAGMA synchronous = NORMAL")
    return persister


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Modes: memory, sqlite (as shipped), tuned (WAL, synchronous NORMAL)."""
    persister = None
    if mode != "memory":
        persister = await open_persister(folder / "burr.db", tuned=mode == "tuned")
    length = length_of(workload)
    graph, last = (fan(), "last") if workload == "fan" else (chain(length), f"n{length - 1}")

    async def one() -> int:
        builder = ApplicationBuilder().with_graph(graph).with_entrypoint("n0")
        builder = builder.with_state(data=PAYLOAD).with_identifiers(app_id=uuid.uuid4().hex)
        if persister is not None:
            builder = builder.with_state_persister(persister)
        application = await builder.abuild()
        _, _, state = await application.arun(halt_after=[last])
        return state["data"]["n"]

    yield choose(workload, one)
    if persister is not None:
        await persister.cleanup()


if __name__ == "__main__":
    main(prepare, "apache-burr")
