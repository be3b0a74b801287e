"""From a path to a `Project`: files and includes, then models, agents, flows, router, night."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pantheon.errors import NotFound
from pantheon.spec._agents import AgentReader
from pantheon.spec._diagnostic import InvalidProject, sort_diagnostics
from pantheon.spec._flows import read_flow
from pantheon.spec._include import read_files
from pantheon.spec._link import link_flow
from pantheon.spec._model import AgentDef, FlowDef, ModelDef, NightDef, Project, RouterDef
from pantheon.spec._models import read_model, read_night, read_router
from pantheon.spec._original import is_original, read_original_flow
from pantheon.spec._privacy import check_privacy
from pantheon.spec._router import check_router
from pantheon.spec._source import Entry, Findings
from pantheon.spec._template import TemplateReader

FILE_NAME = "pantheon.yaml"


def load_project(path: Path, *, environment: Mapping[str, str] | None = None) -> Project:
    """Read a project from a file, or from the `pantheon.yaml` in a folder.

    `environment` fills `${VARIABLE}`; None is the process's own. Raises NotFound when there is no
    such file, and InvalidProject with every mistake found.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        hint = f"create `{FILE_NAME}`, or name the file or folder"
        raise NotFound(f"There is no `{file}`.", hint=hint)
    values = os.environ if environment is None else environment
    loader = _Loader(file, values)
    project = loader.load()
    if loader.findings.failed:
        raise InvalidProject(loader.findings.diagnostics)
    return project


@dataclass(slots=True)
class _Loader:
    file: Path
    environment: Mapping[str, str]
    findings: Findings = field(default_factory=Findings)

    def load(self) -> Project:
        root = self.file.absolute().parent
        sections, files = read_files(self.file, root, self.findings)
        models = self.read_models(sections.get("models", {}))
        agents = self.read_agents(sections.get("agents", {}), models, root)
        flows, dialect = self.read_flows(sections.get("flows", {}), agents, models)
        router = self.read_router(sections, flows, models)
        night = sections.get("night")
        return Project(
            root=root,
            agents={name: agent for name, agent in agents.items() if agent is not None},
            flows={name: flow for name, flow in flows.items() if flow is not None},
            models=models,
            router=router,
            night=read_night(night["night"], self.findings) if night else NightDef(),
            dialect="original" if dialect and "version" not in sections else "full",
            warnings=sort_diagnostics(
                d for d in self.findings.diagnostics if d.severity == "warning"
            ),
            files=files,
        )

    def read_models(self, entries: dict[str, Entry]) -> dict[str, ModelDef]:
        found = {n: read_model(e, self.environment, self.findings) for n, e in entries.items()}
        # A model that is itself wrong still exists: saying so twice would hide the mistake.
        broken = {n: ModelDef(n, "openai") for n, model in found.items() if model is None}
        return {**{n: model for n, model in found.items() if model is not None}, **broken}

    def read_agents(
        self, entries: dict[str, Entry], models: dict[str, ModelDef], root: Path
    ) -> dict[str, AgentDef | None]:
        reader = AgentReader(models, TemplateReader(root, self.findings), self.findings)
        found: dict[str, AgentDef | None] = {}
        for name, entry in entries.items():
            before = sum(d.severity == "error" for d in self.findings.diagnostics)
            agent = reader.read(entry)
            after = sum(d.severity == "error" for d in self.findings.diagnostics)
            found[name] = agent if after == before else None
        return found

    def read_flows(
        self,
        entries: dict[str, Entry],
        agents: dict[str, AgentDef | None],
        models: dict[str, ModelDef],
    ) -> tuple[dict[str, FlowDef | None], bool]:
        """The flows, and whether all are written in the original dialect."""
        sound = {name: agent for name, agent in agents.items() if agent is not None}
        found: dict[str, FlowDef | None] = {}
        for name, entry in entries.items():
            before = len(self.findings.diagnostics)
            if is_original(entry.value):
                draft = read_original_flow(entry, sound, self.findings)
            else:
                draft = read_flow(entry, self.findings)
            found[name] = None
            if draft is not None:
                flow = link_flow(draft, agents, self.findings, before=before)
                if len(self.findings.diagnostics) == before:
                    check_privacy(flow, draft, agents, models, self.findings)
                found[name] = flow
        return found, bool(entries) and all(is_original(e.value) for e in entries.values())

    def read_router(
        self,
        sections: dict[str, dict[str, Entry]],
        flows: dict[str, FlowDef | None],
        models: dict[str, ModelDef],
    ) -> RouterDef | None:
        section = sections.get("router")
        if section is None:
            return None
        router = read_router(section["router"], self.findings)
        if router is not None:
            check_router(section["router"], flows, models, self.findings)
        return router
