"""The models of a project, within their limits and behind the breakers of their endpoints."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pantheon.agents import Failure, ModelRegistry, Reason
from pantheon.clock import FakeClock
from pantheon.models import (
    ChatModel,
    ChatRequest,
    Circuit,
    FailureReason,
    FaultServer,
    Message,
    ModelFailure,
    ScriptedModel,
    build_model,
    status,
)
from pantheon.spec import Breaker, CloudTier, ModelDef, ModelLimits, PythonTier
from tests.agents.world import World, answered, ask, failed, run

REQUEST = ChatRequest((Message("user", "Which team?"),))
DOWN = ModelFailure(FailureReason.SERVER_ERROR, "down")


def definition(name: str = "cloud", **changes: Any) -> ModelDef:
    """A remote model without a key."""
    parts: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v1", "model": "big", "max_retries": 0}
    return ModelDef(name, "openai", **parts | changes)


def registry(*definitions: ModelDef, **settings: Any) -> ModelRegistry:
    """The models of a project with these definitions."""
    clock = settings.setdefault("clock", FakeClock())
    return ModelRegistry(
        {item.name: item for item in definitions},
        build=lambda item: build_model(item, clock=clock),
        **settings,
    )


async def reasons(model: ChatModel, times: int) -> list[str]:
    """What comes of asking again and again."""
    said: list[str] = []
    for _ in range(times):
        try:
            said.append((await model.chat(REQUEST)).text)
        except ModelFailure as failure:
            said.append(failure.reason.value)
    return said


def test_an_endpoint_that_fails_is_left_alone_and_the_next_tier_answers(world: World) -> None:
    """The cloud tier abstains with `circuit_open`; the server is not even asked."""
    (world.root / "sound.py").write_text("def pick(text):\n    return {'team': 'other'}\n")
    with FaultServer([status(500)] * 9) as server:
        rule = Breaker(failures=2, cooldown=30)
        world.definitions["cloud"] = definition(base_url=server.base_url, breaker=rule)
        world.open_context()
        agent = world.agent(CloudTier(), PythonTier("sound:pick"))

        async def scene() -> list[Reason]:
            outcomes = [answered(await agent.answer({"text": "x"})) for _ in range(3)]
            await world.context.models.close()
            return [outcome.tried[0].reason for outcome in outcomes]

        assert run(scene()) == [Reason.SERVER_ERROR, Reason.SERVER_ERROR, Reason.CIRCUIT_OPEN]
        assert len(server.requests) == 2
    assert world.context.models.circuits["cloud"].state == "open"


def test_an_open_circuit_may_be_tried_again_later(world: World) -> None:
    """The failure of an agent that has only the cloud is worth another attempt."""
    world.definitions["cloud"] = definition(breaker=Breaker(failures=1))
    world.models["cloud"] = ScriptedModel([DOWN], remote=True)
    world.open_context()
    agent = world.agent(CloudTier())
    ask(agent, text="x")

    failure: Failure = failed(ask(agent, text="x"))

    assert failure.tried[0].reason is Reason.CIRCUIT_OPEN
    assert failure.retryable


def test_two_names_of_one_endpoint_share_its_circuit() -> None:
    """What is learned through one is known to the other; another model there is another endpoint."""
    told: list[tuple[str, Circuit]] = []
    rule = Breaker(failures=2)

    def note(name: str, circuit: Circuit) -> None:
        told.append((name, circuit))

    models = registry(
        definition("one", breaker=rule),
        definition("two", breaker=rule),
        definition("three", breaker=rule, model="small"),
        overrides={name: ScriptedModel([DOWN] * 9) for name in ("one", "two", "three")},
        on_circuit=note,
    )

    async def scene() -> list[list[str]]:
        return [await reasons(await models.get(name), 1) for name in ("one", "two", "one", "three")]

    assert run(scene()) == [["server_error"], ["server_error"], ["circuit_open"], ["server_error"]]
    assert [(name, circuit.state) for name, circuit in told] == [("one", "open")]
    assert {name: circuit.state for name, circuit in models.circuits.items()} == {
        "one": "open",
        "two": "open",
        "three": "closed",
    }


def test_limits_hold_for_stand_ins_too() -> None:
    """A scripted model under a name with limits is asked within them; others are left as they are."""
    clock = FakeClock()
    free = ScriptedModel(["yes"] * 9)
    models = registry(
        definition(limits=ModelLimits(requests_per_minute=10)),
        clock=clock,
        overrides={"cloud": ScriptedModel(["yes"] * 9), "free": free},
    )
    started = clock.now()

    async def scene() -> list[str]:
        assert await models.get("free") is free
        return await reasons(await models.get("cloud"), 3)

    assert run(scene()) == ["yes"] * 3
    assert clock.now() - started == pytest.approx(12)


def test_an_open_circuit_is_told_before_any_waiting() -> None:
    """Nobody stands in line for an endpoint that is not asked; those in line are not sent either."""
    script = ScriptedModel([DOWN] * 9)
    clock = FakeClock()
    limits = ModelLimits(concurrent=1, requests_per_minute=10)
    models = registry(
        definition(limits=limits, breaker=Breaker(failures=1)),
        clock=clock,
        overrides={"cloud": script},
    )

    async def scene() -> list[list[str]]:
        model = await models.get("cloud")
        together = await asyncio.gather(*(reasons(model, 1) for _ in range(4)))
        return [*together, await reasons(model, 1)]

    assert run(scene()) == [["server_error"]] + [["circuit_open"]] * 4
    assert len(script.requests) == 1
