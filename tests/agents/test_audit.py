"""Audits: a fair random share of local answers is asked of the cloud as well, and never lost."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from pantheon.agents import Agent, Reason, Request
from pantheon.ids import JsonObject
from pantheon.models import (
    Budget,
    ChatReply,
    ChatRequest,
    FailureReason,
    ModelFailure,
    ScriptedModel,
)
from pantheon.spec import (
    AgentDef,
    CloudTier,
    ModelDef,
    Promise,
    PromptTier,
    PythonTier,
    SpecialistTier,
)
from pantheon.store import AnswerRow, Audit
from tests.agents.world import ALWAYS_AUDIT, NO_AUDIT, World, answered, ask, failed, run

CARDS: JsonObject = {"team": "cards"}
OTHER: JsonObject = {"team": "other"}
TIERS = SpecialistTier(), CloudTier()


def always_cards(request: ChatRequest) -> JsonObject:
    """A script without end."""
    return CARDS


def with_cloud(world: World, *script: JsonObject | ModelFailure) -> ScriptedModel:
    """A cloud that answers by this script, or always the same without one."""
    cloud = ScriptedModel(list(script) or always_cards, remote=True, cost_usd=0.25)
    world.models["cloud"] = cloud
    world.promote({"card": CARDS})
    world.open_context()
    return cloud


@pytest.mark.parametrize(("said", "agrees"), [(CARDS, True), (OTHER, False)])
def test_an_audit_compares_with_what_the_cloud_says(
    world: World, said: JsonObject, agrees: bool
) -> None:
    """The same output agrees, another does not; the cost of asking is kept."""
    with_cloud(world, said)

    answer = answered(ask(world.agent(*TIERS, promise=ALWAYS_AUDIT), text="my card"))

    (audit,) = world.store.audits.list("triage")
    row = world.store.answers.get(answer.id)
    assert (audit.answer, audit.cloud_output, audit.agrees) == (answer.id, said, agrees)
    assert (audit.cost_usd, audit.source) == (0.25, "scripted")
    assert (row.local, row.label_propensity) == (True, 1.0)
    assert world.store.audits.owed() == []
    assert world.store.answers.spent() == 0.25


def test_outputs_agree_whatever_the_order_of_their_keys(world: World) -> None:
    """Agreement is equality of canonical JSON."""
    shape: JsonObject = {"type": "object"}
    world.models["cloud"] = ScriptedModel(['{"b": [1, 2], "a": "é"}'])
    world.promote({"card": {"a": "é", "b": [1, 2]}})
    world.open_context()

    ask(world.agent(*TIERS, promise=ALWAYS_AUDIT, output=shape), text="card")

    assert world.store.audits.list()[0].agrees is True


def test_answers_of_the_cloud_are_known_for_certain(world: World) -> None:
    """What the specialist hands on is no audit: its label is known with probability 1."""
    with_cloud(world, OTHER)

    answer = answered(ask(world.agent(*TIERS, promise=ALWAYS_AUDIT), text="what"))

    row = world.store.answers.get(answer.id)
    assert (row.tier, row.local, row.label_propensity) == ("cloud", False, 1.0)
    assert world.store.audits.list() == []


def test_the_share_is_that_of_the_promise(world: World) -> None:
    """Over many requests the audited share is near the promised one, and each row says how likely
    it was.
    """
    cloud = with_cloud(world)
    agent = world.agent(*TIERS, promise=Promise(audit=0.2))

    async def day() -> None:
        await agent.answer_many([{"text": f"card {i}"} for i in range(600)])
        await world.context.settle()

    run(day())

    assert {row.label_propensity for row in world.store.answers.list()} == {0.2}
    assert 85 <= len(world.store.audits.list()) <= 155  # 120 ± 3.6 standard deviations
    assert len(cloud.requests) == len(world.store.audits.list())


def test_the_draw_is_reproducible_and_depends_on_the_seed(world: World) -> None:
    """The same seed and history audit the same requests; another seed audits others."""

    def audited(seed: int) -> list[int]:
        replay = World(world.root, seed=seed)
        with_cloud(replay)
        agent = replay.agent(*TIERS, promise=Promise(audit=0.5))
        ids = [answered(ask(agent, text=f"card {i}")).id for i in range(24)]
        due = {audit.answer for audit in replay.store.audits.list()}
        replay.store.close()
        return [i for i, id in enumerate(ids) if id in due]

    assert audited(1) == audited(1) != audited(2)


def test_nothing_is_audited_where_no_cloud_could_have_been_asked(world: World) -> None:
    """Without a cloud tier, a configured model or after the cloud itself, nothing is drawn."""
    (world.root / "fixed.py").write_text("def other(text):\n    return {'team': 'other'}\n")
    world.promote({"card": CARDS})
    fixed = PythonTier("fixed:other")
    agents = [
        world.agent(SpecialistTier(), promise=ALWAYS_AUDIT),
        world.agent(*TIERS, promise=ALWAYS_AUDIT),
        world.agent(CloudTier(), fixed, promise=ALWAYS_AUDIT),
    ]

    rows = [world.store.answers.get(answered(ask(a, text="card")).id) for a in agents]

    assert [(row.local, row.label_propensity) for row in rows] == [(False, 0.0)] * 3
    assert world.store.audits.owed() == []


def test_a_users_own_function_before_the_cloud_is_audited_too(world: World) -> None:
    """Everything answered here is within the promise, not only what was learned."""
    (world.root / "fixed.py").write_text("def other(text):\n    return {'team': 'other'}\n")
    with_cloud(world, CARDS)

    ask(world.agent(PythonTier("fixed:other"), CloudTier(), promise=ALWAYS_AUDIT), text="x")

    assert world.store.audits.list()[0].agrees is False


def test_an_audit_that_fails_for_now_stays_owed_and_is_settled_later(world: World) -> None:
    """The answer is not held up; the next program settles the debt and says what is left."""
    cloud = with_cloud(
        world,
        ModelFailure(FailureReason.UNREACHABLE, "no network", cost_usd=0.5),
        ModelFailure(FailureReason.RATE_LIMITED, "later"),
        CARDS,
    )
    agent = world.agent(*TIERS, promise=ALWAYS_AUDIT)
    answer = answered(ask(agent, text="my card"))
    assert world.store.audits.owed("triage") == [answer.id]

    still = run(agent.settle_owed())
    done = run(agent.settle_owed())

    assert [(o.answer, o.reason, o.detail) for o in still.owed] == [
        (answer.id, Reason.RATE_LIMITED, "later")
    ]
    assert [(a.answer, a.agrees, a.cost_usd) for a in done.settled] == [(answer.id, True, 0.75)]
    assert world.store.audits.owed() == []
    assert len(cloud.requests) == 3


def test_an_audit_that_can_never_succeed_is_closed(world: World) -> None:
    """A cloud that cannot keep the contract says nothing about agreement, but has cost."""
    with_cloud(world, ModelFailure(FailureReason.BAD_REPLY, "prose", cost_usd=0.5))

    ask(world.agent(*TIERS, promise=ALWAYS_AUDIT), text="my card")

    (audit,) = world.store.audits.list()
    assert (audit.cloud_output, audit.agrees, audit.cost_usd) == (None, None, 0.5)
    assert world.store.audits.owed() == []


def test_a_debt_survives_the_program(world: World) -> None:
    """The audit is owed with the answer, before the cloud is asked."""
    with_cloud(world, CARDS)
    agent = world.agent(*TIERS, promise=ALWAYS_AUDIT)

    async def killed_before_the_audit() -> str:
        answer = answered(await agent.answer({"text": "my card"}))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return answer.id

    id = run(killed_before_the_audit())
    assert world.store.audits.owed() == [id]
    world.open_context()

    assert len(run(world.agent(*TIERS, promise=ALWAYS_AUDIT).settle_owed()).settled) == 1


def test_settling_twice_at_once_asks_the_cloud_once(world: World) -> None:
    """The night may settle while a day's audit is under way."""
    cloud = with_cloud(world, CARDS, CARDS)
    agent = world.agent(*TIERS, promise=ALWAYS_AUDIT)

    async def both() -> None:
        await agent.answer({"text": "my card"})
        await asyncio.gather(agent.settle_owed(), world.context.settle())

    run(both())

    assert len(cloud.requests) == 1
    assert len(world.store.audits.list()) == 1


