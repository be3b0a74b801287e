"""Rules stay quiet where nothing is wrong, point at the line that is meant, and are linear."""

from __future__ import annotations

import time
from pathlib import Path

from pantheon.lint import check, lint_project
from pantheon.spec import AgentDef, CloudTier, Project, Promise, SpecialistTier, load_project
from tests.lint.conftest import Look


def test_a_key_below_a_definition_is_pointed_at(look: Look) -> None:
    """The finding stands where the key does, not where the agent begins."""
    found = look(
        "version: 1\n"
        "agents:\n"
        "  first: {description: A, input: {a: string}, output: {b: string}, tiers: [prompt]}\n"
        "  reply:\n"
        "    description: Answer.\n"
        "    # tiers: of old\n"
        "    input: {text: string}\n"
        "    output: {reply: string}\n"
        "    tiers: [human, prompt]\n"
    )
    place = next(f.diagnostic for f in found.findings if f.number == "P110")
    assert str(place.where) == "pantheon.yaml:9:5"
    assert place.excerpt is not None
    assert place.excerpt.text.strip() == "tiers: [human, prompt]"
    assert "warning[P110 after-a-person]" in next(
        f.render() for f in found.findings if f.number == "P110"
    )


def test_mistakes_are_findings_with_their_numbers(look: Look) -> None:
    """What does not load is told by the same means, and no rule is asked."""
    found = look("agents: {triage: {input: text, output: team, tires: [prompt]}}\n")
    assert [(f.number, f.diagnostic.code) for f in found.findings] == [("P013", "unknown-key")]
    assert found.project is None
    assert found.errors == 1


def test_definitions_made_in_python_are_looked_at_too() -> None:
    """They have no file, so their places have no line."""
    agent = AgentDef(
        name="triage",
        description="Which team?",
        input={"type": "object", "properties": {"text": {"type": "string"}}},
        output={"type": "object", "properties": {"team": {"type": "string"}}},
        tiers=(SpecialistTier(), CloudTier()),
        promise=Promise(disagreement=0.0),
    )
    found = lint_project(Project(root=Path("/nowhere"), agents={"triage": agent}))
    assert "promise-too-strict" in {f.diagnostic.code for f in found}


def test_secrets_of_prompt_files_are_found(tmp_path: Path) -> None:
    """A prompt goes to a model, so a key in it is a mistake, whatever the file."""
    (tmp_path / "ask.j2").write_text("{{ text }} AKIAABCDEFGHIJKLMNOP")
    (tmp_path / "pantheon.yaml").write_text(
        "agents: {a: {input: {text: string}, output: {b: string}, tiers: [{prompt: ask.j2}]}}\n"
    )
    found = check(lambda: load_project(tmp_path))
    assert "secret-in-text" in {f.diagnostic.code for f in found.findings}
    assert found.errors == 1


def test_many_agents_take_little_time(look: Look) -> None:
    """A thousand agents are looked at in about a quarter of a second on a slow machine."""
    agents = "".join(
        f"  a{i}: {{description: Number {i}, input: {{text: string}}, output: {{b: string}},"
        f" tiers: [{{prompt: {{template: '{i} {{{{ text }}}}'}}}}]}}\n"
        for i in range(1000)
    )
    project = look(f"version: 1\nagents:\n{agents}").project
    assert project is not None
    started = time.process_time()
    assert {f.number for f in lint_project(project)} == {"P121"}
    assert time.process_time() - started < 2
