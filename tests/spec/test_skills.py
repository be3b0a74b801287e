"""`context` and `skills` of an agent: found, checked by the rules of Agent Skills, hashed by text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.spec import (
    AgentDef,
    Diagnostic,
    InvalidProject,
    agent_from_json,
    agent_hash,
    list_skills,
    load_project,
    to_json,
)

AGENT = """
agents:
  a:
    input: {text: string}
    output: {reply: string}
    tiers: [prompt]
"""
SKILL = """---
name: pdf
description: Reads PDF files. Use when the request is about a PDF.
license: Apache-2.0
metadata: {version: 1.0}
---

# Reading

Look at [the forms](references/forms.md).
"""


def write(root: Path, files: dict[str, str]) -> None:
    """Files of a project."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def load(root: Path, keys: str, **files: str) -> AgentDef:
    """Agent `a` with these keys."""
    write(root, {"pantheon.yaml": f"{AGENT}{keys}", **files})
    return load_project(root).agents["a"]


def mistakes(root: Path, keys: str, files: dict[str, str]) -> list[Diagnostic]:
    """What is wrong with a project that must not load."""
    write(root, files)
    with pytest.raises(InvalidProject) as caught:
        load(root, keys)
    return list(caught.value.diagnostics)


# --------------------------------------------------------------------------------------- context


def test_a_context_file_is_read(tmp_path: Path) -> None:
    """Its text without the space around it; a path with a slash starts at the project."""
    write(tmp_path, {"docs/tone.md": "\n# Tone\n\nBe kind.\n\n"})

    agent = load(tmp_path, "    context: docs/tone.md\n")

    assert [(file.path, file.text) for file in agent.context] == [
        ("docs/tone.md", "# Tone\n\nBe kind.")
    ]


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    """A bare name is looked for where the agent is defined, then upwards to the project's folder."""
    agent = AGENT.replace("agents:\n", "").replace("  a:", "  {name}:")
    body = agent + "    context: AGENTS.md\n"
    write(
        tmp_path,
        {
            "pantheon.yaml": "include: ['teams/*/agents.yaml']\n"
            "agents:\n" + body.replace("{name}", "top"),
            "teams/cards/agents.yaml": "agents:\n" + body.replace("{name}", "cards"),
            "teams/loans/agents.yaml": "agents:\n" + body.replace("{name}", "loans"),
            "AGENTS.md": "of the project",
            "teams/cards/AGENTS.md": "of the cards team",
        },
    )

    agents = load_project(tmp_path).agents

    assert {name: agent.context[0].text for name, agent in agents.items()} == {
        "top": "of the project",
        "cards": "of the cards team",
        "loans": "of the project",
    }
    assert agents["cards"].context[0].path == "teams/cards/AGENTS.md"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("AGENT.md", "missing-file", "AGENTS.md"),
        ("../other.md", "outside-project", "lies outside the project"),
        ("docs/none.md", "missing-file", "create it"),
    ],
)
def test_a_context_file_that_is_not_there(tmp_path: Path, name: str, code: str, said: str) -> None:
    """The place is the name in the file; a near one is proposed."""
    (found,) = mistakes(tmp_path, f"    context: [{name}]\n", {"AGENTS.md": "x"})

    assert found.code == code
    assert said in f"{found.message} {found.fix}"
    assert found.where.line == 7


def test_a_context_file_that_is_no_prompt(tmp_path: Path) -> None:
    """Binary data and very long texts are refused."""
    (tmp_path / "AGENTS.md").write_bytes(b"\xff\xfe\x00")
    assert mistakes(tmp_path, "    context: AGENTS.md\n", {})[0].code == "not-utf8"

    (found,) = mistakes(tmp_path, "    context: AGENTS.md\n", {"AGENTS.md": "x " * 70_000})
    assert found.code == "too-large"


