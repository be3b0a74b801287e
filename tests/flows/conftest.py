"""A clean memory for the functions, a fake clock, a store in memory, and a way to run a flow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.flows import Runtime
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, FlowDef
from pantheon.store import Run, Store
from tests.flows import building, work
from tests.flows.building import RunFlow


@pytest.fixture(autouse=True)
def clean_memory(clock: FakeClock) -> None:
    """What the functions remember belongs to one test."""
    work.CALLS.clear()
    work.ORDER.clear()
    work.CLOCK[0] = clock


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when told, or when someone sleeps."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> Iterator[Store]:
    """An empty store in memory."""
    with Store.open(":memory:", clock=clock) as opened:
        yield opened


@pytest.fixture
def make_runtime(store: Store, clock: FakeClock, tmp_path: Path) -> Any:
    """A runtime for flows of `building`."""

    def make(*flows: FlowDef, agents: tuple[AgentDef, ...] = (), **options: Any) -> Runtime:
        project = building.project(tmp_path, *flows, agents=agents)
        return building.runtime(project, store, clock=clock, **options)

    return make


@pytest.fixture
def run_flow(make_runtime: Any) -> RunFlow:
    """Runs one flow once."""

    def run(
        flow: FlowDef, input: JsonObject | None = None, *agents: AgentDef, **options: Any
    ) -> Run:
        runtime = make_runtime(flow, agents=agents, **options)
        return asyncio.run(runtime.run(flow.name, input or {}))

    return run
