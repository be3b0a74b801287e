"""Parameters: declared with a type, filled in as data, never as code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pantheon.ids import Json, JsonObject
from pantheon.spec import InvalidProject, Project, PromptTier, load_definitions, load_project

CONTRACT = "input: {text: string}, output: {reply: string}"


def write(root: Path, text: str) -> Path:
    """A project file."""
    (root / "pantheon.yaml").write_text(text, "utf-8")
    return root


def load(root: Path, text: str, *arguments: str) -> Project:
    """The project of a text and settings."""
    return load_project(write(root, text), environment={"HOME": "secret"}, settings=arguments)


def mistakes(root: Path, text: str, *arguments: str) -> list[str]:
    """`PLACE CODE` and the sentence of each mistake."""
    with pytest.raises(InvalidProject) as caught:
        load(root, text, *arguments)
    found = [d for d in caught.value.diagnostics if d.severity == "error"]
    return [f"{d.where} {d.code} {d.message} {d.fix}" for d in found]


def test_a_parameter_alone_keeps_its_type_and_in_text_is_text(tmp_path: Path) -> None:
    """Numbers stay numbers, lists stay lists."""
    project = load(
        tmp_path,
        """
parameters:
  region: {type: {enum: [eu, us]}, default: eu, description: Where.}
  cost: 2.5
  teams: [cards, other]
  local: true
models:
  cloud: {engine: openai, base_url: "https://${parameters.region}.example.com/v1", model: m}
agents:
  a:
    input: {text: string}
    output: {team: {enum: "${parameters.teams}"}}
    cost: ${parameters.cost}
    deterministic: ${parameters.local}
    description: In ${parameters.region}, at ${parameters.cost}; $${parameters.region} is text.
""",
        "parameters.region=us",
    )
    agent = project.agents["a"]
    assert project.models["cloud"].base_url == "https://us.example.com/v1"
    assert agent.cost == 2.5
    assert agent.deterministic is True
    assert agent.description == "In us, at 2.5; ${parameters.region} is text."
    assert cast("JsonObject", agent.output["properties"])["team"] == {
        "type": "string",
        "enum": ["cards", "other"],
    }
    assert project.parameters["region"].value == "us"
    assert project.parameters["region"].description == "Where."
    assert not project.warnings


def test_text_is_taken_as_written(tmp_path: Path) -> None:
    """`1.10` for a text stays `1.10`."""
    text = f"parameters: {{v: {{type: string}}}}\nagents: {{a: {{{CONTRACT}, version: '${{parameters.v}}'}}}}"
    assert load(tmp_path, text, "parameters.v=1.10").agents["a"].version == "1.10"


def test_prompt_files_may_name_parameters(tmp_path: Path) -> None:
    """The text that is filled in is the text of the prompt, and so of its version."""
    (tmp_path / "p.j2").write_text("Answer in ${parameters.lang}:\n{{ text }}", "utf-8")
    text = f"parameters: {{lang: German}}\nagents: {{a: {{{CONTRACT}, tiers: [prompt: p.j2]}}}}"
    tier = load(tmp_path, text, "parameters.lang=French").agents["a"].tiers[0]
    assert isinstance(tier, PromptTier)
    assert tier.template == "Answer in French:\n{{ text }}"
    (tmp_path / "p.j2").write_text("{{ text }}\n in ${parameters.land}", "utf-8")
    assert mistakes(tmp_path, text)[0].startswith("p.j2:2:5 unknown-parameter")


FLOW = """
parameters: {word: {type: string, default: x}, sure: 0.8}
agents: {a: {input: {text: string}, output: {team: string, score: number}}}
flows:
  f:
    input: {text: string}
    nodes:
      a: {agent: a, in: {text: "${parameters.word}"}}
      b:
        agent: a
        in: {text: "'<${parameters.word}>' + \\"${parameters.word}\\" + ${parameters.word}"}
        when: a.score < ${parameters.sure}
    output: {team: b.team, score: a.score}
