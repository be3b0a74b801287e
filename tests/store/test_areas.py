"""What each area promises beyond keeping its records."""

from __future__ import annotations

import dataclasses

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import Busy, InputError, NotFound
from pantheon.ids import ContentHash, RunId, hash_json
from pantheon.store import Audit, ChannelMove, Night, Store, Version
from tests.store import samples


def test_missing_things_are_named_with_a_hint(store: Store) -> None:
    """Every get of something that is not there says so, and what to run instead."""
    nowhere = ContentHash("b2:0")
    for get in (
        lambda: store.runs.get("r0"),
        lambda: store.answers.get("a0"),
        lambda: store.versions.get(nowhere),
        lambda: store.queue.get("w0"),
        lambda: store.inbox.get("q0"),
        lambda: store.nights.get("n0"),
        lambda: store.blobs.get(nowhere),
        lambda: store.definitions.get(nowhere),
        lambda: store.runs.update("r0", state="done"),
        lambda: store.versions.set_state(nowhere, "retired"),
    ):
        with pytest.raises(NotFound) as caught:
            get()
        assert caught.value.hint


def test_runs_are_listed_newest_first_and_filtered(store: Store) -> None:
    """A list of runs starts with the newest, and can be narrowed by state and flow."""
    for i in range(5):
        store.runs.create(samples.run(f"r{i}", created=float(i), flow="ab"[i % 2]))
    store.runs.update("r3", state="done", output={"x": 1}, finished=9.0)

    assert [r.id for r in store.runs.list(2)] == ["r4", "r3"]
    assert [r.id for r in store.runs.list(state="done")] == ["r3"]
    assert [r.id for r in store.runs.list(flow="a")] == ["r4", "r2", "r0"]
    assert store.runs.get("r3").output == {"x": 1}


def test_an_update_takes_only_fields_of_a_run(store: Store) -> None:
    """A name that is not a field never reaches the database."""
    store.runs.create(samples.run())

    with pytest.raises(TypeError, match="has no field"):
        store.runs.update("r1", **{'state" = 1 --': "x"})


def test_a_lease_keeps_others_out_until_it_ends(store: Store, clock: FakeClock) -> None:
    """One owner at a time; renewal works; expiry and release let the next one in."""
    store.runs.create(samples.run())

    assert store.runs.lease("r1", "me", 60)
    assert store.runs.lease("r1", "me", 60)
    assert not store.runs.lease("r1", "you", 60)
    clock.advance(61)
    assert store.runs.lease("r1", "you", 60)
    store.runs.release("r1", "me")
    assert not store.runs.lease("r1", "me", 60)
    store.runs.release("r1", "you")
    assert store.runs.lease_of("r1") is None
    assert store.runs.lease("r1", "me", 60)


def test_the_lease_of_a_dead_owner_can_be_seized_once(store: Store) -> None:
    """Two who see the same dead owner: one gets the run."""
    store.runs.create(samples.run())
    store.runs.lease("r1", "dead", 60)

    assert store.runs.seize("r1", "me", 60, held_by="dead")
    assert not store.runs.seize("r1", "you", 60, held_by="dead")


def test_a_result_is_written_once(store: Store) -> None:
    """A second result of the same node is refused: someone else runs the run."""
    store.journal.record(samples.result("a"))

    with pytest.raises(Busy):
        store.journal.record(samples.result("a", value=2, seq=2))
    assert store.journal.results("r1") == [samples.result("a")]


def test_a_waiting_note_gives_way_to_the_result(store: Store) -> None:
    """That a node waits is written; what it came to takes its place, and then stays."""
    store.journal.record(samples.result("a", state="waiting"))
    store.journal.record(samples.result("a", seq=2))

    assert store.journal.results("r1") == [samples.result("a", seq=2)]
    with pytest.raises(Busy):
        store.journal.record(samples.result("a", value=3, seq=3))


def test_events_are_numbered_per_run(store: Store) -> None:
    """Each run's events count from 1, and can be followed from any of them."""
    one, two = RunId("r1"), RunId("r2")
    store.events.append(one, "started", None, {})
    store.events.append(two, "started", None, {})
    store.events.append(one, "finished", "a", {"state": "ok"})

    assert [(e.seq, e.kind) for e in store.events.since(one)] == [(1, "started"), (2, "finished")]
    assert [e.node for e in store.events.since(one, 1)] == ["a"]
    assert store.events.last(two) == 1


def test_answers_are_found_by_agent_time_and_run(store: Store) -> None:
    """Half-open times; a limit keeps the newest, still oldest first."""
    for i in range(6):
        row = samples.answer(f"a{i}", agent="xy"[i % 2], at=float(i), cost=1.0)
        store.answers.add(dataclasses.replace(row, run=RunId("r1"), node=f"n{i}"))

    assert [a.id for a in store.answers.list(since=1, until=4)] == ["a1", "a2", "a3"]
    assert [a.id for a in store.answers.list("x", limit=2)] == ["a2", "a4"]
    assert store.answers.count("y", since=2) == 2
    assert [a.id for a in store.answers.of_node("r1", "n3")] == ["a3"]
    assert len(store.answers.of_node("r1")) == 6
    assert store.answers.agents() == ["x", "y"]
    assert store.answers.spent() == 6.0
    assert store.answers.spent(since=4) == 2.0


