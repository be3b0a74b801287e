"""The `specialist` tier: what has been promoted, seen at once, trusted only where certified."""

from __future__ import annotations

from collections.abc import Sequence

from pantheon.agents import Answer, Reason
from pantheon.errors import WeightsFault
from pantheon.ids import ContentHash, JsonObject
from pantheon.spec import PythonTier, SpecialistTier
from pantheon.store import Version
from tests.agents.world import Guess, KeywordSpecialist, World, answered, ask, failed, run

CARDS: JsonObject = {"team": "cards"}


def test_an_empty_slot_abstains(world: World) -> None:
    """Before the first promotion the next tier is asked, and the reason is kept."""
    failure = failed(ask(world.agent(SpecialistTier()), text="my card"))

    assert [a.reason for a in failure.tried] == [Reason.EMPTY_SLOT]


def test_it_answers_where_it_is_certified(world: World) -> None:
    """An accepted prediction is the answer, with its confidence and its version in the row."""
    version = world.promote({"card": CARDS})

    answer = answered(ask(world.agent(SpecialistTier()), text="my card"))

    row = world.store.answers.get(answer.id)
    assert answer.output == CARDS
    assert (answer.tier, answer.source, answer.confidence) == ("specialist", "specialist", 0.97)
    assert row.specialist == version


def test_it_abstains_outside_the_certified_region(world: World) -> None:
    """A prediction that is not accepted is no answer, however good it may be."""
    world.promote({"card": CARDS})

    failure = failed(ask(world.agent(SpecialistTier()), text="something else"))

    assert failure.tried[0].reason is Reason.LOW_CONFIDENCE
    assert failure.tried[0].confidence == 0.41


def test_a_promotion_by_another_process_is_seen_by_the_next_request(world: World) -> None:
    """The channel is looked up every time: promotion, replacement and rollback count at once."""
    agent = world.agent(SpecialistTier())
    first = failed(ask(agent, text="my card"))
    world.promote({"card": CARDS})
    second = answered(ask(agent, text="my card"))
    world.promote({"card": {"team": "payments"}})
    third = answered(ask(agent, text="my card"))
    world.move(None)
    fourth = failed(ask(agent, text="my card"))

    assert first.tried[0].reason is fourth.tried[0].reason is Reason.EMPTY_SLOT
    assert [second.output, third.output] == [CARDS, {"team": "payments"}]
    versions = {world.store.answers.get(a.id).version for a in (second, third)}
    assert len(versions) == 2


def test_a_broken_promise_silences_it_at_once(world: World) -> None:
    """As soon as the monitor says `stepped_back`, no request is answered by the specialist."""
    world.promote({"card": CARDS})
    agent = world.agent(SpecialistTier())
    assert isinstance(ask(agent, text="my card"), Answer)

    world.store.monitors.set("triage", {"stepped_back": True})
    silenced = failed(ask(agent, text="my card"))
    world.store.monitors.set("triage", {"stepped_back": False})

    assert silenced.tried[0].reason is Reason.STEPPED_BACK
    assert isinstance(ask(agent, text="my card"), Answer)


def test_a_label_that_breaks_the_contract_is_not_an_answer(world: World) -> None:
    """The contract may have changed since the specialist was trained."""
    world.promote({"card": {"team": "a team that is gone"}, "list": {"other": 1}})

    for text in ("my card", "a list"):
        failure = failed(ask(world.agent(SpecialistTier()), text=text))
        assert failure.tried[0].reason is Reason.INVALID_OUTPUT


def test_a_specialist_that_cannot_be_loaded_does_not_stop_the_day(world: World) -> None:
    """A version without its blob abstains, and the next tier answers."""
    (world.root / "fall_back.py").write_text("def pick(text):\n    return {'team': 'other'}\n")
    lost = ContentHash("b2:" + "0" * 32)
    world.store.versions.add(
        Version(lost, "triage", 1, None, "night", 0.0, "promoted", {}, lost),
    )
    world.move(lost)

    answer = answered(
        ask(world.agent(SpecialistTier(), PythonTier("fall_back:pick")), text="my card")
    )

    assert answer.tried[0].reason is Reason.UNAVAILABLE
    assert answer.tier == "python"


def test_missing_weights_only_silence_the_specialist(world: World) -> None:
    """Where the embedder's weights are gone the next tier answers, and the row says the fix."""
    (world.root / "fall_back.py").write_text("def pick(text):\n    return {'team': 'other'}\n")
    world.promote({"card": CARDS})
    world.specialists = dict.fromkeys(world.specialists, WithoutWeights())
    world.open_context()

    answer = answered(
        ask(world.agent(SpecialistTier(), PythonTier("fall_back:pick")), text="my card")
    )

    assert answer.tried[0].reason is Reason.UNAVAILABLE
    assert answer.tried[0].detail == "The weights are missing. Fetch them."


