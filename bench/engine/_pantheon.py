"""Pantheon: flows read from YAML, run through the public API, inputs and outputs checked.

The one place of these benchmarks that knows how a project is opened.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from bench.engine._project import write_project
from bench.engine._timing import PAYLOAD, Run, choose, length_of, main
from pantheon.clock import SystemClock
from pantheon.errors import InputError
from pantheon.flows import Runtime
from pantheon.learn import load_specialist
from pantheon.spec import Project, load_project
from pantheon.store import Durability, Store


@asynccontextmanager
async def open_engine(
    project: Project | Path, folder: Path, durability: Durability
) -> AsyncGenerator[Runtime]:
    """A project (or its file), with its database in `folder`, ready to run flows."""
    clock = SystemClock()
    with Store.open(folder / "pantheon.db", clock=clock, durability=durability) as store:
        loaded = load_project(project) if isinstance(project, Path) else project
        runtime = Runtime(loaded, store, clock=clock, load_specialist=load_specialist)
        try:
            yield runtime
        finally:
            await runtime.close()


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Modes: memory, fast, safe."""
    flow = "fan" if workload == "fan" else f"chain{length_of(workload)}"
    async with open_engine(write_project(folder), folder, cast("Durability", mode)) as engine:

        async def one() -> int:
            run = await engine.run(flow, PAYLOAD)
            assert run.output is not None, run.failure
            return cast("int", run.output["n"])

        await check_contracts(engine)
        yield choose(workload, one)


async def check_contracts(engine: Runtime) -> None:
    """What is measured includes the checks: a wrong input is refused, a wrong output fails."""
    try:
        await engine.run("wrong", {"n": "0", "msg": ""})
    except InputError:
        run = await engine.run("wrong", PAYLOAD)
        assert run.state == "failed", run
    else:
        raise AssertionError("a flow took an input that its contract forbids")


if __name__ == "__main__":
    main(prepare, "pantheon")
