"""Changes say `would`, `applied` or `already`, and a rehearsal leaves everything as it was."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Pantheon
from tests.cli.test_contract import commands
from tests.cli.world import World

NOT_CHANGES = {
    "agents diff", "agents evidence", "agents history", "agents lineage", "agents list",
    "agents show", "alarms list", "ask", "completion", "demo", "diff", "discover", "discover show",
    "explain", "flows history", "flows lineage", "flows list", "flows show", "graph", "inbox list",
    "inbox show", "memory get", "memory history", "memory list", "models history",
    "models lineage", "models list", "prompts history", "prompts lineage", "prompts list",
    "prompts show", "report", "route", "runs diff", "runs events", "runs list", "runs replay",
    "runs show", "runs why", "simulate", "store path", "store verify", "suggestions list", "test",
    "try", "verify", "versions list",
}  # fmt: skip
"""They look, try or make a page."""
RUNNERS = {"run", "resume", "runs resume", "runs wake", "night"}
"""They do the work itself: `try`, `runs fork --dry-run` and `simulate` are their rehearsals."""
OWN_WAY = {"runs migrate", "store backup"}
"""`runs migrate` says what it would do until it is given --apply; a backup makes one new file."""
LASTING: dict[tuple[str, ...], str] = {
    ("alarms", "close", "w0123456789ab"): "already",
    ("suggestions", "accept", "s0123456789ab"): "already",
    ("suggestions", "dismiss", "s0123456789ab"): "already",
    ("memory", "set", "user", "ada", "tone", "formal"): "already",
    ("memory", "delete", "user", "ada", "tone"): "already",
    ("agents", "promote", "triage@2"): "already",
    ("agents", "promote", "triage@2", "--share", "0.2"): "already",
    ("inbox", "answer", "QUESTION", "team=cards", "--no-resume"): "already",
    ("runs", "cancel", "PERSON"): "already",
    ("runs", "signal", "EVENT", "approved", "--data", '{"ok": true}'): "already",
    ("deploy", "measure"): "already",
    ("retire", "support"): "already",
    ("versions", "record"): "already",
    # Each of these is another one.
    ("submit", "support", "text=my card"): "applied",
    ("feedback", "DONE:triage", "--bad"): "applied",
    ("runs", "fork", "DONE", "--set", "triage.team=other"): "applied",
}


def test_every_command_that_changes_something_can_be_rehearsed() -> None:
    """A new command either looks only, or has --dry-run."""
    able = {
        name
        for name, command in commands().items()
        if any("--dry-run" in (*p.opts, *p.secondary_opts) for p in command.params)
    }
    others = commands().keys() - NOT_CHANGES - RUNNERS - OWN_WAY

    assert others <= able


def contents(folder: Path) -> list[str]:
    """All rows of the store, and the lock file."""
    with sqlite3.connect(folder / ".pantheon" / "pantheon.db") as store:
        rows = list(store.iterdump())
    return [*rows, (folder / "pantheon.lock").read_text()]


@pytest.mark.parametrize("words", LASTING, ids=" ".join)
def test_would_then_applied_then_already(
    words: tuple[str, ...],
    world: World,
    pantheon: Pantheon,
) -> None:
    """Twice rehearsed, twice done: nothing is written before it is, and nothing twice."""
    ids = {
        "QUESTION": world.question,
        "PERSON": world.person,
        "EVENT": world.event,
        "DONE:triage": f"{world.done}:triage",
        "DONE": world.done,
    }
    spelt = [ids.get(word, word) for word in words]
    if words[:2] == ("versions", "record"):
        (world.folder / "desk.py").write_text((world.folder / "desk.py").read_text() + "# new\n")

    before = contents(world.folder)
    rehearsed = [pantheon(*spelt, "--dry-run", "--json").json["status"] for _ in range(2)]
    after = contents(world.folder)
    done = [pantheon(*spelt, "--json").json["status"] for _ in range(2)]

    assert rehearsed == ["would", "would"]
    assert after == before
    assert done == ["applied", LASTING[words]]


@pytest.mark.model
@pytest.mark.usefixtures("world")
def test_an_import_can_be_rehearsed(pantheon: Pantheon) -> None:
    """It counts what would be added, and what is known the second time."""
    words = ("import", "stream", "log.jsonl", "--agent", "triage", "--json")
    said = [pantheon(*words, *more).json for more in (("--dry-run",), (), ())]

    assert [(one["status"], one["added"]) for one in said] == [
        ("would", 12),
        ("applied", 12),
        ("already", 0),
    ]


def test_a_rehearsal_is_checked_like_the_real_thing(
    world: World,
    pantheon: Pantheon,
) -> None:
    """What would be refused is refused."""
    correction = json.dumps({"team": 3})
    said = pantheon("feedback", f"{world.done}:triage", "--correct", correction, "--dry-run")

    assert said.code == 9
    assert pantheon("inbox", "answer", world.question, "team=banana", "--dry-run").code == 9
    assert pantheon("memory", "delete", "user", "ada", "shoe", "--dry-run").code == 6
