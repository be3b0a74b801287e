"""A small project with a recorded cloud, in memory or in a folder, for the tests of nights."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pantheon.agents import Answer
from pantheon.clock import Clock, FakeClock
from pantheon.flows import Runtime
from pantheon.ids import Json, JsonObject
from pantheon.learn import load_specialist, watch
from pantheon.models import ChatModel, HashEmbedder, RecordedModel
from pantheon.spec import (
    NOWHERE,
    AgentDef,
    CloudTier,
    FlowDef,
    ModelDef,
    NodeDef,
    Project,
    Promise,
    PythonTier,
    SpecialistTier,
    parse_expression,
)
from pantheon.store import QueueItem, Store

UNREADABLE = "unreadable"
"""A text with this word has no vector."""


class WorldEmbedder(HashEmbedder):
    """Vectors from spelling, but for texts that cannot be read."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = super().embed(texts)
        vectors[[UNREADABLE in text for text in texts]] = np.nan
        return vectors


EMBEDDER = WorldEmbedder(128)
WORDS: Mapping[str, Sequence[str]] = {
    "cards": ("card", "chip", "plastic", "contactless", "pin"),
    "payments": ("transfer", "refund", "invoice", "payment", "standing order"),
    "other": ("weather", "song", "recipe", "holiday", "football"),
}
_PHRASES = ("my {} does not work", "help with the {} please", "where is the {}", "about that {}")


def shape(**fields: Json) -> JsonObject:
    """JSON Schema of an object with exactly these fields."""
    properties: dict[str, Json] = dict(fields)
    required = list[Json](fields)
    return {"type": "object", "properties": properties, "required": required}


TEXT = shape(text={"type": "string"})
TEAM = shape(team={"type": "string"})
TRIAGE = AgentDef(
    "triage",
    TEXT,
    TEAM,
    tiers=(SpecialistTier(), CloudTier()),
    promise=Promise(disagreement=0.1, confidence=0.9, audit=0.2),
)
FRAGILE = AgentDef("fragile", TEXT, TEAM, tiers=(PythonTier("tests.night.world:die_once"),))


def rows(count: int, *, seed: int = 0) -> list[JsonObject]:
    """Recorded requests whose team follows from one word."""
    rng = random.Random(seed)
    made: list[JsonObject] = []
    for number in range(count):
        team = rng.choice(sorted(WORDS))
        text = f"{rng.choice(_PHRASES).format(rng.choice(WORDS[team]))} {rng.randrange(10**6)}"
        made.append({"id": f"{seed}-{number}", "input": {"text": text}, "output": {"team": team}})
    return made


def text_of(row: JsonObject) -> str:
    """The text of a recorded request."""
    input = row["input"]
    assert isinstance(input, dict)
    return str(input["text"])


def flow_of(agent: AgentDef) -> FlowDef:
    """A flow of one node that asks an agent."""
    given = {"text": parse_expression("input.text", NOWHERE)}
    output = {"team": parse_expression("ask.team", NOWHERE)}
    nodes = {"ask": NodeDef("ask", agent.name, inputs=given)}
    return FlowDef(f"{agent.name}_flow", TEXT, nodes=nodes, output=output)


def project(root: Path = Path(), *agents: AgentDef) -> Project:
    """A project of these agents, each with a flow; by default `triage` alone."""
    known = agents or (TRIAGE,)
    cloud = ModelDef("cloud", "openai", base_url="http://localhost:9/v1", model="recorded")
    return Project(
        root,
        agents={agent.name: agent for agent in known},
        flows={flow.name: flow for flow in map(flow_of, known)},
        models={"cloud": cloud},
    )


def open_runtime(
    store: Store,
    clock: Clock,
    *,
    defined: Project | None = None,
    work: Sequence[JsonObject] = (),
    cloud: ChatModel | None = None,
) -> Runtime:
    """A runtime over a store; `work` is what the recorded cloud knows."""
    recorded = RecordedModel([(row["input"], row["output"]) for row in work])
    return Runtime(
        defined or project(),
        store,
        clock=clock,
        models={"cloud": cloud or recorded},
        embedder=EMBEDDER,
        load_specialist=partial(load_specialist, embedder=EMBEDDER),
        on_audit=watch(store),
    )


async def serve(runtime: Runtime, work: Sequence[JsonObject]) -> int:
    """A day: every request is answered; how many were answered by the specialist."""
    local = 0
    for row in work:
        if isinstance(runtime.clock, FakeClock):
            runtime.clock.advance(10)
        input = row["input"]
        assert isinstance(input, dict)
        outcome = await runtime.agent("triage").answer(input)
        local += isinstance(outcome, Answer) and outcome.tier == "specialist"
        await runtime.context.settle()
    return local


def submit(store: Store, *texts: str, flow: str = "triage_flow") -> None:
    """Hand work in, in this order."""
    for number, text in enumerate(texts):
        item = QueueItem(f"q{number}", flow, {"text": text}, 0, 1.0 + number, "queued", title=text)
        store.queue.submit(item)


def with_promise(**changes: float) -> AgentDef:
    """`triage` with another promise."""
    return replace(TRIAGE, promise=replace(TRIAGE.promise or Promise(), **changes))


def die_once(text: str) -> JsonObject:
    """Kill the process when the text names a file that is not there yet."""
    import os
    import signal

    marker = Path(text)
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"team": "alive"}
