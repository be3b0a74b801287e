"""A new flow: agents in a row, each input taken from the nearest node before that gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pantheon.editing import spell
from pantheon.errors import NotFound, UsageError
from pantheon.ids import Json, JsonObject
from pantheon.scaffold._agent import check_name
from pantheon.scaffold._files import File
from pantheon.scaffold._yaml import HEADER
from pantheon.spec import AgentDef, Project, did_you_mean


def flow_files(
    name: str, agents: Sequence[str], project: Project, *, description: str = ""
) -> tuple[File, ...]:
    """The file of a new flow of the project's agents, in the order given.

    Raises:
        UsageError: the name is none, or an agent is named twice.
        NotFound: there is no such agent.
    """
    check_name(name, "flow")
    chain = [_find(agent, project) for agent in agents]
    if len({agent.name for agent in chain}) < len(chain) or not chain:
        raise UsageError(
            "A new flow names each of its agents once.", hint="Write --agents triage,reply."
        )
    taken: dict[str, str] = {}
    inputs: dict[str, Json] = {}
    nodes = [_node(agent, taken, inputs) for agent in chain]
    output = _output(chain, nodes)
    body = [
        f"description: {spell(description or f'What the flow {name} is for.')}",
        f"input: {spell(inputs)}",
        "nodes:",
        *(f"  {node}" for node in nodes),
        f"output: {spell(cast('Json', output))}",
    ]
    lines = "".join(f"    {line}\n" for line in body)
    return (File(f"flows/{name}.yaml", f"{HEADER}flows:\n  {name}:\n{lines}"),)


def _find(name: str, project: Project) -> AgentDef:
    if name not in project.agents:
        fix = did_you_mean(name, project.agents, otherwise="make it: pantheon new agent")
        raise NotFound(f"There is no agent {name!r}.", hint=fix)
    return project.agents[name]


def _fields(schema: JsonObject) -> dict[str, JsonObject]:
    return cast("dict[str, JsonObject]", schema.get("properties", {}))


def _node(agent: AgentDef, taken: dict[str, str], inputs: dict[str, Json]) -> str:
    """One node; `taken` says which node gave a field last, `inputs` what the flow is asked for."""
    wired: dict[str, Json] = {}
    required = cast("list[str]", agent.input.get("required", []))
    for field, schema in _fields(agent.input).items():
        if field in taken:
            wired[field] = taken[field]
        elif field in required:
            inputs.setdefault(field, _short(schema))
            wired[field] = f"input.{field}"
    taken.update({field: f"{agent.name}.{field}" for field in _fields(agent.output)})
    return f"{agent.name}: {{agent: {agent.name}, in: {spell(wired)}}}"


def _output(chain: Sequence[AgentDef], nodes: Sequence[str]) -> dict[str, str]:
    """The fields of the last node, and those of every node that no other reads."""
    given: dict[str, str] = {}
    for agent in reversed(chain):
        read = any(f" {agent.name}." in node for node in nodes)
        for field in _fields(agent.output) if agent is chain[-1] or not read else ():
            given[field if field not in given else f"{agent.name}_{field}"] = (
                f"{agent.name}.{field}"
            )
    return given


def _short(schema: JsonObject) -> Json:
    """The type as the short form spells it, where it has a word for it."""
    named = schema.get("type")
    if set(schema) == {"type"} and isinstance(named, str):
        return named if named != "null" else dict(schema)
    if schema.get("type") == "string" and set(schema) == {"type", "enum"}:
        return {"enum": schema["enum"]}
    return dict(schema) if schema else "any"
