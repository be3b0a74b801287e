"""Where the answers of private agents get to in a run: through nodes, flows inside, shared keys.

Each value that may hold such an answer has an origin. What an agent that is not private makes of it
has none: that is the place for taking out what must stay here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pantheon.spec._draft import FlowDraft
from pantheon.spec._expression import Expression
from pantheon.spec._flow_model import (
    FlowDef,
    NodeDef,
)
from pantheon.spec._model import (
    AgentDef,
)
from pantheon.spec._source import Place
from pantheon.spec._syntax import fields_of

WHOLE = "*"
"""Stands for every field of an output."""


@dataclass(frozen=True, slots=True)
class LinkedFlow:
    """A flow, how it was written, and whether nothing was wrong with it."""

    flow: FlowDef
    draft: FlowDraft
    clean: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Which node asked the private agent, and where its answer was handed to another flow."""

    node: str
    place: Place | None = None


Fields: TypeAlias = dict[str, Origin]


@dataclass(slots=True)
class Part:
    """A flow of a run, or one inside a node of it, with what is known to get where."""

    flow: FlowDef
    draft: FlowDraft
    inputs: Fields = field(default_factory=dict[str, Origin])
    outputs: Fields = field(default_factory=dict[str, Origin])
    nodes: dict[str, Fields] = field(default_factory=dict[str, "Fields"])
    inner: dict[str, Part] = field(default_factory=dict[str, "Part"])
    """The flows that its nodes run, by node."""


class Spread:
    """Follows the answers of private agents through one run of a flow."""

    def __init__(
        self,
        root: LinkedFlow,
        linked: Mapping[str, LinkedFlow],
        agents: Mapping[str, AgentDef | None],
        memory: Fields,
    ) -> None:
        self.linked = linked
        self.agents = agents
        self.memory = memory
        self.context: Fields = {}
        self.named: dict[str, Part] = {}
        self.parts: list[Part] = []
        pending = [Part(root.flow, root.draft)]
        while pending:
            self.parts.append(pending.pop())
            pending += self.enter(self.parts[-1])

    def enter(self, part: Part) -> list[Part]:
        """Find the flows that the nodes of a part run; one that is run by name is one part."""
        new: list[Part] = []
        for name, node in part.flow.nodes.items():
            body = part.draft.nodes[name].body
            if node.body is not None and body is not None:
                part.inner[name] = Part(node.body, body)
                new.append(part.inner[name])
            elif node.flow is not None and node.flow in self.linked:
                if node.flow not in self.named:
                    other = self.linked[node.flow]
                    self.named[node.flow] = Part(other.flow, other.draft)
                    new.append(self.named[node.flow])
                part.inner[name] = self.named[node.flow]
        return new

    def spread(self) -> None:
        """Follow every value until nothing new is reached."""
        size = -1
        while size != (size := self.size()):
            for part in self.parts:
                for name in part.flow.nodes:
                    self.visit(part, name)
                for name, expression in part.flow.output.items():
                    self.note(part.outputs, name, self.find(part, expression))

    def size(self) -> int:
        counts = (
            len(p.inputs) + len(p.outputs) + sum(map(len, p.nodes.values())) for p in self.parts
        )
        return sum(counts) + len(self.context) + len(self.memory)

    def note(self, fields: Fields, name: str, origin: Origin | None) -> None:
        if origin is not None:
            fields.setdefault(name, origin)

    # ---------------------------------------------------------------------------------- one node

    def visit(self, part: Part, name: str) -> None:
        """What a node gives, hands to the flow inside it, and writes."""
        node = part.flow.nodes[name]
        fields = part.nodes.setdefault(name, {})
        inner = part.inner.get(name)
        if inner is not None:
            for port, origin, place in self.given(part, name):
                inner.inputs.setdefault(port, Origin(origin.node, origin.place or place))
        for given, origin in self.gives(part, node).items():
            fields.setdefault(WHOLE if node.map else given, origin)
        for stand_in in chain_of(part.flow, name):
            for given, origin in part.nodes.get(stand_in, {}).items():
                fields.setdefault(given, origin)
        for key, expression in node.writes.items():
            root, _, kept = key.partition(".")
            origin = self.find(part, expression, node, own="output")
            self.note(
                self.memory if root == "memory" and kept else self.context, kept or key, origin
            )

    def gives(self, part: Part, node: NodeDef) -> Fields:
        """The fields of a node's output that may hold a private answer."""
        if node.merge is not None:
            return self.merged(part, node)
        if node.name in part.inner:
            return part.inner[node.name].outputs
        asked = (self.agents.get(name) for name in asked_by(node))
        private = any(agent is not None and agent.privacy == "local" for agent in asked)
        return {WHOLE: Origin(node.name)} if private else {}

    def merged(self, part: Part, node: NodeDef) -> Fields:
        assert node.merge is not None
        found: Fields = {}
        for source in node.merge.sources:
            for name, origin in part.nodes.get(source, {}).items():
                apart = node.merge.policy in {"all", "quorum"}
                found.setdefault(source if apart else name, origin)
        return found

    def given(self, part: Part, name: str) -> Iterator[tuple[str, Origin, Place]]:
        """The inputs of a node that may hold a private answer, and where they are written.

        A stand-in without inputs of its own is given those of the node that failed.
        """
        for owner in [name] if part.draft.nodes[name].inputs else _failed_for(part.flow, name):
            node, draft = part.flow.nodes[owner], part.draft.nodes[owner]
            over = self.find(part, node.map, node) if node.map else None
            for port, wired in (draft.inputs or {}).items():
                origin = self.find(part, wired.expression, node, own="last")
                if origin is None and "item" in wired.expression.roots:
                    origin = over
                if origin is not None:
                    yield port, origin, wired.written.place

    # -------------------------------------------------------------------------------- expressions

    def find(
        self, part: Part, expression: Expression, node: NodeDef | None = None, *, own: str = ""
    ) -> Origin | None:
        """The first private answer that an expression may hold; `own` names the node's output."""
        sources = [("input", part.inputs), ("context", self.context), ("memory", self.memory)]
        sources = [pair for pair in sources if pair[0] not in part.flow.nodes]
        sources += part.nodes.items()
        if own and node is not None:
            sources.append((own, part.nodes.get(node.name, {})))
        for root, fields in sources:
            if fields and root in expression.roots:
                for name in fields_of(expression.tree, root):
                    origin = _pick(fields, name)
                    if origin is not None:
                        return origin
        return None


def _pick(fields: Fields, name: str | None) -> Origin | None:
    if name is None:
        return next(iter(fields.values()))
    return fields.get(name) or fields.get(WHOLE)


def asked_by(node: NodeDef) -> tuple[str, ...]:
    """Names of the agents that a node itself may ask."""
    own = (node.agent,) if node.agent is not None else ()
    return (*own, *(node.plan.agents if node.plan else ()))


def chain_of(flow: FlowDef, name: str) -> list[str]:
    """Those that may stand in for a node, as far as the chain goes."""
    found: list[str] = []
    following = flow.nodes[name].fallback
    while following is not None and following in flow.nodes and following not in (name, *found):
        found.append(following)
        following = flow.nodes[following].fallback
    return found


def _failed_for(flow: FlowDef, stand_in: str) -> list[str]:
    """The nodes that a node may stand in for."""
    return [name for name in flow.nodes if stand_in in chain_of(flow, name)]