def test_a_debt_of_an_agent_without_cloud_says_why_it_stays(world: World) -> None:
    """The cloud tier was taken out of the file since."""
    with_cloud(world)
    id = answered(ask(world.agent(SpecialistTier()), text="card")).id
    world.store.audits.owe(id, "triage")

    (owed,) = run(world.agent(SpecialistTier()).settle_owed()).owed

    assert (owed.answer, owed.reason) == (id, Reason.NOT_CONFIGURED)


def test_the_monitor_is_told_and_a_step_back_counts_at_once(world: World) -> None:
    """The hook sees agent, answer and audit; what it writes silences the specialist."""
    told: list[tuple[AgentDef, AnswerRow, Audit]] = []

    def watch(agent: AgentDef, row: AnswerRow, audit: Audit) -> None:
        told.append((agent, row, audit))
        world.store.monitors.set(agent.name, {"stepped_back": not audit.agrees})

    world.on_audit = watch
    with_cloud(world, OTHER, OTHER)
    agent = world.agent(*TIERS, promise=ALWAYS_AUDIT)
    first = answered(ask(agent, text="my card"))
    second = answered(ask(agent, text="my card"))

    ((definition, row, audit),) = told
    assert (definition.name, row.id, audit.agrees) == ("triage", first.id, False)
    assert (first.tier, second.tier) == ("specialist", "cloud")
    assert second.tried[0].reason is Reason.STEPPED_BACK