def test_an_audit_is_owed_until_settled(store: Store) -> None:
    """What was drawn stays due; settling it twice keeps one row, and its cost counts."""
    store.answers.add(samples.answer("a1"))
    store.audits.owe("a1", "triage")
    store.audits.owe("a1", "triage")
    assert store.audits.owed() == ["a1"]

    audit = Audit("a1", "triage", 2.0, {"team": "cards"}, agrees=True, cost_usd=0.5)
    store.audits.settle(audit)
    store.audits.settle(audit)

    assert store.audits.owed("triage") == []
    assert store.audits.list("triage", since=2.0) == [audit]
    assert store.audits.list(until=2.0) == []
    assert store.answers.spent() == 0.5


def test_examples_are_added_once(store: Store) -> None:
    """Adding again what is known changes nothing; groups tell their split."""
    first = [samples.example("e1", group="g1"), samples.example("e2", group="g2")]

    assert store.examples.add(first) == 2
    assert store.examples.add([*first, samples.example("e3", group="g2")]) == 1
    assert store.examples.count("triage") == 3
    assert store.examples.count("triage", split="holdout") == 0
    assert store.examples.groups("triage") == {hash_json("g1"): "train", hash_json("g2"): "train"}


def _version(number: int) -> Version:
    return Version(
        hash=hash_json(number),
        agent="triage",
        number=number,
        parent=None,
        cause="night",
        created=float(number),
        state="candidate",
        evidence={},
        artifact=hash_json("artifact"),
    )


def test_versions_count_up_and_channels_point(store: Store) -> None:
    """Numbers go on from the highest; a channel points where its last move says."""
    assert store.versions.next_number("triage") == 1
    store.versions.add(_version(1))
    store.versions.add(_version(2))
    assert store.versions.next_number("triage") == 3
    assert store.versions.next_number("other") == 1
    store.versions.set_state(hash_json(1), "retired")
    assert [v.state for v in store.versions.list("triage")] == ["retired", "candidate"]

    assert store.channels.current("triage") is None
    move = ChannelMove("triage", "stable", hash_json(1), None, 1.0, "me", "better", "night")
    back = ChannelMove("triage", "stable", None, hash_json(1), 2.0, "me", "worse", "rollback")
    store.channels.move(move)
    assert store.channels.current("triage") == hash_json(1)
    assert store.channels.current("triage", "canary") is None
    store.channels.move(back)
    assert store.channels.current("triage") is None
    assert store.channels.history("triage") == [move, back]


def test_work_is_taken_by_priority_then_age(store: Store) -> None:
    """Higher priority first, then first come; nothing is given out twice."""
    store.queue.submit(samples.queued("late", submitted=2.0))
    store.queue.submit(samples.queued("early", submitted=1.0))
    store.queue.submit(samples.queued("urgent", priority=5, submitted=3.0))

    taken = [store.queue.take() for _ in range(4)]
    assert [item and (item.id, item.state) for item in taken] == [
        ("urgent", "running"),
        ("early", "running"),
        ("late", "running"),
        None,
    ]
    store.queue.finish("early", "done", RunId("r1"))
    assert [i.run for i in store.queue.list("done")] == ["r1"]


def test_a_question_is_answered_once(store: Store) -> None:
    """An open question takes an answer; a second one is refused with the reason."""
    store.inbox.ask(samples.question())
    store.inbox.ask(samples.question())
    assert [q.id for q in store.inbox.list()] == ["q1"]

    answered = store.inbox.answer("q1", {"yes": True}, at=5.0)

    assert (answered.state, answered.answer, answered.answered) == ("answered", {"yes": True}, 5.0)
    assert store.inbox.list() == []
    with pytest.raises(InputError, match="answered already"):
        store.inbox.answer("q1", {}, at=6.0)
    store.inbox.withdraw("q1")
    assert store.inbox.get("q1").state == "answered"


def test_nights_and_looks_add_up(store: Store) -> None:
    """A night ends with a summary; looks at a holdout are counted for ever."""
    store.nights.start(Night("n1", started=1.0, seed=0))
    store.nights.finish("n1", "done", {"runs": 3}, at=2.0)
    store.looks.add("triage", night="n1", n=2, at=1.0)
    store.looks.add("triage", night=None, n=1, at=2.0)

    assert [(n.state, n.summary, n.finished) for n in store.nights.list()] == [
        ("done", {"runs": 3}, 2.0)
    ]
    assert store.looks.total("triage") == 3
    assert store.looks.total("other") == 0


def test_what_is_not_json_is_refused_by_name(store: Store) -> None:
    """NaN has no JSON, a lone surrogate no UTF-8: an error that says so, nothing written."""
    with pytest.raises(InputError, match="cannot be written as JSON"):
        store.monitors.set("a", {"x": float("nan")})
    with pytest.raises(InputError, match="not Unicode"):
        store.monitors.set("\ud800", {})
    assert store.monitors.get("a") is None


def test_text_that_looks_like_sql_is_only_text(store: Store) -> None:
    """Nothing that is stored is ever part of a statement."""
    evil = "'); DROP TABLE answers; --"
    store.answers.add(samples.answer(evil, agent=evil))

    assert [a.id for a in store.answers.list(evil)] == [evil]
    assert store.answers.count() == 1


def test_a_name_that_is_taken_is_refused(store: Store) -> None:
    """A second entry of the same id is an error that says so; the first stays."""
    store.runs.create(samples.run("r1", created=1.0))

    with pytest.raises(InputError, match="holds an entry of this name already"):
        store.runs.create(samples.run("r1", created=2.0))
    assert store.runs.get("r1").created == 1.0
