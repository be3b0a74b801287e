"""`./run` works from anywhere, is quick when nothing changed, and says what it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bootstrap import ROOT, Environment, Level


def run(script: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start `./run` with these settings, in the folder of the script."""
    return subprocess.run(
        ["bash", str(script), *arguments],
        cwd=script.parent,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """A symbolic link to `./run` in a folder of its own."""
    here = tmp_path / "elsewhere" / "pan"
    here.parent.mkdir()
    here.symlink_to(ROOT / "run")
    return here


def ready_environment(folder: Path, level: Level) -> Environment:
    """An environment without packages that claims to be up to date."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True)
    environment = Environment(folder, level)
    environment.stamp().write_text(environment.key())
    return environment


def test_help_lists_the_commands_through_a_link(link: Path) -> None:
    """The folder of the project is found from where the link points."""
    done = run(link, "help")

    assert done.returncode == 0
    assert "./run COMMAND" in done.stdout


def test_an_unknown_command_is_a_usage_error(link: Path) -> None:
    """It names the word and shows what there is."""
    done = run(link, "dmeo")

    assert done.returncode == 2
    assert "no command named 'dmeo'" in done.stderr


def test_without_a_python_it_says_what_to_install(link: Path, tmp_path: Path) -> None:
    """The environment cannot be built, and the message says how to go on."""
    done = run(link, "python", PANTHEON_VENV=str(tmp_path / "venv"), PANTHEON_PYTHON="false")

    assert done.returncode == 8
    assert "No Python 3.11 or newer" in done.stderr
    assert "PANTHEON_PYTHON=" in done.stderr


@pytest.mark.parametrize("level", ["base", "dev"])
def test_an_environment_that_is_up_to_date_is_used_at_once(
    level: Level, link: Path, tmp_path: Path
) -> None:
    """Nothing is built (the only Python named would fail), and the folder stays the caller's."""
    folder = tmp_path / "venv"
    ready_environment(folder, level)

    code = "import os, sys; print(os.getcwd()); print(sys.prefix)"
    settings = {"PANTHEON_VENV": str(folder), "PANTHEON_PYTHON": "false"}
    done = run(link, "python", "-c", code, **settings)

    assert done.stderr == ""
    assert done.stdout.splitlines() == [str(link.parent), str(folder)]


def test_an_environment_built_from_other_versions_is_not_used(link: Path, tmp_path: Path) -> None:
    """A changed lock, or a moved project, makes it stale."""
    environment = ready_environment(tmp_path / "venv", "base")
    environment.stamp().write_text(environment.key() + " of last week")

    settings = {"PANTHEON_VENV": str(environment.folder), "PANTHEON_PYTHON": "false"}
    done = run(link, "python", "-c", "print('used')", **settings)

    assert done.returncode == 8
    assert done.stdout == ""
