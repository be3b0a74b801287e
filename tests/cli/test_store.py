"""`pantheon store`: compact, verify, backup and path, as a user calls them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.ids import RunId, hash_json
from pantheon.store import NodeResult, Run, Store
from tests.cli.conftest import Pantheon

DATABASE = Path(".pantheon") / "pantheon.db"


@pytest.fixture
def old_run(desk: Path) -> str:
    """A run that ended in 1970, with one result."""
    run = RunId("r0000000000000001")
    (desk / ".pantheon").mkdir()
    with Store.open(desk / DATABASE, clock=FakeClock()) as store:
        store.runs.create(Run(run, "support", hash_json("f"), {}, "done", 1.0, "cli", finished=2.0))
        store.journal.record(
            NodeResult(run, "triage", -1, "ok", {"text": "x" * 2000}, None, 1, 1.0, 2.0, seq=1)
        )
    return run


def results(desk: Path, run: str) -> int:
    """How many results a run has."""
    with Store.open(desk / DATABASE, clock=FakeClock()) as store:
        return len(store.journal.results(run))


def test_old_runs_are_compacted_when_told_for_how_long(
    desk: Path, pantheon: Pantheon, old_run: str
) -> None:
    """A dry run counts the same and removes nothing; without a time nothing is old."""
    assert pantheon("store", "compact", "--json").json["runs"] == 0
    dry = pantheon("store", "compact", "--keep", "30d", "--dry-run", "--json").json
    assert results(desk, old_run) == 1
    real = pantheon("store", "compact", "--keep", "30d", "--json").json

    assert results(desk, old_run) == 0
    assert (dry["dry_run"], real["dry_run"]) == (True, False)
    assert dry["runs"] == real["runs"] == 1
    assert dry["removed"] == real["removed"]
    assert (real["removed"]["node_results"], real["removed"]["blobs"]) == (1, 1)
    assert real["bytes"]["after"] == (desk / DATABASE).stat().st_size
    assert real["unfinished"] is None


def test_a_compaction_is_told_in_words(pantheon: Pantheon, old_run: str) -> None:
    """What would go, what went, and what that saved."""
    dry = pantheon("store", "compact", "--keep", "1h", "--dry-run")
    assert "to be removed  rows\nnode results      1\n" in dry.out
    assert "1 run would lose the results of nodes" in dry.out
    real = pantheon("store", "compact", "--keep", "1h")
    assert real.code == 0
    assert "removed" in real.out
    assert " MB -> " in real.out
    assert old_run in pantheon("runs", "list").out


@pytest.mark.parametrize("wrong", ["30", "-1d", "soon", "1y", "1e9d"])
def test_a_time_that_is_none_is_refused(desk: Path, pantheon: Pantheon, wrong: str) -> None:
    """The message shows how a time is written."""
    said = pantheon("store", "compact", f"--keep={wrong}")

    assert said.code == 2
    assert "30d" in said.err
    assert not (desk / DATABASE).exists()


def test_a_busy_database_is_told(desk: Path, pantheon: Pantheon, old_run: str) -> None:
    """A reader in the way: everything is removed, and the rest is said."""
    reader = sqlite3.connect(desk / DATABASE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchone()
    try:
        said = pantheon("store", "compact", "--keep", "1d")
    finally:
        reader.close()

    assert said.code == 0
    assert "not made smaller: Another program is reading" in said.err
    assert results(desk, old_run) == 0


def test_a_sound_database_is_verified(pantheon: Pantheon, old_run: str) -> None:
    """Exit code 0, and how much was read."""
    assert old_run
    said = pantheon("store", "verify")

    assert (said.code, said.err) == (0, "")
    assert said.out == "sound: all rows and 1 large value were read and checked\n"
    assert pantheon("store", "verify", "--json").json["sound"] is True


def test_damage_is_named_and_fails(desk: Path, pantheon: Pantheon, old_run: str) -> None:
    """Exit code 8, the damaged value, and what to do."""
    assert old_run
    with sqlite3.connect(desk / DATABASE) as database:
        (name,) = database.execute("SELECT hash FROM blobs").fetchone()
        database.execute("UPDATE blobs SET data = x'00'")
    database.close()

    said = pantheon("store", "verify")
    assert said.code == 8
    assert f"damaged: value {name}" in said.out
    assert "fix: restore" in said.err
    told = pantheon("store", "verify", "--json")
    assert (told.code, told.json["damaged"]) == (8, [name])


def test_a_backup_is_a_database(
    desk: Path, pantheon: Pantheon, old_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the runs, is never written over, and is named relative to the folder."""
    monkeypatch.chdir("/")
    said = pantheon("-C", str(desk), "store", "backup", "copy.db")

    assert (said.code, said.out) == (0, f"{desk / 'copy.db'}\n")
    with Store.open(desk / "copy.db", clock=FakeClock()) as copy:
        assert copy.runs.get(old_run).state == "done"
    again = pantheon("-C", str(desk), "store", "backup", "copy.db", "--json")
    assert again.code == 8
    assert "exists already" in again.json["error"]["message"]


def test_the_path_is_printed_and_nothing_made(desk: Path, pantheon: Pantheon) -> None:
    """For scripts: where the database is or will be."""
    assert pantheon("store", "path").out == f"{desk / DATABASE}\n"
    assert pantheon("store", "path", "--json").json == {"file": str(desk / DATABASE)}
    assert not (desk / ".pantheon").exists()
