"""The `cloud` tier over real HTTP: faults become reasons, costs are counted, nothing leaks."""

from __future__ import annotations

import pytest

from pantheon.agents import Reason, Request
from pantheon.ids import JsonObject, canonical_json
from pantheon.models import (
    Budget,
    Fault,
    FaultServer,
    ScriptedModel,
    cut,
    malformed,
    ok,
    stall,
    status,
)
from pantheon.spec import CloudTier, ModelDef, Price, PromptTier, PythonTier, SpecialistTier
from tests.agents.world import World, answered, ask, failed, run

CARDS: JsonObject = {"team": "cards"}
RIGHT = ok(canonical_json(CARDS))
KEY = "sk-a-key-that-nobody-may-see"


def configure(
    world: World, server: FaultServer, *, timeout: float = 5.0, retries: int = 1
) -> World:
    """A cloud at this server, with a price and a key."""
    world.definitions["cloud"] = ModelDef(
        "cloud",
        "openai",
        base_url=server.base_url,
        model="big",
        api_key_env="CLOUD_KEY",
        price=Price(input=2.0, output=10.0),
        timeout=timeout,
        max_retries=retries,
    )
    world.open_context()
    return world


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the cloud."""
    monkeypatch.setenv("CLOUD_KEY", KEY)


def test_it_answers_with_its_cost(world: World) -> None:
    """The output, the tokens and the price reach answer and row; the request carries the schema."""
    with FaultServer([RIGHT]) as server:
        agent = configure(world, server).agent(CloudTier(), description="Which team?")
        answer = answered(run(agent.answer({"text": "my card"}, Request(key="k1"))))

    row = world.store.answers.get(answer.id)
    (received,) = server.requests
    assert (answer.output, answer.tier, answer.source) == (CARDS, "cloud", "model")
    assert (row.tokens_in, row.tokens_out) == (10, 5)
    assert row.cost_usd == pytest.approx((10 * 2.0 + 5 * 10.0) / 1e6)
    assert (row.local, row.label_propensity) == (False, 1.0)
    assert received.headers["idempotency-key"] == "k1"
    assert "my card" in canonical_json(received.body)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([status(429)] * 3, Reason.RATE_LIMITED),
        ([status(500)] * 3, Reason.SERVER_ERROR),
        ([cut()] * 3, Reason.CUT_STREAM),
        ([malformed()] * 3, Reason.BAD_REPLY),
        ([stall()] * 3, Reason.TIMEOUT),
    ],
)
def test_every_fault_becomes_a_reason_and_the_next_tier_answers(
    world: World, script: list[Fault], reason: Reason
) -> None:
    """The run goes on with whoever comes next, and the report can say why."""
    (world.root / "fixed.py").write_text("def other(text):\n    return {'team': 'other'}\n")
    with FaultServer(script) as server:
        agent = configure(world, server, timeout=0.3).agent(CloudTier(), PythonTier("fixed:other"))
        answer = answered(ask(agent, text="x"))

    assert answer.tried[0].reason is reason
    assert answer.tier == "python"
    assert (row := world.store.answers.get(answer.id)).local is False
    assert row.cost_usd == answer.tried[0].cost_usd


def test_a_passing_fault_is_retried(world: World) -> None:
    """One 503 costs a call, not the answer."""
    with FaultServer([status(503), RIGHT]) as server:
        answer = answered(ask(configure(world, server).agent(CloudTier()), text="x"))

    assert (answer.output, answer.accepted) == (CARDS, "fault-server answered after 2 calls")


def test_a_wrong_answer_is_shown_to_the_model_once(world: World) -> None:
    """The repair names what was wrong; both calls are paid for."""
    with FaultServer([ok('{"team": "nobody"}'), RIGHT]) as server:
        answer = answered(ask(configure(world, server).agent(CloudTier()), text="x"))

    assert answer.output == CARDS
    assert answer.tokens_in == 20
    assert "nobody" in canonical_json(server.requests[1].body["messages"])


def test_a_model_that_stays_wrong_abstains_and_is_paid_all_the_same(world: World) -> None:
    """Two wrong answers are an abstention with the cost of both."""
    wrong = ok('{"team": "nobody"}')
    with FaultServer([wrong, wrong, wrong]) as server:
        failure = failed(ask(configure(world, server).agent(CloudTier()), text="x"))

    assert failure.tried[0].reason is Reason.BAD_REPLY
    assert world.store.answers.spent() == failure.tried[0].cost_usd > 0
    assert len(server.requests) == 2


def test_without_a_key_nobody_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason names the variable; the next tier answers."""
    monkeypatch.delenv("CLOUD_KEY")
    with FaultServer() as server:
        failure = failed(ask(configure(world, server).agent(CloudTier()), text="x"))

    assert failure.tried[0].reason is Reason.NO_KEY
    assert "CLOUD_KEY" in failure.tried[0].detail
    assert server.requests == []


