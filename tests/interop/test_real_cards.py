"""A2A cards against the types of the real SDK; SKILL.md against the reference library."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pantheon.errors import UsageError
from pantheon.interop import to_agent_card
from pantheon.spec import InvalidProject, Project, Skill, list_skills, load_project

PROJECT = """
version: 1
agents:
  triage:
    description: Which team should answer?
    version: "0.3"
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    examples: [{input: {text: hi}, output: {team: other}}]
    tiers: [human]
  reply:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [human]
flows:
  support:
    description: Answers a customer.
    examples: [My card was stolen]
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
    output: {team: triage.team}
  other:
    input: {text: string, lang: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
    output: {team: triage.team}
"""
URL = "https://agents.example.com/a2a"


def made(root: Path) -> Project:
    """The project."""
    (root / "pantheon.yaml").write_text(PROJECT)
    return load_project(root)


def card(project: Project, *names: str) -> dict[str, Any]:
    """The card of these flows and agents."""
    every = {**project.agents, **project.flows}
    return json.loads(to_agent_card(project, [every[n] for n in names], url=URL, name="desk").text)


def test_a_flow_is_a_card_with_one_skill(tmp_path: Path) -> None:
    """Name and description are the flow's; its types are words; text alone is an input too."""
    told = card(made(tmp_path), "support")

    assert (told["name"], told["description"]) == ("support", "Answers a customer.")
    assert re.fullmatch(r"[0-9a-f]{12}", told["version"])
    assert told["skills"] == [
        {
            "id": "support",
            "name": "support",
            "description": "Answers a customer. Takes text (string); gives team (one of cards, other).",
            "tags": ["flow"],
            "inputModes": ["application/json", "text/plain"],
            "outputModes": ["application/json"],
            "examples": ["My card was stolen"],
        }
    ]


def test_several_flows_are_skills_of_one_card(tmp_path: Path) -> None:
    """The card is then called after the project."""
    told = card(made(tmp_path), "support", "other", "triage")

    assert told["name"] == "desk"
    assert [skill["id"] for skill in told["skills"]] == ["support", "other", "triage"]
    assert told["skills"][1]["inputModes"] == ["application/json"]


def test_the_version_is_the_users_or_the_contents(tmp_path: Path) -> None:
    """A label where there is one; else it changes exactly when the definition does."""
    project = made(tmp_path)
    before = card(project, "support")["version"]
    (tmp_path / "pantheon.yaml").write_text(PROJECT.replace("Which team should", "Which team may"))

    assert card(project, "triage")["version"] == "0.3"
    assert card(load_project(tmp_path), "support")["version"] != before


@pytest.mark.parametrize("url", ["agents.example.com", "ftp://x/y", "https://", ""])
def test_an_address_is_needed(tmp_path: Path, url: str) -> None:
    """A card without a usable address is none."""
    project = made(tmp_path)

    with pytest.raises(UsageError):
        to_agent_card(project, list(project.flows.values()), url=url, name="desk")


@pytest.mark.interop
@pytest.mark.filterwarnings("ignore")
def test_the_sdk_reads_it(tmp_path: Path) -> None:
    """Strictly: a field that A2A does not know would be refused."""
    types: Any = pytest.importorskip("a2a.types")
    json_format: Any = pytest.importorskip("google.protobuf.json_format")
    told = card(made(tmp_path), "support", "other")

    read = json_format.ParseDict(told, types.AgentCard(), ignore_unknown_fields=False)

    assert json_format.MessageToDict(read)["skills"] == told["skills"]
    assert read.supported_interfaces[0].protocol_version == "1.0"


# --------------------------------------------------------------------------------------- skills

SKILL = "---\nname: {name}\ndescription: {description}\n{more}---\n\nDo it.\n"
CASES: list[dict[str, str]] = [
    {},
    {"name": "pdf-forms", "folder": "pdf-forms"},
    {"name": "größe", "folder": "größe"},
    {"name": "技能", "folder": "技能"},
    {"name": "a" * 64, "folder": "a" * 64},
    {"name": "a" * 65, "folder": "a" * 65},
    {"name": "PDF", "folder": "PDF"},
    {"name": "pdf_x", "folder": "pdf_x"},
    {"name": "-pdf", "folder": "-pdf"},
    {"name": "pdf-", "folder": "pdf-"},
    {"name": "pdf--x", "folder": "pdf--x"},
    {"name": "other"},
    {"name": "'007'", "folder": "007"},
    {"description": "x" * 1024},
    {"description": "x" * 1025},
    {"description": "''"},
    {"more": "license: MIT\ncompatibility: Needs git\n"},
    {"more": f"compatibility: {'x' * 501}\n"},
    {"more": "allowed-tools: Bash(git:*)\n"},
    {"more": "metadata:\n  author: x\n  version: '1.0'\n"},
    {"more": "surprise: 1\n"},
]


@pytest.mark.interop
@pytest.mark.parametrize("case", CASES, ids=lambda case: ",".join(case) or "plain")
def test_the_reference_library_agrees(tmp_path: Path, case: dict[str, str]) -> None:
    """A skill is good here exactly when it is good there; the list for a prompt is the same."""
    reference: Any = pytest.importorskip("skills_ref")
    parts = {"name": "pdf", "description": "Reads PDF <files> & more.", "more": "", **case}
    folder = tmp_path / "skills" / parts.pop("folder", "pdf")
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(SKILL.format(**parts))
    (tmp_path / "pantheon.yaml").write_text(
        "agents:\n  a:\n    input: {text: string}\n    output: {reply: string}\n"
        f"    tiers: [prompt]\n    skills: ['skills/{folder.name}']\n"
    )

    wrong = reference.validate(folder)
    skills, mistakes = load_skills(tmp_path)

    assert bool(wrong) == bool(mistakes), (wrong, mistakes)
    if not wrong:
        listed = list_skills(skills).replace("\nskills/", f"\n{tmp_path.resolve()}/skills/")
        assert listed == reference.to_prompt([folder])


def load_skills(root: Path) -> tuple[tuple[Skill, ...], list[str]]:
    """The skills of agent `a`, or what is wrong with them."""
    try:
        return load_project(root).agents["a"].skills, []
    except InvalidProject as error:
        return (), [diagnostic.message for diagnostic in error.diagnostics]
