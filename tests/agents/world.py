"""A project in memory for the tests of agents: store, fake clock, scripted models, a rule."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pantheon.agents import (
    Agent,
    AgentContext,
    Answer,
    Failure,
    ModelRegistry,
    OnAudit,
    Outcome,
    SpecialistModel,
    Waiting,
)
from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, Json, JsonObject, canonical_json, hash_bytes
from pantheon.models import Budget, ChatModel, build_model
from pantheon.spec import NO_RESOURCES, AgentDef, ModelDef, Promise, Resources, Tier
from pantheon.store import ChannelMove, Store, Version

T = TypeVar("T")


def shape(**fields: Json) -> JsonObject:
    """JSON Schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": list[Json](fields),
        "additionalProperties": False,
    }


TEXT: JsonObject = shape(text={"type": "string"})
TEAM: JsonObject = shape(team={"enum": ["cards", "payments", "other"]})


@dataclass(frozen=True, slots=True)
class Guess:
    """A prediction."""

    label: str
    confidence: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class KeywordSpecialist:
    """A specialist that one can follow by hand: sure of texts that hold one of its words."""

    rules: Mapping[str, JsonObject]

    def answer(self, texts: Sequence[str]) -> Sequence[Guess]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Guess:
        for word, output in self.rules.items():
            if word in text:
                return Guess(canonical_json(output), 0.97, accepted=True)
        return Guess(canonical_json({"team": "other"}), 0.41, accepted=False)


@dataclass
class World:
    """What an agent lives in."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    models: dict[str, ChatModel] = field(default_factory=dict[str, ChatModel])
    definitions: dict[str, ModelDef] = field(default_factory=dict[str, ModelDef])
    specialists: dict[bytes, SpecialistModel] = field(default_factory=dict[bytes, SpecialistModel])
    on_audit: OnAudit | None = None
    seed: int = 0
    budget: Budget | None = None
    capacity: Resources = NO_RESOURCES

    def __post_init__(self) -> None:
        self.store = Store.open(":memory:", clock=self.clock)
        self.context = self.open_context()

    def open_context(self) -> AgentContext:
        """What a program that is started anew would work with."""
        registry = ModelRegistry(
            self.definitions,
            build=lambda definition: build_model(
                definition, budget=self.budget, clock=self.clock, folder=self.root
            ),
            overrides=self.models,
            exhausted=lambda: self.budget is not None and self.budget.remaining <= 0,
            clock=self.clock,
        )
        self.context = AgentContext(
            store=self.store,
            clock=self.clock,
            models=registry,
            root=self.root,
            load_specialist=self.specialists.__getitem__,
            seed=self.seed,
            on_audit=self.on_audit,
            capacity=self.capacity,
        )
        return self.context

    def agent(self, *tiers: Tier, **changes: Any) -> Agent:
        """An agent `triage`: text → team, unless told otherwise."""
        parts: dict[str, Any] = {"name": "triage", "input": TEXT, "output": TEAM, "tiers": tiers}
        return Agent(AgentDef(**{**parts, **changes}), self.context)

    def promote(self, rules: Mapping[str, JsonObject], *, agent: str = "triage") -> ContentHash:
        """Deploy a specialist with these rules."""
        artifact = canonical_json(dict(rules)).encode()
        self.specialists[artifact] = KeywordSpecialist(rules)
        number = self.store.versions.next_number(agent)
        version = Version(
            hash_bytes(b"%d" % number + artifact),
            agent,
            number,
            None,
            "night",
            self.clock.now(),
            "promoted",
            {},
            self.store.blobs.put(artifact),
        )
        self.store.versions.add(version)
        self.move(version.hash, agent=agent)
        return version.hash

    def move(
        self,
        version: ContentHash | None,
        *,
        agent: str = "triage",
        channel: str = "stable",
        share: float = 1.0,
    ) -> None:
        """Point a channel at a version."""
        previous, now = self.store.channels.current(agent, channel), self.clock.now()
        self.store.channels.move(
            ChannelMove(agent, channel, version, previous, now, "test", "test", "night", share)
        )


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def ask(agent: Agent, **input: Any) -> Outcome:
    """One request, outside any run; audits are settled."""

    async def once() -> Outcome:
        outcome = await agent.answer(input)
        await agent.context.settle()
        return outcome

    return run(once())


def answered(outcome: Outcome) -> Answer:
    """The outcome, which must be an answer."""
    assert isinstance(outcome, Answer), outcome
    return outcome


def failed(outcome: Outcome) -> Failure:
    """The outcome, which must be a failure."""
    assert isinstance(outcome, Failure), outcome
    return outcome


def waiting(outcome: Outcome) -> Waiting:
    """The outcome, which must be a wait for a person."""
    assert isinstance(outcome, Waiting), outcome
    return outcome


NO_AUDIT = Promise(audit=0.0)
ALWAYS_AUDIT = Promise(audit=1.0)
