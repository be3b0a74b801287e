# pyright: basic, reportMissingImports=false
"""Haystack: components of a `Pipeline`, run concurrently with `run_async`. It keeps nothing.

Annotations are evaluated: as text, `Variadic` is not recognised.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack import Pipeline, component
from haystack.core.component.types import Variadic

from bench.engine._timing import PAYLOAD, WIDTH, Run, choose, join, length_of, main, work


@component
class Step:
    """Passes the data on."""

    @component.output_types(data=dict)
    def run(self, data: dict) -> dict[str, Any]:
        return {"data": work(data)}

    @component.output_types(data=dict)
    async def run_async(self, data: dict) -> dict[str, Any]:
        return {"data": work(data)}


@component
class Join:
    """The last component of the fan-out."""

    @component.output_types(data=dict)
    def run(self, data: Variadic[dict]) -> dict[str, Any]:
        return {"data": join(list(data))}

    @component.output_types(data=dict)
    async def run_async(self, data: Variadic[dict]) -> dict[str, Any]:
        return {"data": join(list(data))}


def chain(length: int) -> Pipeline:
    """Each component after the one before."""
    pipeline = Pipeline()
    for i in range(length):
        pipeline.add_component(f"n{i}", Step())
    for i in range(1, length):
        pipeline.connect(f"n{i - 1}.data", f"n{i}.data")
    return pipeline


def fan() -> Pipeline:
    """One, a hundred, one."""
    pipeline = Pipeline()
    pipeline.add_component("n0", Step())
    pipeline.add_component("last", Join())
    for i in range(WIDTH):
        pipeline.add_component(f"m{i}", Step())
        pipeline.connect("n0.data", f"m{i}.data")
        pipeline.connect(f"m{i}.data", "last.data")
    return pipeline


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Mode: memory."""
    pipeline = fan() if workload == "fan" else chain(length_of(workload))

    async def one() -> int:
        found = await pipeline.run_async({"n0": {"data": PAYLOAD}}, concurrency_limit=WIDTH)
        (last,) = found.values()
        return last["data"]["n"]

    yield choose(workload, one)


if __name__ == "__main__":
    main(prepare, "haystack-ai")
