"""Which flows no longer fit when agents, or the flows that they run, are replaced by others.

The flows are linked again, as they stand, by the same checks as when they were loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pantheon.errors import Where
from pantheon.ids import Json
from pantheon.spec._diagnostic import Diagnostic
from pantheon.spec._flow_model import FlowDef
from pantheon.spec._load import _Loader
from pantheon.spec._model import AgentDef, MemoryDef, Project
from pantheon.spec._source import (
    Entry,
    Findings,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
    from_json,
)
from pantheon.spec._uses import agents_of
from pantheon.spec._write_flow import write_flow


@dataclass(frozen=True, slots=True)
class Break:
    """A place in a flow that does not fit any longer."""

    flow: str
    node: str | None
    """None: the flow's output, or the flow as a whole."""
    reason: str
    fix: str
    where: Where
    """Where the node (or the flow) was written."""


def find_breaks(before: Project, after: Project) -> tuple[Break, ...]:
    """What is wrong with the flows of `before`, as they stand, beside the agents of `after`.

    Agents and flows that `after` no longer has are told as gone. A flow that was wrong by itself
    is not told again. What is not in `before` breaks nothing.
    """
    agents: dict[str, AgentDef | None] = {
        name: after.agents.get(name) for name in before.agents if name in after.agents
    }
    old = _problems(before.flows, dict(before.agents), before.memory)
    new = _problems(before.flows, agents, before.memory)
    known = {(d.where.file, d.message) for d in old}
    fresh = [d for d in new if (d.where.file, d.message) not in known]
    return tuple(_told(found, before) for found in fresh)


def users_of(project: Project, agent: str) -> tuple[str, ...]:
    """Flows that ask an agent, in the order written."""
    return tuple(name for name, flow in project.flows.items() if agent in agents_of(flow))


def _problems(
    flows: Mapping[str, FlowDef],
    agents: dict[str, AgentDef | None],
    memory: Mapping[str, MemoryDef],
) -> list[Diagnostic]:
    findings = Findings()
    entries = {name: _entry(name, flow) for name, flow in flows.items()}
    _Loader(Path(), {}, findings=findings).read_flows(entries, agents, dict(memory))
    return [found for found in findings.diagnostics if found.severity == "error"]


def _entry(name: str, flow: FlowDef) -> Entry:
    """The flow as if written; each node stands in a file of its own, by which it is told."""
    body = write_flow(flow)
    nodes = body["nodes"]
    assert isinstance(nodes, dict)
    place = _place_of(name)
    written: dict[str, Entry] = {
        key: Entry(Scalar(key, place, key), from_json(value, place))
        for key, value in body.items()
        if key != "nodes"
    }
    inner: Written = Table({n: _node(name, n, each) for n, each in nodes.items()}, place)
    written["nodes"] = Entry(Scalar("nodes", place, "nodes"), inner)
    return Entry(Scalar(name, place, name), Table(written, place))


def _node(flow: str, name: str, body: Json) -> Entry:
    place = _place_of(flow, name)
    return Entry(Scalar(name, place, name), from_json(body, place))


def _place_of(flow: str, node: str = "") -> Place:
    return Place(SourceFile(f"{flow}\n{node}", ()), 0, 0)


def _told(found: Diagnostic, project: Project) -> Break:
    flow, _, node = found.where.file.partition("\n")
    definition = project.flows[flow]
    inner = definition.nodes.get(node)
    where = inner.where if inner is not None else definition.where
    return Break(flow, node or None, found.message, found.fix, where)
