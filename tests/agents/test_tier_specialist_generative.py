"""Specialists that write their answers: awaited, bounded in time, and never in the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from pantheon.agents import Answer, Reason, Request
from pantheon.ids import JsonObject, canonical_json
from pantheon.models import FailureReason, ModelFailure
from pantheon.spec import PythonTier, SpecialistTier
from tests.agents.world import World, answered, ask, failed, run

CARDS: JsonObject = {"team": "cards"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a language model wrote, and what it took."""

    label: str
    confidence: float
    accepted: bool
    tokens_in: int = 120
    tokens_out: int = 9


@dataclass
class Writer:
    """Writes one answer, fails, or never ends; cannot answer many at once."""

    answer_or_failure: Said | ModelFailure | None
    asked: int = 0
    seconds: float | None = None
    cancelled: bool = False
    rung = "demos"
    base = "small"

    def answer(self, texts: object) -> list[Said]:
        """A specialist of this kind refuses."""
        del texts
        raise AssertionError("it has to be awaited")

    async def ask(self, text: str, request: Request) -> Said:
        """What was scripted."""
        del text
        self.asked += 1
        self.seconds = request.seconds
        if self.answer_or_failure is None:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled = True
        if isinstance(self.answer_or_failure, ModelFailure):
            raise self.answer_or_failure
        assert self.answer_or_failure is not None
        return self.answer_or_failure


def promote(world: World, writer: Writer) -> None:
    """Put a writer where a specialist was."""
    world.promote({"card": CARDS})
    world.specialists = dict.fromkeys(world.specialists, writer)
    world.open_context()


def test_what_it_wrote_is_told_with_what_it_took(world: World) -> None:
    """The source is the specialist; the rung, the model and the tokens are in the row."""
    promote(world, Writer(Said(canonical_json(CARDS), 0.93, accepted=True)))

    answer = answered(ask(world.agent(SpecialistTier()), text="my card"))
    row = world.store.answers.get(answer.id)

    assert (answer.source, answer.output) == ("specialist", CARDS)
    assert answer.accepted == "demos on small: confidence 0.930 is inside the certified region"
    assert (row.tokens_in, row.tokens_out) == (120, 9)


def test_what_is_doubtful_costs_its_tokens_and_the_next_tier_answers(world: World) -> None:
    """Writing was paid for in time; the abstention says how much was written."""
    promote(world, Writer(Said(canonical_json(CARDS), 0.4, accepted=False)))

    failure = failed(ask(world.agent(SpecialistTier()), text="my card"))

    assert failure.tried[0].reason is Reason.LOW_CONFIDENCE
    assert (failure.tried[0].tokens_in, failure.tried[0].tokens_out) == (120, 9)


@pytest.mark.parametrize("reason", list(FailureReason))
def test_no_failure_of_the_model_stops_the_day(world: World, reason: FailureReason) -> None:
    """Each is an abstention of its own name, and the next tier answers."""
    (world.root / "fall_back.py").write_text("def pick(text):\n    return {'team': 'other'}\n")
    promote(world, Writer(ModelFailure(reason, "it could not")))
    agent = world.agent(SpecialistTier(), PythonTier("fall_back:pick"))

    answer = answered(ask(agent, text="my card"))

    assert answer.tier == "python"
    assert (answer.tried[0].reason.value, answer.tried[0].detail) == (reason.value, "it could not")


def test_it_is_told_how_long_who_asks_will_wait(world: World) -> None:
    """The request's own time reaches the model."""
    writer = Writer(Said(canonical_json(CARDS), 0.93, accepted=True))
    promote(world, writer)

    run(world.agent(SpecialistTier()).answer({"text": "my card"}, Request(seconds=1.5)))

    assert writer.seconds == 1.5


def test_a_cancelled_request_ends_the_writing(world: World) -> None:
    """Nothing goes on writing for nobody."""
    writer = Writer(None)
    promote(world, writer)
    agent = world.agent(SpecialistTier())

    async def give_up() -> None:
        async with asyncio.timeout(0.05):
            await agent.answer({"text": "my card"})

    with pytest.raises(TimeoutError):
        run(give_up())
    assert writer.cancelled


def test_many_inputs_are_written_one_by_one(world: World) -> None:
    """Nothing is prepared: every request is asked for itself, and may fail for itself."""
    writer = Writer(Said(canonical_json(CARDS), 0.93, accepted=True))
    promote(world, writer)
    agent = world.agent(SpecialistTier())

    outcomes = run(agent.answer_many([{"text": f"card {index}"} for index in range(5)]))

    assert all(isinstance(outcome, Answer) for outcome in outcomes)
    assert writer.asked == 5
