"""The `prompt` tier: templates over data, schema-bound answers, confidence from probabilities."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Reason
from pantheon.agents._template import messages_for
from pantheon.errors import WeightsFault
from pantheon.ids import JsonObject
from pantheon.models import ChatReply, Message, ScriptedModel, find_weights, locate
from pantheon.spec import AgentDef, PromptTier
from tests.agents.world import TEAM, TEXT, World, answered, ask, failed, run, shape

OTHER: JsonObject = {"team": "other"}
FORM = 'Reply with one JSON object with "team" (one of: cards, payments, other) and nothing else.'
AGENT = AgentDef("triage", TEXT, TEAM, (), description="Which team should answer?")


def replied(logprob: float | None, output: JsonObject = OTHER) -> ChatReply:
    """A whole reply with this mean log-probability."""
    return ChatReply("", output, 7, 3, 0.0, 0.1, "small", "scripted", logprob)


def with_model(world: World, *script: ChatReply | JsonObject, name: str = "embedded") -> World:
    """A world whose local model answers by this script."""
    world.models[name] = ScriptedModel(list(script))
    world.open_context()
    return world


def test_the_default_model_is_the_embedded_one(world: World) -> None:
    """A tier that names no model asks the embedded one, within the schema."""
    with_model(world, OTHER)

    answer = answered(ask(world.agent(PromptTier()), text="x"))

    asked = world.models["embedded"]
    assert isinstance(asked, ScriptedModel)
    assert (answer.output, answer.tier, answer.source) == (OTHER, "prompt", "scripted")
    assert asked.requests[0].schema == TEAM
    assert asked.requests[0].input == {"text": "x"}


def test_confidence_is_the_geometric_mean_of_token_probabilities(world: World) -> None:
    """exp(mean log-probability), kept in the row with the tokens."""
    with_model(world, replied(math.log(0.8)))

    answer = answered(ask(world.agent(PromptTier(min_confidence=0.7)), text="x"))

    row = world.store.answers.get(answer.id)
    assert answer.confidence == row.confidence == pytest.approx(0.8)
    assert (row.tokens_in, row.tokens_out) == (7, 3)


@pytest.mark.parametrize("logprob", [math.log(0.5), None])
def test_below_the_wanted_confidence_it_abstains(world: World, logprob: float | None) -> None:
    """So it does when the engine does not tell; its tokens are counted all the same."""
    with_model(world, replied(logprob))

    failure = failed(ask(world.agent(PromptTier(min_confidence=0.7)), text="x"))

    assert failure.tried[0].reason is Reason.LOW_CONFIDENCE
    assert world.store.answers.get(str(failure.answer)).tokens_in == 7


def test_an_absent_optional_field_may_come_as_null(world: World) -> None:
    """Strict endpoints give null for what is not there; the contract does not need to allow it."""
    output = {**shape(team={"type": "string"}), "required": ["team"]}
    output["properties"] = {"team": {"type": "string"}, "note": {"type": "string"}}
    with_model(world, replied(None, {"team": "a", "note": None}))

    answer = answered(ask(world.agent(PromptTier(), output=output), text="x"))

    assert answer.output == {"team": "a"}


def test_a_template_of_the_user_is_rendered_with_the_inputs(world: World) -> None:
    """Fields by name, and `input`, `description`, `examples` and `schema` besides."""
    template = (
        "{{ description }} {{ text | upper }} {{ input | tojson }} "
        "{{ examples[0].output.team }} {{ schema.properties | list }}"
    )
    agent = AgentDef(
        "triage", TEXT, TEAM, (), description="Sort:",
        examples=({"input": {"text": "a"}, "output": {"team": "cards"}},),
    )  # fmt: skip

    (system, user) = messages_for(agent, {"text": "é"}, template=template)

    assert user == Message("user", 'Sort: É {"text": "é"} cards [\'team\']')
    assert system.content == FORM


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ absent }}", "'absent' is undefined"),
        ("{{ text.absent.more }}", "no attribute 'absent'"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ input.update({'text': 'x'}) }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_an_abstention(
    world: World, template: str, said: str
) -> None:
    """Undefined names, ways out of the sandbox and errors are told; the next tier is asked."""
    with_model(world, OTHER)

    failure = failed(ask(world.agent(PromptTier(template=template)), text="x"))

    assert failure.tried[0].reason is Reason.NOT_CONFIGURED
    assert said in failure.tried[0].detail


@given(st.text(max_size=60))
def test_text_from_the_input_is_never_a_template(text: str) -> None:
    """Whatever the input holds, it arrives letter by letter."""
    for hostile in (text, f"{{{{ {text} }}}}", f"{{% for x in y %}}{text}", f"{{# {text} #}}"):
        (_, user) = messages_for(AGENT, {"text": hostile}, template="<{{ text }}>")
        assert user.content == f"<{hostile}>"


def test_the_made_prompt_says_task_form_examples_and_input() -> None:
    """Without a template: description and types, the examples as turns, then the bare text."""
    examples: tuple[JsonObject, ...] = (
        {"input": {"text": "lost card"}, "output": {"team": "cards"}},
    )
    agent = AgentDef("triage", TEXT, TEAM, (), description="Which team?", examples=examples)

    messages = messages_for(agent, {"text": "refund"}, template=None)

    assert [(m.role, m.content) for m in messages] == [
        ("system", f"Which team?\n{FORM}"),
        ("user", "lost card"),
        ("assistant", '{"team":"cards"}'),
        ("user", "refund"),
    ]


def test_without_a_description_name_and_types_make_the_prompt() -> None:
    """Tags are enough to say something; several fields are shown as JSON."""
    agent = AgentDef("summarizer", shape(text={"type": "string"}, n={"type": "integer"}), TEAM, ())

    messages = messages_for(agent, {"text": "a", "n": 2}, template=None)

    assert messages[0].content.startswith(
        'You are `summarizer`. You are given "text", "n" and reply with "team".'
    )
    assert messages[-1].content == '{\n "text": "a",\n "n": 2\n}'


@pytest.mark.model
@pytest.mark.slow
def test_the_real_embedded_model_answers_within_the_contract(world: World) -> None:
    """SmolLM2 in this process: a valid output, a confidence, tokens, and no cost."""
    try:
        weights = find_weights("smollm2-135m-instruct", folder=world.root)
        assert not isinstance(weights, Path)
        locate(weights)
    except WeightsFault as fault:
        pytest.skip(fault.message)
    agent = world.agent(PromptTier(max_tokens=60), description="Which team should answer?")

    answer = answered(ask(agent, text="I lost my credit card"))

    row = world.store.answers.get(answer.id)
    assert answer.output["team"] in {"cards", "payments", "other"}
    assert (answer.tier, answer.source) == ("prompt", "model")
    assert answer.confidence is not None
    assert 0.0 < answer.confidence <= 1.0
    assert row.tokens_in > 0
    assert row.tokens_out > 0
    assert row.cost_usd == 0.0
    run(world.context.models.close())
