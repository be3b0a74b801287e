"""Flow components by hand, for the tests that read and write Open Agent Spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pantheon.interop import Carried
from pantheon.spec import Project, load_project

AGENT: Any = pytest.importorskip("pyagentspec.agent")
EDGES: Any = pytest.importorskip("pyagentspec.flows.edges")
FLOW: Any = pytest.importorskip("pyagentspec.flows.flow")
NODES: Any = pytest.importorskip("pyagentspec.flows.nodes")
LLMS: Any = pytest.importorskip("pyagentspec.llms")
PROPERTY: Any = pytest.importorskip("pyagentspec.property")
TEXTS: Any = pytest.importorskip("pyagentspec.serialization")
TOOLS: Any = pytest.importorskip("pyagentspec.tools")


def load(root: Path, text: str) -> Project:
    """The project that a text is."""
    root.mkdir(exist_ok=True)
    (root / "pantheon.yaml").write_text(text)
    return load_project(root)


def said(carried: Carried) -> str:
    """What was lost, as text."""
    return "\n".join(map(str, carried.losses))


def flow_of(
    nodes: list[Any], control: list[tuple[Any, ...]], data: list[tuple[Any, ...]] | None
) -> str:
    """A flow component as text: edges as (from, to) or (from, branch, to), and (a, x, b, y)."""
    edges = [
        EDGES.ControlFlowEdge(
            name=f"c{i}", from_node=e[0], from_branch=e[1] if len(e) == 3 else None, to_node=e[-1]
        )
        for i, e in enumerate(control)
    ]
    wires = None
    if data is not None:
        wires = [
            EDGES.DataFlowEdge(
                name=f"d{i}",
                source_node=a,
                source_output=x,
                destination_node=b,
                destination_input=y,
            )
            for i, (a, x, b, y) in enumerate(data)
        ]
    flow = FLOW.Flow(
        name="Other Flow",
        start_node=nodes[0],
        nodes=nodes,
        control_flow_connections=edges,
        data_flow_connections=wires,
    )
    return TEXTS.AgentSpecSerializer().to_yaml(flow)


def prop(title: str, kind: str = "string", **more: Any) -> Any:
    """A property."""
    return PROPERTY.Property(json_schema={"title": title, "type": kind, **more})


def llm() -> Any:
    """A model behind an endpoint."""
    return LLMS.VllmConfig(name="My vLLM", model_id="llama", url="localhost:8000")