def test_one_side_only_for_a_cross_check(world: World) -> None:
    """`only` asks the local or the cloud tiers; such a request is not audited."""
    with_cloud(world, OTHER)
    agent = world.agent(*TIERS, promise=ALWAYS_AUDIT)

    local = answered(run(agent.answer({"text": "my card"}, Request(only="local"))))
    cloud = answered(run(agent.answer({"text": "my card"}, Request(only="cloud"))))
    nobody = failed(run(agent.answer({"text": "else"}, Request(only="local"))))

    assert (local.output, cloud.output) == (CARDS, OTHER)
    assert [a.tier for a in nobody.tried] == ["specialist"]
    assert world.store.audits.owed() == []


@pytest.mark.parametrize(
    ("promise", "tier"), [(None, "prompt"), (NO_AUDIT, "cloud"), (ALWAYS_AUDIT, "cloud")]
)
def test_a_prompt_does_not_answer_where_agreement_is_promised(
    world: World, promise: Promise | None, tier: str
) -> None:
    """With an explicit promise and a cloud behind, a prompt abstains until evidence covers it."""
    with_cloud(world, CARDS)
    world.models["embedded"] = ScriptedModel([OTHER])
    world.open_context()
    agent = world.agent(PromptTier(), CloudTier(), promise=promise)

    answer = answered(run(agent.answer({"text": "x"})))

    assert answer.tier == tier
    assert (tier == "prompt") == (not answer.tried)


def test_without_a_cloud_a_prompt_answers_whatever_is_promised(world: World) -> None:
    """Where nobody could be agreed with, the local model is better than nothing."""
    world.models["embedded"] = ScriptedModel([OTHER, OTHER])
    world.open_context()

    outcomes = [
        ask(world.agent(PromptTier(), CloudTier(), promise=ALWAYS_AUDIT), text="x"),
        ask(world.agent(PromptTier(), promise=ALWAYS_AUDIT), text="x"),
    ]

    assert Counter(answered(o).tier for o in outcomes) == {"prompt": 2}


def test_audits_begun_are_few_at_a_time(world: World) -> None:
    """A busy day does not open a hundred connections."""
    busiest = under_way = 0
    world.promote({"card": CARDS})

    class Slow(ScriptedModel):
        async def chat(self, request: ChatRequest) -> ChatReply:
            nonlocal busiest, under_way
            under_way += 1
            busiest = max(busiest, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return await super().chat(request)

    world.models["cloud"] = Slow(always_cards)
    agent = Agent(world.agent(*TIERS, promise=ALWAYS_AUDIT).definition, world.open_context())

    async def day() -> None:
        await agent.answer_many([{"text": f"card {i}"} for i in range(40)])
        await world.context.settle()

    run(day())

    assert busiest == 4
    assert len(world.store.audits.list()) == 40


def test_a_spent_budget_does_not_loosen_the_promise(world: World) -> None:
    """While the cloud is only out of money, a prompt still abstains, and audits stay owed."""
    world.definitions["cloud"] = ModelDef(
        "cloud", "openai", base_url="http://127.0.0.1:9", model="m"
    )
    world.budget = Budget(1.0, spent=1.0)
    world.models["embedded"] = ScriptedModel([OTHER])
    world.promote({"card": CARDS})
    world.open_context()
    agent = world.agent(SpecialistTier(), PromptTier(), CloudTier(), promise=ALWAYS_AUDIT)

    local = answered(ask(agent, text="my card"))
    failure = failed(ask(agent, text="else"))

    assert [a.reason for a in failure.tried][1:] == [Reason.UNCERTIFIED, Reason.BUDGET]
    assert world.store.answers.get(local.id).local is True
    assert world.store.audits.owed() == [local.id]
    assert run(agent.settle_owed()).owed[0].reason is Reason.BUDGET