def test_the_text_counts_and_not_the_file(tmp_path: Path) -> None:
    """The hash of an agent follows the text of its context, wherever it stands."""
    write(tmp_path, {"AGENTS.md": "Be kind.", "other.md": "Be kind.", "third.md": "Be brief."})
    agents = [load(tmp_path, f"    context: {n}\n") for n in ("AGENTS.md", "other.md", "third.md")]

    first, same, other = map(agent_hash, agents)

    assert first == same != other
    assert agent_from_json(to_json(agents[0])) == agents[0]
    assert agent_hash(load(tmp_path, "")) not in {first, other}


def test_a_template_that_hides_its_context_is_told(tmp_path: Path) -> None:
    """A template without `{{ context }}` would leave the file unseen; a warning says so."""
    write(tmp_path, {"AGENTS.md": "Be kind."})
    text = AGENT.replace("[prompt]", "[prompt: {template: 'Say {{ text }}'}]")
    write(tmp_path, {"pantheon.yaml": f"{text}    context: AGENTS.md\n"})
    (told,) = load_project(tmp_path).warnings
    assert told.code == "unseen-guidance"

    write(
        tmp_path, {"pantheon.yaml": f"{text}    context: AGENTS.md\n".replace("Say", "{{context}}")}
    )
    assert not load_project(tmp_path).warnings

    taken = f"{text}    context: AGENTS.md\n".replace(
        "{text: string}", "{text: string, context: string}"
    )
    write(tmp_path, {"pantheon.yaml": taken.replace("Say", "{{context}}")})
    assert [told.code for told in load_project(tmp_path).warnings] == ["unseen-guidance"]


def test_only_who_has_it_may_name_it(tmp_path: Path) -> None:
    """In a template of an agent without context, `context` is an unknown name."""
    text = AGENT.replace("[prompt]", "[prompt: {template: '{{ context }}'}]")
    write(tmp_path, {"pantheon.yaml": text})

    with pytest.raises(InvalidProject) as caught:
        load_project(tmp_path)

    assert [d.code for d in caught.value.diagnostics] == ["unknown-variable"]


# ---------------------------------------------------------------------------------------- skills


@pytest.mark.parametrize("written", ["skills/pdf", "skills/pdf/", "skills/pdf/SKILL.md"])
def test_a_skill_is_read(tmp_path: Path, written: str) -> None:
    """Front matter and instructions; scripts by their hash, documents with their text."""
    write(
        tmp_path,
        {
            "skills/pdf/SKILL.md": SKILL,
            "skills/pdf/references/forms.md": "Forms.",
            "skills/pdf/scripts/run.py": "print(1)",
            "skills/pdf/.hidden": "x",
        },
    )

    (skill,) = load(tmp_path, f"    skills: [{written}]\n").skills

    assert (skill.name, skill.license, skill.metadata) == ("pdf", "Apache-2.0", {"version": "1.0"})
    assert skill.body.startswith("# Reading")
    assert [(f.path, f.text) for f in skill.files] == [
        ("references/forms.md", "Forms."),
        ("scripts/run.py", None),
    ]
    assert skill.references == {"forms.md": "Forms."}


def test_a_changed_script_is_another_version(tmp_path: Path) -> None:
    """Nothing of a skill can change without the agent's hash; canonical form and back is exact."""
    write(tmp_path, {"skills/pdf/SKILL.md": SKILL, "skills/pdf/scripts/run.py": "print(1)"})
    before = load(tmp_path, "    skills: skills/pdf\n")
    write(tmp_path, {"skills/pdf/scripts/run.py": "print(2)"})
    after = load(tmp_path, "    skills: skills/pdf\n")

    assert agent_hash(before) != agent_hash(after)
    assert agent_from_json(to_json(after)) == after


def test_the_list_holds_no_instructions(tmp_path: Path) -> None:
    """Names and descriptions alone, escaped, in the form that Agent Skills recommend."""
    text = SKILL.replace("Reads PDF files.", "Reads <PDF> & co.")
    write(tmp_path, {"skills/pdf/SKILL.md": text})

    listed = list_skills(load(tmp_path, "    skills: skills/pdf\n").skills)

    assert listed == (
        "<available_skills>\n<skill>\n<name>\npdf\n</name>\n<description>\nReads &lt;PDF&gt; &amp; "
        "co. Use when the request is about a PDF.\n</description>\n<location>\nskills/pdf/SKILL.md"
        "\n</location>\n</skill>\n</available_skills>"
    )


