# pyright: basic, reportMissingImports=false
"""LlamaIndex Workflows: a typed event and a step for each node; branches are a list of events.

Durable runs use what `WorkflowServer` uses, without its HTTP. The documented way to it is over
HTTP only, so a private class is named here, to the engine's advantage.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from llama_agents.server import SqliteWorkflowStore
from llama_agents.server.runtime import _DurableWorkflowRuntime
from workflows import Workflow, step
from workflows.events import Event, StartEvent, StopEvent

from bench.engine._timing import PAYLOAD, WIDTH, Run, choose, join, length_of, main, work

HERE = sys.modules[__name__]
"""Events are found by the name of their module when a run is read back."""


class Begin(StartEvent):
    """The input."""

    data: dict[str, Any]


class End(StopEvent):
    """The output."""

    data: dict[str, Any]


class Sent(Event):
    """To a branch."""

    data: dict[str, Any]


class Found(Event):
    """From a branch."""

    data: dict[str, Any]


class Fan(Workflow):
    """One, a hundred, one."""

    @step
    async def first(self, ev: Begin) -> list[Sent]:
        return [Sent(data=work(ev.data))] * WIDTH

    @step(num_workers=WIDTH)
    async def middle(self, ev: Sent) -> Found:
        return Found(data=work(ev.data))

    @step
    async def last(self, evs: list[Found]) -> End:
        return End(data=join([ev.data for ev in evs]))


def chain(length: int) -> type[Workflow]:
    """Each step after the one before: step i takes event i and gives event i + 1."""
    workflow = type("Chain", (Workflow,), {"__module__": __name__})
    passed = [_event(f"Passed{i}") for i in range(1, length)]
    events: list[type[Event]] = [Begin, *passed, End]
    for i in range(length):
        _add_step(workflow, f"n{i}", events[i], events[i + 1])
    return workflow


def _event(name: str) -> type[Event]:
    made = type(name, (Event,), {"__module__": __name__, "__annotations__": {"data": dict}})
    setattr(HERE, name, made)
    return made


def _add_step(workflow: type[Workflow], name: str, taken: type[Event], given: type[Event]) -> None:
    async def node(ev: Any) -> Any:
        return given(data=work(ev.data))

    node.__annotations__ = {"ev": taken, "return": given}
    node.__name__ = node.__qualname__ = name
    step(workflow=workflow)(node)


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Modes: memory; sqlite (as shipped), single (one connection, which its store offers)."""
    made = Fan if workload == "fan" else chain(length_of(workload))
    workflow = made(timeout=None)
    if mode == "memory":

        async def one() -> int:
            return (await workflow.run(start_event=Begin(data=PAYLOAD))).data["n"]

        yield choose(workload, one)
        return
    store = SqliteWorkflowStore(str(folder / "runs.db"), single_connection=mode == "single")
    runtime = _DurableWorkflowRuntime(workflow_store=store)
    runtime.add_workflow("work", workflow)

    async def durable() -> int:
        handler = await runtime.run("work", start_event=Begin(data=PAYLOAD))
        result = await runtime._active_handlers.pop(handler.handler_id)  # noqa: SLF001
        return result.data["n"]

    async with runtime:
        yield choose(workload, durable)


if __name__ == "__main__":
    main(prepare, "llama-index-workflows", "llama-agents-server")
