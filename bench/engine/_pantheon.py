"""Pantheon: flows read from YAML, run through the public API, inputs and outputs checked.

The one place of these benchmarks that knows how a project is opened.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import cast

from bench.engine._project import write_project
from bench.engine._timing import PAYLOAD, Run, choose, length_of, main
from pantheon import Pantheon
from pantheon.errors import InputError
from pantheon.spec import Project
from pantheon.store import Durability


def open_engine(
    project: Project | Path, folder: Path, durability: Durability
) -> AbstractAsyncContextManager[Pantheon]:
    """A project (or its file), with its database in `folder`, ready to run flows."""
    return Pantheon.open(project, root=folder, durability=durability)


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


async def check_contracts(engine: Pantheon) -> None:
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
