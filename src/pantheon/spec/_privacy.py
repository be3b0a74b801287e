"""`privacy: local` across a flow: what such an agent is given or says must not reach an endpoint.

An agent that is not private may pass on what it makes of a private answer: that is the place for
taking out what must stay here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pantheon.spec._draft import FlowDraft, NodeDraft
from pantheon.spec._model import AgentDef, CloudTier, FlowDef, ModelDef, PromptTier, Tier
from pantheon.spec._source import Findings, Place

_FIX = (
    "use an agent whose tiers stay on this machine, or let a `python` agent first take out what is "
    "private"
)


@dataclass(frozen=True, slots=True)
class _World:
    flow: FlowDef
    agents: Mapping[str, AgentDef | None]
    models: Mapping[str, ModelDef]

    def agent_of(self, node: str) -> AgentDef | None:
        return self.agents.get(self.flow.nodes[node].agent or "")

    def is_private(self, node: str) -> bool:
        """Whether a node gives what a private agent said, be it through a merge."""
        merge = self.flow.nodes[node].merge
        if merge is not None:
            return any(map(self.is_private, merge.sources))
        agent = self.agent_of(node)
        return agent is not None and agent.privacy == "local"

    def sends_out(self, node: str) -> bool:
        agent = self.agent_of(node)
        return agent is not None and any(map(self._is_remote, agent.tiers))

    def _is_remote(self, tier: Tier) -> bool:
        if isinstance(tier, CloudTier):
            return True
        model = self.models.get(tier.model or "") if isinstance(tier, PromptTier) else None
        return model is not None and model.remote

    def stand_ins(self, node: str) -> Iterator[tuple[str, str]]:
        """Pairs of a node and its fallback, as far as the chain goes."""
        while following := self.flow.nodes[node].fallback:
            yield node, following
            node = following


def check_privacy(
    flow: FlowDef,
    draft: FlowDraft,
    agents: Mapping[str, AgentDef | None],
    models: Mapping[str, ModelDef],
    findings: Findings,
) -> None:
    """Record nodes that would send out what a private agent is given or says.

    The flow must be sound: no cycles, no names that are missing.
    """
    world = _World(flow, agents, models)
    private = [name for name in flow.nodes if world.is_private(name)]
    for name in private:
        for failed, stand_in in world.stand_ins(name):
            fallback = draft.nodes[failed].fallback
            if fallback is not None and world.sends_out(stand_in):
                _report(flow, name, stand_in, fallback.place, findings)
    for name in flow.nodes:
        found = _find_reading(draft.nodes[name], private) if world.sends_out(name) else None
        if found is not None:
            _report(flow, found[0], name, found[1], findings)


def _find_reading(node: NodeDraft, private: list[str]) -> tuple[str, Place] | None:
    """The first private node whose output this one is given, and where it says so."""
    if node.reviews is not None and node.reviews.text in private:
        return node.reviews.text, node.reviews.place
    given = [*(node.inputs or {}).values(), *([node.map] if node.map else [])]
    for wired in given:
        for name in private:
            if name in wired.expression.roots:
                return name, wired.written.place
    return None


def _report(flow: FlowDef, private: str, sender: str, place: Place, findings: Findings) -> None:
    message = (
        f"`{private}` is `privacy: local`, but `{sender}`, which may ask an endpoint "
        f"(agent `{flow.nodes[sender].agent}`), would be given what it knows."
    )
    findings.error("privacy", place, message, _FIX)
