"""Context and skills in prompts: what a model is told besides its task, and when."""

from __future__ import annotations

import pytest

from pantheon.agents._template import messages_for
from pantheon.ids import JsonObject
from pantheon.models import FailureReason, ModelFailure, ScriptedModel
from pantheon.spec import AgentDef, ContextFile, PromptTier, Skill, SkillFile
from tests.agents.world import TEAM, TEXT, World, answered, ask

OTHER: JsonObject = {"team": "other"}
CONTEXT = ContextFile("AGENTS.md", "Be kind.")
CARDS = Skill("skills/cards", "cards", "For lost cards.", "Block the card first.")
LOANS = Skill(
    "skills/loans",
    "loans",
    "For loans.",
    "Ask for the term.",
    files=(SkillFile("references/rates.md", "h", "3 %"),),
)


def scripted(world: World, *script: JsonObject | ModelFailure) -> ScriptedModel:
    """The embedded model of a world, with these answers."""
    model = ScriptedModel(list(script), cost_usd=0.01)
    world.models["embedded"] = model
    world.open_context()
    return model


def test_context_stands_before_the_task(world: World) -> None:
    """The form of the answer is the last that the model reads of the system message."""
    model = scripted(world, OTHER)

    ask(world.agent(PromptTier(), context=(CONTEXT,), description="Which team?"), text="x")

    system = model.requests[0].messages[0].content
    assert system.startswith("Be kind.\n\nWhich team?\n")
    assert system.endswith("and nothing else.")


def test_the_only_skill_is_always_shown(world: World) -> None:
    """There is nothing to choose, so nothing is asked."""
    model = scripted(world, OTHER)

    ask(world.agent(PromptTier(), skills=(CARDS,)), text="x")

    assert len(model.requests) == 1
    assert "Block the card first." in model.requests[0].messages[0].content


def test_of_several_skills_the_model_is_asked_first(world: World) -> None:
    """It sees names and descriptions; then the instructions of those it named, and no others."""
    model = scripted(world, {"skills": ["loans"]}, OTHER)

    answer = answered(ask(world.agent(PromptTier(), skills=(CARDS, LOANS)), text="x"))

    first, second = (request.messages[0].content for request in model.requests)
    assert "For lost cards." in first
    assert "Block the card first." not in first + second
    assert "Ask for the term." in second
    assert answer.output == OTHER
    assert world.store.answers.get(answer.id).cost_usd == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("said", "shown"),
    [({"skills": []}, False), (ModelFailure(FailureReason.UNAVAILABLE, "gone"), True)],
)
def test_no_skill_and_no_answer(
    world: World, said: JsonObject | ModelFailure, *, shown: bool
) -> None:
    """None may be needed; where nothing could be asked, all are shown."""
    model = scripted(world, said, OTHER)

    answered(ask(world.agent(PromptTier(), skills=(CARDS, LOANS)), text="x"))

    assert ("Block the card first." in model.requests[1].messages[0].content) is shown


def test_a_template_shows_what_it_names() -> None:
    """The list, the instructions of one, a document of one; the input is never read as any."""
    agent = AgentDef("a", TEXT, TEAM, (), context=(CONTEXT,), skills=(CARDS, LOANS))
    template = (
        "{{ context }}|{{ skills }}|{{ skills.cards.body }}|"
        "{{ skills['loans'].references['rates.md'] }}|{{ skills | length }}"
    )

    text = messages_for(agent, {"text": "{{ context }}"}, template=template)[1].content

    context, listed, body, document, count = text.split("|")
    assert (context, body, document, count) == ("Be kind.", "Block the card first.", "3 %", "2")
    assert listed.startswith("<available_skills>")
    assert "Ask for the term." not in listed


def test_an_input_field_comes_first() -> None:
    """A field called `context` is the input's, as the loader warns."""
    agent = AgentDef("a", TEXT, TEAM, (), context=(CONTEXT,))

    text = messages_for(agent, {"context": "given"}, template="{{ context }}")[1].content

    assert text == "given"