@pytest.mark.parametrize(
    ("change", "code", "said", "line"),
    [
        (("name: pdf", "name: PDF"), "bad-skill", "call it `pdf`", 2),
        (("name: pdf", "name: pdf--x"), "bad-skill", "call it `pdf-x`", 2),
        (("name: pdf", "name: -pdf"), "bad-skill", "single hyphens", 2),
        (("name: pdf", "name: pdf tools"), "bad-skill", "call it `pdf-tools`", 2),
        (("name: pdf", f"name: {'p' * 65}"), "bad-skill", "65 characters", 2),
        (("name: pdf", "name: other"), "bad-skill", "lies in the folder `pdf`", 2),
        (("name: pdf\n", ""), "missing-key", "write `name: pdf`", 2),
        (("description: Reads", "summary: Reads"), "unknown-key", "is not a key", 3),
        (("Reads PDF", "Reads " * 300), "bad-skill", "1,024 may be", 3),
        (("license:", "licence:"), "unknown-key", "`license`", 4),
        (("license: Apache-2.0", "compatibility: " + "x" * 501), "bad-skill", "500 may be", 4),
        (("---\nname", "name"), "bad-skill", "front matter", 1),
        (("---\n\n# Reading", "\n# Reading"), "bad-skill", "never closes", 1),
        (("metadata: {version: 1.0}", "metadata: yes"), "wrong-type", "mapping", 5),
        (("license: Apache-2.0", "license: [a"), "yaml-syntax", "", None),
    ],
)
def test_a_wrong_skill_is_told_with_its_place(
    tmp_path: Path, change: tuple[str, str], code: str, said: str, line: int | None
) -> None:
    """By the same rules as the reference library, in the file that is wrong, with the fix."""
    found = mistakes(
        tmp_path, "    skills: [skills/pdf]\n", {"skills/pdf/SKILL.md": SKILL.replace(*change)}
    )

    told = [d for d in found if d.code == code and said in f"{d.message} {d.fix}"]
    assert told, [(d.code, d.message, d.fix) for d in found]
    assert told[0].where.file == "skills/pdf/SKILL.md"
    assert line is None or told[0].where.line == line


def test_letters_of_every_language(tmp_path: Path) -> None:
    """A name may be of any script, as the reference library has it."""
    write(tmp_path, {"skills/größe/SKILL.md": SKILL.replace("name: pdf", "name: größe")})

    assert load(tmp_path, "    skills: [skills/größe]\n").skills[0].name == "größe"


def test_brackets_in_the_instructions_are_no_yaml(tmp_path: Path) -> None:
    """Only the front matter is read as YAML."""
    write(tmp_path, {"skills/pdf/SKILL.md": SKILL + "[{" * 500})

    assert load(tmp_path, "    skills: [skills/pdf]\n").skills[0].body.endswith("[{")


def test_a_skill_that_is_not_there_or_twice(tmp_path: Path) -> None:
    """The place is where the agent names it."""
    (found,) = mistakes(tmp_path, "    skills: [skills/pfd]\n", {"skills/pdf/SKILL.md": SKILL})
    assert (found.code, found.where.line) == ("missing-file", 7)

    (found,) = mistakes(tmp_path, "    skills: [skills/pdf, skills/pdf/]\n", {})
    assert "twice" in found.message


def test_links_out_of_a_skill_are_no_part_of_it(tmp_path: Path) -> None:
    """A file elsewhere is not hashed, and not read, through a link."""
    write(tmp_path, {"skills/pdf/SKILL.md": SKILL, "secret.md": "secret"})
    (tmp_path / "skills/pdf/references").mkdir()
    (tmp_path / "skills/pdf/references/secret.md").symlink_to(tmp_path / "secret.md")

    assert load(tmp_path, "    skills: [skills/pdf]\n").skills[0].files == ()
