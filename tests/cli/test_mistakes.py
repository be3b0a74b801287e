"""A user's mistake gets a sentence, the fix and an exit code; never a traceback."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.cli.conftest import Pantheon, Said


def is_clean(said: Said) -> bool:
    """Neither output holds a traceback."""
    return "Traceback" not in said.out + said.err


def test_a_mistake_in_the_file_is_shown_in_its_place(pantheon: Pantheon, desk: Path) -> None:
    """File, line, column, excerpt, caret, fix; exit code 3."""
    text = (desk / "pantheon.yaml").read_text().replace("description: Which", "descripton: Which")
    (desk / "pantheon.yaml").write_text(text)
    said = pantheon("validate", "pantheon.yaml")

    assert said.code == 3
    assert said.err == snapshot("""\
pantheon.yaml:4:5: error[unknown-key]: `descripton` is not a key of agent `triage`.
  |
4 |     descripton: Which team should answer this customer message?
  |     ^^^^^^^^^^
  = fix: did you mean `description`?

1 mistake found.
""")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["rnu", "support"], 2, "Did you mean 'run'"),
        (["run", "suport", "text=x"], 6, "Did you mean 'support'"),
        (["run", "support", "--input", "{text: 1"], 9, "not valid JSON"),
        (["run", "support", "--input", "[1]"], 9, "JSON object"),
        (["run", "support", "--input", '{"text": NaN}'], 9, "not valid JSON"),
        (["run", "support", "--input", "@missing.json"], 9, "cannot be read"),
        (["run", "support", "--input", "{}"], 9, "text"),
        (["runs", "show", "r0000000000000000"], 6, "r0000000000000000"),
        (["resume", "nonsense"], 6, "nonsense"),
        (["inbox", "show", "nothing"], 6, "nothing"),
        (["agents", "show", "nobody"], 6, "triage, measure, file"),
        (["agents", "rollback", "triage"], 6, "nothing can be rolled back"),
        (["agents", "diff", "triage"], 6, "no versions"),
        (["feedback", "r0000000000000000", "--good"], 6, "r0000000000000000"),
        (["import", "stream", "missing.jsonl", "--agent", "triage"], 6, "missing.jsonl"),
        (["simulate", "--stream", "missing.jsonl"], 6, "missing.jsonl"),
        (["simulate"], 2, "one of --stream, --fleet"),
        (["simulate", "--stream", "x", "--fleet", "y"], 2, "one of --stream, --fleet"),
        (["simulate", "--fleet", "missing.yaml"], 6, "missing.yaml"),
        (["simulate", "--stream", "x", "--same", "judge:a"], 2, "normalised"),
        (["simulate", "--stream", "x", "--disagreement", "7"], 2, "between 0 and 1"),
        (["report", "--night", "n0000000000000000"], 6, "n0000000000000000"),
        (["-C", "missing", "validate"], 2, "missing"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_mistakes_name_the_thing_and_the_fix(
    pantheon: Pantheon, words: list[str], code: int, part: str
) -> None:
    """Each has its exit code and a sentence that names what was wrong."""
    said = pantheon(*words)

    assert is_clean(said)
    assert (said.code, part in said.err) == (code, True), said.err


@pytest.mark.usefixtures("desk")
def test_errors_are_json_for_programs(pantheon: Pantheon) -> None:
    """`--json` changes where an error goes and how it reads, not what it is."""
    said = pantheon("run", "nothing", "--json")

    assert said.code == 6
    assert said.json["error"]["kind"] == "not_found"
    assert said.err == ""


def test_outside_a_project_the_fix_is_told(
    pantheon: Pantheon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pantheon.yaml upwards: exit code 6, and -C as the way out."""
    monkeypatch.chdir(tmp_path)
    said = pantheon("validate")

    assert said.code == 6
    assert "pantheon -C DIR" in said.err


def test_a_huge_or_binary_input_is_refused(pantheon: Pantheon, desk: Path) -> None:
    """Neither is parsed."""
    (desk / "huge.json").write_text('{"text": "' + "x" * (17 * 2**20) + '"}')
    (desk / "binary.json").write_bytes(b"\x00\xff\xfe")

    assert "larger than" in pantheon("run", "support", "--input", "@huge.json").err
    assert "not UTF-8" in pantheon("run", "support", "--input", "@binary.json").err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("text=my \udc9b card",), "not UTF-8"),
        (("--input", '{"text": "my \\ud800 card"}'), "half a character"),
        (("--input", '{"text": 1e999}'), "too large"),
    ],
)
def test_what_is_no_text_or_number_is_refused_at_the_door(
    pantheon: Pantheon, desk: Path, words: tuple[str, ...], problem: str
) -> None:
    """Nothing that could not be kept begins to run."""
    said = pantheon("run", "support", *words)

    assert (said.code, is_clean(said)) == (9, True)
    assert problem in said.err


