"""What one change promises when something is in its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy, EnvironmentFault, InputError, PantheonError
from pantheon.ids import hash_json
from pantheon.releases import (
    Move,
    Order,
    Pointer,
    Standing,
    deploy,
    read_lock,
    standing_of,
    sync_releases,
    verify,
)
from pantheon.releases._change import STALE_SECONDS, make_change
from pantheon.store import ReleaseIntent, Store
from tests.releases.world import World


def points_at(number: int) -> Standing:
    """A stable version of these tests."""
    return Standing(stable=Pointer(number, hash_json(number)))


def test_a_lock_that_cannot_be_written_leaves_everything_as_it_was(world: World) -> None:
    """Neither the store nor a later process takes the change for made."""
    with world.store() as store:
        order = Order("me", "why", world.root / "nowhere" / "pantheon.lock")
        with pytest.raises(EnvironmentFault):
            deploy(store, world.project, ["hello"], order=order)

        assert store.releases.moves() == []
        assert store.releases.intents() == []


def test_a_store_that_cannot_be_written_takes_the_lock_back(world: World) -> None:
    """The file was written first; it is what it was before, to the byte."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        before = world.lock.read_bytes()
        world.edit("words.py", "hello", "bye")
        store._database.write(
            "CREATE TRIGGER full BEFORE INSERT ON release_moves "
            "BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
        with pytest.raises(PantheonError):
            deploy(store, world.project, ["hello"], order=world.order())

        assert world.lock.read_bytes() == before
        assert len(store.releases.moves()) == 1
        assert sync_releases(store, world.lock) == ()


def test_a_lock_with_conflict_marks_is_never_written_over(world: World) -> None:
    """Somebody has to say which version is meant."""
    with world.store() as store:
        world.lock.write_text("<<<<<<< HEAD\n")
        with pytest.raises(InputError, match="merge conflict"):
            deploy(store, world.project, ["hello"], order=world.order())

        assert world.lock.read_text() == "<<<<<<< HEAD\n"
        assert store.releases.moves() == []


def test_two_who_change_the_same_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Who comes second is told; what others changed beside stays."""
    database, lock, clock = tmp_path / "pantheon.db", tmp_path / "pantheon.lock", FakeClock()
    order = Order("me", "why", lock)
    with Store.open(database, clock=clock) as one, Store.open(database, clock=clock) as other:
        mine = Move("flow", "a", Standing(), points_at(1))
        make_change(
            other, [Move("flow", "a", Standing(), points_at(2))], action="deploy", order=order
        )
        with pytest.raises(Busy, match="Somebody else"):
            make_change(one, [mine], action="deploy", order=order)
        make_change(
            one, [Move("agent", "b", Standing(), points_at(3))], action="deploy", order=order
        )

        assert standing_of(one, "flow", "a") == points_at(2)
        assert read_lock(lock).flows == {"a": points_at(2)}
        assert read_lock(lock).agents == {"b": points_at(3)}
        assert one.releases.intents() == []


def test_a_change_that_never_reached_the_lock_is_forgotten(tmp_path: Path) -> None:
    """Not at once: whoever intends it may be at work."""
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        store.releases.intend(ReleaseIntent("d1", [], clock.now()))
        sync_releases(store, tmp_path / "pantheon.lock")
        assert store.releases.intents() != []
        clock.advance(STALE_SECONDS + 1)
        sync_releases(store, tmp_path / "pantheon.lock")
        assert store.releases.intents() == []


def test_what_versions_consist_of_outlives_a_compaction(world: World) -> None:
    """Definitions, code and prompts are referred to, so they are not deleted."""
    with world.store() as store:
        deploy(store, world.project, ["hello", "note"], order=world.order())
        assert isinstance(world.clock, FakeClock)
        world.clock.advance(30 * 86400)
        store.compact(keep_runs=0, now=world.clock.now())

        assert verify(store, world.project, world.lock).clean
