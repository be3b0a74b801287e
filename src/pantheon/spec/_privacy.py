"""`privacy: local` across a flow: what such an agent is given or says must not reach an endpoint.

An agent that is not private may pass on what it makes of a private answer: that is the place for
taking out what must stay here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pantheon.spec._draft import NodeDraft
from pantheon.spec._flow_model import (
    NodeDef,
)
from pantheon.spec._model import (
    AgentDef,
    CloudTier,
    ModelDef,
    PromptTier,
    Tier,
)
from pantheon.spec._source import Findings, Place
from pantheon.spec._taint import WHOLE, Fields, LinkedFlow, Part, Spread, asked_by, chain_of

_FIX = (
    "use an agent whose tiers stay on this machine, or let a `python` agent first take out what is "
    "private"
)


def check_privacy(
    linked: Mapping[str, LinkedFlow],
    agents: Mapping[str, AgentDef | None],
    models: Mapping[str, ModelDef],
    findings: Findings,
    *,
    only: Collection[str] | None = None,
) -> None:
    """Record nodes that would send out what a private agent is given or says.

    Flows with mistakes are left out: they are looked at when they are right. `only` these are told
    of, if given.
    """
    if not any(agent is not None and agent.privacy == "local" for agent in agents.values()):
        return
    clean = {name: one for name, one in linked.items() if one.clean}
    memory: Fields = {}
    spreads: dict[str, Spread] = {}
    size = -1
    while size != (size := len(memory)):  # what one flow remembers another may read
        spreads = {n: Spread(one, clean, agents, memory) for n, one in clean.items()}
        for spread in spreads.values():
            spread.spread()
    for name, spread in spreads.items():
        if only is None or name in only:
            _Checker(spread, agents, models, findings).check()


@dataclass(frozen=True, slots=True)
class _Checker:
    spread: Spread
    agents: Mapping[str, AgentDef | None]
    models: Mapping[str, ModelDef]
    findings: Findings

    def check(self) -> None:
        """Every node that may ask an endpoint, and every stand-in for a private agent."""
        for part in self.spread.parts:
            for name, node in part.flow.nodes.items():
                self.check_stand_ins(part, name)
                self.check_plan(part.draft.nodes[name])
                sender = next(filter(self.sends_out, asked_by(node)), None)
                if sender is not None:
                    self.check_sender(part, name, sender)

    def check_sender(self, part: Part, name: str, sender: str) -> None:
        """Record the first private answer that a node would send out."""
        node, draft = part.flow.nodes[name], part.draft.nodes[name]
        reviewed = part.nodes.get(node.reviews or "")
        if reviewed and draft.reviews is not None:
            private = next(iter(reviewed.values()))
            self.report(private.node, name, sender, private.place or draft.reviews.place)
            return
        found = next(iter(self.spread.given(part, name)), None)
        if found is None and draft.map is not None:
            origin = self.spread.find(part, draft.map.expression, node)
            found = (WHOLE, origin, draft.map.written.place) if origin else None
        if found is None and draft.plan is not None:
            origin = self.spread.find(part, draft.plan.source.expression, node)
            found = (WHOLE, origin, draft.plan.source.written.place) if origin else None
        if found is not None:
            _, origin, place = found
            self.report(origin.node, name, sender, origin.place or place)

    def check_stand_ins(self, part: Part, name: str) -> None:
        """A stand-in is given what the private agent was given."""
        if self.asked(part, name, self.is_private) is None:
            return
        failed = name
        for stand_in in chain_of(part.flow, name):
            written = part.draft.nodes[failed].fallback
            sender = self.asked(part, stand_in, self.sends_out)
            if written is not None and sender is not None:
                self.report(name, stand_in, sender, written.place)
            failed = stand_in

    def check_plan(self, node: NodeDraft) -> None:
        """A plan may connect any of its agents."""
        named = node.plan.agents if node.plan else ()
        private = next((agent for agent in named if self.is_private(agent.text)), None)
        for agent in named if private else ():
            if private is not None and self.sends_out(agent.text):
                message = f"A plan of `{node.name}` could hand what `{private.text}`, which is"
                message += f" `privacy: local`, says to `{agent.text}`, which may ask an endpoint."
                self.findings.error("privacy", agent.place, message, _FIX)

    def asked(self, part: Part, name: str, wanted: Callable[[str], bool]) -> str | None:
        """The first agent of this kind that a node, or any inside it, asks."""
        seen: list[Part] = []
        pending: list[tuple[NodeDef, Part | None]] = [(part.flow.nodes[name], part.inner.get(name))]
        while pending:
            node, inner = pending.pop()
            found = next(filter(wanted, asked_by(node)), None)
            if found is not None:
                return found
            if inner is not None and all(inner is not one for one in seen):
                seen.append(inner)
                below = inner.flow.nodes.items()
                pending += [(one, inner.inner.get(key)) for key, one in below]
        return None

    def is_private(self, name: str) -> bool:
        agent = self.agents.get(name)
        return agent is not None and agent.privacy == "local"

    def sends_out(self, name: str) -> bool:
        agent = self.agents.get(name)
        return agent is not None and any(map(self.is_remote, agent.tiers))

    def is_remote(self, tier: Tier) -> bool:
        if isinstance(tier, CloudTier):
            return True
        model = self.models.get(tier.model or "") if isinstance(tier, PromptTier) else None
        return model is not None and model.remote

    def report(self, private: str, sender: str, agent: str, place: Place) -> None:
        message = (
            f"`{private}` is `privacy: local`, but `{sender}`, which may ask an endpoint "
            f"(agent `{agent}`), would be given what it knows."
        )
        self.findings.error("privacy", place, message, _FIX)