"""


def test_in_expressions_a_parameter_is_a_literal(tmp_path: Path) -> None:
    """With quotes around it or without."""
    nodes = load(tmp_path, FLOW, "parameters.word=input.text").flows["f"].nodes
    assert nodes["a"].inputs is not None
    assert nodes["a"].inputs["text"].evaluate({"input": {"text": "no"}}) == "input.text"
    assert nodes["b"].when is not None
    assert nodes["b"].when.source == "a.score < 0.8"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="{}", codec="utf-8"), max_size=20))
def test_no_value_becomes_an_expression(tmp_path: Path, word: str) -> None:
    """Whatever is filled in comes out of the expression as it went in."""
    project = load(tmp_path, FLOW, f"parameters.word={json.dumps(word)}")
    nodes = project.flows["f"].nodes
    assert nodes["a"].inputs is not None
    assert nodes["b"].inputs is not None
    assert nodes["a"].inputs["text"].evaluate({}) == word
    assert nodes["b"].inputs["text"].evaluate({}) == f"<{word}>{word}{word}"


@pytest.mark.parametrize("value", ["{{ input }}", "${HOME}", "{text}", "}", "a{%b"])
def test_a_value_brings_no_braces_along(tmp_path: Path, value: str) -> None:
    """So it opens no template, no placeholder and no variable."""
    text = f"parameters: {{p: x}}\nagents: {{a: {{{CONTRACT}, description: '${{parameters.p}}'}}}}"
    found = mistakes(tmp_path, text, f"parameters.p={json.dumps(value)}")
    assert found[0].startswith("--set:1:14 bad-value")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ '${parameters.p}' }}", "bad-parameter A parameter is text"),
        ("{% if x == ${parameters.p} %}{% endif %}", "bad-parameter A parameter is text"),
        ("${${parameters.p}}", "bad-parameter A parameter is text"),
        ("{${parameters.p}}", "bad-parameter A parameter is text"),
        ("${parameters.dollar}{HOME}", "bad-parameter A parameter is text"),
        ("a ${parameters.list}", "bad-parameter The parameter `list` is a list"),
        ("${parameters.q}", "unknown-parameter There is no parameter `q`. declare it"),
        ("${parameter.p}", "bad-parameter `${parameter.p}` names no parameter"),
        ("${params.p}", "bad-parameter `${params.p}` names no parameter"),
        ("${parameters.p:-x}", "bad-parameter `${parameters.p:-x}` names no parameter"),
    ],
)
def test_where_a_parameter_cannot_stand(tmp_path: Path, text: str, told: str) -> None:
    """Inside what braces hold, where it would be more than text; or where there is none."""
    (tmp_path / "pantheon.yaml").unlink(missing_ok=True)
    head = "parameters: {p: x, dollar: $, list: [a]}\n"
    body = f"agents:\n  a: {{{CONTRACT}, description: {json.dumps(text)}}}"
    found = mistakes(tmp_path, head + body)
    assert any(told in line for line in found), found


@pytest.mark.parametrize(
    ("declared", "argument", "told"),
    [
        (
            "{type: integer}",
            "",
            "pantheon.yaml:1:14 unset-parameter The parameter `p` has no value",
        ),
        ("{type: integer, default: x}", "", "pantheon.yaml:1:42 bad-value"),
        ("{type: integer, default: 1}", "parameters.p=1.5", "--set:1:14 bad-value"),
        ("{type: {enum: [a, b]}}", "parameters.p=c", "--set:1:14 bad-value"),
        ("{type: object}", "", "pantheon.yaml:1:24 bad-type"),
        ("{type: texts}", "", "pantheon.yaml:1:24 bad-type"),
        ("{typ: string}", "", "pantheon.yaml:1:18 unknown-key"),
        (
            "x",
            "parameters.pp=1",
            "--set:1:12 unknown-parameter There is no parameter `pp`. did you",
        ),
        ("[[a]]", "", "pantheon.yaml:1:17 bad-type"),
        ("x", "parameters=3", "--set:1:12 wrong-type"),
    ],
)
def test_wrong_declarations_and_values(
    tmp_path: Path, declared: str, argument: str, told: str
) -> None:
    """Each where it was written."""
    text = f"parameters: {{p: {declared}}}\nagents: {{a: {{{CONTRACT}, description: '${{parameters.p}}'}}}}"
    found = mistakes(tmp_path, text, *([argument] if argument else []))
    assert any(line.startswith(told) for line in found), found


def test_a_parameter_that_nothing_uses_is_doubted(tmp_path: Path) -> None:
    """It is a warning: the project loads."""
    project = load(tmp_path, f"parameters: {{p: x}}\nagents: {{a: {{{CONTRACT}}}}}")
    assert [d.code for d in project.warnings] == ["unused-parameter"]


def test_a_key_holds_no_parameter(tmp_path: Path) -> None:
    """Names are fixed."""
    text = f"parameters: {{p: x}}\nagents: {{'${{parameters.p}}': {{{CONTRACT}}}}}"
    assert "stands in values, not in keys" in mistakes(tmp_path, text)[0]


def test_without_parameters_text_may_look_like_them(tmp_path: Path) -> None:
    """`${params.id}` in a prompt is the prompt's own affair."""
    text = f"agents: {{a: {{{CONTRACT}, description: 'Read ${{params.id}}.'}}}}"
    assert load(tmp_path, text).agents["a"].description == "Read ${params.id}."


def test_what_is_filled_in_is_bounded(tmp_path: Path) -> None:
    """A long value in many places is told, not written out."""
    many = ", ".join(['"${parameters.p}${parameters.p}"'] * 500)
    text = f"parameters: {{p: {'x' * 5000}}}\nagents: {{a: {{{CONTRACT}, tools: [{many}]}}}}"
    assert "more than a million characters" in mistakes(tmp_path, text)[0]


def test_definitions_made_in_python_have_parameters_too(tmp_path: Path) -> None:
    """The same section, the same rules."""
    agent: Json = {
        "input": {"text": "string"},
        "output": {"reply": "string"},
        "description": "${parameters.p}",
    }
    project = load_definitions({"parameters": {"p": "x"}, "agents": {"a": agent}}, tmp_path)
    assert project.agents["a"].description == "x"
