"""What the lock file says of flows and agents: its text, and its mistakes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import InputError
from pantheon.ids import ContentHash
from pantheon.releases._lock import Lock, LockEntry, parse_lock, render_lock, write_lock_text
from pantheon.releases._standing import Pointer, Reserve, Standing

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
HASHES = st.integers(0, 2**128 - 1).map(lambda n: ContentHash(f"b2:{n:032x}"))
NUMBERS = st.integers(1, 10**6)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e9, 1e9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
POINTERS = st.builds(
    Pointer,
    number=NUMBERS,
    hash=HASHES,
    guards=st.dictionaries(TEXT, VALUES, max_size=2),
    fallback=st.none() | st.builds(Reserve, number=NUMBERS, hash=HASHES),
    agents=st.dictionaries(TEXT, HASHES, max_size=2),
)


@st.composite
def canaries(draw: st.DrawFn) -> Pointer:
    """A pointer with a share."""
    return replace(draw(POINTERS), share=draw(st.floats(0.001, 1)))


STANDINGS = st.builds(
    Standing,
    stable=st.none() | POINTERS,
    canary=st.none() | canaries(),
    shadow=st.none() | POINTERS,
).filter(lambda standing: standing != Standing())
ENTRIES = st.builds(LockEntry, agent=TEXT, number=NUMBERS, hash=HASHES)
TABLES = st.dictionaries(TEXT, STANDINGS, max_size=3)
LOCKS = st.builds(
    Lock,
    entries=st.lists(ENTRIES, max_size=2).map(lambda found: {e.agent: e for e in found}),
    flows=TABLES,
    agents=TABLES,
)


@given(LOCKS)
def test_a_lock_reads_back_as_it_was_written(lock: Lock) -> None:
    """Any names, guards and channels survive, and the order of the tables does not matter."""
    turned = Lock(lock.entries, dict(reversed(list(lock.flows.items()))), lock.agents)

    assert parse_lock(render_lock(lock)) == lock
    assert render_lock(turned) == render_lock(lock)


@given(LOCKS, STANDINGS)
def test_one_name_is_changed_and_no_other(lock: Lock, standing: Standing) -> None:
    """What others wrote stays; a name with no channel left leaves no trace."""
    changed = lock.with_standing("flow", "new name", standing)

    assert changed.standing("flow", "new name") == standing
    assert changed.agents == lock.agents
    assert changed.entries == lock.entries
    gone = changed.with_standing("flow", "new name", Standing())
    assert gone == Lock(
        lock.entries, {n: s for n, s in lock.flows.items() if n != "new name"}, lock.agents
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flows = 3", "`flows` is not a table"),
        ("[definitions]\nagents = 3", "`agents` is not a table"),
        ('[flows."a"]\n', "channel stable of flow 'a' lacks"),
        ('[flows."a"]\nversion = "1"\nhash = "b2:0"', "channel stable of flow 'a'"),
        ('[flows."a"]\nversion = 1\nhash = "sha"', "channel stable of flow 'a'"),
        ('[flows."a".canary]\nversion = 1\nhash = "b2:0"\nshare = 1.5', "channel canary"),
        ('[flows."a".canary]\nversion = 1\nhash = "b2:0"\nshare = true', "channel canary"),
        ('[flows."a"]\nversion = 1\nhash = "b2:0"\nguards = 3', "channel stable"),
        ('[flows."a"]\nversion = 1\nhash = "b2:0"\nfallback = "b2:1"', "channel stable"),
        ('[flows]\na = "b2:0"', "channel stable of flow 'a'"),
        ('[definitions.agents."x".shadow]\nversion = 2', "channel shadow of agent 'x'"),
        ("<<<<<<< HEAD\n", "merge conflict"),
    ],
)
def test_mistakes_are_named_with_the_fix(text: str, said: str) -> None:
    """Whatever somebody wrote into it is an error with a way out, and never a traceback."""
    with pytest.raises(InputError, match=said) as caught:
        parse_lock(text)
    assert caught.value.hint


@given(st.text(max_size=60))
def test_any_text_is_a_lock_or_a_mistake(text: str) -> None:
    """No text at all leads to anything else."""
    with suppress(InputError):
        parse_lock(text)


def test_a_lock_that_is_a_link_stays_one(tmp_path: Path) -> None:
    """As where several checkouts share one."""
    shared = tmp_path / "shared.lock"
    shared.write_text("")
    link = tmp_path / "pantheon.lock"
    link.symlink_to(shared)

    write_lock_text(link, "# new\n")

    assert link.is_symlink()
    assert shared.read_text() == "# new\n"
