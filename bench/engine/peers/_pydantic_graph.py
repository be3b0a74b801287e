# pyright: basic, reportMissingImports=false
"""pydantic-graph: steps of a `GraphBuilder`; a map and a join that collects. It keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from pydantic_graph import GraphBuilder, StepContext, reduce_list_append
from pydantic_graph.graph_builder import Graph

from bench.engine._timing import PAYLOAD, WIDTH, Run, Value, choose, join, length_of, main, work


def step() -> Callable[[StepContext[None, None, Value]], Awaitable[Value]]:
    """A step that passes the data on."""

    async def node(ctx: StepContext[None, None, Value]) -> Value:
        return work(ctx.inputs)

    return node


async def spread(ctx: StepContext[None, None, Value]) -> list[Value]:
    """The first step of the fan-out."""
    return [work(ctx.inputs)] * WIDTH


async def merge(ctx: StepContext[None, None, list[Value]]) -> Value:
    """The last step of the fan-out."""
    return join(ctx.inputs)


def chain(length: int) -> Graph[None, None, Value, Value]:
    """Each step after the one before."""
    graph = GraphBuilder(input_type=Value, output_type=Value, auto_instrument=False)
    steps = [graph.step(step(), node_id=f"n{i}") for i in range(length)]
    nodes = [graph.start_node, *steps, graph.end_node]
    for before, after in pairwise(nodes):
        graph.add_edge(before, after)
    return graph.build()


def fan() -> Graph[None, None, Value, Value]:
    """One, a hundred, one."""
    graph = GraphBuilder(input_type=Value, output_type=Value, auto_instrument=False)
    first = graph.step(spread, node_id="first")
    middle = graph.step(step(), node_id="middle")
    collected = graph.join(reduce_list_append, initial_factory=list[Value])
    last = graph.step(merge, node_id="last")
    graph.add(
        graph.edge_from(graph.start_node).to(first),
        graph.edge_from(first).map().to(middle),
        graph.edge_from(middle).to(collected),
        graph.edge_from(collected).to(last),
        graph.edge_from(last).to(graph.end_node),
    )
    return graph.build()


@asynccontextmanager
async def prepare(workload: str, mode: str, folder: Path) -> AsyncGenerator[Run]:
    """Mode: memory."""
    graph = fan() if workload == "fan" else chain(length_of(workload))

    async def one() -> int:
        return (await graph.run(inputs=PAYLOAD))["n"]

    yield choose(workload, one)


if __name__ == "__main__":
    main(prepare, "pydantic-graph")
