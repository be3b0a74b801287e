"""Names in a flow: agents, flows, fallbacks, reviews, merges, judges."""

from __future__ import annotations

from dataclasses import replace

from pantheon.spec._compatibility import properties_of
from pantheon.spec._draft import FlowDraft, NodeDraft
from pantheon.spec._known import Known
from pantheon.spec._model import (
    AgentDef,
    CloudTier,
)
from pantheon.spec._source import Findings, Place, Scalar, did_you_mean

_NOT_FOR_STAND_INS = ("when", "map", "merge", "reviews", "after", "wait", "loop", "writes")


class Resolver:
    """Checks and resolves the names of one flow; an agent that is None is itself wrong."""

    def __init__(self, draft: FlowDraft, known: Known, findings: Findings) -> None:
        self.draft = draft
        self.known = known
        self.agents = known.agents
        self.findings = findings

    def resolve(self) -> None:
        """Record every name that stands for nothing; names that do not resolve are dropped."""
        self.check_reserved()
        for node in list(self.draft.nodes.values()):
            self.resolve_agent(node)
            self.resolve_flow(node)
            self.resolve_plan(node)
            node.fallback = self.resolve_fallback(node)
            reviewed = self.resolve_node(node.reviews, node)
            node.sound &= (reviewed is None) == (node.reviews is None)
            node.reviews = reviewed
            node.after = self.resolve_nodes(node.after, node)
            if node.merge is not None:
                node.merge = replace(
                    node.merge, sources=self.resolve_nodes(node.merge.sources, node)
                )
            self.resolve_cross_check(node)
        self.check_fallback_loops()
        self.check_stand_ins()

    def check_reserved(self) -> None:
        """Names that mean something else in this flow; an old file may have such nodes."""
        nodes = self.draft.nodes
        taken = {"context"} if self.draft.context else set[str]()
        taken |= {"memory"} if self.known.memory else set()
        taken |= {"last", "round"} if any(n.loop for n in nodes.values()) else set()
        taken |= {"output"} if any(n.write_keys for n in nodes.values()) else set()
        for name in sorted(taken & set(nodes)):
            message = f"`{name}` means something else in the expressions of this flow."
            self.findings.error(
                "bad-name", nodes[name].key.place, message, f"call it `{name}_node`"
            )

    def resolve_agent(self, node: NodeDraft) -> None:
        if node.agent is None:
            return
        name = node.agent_name
        if name not in self.agents:
            self.report_agent(name, node.agent.part(0, len(name)))

    def report_agent(self, name: str, place: Place) -> None:
        fix = did_you_mean(name, self.agents, otherwise="define it under `agents:`")
        self.findings.error("unknown-agent", place, f"There is no agent `{name}`.", fix)

    def resolve_flow(self, node: NodeDraft) -> None:
        if node.flow is not None and node.flow.text not in self.known.flows:
            name = node.flow.text
            fix = did_you_mean(name, self.known.flows, otherwise="define it under `flows:`")
            if name in self.agents:
                fix = f"`{name}` is an agent: write `agent: {name}`"
            self.findings.error("unknown-flow", node.flow.place, f"There is no flow `{name}`.", fix)

    def resolve_plan(self, node: NodeDraft) -> None:
        for agent in node.plan.agents if node.plan else ():
            if agent.text not in self.agents:
                self.report_agent(agent.text, agent.place)

    def resolve_node(self, written: Scalar | None, node: NodeDraft) -> Scalar | None:
        if written is None:
            return None
        if written.text == node.name:
            message = f"The node `{node.name}` cannot wait for itself."
            self.findings.error("cycle", written.place, message, "name another node")
            return None
        if written.text not in self.draft.nodes:
            message = f"There is no node `{written.text}` in this flow."
            others = [name for name in self.draft.nodes if name != node.name]
            fix = did_you_mean(written.text, others)
            self.findings.error("unknown-node", written.place, message, fix)
            return None
        return written

    def resolve_nodes(self, names: tuple[Scalar, ...], node: NodeDraft) -> tuple[Scalar, ...]:
        found = (self.resolve_node(name, node) for name in names)
        return tuple(name for name in found if name is not None)

    def resolve_fallback(self, node: NodeDraft) -> Scalar | None:
        """A node of the flow, or an agent: that becomes a node that only stands in."""
        written = node.fallback
        if written is None:
            return None
        name = written.text
        if name == node.name:
            message = f"The node `{name}` cannot be its own fallback."
            self.findings.error("cycle", written.place, message, "name another node or an agent")
            return None
        if name in self.draft.nodes:
            return written
        if name not in self.agents:
            message = f"There is no node and no agent `{name}` to fall back on."
            fix = did_you_mean(name, [*self.draft.nodes, *self.agents])
            self.findings.error("unknown-node", written.place, message, fix)
            return None
        self.draft.nodes[name] = NodeDraft(name=name, key=written, agent=written, agent_name=name)
        return written

    def check_fallback_loops(self) -> None:
        """Nodes that fall back on each other would never end."""
        for node in self.draft.nodes.values():
            path = [node.name]
            while (step := self.draft.nodes[path[-1]].fallback) and step.text not in path:
                path.append(step.text)
            last = self.draft.nodes[path[-1]].fallback
            if last is not None and last.text == node.name and node.fallback is not None:
                shown = " → ".join([*path, node.name])
                message = f"These nodes fall back on each other: {shown}."
                self.findings.error("cycle", node.fallback.place, message, "end with another node")
                return

    def check_stand_ins(self) -> None:
        """What only stands in for a node has no condition and no list of its own."""
        for node in self.draft.nodes.values():
            if node.fallback is None:
                continue
            substitute = self.draft.nodes[node.fallback.text]
            for key in _NOT_FOR_STAND_INS:
                if getattr(substitute, key):
                    message = f"`{substitute.name}` stands in for `{node.name}`, so its `{key}`"
                    fix = f"remove `{key}` from `{substitute.name}`, or name another fallback"
                    place = substitute.key.place
                    self.findings.error("bad-fallback", place, f"{message} means nothing.", fix)

    def resolve_cross_check(self, node: NodeDraft) -> None:
        """Both paths must exist, and so must the judge."""
        check, agent = node.cross_check, self.agents.get(node.agent_name)
        if check is None or node.cross_check_place is None:
            return
        place = node.cross_check_place.place
        if check.judge is not None:
            self.check_judge(node.cross_check_place)
        if agent is not None and not _has_both_paths(agent):
            message = f"A cross-check compares the local answer of `{agent.name}` with the cloud's,"
            message += " but it does not have both."
            fix = f"give `{agent.name}` a cloud tier and a local one"
            self.findings.error("bad-cross-check", place, message, fix)

    def check_judge(self, written: Scalar) -> None:
        if written.text not in self.agents:
            message = f"There is no agent `{written.text}` to judge."
            fix = did_you_mean(written.text, self.agents)
            self.findings.error("unknown-agent", written.place, message, fix)
            return
        judge = self.agents[written.text]
        if judge is not None and "better" not in properties_of(judge.output):
            message = f"The judge `{judge.name}` does not say which answer is better."
            fix = "give it `output: {better: {enum: [a, b]}}`"
            self.findings.error("bad-cross-check", written.place, message, fix)


def _has_both_paths(agent: AgentDef) -> bool:
    remote = sum(isinstance(tier, CloudTier) for tier in agent.tiers)
    return 0 < remote < len(agent.tiers)
