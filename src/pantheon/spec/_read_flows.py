"""The `flows` section → definitions: all are read, the versions of agents chosen, then linked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pantheon.spec._draft import FlowDraft
from pantheon.spec._flow_model import FlowDef
from pantheon.spec._flow_order import order_flows
from pantheon.spec._flows import read_flow
from pantheon.spec._known import Known
from pantheon.spec._link import link_flow
from pantheon.spec._model import AgentDef, MemoryDef, ModelDef
from pantheon.spec._original import is_original, read_original_flow
from pantheon.spec._privacy import check_privacy
from pantheon.spec._source import Entry, Findings
from pantheon.spec._taint import LinkedFlow
from pantheon.spec._versions_of import Recorded, VersionChooser, check_versions, nothing_recorded


@dataclass(slots=True)
class FlowsReader:
    """Reads the flows of one project. An agent that is None is itself wrong."""

    agents: Mapping[str, AgentDef | None]
    models: Mapping[str, ModelDef]
    memory: Mapping[str, MemoryDef]
    findings: Findings
    recorded: Recorded = nothing_recorded
    given: Mapping[str, FlowDef | None] | None = None
    """All flows that nodes may run, if not those that are read; None: this one as it is read."""
    chosen: dict[str, Mapping[str, AgentDef | None]] = field(
        default_factory=dict[str, Mapping[str, AgentDef | None]]
    )
    """By flow: recorded versions of agents in the place of the present ones."""

    @property
    def resolved(self) -> dict[str, Mapping[str, AgentDef]]:
        """The same without those that cannot be had."""
        found = {
            flow: {name: agent for name, agent in chosen.items() if agent is not None}
            for flow, chosen in self.chosen.items()
        }
        return {flow: agents for flow, agents in found.items() if agents}

    def read(self, entries: Mapping[str, Entry]) -> dict[str, LinkedFlow]:
        """The flows, those that others run before them; all are read before one is linked."""
        drafts: dict[str, FlowDraft | None] = {}
        sound: dict[str, bool] = {}
        chooser = VersionChooser(self.agents, self.models, self.recorded, self.findings)
        for name, entry in entries.items():
            before = self.findings.errors
            chosen = chooser.choose(entry)
            if chosen:
                self.chosen[name] = chosen
            drafts[name] = self.read_flow(entry, self.agents_of(name))
            sound[name] = self.findings.errors == before
        linked = self.link(drafts, sound)
        found = {name: linked[name] for name in entries if name in linked}
        check_versions(found, self.resolved, self.agents, self.findings)
        return found

    def link(
        self, drafts: Mapping[str, FlowDraft | None], sound: Mapping[str, bool]
    ) -> dict[str, LinkedFlow]:
        """Every flow that can be linked."""
        linked: dict[str, LinkedFlow] = {}
        flows = dict[str, FlowDef | None](
            dict.fromkeys(drafts) if self.given is None else self.given
        )
        for name, recursive in order_flows(drafts, self.findings).items():
            draft, before = drafts[name], self.findings.errors
            if draft is not None:
                known = Known(self.agents_of(name), flows, self.memory)
                flow = link_flow(draft, known, self.findings, complete=sound[name])
                clean = sound[name] and not recursive and self.findings.errors == before
                linked[name] = LinkedFlow(flow, draft, clean)
                if name in flows and flows[name] is None:
                    flows[name] = flow
        return linked

    def agents_of(self, flow: str) -> Mapping[str, AgentDef | None]:
        """The agents as one flow uses them."""
        chosen = self.chosen.get(flow)
        return {**self.agents, **chosen} if chosen else self.agents

    def read_flow(self, entry: Entry, agents: Mapping[str, AgentDef | None]) -> FlowDraft | None:
        """One flow, in whichever dialect."""
        if is_original(entry.value):
            sound = {name: agent for name, agent in agents.items() if agent is not None}
            return read_original_flow(entry, sound, self.findings)
        return read_flow(entry, agents, self.findings)

    def check_privacy(self, linked: Mapping[str, LinkedFlow]) -> None:
        """Record what would leave the machine; a flow with versions of its own is seen with them."""
        present = linked.keys() - self.chosen.keys()
        check_privacy(linked, self.agents, self.models, self.findings, only=present)
        for name in self.chosen:
            agents = self.agents_of(name)
            check_privacy(linked, agents, self.models, self.findings, only=(name,))
