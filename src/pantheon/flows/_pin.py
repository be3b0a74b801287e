"""What a run is pinned to: its flow, and the flows, agents and memory it uses, as written then.

The pin is kept in the store under its hash; a run that is resumed is read back from it, so that
editing the file never disturbs a run that is on its way. Functions and programs that agents call
are not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pantheon.errors import SpecError
from pantheon.ids import ContentHash, JsonObject, hash_json
from pantheon.spec import (
    AgentDef,
    FlowDef,
    MemoryDef,
    Project,
    agent_from_json,
    agents_of,
    definitions_for,
    flow_from_json,
    flow_hash,
    flows_of,
    memory_from_json,
    memory_to_json,
    to_json,
)

KIND = "pin"


@dataclass(frozen=True, slots=True)
class Pin:
    """A flow with all it uses."""

    hash: ContentHash
    flow: FlowDef
    agents: Mapping[str, AgentDef]
    body: JsonObject
    """What is kept."""
    flows: Mapping[str, FlowDef] = field(default_factory=dict[str, FlowDef])
    """Flows that its nodes run by name."""
    memory: Mapping[str, MemoryDef] = field(default_factory=dict[str, MemoryDef])
    deployed: Mapping[str, ContentHash] = field(default_factory=dict[str, ContentHash])
    """Versions of agents that were deployed by themselves, in a flow that was not."""

    def with_deployed(self, agents: Mapping[str, ContentHash]) -> Pin:
        """The pin of a run for which these versions of agents were chosen."""
        named: JsonObject = dict(sorted(agents.items()))
        hash = hash_json({"pin": self.hash, "deployed": named})
        body: JsonObject = {**self.body, "deployed": named}
        return replace(self, hash=hash, body=body, deployed=dict(agents))


def make_pin(project: Project, flow: FlowDef) -> Pin:
    """The pin of a flow as the project defines it now."""
    flows = flows_of(flow, project)
    named = {name for used in (flow, *flows.values()) for name in agents_of(used)}
    known = definitions_for([flow.name, *flows], project)
    agents = {name: known[name] for name in sorted(named) if name in known}
    body: JsonObject = {
        "flow": to_json(flow),
        "agents": {name: to_json(agent) for name, agent in agents.items()},
    }
    if flows:
        body["flows"] = {name: to_json(used) for name, used in flows.items()}
    if project.memory:
        body["memory"] = {n: memory_to_json(kept) for n, kept in project.memory.items()}
    return Pin(flow_hash(flow, project), flow, agents, body, flows, project.memory)


def read_pin(hash: ContentHash, body: JsonObject) -> Pin:
    """The pin as it was kept. SpecError when this version of the program cannot read it."""
    try:
        return _read(hash, body, body)
    except (KeyError, TypeError, AttributeError) as error:
        raise SpecError(
            f"The stored flow {hash} cannot be read: {error!r}.",
            hint="the database may be damaged",
        ) from None


def _read(hash: ContentHash, body: JsonObject, kept: Any) -> Pin:
    return Pin(
        hash,
        flow_from_json(kept["flow"]),
        {name: agent_from_json(agent) for name, agent in kept["agents"].items()},
        body,
        {name: flow_from_json(flow) for name, flow in kept.get("flows", {}).items()},
        {name: memory_from_json(memory) for name, memory in kept.get("memory", {}).items()},
        kept.get("deployed", {}),
    )
