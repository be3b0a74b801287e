"""The rules tier: the first condition that holds answers, and every rule has a record."""

from __future__ import annotations

from pantheon.agents import Reason, Request, RuleRecord, rule_of, rule_records
from pantheon.ids import JsonObject, RunId
from pantheon.learn import watch
from pantheon.models import ScriptedModel
from pantheon.spec import NOWHERE, CloudTier, Rule, RulesTier, SpecialistTier, parse_expression
from tests.agents.world import ALWAYS_AUDIT, World, answered, ask, failed, run

CARDS: JsonObject = {"team": "cards"}
OTHER: JsonObject = {"team": "other"}


def rules(*pairs: tuple[str, JsonObject]) -> RulesTier:
    """Rules of conditions and what they give."""
    return RulesTier(tuple(Rule(parse_expression(when, NOWHERE), give) for when, give in pairs))


RULES = rules(
    ('contains(input.text, "stolen")', CARDS),
    ('starts_with(lower(input.text), "hi")', OTHER),
)


def test_the_first_rule_that_holds_answers(world: World) -> None:
    """Its number and condition are why it was accepted."""
    agent = world.agent(RULES)

    answer = answered(ask(agent, text="hi, my card was stolen"))
    second = answered(ask(agent, text="Hi there"))

    assert (answer.output, answer.tier, answer.source) == (CARDS, "rules", "code")
    assert answer.accepted == 'rule 1 matched: contains(input.text, "stolen")'
    assert (second.output, rule_of(world.store.answers.get(second.id))) == (OTHER, 2)


def test_where_no_rule_holds_the_next_tier_is_asked(world: World) -> None:
    """A reason is kept; the cloud's answer is no local one."""
    world.models["cloud"] = ScriptedModel([CARDS], remote=True)
    world.open_context()

    answer = answered(ask(world.agent(RULES, CloudTier()), text="Where is it?"))

    assert (answer.tier, answer.tried[0].reason) == ("cloud", Reason.DECLINED)
    assert answer.tried[0].detail == "None of the 2 rules holds."


def test_a_rule_that_cannot_be_computed_stops_the_rules(world: World) -> None:
    """Those below might answer what it was there to catch."""
    broken = rules(("input.text > 3", CARDS), ("true", OTHER))

    failure = failed(ask(world.agent(broken), text="5"))

    assert failure.tried[0].reason is Reason.RAISED
    assert failure.tried[0].detail.startswith("Rule 1: ")


def test_what_a_rule_gives_must_satisfy_the_contract(world: World) -> None:
    """Rules made in Python are held to it too."""
    failure = failed(ask(world.agent(rules(("true", {"team": "nobody"}))), text="x"))
    assert failure.tried[0].reason is Reason.INVALID_OUTPUT


def test_rules_alone_are_code(world: World) -> None:
    """Nothing to learn and nothing to audit: inside a run the journal says it all."""
    agent = world.agent(RULES)
    place = Request(run=RunId("r1"), node="triage")

    answer = answered(run(agent.answer({"text": "stolen"}, place)))

    assert agent.definition.code_only
    assert answer.output == CARDS
    assert world.store.answers.count() == 0


def test_an_answer_cannot_change_the_rule(world: World) -> None:
    """Every answer is an object of its own."""
    agent = world.agent(RULES)
    answered(ask(agent, text="stolen")).output["team"] = "other"
    assert answered(ask(agent, text="stolen")).output == CARDS


def test_rules_are_audited_and_every_rule_has_a_record(world: World) -> None:
    """Local where a cloud follows; the audits tell which rule disagrees."""
    world.models["cloud"] = ScriptedModel([CARDS, CARDS, OTHER], remote=True)
    world.open_context()
    agent = world.agent(RULES, CloudTier(), promise=ALWAYS_AUDIT)

    for text in ("stolen", "hi", "hi you"):
        ask(agent, text=text)

    rows = world.store.answers.list("triage")
    assert [(row.local, row.label_propensity) for row in rows] == [(True, 1.0)] * 3
    audits = {audit.answer: audit for audit in world.store.audits.list("triage")}
    assert rule_records(rows, audits) == (
        RuleRecord(1, answers=1, audited=1, agreed=1),
        RuleRecord(2, answers=2, audited=2, agreed=1),
    )


def test_a_wrong_rule_is_not_held_against_the_specialist(world: World) -> None:
    """The monitor is about the specialist's own answers."""
    world.models["cloud"] = ScriptedModel(lambda request: CARDS, remote=True)
    world.promote({"card": CARDS})
    world.on_audit = watch(world.store)
    world.open_context()
    agent = world.agent(RULES, SpecialistTier(), CloudTier(), promise=ALWAYS_AUDIT)

    for _ in range(60):
        ask(agent, text="hi")
    assert world.store.monitors.get("triage") is None
    assert answered(ask(agent, text="my card")).tier == "specialist"
    assert (world.store.monitors.get("triage") or {}).get("stepped_back") is None
