"""A lesson whose only rung writes: from answers of the cloud to a version that is served."""

from __future__ import annotations

import asyncio
import json

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject
from pantheon.learn import (
    Around,
    Tonight,
    World,
    curate,
    load_specialist,
    predict,
    teach,
)
from pantheon.learn.rungs._demos import DemosRung
from pantheon.models import ChatModel, HashEmbedder
from pantheon.spec import AgentDef, CloudTier, Promise, SpecialistTier
from pantheon.store import Lesson, Store
from tests.learn.rungs.test_generative import OUTPUT, mostly, requests, writer
from tests.learn.specimens import answer_all, open_store, shape

EMBEDDER = HashEmbedder(64)
AGENT = AgentDef(
    "triage",
    input=shape(text={"type": "string"}),
    output=OUTPUT,
    tiers=(SpecialistTier(), CloudTier()),
    promise=Promise(disagreement=0.1, confidence=0.9, audit=0.2),
)


def teach_once(store: Store, model: ChatModel, night: str) -> Lesson:
    """One lesson of the demonstration rung alone."""

    async def chat(name: str | None) -> ChatModel:
        del name
        return model

    world = World(Around(EMBEDDER.embed, EMBEDDER.id, chat), FakeClock(), rungs=(DemosRung(),))
    return asyncio.run(teach(store, AGENT, Tonight(night, 0, "auto"), world))


def test_a_writing_specialist_is_promoted_and_a_trial_is_not_repeated() -> None:
    """It passes calibration and gate; a night that was killed before the gate writes nothing anew."""
    model = writer(mostly)

    async def chat(name: str | None) -> ChatModel:
        del name
        return model

    with open_store() as store:
        known: list[tuple[JsonObject, JsonObject]] = [
            ({"text": row.text}, json.loads(row.label)) for row in requests(420)
        ]
        answer_all(store, known)
        curate(store, AGENT)
        lesson = teach_once(store, model, "n1")
        asked = len(model.requests)

        assert lesson.outcome == "promoted", lesson.reasons
        assert lesson.candidate is not None
        version = store.versions.get(lesson.candidate)
        assert version.evidence["rung"] == "demos"
        loaded = load_specialist(store.blobs.get(version.artifact), embedder=EMBEDDER, chat=chat)
        (said,) = asyncio.run(predict(loaded, [requests(1)[0].text]))
        assert said.tokens_in == 50

        store.versions.set_state(lesson.candidate, "candidate")  # as if killed before the gate
        again = teach_once(store, model, "n1")

    assert again.outcome == "skipped"
    assert len(model.requests) - asked < asked / 2  # the gate's rows only
