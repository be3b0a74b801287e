"""Deploy, promote, rollback, retire in any order: store and lock agree, and what is done is undone."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pantheon.clock import FakeClock
from pantheon.errors import NotFound
from pantheon.ids import ContentHash, hash_json
from pantheon.releases._change import Move, Order, make_change, sync_releases
from pantheon.releases._deploy import promote, retire, rollback
from pantheon.releases._lock import read_lock, render_lock, write_lock
from pantheon.releases._standing import (
    CHANNELS,
    Channel,
    Pointer,
    Standing,
    standing_from_json,
    standing_moves,
    standing_of,
)
from pantheon.store import ReleaseRow, Store

NAMES = ("red", "blue")
NUMBERS = (1, 2, 3)


def version(name: str, number: int) -> ContentHash:
    """The hash of a version of these tests."""
    return hash_json([name, number])


class Channels(RuleBasedStateMachine):
    """A store and a lock file, and what somebody who only watches expects."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.lock = Path(self.folder.name) / "pantheon.lock"
        self.store = Store.open(":memory:", clock=FakeClock())
        self.expected: dict[str, Standing] = {}

    @initialize()
    def record(self) -> None:
        """There are three versions of each flow."""
        for name in NAMES:
            for number in NUMBERS:
                hash = version(name, number)
                row = ReleaseRow(hash, "flow", name, number, hash, None, "edit", 0, "me", "")
                self.store.releases.add(row, [])

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def order(self) -> Order:
        """By somebody."""
        return Order("me", "why", self.lock)

    def standing(self, name: str) -> Standing:
        """What the store says."""
        return standing_of(self.store, "flow", name)

    def put(self, name: str, number: int, channel: Channel, share: float) -> None:
        """Deploy a recorded version, as `deploy` does with a definition."""
        before = self.standing(name)
        pointer = Pointer(number, version(name, number), share if channel == "canary" else 1.0)
        move = Move("flow", name, before, before.deployed(channel, pointer))
        make_change(self.store, [move], action="deploy", order=self.order())
        after = self.standing(name)
        assert after.on(channel) == pointer
        self.check_undone(name, before, after)

    def check_undone(self, name: str, before: Standing, after: Standing) -> None:
        """A rollback of what was just done gives back what stood, without what was brought."""
        if before == after:
            return
        brought = {(c, p.hash) for c, p in after.items()} - {(c, p.hash) for c, p in before.items()}
        wanted = before
        for _, hash in brought:
            wanted = wanted.without(hash)
        if wanted == after:
            return  # that alone brought nothing: an earlier change would be undone
        moves = len(self.store.releases.moves())
        rollback(self.store, None, [f"flow:{name}"], order=self.order())
        assert self.standing(name) == wanted
        assert len(self.store.releases.moves()) == moves + 1
        # and again as it was, for the steps to come
        undo = Move("flow", name, wanted, after)
        make_change(self.store, [undo], action="deploy", order=self.order())

    # ------------------------------------------------------------------ what people do

    @rule(
        name=st.sampled_from(NAMES),
        number=st.sampled_from(NUMBERS),
        channel=st.sampled_from(CHANNELS),
        share=st.sampled_from([0.1, 0.5]),
    )
    def deploy(self, name: str, number: int, channel: Channel, share: float) -> None:
        """Point a channel at a version; a trial of what is stable already is refused elsewhere."""
        stable = self.standing(name).stable
        if channel == "stable" or stable is None or stable.number != number:
            self.put(name, number, channel, share)

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
    def promote(self, names: list[str]) -> None:
        """All of them, or none."""
        before = {name: self.standing(name) for name in names}
        trials = {name: s.canary or s.shadow for name, s in before.items()}
        refs = [f"flow:{name}" for name in names]
        try:
            promote(self.store, None, refs, order=self.order())
        except NotFound:
            assert None in trials.values()
            assert {name: self.standing(name) for name in names} == before
            return
        for name, trial in trials.items():
            after = self.standing(name)
            assert trial is not None
            assert after.stable is not None
            assert after.stable.hash == trial.hash
            assert not any(p.hash == trial.hash for c, p in after.items() if c != "stable")

    @rule(name=st.sampled_from(NAMES))
    def rollback(self, name: str) -> None:
        """Goes back, or says that there is nothing to go back to."""
        before = self.standing(name)
        with suppress(NotFound):
            rollback(self.store, None, [f"flow:{name}"], order=self.order())
            assert self.standing(name) != before

    @rule(name=st.sampled_from(NAMES), channels=st.sets(st.sampled_from(CHANNELS), max_size=2))
    def retire(self, name: str, channels: set[Channel]) -> None:
        """Whatever it leaves, a second time changes nothing."""
        with suppress(NotFound):
            order = self.order()
            retire(self.store, None, [f"flow:{name}"], order=order, channels=tuple(channels))
            after = self.standing(name)
            assert all(after.on(channel) is None for channel in (channels or CHANNELS))
            again = retire(
                self.store, None, [f"flow:{name}"], order=order, channels=tuple(channels)
            )
            assert again.status == "already"

    @rule(name=st.sampled_from(NAMES))
    def undo_everything(self, name: str) -> None:
        """Rollbacks come to an end, and there nothing is deployed."""
        for _ in range(len(self.store.releases.moves("flow", name)) + 1):
            try:
                rollback(self.store, None, [f"flow:{name}"], order=self.order())
            except NotFound:
                break
        assert self.standing(name) == Standing()

    # ------------------------------------------------------------------ what others do

    @precondition(lambda self: self.lock.exists())
    @rule(name=st.sampled_from(NAMES), number=st.sampled_from(NUMBERS))
    def merge(self, name: str, number: int) -> None:
        """Somebody merges a lock file that pins another version: the store follows."""
        wanted = Standing(stable=Pointer(number, version(name, number)))
        write_lock(self.lock, read_lock(self.lock).with_standing("flow", name, wanted))
        sync_releases(self.store, self.lock)
        assert self.standing(name) == wanted

    @precondition(lambda self: self.lock.exists())
    @rule(name=st.sampled_from(NAMES))
    def revert(self, name: str) -> None:
        """Somebody reverts the file to what it was before the last change: that is a rollback."""
        moves = self.store.releases.moves("flow", name)
        if not moves:
            return
        path = standing_moves(moves)
        if not path:
            return
        wanted = standing_from_json(path[-1].before)
        if wanted == self.standing(name):
            return
        write_lock(self.lock, read_lock(self.lock).with_standing("flow", name, wanted))
        sync_releases(self.store, self.lock)
        assert self.standing(name) == wanted
        left = standing_moves(self.store.releases.moves("flow", name))
        assert len(left) < len(path)

    # ------------------------------------------------------------------ always

    @invariant()
    def store_and_lock_agree(self) -> None:
        """The file says what the store says, in the one spelling there is."""
        lock = read_lock(self.lock)
        for name in NAMES:
            assert lock.standing("flow", name) == self.standing(name)
        if self.lock.exists():
            assert self.lock.read_text() == render_lock(lock)

    @invariant()
    def nothing_is_left_to_do(self) -> None:
        """Following the file changes nothing, and no change is half done."""
        assert sync_releases(self.store, self.lock) == ()
        assert self.store.releases.intents() == []

    @invariant()
    def no_version_is_on_two_channels(self) -> None:
        """What answers is not on trial."""
        for name in NAMES:
            hashes = [pointer.hash for _, pointer in self.standing(name).items()]
            assert len(hashes) == len(set(hashes))


Channels.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestChannels: Any = Channels.TestCase
