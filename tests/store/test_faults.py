"""A damaged, foreign, newer, locked, unwritable or full database: a clear error, nothing lost."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy, PantheonError, StoreFault
from pantheon.ids import JsonObject, RunId
from pantheon.store import Signal, Store, Timer
from pantheon.store._database import Database
from pantheon.store._migrations import migrate
from pantheon.store._schema import MIGRATIONS, Migration
from tests.store import samples

NEWEST = MIGRATIONS[-1].number


def open_store(path: Path, busy_seconds: float = 5.0) -> Store:
    """Open with a clock that stands still."""
    return Store.open(path, clock=FakeClock(), busy_seconds=busy_seconds)


def fill(path: Path, answers: int = 200) -> None:
    """Make a database with something in it."""
    with open_store(path) as store, store.transaction():
        for i in range(answers):
            store.answers.add(samples.answer(f"a{i}"))


@contextlib.contextmanager
def raw(path: Path) -> Generator[sqlite3.Connection]:
    """SQLite without Pantheon."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def test_random_bytes_are_not_a_database(path: Path) -> None:
    """A file of noise is refused, named, and left as it is."""
    path.parent.mkdir()
    noise = random.Random(1).randbytes(8192)
    path.write_bytes(noise)

    with pytest.raises(StoreFault, match="is not a database") as caught:
        open_store(path)
    assert "backup" in caught.value.hint
    assert path.read_bytes() == noise


