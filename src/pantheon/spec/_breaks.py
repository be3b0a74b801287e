"""Which flows no longer fit when agents, or the flows that they run, are replaced by others.

The flows are linked again, as they stand, by the same checks as when they were loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pantheon.errors import Where
from pantheon.ids import Json
from pantheon.spec._diagnostic import Diagnostic
from pantheon.spec._flow_model import FlowDef
from pantheon.spec._model import AgentDef, Project
from pantheon.spec._read_flows import FlowsReader
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
from pantheon.spec._uses import agents_of, flow_names_of, memory_of
from pantheon.spec._versions_of import Recorded, RecordedAgent, nothing_recorded
from pantheon.spec._write_flow import write_flow

T = TypeVar("T")


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


def find_breaks(
    before: Project,
    after: Project,
    *,
    only: Iterable[str] | None = None,
    recorded: Recorded = nothing_recorded,
) -> tuple[Break, ...]:
    """What is wrong with the flows of `before`, as they stand, beside what `after` defines.

    Agents, flows and stores that `after` no longer has are told as gone. A flow that was wrong by
    itself is not told again. What is not in `before` breaks nothing. With `only`, just the agents
    and flows of these names are replaced: so it is told what each of them breaks. A constraint
    that `after` does not satisfy may be satisfied by what is `recorded`.
    """
    if only is not None:
        after = _with_only(before, after, frozenset(only))
    touched = _touched(before, after)
    new = _problems(touched, before, after, recorded) if touched else []
    if not new:
        return ()
    known = {(d.where.file, d.message) for d in _problems(touched, before, before, recorded)}
    fresh = [d for d in new if (d.where.file, d.message) not in known]
    return tuple(dict.fromkeys(_told(found, before) for found in fresh))


def users_of(project: Project, agent: str) -> tuple[str, ...]:
    """Flows that ask an agent, in the order written."""
    return tuple(name for name, flow in project.flows.items() if agent in agents_of(flow))


def _with_only(before: Project, after: Project, names: frozenset[str]) -> Project:
    """`before` with the definitions of these names as `after` has them."""
    return Project(
        before.root,
        agents=_exchanged(before.agents, after.agents, names),
        flows=_exchanged(before.flows, after.flows, names),
        models={**before.models, **after.models},
        memory=before.memory,
    )


def _exchanged(
    before: Mapping[str, T], after: Mapping[str, T], names: frozenset[str]
) -> dict[str, T]:
    kept = {name: value for name, value in before.items() if name not in names}
    return {**kept, **{name: value for name, value in after.items() if name in names}}


def _touched(before: Project, after: Project) -> dict[str, FlowDef]:
    """The flows that something changed for, be it through others; none else can break."""
    agents, stores = _moved(before.agents, after.agents), _moved(before.memory, after.memory)
    changed = _moved(before.flows, after.flows)
    found = {
        name
        for name, flow in before.flows.items()
        if agents & agents_of(flow) or (stores and stores & memory_of(flow))
    }
    size = -1
    while size != (size := len(found)):
        found |= {n for n, f in before.flows.items() if flow_names_of(f) & (changed | found)}
    return {name: flow for name, flow in before.flows.items() if name in found}


def _moved(before: Mapping[str, T], after: Mapping[str, T]) -> frozenset[str]:
    """Names of what is another thing now, or gone."""
    return frozenset(name for name, value in before.items() if after.get(name) != value)


def _problems(
    flows: Mapping[str, FlowDef], before: Project, after: Project, recorded: Recorded
) -> list[Diagnostic]:
    """The mistakes in flows of `before`, for what they find in `after`.

    A flow that is the same in both is linked again where others run it: what it gives may be
    another thing with the agents of `after`.
    """
    given = {n: None if flows.get(n) == flow else flow for n, flow in after.flows.items()}
    reader = FlowsReader(
        dict[str, AgentDef | None](after.agents),
        after.models,
        after.memory,
        Findings(),
        recorded=lambda name: [*_resolved(before, name), *recorded(name)],
        given=given,
    )
    linked = reader.read({name: _entry(name, flow) for name, flow in flows.items()})
    reader.check_privacy(linked)
    return [found for found in reader.findings.diagnostics if found.severity == "error"]


def _resolved(project: Project, name: str) -> list[RecordedAgent]:
    """The versions of an agent that flows of a project use in the place of its own."""
    found = (chosen.get(name) for chosen in project.resolved.values())
    return [RecordedAgent(agent, 0) for agent in found if agent is not None]


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