def test_without_a_model_the_tier_says_so(world: World) -> None:
    """A cloud tier in a project without a cloud is no mistake, only an abstention."""
    failure = failed(ask(world.agent(CloudTier()), text="x"))

    assert failure.tried[0].reason is Reason.NOT_CONFIGURED
    assert "'cloud'" in failure.tried[0].detail


def test_a_model_that_cannot_be_built_is_an_abstention(world: World) -> None:
    """An address that cannot be used, or unknown weights, are told with the fix."""
    world.definitions["cloud"] = ModelDef("cloud", "openai", base_url="ftp://x", model="m")
    world.definitions["local"] = ModelDef("local", "llama.cpp", weights="no-such-weights")
    world.open_context()

    failure = failed(ask(world.agent(CloudTier(), PromptTier(model="local")), text="x"))

    assert [a.reason for a in failure.tried] == [Reason.NOT_CONFIGURED] * 2
    assert "https://" in failure.tried[0].detail


def test_a_spent_budget_stops_the_cloud_before_the_call(world: World) -> None:
    """Neither a call that may cost too much nor one after the end is made."""
    world.budget = Budget(0.000001)
    with FaultServer([RIGHT]) as server:
        agent = configure(world, server).agent(CloudTier())
        too_dear = failed(ask(agent, text="x"))
        world.budget = Budget(1.0, spent=1.0)
        spent = failed(ask(configure(world, server).agent(CloudTier()), text="x"))

    assert too_dear.tried[0].reason is spent.tried[0].reason is Reason.BUDGET
    assert server.requests == []


def test_a_private_agent_never_reaches_the_cloud(world: World) -> None:
    """Neither by its tiers, nor by a remote prompt, nor by an audit, nor past the agent."""
    world.promote({"card": CARDS})
    with FaultServer([RIGHT]) as server:
        configure(world, server)
        tiers = SpecialistTier(), PromptTier(model="cloud"), CloudTier()
        agent = world.agent(*tiers, privacy="local")
        local = answered(ask(agent, text="my card"))
        failure = failed(ask(agent, text="a secret"))
        world.store.audits.owe(local.id, "triage")
        settlement = run(agent.settle_owed())

    row = world.store.answers.get(local.id)
    assert [a.reason for a in failure.tried][1:] == [Reason.PRIVACY, Reason.PRIVACY]
    assert (row.local, row.label_propensity) == (False, 0.0)
    assert [owed.reason for owed in settlement.owed] == [Reason.PRIVACY]
    assert server.requests == []


def test_the_cloud_runner_itself_keeps_a_private_agents_secret(world: World) -> None:
    """The second layer: a runner taken out of its agent refuses as well."""
    from pantheon.agents._tier_cloud import CloudRunner

    cloud = ScriptedModel([CARDS])
    world.models["cloud"] = cloud
    world.open_context()
    definition = world.agent(CloudTier(), privacy="local").definition

    outcome = run(CloudRunner(CloudTier(), definition, world.context.models).ask({}, Request()))

    assert getattr(outcome, "reason", None) is Reason.PRIVACY
    assert cloud.requests == []


def test_a_key_is_never_written_anywhere(world: World) -> None:
    """Even when a server echoes the key or a function of the user raises it."""
    (world.root / "leaky.py").write_text(
        "import os\ndef pick(text):\n    raise ValueError(os.environ['CLOUD_KEY'])\n"
        "def check(input, output):\n    return 'no ' + os.environ['CLOUD_KEY']\n"
    )
    with FaultServer([status(401, message=f"Incorrect key: {KEY}"), RIGHT]) as server:
        configure(world, server)
        ask(world.agent(PythonTier("leaky:pick"), CloudTier()), text="x")
        ask(world.agent(CloudTier(), validators=("leaky:check",)), text="x")

    world.store.backup(world.root / "copy.db")
    kept = b"".join(path.read_bytes() for path in world.root.glob("copy.db*"))
    assert b"Incorrect key" in kept
    assert KEY.encode() not in kept


def test_a_scripted_cloud_is_labelled_as_such(world: World) -> None:
    """What a script or a recording answered never passes for a model's."""
    world.models["cloud"] = ScriptedModel([CARDS])
    world.open_context()

    answer = answered(ask(world.agent(CloudTier()), text="x"))

    assert answer.source == world.store.answers.get(answer.id).source == "scripted"
