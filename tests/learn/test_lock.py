"""`pantheon.lock`: its text, its mistakes, and that it has the last word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound
from pantheon.ids import ContentHash
from pantheon.learn._lock import sync_lock
from pantheon.learn._promote import promote
from pantheon.releases import Lock, LockEntry, parse_lock, read_lock, render_lock, write_lock
from tests.learn.specimens import add_version, open_store

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
ENTRIES = st.builds(
    LockEntry,
    agent=TEXT,
    number=st.integers(1, 10**6),
    hash=st.integers(0, 2**128 - 1).map(lambda n: ContentHash(f"b2:{n:032x}")),
    evidence=TEXT | st.just(""),
)


@given(st.lists(ENTRIES, max_size=5))
def test_a_lock_reads_back_as_it_was_written(entries: list[LockEntry]) -> None:
    """Any agent name and any evidence survive, and the text does not depend on their order."""
    lock = Lock({e.agent: e for e in entries})
    reverse = Lock(dict(reversed(list(lock.entries.items()))))

    assert parse_lock(render_lock(lock)) == lock
    assert render_lock(reverse) == render_lock(lock)


def test_a_lock_is_text_worth_reviewing() -> None:
    """A comment says what it is; each agent has a section of its own, sorted by name."""
    lock = Lock().with_entry(LockEntry("triage", 3, ContentHash("b2:03"), "risk at most 4 %"))
    lock = lock.with_entry(LockEntry("reply", 1, ContentHash("b2:01")))

    header, reply, triage = render_lock(lock).split("\n\n")
    assert all(line.startswith("# ") for line in header.splitlines())
    assert reply == '[agents."reply"]\nversion = 1\nhash = "b2:01"'
    assert triage.splitlines()[-1] == 'evidence = "risk at most 4 %"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[agents.a\n", "cannot be read"),
        ("agents = 3\n", "not a table"),
        ('[agents.a]\nversion = "3"\nhash = "b2:01"\n', "agent 'a'"),
        ("[agents.a]\nversion = 3\n", "agent 'a'"),
        ('[agents.a]\nversion = 3\nhash = "md5:1"\n', "agent 'a'"),
        ("agents = {a = 3}\n", "agent 'a'"),
    ],
)
def test_a_damaged_lock_says_what_to_do(text: str, said: str) -> None:
    """Every way to spoil the file ends in one sentence and a hint."""
    with pytest.raises(InputError, match=said) as caught:
        parse_lock(text)

    assert caught.value.hint


def test_a_merge_conflict_is_named_with_its_line() -> None:
    """The marks that git leaves are recognised for what they are."""
    with pytest.raises(InputError, match="unresolved merge conflict") as caught:
        parse_lock("# comment\n<<<<<<< ours\n[agents.a]\n", file="pantheon.lock")

    assert str(caught.value.where) == "pantheon.lock:2:1"


def test_a_binary_lock_is_an_input_error(tmp_path: Path) -> None:
    """Bytes that are no text do not end in a traceback."""
    (tmp_path / "pantheon.lock").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError, match="not UTF-8"):
        read_lock(tmp_path / "pantheon.lock")


def test_writing_leaves_no_other_file(tmp_path: Path) -> None:
    """The temporary file is gone, the mode of the old file is kept."""
    path = tmp_path / "pantheon.lock"
    path.touch(mode=0o600)

    write_lock(path, Lock())

    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_reverting_the_lock_rolls_back(tmp_path: Path) -> None:
    """The version the file names answers again, whatever the store thought."""
    path = tmp_path / "pantheon.lock"
    with open_store() as store:
        clock = FakeClock()
        first = add_version(store, "triage", 1)
        promote(store, "triage", first.hash, who="night", why="ok", clock=clock, lock=path)
        reverted = path.read_text()
        second = add_version(store, "triage", 2, parent=first.hash)
        promote(store, "triage", second.hash, who="night", why="ok", clock=clock, lock=path)

        path.write_text(reverted)
        (move,) = sync_lock(store, path, clock=clock)

        assert store.channels.current("triage") == first.hash
        assert (move.cause, move.previous) == ("lock", second.hash)
        assert sync_lock(store, path, clock=clock) == ()


def test_a_missing_lock_empties_every_slot(tmp_path: Path) -> None:
    """Reverting the commit that brought the file takes the first promotion back."""
    path = tmp_path / "pantheon.lock"
    with open_store() as store:
        version = add_version(store, "triage", 1)
        promote(store, "triage", version.hash, who="night", why="ok", clock=FakeClock(), lock=path)
        path.unlink()

        sync_lock(store, path, clock=FakeClock())

        assert store.channels.current("triage") is None


@pytest.mark.parametrize("owner", [None, "reply"])
def test_a_version_nobody_has_is_a_clear_error(tmp_path: Path, owner: str | None) -> None:
    """A lock from another machine, or a hash of another agent, moves nothing."""
    path = tmp_path / "pantheon.lock"
    with open_store() as store:
        digest = add_version(store, owner, 1).hash if owner else ContentHash("b2:" + "0" * 32)
        write_lock(path, Lock().with_entry(LockEntry("triage", 7, digest)))

        with pytest.raises(NotFound, match=r"pins triage@7") as caught:
            sync_lock(store, path, clock=FakeClock())

        assert "pantheon night" in caught.value.hint
        assert store.channels.history() == []
