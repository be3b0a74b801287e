"""The versions that the working files are now: hashes of all that decides how they behave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pantheon.errors import NotFound
from pantheon.flows import make_pin
from pantheon.ids import ContentHash, Json, JsonObject, hash_bytes, hash_json
from pantheon.releases._code import SourceFiles, functions_of, words_of
from pantheon.releases._model_json import model_to_json
from pantheon.releases._release import KINDS, Kind, Release
from pantheon.spec import (
    AgentDef,
    CloudTier,
    FlowDef,
    Project,
    PromptTier,
    agent_hash,
    did_you_mean,
    to_json,
)


@dataclass(frozen=True, slots=True)
class Written:
    """What the working files say of one definition, with all that has to be kept of it."""

    release: Release
    contents: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Of its source files."""
    own: bool = True
    """Whether the files themselves say it; an agent may be an earlier version that a flow asks for."""


class Drafts:
    """Works out the versions of one project, each once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._sources = SourceFiles(project.root)
        self._found: dict[tuple[Kind, str], Written] = {}
        self._by_hash: dict[ContentHash, Written] = {}
        self._texts: dict[str, str] | None = None

    def names(self, kind: Kind) -> list[str]:
        """What the project defines of a kind."""
        known: Mapping[Kind, Iterable[str]] = {
            "flow": self.project.flows,
            "agent": self.project.agents,
            "model": self.project.models,
            "prompt": self.prompts,
        }
        return list(known[kind])

    @property
    def prompts(self) -> dict[str, str]:
        """Text of every prompt file by its path."""
        if self._texts is None:
            self._texts = dict(_prompts(self.project.agents.values()))
        return self._texts

    def has(self, kind: Kind, name: str) -> bool:
        """Whether the project defines it."""
        return name in self.names(kind)

    def release(self, kind: Kind, name: str) -> Release:
        """The version that the working files are, as a draft. Raises NotFound."""
        return self.written(kind, name).release

    def written(self, kind: Kind, name: str) -> Written:
        """The same with all that has to be kept. Raises NotFound."""
        key = (kind, name)
        if key not in self._found:
            if not self.has(kind, name):
                hint = did_you_mean(
                    name, self.names(kind), otherwise=f"There are: {_some(self, kind)}."
                )
                raise NotFound(f"The working files define no {kind} {name!r}.", hint=hint)
            self._found[key] = self._make(kind, name)
        return self._found[key]

    def _make(self, kind: Kind, name: str) -> Written:
        match kind:
            case "flow":
                return self._flow(name)
            case "agent":
                return self._agent(self.project.agents[name])
            case "model":
                return self._model(name)
            case "prompt":
                return self._prompt(name, self.prompts[name])

    def all(self, kinds: Iterable[Kind] = KINDS) -> list[Written]:
        """Every definition of the kinds."""
        return [self.written(kind, name) for kind in kinds for name in self.names(kind)]

    def with_all_it_uses(self, kind: Kind, name: str) -> list[Written]:
        """A definition after everything that it uses."""
        written = self.written(kind, name)
        return [*(self._by_hash[hash] for hash in written.release.uses.values()), written]

    # ------------------------------------------------------------------ each kind

    def _flow(self, name: str) -> Written:
        pin = make_pin(self.project, self.project.flows[name])
        flows = (pin.flow, *pin.flows.values())
        uses = {f"flow:{inner}": self.release("flow", inner).hash for inner in pin.flows}
        uses |= {f"agent:{n}": self._used(agent).hash for n, agent in pin.agents.items()}
        return self._assembled(
            "flow", name, pin.hash, pin.body, agents=pin.agents, flows=flows, uses=uses
        )

    def _used(self, agent: AgentDef) -> Release:
        """The version of an agent as a flow uses it; a constraint may have chosen an earlier one."""
        if self.project.agents.get(agent.name) == agent:
            return self.release("agent", agent.name)
        return self._kept(replace(self._agent(agent), own=False)).release

    def _agent(self, agent: AgentDef) -> Written:
        return self._assembled(
            "agent", agent.name, agent_hash(agent), to_json(agent), agents={agent.name: agent}
        )

    def _assembled(
        self,
        kind: Kind,
        name: str,
        definition: ContentHash,
        body: JsonObject,
        *,
        agents: Mapping[str, AgentDef],
        flows: Iterable[FlowDef] = (),
        uses: Mapping[str, ContentHash] | None = None,
    ) -> Written:
        """A flow or an agent with its code, models, and what else it uses."""
        functions = functions_of(agents.values(), flows)
        contents = self._sources.behind(functions, words_of(agents.values()))
        files = {path: hash_bytes(content) for path, content in contents.items()}
        models = {n: self.release("model", n).body for n in self._models_of(agents.values())}
        used = dict(uses or {})
        used |= {f"model:{n}": self.release("model", n).hash for n in models}
        used |= {f"prompt:{p}": self._asked(p, t).hash for p, t in _prompts(agents.values())}
        draft = Release(
            kind,
            name,
            0,
            release_hash(kind, name, definition, files=files, models=models),
            definition,
            body,
            label=agents[name].version if kind == "agent" else None,
            files=files,
            models=models,
            uses=dict(sorted(used.items())),
        )
        return self._kept(Written(draft, contents))

    def _models_of(self, agents: Iterable[AgentDef]) -> list[str]:
        tiers = (tier for agent in agents for tier in agent.tiers)
        named = {t.model for t in tiers if isinstance(t, PromptTier | CloudTier)}
        return sorted(name for name in named if name is not None and name in self.project.models)

    def _model(self, name: str) -> Written:
        body = model_to_json(self.project.models[name])
        definition = hash_json(body)
        found = release_hash("model", name, definition)
        return self._kept(Written(Release("model", name, 0, found, definition, body)))

    def _asked(self, path: str, text: str) -> Release:
        """The version of a prompt file with that text, which an earlier agent may have asked by."""
        if self.prompts.get(path) == text:
            return self.release("prompt", path)
        return self._kept(replace(self._prompt(path, text), own=False)).release

    def _prompt(self, name: str, text: str) -> Written:
        definition = hash_bytes(text.encode("utf-8", "surrogatepass"))
        found = release_hash("prompt", name, definition)
        body: JsonObject = {"text": text}
        return self._kept(Written(Release("prompt", name, 0, found, definition, body)))

    def _kept(self, written: Written) -> Written:
        self._by_hash[written.release.hash] = written
        return written


def release_hash(
    kind: Kind,
    name: str,
    definition: ContentHash,
    *,
    files: Mapping[str, ContentHash] | None = None,
    models: Mapping[str, JsonObject] | None = None,
) -> ContentHash:
    """The hash of a version, of what decides how it behaves."""
    code: JsonObject = dict(files or {})
    asked: JsonObject = {n: hash_json(body) for n, body in (models or {}).items()}
    whole: dict[str, Json] = {"kind": kind, "name": name, "definition": definition}
    return hash_json({**whole, "files": code, "models": asked})


def _prompts(agents: Iterable[AgentDef]) -> list[tuple[str, str]]:
    """Path and text of the prompt files that agents ask by."""
    tiers = (tier for agent in agents for tier in agent.tiers)
    found = (t for t in tiers if isinstance(t, PromptTier | CloudTier))
    return sorted(
        {(t.template_path, t.template or "") for t in found if t.template_path is not None}
    )


def _some(drafts: Drafts, kind: Kind) -> str:
    return ", ".join(drafts.names(kind)[:12]) or "none"
