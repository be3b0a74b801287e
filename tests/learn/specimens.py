"""Stores, versions, an agent and its past, which the tests of this folder share."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, Json, JsonObject, hash_json
from pantheon.spec import AgentDef, CloudTier, Promise, SpecialistTier
from pantheon.store import AnswerRow, Store, Version


def open_store(path: Path | None = None) -> Store:
    """A store on a fake clock, in memory unless a path is given."""
    return Store.open(path or ":memory:", clock=FakeClock())


def add_version(
    store: Store, agent: str, number: int, *, parent: ContentHash | None = None
) -> Version:
    """A candidate version whose artifact is a blob of a few bytes."""
    evidence: JsonObject = {
        "summary": f"evidence {number}",
        "risk": {"upper": 0.04, "n": 120},
        "share": {"value": 0.5, "low": 0.41, "high": 0.6},
        "curve": [[0.5, 0.1]],
    }
    version = Version(
        hash=hash_json([agent, number]),
        agent=agent,
        number=number,
        parent=parent,
        cause="night",
        created=store.clock.now(),
        state="candidate",
        evidence=evidence,
        artifact=store.blobs.put(f"artifact {agent} {number}".encode()),
        night="n1",
    )
    store.versions.add(version)
    return version


# ------------------------------------------------------------------ an agent and its past
TEAMS = ("cards", "payments", "account", "other")
_WORDS = {
    "cards": ("card", "chip", "plastic", "contactless", "pin"),
    "payments": ("transfer", "refund", "invoice", "payment", "standing order"),
    "account": ("login", "password", "address", "profile", "email"),
    "other": ("weather", "song", "recipe", "holiday", "football"),
}
_PHRASES = (
    "my {} does not work since {}",
    "please help with the {} from {}",
    "where is the {} of {}",
    "I want to change my {} before {}",
    "what happens to the {} after {}",
)
_WHEN = ("monday", "june", "last week", "yesterday", "noon", "the move", "my trip", "easter")


def shape(**fields: Json) -> JsonObject:
    """JSON Schema of an object with exactly these fields."""
    properties: dict[str, Json] = dict(fields)
    return {
        "type": "object",
        "properties": properties,
        "required": list[Json](fields),
        "additionalProperties": False,
    }


TRIAGE = AgentDef(
    "triage",
    input=shape(text={"type": "string"}),
    output=shape(team={"type": "string"}),
    tiers=(SpecialistTier(), CloudTier()),
    promise=Promise(disagreement=0.1, confidence=0.9, audit=0.2),
)


def traffic(count: int, *, seed: int = 0) -> list[tuple[JsonObject, JsonObject]]:
    """Messages and the team the teacher names; alike within a team, different between them."""
    rng = random.Random(seed)
    pairs: list[tuple[JsonObject, JsonObject]] = []
    for number in range(count):
        team = rng.choice(TEAMS)
        text = rng.choice(_PHRASES).format(rng.choice(_WORDS[team]), rng.choice(_WHEN))
        pairs.append(({"text": f"{text} {number}"}, {"team": team}))
    return pairs


def answered(
    number: int, pair: tuple[JsonObject, JsonObject], *, agent: str = "triage", **changes: object
) -> AnswerRow:
    """A row as the cloud's answer leaves it while the specialist's slot is empty."""
    row = AnswerRow(
        id=f"a{number:06d}",
        agent=agent,
        version=ContentHash("b2:v"),
        at=1_700_000_000.0 + number,
        input=pair[0],
        output=pair[1],
        tier="cloud",
        accepted="it satisfies the contract",
        source="model",
        tried=({"tier": "specialist", "reason": "empty_slot", "detail": ""},),
    )
    return replace(row, **changes)  # pyright: ignore[reportArgumentType]


def answer_all(store: Store, pairs: Iterable[tuple[JsonObject, JsonObject]], start: int = 0) -> int:
    """Write the cloud's answers to these requests; the next free number."""
    for number, pair in enumerate(pairs, start):
        store.answers.add(answered(number, pair))
        start = number + 1
    return start
