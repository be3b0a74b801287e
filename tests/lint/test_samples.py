"""Examples of keys are cut from projects that load."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pantheon.ids import Json
from pantheon.lint import explain_key, known_paths
from pantheon.lint._samples import NAME, sample_of, sample_projects
from pantheon.models import check_models
from pantheon.spec import load_project

BESIDE = {
    "AGENTS.md": "Be brief.",
    "skills/pdf/SKILL.md": "---\nname: pdf\ndescription: Reads PDF files.\n---\nRead the file.",
    "agents/more.yaml": "agents: {more: {input: {text: string}, output: {text: string}}}\n",
}


@pytest.mark.parametrize("number", range(len(sample_projects())))
def test_the_projects_load(number: int, tmp_path: Path) -> None:
    """Without a mistake or a warning, so every key in them may be written."""
    for name, text in {
        **BESIDE,
        "pantheon.yaml": yaml.safe_dump(sample_projects()[number]),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = load_project(tmp_path, environment={})
    assert project.warnings == ()
    assert [d for d in check_models(project) if d.severity == "error"] == []


def test_an_example_leads_to_its_key() -> None:
    """All that is shown stands in one of the projects, and the key is in it."""
    for path in known_paths():
        for key in explain_key(path):
            if key.example:
                assert f"{key.path.rpartition('.')[2]}" in key.example.replace('"', ""), key.path
                assert any(_holds(p, yaml.safe_load(key.example)) for p in sample_projects())
                assert max(map(len, key.example.splitlines())) <= 100


def _holds(whole: Json, part: Json) -> bool:
    """Whether a part stands in it: keys of mappings, items of lists."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(name in whole and _holds(whole[name], value) for name, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_holds(item, one) for item in whole) for one in part)
    return whole == part


def test_keys_beside_it_are_shown_where_they_fit_on_the_line() -> None:
    """A setting that means nothing alone is shown with the others."""
    assert sample_of(("flows", NAME, "nodes", NAME, "merge", "k")).splitlines()[-1].strip() == (
        "merge: {from: [start, better], policy: majority, by: item.ok, k: 2}"
    )
    assert sample_of(("flows", NAME, "nodes", NAME, "tree", "guard", "if")) == (
        'flows:\n  only_if:\n    tree:\n      guard: {if: "size(input.text) > 1", do: a}'
    )
    assert sample_of(("nowhere",)) == ""
