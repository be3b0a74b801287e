"""`pantheon runs cancel, resume, signal, wake, migrate` on runs that are not done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.cli.conftest import Pantheon

PROJECT = """\
version: 1
agents:
  one: {input: {n: integer}, output: {n: integer}, tiers: [{python: "desk:one"}]}
  boss: {input: {n: integer}, output: {ok: boolean}, tiers: [{human: {question: "Is {n} right?"}}]}
  slow: {input: {n: integer}, output: {n: integer}, tiers: [{python: "desk:slow"}]}
flows:
  later:
    input: {n: integer}
    nodes:
      a: {agent: one, in: {n: input.n}}
      go: {wait: {event: approved, output: {ok: boolean}}, after: [a]}
      b: {agent: one, in: {n: a.n}, when: go.ok}
    output: {n: b.n}
  nap:
    input: {n: number}
    nodes:
      z: {wait: {for: input.n}}
      b: {agent: one, in: {n: 1}, after: [z]}
    output: {n: b.n}
  ask:
    input: {n: integer}
    nodes:
      a: {agent: one, in: {n: input.n}}
      ok: {agent: boss, in: {n: a.n}}
      b: {agent: one, in: {n: a.n}, when: ok.ok}
    output: {n: b.n}
  long:
    input: {n: integer}
    nodes:
      s: {agent: slow, in: {n: input.n}}
    output: {n: s.n}
"""
CODE = """\
import asyncio


def one(n):
    return {"n": n + 1}


async def slow(n):
    await asyncio.sleep(60)
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose runs wait."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT)
    (tmp_path / "desk.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(pantheon: Pantheon, flow: str, n: float = 1) -> str:
    """Run a flow until it waits."""
    return pantheon("run", flow, f"n={n}", "--no-wait", "--json").json["run"]


@pytest.mark.usefixtures("desk")
def test_a_signal_lets_the_run_go_on(pantheon: Pantheon) -> None:
    """What is signalled is checked first: a name nobody knows, a wrong type, a second time."""
    run = start(pantheon, "later")
    unknown = pantheon("runs", "signal", run, "approvd")
    wrong = pantheon("runs", "signal", run, "approved", "--data", '{"ok": 3}')
    done = pantheon("runs", "signal", run, "approved", "--data", '{"ok": true}', "--json")
    again = pantheon("runs", "signal", run, "approved", "--data", '{"ok": false}')

    assert (unknown.code, "Did you mean `approved`?" in unknown.err) == (6, True)
    assert (wrong.code, "must be boolean" in wrong.err) == (9, True)
    assert (done.code, done.json["output"]) == (0, {"n": 3})
    assert (again.code, "the first one stands" in again.err) == (9, True)


@pytest.mark.usefixtures("desk")
def test_a_signal_may_be_recorded_for_later(pantheon: Pantheon) -> None:
    """`--no-resume` leaves the run waiting; `runs resume` goes on with it."""
    run = start(pantheon, "later")
    kept = pantheon("runs", "signal", run, "approved", "--data", '{"ok": true}', "--no-resume")

    assert (kept.code, kept.out) == (0, "")
    assert pantheon("runs", "show", run, "--json").json["state"] == "waiting"
    assert pantheon("runs", "resume", run, "--json").json["output"] == {"n": 3}


@pytest.mark.usefixtures("desk")
def test_wake_goes_on_with_what_is_due(pantheon: Pantheon) -> None:
    """A run whose time has not come stays; the next time is told."""
    nothing = pantheon("runs", "wake")
    soon, late = start(pantheon, "nap", 0.01), start(pantheon, "nap", 3600)
    shown = pantheon("runs", "show", late)
    woken = pantheon("runs", "wake", "--json")

    assert nothing.out == "No run's time has come.\n"
    assert "pantheon runs wake" in shown.err
    assert [item["run"] for item in woken.json["items"]] == [soon]
    assert woken.json["next_due"] is not None
    assert pantheon("runs", "show", late, "--json").json["state"] == "waiting"


@pytest.mark.usefixtures("desk")
def test_a_waiting_run_is_cancelled_once(pantheon: Pantheon) -> None:
    """The reason is in the record; a second time says that it has ended."""
    run = start(pantheon, "ask")
    first = pantheon("runs", "cancel", run, "--why", "wrong input")
    second = pantheon("runs", "cancel", run)

    assert (first.code, first.out) == (0, f"{run} is cancelled\n")
    assert (second.code, second.out) == (0, f"{run} is cancelled already\n")
    assert "wrong input" in pantheon("runs", "why", run, "b").out


def test_a_run_of_another_process_is_cancelled_within_two_seconds(
    pantheon: Pantheon, desk: Path
) -> None:
    """That process ends it, and says so in its exit code; until then it is busy."""
    words = [sys.executable, "-m", "pantheon.cli", "run", "long", "n=1"]
    with subprocess.Popen(words, cwd=desk, env=dict(os.environ), stderr=subprocess.PIPE) as other:
        run = _wait_for_run(pantheon)
        busy = pantheon("runs", "migrate", run)
        said = pantheon("runs", "cancel", run, "--why", "too slow")
        other.communicate(timeout=20)

    assert busy.code == 7
    assert (said.code, said.out) == (0, f"{run} is cancelled\n")
    assert other.returncode == 10


def _wait_for_run(pantheon: Pantheon) -> str:
    for _ in range(200):
        runs = pantheon("runs", "list", "--flow", "long", "--json").json["items"]
        if runs:
            shown = pantheon("runs", "show", runs[0]["id"])
            if "at work" in shown.out:
                return runs[0]["id"]
        time.sleep(0.05)
    raise AssertionError("the other process never began")


def test_migrate_explains_and_then_does_it(pantheon: Pantheon, desk: Path) -> None:
    """Text for people, exit code 0; the run goes on with the new definition."""
    run = start(pantheon, "ask")
    same = pantheon("runs", "migrate", run)
    text = (desk / "pantheon.yaml").read_text()
    text = text.replace("Is {n} right?", "Is {n} really right?")
    (desk / "pantheon.yaml").write_text(text)
    told = pantheon("runs", "migrate", run)
    done = pantheon("runs", "migrate", run, "--apply")
    pantheon("resume", run)

    assert same.out == f"{run} is on its flow as it is now already\n"
    assert re.sub(r"q[0-9a-f]{16}", "QUESTION", told.steady) == snapshot("""\
run ID (waiting) on flow 'ask' as it is now
            what               why
kept        a
runs again  ok                 its agent 'boss' changed
withdrawn   ID  Is { "n": 2 } right?
nothing is changed yet; do it with: pantheon runs migrate ID --apply
""")
    assert done.out.splitlines()[-1] == f"migrated; go on with: pantheon resume {run}"
    (item,) = pantheon("inbox", "list", "--json").json["items"]
    assert item["text"].endswith("really right?")


def test_an_impossible_migration_says_why(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 3, and the run is as it was."""
    run = start(pantheon, "ask")
    text = (desk / "pantheon.yaml").read_text()
    head, _, tail = text.partition("  ask:\n    input: {n: integer}")
    (desk / "pantheon.yaml").write_text(head + "  ask:\n    input: {n: integer, m: integer}" + tail)
    told = pantheon("runs", "migrate", run)

    assert (told.code, "impossible" in told.out) == (3, True)
    assert pantheon("runs", "migrate", run, "--apply").code == 9