def test_a_limit_that_is_no_number_of_runs_is_refused(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 2, also for numbers the database cannot hold."""
    assert [pantheon("runs", "list", "--limit", n).code for n in ("-1", "9" * 20)] == [2, 2]


def test_numbers_that_the_database_cannot_hold_are_refused(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 9 wherever a number is kept."""
    huge = "9" * 20
    said = [
        pantheon("run", "support", "text=my card", "--seed", huge),
        pantheon("submit", "support", "text=my card", "--priority", huge),
    ]

    assert [(it.code, is_clean(it)) for it in said] == [(9, True), (9, True)]


@pytest.mark.parametrize(("name", "code"), [("morning.pdf", 2), ("pantheon.yaml/x.html", 8)])
def test_a_report_that_cannot_be_written_is_told(
    pantheon: Pantheon, desk: Path, name: str, code: int
) -> None:
    """An ending that names no form, and a place that is no folder."""
    said = pantheon("report", "-o", name)

    assert (said.code, is_clean(said)) == (code, True)
    assert not (desk / name).exists()


def test_a_corrupt_database_is_told_and_left_alone(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 8, and the file is as it was."""
    database = desk / ".pantheon" / "pantheon.db"
    database.parent.mkdir()
    database.write_bytes(b"this is no database" * 200)
    said = pantheon("runs", "list")

    assert (said.code, is_clean(said)) == (8, True)
    assert database.read_bytes() == b"this is no database" * 200


def test_a_newer_database_is_refused(pantheon: Pantheon, desk: Path) -> None:
    """A store written by a later version is not touched."""
    pantheon("run", "support", "text=my card")
    with sqlite3.connect(desk / ".pantheon" / "pantheon.db") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    said = pantheon("runs", "list")

    assert said.code == 8
    assert "newer" in said.err


def test_a_locked_database_says_who_must_finish(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 7: try again; nothing is lost."""
    pantheon("run", "support", "text=my card")
    holder = sqlite3.connect(desk / ".pantheon" / "pantheon.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        said = pantheon("run", "support", "text=my card")
    finally:
        holder.close()

    assert (said.code, is_clean(said)) == (7, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 8 with the folder's name."""
    desk.chmod(0o500)
    try:
        said = pantheon("run", "support", "text=my card")
    finally:
        desk.chmod(0o700)

    assert (said.code, is_clean(said)) == (8, True)


def test_a_folder_of_its_own_that_cannot_be_made_is_told(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 8 where something else is called `.pantheon`."""
    (desk / ".pantheon").write_text("mine")

    said = pantheon("run", "support", "text=my card")

    assert (said.code, is_clean(said)) == (8, True)
    assert "cannot be made" in said.err
    assert (desk / ".pantheon").read_text() == "mine"


def test_what_happened_is_kept_out_of_git(pantheon: Pantheon, desk: Path) -> None:
    """A database with what people asked is not committed by mistake."""
    pantheon("run", "support", "text=my card")

    assert (desk / ".pantheon" / ".gitignore").read_text() == "*\n"


def test_broken_lines_are_named_and_the_good_ones_kept(pantheon: Pantheon, desk: Path) -> None:
    """Exit code 9 tells a script; the good row is an example."""
    (desk / "log.jsonl").write_text(
        '{"id": "1", "input": {"text": "my card"}, "output": {"team": "cards"}}\n'
        "not json\n"
        '{"id": "3", "input": {"text": "hi"}, "output": {"team": "nobody"}}\n'
    )
    said = pantheon("import", "stream", "log.jsonl", "--agent", "triage")

    assert said.code == 9
    assert "log.jsonl:2" in said.err
    assert "log.jsonl:3" in said.err
    assert "1 examples of triage imported" in said.out


def test_terminal_escapes_in_an_answer_never_reach_the_terminal(
    pantheon: Pantheon, desk: Path
) -> None:
    """What a model or a user wrote is data."""
    code = (desk / "desk.py").read_text().replace('f"{team}/', 'f"\\x1b[2J\\u202e{team}/')
    (desk / "desk.py").write_text(code)
    said = pantheon("run", "support", "text=my card")

    assert "\x1b" not in said.out + said.err
    assert "\u202e" not in said.out + said.err