class WithoutWeights:
    """A specialist on a machine whose cache was emptied."""

    def answer(self, texts: Sequence[str]) -> Sequence[Guess]:
        raise WeightsFault("The weights are missing.", hint="Fetch them.")


def test_many_at_once_are_answered_as_one_by_one(world: World) -> None:
    """Batching changes the speed, not the answers; a step back in between still counts."""
    world.promote({"card": CARDS, "pay": {"team": "payments"}})
    texts = ["my card", "what", "pay", "my card", "", "pay my card"]
    one_by_one = [ask(world.agent(SpecialistTier()), text=text) for text in texts]

    together = run(world.agent(SpecialistTier()).answer_many([{"text": t} for t in texts]))

    assert [getattr(o, "output", None) for o in together] == [
        getattr(o, "output", None) for o in one_by_one
    ]
    assert world.store.answers.count("triage") == 2 * len(texts)


def test_a_batch_holds_wrong_inputs_too(world: World) -> None:
    """An input that breaks the contract fails alone."""
    world.promote({"card": CARDS})

    outcomes = run(world.agent(SpecialistTier()).answer_many([{"text": 3}, {"text": "card"}]))

    assert failed(outcomes[0]).reason is Reason.INVALID_INPUT
    assert answered(outcomes[1]).output == CARDS


def test_a_specialist_that_breaks_is_recorded_and_passed_over(world: World) -> None:
    """A defect in what was learned must not take the other tiers' answers away."""
    (world.root / "fall_back.py").write_text("def pick(text):\n    return {'team': 'other'}\n")
    world.promote({"card": CARDS})
    broken = KeywordSpecialist({None: CARDS})  # pyright: ignore[reportArgumentType]
    world.specialists = dict.fromkeys(world.specialists, broken)
    world.open_context()
    agent = world.agent(SpecialistTier(), PythonTier("fall_back:pick"))

    outcomes = run(agent.answer_many([{"text": "my card"}, {"text": "x"}]))

    assert [answered(o).tier for o in outcomes] == ["python", "python"]
    assert answered(outcomes[0]).tried[0].reason is Reason.CRASHED
    assert "TypeError" in answered(outcomes[0]).tried[0].detail


def test_a_canary_answers_its_share_and_always_the_same_inputs(world: World) -> None:
    """Which requests it gets depends on version and input alone; the row names who answered."""
    stable = world.promote({"card": CARDS})
    canary = world.promote({"card": {"team": "payments"}})
    world.move(stable)
    world.move(canary, channel="canary", share=0.3)
    agent = world.agent(SpecialistTier())

    def round_() -> list[JsonObject]:
        return [answered(ask(agent, text=f"my card {n}")).output for n in range(200)]

    first, second = round_(), round_()
    rows = world.store.answers.list("triage")
    share = sum(output != CARDS for output in first) / 200
    assert first == second
    assert 0.2 < share < 0.4
    assert {(row.specialist, row.output == CARDS) for row in rows} == {
        (stable, True),
        (canary, False),
    }
    world.move(None, channel="canary")
    assert all(output == CARDS for output in round_())


def test_a_canary_answers_on_where_what_it_challenges_has_stepped_back(world: World) -> None:
    """The audit's verdict is about the stable version."""
    stable = world.promote({"card": CARDS})
    canary = world.promote({"card": {"team": "payments"}})
    world.move(stable)
    world.move(canary, channel="canary", share=0.5)
    world.store.monitors.set("triage", {"stepped_back": True})
    agent = world.agent(SpecialistTier())

    outcomes = [ask(agent, text=f"my card {n}") for n in range(30)]

    given = [o.output for o in outcomes if isinstance(o, Answer)]
    assert 0 < len(given) < 30
    assert {str(output["team"]) for output in given} == {"payments"}


def test_many_inputs_at_once_are_shared_as_one_by_one(world: World) -> None:
    """Preparing a batch does not hand the canary's inputs to the stable version."""
    stable = world.promote({"card": CARDS})
    canary = world.promote({"card": {"team": "payments"}})
    world.move(stable)
    world.move(canary, channel="canary", share=0.5)
    agent = world.agent(SpecialistTier())
    inputs: list[JsonObject] = [{"text": f"my card {n}"} for n in range(40)]

    together = [answered(o).output for o in run(agent.answer_many(inputs))]

    assert together == [answered(ask(agent, text=str(i["text"]))).output for i in inputs]
    assert len({str(output) for output in together}) == 2
