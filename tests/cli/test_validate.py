"""`pantheon validate`: exit codes, fixes that are written or only shown, SARIF, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pantheon.cli._app import run
from pantheon.errors import ExitCode

GOOD = (
    "version: 1\nagents:\n  triage: {description: Which team?, input: {text: string},"
    " output: {team: string}, tiers: [prompt]}\n"
)
DOUBTFUL = GOOD.replace("description: Which team?, ", "")
BROKEN = GOOD.replace("tiers", "tires")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (GOOD, ["--strict"], ExitCode.OK),
        (DOUBTFUL, [], ExitCode.OK),
        (DOUBTFUL, ["--strict"], ExitCode.VALIDATION),
        (DOUBTFUL, ["--strict", "--no-lint"], ExitCode.OK),
        (f"lint: {{error: P101}}\n{DOUBTFUL}", [], ExitCode.VALIDATION),
        (f"lint: {{ignore: {{P101: draft}}}}\n{DOUBTFUL}", ["--strict"], ExitCode.OK),
        (BROKEN, [], ExitCode.VALIDATION),
    ],
)
def test_exit_codes(home: Path, text: str, options: list[str], code: ExitCode) -> None:
    """Mistakes fail; warnings only when asked to; the same with JSON."""
    (home / "pantheon.yaml").write_text(text)
    assert run(["validate", *options]) == code
    assert run(["validate", *options, "--json"]) == code


def test_notes_are_shown_when_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are in JSON always."""
    (home / "pantheon.yaml").write_text(GOOD)
    assert run(["validate"]) == 0
    assert capsys.readouterr().out == "pantheon.yaml: 1 agent, 0 flows, valid\n"
    assert run(["validate", "--notes"]) == 0
    assert "info[P121 no-agent-tests]" in capsys.readouterr().out
    assert run(["validate", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [f["number"] for f in found["findings"]] == ["P121"]
    assert found["warnings"] == []
    assert found["passed"]


def test_fixes_are_shown_then_written_then_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second time there is nothing to do."""
    file = home / "pantheon.yaml"
    file.write_text(BROKEN)
    states: list[str] = []
    for options in (["--dry-run"], [], []):
        assert run(["validate", "--fix", "--json", *options]) == 0
        found = json.loads(capsys.readouterr().out)
        states.append(found["fix"]["status"])
        assert file.read_text() == (BROKEN if options else GOOD)
    assert states == ["would", "applied", "already"]


def test_what_cannot_be_mended_is_still_told(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file stays as it was."""
    text = GOOD.replace("prompt", "nonsense_of_mine")
    (home / "pantheon.yaml").write_text(text)
    assert run(["validate", "--fix"]) == ExitCode.VALIDATION
    told = capsys.readouterr()
    assert "nothing to mend" in told.out
    assert "error[unknown-tier]" in told.err
    assert (home / "pantheon.yaml").read_text() == text


def test_sarif_to_a_file_and_to_standard_output(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Places are told from where the command was started; mistakes are in it too."""
    (home / "desk").mkdir()
    (home / "desk" / "pantheon.yaml").write_text(BROKEN)
    assert run(["validate", "desk", "--sarif", "-"]) == ExitCode.VALIDATION
    log = json.loads(capsys.readouterr().out)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "desk/pantheon.yaml"
    assert run(["validate", "desk", "--sarif", "log.sarif"]) == ExitCode.VALIDATION
    assert json.loads((home / "log.sarif").read_text()) == log


def test_a_rehearsal_is_of_the_fixes(capsys: pytest.CaptureFixture[str]) -> None:
    """Without them --dry-run would mean nothing."""
    assert run(["validate", "--dry-run"]) == ExitCode.USAGE
    assert "--fix" in capsys.readouterr().err
