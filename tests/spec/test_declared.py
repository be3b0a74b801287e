"""What an agent declares about its answers, as it is loaded from YAML and from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.ids import JsonObject
from pantheon.spec import (
    AgentDef,
    Promise,
    RulesTier,
    Same,
    agent_from_json,
    judge_question,
    load_definitions,
    load_project,
    to_json,
)

TRIAGE = """
version: 1
agents:
  triage:
    input: {text: string, amount?: number}
    output: {team: {enum: [payments, emergency]}, note?: string}
    tiers:
      - rules:
          - {when: 'contains(input.text, "refund")', give: {note: money, team: payments}}
          - {when: input.amount > 1000, give: {team: emergency}}
      - specialist
    same: judge:checker
    critical: [{team: emergency}]
    promise: {quality: 1%}
  checker:
    input: {question: string, left: object, right: object, hint?: string}
    output: {same: boolean, why?: string}
"""


def loaded(folder: Path, text: str) -> dict[str, AgentDef]:
    """The agents of a file."""
    (folder / "pantheon.yaml").write_text(text)
    project = load_project(folder, environment={})
    assert [str(w) for w in project.warnings] == []
    return dict(project.agents)


def test_declarations_are_loaded(tmp_path: Path) -> None:
    """Each key where it belongs, and stored as it was."""
    triage = loaded(tmp_path, TRIAGE)["triage"]

    assert triage.same == Same("judge", judge="checker")
    assert triage.critical == ({"team": "emergency"},)
    assert triage.promise == Promise(quality=0.01)
    rules = triage.tiers[0]
    assert isinstance(rules, RulesTier)
    assert [rule.when.source for rule in rules.rules] == [
        'contains(input.text, "refund")',
        "input.amount > 1000",
    ]
    assert list(rules.rules[0].give) == ["team", "note"]
    assert agent_from_json(to_json(triage)) == triage


def test_a_judge_is_given_what_its_contract_asks_for(tmp_path: Path) -> None:
    """Text where it reads text, objects elsewhere, and nothing that it does not know."""
    agents = loaded(tmp_path, TRIAGE)
    question = judge_question(
        agents["checker"],
        agents["triage"],
        input={"text": "My card", "amount": 3},
        left={"team": "payments"},
        right={"team": "emergency"},
    )
    assert question == {
        "question": "text: My card\namount: 3",
        "left": {"team": "payments"},
        "right": {"team": "emergency"},
    }


def test_rules_that_are_never_asked_are_doubted(tmp_path: Path) -> None:
    """The same condition twice, anything below one that always holds, one that never does."""
    (tmp_path / "pantheon.yaml").write_text(
        """
version: 1
agents:
  triage:
    input: {text: string}
    output: {team: string}
    tiers:
      - rules:
          - {when: 'size(input.text) > 9', give: {team: long}}
          - {when: '(size(input.text)) > 9', give: {team: other}}
          - {when: false, give: {team: none}}
          - {when: true, give: {team: rest}}
          - {when: 'contains(input.text, "a")', give: {team: a}}
"""
    )
    warnings = load_project(tmp_path, environment={}).warnings
    assert [(w.code, w.where.line) for w in warnings] == [
        ("unreachable-rule", 10),
        ("constant-condition", 11),
        ("unreachable-rule", 13),
    ]
    assert "rule 1 comes first" in warnings[0].message


@pytest.mark.parametrize("same", ["numeric(1)", "set_f1(0.5)", "fields", "normalised"])
@pytest.mark.parametrize(
    "output",
    [
        {"type": "object"},
        {"items": {"type": "array", "items": {"type": "object"}}},
        {"order": {"lines": [{"type": "number"}]}},
        {"any": "any"},
    ],
    ids=["open", "open-items", "nested", "any"],
)
def test_a_relation_fits_what_the_output_may_hold(
    tmp_path: Path, same: str, output: JsonObject
) -> None:
    """At any depth; where nothing is known, nothing is wrong."""
    agent: JsonObject = {"input": "text", "output": output, "same": same}
    project = load_definitions({"agents": {"a": agent}}, tmp_path)
    assert str(project.agents["a"].same) == same
