"""A damaged, foreign, newer, locked, unwritable or full database: a clear error, nothing lost."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Generator
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy, PantheonError, StoreFault
from pantheon.store import Store
from pantheon.store._database import Database
from pantheon.store._migrations import migrate
from pantheon.store._schema import MIGRATIONS, Migration
from tests.store import samples


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

    with pytest.raises(StoreFault, match=r"newer Pantheon \(schema 999; .* up to 1\)") as caught:
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
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
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
    2, "second step", ("ALTER TABLE runs ADD COLUMN extra TEXT", "CREATE TABLE more (x)")
)


def test_a_migration_is_recorded_and_backed_up(path: Path) -> None:
    """An older file is copied first, then changed, and remembers what was applied."""
    fill(path, answers=3)
    database = Database(str(path), durability="fast", busy_seconds=1)
    migrate(database, clock=FakeClock(5.0), migrations=[*MIGRATIONS, LATER])
    migrate(database, clock=FakeClock(6.0), migrations=[*MIGRATIONS, LATER])

    assert database.scalar("PRAGMA user_version") == 2
    assert database.rows("SELECT number, name, applied FROM migrations WHERE number > 1") == [
        (2, "second step", 5.0)
    ]
    database.close()
    with open_store(Path(f"{path}.backup-1")) as backup:
        assert backup.answers.count() == 3
    with pytest.raises(StoreFault, match="newer"):
        open_store(path)


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    """All statements of a migration, or none."""
    fill(path, answers=3)
    broken = Migration(2, "broken", ("CREATE TABLE more (x)", "CREATE TABLE answers (x)"))
    database = Database(str(path), durability="fast", busy_seconds=1)
    with pytest.raises(PantheonError):
        migrate(database, clock=FakeClock(), migrations=[*MIGRATIONS, broken])
    database.close()

    with open_store(path) as store:
        assert store.answers.count() == 3


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
