"""`pantheon diff`: what its sides may be, and how it ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jsonschema
import pytest

from pantheon.diff import diff_schema
from tests.cli.conftest import PROJECT, Pantheon

OTHER = PROJECT.replace("[cards, payments, other]", "[cards, payments, fraud, other]")


@pytest.fixture
def committed(desk: Path) -> Path:
    """The project in a git repository, its file changed since."""
    for words in (["init", "-q", "."], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=desk, check=True)
    (desk / "pantheon.yaml").write_text(OTHER)
    return desk


def test_without_sides_the_last_commit_is_compared(committed: Path, pantheon: Pantheon) -> None:
    """Nothing is deployed here, and no database is made by looking."""
    said = pantheon("diff")
    assert said.code == 0
    assert said.out.startswith("git:HEAD → working files   ")
    assert "output: `team` may now also be `fraud`" in said.out
    assert not (committed / ".pantheon").exists()


def test_files_folders_and_revisions(committed: Path, pantheon: Pantheon) -> None:
    """In any combination."""
    (committed / "old.yaml").write_text(PROJECT)
    for sides in (("old.yaml", "."), ("old.yaml",), ("git:HEAD", "pantheon.yaml")):
        assert "also be `fraud`" in pantheon("diff", *sides).out
    assert "no longer be `fraud`" in pantheon("diff", ".", "git:HEAD:pantheon.yaml").out
    assert "nothing differs" in pantheon("diff", "old.yaml", "git:HEAD").out


def test_json_page_and_exit_code(committed: Path, pantheon: Pantheon) -> None:
    """For programs, for people, for checks."""
    said = pantheon("diff", "--json", "--html", "diff.html", "--exit-code")
    assert said.code == 4
    jsonschema.validate(said.json, diff_schema())
    assert "fraud" in (committed / "diff.html").read_text()
    assert pantheon("diff", ".", ".", "--exit-code").code == 0
    assert pantheon("diff", "--html", "no/such/folder.html").code == 8


def test_what_is_wrong_with_a_side_is_told(committed: Path, pantheon: Pantheon) -> None:
    """A side that names nothing, too many, one that does not validate."""
    assert pantheon("diff", "nope").code == 6
    assert pantheon("diff", "git:nope").code == 6
    assert pantheon("diff", "a", "b", "c").code == 2
    (committed / "old.yaml").write_text(PROJECT.replace("tiers:", "tears:", 1))
    said = pantheon("diff", "old.yaml")
    assert said.code == 3
    assert "old.yaml:" in said.err


def test_code_that_changed_since_it_was_deployed(
    tmp_path: Path, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the definitions differs; the lines of the function do."""
    monkeypatch.chdir(tmp_path)
    assert pantheon("init", ".").code == 0
    assert pantheon("deploy", "support").code == 0
    assert "nothing differs" in pantheon("diff").out
    file = tmp_path / "functions" / "desk.py"
    file.write_text(file.read_text().replace('"immediately"', '"at once"'))
    for sides in ((), ("support@1",), ("agent:facts@1",)):
        said = pantheon("diff", *sides, "--exit-code")
        assert said.code == 4
        assert (
            '+    urgent = any(word in text.lower() for word in ("urgent", "stolen", "at once"))'
            in (said.out)
        )
    said = pantheon("diff", "support@1", "draft:support", "--json")
    jsonschema.validate(said.json, diff_schema())
    (path,) = {c["path"] for d in said.json["definitions"] for c in d["code"]}
    assert path == "functions/desk.py"


def test_graphs_can_be_left_out(committed: Path, pantheon: Pantheon) -> None:
    """They are long."""
    (committed / "pantheon.yaml").write_text(
        OTHER.replace('        when: triage.team != "other"\n', "")
    )
    assert "┌" in pantheon("diff").out
    assert "┌" not in pantheon("diff", "--no-graphs").out


def test_deployed_versions(committed: Path, pantheon: Pantheon) -> None:
    """By number, by channel, by name alone; without sides what is deployed comes first."""
    (committed / "pantheon.yaml").write_text(PROJECT)
    assert pantheon("deploy", "support").code == 0
    (committed / "pantheon.yaml").write_text(OTHER)
    for sides in ((), ("support",), ("support@1",), ("support@stable", "draft:support")):
        said = pantheon("diff", *sides)
        assert said.code == 0, said.err
        assert "may now also be `fraud`" in said.out
    assert pantheon("diff").out.startswith("deployed → working files")
    assert pantheon("deploy", "support", "--allow-breaking").code == 0
    said = pantheon("diff", "support@1", "support@2")
    assert said.out.startswith("support@1 → support@2   ")
    assert "nothing differs" in pantheon("diff", "support@1", "git:HEAD").out
    assert "stable: @2" in pantheon("diff", "git:HEAD", ".").out
    assert pantheon("diff", "support@7").code == 6
