"""Shells complete commands, options and names; quickly, and whatever state the project is in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from pantheon.cli import main
from pantheon.cli._runs import STATES
from pantheon.store import RunState
from tests.cli.conftest import Pantheon, captured

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What bash is told for these words, the last of which is being typed."""

    def call(*words: str) -> list[str]:
        with monkeypatch.context() as patch:
            patch.setenv("_PANTHEON_COMPLETE", "bash_complete")
            patch.setenv("COMP_WORDS", " ".join(["pantheon", *words]))
            patch.setenv("COMP_CWORD", str(len(words)))
            capfd.readouterr()
            with pytest.raises(SystemExit):
                main([])
        told = capfd.readouterr()
        assert told.err == ""
        return [line.partition(",")[2] for line in told.out.splitlines() if "," in line]

    return call


def test_commands_and_options_are_completed(complete: Complete) -> None:
    """Without a project as well."""
    assert complete("valid") == ["validate"]
    assert complete("agents", "pro") == ["promote"]
    assert complete("runs", "show", "--js") == ["--json"]


@pytest.mark.usefixtures("desk")
def test_names_of_flows_and_agents_are_completed(complete: Complete) -> None:
    """Where a command takes them, and only there."""
    assert complete("run", "s") == ["support"]
    assert complete("agents", "show", "t") == ["triage"]
    assert complete("deploy", "m") == ["measure"]
    assert complete("try", "f") == ["file"]
    assert complete("memory", "get", "s") == []


def test_names_in_included_files_are_completed(complete: Complete, desk: Path) -> None:
    """Both ways of writing an include; a key inside an agent is no name."""
    (desk / "more").mkdir()
    (desk / "pantheon.yaml").write_text("version: 1\ninclude: [more/*.yaml]\n")
    (desk / "more" / "one.yaml").write_text("agents:\n  one:\n    tiers: []\n  'two': {}\n# x\n")

    assert complete("agents", "show", "o") == ["one"]
    (desk / "pantheon.yaml").write_text("include:\n- more/one.yaml\nflows:\n  only: {}\n")
    assert complete("deploy", "o") == ["only", "one"]


def test_broken_files_and_no_project_are_no_traceback(complete: Complete, desk: Path) -> None:
    """What can be read is offered."""
    file = desk / "pantheon.yaml"
    file.write_text(file.read_text() + "agents: [\n")

    assert complete("run", "s") == ["support"]
    file.write_bytes(b"\xff\x00\xfe")
    assert complete("run", "s") == []
    file.unlink()
    assert complete("run", "s") == []
    (desk / ".pantheon").mkdir()
    (desk / ".pantheon" / "pantheon.db").write_text("no database")
    assert complete("runs", "show", "r") == []


@pytest.mark.usefixtures("desk")
def test_ids_are_completed_from_the_store(complete: Complete) -> None:
    """The newest run first; only open questions."""
    runs = [captured("run", "support", f"text={t}", "--json").json["run"] for t in ("card", "x")]
    (item,) = captured("inbox", "list", "--json").json["items"]

    assert complete("runs", "show", "r") == runs[::-1]
    assert complete("inbox", "answer", item["question"][:3]) == [item["question"]]
    captured("inbox", "answer", item["question"], "team=cards")
    assert complete("inbox", "answer", item["question"][:3]) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_its_shell_understands(shell: str, pantheon: Pantheon) -> None:
    """Where the shell is there it is asked."""
    script = pantheon("completion", shell).out

    assert "_PANTHEON_COMPLETE" in script
    assert pantheon("completion", shell, "--json").json["script"].strip() == script.strip()
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_the_states_of_runs_are_those_of_the_store() -> None:
    """They are written down twice, so that completing need not import the store."""
    assert get_args(RunState) == STATES


def test_completing_is_quick(desk: Path) -> None:
    """Nothing heavy is imported: a third of a second even on a busy machine."""
    probe = "from pantheon.cli import main; main([])"
    words = {
        "_PANTHEON_COMPLETE": "bash_complete",
        "COMP_WORDS": "pantheon run ",
        "COMP_CWORD": "2",
    }
    command = [sys.executable, "-X", "importtime", "-c", probe]
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=desk, env={**os.environ, **words}, capture_output=True, text=True, check=True
    )

    assert done.stdout.split(",")[-1].strip() == "support"
    assert not {"pantheon.spec", "pantheon.store", "ruamel", "numpy"} & {
        line.rpartition("|")[2].strip() for line in done.stderr.splitlines()
    }
    assert time.perf_counter() - began < 5
