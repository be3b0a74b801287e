"""Databases of every past schema open, keep all their rows, and can be worked with.

`old/schema-N.sql` was written by the program that had schema N: runs that ended, runs that wait for
a person, and a record of every other kind. The files never change; a new schema adds one.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from pantheon.clock import FakeClock
from pantheon.ids import RunId
from pantheon.store import Store, read_schema
from pantheon.store._schema import MIGRATIONS

OLD = sorted(Path(__file__).with_name("old").glob("*.sql"))
NEWEST = MIGRATIONS[-1].number
REMADE = {"migrations"}
"""Tables to which a migration itself adds rows."""


def restore(dump: Path, path: Path) -> Path:
    """The database that was dumped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.executescript(dump.read_text())
    return path


def rows(path: Path) -> dict[str, int]:
    """Table → how many rows."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        count = "SELECT count(*) FROM "
        return {name: file.execute(f'{count}"{name}"').fetchone()[0] for (name,) in names}


def number(dump: Path) -> int:
    """The schema of a dump."""
    return int(dump.stem.removeprefix("schema-"))


def test_the_old_databases_are_frozen() -> None:
    """What a past program wrote does not change; every schema but the newest ones is here."""
    found = {dump.name: hashlib.sha256(dump.read_bytes()).hexdigest()[:16] for dump in OLD}
    assert found == snapshot(
        {
            "schema-1.sql": "4a1655ac2f49d84e",
            "schema-2.sql": "d240c8c9f03f3a47",
            "schema-3.sql": "9569d946469ab8fb",
        }
    )


@pytest.mark.parametrize("dump", OLD, ids=lambda dump: dump.stem)
def test_an_old_database_keeps_all_its_rows(dump: Path, path: Path) -> None:
    """Opening it brings it up to date; every row is still there, whole, and can be read."""
    before = rows(restore(dump, path))
    with Store.open(path, clock=FakeClock()) as store:
        assert store.verify().sound
        runs = store.runs.list()
        assert len(runs) == before["runs"]
        results = [result for run in runs for result in store.journal.results(run.id)]
        assert len(results) >= before["node_results"] - 1  # one belongs to no run
        assert sum(len(store.events.since(run.id)) for run in runs) >= before["events"] - 1
        assert store.answers.count() == before["answers"]
        assert {item.state for item in store.inbox.list()} == {"open"}
    after = rows(path)
    assert {name: after[name] for name in before if name not in REMADE} == {
        name: count for name, count in before.items() if name not in REMADE
    }


@pytest.mark.parametrize("dump", OLD, ids=lambda dump: dump.stem)
def test_looking_at_a_schema_changes_nothing(dump: Path, path: Path) -> None:
    """What would be applied, and where the copy will be; once it is open, nothing is left to do."""
    content = restore(dump, path).read_bytes()
    state = read_schema(path)
    assert (state.found, state.latest) == (number(dump), NEWEST)
    assert [step.number for step in state.pending] == list(range(number(dump) + 1, NEWEST + 1))
    assert path.read_bytes() == content
    assert state.backup is not None
    assert not state.backup.exists()

    Store.open(path, clock=FakeClock()).close()
    after = read_schema(path)
    assert (after.found, after.pending, after.backup) == (NEWEST, (), None)
    assert rows(state.backup)["runs"] == rows(path)["runs"]


def test_a_database_that_is_not_there_has_nothing_pending(path: Path) -> None:
    """Looking makes no file."""
    state = read_schema(path)
    assert (state.found, state.pending, state.backup) == (0, (), None)
    assert not path.exists()


def test_a_run_that_waits_is_known_after_all_migrations(path: Path) -> None:
    """Its question can be found and its results are those it had."""
    restore(OLD[0], path)
    with Store.open(path, clock=FakeClock()) as store:
        waiting = [run for run in store.runs.list() if run.state == "waiting"]
        assert len(waiting) == 2
        for run in waiting:
            assert {r.node: r.state for r in store.journal.results(RunId(run.id))} == {
                "triage": "waiting",
                "measure": "ok",
            }
