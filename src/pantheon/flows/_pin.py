"""What a run is pinned to: its flow and the agents of its nodes as they were written then.

The pin is kept in the store under its hash; a run that is resumed is read back from it, so that
editing the file never disturbs a run that is on its way. Functions and programs that agents call
are not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pantheon.ids import ContentHash, JsonObject
from pantheon.spec import (
    AgentDef,
    FlowDef,
    Project,
    agent_from_json,
    flow_from_json,
    flow_hash,
    to_json,
)

KIND = "pin"


@dataclass(frozen=True, slots=True)
class Pin:
    """A flow with the agents it uses."""

    hash: ContentHash
    flow: FlowDef
    agents: Mapping[str, AgentDef]
    body: JsonObject
    """What is kept."""


def make_pin(project: Project, flow: FlowDef) -> Pin:
    """The pin of a flow as the project defines it now."""
    agents = {name: project.agents[name] for name in _agents_of(flow) if name in project.agents}
    body: JsonObject = {
        "flow": to_json(flow),
        "agents": {name: to_json(agent) for name, agent in agents.items()},
    }
    return Pin(flow_hash(flow, project), flow, agents, body)


def read_pin(hash: ContentHash, body: JsonObject) -> Pin:
    """The pin as it was kept. SpecError when this version of the program cannot read it."""
    kept: Any = body
    agents = {name: agent_from_json(agent) for name, agent in kept["agents"].items()}
    return Pin(hash, flow_from_json(kept["flow"]), agents, body)


def _agents_of(flow: FlowDef) -> list[str]:
    names: set[str] = set()
    for node in flow.nodes.values():
        judge = node.cross_check.judge if node.cross_check else None
        names |= {name for name in (node.agent, node.fallback, judge) if name}
    return sorted(names)
