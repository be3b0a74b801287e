"""What rules look at: the project, its files' lines, and where in them a key stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pantheon.errors import Where
from pantheon.ids import JsonObject
from pantheon.lint._finding import Edit
from pantheon.spec import (
    AgentDef,
    CloudTier,
    Excerpt,
    FlowDef,
    ModelDef,
    NodeDef,
    Project,
    PromptTier,
    Tier,
    agents_of,
    text_of,
)

_WORD = re.compile(r"[^\s:,{}\[\]#]+")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a rule says about one place."""

    where: Where
    message: str
    fix: str
    key: str = ""
    """The key below that place that is meant; empty: the place itself."""
    edit: Edit | None = None


@dataclass
class View:
    """One project, and what several rules ask about it."""

    project: Project
    _texts: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    # ----------------------------------------------------------------------------------- files

    @cached_property
    def names(self) -> dict[str, Path]:
        """The project's files by the names that places give them."""
        root = self.project.root.resolve()
        return {
            str(path.relative_to(root)): path
            for path in self.project.files
            if path.is_relative_to(root)
        }

    def text(self, name: str) -> str:
        """A file of the project; empty where it is none."""
        path = self.names.get(name)
        if path is None:
            return ""
        try:
            return text_of(path)
        except (OSError, UnicodeDecodeError):
            return ""

    def lines(self, name: str) -> tuple[str, ...]:
        """Its lines, as places count them."""
        if name not in self._texts:
            self._texts[name] = tuple(re.split(r"\r\n|\r|\n|\x85|\u2028|\u2029", self.text(name)))
        return self._texts[name]

    def locate(self, where: Where, key: str = "") -> tuple[Where, Excerpt | None]:
        """A place, or that of a key below it, with its line."""
        lines, line, column = self.lines(where.file), where.line - 1, where.column - 1
        if not 0 <= line < len(lines):
            return where, None
        if key:
            line, column = _below(lines, line, column, key)
        text = lines[line]
        word = _WORD.match(text, column)
        length = word.end() - column if word else 1
        return Where(where.file, line + 1, column + 1), Excerpt(line + 1, text, column, length)

    # --------------------------------------------------------------------------------- project

    @cached_property
    def nodes(self) -> tuple[tuple[FlowDef, NodeDef], ...]:
        """Every node with the flow (or the part of one) that it stands in."""
        return tuple(pair for flow in self.project.flows.values() for pair in _nodes(flow))

    @cached_property
    def asked(self) -> frozenset[str]:
        """Agents that somebody asks: flows, equality, tests."""
        found = {name for flow in self.project.flows.values() for name in agents_of(flow)}
        for agent in self.project.agents.values():
            found |= {agent.same.judge} if agent.same.judge else set()
        for owner in (*self.project.agents.values(), *self.project.flows.values()):
            found |= {j.judge for case in owner.tests for j in case.expect.satisfies}
        return frozenset(found)

    @cached_property
    def asked_models(self) -> frozenset[str]:
        """Models that some tier names."""
        found = {m for a in self.project.agents.values() for t in a.tiers if (m := model_of(t))}
        router = self.project.router
        return frozenset(found | ({"cloud"} if router and router.otherwise == "cloud" else set()))

    def is_remote(self, tier: Tier) -> bool:
        """Whether asking this tier sends something off the machine."""
        model = self.model(tier)
        return isinstance(tier, CloudTier) or (model is not None and model.remote)

    def model(self, tier: Tier) -> ModelDef | None:
        """The model that a tier names."""
        name = model_of(tier)
        return self.project.models.get(name) if name else None

    def asks_away(self, agent: AgentDef) -> bool:
        """Whether any tier of it does."""
        return any(map(self.is_remote, agent.tiers))


def model_of(tier: Tier) -> str | None:
    """Name of the model that a tier asks."""
    return tier.model if isinstance(tier, PromptTier | CloudTier) else None


def fields_of(schema: JsonObject) -> dict[str, JsonObject]:
    """The fields of an object's schema."""
    found = schema.get("properties")
    fields = found.items() if isinstance(found, dict) else ()
    return {name: rule for name, rule in fields if isinstance(rule, dict)}


def templates_of(agent: AgentDef) -> Iterator[tuple[PromptTier | CloudTier, str]]:
    """Prompt texts with their tiers."""
    for tier in agent.tiers:
        if isinstance(tier, PromptTier | CloudTier) and tier.template:
            yield tier, tier.template


def _nodes(flow: FlowDef) -> Iterator[tuple[FlowDef, NodeDef]]:
    for node in flow.nodes.values():
        yield flow, node
        if node.body is not None:
            yield from _nodes(node.body)


def _below(lines: tuple[str, ...], line: int, column: int, key: str) -> tuple[int, int]:
    """Where a key of the definition that begins there stands; else the beginning itself."""
    wanted = re.compile(rf"(?<![\w.-])[\"']?{re.escape(key)}[\"']?\s*:")
    found = wanted.search(lines[line], column)
    if found:
        return line, found.start()
    for number in range(line + 1, len(lines)):
        text = lines[number]
        bare = text.strip()
        if not bare or bare.startswith("#"):
            continue
        if len(text) - len(text.lstrip()) <= column:
            break
        found = wanted.search(text)
        if found:
            return number, found.start()
    return line, column
