"""The contract delta and its consequences: who calls or reads what changed, and breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pantheon.diff._changes import split_lists
from pantheon.diff._model import Change, Consequence, ContractNote
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec import (
    AgentDef,
    Break,
    FlowDef,
    Project,
    agents_of,
    compare_contracts,
    expressions_of,
    find_breaks,
    flows_of,
)


def compare_agents(
    before: AgentDef | None, after: AgentDef | None, changes: Sequence[Change]
) -> tuple[ContractNote, ...]:
    """What became of an agent's contract."""
    if before is None or after is None:
        return ()
    values = _values(changes)
    return (
        *_notes("input", (before.input, after.input), "input", values),
        *_notes("output", (before.output, after.output), "output", values),
    )


def compare_ends(
    before: FlowDef | None, after: FlowDef | None, changes: Sequence[Change]
) -> tuple[ContractNote, ...]:
    """What became of what a flow takes and gives."""
    if before is None or after is None:
        return ()
    values = _values(changes)
    return (
        *_notes("input", (before.input, after.input), "input", values),
        *_notes("output", (before.output_schema, after.output_schema), "returns", values),
    )


def _values(changes: Sequence[Change]) -> dict[str, str]:
    """For each field of which the permitted values changed: which came, which went."""
    found: dict[str, str] = {}
    for change in changes:
        lists = split_lists(change.before, change.after)
        if lists is not None and change.path.endswith(".enum"):
            gone, come = ([f"`{_plain(value)}`" for value in part] for part in lists)
            parts = [f"may now also be {', '.join(come)}"] if come else []
            parts += [f"may no longer be {', '.join(gone)}"] if gone else []
            found[change.path.removesuffix(".enum")] = " and ".join(parts)
    return found


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _notes(
    side: Literal["input", "output"],
    schemas: tuple[JsonObject, JsonObject],
    root: str,
    values: Mapping[str, str],
) -> Iterator[ContractNote]:
    if schemas[0] == schemas[1]:
        return
    for change in compare_contracts(*schemas):
        told = values.get(f"{root}.{change.path.replace('[]', '.items')}")
        words = f"`{change.path}` {told}" if told else change.words.rstrip(".")
        breaking = change.breaks(side)
        yield ContractNote(side, change.path, change.kind, f"{side}: {words}", breaking)


@dataclass(frozen=True, slots=True)
class Consequences:
    """Flows of the earlier side that no longer fit, by the agent or flow that is the reason."""

    by_name: Mapping[str, tuple[Consequence, ...]] = field(
        default_factory=dict[str, tuple[Consequence, ...]]
    )

    def of(self, name: str) -> tuple[Consequence, ...]:
        """Those of one definition."""
        return self.by_name.get(name, ())


def find_consequences(old: Project, new: Project) -> Consequences:
    """Link the earlier flows, as they stood, with the later agents; only where contracts changed."""
    moved = {name for name, agent in old.agents.items() if _moved(agent, new.agents.get(name))}
    touched = [flow for flow in old.flows.values() if moved & agents_of(flow)]
    if not touched:
        return Consequences()
    flows = {name: inner for flow in touched for name, inner in flows_of(flow, old).items()}
    flows |= {flow.name: flow for flow in touched}
    found: dict[str, list[Consequence]] = {}
    for broken in find_breaks(replace(old, flows=flows), new):
        told = _told(broken, old, new)
        for name in _blamed(broken, old.flows[broken.flow], moved):
            found.setdefault(name, []).append(told)
    return Consequences({name: tuple(each) for name, each in found.items()})


def _moved(before: AgentDef, after: AgentDef | None) -> bool:
    """Whether the contract is another, or the agent is gone."""
    return after is None or before.input != after.input or before.output != after.output


def _told(broken: Break, old: Project, new: Project) -> Consequence:
    adapted = new.flows.get(broken.flow) != old.flows[broken.flow]
    place = broken.where if broken.where.line else None
    return Consequence(broken.flow, broken.node, broken.reason.rstrip("."), place, adapted)


def _blamed(broken: Break, flow: FlowDef, moved: set[str]) -> list[str]:
    """The agents whose contract moved that a broken node asks or reads from; else all in the flow."""
    node = flow.nodes.get(broken.node or "")
    near = {broken.node} if node is None else {broken.node, node.reviews, *_read(flow, node.name)}
    named = [n.agent for n in flow.nodes.values() if n.name in near and n.agent in moved]
    return list(dict.fromkeys(n for n in named if n)) or sorted(moved & agents_of(flow))


def _read(flow: FlowDef, name: str) -> set[str]:
    return {root for expression in expressions_of(flow.nodes[name]) for root in expression.roots}
