"""Sides of a comparison: working files, recorded versions, and parts of either."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pantheon.diff._model import Source
from pantheon.flows import make_pin
from pantheon.spec import AgentDef, CloudTier, FlowDef, MemoryDef, ModelDef, Project, PromptTier

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.releases import Release, SourceFiles, Standing

WORKING = "working files"
T = TypeVar("T")


def working_source(project: Project, label: str = WORKING) -> Source:
    """Definitions in files, with what the lock beside them pins, and the code in their folder."""
    from pantheon.releases import SourceFiles

    found = with_lock(label, project, project.root)
    return replace(found, code={"": SourceFiles(project.root)})


def with_lock(label: str, project: Project, folder: Path) -> Source:
    """The side with what the `pantheon.lock` of a folder pins."""
    from pantheon.releases import LOCK_NAME, read_lock

    lock = read_lock(folder / LOCK_NAME)
    specialists = {name: entry.hash for name, entry in lock.entries.items()}
    deployed = {f"flow {name}": _channels(standing) for name, standing in lock.flows.items()}
    deployed |= {f"agent {name}": _channels(standing) for name, standing in lock.agents.items()}
    return Source(label, project, specialists, deployed)


def _channels(standing: Standing) -> JsonObject:
    """What each channel points at, as people read it."""
    return {
        channel: f"@{pointer.number} {pointer.hash}"
        + (f", {pointer.share:.0%} of the runs" if pointer.share < 1 else "")
        for channel, pointer in standing.items()
    }


def release_source(
    releases: Iterable[Release],
    label: str,
    root: Path,
    *,
    code_of: Callable[[Release], SourceFiles] | None = None,
) -> Source:
    """Recorded versions, together; `code_of` says where the source files of one lie."""
    code: dict[str, SourceFiles] = {}
    agents: dict[str, AgentDef] = {}
    flows: dict[str, FlowDef] = {}
    models: dict[str, ModelDef] = {}
    memory: dict[str, MemoryDef] = {}
    prompts: dict[str, str] = {}
    for release in releases:
        agents |= release.agents()
        flows |= release.flows()
        models |= release.model_definitions()
        memory |= release.pin().memory if release.kind == "flow" else {}
        if code_of is not None:
            names = [f"agent {name}" for name in release.agents()]
            names += [f"flow {name}" for name in release.flows()]
            code |= dict.fromkeys(names, code_of(release))
        if release.kind == "prompt":
            prompts[release.name] = str(release.body.get("text", ""))
    project = Project(root, agents=agents, flows=flows, models=models, memory=memory)
    return Source(label, project, prompts=prompts, code=code)


def restrict(source: Source, names: Mapping[str, Iterable[str]]) -> Source:
    """Only the named flows and agents with all they use; `names` by kind: flow, agent, model."""
    project = source.project
    flows: dict[str, FlowDef] = {}
    agents = _chosen(project.agents, names.get("agent", ()))
    memory: dict[str, MemoryDef] = {}
    for flow in _chosen(project.flows, names.get("flow", ())).values():
        pin = make_pin(project, flow)
        flows |= {flow.name: flow, **pin.flows}
        agents |= pin.agents
        memory |= pin.memory
    models = _chosen(project.models, [*names.get("model", ()), *_models_of(agents.values())])
    part = Project(project.root, agents=agents, flows=flows, models=models, memory=memory)
    specialists = {n: h for n, h in source.specialists.items() if n in agents}
    return Source(source.label, part, specialists, code=source.code)


def _chosen(named: Mapping[str, T], names: Iterable[str]) -> dict[str, T]:
    return {name: named[name] for name in names if name in named}


def _models_of(agents: Iterable[AgentDef]) -> list[str]:
    """Names of the models that agents ask."""
    tiers = (tier for agent in agents for tier in agent.tiers)
    return [t.model for t in tiers if isinstance(t, (CloudTier, PromptTier)) and t.model]
