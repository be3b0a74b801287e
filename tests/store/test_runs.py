"""Runs begun and ended in one statement, requests to cancel, and runs forked from others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound
from pantheon.ids import JsonObject, RunId
from pantheon.store import NodeResult, Run, RunState, Store
from pantheon.store._fork import Key
from tests.store import samples

LARGE: JsonObject = {"text": "much to say " * 500}


def finish(store: Store, id: str, state: RunState = "done", owner: str = "me") -> bool:
    """End a run as its owner does."""
    return store.runs.finish(
        id, state=state, output={"n": 1}, failure=None, finished=9.0, owner=owner
    )


def test_a_run_is_written_with_its_lease(store: Store, clock: FakeClock) -> None:
    """Nobody else may execute a run that was begun, until its lease ends."""
    run = dataclasses.replace(samples.run(), priority=3, user="ann", deadline=99.0)
    store.runs.create_leased(run, "me", 60)

    assert store.runs.get("r1") == run
    assert not store.runs.lease("r1", "you", 60)
    clock.advance(61)
    assert store.runs.lease("r1", "you", 60)
    with pytest.raises(InputError, match="already"):
        store.runs.create_leased(run, "me", 60)


def test_the_end_of_a_run_gives_its_lease_back(store: Store) -> None:
    """State, output and lease change together."""
    store.runs.create_leased(samples.run(), "me", 60)

    assert finish(store, "r1")

    run = store.runs.get("r1")
    assert (run.state, run.output, run.failure, run.finished) == ("done", {"n": 1}, None, 9.0)
    assert store.runs.lease_of("r1") is None


def test_an_owner_that_lost_its_run_cannot_end_it(store: Store) -> None:
    """Who was thought dead and comes back writes nothing over the work of the new owner."""
    store.runs.create_leased(samples.run(), "me", 60)
    assert store.runs.seize("r1", "you", 60, held_by="me")

    assert not finish(store, "r1", owner="me")

    assert store.runs.get("r1").state == "queued"
    lease = store.runs.lease_of("r1")
    assert lease is not None
    assert lease.owner == "you"


def test_a_request_to_cancel_is_seen_until_the_run_ends(store: Store) -> None:
    """The first reason stands; it outlives a pause; after the end there is nothing to cancel."""
    for id in ("r1", "r2", "r3"):
        store.runs.create_leased(samples.run(id), "me", 60)
    assert store.runs.request_cancel("r1", "no longer needed")
    assert store.runs.request_cancel("r1", "too slow")
    assert store.runs.request_cancel("r2", "mistake")

    assert store.runs.cancels({"r1", "r3"}) == {"r1": "no longer needed"}
    finish(store, "r1", "waiting")
    assert store.runs.cancels({"r1"}) == {"r1": "no longer needed"}
    finish(store, "r1", "cancelled")
    assert store.runs.cancels({"r1", "r2", "r3"}) == {"r2": "mistake"}
    assert not store.runs.request_cancel("r1", "again")
    with pytest.raises(NotFound):
        store.runs.request_cancel("r0", "what run?")


def test_asking_for_cancels_reads_only_those_requested(store: Store) -> None:
    """The question is asked often: it must not go through all the runs there are."""
    plan = store._database.rows(
        "EXPLAIN QUERY PLAN SELECT id, cancel FROM runs WHERE cancel IS NOT NULL"
    )

    assert "runs_to_cancel" in plan[0][3]


def test_changes_of_others_are_noticed_cheaply(path: Path) -> None:
    """The number changes when another connection has committed, and only then."""
    with Store.open(path, clock=FakeClock()) as one, Store.open(path, clock=FakeClock()) as two:
        before = one.changed_elsewhere()
        one.runs.create(samples.run("r1"))
        assert one.changed_elsewhere() == before
        two.runs.request_cancel("r1", "from outside")
        assert one.changed_elsewhere() != before
        assert one.changed_elsewhere() == one.changed_elsewhere()


# ---------------------------------------------------------------------------- forks


def original(store: Store) -> list[NodeResult]:
    """Run r1 with results of nodes, items and a waiting one, and with a context."""
    store.runs.create(samples.run("r1"))
    results = [
        dataclasses.replace(samples.result("b"), output=LARGE, note={"tier": "code"}, seq=4),
        samples.result("a", index=0, seq=2),
        samples.result("a", index=1, seq=3),
        samples.result("a", seq=5),
        samples.result("c", state="waiting", seq=6),
    ]
    for result in results:
        store.journal.record(result)
    store.context.write(samples.context_write(1, "a", index=1, value=LARGE))
    store.context.write(samples.context_write(2, "b", value="of b"))
    return results


def target() -> Run:
    """The new run."""
    return dataclasses.replace(samples.run("r2", created=5.0), state="running")


def test_a_fork_begins_with_the_results_it_keeps(store: Store) -> None:
    """Results and writes of kept keys are there as they were, in order; the source stays whole."""
    results = original(store)
    blobs = store.blobs.names()

    forked = store.fork("r1", target(), {("b", -1), ("a", 1), ("none", -1)})

    assert forked == store.runs.get("r2") == dataclasses.replace(target(), parent=RunId("r1"))
    moved = [dataclasses.replace(r, run=RunId("r2")) for r in (results[0], results[2])]
    assert store.journal.results("r2") == moved
    writes = [(w.run, w.seq, w.value, w.node, w.index) for w in store.context.of("r2")]
    assert writes == [("r2", 1, LARGE, "a", 1), ("r2", 2, "of b", "b", -1)]
    assert store.journal.results("r1") == results
    assert store.blobs.names() == blobs


def test_a_function_may_say_what_a_fork_keeps(store: Store) -> None:
    """It is asked about each result; what it drops takes its writes along."""
    original(store)

    store.fork("r1", target(), lambda node, index: node == "a" and index < 1)

    assert [(r.node, r.index) for r in store.journal.results("r2")] == [("a", 0), ("a", -1)]
    assert store.context.of("r2") == []


def refuse(store: Store, source: str, keep: set[Key]) -> None:
    """A fork that cannot be made leaves nothing."""
    with pytest.raises((NotFound, InputError)) as caught:
        store.fork(source, target(), keep)
    assert caught.value.hint


def test_a_fork_is_made_whole_or_not_at_all(store: Store) -> None:
    """No source, no results any longer, or a name that is taken: nothing is written."""
    original(store)
    refuse(store, "r0", {("a", -1)})
    store.runs.create(dataclasses.replace(samples.run("r3"), compacted=1.0))
    refuse(store, "r3", {("a", -1)})
    with pytest.raises(NotFound):
        store.runs.get("r2")

    store.runs.create(samples.run("r2"))
    refuse(store, "r1", {("a", -1)})
    assert store.journal.results("r2") == []
    assert store.runs.get("r2").parent is None