def test_a_truncated_database_is_found_at_once(path: Path) -> None:
    """Half a file is damage, not an empty store."""
    fill(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(StoreFault, match="damaged"):
        open_store(path)
    assert path.read_bytes() == whole[: len(whole) // 2]


def read_all(path: Path) -> None:
    """Open the store and read every answer."""
    with open_store(path) as store:
        store.answers.list()


def test_overwritten_pages_are_errors_never_wrong_data(path: Path) -> None:
    """Noise in the middle of the file: reading it is a StoreFault."""
    fill(path)
    data = bytearray(path.read_bytes())
    rng = random.Random(2)
    for start in range(8192, len(data), 8192):
        data[start : start + 2048] = rng.randbytes(2048)
    path.write_bytes(bytes(data))

    with pytest.raises(StoreFault, match="damaged"):
        read_all(path)


def test_a_damaged_blob_is_found(store: Store) -> None:
    """Verification hashes every blob again."""
    good, bad = store.blobs.put(b"good" * 500), store.blobs.put(b"bad" * 500)
    store._database.write("UPDATE blobs SET data = x'00' WHERE hash = ?", (bad,))

    found = store.verify()

    assert (found.blobs, found.damaged, found.sound) == (2, (bad,), False)
    assert store.blobs.get(good) == b"good" * 500
    with pytest.raises(StoreFault, match="damaged"):
        store.blobs.get(bad)


def test_a_newer_database_is_refused_untouched(path: Path) -> None:
    """A file of a later Pantheon says so, with both numbers."""
    fill(path)
    with raw(path) as database:
        database.execute("PRAGMA user_version = 999")
    before = path.read_bytes()

    with pytest.raises(
        StoreFault, match=rf"newer Pantheon \(schema 999; .* up to {NEWEST}\)"
    ) as caught:
        open_store(path)
    assert "pip install -U" in caught.value.hint
    assert path.read_bytes() == before


def test_someone_elses_database_is_refused(path: Path) -> None:
    """An SQLite file of another program is never written to."""
    path.parent.mkdir()
    with raw(path) as database:
        database.execute("CREATE TABLE theirs (x)")

    with pytest.raises(StoreFault, match="not one of Pantheon's"):
        open_store(path)


def test_a_locked_database_is_busy(path: Path) -> None:
    """Another program that holds the lock: Busy, and everything works once it lets go."""
    fill(path, answers=1)
    with open_store(path, busy_seconds=0.05) as store, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="Another program holds"):
            store.answers.add(samples.answer("new"))
        with pytest.raises(Busy), store.transaction():
            pytest.fail("a transaction began in spite of the lock")
        assert store.answers.count() == 1  # reading goes on
        other.execute("ROLLBACK")

        store.answers.add(samples.answer("new"))
        assert store.answers.count() == 2


def add_many(store: Store) -> None:
    """A thousand answers in one transaction."""
    with store.transaction():
        for i in range(1000):
            store.answers.add(samples.answer(f"more {i}"))


def test_a_full_disk_keeps_what_was_committed(path: Path) -> None:
    """No room: the write fails as a whole, the rest stays readable, and space cures it."""
    fill(path, answers=50)
    with open_store(path) as store:
        pages = store._database.scalar("PRAGMA page_count")
        store._database.write(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreFault, match="is full") as caught:
            add_many(store)
        assert "Free some space" in caught.value.hint
        assert store.answers.count() == 50

        store._database.write("PRAGMA max_page_count = 1000000")
        store.answers.add(samples.answer("after"))
        assert store.answers.count() == 51
        assert store.verify().sound


def run_child(code: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_disk_limit_of_the_system_is_survived(path: Path) -> None:
    """The kernel refuses to let the file grow: StoreFault, and what was written is whole."""
    code = """
        import resource, sys
        from pathlib import Path
        from pantheon.clock import FakeClock
        from pantheon.errors import StoreFault
        from pantheon.store import Store
        with Store.open(Path(sys.argv[1]), clock=FakeClock()) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
            try:
                for i in range(100_000):
                    store.monitors.set(f"agent {i}", {"x": i, "text": "word " * 100})
            except StoreFault as fault:
                print(i, fault.message, fault.hint)
    """
    done = run_child(code, path)
    assert "The disk with the database" in done.stdout, done.stderr
    written = int(done.stdout.split()[0])
    with open_store(path) as store:
        assert store.verify().sound
        for i in range(written):
            assert store.monitors.get(f"agent {i}") is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    """A folder that cannot be written: the error says which."""
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(StoreFault, match="cannot be created"):
            open_store(tmp_path / "pantheon.db")
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_paths_that_cannot_hold_a_database_are_named(tmp_path: Path) -> None:
    """A folder in place of the file, or a file in place of the folder."""
    with pytest.raises(StoreFault, match="cannot be opened"):
        open_store(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreFault, match="cannot be created"):
        open_store(tmp_path / "file" / "pantheon.db")


def test_the_file_is_readable_only_by_its_owner(path: Path) -> None:
    """The store holds the user's work: nobody else may read it."""
    fill(path, answers=1)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


LATER = Migration(
    NEWEST + 1, "later step", ("ALTER TABLE runs ADD COLUMN extra TEXT", "CREATE TABLE more (x)")
)


def test_a_migration_is_recorded_and_backed_up(path: Path) -> None:
    """An older file is copied first, then changed, and remembers what was applied."""
    fill(path, answers=3)
    database = Database(str(path), durability="fast", busy_seconds=1)
    migrate(database, clock=FakeClock(5.0), migrations=[*MIGRATIONS, LATER])
    migrate(database, clock=FakeClock(6.0), migrations=[*MIGRATIONS, LATER])

    assert database.scalar("PRAGMA user_version") == NEWEST + 1
    later = database.rows("SELECT number, name, applied FROM migrations WHERE name = 'later step'")
    assert later == [(NEWEST + 1, "later step", 5.0)]
    database.close()
    with open_store(Path(f"{path}.backup-{NEWEST}")) as backup:
        assert backup.answers.count() == 3
    with pytest.raises(StoreFault, match="newer"):
        open_store(path)


def test_a_database_of_the_first_release_is_brought_up_to_date(path: Path) -> None:
    """Its rows stay, new columns have their defaults, and a copy of the old file is kept."""
    path.parent.mkdir()
    database = Database(str(path), durability="fast", busy_seconds=1)
    migrate(database, clock=FakeClock(), migrations=MIGRATIONS[:1])
    database.write(
        "INSERT INTO runs (id, flow, flow_hash, input, state, created, cause, seed) "
        "VALUES ('r1', 'f', 'b2:0', '{}', 'done', 1, 'cli', 0)"
    )
    database.write(
        'INSERT INTO node_results (run, node, "index", state, attempts, started, finished) '
        "VALUES ('r1', 'a', -1, 'ok', 1, 1, 2)"
    )
    database.close()

    with open_store(path) as store:
        run = store.runs.get("r1")
        assert (run.flow, run.priority, run.parent, run.compacted) == ("f", 0, None, None)
        assert [(r.node, r.seq, r.note) for r in store.journal.results("r1")] == [("a", 0, None)]
        assert store.verify().sound
    with raw(Path(f"{path}.backup-1")) as backup:
        assert backup.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    """All statements of a migration, or none."""
    fill(path, answers=3)
    broken = Migration(NEWEST + 1, "broken", ("CREATE TABLE more (x)", "CREATE TABLE answers (x)"))
    database = Database(str(path), durability="fast", busy_seconds=1)
    with pytest.raises(PantheonError):
        migrate(database, clock=FakeClock(), migrations=[*MIGRATIONS, broken])
    database.close()

    with open_store(path) as store:
        assert store.answers.count() == 3


def test_a_later_migration_that_fails_takes_the_others_back(path: Path) -> None:
    """The file stays as it was, and its copy is made once however often that is tried."""
    make_old(path)
    broken = Migration(NEWEST + 1, "broken", ("CREATE TABLE more (x)", "CREATE TABLE answers (x)"))
    for _ in range(2):
        database = Database(str(path), durability="fast", busy_seconds=1)
        with pytest.raises(PantheonError):
            migrate(database, clock=FakeClock(), migrations=[*MIGRATIONS, broken])
        assert database.scalar("PRAGMA user_version") == 3
        tables = database.rows("SELECT name FROM sqlite_master WHERE name IN ('releases', 'more')")
        assert tables == []
        database.close()
    assert [file.name for file in path.parent.glob("*.backup-*")] == [f"{path.name}.backup-3"]


def make_old(path: Path) -> None:
    """A database of schema 3 with a request, and the same asked again by the night."""
    path.parent.mkdir()
    database = Database(str(path), durability="fast", busy_seconds=1)
    migrate(database, clock=FakeClock(), migrations=MIGRATIONS[:3])
    tried = '[{"tier": "night", "reason": "again", "detail": ""}]'
    for id, said in (("a1", None), ("a2", tried), ("a3", "b2:somewhere-else")):
        database.write(
            "INSERT INTO answers (id, agent, version, at, input, tier, accepted, source, "
            'label_propensity, local, tokens_in, tokens_out, cost_usd, latency, "index", tried) '
            "VALUES (?, 'x', 'b2:v', 1, '{}', 'cloud', '', 'model', 1, 0, 0, 0, 0, 0, -1, ?)",
            (id, said),
        )
    database.close()


def test_what_a_night_asked_again_is_known_as_such_from_then_on(path: Path) -> None:
    """Older rows say so only in what was tried."""
    make_old(path)
    open_store(path).close()
    with raw(path) as file:
        found = file.execute("SELECT id, role FROM answers ORDER BY id").fetchall()
    assert found == [("a1", ""), ("a2", "again"), ("a3", "")]


def test_two_programs_may_open_an_old_database_at_once(path: Path) -> None:
    """One brings it up to date, the other waits for it; the copy is of the old schema."""
    make_old(path)
    with ThreadPoolExecutor(4) as pool:
        opened = [pool.submit(lambda: open_store(path).close()) for _ in range(4)]
    for one in opened:
        one.result()
    with raw(Path(f"{path}.backup-3")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (3,)
    assert len(list(path.parent.glob("*.backup-*"))) == 1


def test_closing_twice_and_memory_only_are_fine(tmp_path: Path) -> None:
    """`memory` writes nothing to disk, whatever path was named."""
    store = Store.open(tmp_path / "none.db", clock=FakeClock(), durability="memory")
    store.answers.add(samples.answer("a1"))
    store.close()
    store.close()

    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_a_working_copy(path: Path, tmp_path: Path) -> None:
    """A copy taken while open holds the committed state; it never overwrites."""
    fill(path, answers=3)
    with open_store(path) as store:
        store.backup(tmp_path / "copy.db")
        with pytest.raises(StoreFault, match="exists already"):
            store.backup(tmp_path / "copy.db")
    with open_store(tmp_path / "copy.db") as copy:
        assert copy.answers.count() == 3
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_copy_that_cannot_be_made_is_not_left_half(path: Path, tmp_path: Path) -> None:
    """The error names the copy, and no file is left; the remains of a killed one do not matter."""
    fill(path, answers=3)
    (tmp_path / "file").write_text("x")
    (tmp_path / "copy.db.partial").write_text("killed in the middle")
    with open_store(path) as store:
        with pytest.raises(
            StoreFault, match=r"The copy .*file/copy.db cannot be written"
        ) as caught:
            store.backup(tmp_path / "file" / "copy.db")
        assert caught.value.hint
        store.backup(tmp_path / "copy.db")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["copy.db", "file", "state"]


def test_a_copy_for_which_there_is_no_room_is_not_left_half(path: Path, tmp_path: Path) -> None:
    """The kernel refuses to let the copy grow: a fault that names it, and no file."""
    fill(path, answers=2000)
    code = """
        import resource, sys
        from pathlib import Path
        from pantheon.clock import FakeClock
        from pantheon.errors import StoreFault
        from pantheon.store import Store
        with Store.open(Path(sys.argv[1]), clock=FakeClock()) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            try:
                store.backup(Path(sys.argv[2]))
            except StoreFault as fault:
                print(fault.message, fault.hint)
    """
    target = tmp_path / "copies" / "copy.db"
    said = run_child(code, path, target).stdout

    assert said.startswith(f"The copy {target} cannot be written"), said
    assert list(target.parent.iterdir()) == []


# -------------------------------------------------------------- every way to write, every fault

NOISE = random.Random(3).randbytes(100_000).hex()
WRITES: dict[str, Callable[[Store], object]] = {
    "create": lambda s: s.runs.create(dataclasses.replace(samples.run("new"), input=large())),
    "create leased": lambda s: s.runs.create_leased(
        dataclasses.replace(samples.run("new"), input=large()), "me", 60
    ),
    "finish": lambda s: s.runs.finish(
        "r1", state="done", output=large(), failure=None, finished=1.0, owner="me"
    ),
    "cancel": lambda s: s.runs.request_cancel("r1", NOISE),
    "result": lambda s: s.journal.record(dataclasses.replace(samples.result("b"), output=large())),
    "event": lambda s: s.events.append(RunId("r1"), "said", None, large()),
    "context": lambda s: s.context.write(samples.context_write(2, value=large())),
    "memory": lambda s: s.memory.set(samples.memory_write(large())),
    "signal": lambda s: s.signals.send(Signal(RunId("r1"), "go", large(), at=1.0)),
    "timer": lambda s: s.timers.set(Timer(RunId("r1"), NOISE, -1, due=1.0)),
    "cache": lambda s: s.cache.put(dataclasses.replace(samples.cached("k"), output=large())),
    "fork": lambda s: s.fork(
        "r1", dataclasses.replace(samples.run("r2"), cause=NOISE), {("a", -1)}
    ),
    "answer": lambda s: s.answers.add(dataclasses.replace(samples.answer("new"), output=large())),
    "question": lambda s: s.inbox.ask(dataclasses.replace(samples.question(), input=large())),
    "work": lambda s: s.queue.submit(dataclasses.replace(samples.queued("w"), input=large())),
}
"""Each needs more room than there is on a full disk."""


def large() -> JsonObject:
    """A value that does not compress."""
    return {"noise": NOISE}


@contextlib.contextmanager
def locked(store: Store, path: Path) -> Generator[None]:
    """Another process has begun to write."""
    del store
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def read_only(store: Store, path: Path) -> Generator[None]:
    """SQLite may not write."""
    del path
    store._database.row("PRAGMA query_only = 1")
    yield
    store._database.row("PRAGMA query_only = 0")


@contextlib.contextmanager
def full(store: Store, path: Path) -> Generator[None]:
    """The database may grow by one page only."""
    del path
    pages = store._database.scalar("PRAGMA page_count")
    store._database.row(f"PRAGMA max_page_count = {pages + 1}")
    yield
    store._database.row("PRAGMA max_page_count = 1000000")


FAULTS = {
    "locked": (locked, Busy, "Another program holds"),
    "read-only": (read_only, StoreFault, "cannot be written"),
    "full": (full, StoreFault, "is full"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_fails_leaves_nothing(path: Path, write: str, fault: str) -> None:
    """Whatever is written and whatever is wrong: a typed error with a hint, nothing half
    written, and the same write succeeds once the cause is gone.
    """
    wrong, kind, words = FAULTS[fault]
    with open_store(path, busy_seconds=0.02) as store:
        store.runs.create(samples.run("r1"))
        store.journal.record(samples.result("a"))
        before = list(store._database._connection.iterdump())
        with wrong(store, path), pytest.raises(kind, match=words) as caught:
            WRITES[write](store)
        assert caught.value.hint
        assert list(store._database._connection.iterdump()) == before

        WRITES[write](store)
        assert list(store._database._connection.iterdump()) != before


def test_a_clock_that_goes_back_does_no_harm(path: Path) -> None:
    """Order comes from numbers, not from times; a lease holds until its time, whatever happens."""
    clock = FakeClock()
    with Store.open(path, clock=clock) as store:
        store.runs.create_leased(samples.run("r1"), "me", 60)
        store.events.append(RunId("r1"), "before", None, {})
        store.memory.set(samples.memory_write("before"))
        clock.advance(-3600)
        store.events.append(RunId("r1"), "after", None, {})
        store.memory.set(dataclasses.replace(samples.memory_write("after"), at=0.0))

        assert [e.kind for e in store.events.since("r1")] == ["before", "after"]
        assert store.memory.get("user", "ann", "tone") == "after"
        assert not store.runs.lease("r1", "you", 60)
        assert store.runs.lease("r1", "me", 60)
        store.runs.update("r1", state="done", finished=clock.now() + 3600)
        assert store.compact(keep_runs=0.0, now=clock.now()).runs == 0
