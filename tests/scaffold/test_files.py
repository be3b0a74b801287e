"""Files of a scaffold beside what is there: lines are added, comments stay, a mistake undoes all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from pantheon.cli import main
from pantheon.scaffold import File, included, place

PROJECT = "version: 1\r\ninclude: [agents/count.yaml] # these\r\n# the end\r\n"


def run(folder: Path, *words: str) -> int:
    """The exit code of a command in a folder."""
    return main(["-C", str(folder), *words])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The smallest template."""
    assert run(tmp_path, "init", ".", "--template", "minimal", "--yes") == 0
    return tmp_path


def test_lines_are_added_to_a_file_that_is_there(tmp_path: Path) -> None:
    """As `init` in a repository does with its .gitignore; twice is once."""
    (tmp_path / ".gitignore").write_text("node_modules")
    file = File(".gitignore", "# ours\n.pantheon/\nnode_modules\n", added=True)

    assert [place([file], tmp_path)[0].status for _ in range(2)] == ["applied", "already"]
    assert (tmp_path / ".gitignore").read_text() == "node_modules\n# ours\n.pantheon/\n"


def test_an_include_keeps_comments_and_line_ends() -> None:
    """In brackets, below each other, alone, and where there is none."""
    assert included(PROJECT, "agents/*.yaml") == PROJECT.replace(
        "count.yaml]", "count.yaml, agents/*.yaml]"
    )
    assert included("include:\n  - a.yaml # why\n  - b.yaml # why not\nagents: {}\n", "c.yaml") == (
        snapshot("include:\n  - a.yaml # why\n  - b.yaml # why not\n  - c.yaml\nagents: {}\n")
    )
    assert included("include: a.yaml # one\n", "c.yaml") == snapshot(
        "include: [a.yaml, c.yaml] # one\n"
    )
    assert included("include: # none\nversion: 1\n", "c.yaml") == snapshot("""\
include: [c.yaml] # none
version: 1
""")
    assert included("# head\nversion: 1 # one\n# tail\n", "c.yaml") == snapshot("""\
# head
version: 1 # one
include: [c.yaml]
# tail
""")


@pytest.mark.parametrize("text", ["", "[]", "agents: {\n", "version: 1\n# h\xe9"])
def test_a_project_that_cannot_be_read_is_told_as_that(project: Path, text: str) -> None:
    """By the diagnostics of `validate`, before anything is written."""
    (project / "pantheon.yaml").write_bytes(text.encode("latin-1"))

    assert run(project, "new", "agent", "other") == 3
    assert not (project / "agents" / "other.yaml").exists()


@pytest.mark.parametrize(
    ("type", "code"),
    [('{$ref: "#/x"}', 3), ("&x [*x]", 2), ("{const: 2024-01-01}", 2), ("!!set {a}", 2)],
)
def test_a_type_that_is_none_leaves_nothing_behind(project: Path, type: str, code: int) -> None:
    """Neither files nor a changed project."""
    before = sorted(project.rglob("*.yaml"))

    assert run(project, "new", "tool", "other", "--input", f"a: {type}") == code
    assert sorted(project.rglob("*.yaml")) == before
    assert json.loads((project / ".pantheon/schema/pantheon.v1.json").read_text())
