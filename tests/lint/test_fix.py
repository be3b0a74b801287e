"""Fixes are made only where they help, and leave everything else of the text alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.lint import Fixed, plan_fixes
from tests.lint.conftest import Look

TAIL = "    output: {team: string}\n    tiers: [prompt]\n"


def fix(look: Look, folder: Path, text: str) -> tuple[Fixed, str]:
    """What would be mended of a text, and the text as it would be."""
    look(text)
    fixed = plan_fixes(folder, look)
    assert (folder / "pantheon.yaml").read_text("utf-8") == text
    return fixed, fixed.rewrites[0].after if fixed.rewrites else text


def test_misspelt_keys_and_names_are_mended(look: Look, tmp_path: Path) -> None:
    """Comments, order and quotes stay."""
    text = (
        "# ours\nversion: 1\nagents:\n  triage:   # the first\n    input: {text: strng}\n"
        '    output: {team: string}\n    "tires": [promt]\n'
    )
    fixed, after = fix(look, tmp_path, text)
    assert after == text.replace("strng", "string").replace("tires", "tiers").replace(
        "promt", "prompt"
    )
    assert [f.diagnostic.code for f in fixed.mended] == ["bad-type", "unknown-key", "unknown-tier"]


def test_a_fix_that_breaks_something_else_is_not_made(look: Look, tmp_path: Path) -> None:
    """Renaming the key would give it twice."""
    text = f"version: 1\nagents:\n  a:\n    input: {{text: string}}\n{TAIL}    tires: [human]\n"
    fixed, after = fix(look, tmp_path, text)
    assert after == text
    assert fixed.mended == ()


def test_the_nearest_of_two_equally_near_names_is_not_chosen(look: Look, tmp_path: Path) -> None:
    """Who was meant is the author's to say."""
    text = (
        "version: 1\nagents:\n  team_a: &x {input: {text: string}, output: {team: string}}\n"
        "  team_b: *x\nflows:\n  f: {input: {text: string}, nodes: {n: {agent: team_c}},"
        " output: {team: n.team}}\n"
    )
    assert fix(look, tmp_path, text)[1] == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# head\n\nagents:\n", "# head\n\nversion: 1\nagents:\n"),
        ("version: 1  # pantheon: ignore[P154] old\nagents:\n", "version: 1\nagents:\n"),
        ("version: 1\n# pantheon: ignore[P154] old\nagents:\n", "version: 1\nagents:\n"),
    ],
)
def test_what_rules_mend(look: Look, tmp_path: Path, before: str, after: str) -> None:
    """The version of the format, and suppressions of nothing."""
    rest = f"  a:\n    description: A.\n    input: {{text: string}}\n{TAIL}"
    assert fix(look, tmp_path, before + rest)[1] == after + rest


def test_mending_twice_changes_nothing(look: Look, tmp_path: Path) -> None:
    """What is mended is not found again."""
    text = f"agents:\n  a:\n    inptu: {{text: string}}\n{TAIL}"
    fixed, after = fix(look, tmp_path, text)
    assert fixed.checked.project is not None
    assert fix(look, tmp_path, after)[1] == after


def test_windows_lines_stay(look: Look, tmp_path: Path) -> None:
    """Only the misspelt name changes."""
    text = f"version: 1\nagents:\n  a:\n    inptu: {{text: string}}\n{TAIL}".replace("\n", "\r\n")
    (tmp_path / "pantheon.yaml").write_bytes(text.encode())
    fixed = plan_fixes(tmp_path, look)
    assert fixed.rewrites[0].after == text.replace("inptu", "input")
    fixed.rewrites[0].write()
    assert (tmp_path / "pantheon.yaml").read_bytes() == text.replace("inptu", "input").encode()


def test_what_is_added_ends_as_the_other_lines_do(look: Look, tmp_path: Path) -> None:
    """No file comes to have lines of two kinds."""
    text = f"agents:\n  a:\n    input: {{text: string}}\n{TAIL}".replace("\n", "\r\n")
    (tmp_path / "pantheon.yaml").write_bytes(text.encode())
    assert plan_fixes(tmp_path, look).rewrites[0].after == f"version: 1\r\n{text}"
