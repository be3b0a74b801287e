"""Programs that follow a run at the command line, and how a run is to be done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROJECT, Pantheon, Said

PAUSED = """\
  later:
    input: {text: string}
    nodes:
      pause: {wait: {for: 2h}}
      measure: {agent: measure, in: {text: input.text}, after: pause}
    output: {words: measure.words}
router:"""
MEMORY = """\
  noted:
    input: {text: string}
    nodes:
      measure: {agent: measure, in: {text: input.text}, writes: {memory.words: output.words}}
    output: {words: measure.words}
memory: {words: {scope: user, type: integer, initial: 0}}
router:"""


def lines(said: Said) -> list[dict[str, Any]]:
    """Standard output as JSON lines."""
    return [json.loads(line) for line in said.out.splitlines()]


@pytest.mark.usefixtures("desk")
def test_json_lines_are_the_events_and_then_the_result(pantheon: Pantheon) -> None:
    """Every line is an object; the last one is what `--json` prints."""
    told = lines(said := pantheon("run", "support", "text=My card was stolen", "--json-lines"))

    kinds = [line["event"] for line in told]
    assert said.code == 0
    assert (kinds[0], kinds[-2:]) == ("run_started", ["run_finished", "result"])
    answered = [line["node"] for line in told if line["event"] == "answered"]
    assert sorted(answered) == ["file", "measure", "triage"]
    assert told[-2]["output"] == told[-1]["output"] == {"team": "cards", "folder": "cards/fast"}
    assert {line["run"] for line in told} == {told[-1]["run"]}


@pytest.mark.usefixtures("desk")
def test_an_error_is_one_line_too(pantheon: Pantheon) -> None:
    """With the exit code it always has."""
    (told,) = lines(said := pantheon("run", "support", "txt=oops", "--json-lines"))

    assert (said.code, told["event"], told["error"]["kind"]) == (9, "error", "input")


@pytest.mark.usefixtures("desk")
def test_a_question_ends_the_lines_with_a_run_that_waits(pantheon: Pantheon) -> None:
    """Exit code 5: a person must answer."""
    told = lines(said := pantheon("run", "support", "text=Good morning", "--json-lines"))

    assert (said.code, told[-2]["event"], told[-1]["state"]) == (5, "run_waiting", "waiting")


def test_no_wait_ends_where_a_time_is_waited_for(desk: Path, pantheon: Pantheon) -> None:
    """The run goes on when its time has come and somebody resumes it."""
    (desk / "pantheon.yaml").write_text(PROJECT.replace("router:", PAUSED))
    said = pantheon("run", "later", "text=x", "--no-wait", "--json")

    assert (said.code, said.json["state"]) == (5, "waiting")
    assert pantheon("runs", "list", "--state", "waiting", "--json").json["items"]


@pytest.mark.usefixtures("desk")
def test_a_run_in_memory_leaves_nothing_behind(pantheon: Pantheon) -> None:
    """`--durability memory` is for trying things out."""
    said = pantheon("run", "support", "text=my card", "--durability", "memory", "--json")

    assert said.json["state"] == "done"
    assert pantheon("runs", "list", "--json").json["items"] == []


@pytest.mark.usefixtures("desk")
def test_a_timeout_is_a_time(pantheon: Pantheon) -> None:
    """A bare number is refused with an example; a time in which all is done changes nothing."""
    assert pantheon("run", "support", "text=my card", "--timeout", "30s").code == 0
    said = pantheon("run", "support", "text=my card", "--timeout", "soon")

    assert said.code == 2
    assert "such as 30d" in said.err


def test_memory_is_listed_read_changed_and_looked_up(desk: Path, pantheon: Pantheon) -> None:
    """Written by a run for a user, and by hand."""
    (desk / "pantheon.yaml").write_text(PROJECT.replace("router:", MEMORY))
    assert pantheon("memory", "list").out == "Nothing is remembered.\n"
    run = pantheon("run", "noted", "text=a b c", "--user", "ada", "--json").json["run"]
    pantheon("memory", "set", "user", "bob", "words", "7")

    listed = pantheon("memory", "list", "--json").json["items"]
    assert [(i["owner"], i["value"]) for i in listed] == [("ada", 3), ("bob", 7)]
    assert pantheon("memory", "list", "--owner", "bob").out.splitlines()[1].split()[3] == "7"
    assert pantheon("memory", "get", "user", "ada", "words").out == "3\n"
    assert pantheon("memory", "get", "user", "eve", "words", "--json").json["value"] == 0
    (write,) = pantheon("memory", "history", "user", "ada", "words", "--json").json["items"]
    assert (write["run"], write["node"]) == (run, "measure")
    assert pantheon("memory", "delete", "user", "ada", "words").code == 0
    assert pantheon("memory", "get", "user", "ada", "words").out == "0\n"


def test_memory_takes_only_what_is_declared(desk: Path, pantheon: Pantheon) -> None:
    """A value of another type is an input error, an unknown name is not found."""
    (desk / "pantheon.yaml").write_text(PROJECT.replace("router:", MEMORY))

    assert pantheon("memory", "set", "user", "ada", "words", "many").code == 9
    assert pantheon("memory", "get", "user", "ada", "letters").code == 6
    assert pantheon("memory", "get", "flow", "nothing", "words").code == 6
