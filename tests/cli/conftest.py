"""A small project of rules and people, and the command line as a function."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pantheon.cli import main

if TYPE_CHECKING:
    from tests.cli.world import World

PROJECT = """\
version: 1
agents:
  triage:
    description: Which team should answer this customer message?
    input: {text: string}
    output: {team: {enum: [cards, payments, other]}}
    tiers:
      - python: "desk:triage"
      - human: {question: "Which team should answer this message?"}
  measure:
    input: {text: string}
    output: {words: integer}
    tiers: [{python: "desk:measure"}]
  file:
    input: {team: string, words: integer}
    output: {folder: string}
    tiers: [{python: "desk:file"}]
flows:
  support:
    description: Find the team for a customer message about cards or payments.
    examples: [My card was stolen, Where is my transfer?]
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      measure: {agent: measure, in: {text: input.text}}
      file:
        agent: file
        in: {team: triage.team, words: measure.words}
        when: triage.team != "other"
    output: {team: triage.team, folder: file.folder}
router: {flows: [support]}
"""
CODE = """\
def triage(text):
    if "boom" in text:
        raise ValueError("no")
    return {"team": "cards"} if "card" in text else None


def measure(text):
    return {"words": len(text.split())}


def file(team, words):
    return {"folder": f"{team}/{'fast' if words < 20 else 'long'}"}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def steady(self) -> str:
        """Standard output with ids, times and durations replaced."""
        text = re.sub(r"\b[raqin][0-9a-z]{16}\b", "ID", self.out)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
        return re.sub(r"\b\d+\.\d{3}\b", "0.000", text)


Pantheon = Callable[..., Said]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is also the working directory."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT)
    (tmp_path / "desk.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pantheon(capsys: pytest.CaptureFixture[str]) -> Pantheon:
    """`pantheon WORDS` in this process."""

    def call(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


def captured(*words: str) -> Said:
    """`pantheon WORDS` where pytest captures nothing, or something else."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def original_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The project in which every command has something to show, made once."""
    from tests.cli.world import make_world

    folder, here = tmp_path_factory.mktemp("world"), Path.cwd()
    os.chdir(folder)
    try:
        return make_world(folder, captured)
    finally:
        os.chdir(here)


@pytest.fixture
def world(original_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy of it, which is the working directory."""
    copy = original_world.copy(tmp_path / "world")
    monkeypatch.chdir(copy.folder)
    return copy
