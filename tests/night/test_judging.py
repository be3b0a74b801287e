"""A judge at night: asked where the cheap test sees a difference, remembered, never trusted blindly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject, canonical_json, hash_json
from pantheon.models import ChatRequest, ScriptedModel
from pantheon.night._judging import judge_for
from pantheon.night._prompting import larger_models, reflection_for
from pantheon.spec import (
    AgentDef,
    CloudTier,
    ModelDef,
    PromptTier,
    Same,
    expand_contract,
)
from pantheon.store import Example, Store
from tests.night.world import TRIAGE, open_runtime, project

JUDGE = AgentDef(
    "checker",
    expand_contract({"input": "object", "left": "object", "right": "object"}),
    expand_contract({"same": "boolean"}),
    (CloudTier("cloud"),),
)
JUDGED = replace(TRIAGE, same=Same("judge", judge="checker"))
LEFT, RIGHT = canonical_json({"team": "cards"}), canonical_json({"team": "plastic"})


def example(text: str) -> Example:
    """A request whose answer is known."""
    input: JsonObject = {"text": text}
    return Example(
        id=f"e-{text}",
        agent=JUDGED.name,
        input=input,
        output={"team": "cards"},
        source="cloud",
        weight=1.0,
        at=0.0,
        drawn="bootstrap",
        propensity=1.0,
        group=hash_json(text),
        split="train",
    )


def ask(model: ScriptedModel, pairs: list[tuple[str, str, str]], *, most: int = 9) -> list[bool]:
    """What a night's judge says of pairs about one known request."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        store.examples.add([example("my card")])
        defined = project(Path(), JUDGED, JUDGE)
        runtime = open_runtime(store, FakeClock(), defined=defined, cloud=model)
        judge = judge_for(runtime, JUDGED, most=most)
        assert judge is not None

        async def twice() -> list[bool]:
            first = await judge(pairs)
            again = await judge(pairs)
            assert again == first
            return first

        return asyncio.run(twice())


def test_a_verdict_is_asked_once_whatever_the_order() -> None:
    """The same two outputs the other way round, or the next night, cost nothing."""
    model = ScriptedModel(lambda _: {"same": True}, remote=True)

    said = ask(model, [("my card", LEFT, RIGHT), ("my card", RIGHT, LEFT)])

    assert said == [True, True]
    assert len(model.requests) == 1


def test_what_cannot_be_judged_counts_as_different() -> None:
    """An unknown request, an answer that is none, a budget that is spent, a judge that is silent."""
    model = ScriptedModel(lambda _: {"same": True}, remote=True)
    silent = ScriptedModel([], remote=True)

    assert ask(model, [("never asked", LEFT, RIGHT), ("my card", "", RIGHT)]) == [False, False]
    assert ask(model, [("my card", LEFT, RIGHT)], most=0) == [False]
    assert ask(silent, [("my card", LEFT, RIGHT)]) == [False]


def test_without_a_judge_nobody_is_asked() -> None:
    """Other relations need none."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        assert judge_for(open_runtime(store, FakeClock()), TRIAGE) is None


def test_larger_models_are_the_local_ones_that_a_project_names() -> None:
    """Not the default, not what it is under another name, nothing that sends requests out."""
    defined = replace(
        project(),
        models={
            "cloud": ModelDef("cloud", "openai", base_url="http://localhost:9/v1", model="x"),
            "mine": ModelDef("mine", "llama.cpp"),
            "big": ModelDef("big", "llama.cpp", weights="big.gguf"),
        },
    )

    assert larger_models(defined) == ("big",)


def test_a_better_prompt_is_asked_of_the_cloud_only_where_that_is_allowed() -> None:
    """Not for an agent that is private, nor without a cloud; a spent budget gives nothing."""

    def better(request: ChatRequest) -> str:
        assert "instruction" in request.messages[0].content
        return "Do better."

    async def reflected(agent: AgentDef, *, spent: bool) -> str | None:
        with Store.open(":memory:", clock=FakeClock()) as store:
            runtime = open_runtime(store, FakeClock(), cloud=ScriptedModel(better, remote=True))
            reflect = reflection_for(runtime, agent, spent=lambda: spent)
            return None if reflect is None else await reflect("An instruction.")

    assert asyncio.run(reflected(TRIAGE, spent=False)) == "Do better."
    assert asyncio.run(reflected(TRIAGE, spent=True)) == ""
    assert asyncio.run(reflected(replace(TRIAGE, privacy="local"), spent=False)) is None
    assert asyncio.run(reflected(replace(TRIAGE, tiers=(PromptTier(),)), spent=False)) is None


def test_a_night_that_has_spent_its_money_asks_no_judge() -> None:
    """A pair that is not known yet counts as different."""
    model = ScriptedModel(lambda _: {"same": True}, remote=True)
    with Store.open(":memory:", clock=FakeClock()) as store:
        store.examples.add([example("my card")])
        runtime = open_runtime(
            store, FakeClock(), defined=project(Path(), JUDGED, JUDGE), cloud=model
        )
        judge = judge_for(runtime, JUDGED, spent=lambda: True)
        assert judge is not None
        pairs = [("my card", LEFT, RIGHT)]

        async def once() -> list[bool]:
            return await judge(pairs)

        assert asyncio.run(once()) == [False]
    assert model.requests == []
