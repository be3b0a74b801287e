"""`pantheon store migrate`: an old database is looked at, brought up to date, and worked with."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Pantheon

OLD = Path(__file__).parents[1] / "store" / "old"
DATABASE = Path(".pantheon") / "pantheon.db"


def put(desk: Path, schema: int) -> Path:
    """A project that was left with a database of an old schema."""
    (desk / ".pantheon").mkdir()
    file = desk / DATABASE
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript((OLD / f"schema-{schema}.sql").read_text())
    return file


def schema_of(file: Path) -> int:
    """The number in the file."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def test_it_says_what_it_would_do_then_does_it_then_has_nothing_to_do(
    desk: Path, pantheon: Pantheon
) -> None:
    """Each step by name, and where the copy lies."""
    file = put(desk, 3)
    dry = pantheon("store", "migrate", "--dry-run")
    assert dry.code == 0
    assert "pantheon.db: schema 3 -> " in dry.out
    assert "would apply 4: versions of definitions, and which of them answer\n" in dry.out
    assert f"first, a copy to {file}.backup-3\n" in dry.out
    assert pantheon("store", "migrate", "--check", "--json").json["status"] == "would"
    assert pantheon("store", "migrate", "--check").code == 3
    assert schema_of(file) == 3

    done = pantheon("store", "migrate", "--json").json
    assert (done["status"], done["schema"]["found"]) == ("applied", 3)
    assert schema_of(Path(done["backup"])) == 3
    assert schema_of(file) == done["schema"]["latest"]

    again = pantheon("store", "migrate", "--check")
    assert (again.code, again.out[:10]) == (0, "already so")
    assert pantheon("store", "migrate", "--json").json["status"] == "already"


def test_without_a_database_there_is_nothing_to_do(desk: Path, pantheon: Pantheon) -> None:
    """And none is made."""
    said = pantheon("store", "migrate")
    assert (said.code, said.out[:38]) == (0, "already so: there is no database yet; ")
    assert pantheon("store", "migrate", "--json").json["schema"]["found"] is None
    assert not (desk / ".pantheon").exists()


def test_a_newer_database_is_refused_and_left_alone(desk: Path, pantheon: Pantheon) -> None:
    """The way out is to upgrade, not to lose it."""
    file = put(desk, 3)
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")
    said = pantheon("store", "migrate")
    assert said.code == 8
    assert "newer Pantheon (schema 99" in said.err
    assert schema_of(file) == 99


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_a_run_of_an_old_database_is_answered_and_ends(
    desk: Path, pantheon: Pantheon, schema: int
) -> None:
    """What waited for a person under an old program goes on under this one."""
    put(desk, schema)
    open_ones = pantheon("inbox", "list", "--json").json["items"]
    question = next(item for item in open_ones if item["agent"] == "triage")
    said = pantheon("inbox", "answer", question["question"], "team=cards")
    assert said.code == 0, said.err
    shown = pantheon("runs", "show", question["run"], "--json").json
    assert shown["state"] == "done"
    assert shown["output"]["team"] == "cards"
