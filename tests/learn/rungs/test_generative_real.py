"""Demonstrations on the embedded language model, from examples to an answer that is served."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from pantheon.agents import Agent, AgentContext, Answer, ModelRegistry, Request
from pantheon.clock import FakeClock, SystemClock
from pantheon.ids import JsonObject
from pantheon.learn import Promise, Tools, certify, load_specialist, same_labels
from pantheon.learn._certainty import Certainty
from pantheon.learn.rungs._demos import DemosRung
from pantheon.learn.rungs._generative import GenerativeModel
from pantheon.models import HashEmbedder, build_model
from pantheon.spec import AgentDef, SpecialistTier
from pantheon.store import ChannelMove, Store, Version
from tests.learn.rungs.test_generative import TASK, requests

EMBEDDER = HashEmbedder(64)


def context_on(store: Store) -> AgentContext:
    """Agents over a store, with the embedded model; specialists may ask it."""
    registry = ModelRegistry({}, build=build_model)
    context: AgentContext

    async def chat(name: str | None) -> object:
        return await context.local_model(name)

    context = AgentContext(
        store=store,
        clock=SystemClock(),
        models=registry,
        root=Path(),
        load_specialist=lambda data: load_specialist(data, embedder=EMBEDDER, chat=chat),  # pyright: ignore[reportArgumentType]
    )
    return context


async def train_and_serve(store: Store) -> tuple[GenerativeModel, Answer]:
    """Train on a dozen rows, promote it as it is, and ask the agent."""
    context = context_on(store)
    tools = Tools(
        EMBEDDER.embed,
        EMBEDDER.id,
        same_labels(TASK.same),
        SystemClock(),
        chat=context.local_model,
    )
    task = replace(TASK, promise=Promise(0.4, 0.6, None))
    trained = await DemosRung().train(requests(12), task, tools)
    made = certify(trained, task, DemosRung()).specialist
    assert isinstance(made, GenerativeModel)
    _promote(store, made.accepting(0.0, Certainty(4.0, -1.0)))
    agent = Agent(AgentDef("reply", task.input, task.output, (SpecialistTier(),)), context)
    question: JsonObject = {"text": requests(3)[2].text}
    try:
        answer = await agent.answer(question, Request(seconds=60))
    finally:
        await context.models.close()
    assert isinstance(answer, Answer), answer
    return made, answer


def _promote(store: Store, model: GenerativeModel) -> None:
    artifact = store.blobs.put(model.dumps())
    store.versions.add(Version(artifact, "reply", 1, None, "night", 0.0, "promoted", {}, artifact))
    store.channels.move(
        ChannelMove("reply", "stable", artifact, None, 0.0, "test", "test", "night", 1.0)
    )


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_prompt_with_demonstrations_is_trained_kept_and_served() -> None:
    """The engine tells every token's probability; the row says who answered and what it took."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        made, answer = asyncio.run(train_and_serve(store))
        (row,) = store.answers.list("reply")

    assert made.base == "smollm2-135m-instruct"
    assert isinstance(answer.output["reply"], str)
    assert answer.source == "specialist"
    assert answer.accepted.startswith("demos on smollm2-135m-instruct: confidence")
    assert row.tokens_in > 50
    assert row.tokens_out > 3
