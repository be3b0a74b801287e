"""The flows of a project ready to run: compiled, with what their runs are pinned to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pantheon.agents import Agent, AgentContext
from pantheon.errors import NotFound
from pantheon.flows._answering import Surroundings
from pantheon.flows._attempts import Answerer
from pantheon.flows._pin import KIND, Pin, make_pin, read_pin
from pantheon.flows._plan import Plan, compile_flow
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


class PinnedFlows:
    """Makes and remembers them for one opened project."""

    def __init__(
        self,
        project: Project,
        store: Store,
        context: AgentContext,
        agent: Callable[[str], Agent],
    ) -> None:
        """`agent` gives the project's own agents by name."""
        self._project = project
        self._store = store
        self._context = context
        self._agent = agent
        self._alone: set[ContentHash] = set()
        """Kept in a store that no other process can take them out of."""
        self._now: dict[str, Pinned] = {}
        self._then: dict[ContentHash, Pinned] = {}

    def now(self, flow: str) -> Pinned:
        """The flow as the project defines it now; its pin is in the store. Raises NotFound."""
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
        if run.flow in self._project.flows:
            now = self.now(run.flow)
            if now.pin.hash == run.flow_hash:
                return now
        if run.flow_hash not in self._then:
            body = self._store.definitions.get(run.flow_hash)
            self._then[run.flow_hash] = self._ready(read_pin(run.flow_hash, body))
        return self._then[run.flow_hash]

    def _ready(self, pin: Pin) -> Pinned:
        context = self._context
        surroundings = Surroundings(
            clock=context.clock,
            functions=context.functions,
            agents=_Agents(lambda name: self._agent_of(pin, name)),
            flows=_Plans(pin),
            definitions=pin.agents,
            memory=pin.memory,
        )
        return Pinned(pin, compile_flow(pin.flow), surroundings, conforms_to(pin.flow.input))

    def _agent_of(self, pin: Pin, name: str) -> Agent:
        """The agent by the definition of the pin; the project's own when that is the same."""
        definition: AgentDef | None = pin.agents.get(name)
        if definition is None or definition is self._project.agents.get(name):
            return self._agent(name)
        return Agent(definition, self._context)
