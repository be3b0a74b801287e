"""A project with three flows, for the tests of the router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.clock import FakeClock
from pantheon.flows import Runtime
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec import FlowDef, Project, RouterDef
from pantheon.store import Store

if TYPE_CHECKING:
    from pantheon.models import ChatModel, Embedder


def shape(**fields: Json) -> JsonObject:
    """JSON Schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": list[Json](fields),
        "additionalProperties": False,
    }


TEXT = shape(text={"type": "string"})


def flow(name: str, description: str, *examples: str) -> FlowDef:
    """A flow from a text to nothing: the router looks only at what is said about it."""
    return FlowDef(name, TEXT, {}, {}, description=description, examples=examples)


FLOWS = {
    f.name: f
    for f in (
        flow(
            "cards",
            "Lost, stolen or declined bank cards",
            "my card was stolen",
            "why was my card declined at the shop?",
        ),
        flow(
            "travel",
            "Book flights, hotels and rental cars",
            "find me a flight to Lisbon",
            "I need a hotel room for two nights",
        ),
        flow("spec2code", "Turn a written specification into Python code", "write a sort function"),
    )
}
ROUTER = RouterDef(flows=tuple(FLOWS), otherwise=None, min_similarity=0.3)


@dataclass(frozen=True, slots=True)
class Certain:
    """A specialist that knows one prompt by heart."""

    prompt: str
    flow: str

    def answer(self, texts: Sequence[str]) -> list[Certainty]:
        return [
            Certainty(canonical_json({"flow": self.flow}), text == self.prompt) for text in texts
        ]


@dataclass(frozen=True, slots=True)
class Certainty:
    """Its prediction."""

    label: str
    accepted: bool
    confidence: float = 0.99


def open_runtime(
    embedder: Embedder,
    *,
    router: RouterDef | None = ROUTER,
    specialist: Certain | None = None,
    models: Mapping[str, ChatModel] | None = None,
) -> Runtime:
    """A runtime on an empty store in memory."""
    clock = FakeClock()
    project = Project(Path("/nonexistent"), flows=FLOWS, router=router)

    def load(artifact: bytes) -> Certain:
        assert specialist is not None
        return specialist

    return Runtime(
        project,
        Store.open(":memory:", clock=clock),
        clock=clock,
        embedder=embedder,
        models=models,
        load_specialist=load,
    )


def otherwise(name: str) -> RouterDef:
    """The router, with somewhere to go when no flow fits."""
    return replace(ROUTER, otherwise=name)
