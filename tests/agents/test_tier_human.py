"""The `human` tier: a question in the inbox, one row per request however long it waits."""

from __future__ import annotations

from typing import cast

from pantheon.agents import Agent, Outcome, Reason, Request
from pantheon.ids import RunId
from pantheon.spec import HumanTier, PythonTier
from tests.agents.world import World, answered, failed, run, waiting

PLACE = Request(run=RunId("r1"), node="triage", index=2)


def ask_in_run(agent: Agent, text: str = "my card", request: Request = PLACE) -> Outcome:
    """One request from a node of a run."""
    return run(agent.answer({"text": text}, request))


def test_a_person_is_asked_and_the_request_waits(world: World) -> None:
    """The question holds the input, the schema of the answer and the place that waits."""
    outcome = waiting(ask_in_run(world.agent(HumanTier(question="Which team?"))))

    item = world.store.inbox.get(outcome.inbox)
    assert item.question == "Which team?"
    assert (item.run, item.node, item.index) == ("r1", "triage", 2)
    assert (item.input, item.state) == ({"text": "my card"}, "open")
    assert "team" in cast("dict[str, object]", item.schema["properties"])


def test_a_made_question_says_what_is_asked(world: World) -> None:
    """Without words of its own the question is the description and the input."""
    agent = world.agent(HumanTier(), description="Which team should answer?")

    item = world.store.inbox.get(waiting(ask_in_run(agent)).inbox)

    assert item.question == "Which team should answer?\nmy card"


def test_the_same_place_asks_only_once(world: World) -> None:
    """A resumed run finds its question; another item of the map has its own."""
    agent = world.agent(HumanTier())
    first = waiting(ask_in_run(agent))
    again = waiting(ask_in_run(world.agent(HumanTier())))
    other = waiting(ask_in_run(agent, request=Request(RunId("r1"), "triage", 3)))

    assert first.inbox == again.inbox != other.inbox
    assert len(world.store.inbox.list()) == 2


def test_the_persons_answer_is_the_answer(world: World) -> None:
    """After the inbox is answered the request is, by a human, and one row tells the story."""
    agent = world.agent(HumanTier())
    inbox = waiting(ask_in_run(agent)).inbox
    pending = world.store.answers.list("triage")
    world.clock.advance(3600)
    world.store.inbox.answer(inbox, {"team": "cards"}, world.clock.now())

    answer = answered(ask_in_run(agent))

    rows = world.store.answers.list("triage")
    assert (answer.output, answer.tier, answer.source) == ({"team": "cards"}, "human", "human")
    assert [(r.id, r.tier, r.output) for r in pending] == [(answer.id, "human", None)]
    assert [(r.id, r.output) for r in rows] == [(answer.id, {"team": "cards"})]


def test_a_pause_is_not_a_re_execution(world: World) -> None:
    """Tiers before the person are not asked again; what they had said is kept."""
    (world.root / "counted.py").write_text(
        "calls = []\ndef pick(text):\n    calls.append(text)\n    raise ValueError(len(calls))\n"
    )
    agent = world.agent(PythonTier("counted:pick"), HumanTier())
    inbox = waiting(ask_in_run(agent)).inbox
    waiting(ask_in_run(agent))
    world.store.inbox.answer(inbox, {"team": "cards"}, world.clock.now())

    answer = answered(ask_in_run(agent))

    assert [a.tier for a in answer.tried] == ["python"]
    assert "ValueError: 1 (counted.py:4)" in answer.tried[0].detail


def test_an_answer_that_breaks_the_contract_does_not_count(world: World) -> None:
    """A person's answer is checked like any other."""
    agent = world.agent(HumanTier())
    inbox = waiting(ask_in_run(agent)).inbox
    world.store.inbox.answer(inbox, {"team": "nobody"}, world.clock.now())

    assert failed(ask_in_run(agent)).tried[0].reason is Reason.INVALID_OUTPUT


def test_a_withdrawn_question_is_an_abstention(world: World) -> None:
    """When nobody needs the answer any longer the request ends with a reason."""
    agent = world.agent(HumanTier())
    world.store.inbox.withdraw(waiting(ask_in_run(agent)).inbox)

    assert failed(ask_in_run(agent)).tried[0].reason is Reason.CANCELLED


def test_outside_a_run_the_input_is_the_place(world: World) -> None:
    """The same input asks the same question; a person's answer then serves it."""
    agent = world.agent(HumanTier())
    first = waiting(run(agent.answer({"text": "a"})))
    other = waiting(run(agent.answer({"text": "b"})))
    world.store.inbox.answer(first.inbox, {"team": "other"}, world.clock.now())

    assert first.inbox != other.inbox
    assert answered(run(agent.answer({"text": "a"}))).output == {"team": "other"}


def test_a_question_may_name_input_fields(world: World) -> None:
    """`{field}` is filled with the input once; what the input says is not filled again."""
    agent = world.agent(HumanTier(question="Which team for: {text}? {unknown}"))

    item = world.store.inbox.get(waiting(ask_in_run(agent, "say {text}")).inbox)

    assert item.question == "Which team for: say {text}? {unknown}"
