"""`pantheon fmt` and `pantheon migrate`, as a user calls them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Pantheon

LOOSE = "agents:\n    a:   # one\n        input: {text:  string}\n        output: {n: 'integer'}\n"
TIDY = "agents:\n  a:   # one\n    input: {text: string}\n    output: {n: integer}\n"
ORIGINAL = """\
# sketch
agents:
  a: {input: "x", output: "y"} # one
flows:
  f:
    rootInputType: "x"
    nodes: [{agent: a, inputSources: ["root"]}]
    outputNode: {agent: a}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a project of two files and two overlays, all loosely written."""
    (tmp_path / "pantheon.yaml").write_text(f"version: 1\ninclude: more.yaml\n{LOOSE}")
    (tmp_path / "more.yaml").write_text(LOOSE.replace("a:", "b:"))
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "prod.yaml").write_text("agents:\n   a:   {cost: 1}\n")
    (tmp_path / "pantheon.local.yaml").write_text("agents:\n   a:   {cost: 2}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_files_of_a_project_are_formatted_once(folder: Path, pantheon: Pantheon) -> None:
    """Also what may be laid over it; a second time there is nothing to do."""
    assert pantheon("fmt", "--check").code == 4
    said = pantheon("fmt")
    assert (said.code, said.out.splitlines()[-1]) == (0, "4 of 4 files changed")
    assert (folder / "more.yaml").read_text() == TIDY.replace("a:", "b:")
    assert (folder / "pantheon.local.yaml").read_text() == "agents:\n  a: {cost: 2}\n"
    assert pantheon("fmt", "--check").out == "0 of 4 files would be changed\n"
    assert pantheon("fmt", "--json").json["status"] == "already"


@pytest.mark.parametrize("option", ["--check", "--diff", "--dry-run"])
def test_looking_writes_nothing(folder: Path, pantheon: Pantheon, option: str) -> None:
    """What would change is named, or shown."""
    before = (folder / "more.yaml").read_bytes()
    said = pantheon("fmt", option, "more.yaml")
    assert said.code == (4 if option == "--check" else 0)
    assert ("+  b:   # one" if option == "--diff" else "would change  more.yaml") in said.out
    assert (folder / "more.yaml").read_bytes() == before


def test_a_folder_is_formatted_without_hidden_ones(folder: Path, pantheon: Pantheon) -> None:
    """Whatever YAML there is below it."""
    (folder / ".pantheon").mkdir()
    (folder / ".pantheon" / "state.yaml").write_text("a:    1\n")
    (folder / "more.yml").write_text("a:    1\n")
    paths = [item["path"] for item in pantheon("fmt", ".", "--dry-run", "--json").json["items"]]
    assert paths == [
        "environments/prod.yaml", "more.yaml", "more.yml", "pantheon.local.yaml", "pantheon.yaml",
    ]  # fmt: skip


def test_a_file_that_cannot_be_read_is_left_and_told(folder: Path, pantheon: Pantheon) -> None:
    """With its place; the others are formatted all the same."""
    (folder / "more.yaml").write_text("agents: [\n")
    (folder / "latin.yaml").write_bytes(b"a: \xe9\n")
    said = pantheon("fmt", "more.yaml", "latin.yaml", "pantheon.yaml", "none.yaml")
    assert said.code == 9
    assert "error: more.yaml:2:1: more.yaml is not valid YAML" in said.err
    assert "latin.yaml is not UTF-8 text" in said.err
    assert "There is no file none.yaml" in said.err
    assert said.out == "changed  pantheon.yaml\n1 of 1 file changed\n"
    assert (folder / "more.yaml").read_text() == "agents: [\n"
    told = pantheon("fmt", "more.yaml", "pantheon.yaml", "--json")
    assert (told.code, told.json["errors"][0]["where"]["line"]) == (9, 2)
    alone = pantheon("fmt", "more.yaml", "--json")
    assert (alone.code, alone.json["error"]["where"]["line"]) == (9, 2)


def test_standard_input_is_formatted_for_editors(
    pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the text comes out."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LOOSE.encode())))
    said = pantheon("fmt", "-")
    assert (said.code, said.out) == (0, TIDY)


def test_old_files_are_looked_at_then_rewritten(
    tmp_path: Path, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--check` fails while something is old, `--dry-run` shows the change."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pantheon.yaml"
    file.write_text(ORIGINAL)
    assert pantheon("migrate", "--check").code == 3
    shown = pantheon("migrate", "--dry-run")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "format: original → 1")
    assert "+      a: {agent: a, in: {x: input.x}}\n" in shown.out
    assert file.read_text() == ORIGINAL

    assert pantheon("migrate", "--json").json["status"] == "applied"
    assert "# one\n" in file.read_text()
    assert pantheon("validate").code == 0
    again = pantheon("migrate", "--check")
    assert (again.code, again.out.splitlines()[0]) == (0, "format: up to date")
    assert pantheon("migrate", "--json").json["status"] == "already"


def test_an_overlay_that_would_no_longer_fit_stops_it(
    tmp_path: Path, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of nodes in an environment belongs to the old format; nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pantheon.yaml").write_text(ORIGINAL)
    overlay = tmp_path / "environments" / "prod.yaml"
    overlay.parent.mkdir()
    overlay.write_text("agents: {a: {cost: 3}}\n")
    assert pantheon("migrate", "--dry-run").code == 0

    nodes = "[{agent: a, inputSources: [root]}, {agent: a, inputSources: [a]}]"
    overlay.write_text(f"flows: {{f: {{nodes: {nodes}}}}}\n")
    said = pantheon("migrate")
    assert said.code == 4
    assert "With environments/prod.yaml laid over them" in said.err
    assert (tmp_path / "pantheon.yaml").read_text() == ORIGINAL
