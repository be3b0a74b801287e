"""What is deployed, for runs: which version each begins with, and what that version was made with.

Looked up for every run, so that what another process deploys counts from the next run on; as long
as nothing has moved, that is one indexed query.
"""

from __future__ import annotations

from dataclasses import replace

from pantheon.errors import NotFound
from pantheon.flows import Chosen, ChosenAgent, Draw, Pin, Setting, make_pin
from pantheon.ids import ContentHash, hash_bytes, hash_json
from pantheon.releases._drafts import Drafts
from pantheon.releases._ensure import ensure
from pantheon.releases._record import load
from pantheon.releases._release import Kind, Release
from pantheon.releases._snapshot import lay_out
from pantheon.releases._standing import Pointer, Reserve, Standing, standing_from_json
from pantheon.spec import AgentDef, FlowDef, Project, admits, agents_of, flows_of
from pantheon.store import Run, Store


class ReleasedVersions:
    """Says what answers in an opened project; see `pantheon.flows.Deployments`."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project = project
        self._store = store
        self._drafts = Drafts(project)
        self._seen: int | None = None
        self._standing: dict[tuple[str, str], Standing] = {}
        self._loaded: dict[ContentHash, Release] = {}
        self._settings: dict[ContentHash, Setting | None] = {}
        self._chosen: dict[object, Chosen] = {}

    # ------------------------------------------------------------------ as runs ask

    def choose(self, flow: str, draw: Draw) -> Chosen | None:
        """The deployed version of the flow, or the files' with the agents that are deployed."""
        self._look()
        if not self._standing:
            return None
        standing = self._standing.get(("flow", flow), Standing())
        channel, pointer = _drawn(standing, draw(f"flow {flow}"))
        if pointer is not None:
            return self._of_flow(flow, channel, pointer)
        return self._with_agents(flow, draw)

    def flow(self, name: str) -> FlowDef | None:
        """The stable version of a flow."""
        self._look()
        pointer = self._standing.get(("flow", name), Standing()).stable
        return None if pointer is None else self._release("flow", name, pointer).flows()[name]

    def agent(self, name: str) -> ChosenAgent | None:
        """The stable version of an agent."""
        self._look()
        pointer = self._standing.get(("agent", name), Standing()).stable
        if pointer is None:
            return None
        release = self._release("agent", name, pointer)
        return ChosenAgent(release.agents()[name], release.hash)

    def setting(self, release: ContentHash) -> Setting | None:
        """The models and the code of a version, where the working files have others by now."""
        if release not in self._settings:
            self._settings[release] = self._setting_of(release)
        return self._settings[release]

    def reserve(self, run: Run) -> Chosen | None:
        """The version on which that of the run falls back; one that is lost is none."""
        self._look()
        standing = self._standing.get(("flow", run.flow), Standing())
        pointers = (pointer for _, pointer in standing.items())
        reserve = next((p.fallback for p in pointers if p.hash == run.release), None)
        if reserve is None:
            return None
        try:
            return self._of_flow(run.flow, "fallback", reserve)
        except NotFound:
            return None

    # ------------------------------------------------------------------ parts

    def _look(self) -> None:
        """Read what stands, if anything has moved since."""
        newest = self._store.releases.newest_move()
        if newest == self._seen:
            return
        self._seen = newest
        moves = self._store.releases.standing()
        found = {(m.kind, m.name): standing_from_json(m.after) for m in moves}
        self._standing = {key: value for key, value in found.items() if value != Standing()}

    def _of_flow(self, flow: str, channel: str, pointer: Pointer | Reserve) -> Chosen:
        key = (flow, channel, pointer.hash)
        if key not in self._chosen:
            release = self._release("flow", flow, pointer)
            self._chosen[key] = Chosen(release.pin(), release.hash, channel)
        return self._chosen[key]

    def _with_agents(self, name: str, draw: Draw) -> Chosen | None:
        """The flow of the working files, with the versions of its agents that are deployed."""
        flow = self._project.flows.get(name)
        if flow is None:
            return None
        flows = [flow, *flows_of(flow, self._project).values()]
        found: dict[str, Pointer] = {}
        for agent in self._agents_in(flows):
            _, pointer = _drawn(self._standing[("agent", agent)], draw(f"agent {agent}"))
            if pointer is None:
                continue
            definition = self._definition(agent, pointer)
            if all(admits(flow, definition) for flow in flows):
                found[agent] = pointer
        if not found:
            return None
        key = (name, hash_json({agent: pointer.hash for agent, pointer in found.items()}))
        if key not in self._chosen:
            self._chosen[key] = Chosen(self._mixed(flow, found))
        return self._chosen[key]

    def _agents_in(self, flows: list[FlowDef]) -> list[str]:
        """Deployed agents that the flows ask, unless a constraint has chosen another version."""
        deployed = {name for kind, name in self._standing if kind == "agent"}
        chosen = {name for flow in flows for name in self._project.resolved.get(flow.name, {})}
        used = frozenset[str]().union(*map(agents_of, flows))
        return sorted((deployed & used) - chosen)

    def _definition(self, agent: str, pointer: Pointer) -> AgentDef:
        return self._release("agent", agent, pointer).agents()[agent]

    def _mixed(self, flow: FlowDef, pointers: dict[str, Pointer]) -> Pin:
        releases = {n: self._release("agent", n, pointer) for n, pointer in pointers.items()}
        agents: dict[str, AgentDef] = {n: r.agents()[n] for n, r in releases.items()}
        project = replace(self._project, agents={**self._project.agents, **agents})
        pin = make_pin(project, flow)
        return pin.with_deployed({name: release.hash for name, release in releases.items()})

    def _release(self, kind: Kind, name: str, pointer: Pointer | Reserve) -> Release:
        if pointer.hash not in self._loaded:
            found = ensure(self._store, self._drafts, kind, name, pointer)
            self._loaded[pointer.hash] = found
        return self._loaded[pointer.hash]

    def _setting_of(self, hash: ContentHash) -> Setting | None:
        """None also for a version that this store has lost: its runs go on by what there is."""
        try:
            release = self._loaded.get(hash) or load(self._store, hash)
        except NotFound:
            return None
        models = {
            name: model
            for name, model in release.model_definitions().items()
            if not self._is_same_model(name, release)
        }
        code = None
        if not self._is_same_code(release):
            code = lay_out(self._store, release, self._project.root)
        return Setting(hash, models, code) if models or code is not None else None

    def _is_same_model(self, name: str, release: Release) -> bool:
        if name not in self._project.models:
            return False
        return self._drafts.release("model", name).body == release.models[name]

    def _is_same_code(self, release: Release) -> bool:
        return all(_hash_of(self._project, p) == hash for p, hash in release.files.items())


def _hash_of(project: Project, path: str) -> ContentHash | None:
    try:
        return hash_bytes((project.root / path).read_bytes())
    except OSError:
        return None


def _drawn(standing: Standing, drawn: float) -> tuple[str, Pointer | None]:
    """The channel that answers a run."""
    canary = standing.canary
    if canary is not None and drawn < canary.share:
        return "canary", canary
    return "stable", standing.stable
