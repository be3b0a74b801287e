"""The flows of a project ready to run: compiled, with what their runs are pinned to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pantheon.agents import Agent
from pantheon.errors import NotFound
from pantheon.flows._answering import Surroundings
from pantheon.flows._attempts import Answerer
from pantheon.flows._deployed import Chosen, Deployments, Draw
from pantheon.flows._pin import KIND, Pin, make_pin, read_pin
from pantheon.flows._plan import Plan, compile_flow
from pantheon.flows._workforce import Workforce
from pantheon.ids import ContentHash, Json
from pantheon.spec import AgentDef, FlowDef, Project, conforms_to
from pantheon.store import Run, Store


class _Agents(dict[str, Answerer]):
    """Agents by name, by the definitions of a pin; made when first asked for."""

    def __init__(self, make: Callable[[str], Answerer]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Answerer:
        agent = self[name] = self._make(name)
        return agent


class _Plans(dict[str, Plan]):
    """Flows that nodes run by name, compiled when first run."""

    def __init__(self, pin: Pin) -> None:
        super().__init__()
        self._pin = pin

    def __missing__(self, name: str) -> Plan:
        flow: FlowDef = self._pin.flow if name == self._pin.flow.name else self._pin.flows[name]
        plan = self[name] = compile_flow(flow)
        return plan


@dataclass(frozen=True, slots=True)
class Pinned:
    """A flow ready to run, with what its runs are pinned to."""

    pin: Pin
    plan: Plan
    surroundings: Surroundings
    accepts: Callable[[Json], bool]
    """Whether a value satisfies the contract of the flow's input."""
    release: ContentHash | None = None
    """The version that it is, when it was deployed."""
    channel: str | None = None


Key: TypeAlias = "tuple[ContentHash, ContentHash | None, str | None]"
"""Hash of a pin, version, channel."""


class PinnedFlows:
    """Makes and remembers them for one opened project."""

    def __init__(
        self,
        project: Project,
        store: Store,
        workforce: Workforce,
        *,
        deployed: Deployments | None = None,
    ) -> None:
        """`deployed` says what answers in the place of the working files."""
        self._project = project
        self._store = store
        self._workforce = workforce
        self._deployed = deployed
        self._alone: set[ContentHash] = set()
        """Kept in a store that no other process can take them out of."""
        self._now: dict[str, Pinned] = {}
        self._then: dict[Key, Pinned] = {}

    def begin(self, flow: str, draw: Draw) -> Pinned:
        """What a run begins with: the version that is deployed, else the working files."""
        chosen = None if self._deployed is None else self._deployed.choose(flow, draw)
        return self.now(flow) if chosen is None else self.chosen(chosen)

    def chosen(self, chosen: Chosen) -> Pinned:
        """What somebody has chosen, ready to run."""
        key = (chosen.pin.hash, chosen.release, chosen.channel)
        if key not in self._then:
            self._then[key] = self._ready(chosen.pin, chosen.release, chosen.channel)
        return self._then[key]

    def now(self, flow: str) -> Pinned:
        """The flow as the working files define it now. Raises NotFound."""
        if flow not in self._now:
            definition = self._project.flows.get(flow)
            if definition is None:
                known = ", ".join(self._project.flows) or "none"
                raise NotFound(f"There is no flow {flow!r}.", hint=f"The flows are: {known}.")
            self._now[flow] = self._ready(make_pin(self._project, definition))
        return self._now[flow]

    def keep(self, pinned: Pinned) -> None:
        """Put the pin into the store, where it may be already."""
        pin = pinned.pin
        if pin.hash in self._alone:
            return
        self._store.definitions.put(KIND, pin.flow.name, pin.hash, pin.body)
        if self._store.durability == "memory":
            self._alone.add(pin.hash)

    def of(self, run: Run) -> Pinned:
        """The flow as it was when the run began; read back only if it has changed since."""
        if run.release is None and run.flow in self._project.flows:
            now = self.now(run.flow)
            if now.pin.hash == run.flow_hash:
                return now
        key = (run.flow_hash, run.release, run.channel)
        if key not in self._then:
            pin = read_pin(run.flow_hash, self._store.definitions.get(run.flow_hash))
            self._then[key] = self._ready(pin, run.release, run.channel)
        return self._then[key]

    def _ready(
        self, pin: Pin, release: ContentHash | None = None, channel: str | None = None
    ) -> Pinned:
        context = self._workforce.within(release) or self._workforce.context
        surroundings = Surroundings(
            clock=context.clock,
            functions=context.functions,
            agents=_Agents(lambda name: self._agent_of(pin, name, release)),
            flows=_Plans(pin),
            definitions=pin.agents,
            memory=pin.memory,
        )
        accepts = conforms_to(pin.flow.input)
        return Pinned(pin, compile_flow(pin.flow), surroundings, accepts, release, channel)

    def _agent_of(self, pin: Pin, name: str, release: ContentHash | None) -> Agent:
        """The agent by the definition of the pin; that of the files when it is the same."""
        context = self._workforce.within(pin.deployed.get(name, release))
        definition: AgentDef | None = pin.agents.get(name)
        own = self._project.agents.get(name)
        if definition is None or (context is None and (definition is own or definition == own)):
            return self._workforce.own_agent(name)
        return Agent(definition, context or self._workforce.context)
