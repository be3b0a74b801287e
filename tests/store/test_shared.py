"""What runs share, wait for and keep: context, memory, signals, timers and the cache."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import InputError
from pantheon.ids import Json, RunId
from pantheon.store import Signal, Store, Timer
from tests.store import samples

ONE, TWO = RunId("r1"), RunId("r2")


def test_writes_to_the_context_keep_their_order_and_author(store: Store) -> None:
    """Each write of a run is there, in order, with the node and item that made it."""
    store.context.write(samples.context_write(2, "b", index=3, value={"n": 2}))
    store.context.write(samples.context_write(1, "a", value=None))
    store.context.write(dataclasses.replace(samples.context_write(1), run=TWO))

    found = [(w.seq, w.value, w.node, w.index) for w in store.context.of(ONE)]

    assert found == [(1, None, "a", -1), (2, {"n": 2}, "b", 3)]


def test_a_write_to_the_context_is_never_written_over(store: Store) -> None:
    """A number that is taken is refused."""
    store.context.write(samples.context_write(1, value="first"))

    with pytest.raises(InputError, match="already"):
        store.context.write(samples.context_write(1, value="second"))
    assert [w.value for w in store.context.of(ONE)] == ["first"]


def test_memory_gives_the_newest_value_and_tells_its_history(store: Store) -> None:
    """The last write counts, null takes the value away, and all of it can be looked up."""
    assert store.memory.get("user", "ann", "tone") is None
    values: list[Json] = ["plain", {"style": "formal"}, None]
    for value in values:
        store.memory.set(samples.memory_write(value))
    store.memory.set(samples.memory_write("short", name="length"))
    store.memory.set(samples.memory_write("loud", owner="bob"))

    assert store.memory.get("user", "ann", "tone") is None
    assert store.memory.get("user", "ann", "length") == "short"
    assert store.memory.get("agent", "ann", "length") is None
    history = store.memory.history("user", "ann", "tone")
    assert [write.value for write in history] == ["plain", {"style": "formal"}, None]
    assert store.memory.names("user", "ann") == ["length"]
    assert store.memory.owners("user") == ["ann", "bob"]
    store.memory.set(samples.memory_write(None, name="length"))
    assert store.memory.owners("user") == ["bob"]


WRITES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.none() | st.integers(0, 3)),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(writes=WRITES)
def test_memory_behaves_like_a_dictionary(writes: list[tuple[str, str, Json]]) -> None:
    """Whatever is set and taken away, what is left is what a dictionary would hold."""
    expected: dict[tuple[str, str], Json] = {}
    with Store.open(":memory:", clock=FakeClock()) as store:
        for owner, name, value in writes:
            store.memory.set(samples.memory_write(value, owner=owner, name=name))
            expected[owner, name] = value
        kept = {key: value for key, value in expected.items() if value is not None}

        for owner in "ab":
            names = store.memory.names("user", owner)
            assert {n: store.memory.get("user", owner, n) for n in names} == {
                name: value for (of, name), value in kept.items() if of == owner
            }
        assert store.memory.owners("user") == sorted({owner for owner, _ in kept})


def test_the_first_signal_of_a_name_stands(store: Store) -> None:
    """A signal may come before anyone waits; a second one of its name changes nothing."""
    assert store.signals.get(ONE, "approved") is None
    assert store.signals.send(Signal(ONE, "approved", {"ok": True}, at=1.0))
    assert not store.signals.send(Signal(ONE, "approved", {"ok": False}, at=2.0))
    assert store.signals.send(Signal(TWO, "approved", None, at=3.0))

    assert store.signals.get(ONE, "approved") == Signal(ONE, "approved", {"ok": True}, at=1.0)
    assert store.signals.get(TWO, "approved") == Signal(TWO, "approved", None, at=3.0)


def test_timers_tell_which_runs_are_due(store: Store) -> None:
    """Longest due first, each run once; setting a timer again moves it; clearing is per run."""
    assert store.timers.next_due() is None
    store.timers.set(Timer(ONE, "later", -1, due=50.0))
    store.timers.set(Timer(ONE, "soon", 2, due=20.0))
    store.timers.set(Timer(TWO, "first", -1, due=90.0))
    store.timers.set(Timer(TWO, "first", -1, due=10.0))

    assert store.timers.next_due() == 10.0
    assert store.timers.due(9.9) == []
    assert store.timers.due(20.0) == [TWO, ONE]
    assert store.timers.due(99.0) == [TWO, ONE]
    assert [(t.node, t.index) for t in store.timers.of(ONE)] == [("soon", 2), ("later", -1)]
    store.timers.clear(TWO)
    assert store.timers.due(99.0) == [ONE]
    assert store.timers.next_due() == 20.0


def test_cached_answers_end_when_they_expire(store: Store) -> None:
    """An entry is given until its time, never after; the others stay for ever."""
    store.cache.put(samples.cached("k1", expires=10.0))
    store.cache.put(samples.cached("k2"))

    assert store.cache.get("k1", 9.9) == samples.cached("k1", expires=10.0)
    assert store.cache.get("k1", 10.0) is None
    assert store.cache.get("none", 0.0) is None
    store.cache.put(samples.cached("k1", expires=30.0))
    assert store.cache.drop_expired(20.0) == 0
    assert store.cache.get("k1", 20.0) == samples.cached("k1", expires=30.0)
    assert store.cache.drop_expired(30.0) == 1
    assert store.cache.get("k2", 1e12) == samples.cached("k2")


def test_the_cache_is_cleared_by_agent(store: Store) -> None:
    """Only the agent's entries go; without a name all do."""
    for key, agent in (("k1", "x"), ("k2", "x"), ("k3", "y"), ("k4", "z")):
        store.cache.put(samples.cached(key, agent=agent))

    assert store.cache.clear("x") == 2
    assert store.cache.get("k3", 0.0) is not None
    assert store.cache.clear() == 2
    assert store.cache.get("k3", 0.0) is None
