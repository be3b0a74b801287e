"""`--env` and `--set` count for every command, and `PANTHEON_ENV` for all of a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pantheon.cli import main

PROJECT = """\
parameters: {word: {type: string, default: yes}}
agents:
  a:
    input: {text: string}
    output: {reply: string}
    tiers: [rules: [{when: true, give: {reply: "${parameters.word}"}}]]
flows:
  f: {input: {text: string}, nodes: {a: {agent: a}}, output: {reply: a.reply}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A project with one environment."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "prod.yaml").write_text("parameters: {word: prod}", "utf-8")
    return str(tmp_path)


def reply(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the flow answers under these options."""
    assert main([*words, "run", "f", "text=x", "--json"]) == 0
    return json.loads(capsys.readouterr().out)["output"]["reply"]


def test_options_change_what_runs(
    folder: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting over environment over file."""
    monkeypatch.delenv("PANTHEON_ENV", raising=False)
    assert reply(capsys, "-C", folder) == "yes"
    assert reply(capsys, "-C", folder, "--env", "prod") == "prod"
    assert reply(capsys, "-C", folder, "--env", "prod", "--set", "parameters.word=set") == "set"
    monkeypatch.setenv("PANTHEON_ENV", "prod")
    assert reply(capsys, "-C", folder) == "prod"
    assert reply(capsys, "-C", folder, "--env", "") == "yes"


def test_validate_names_what_lies_over_the_files(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people and for programs."""
    assert main(["-C", folder, "--env", "prod", "validate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["overlays"] == ["environments/prod.yaml"]


def test_mistakes_leave_with_their_codes(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    """3 for what is wrong, 6 for an environment that is not there."""
    assert main(["-C", folder, "--set", "parameters.wrod=x", "validate"]) == 3
    assert "--set:1:12: error[unknown-parameter]" in capsys.readouterr().err
    assert main(["-C", folder, "--env", "dev", "run", "f", "--json"]) == 6
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["hint"]) == ("not_found", "use one of: `prod`")


def test_files_are_named_from_the_folder_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-C DIR` works as if started there, also for what is written; afterwards all is as before."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pantheon.yaml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)

    assert main(["-C", "project", "graph", "f", "-o", "f.svg"]) == 0

    assert (tmp_path / "project" / "f.svg").exists()
    assert Path.cwd() == tmp_path
