"""Audits compare by the agent's own equality; where another agent judges, it is asked."""

from __future__ import annotations

import asyncio

import pytest

from pantheon.agents import Agent, Reason
from pantheon.ids import JsonObject
from pantheon.models import ChatRequest, FailureReason, ModelFailure, ScriptedModel
from pantheon.spec import (
    AgentDef,
    CloudTier,
    HumanTier,
    SpecialistTier,
    expand_contract,
    parse_same,
)
from tests.agents.world import ALWAYS_AUDIT, World, answered, ask

REPLY = expand_contract({"reply": "string", "tags?": ["string"]})
HERE: JsonObject = {"reply": "It arrives on Monday."}
JUDGE = AgentDef(
    "checker",
    expand_contract({"input": "object", "left": "object", "right": "object"}),
    expand_contract({"same": "boolean"}),
    (CloudTier("judge"),),
)


def replying(
    world: World, cloud: JsonObject, same: str, *verdicts: JsonObject | ModelFailure
) -> Agent:
    """An agent whose specialist says `HERE` and whose cloud says something else."""
    world.models["cloud"] = ScriptedModel([cloud], remote=True, cost_usd=0.25)
    world.models["judge"] = ScriptedModel(list(verdicts), cost_usd=0.5)
    world.promote({"card": HERE})
    context = world.open_context()
    judge = Agent(JUDGE, context)
    context.find_agent = {"checker": judge}.__getitem__
    tiers = SpecialistTier(), CloudTier()
    return world.agent(*tiers, output=REPLY, promise=ALWAYS_AUDIT, same=parse_same(same))


@pytest.mark.parametrize(
    ("cloud", "same", "agrees"),
    [
        ({"reply": "it arrives on monday"}, "exact", False),
        ({"reply": "it arrives on monday"}, "normalised", True),
        ({"reply": "It arrives on Monday.", "tags": []}, "normalised", False),
        ({"reply": "It arrives on Monday.", "tags": []}, "fields", True),
        ({"reply": "It arrives on Monday.", "tags": ["a"]}, "set_f1(0.6)", True),
    ],
)
def test_an_audit_agrees_by_the_agents_own_equality(
    world: World, cloud: JsonObject, same: str, *, agrees: bool
) -> None:
    """The default is exact."""
    ask(replying(world, cloud, same), text="my card")

    (audit,) = world.store.audits.list("triage")
    assert (audit.agrees, audit.judge) == (agrees, None)


@pytest.mark.parametrize("verdict", [True, False])
def test_a_judge_decides_what_is_not_plainly_equal(world: World, *, verdict: bool) -> None:
    """Its answer is a row of its own, named by the audit, with its own cost."""
    agent = replying(world, {"reply": "Monday."}, "judge:checker", {"same": verdict})

    answer = answered(ask(agent, text="my card"))

    (audit,) = world.store.audits.list("triage")
    (said,) = world.store.answers.list("checker")
    assert (audit.agrees, audit.judge, audit.cost_usd) == (verdict, said.id, 0.25)
    assert said.cost_usd == 0.5
    assert said.input["input"] == {"text": "my card"}
    assert {str(said.input["left"]), str(said.input["right"])} == {
        str(answer.output),
        str(audit.cloud_output),
    }


def test_what_is_plainly_equal_needs_no_judge(world: World) -> None:
    """No question, no cost."""
    ask(replying(world, {"reply": "It arrives on Monday"}, "judge:checker"), text="my card")

    (audit,) = world.store.audits.list("triage")
    assert (audit.agrees, audit.judge) == (True, None)
    assert world.store.answers.count("checker") == 0


def test_a_judge_that_fails_leaves_the_audit_owed(world: World) -> None:
    """With its reason; the next try does not pay the cloud again."""
    failure = ModelFailure(FailureReason.SERVER_ERROR, "The judge is down.")
    agent = replying(world, {"reply": "Monday."}, "judge:checker", failure, {"same": True})
    answer = answered(ask(agent, text="my card"))
    assert world.store.audits.list() == []
    assert world.store.audits.owed() == [answer.id]

    settlement = asyncio.run(agent.settle_owed())

    assert [audit.agrees for audit in settlement.settled] == [True]
    assert settlement.settled[0].cost_usd == 0.25
    assert world.store.audits.owed() == []


def test_the_reason_why_it_is_still_owed_is_typed(world: World) -> None:
    """Whoever settles audits learns which judge said nothing."""
    failure = ModelFailure(FailureReason.SERVER_ERROR, "The judge is down.")
    agent = replying(world, {"reply": "Monday."}, "judge:checker", failure, failure)
    ask(agent, text="my card")

    (owed,) = asyncio.run(agent.settle_owed()).owed

    assert owed.reason is Reason.UNJUDGED
    assert owed.detail.startswith("The judge 'checker' gave no answer.")


def test_a_person_may_judge(world: World) -> None:
    """The audit waits for the answer in the inbox."""
    agent = replying(world, {"reply": "Monday."}, "judge:checker")
    context = world.context
    person = AgentDef("checker", JUDGE.input, JUDGE.output, (HumanTier("Do both say the same?"),))
    context.find_agent = {"checker": Agent(person, context)}.__getitem__
    ask(agent, text="my card")
    (item,) = world.store.inbox.list()
    assert world.store.audits.list() == []

    world.store.inbox.answer(item.id, {"same": True}, world.clock.now())
    asyncio.run(agent.settle_owed())

    assert [audit.agrees for audit in world.store.audits.list()] == [True]


def test_a_judge_reads_text_where_its_contract_says_so(world: World) -> None:
    """Bare text of outputs that are one text."""
    agent = replying(world, {"reply": "Monday."}, "judge:checker")
    seen: list[str] = []

    def script(request: ChatRequest) -> JsonObject:
        seen.append(request.messages[-1].content)
        return {"same": True}

    world.models["judge"] = ScriptedModel(script)
    context = world.open_context()
    input = expand_contract({"question": "string", "left": "string", "right": "string"})
    judge = AgentDef("checker", input, JUDGE.output, (CloudTier("judge"),))
    context.find_agent = {"checker": Agent(judge, context)}.__getitem__
    agent = Agent(agent.definition, context)

    ask(agent, text="my card")

    assert '"question": "my card"' in seen[0]
    assert "reply: Monday." in seen[0]


def test_a_judge_that_is_gone_leaves_the_audit_owed(world: World) -> None:
    """The project was edited in the meantime."""
    agent = replying(world, {"reply": "Monday."}, "judge:checker")
    world.context.find_agent = None
    ask(agent, text="my card")
    (owed,) = asyncio.run(agent.settle_owed()).owed
    assert (owed.reason, owed.detail) == (
        Reason.UNJUDGED,
        "The judge 'checker' cannot be asked from here.",
    )
