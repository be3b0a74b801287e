"""From a path to a `Project`: files and includes, then models, agents, flows, router, night."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pantheon.errors import NotFound
from pantheon.heap import uncollected
from pantheon.spec._agents import AgentReader
from pantheon.spec._compose import Composed, compose, report_unused
from pantheon.spec._diagnostic import InvalidProject, sort_diagnostics
from pantheon.spec._flow_model import (
    FlowDef,
)
from pantheon.spec._include import first_of
from pantheon.spec._judge import check_judges
from pantheon.spec._lint import read_lint
from pantheon.spec._model import (
    AgentDef,
    ModelDef,
    NightDef,
    Project,
    Resources,
    RouterDef,
)
from pantheon.spec._models import read_model, read_night, read_router
from pantheon.spec._original import is_original
from pantheon.spec._overlay import NOTHING, Overrides
from pantheon.spec._read_flows import FlowsReader
from pantheon.spec._resources import read_limits
from pantheon.spec._router import check_router
from pantheon.spec._source import Entry, Findings
from pantheon.spec._stores import read_memory, read_retention
from pantheon.spec._template import TemplateReader
from pantheon.spec._tests import CaseReader
from pantheon.spec._versions_of import Recorded, nothing_recorded

FILE_NAME = "pantheon.yaml"


def load_project(
    path: Path,
    *,
    environment: Mapping[str, str] | None = None,
    env: str | None = None,
    settings: Sequence[str] = (),
    local: bool = True,
    recorded: Recorded | None = None,
) -> Project:
    """Read a project from a file, or from the `pantheon.yaml` in a folder.

    Args:
        path: the file or the folder.
        environment: fills `${VARIABLE}`; None is the process's own.
        env: lays `environments/NAME.yaml` over the files; None is what `PANTHEON_ENV` in
            `environment` says, `""` is no environment.
        settings: `PATH=VALUE`, laid over everything else in their order.
        local: whether `pantheon.local.yaml`, the file of this machine, is laid over them.
        recorded: the versions that are kept of an agent, for constraints that the files' own
            version does not satisfy; None: there are none.

    Raises:
        NotFound: there is no such file, or no such environment.
        InvalidProject: it holds mistakes; every one is named with its place.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        hint = f"create `{FILE_NAME}`, or name the file or folder"
        raise NotFound(f"There is no `{file}`.", hint=hint)
    values = os.environ if environment is None else environment
    overrides = Overrides(env, tuple(settings), local)
    loader = _Loader(file, values, overrides, recorded=recorded or nothing_recorded)
    with uncollected():
        project = loader.load()
    if loader.findings.failed:
        raise InvalidProject(loader.findings.diagnostics)
    return project


@dataclass(slots=True)
class _Loader:
    file: Path
    environment: Mapping[str, str]
    overrides: Overrides = NOTHING
    findings: Findings = field(default_factory=Findings)
    recorded: Recorded = nothing_recorded

    def load(self) -> Project:
        root = self.file.absolute().parent
        composed = compose(self.file, self.overrides, self.environment, self.findings)
        return self.build(root, composed)

    def build(self, root: Path, composed: Composed) -> Project:
        """The project of what was read."""
        sections = composed.sections
        models = self.read_models(sections.get("models", {}))
        limits = read_limits(first_of(sections, "limits"), self.findings)
        memory = read_memory(sections.get("memory", {}), self.findings)
        agents = self.read_agents(composed, models, root, limits)
        check_judges(sections.get("agents", {}), agents, models, self.findings)
        report_unused(composed, self.findings)  # only now: prompt files name some
        entries = sections.get("flows", {})
        reader = FlowsReader(agents, models, memory, self.findings, self.recorded)
        linked = reader.read(entries)
        reader.check_privacy(linked)
        flows = {name: linked[name].flow if name in linked else None for name in entries}
        cases = CaseReader(agents, root, self.findings)
        flows = cases.attach(entries, flows)
        agents = cases.attach(sections.get("agents", {}), agents)
        router = self.read_router(sections, flows, models)
        night = first_of(sections, "night")
        original = bool(entries) and all(is_original(e.value) for e in entries.values())
        return Project(
            root=root,
            agents={name: agent for name, agent in agents.items() if agent is not None},
            flows={name: flow for name, flow in flows.items() if flow is not None},
            models=models,
            router=router,
            night=read_night(night, self.findings) if night else NightDef(),
            limits=limits,
            memory=memory,
            retention=read_retention(first_of(sections, "store"), self.findings),
            lint=read_lint(first_of(sections, "lint"), self.findings),
            dialect="original" if original and "version" not in sections else "full",
            warnings=sort_diagnostics(
                d for d in self.findings.diagnostics if d.severity == "warning"
            ),
            files=composed.files,
            overlays=composed.overlays,
            parameters=composed.parameters,
            resolved=reader.resolved,
        )

    def read_models(self, entries: dict[str, Entry]) -> dict[str, ModelDef]:
        found = {n: read_model(e, self.environment, self.findings) for n, e in entries.items()}
        # A model that is itself wrong still exists: saying so twice would hide the mistake.
        broken = {n: ModelDef(n, "openai") for n, model in found.items() if model is None}
        return {**{n: model for n, model in found.items() if model is not None}, **broken}

    def read_agents(
        self,
        composed: Composed,
        models: dict[str, ModelDef],
        root: Path,
        limits: Resources,
    ) -> dict[str, AgentDef | None]:
        templates = TemplateReader(root, self.findings, composed.filler)
        reader = AgentReader(models, templates, self.findings, limits)
        found: dict[str, AgentDef | None] = {}
        for name, entry in composed.sections.get("agents", {}).items():
            before = self.findings.errors
            agent = reader.read(entry)
            found[name] = agent if self.findings.errors == before else None
        return found

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
