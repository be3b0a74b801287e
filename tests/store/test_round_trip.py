"""Whatever is written reads back equal, in any order, across transactions and reopening."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pantheon.clock import FakeClock
from pantheon.ids import Json, RunId, hash_bytes, hash_json
from pantheon.store import NodeResult, Store
from tests.store import release_strategies as releases
from tests.store import samples
from tests.store import school_strategies as school
from tests.store import strategies as records

Write: TypeAlias = "Callable[[Store, Any], object]"
Read: TypeAlias = "Callable[[Store, Any], Any]"


def _first(found: list[Any]) -> Any:
    return found[0] if found else None


AREAS: dict[str, tuple[st.SearchStrategy[Any], Write, Read]] = {
    "run": (records.runs, lambda s, r: s.runs.create(r), lambda s, r: s.runs.get(r.id)),
    "result": (
        records.results,
        lambda s, r: s.journal.record(r),
        lambda s, r: s.journal.get(r.run, r.node, r.index),
    ),
    "answer": (
        records.answers,
        lambda s, r: s.answers.add(r),
        lambda s, r: s.answers.get(r.id),
    ),
    "audit": (
        records.audits,
        lambda s, r: s.audits.settle(r),
        lambda s, r: s.audits.get(r.answer),
    ),
    "example": (
        records.examples,
        lambda s, r: s.examples.add([r]),
        lambda s, r: _first([e for e in s.examples.list(r.agent) if e.id == r.id]),
    ),
    "feedback": (
        records.feedback,
        lambda s, r: s.feedback.add(r),
        lambda s, r: _first(s.feedback.list(answer=r.answer)),
    ),
    "version": (
        records.versions,
        lambda s, r: s.versions.add(r),
        lambda s, r: s.versions.get(r.hash),
    ),
    "move": (
        records.moves,
        lambda s, r: s.channels.move(r),
        lambda s, r: _first(s.channels.history(r.agent)),
    ),
    "queued": (
        records.queued,
        lambda s, r: s.queue.submit(r),
        lambda s, r: s.queue.get(r.id),
    ),
    "question": (
        records.questions,
        lambda s, r: s.inbox.ask(r),
        lambda s, r: s.inbox.get(r.id),
    ),
    "night": (
        records.nights,
        lambda s, r: s.nights.start(r),
        lambda s, r: s.nights.get(r.id),
    ),
    "lesson": (
        records.lessons,
        lambda s, r: s.nights.add_lesson(r),
        lambda s, r: _first(s.nights.lessons(r.night, r.agent)),
    ),
    "context write": (
        records.context_writes,
        lambda s, r: s.context.write(r),
        lambda s, r: _first(s.context.of(r.run)),
    ),
    "memory write": (
        records.memory_writes,
        lambda s, r: s.memory.set(r),
        lambda s, r: _first(s.memory.history(r.scope, r.owner, r.name)),
    ),
    "signal": (
        records.signals,
        lambda s, r: s.signals.send(r),
        lambda s, r: s.signals.get(r.run, r.name),
    ),
    "timer": (
        records.timers,
        lambda s, r: s.timers.set(r),
        lambda s, r: _first(s.timers.of(r.run)),
    ),
    "cached answer": (
        records.cached,
        lambda s, r: s.cache.put(r),
        lambda s, r: s.cache.get(r.key, 0.0),
    ),
    "trial": (school.trials, lambda s, r: s.trials.put(r), lambda s, r: s.trials.get(r.key)),
    "evidence": (
        school.evidence,
        lambda s, r: s.evidence.add(r),
        lambda s, r: s.evidence.last(r.agent, r.test, r.subject),
    ),
    "decision": (
        school.decisions,
        lambda s, r: s.decisions.add(r),
        lambda s, r: _first(s.decisions.list(r.agent)),
    ),
    "look": (
        school.looks,
        lambda s, r: s.looks.add(
            r.agent, night=r.night, n=r.looks, at=r.at, purpose=r.purpose, rows=r.rows
        ),
        lambda s, r: _first(s.looks.list(r.agent)),
    ),
    "judgement": (
        school.judgements,
        lambda s, r: s.judgements.add(r),
        lambda s, r: _first(s.judgements.list(r.agent, example=r.example)),
    ),
    "prediction": (
        school.predictions,
        lambda s, r: s.predictions.add([r]),
        lambda s, r: _first(s.predictions.list(r.agent, version=r.version)),
    ),
    "alarm": (
        school.alarms,
        lambda s, r: s.alarms.add(r),
        lambda s, r: _first(s.alarms.list(r.agent, state=r.state)),
    ),
    "suggestion": (
        school.suggestions,
        lambda s, r: s.suggestions.put(r),
        lambda s, r: s.suggestions.get(r.id),
    ),
    "release": (
        releases.rows,
        lambda s, r: s.releases.add(r, []),
        lambda s, r: s.releases.get(r.hash),
    ),
    "release part": (
        releases.parts,
        lambda s, r: s.releases.add(samples.release(r.release), [r]),
        lambda s, r: _first(s.releases.parts(r.release)),
    ),
    "release move": (
        releases.moves,
        lambda s, r: s.releases.move(r),
        lambda s, r: s.releases.last(r.kind, r.name),
    ),
    "release intent": (
        releases.intents,
        lambda s, r: s.releases.intend(r),
        lambda s, r: _first(s.releases.intents()),
    ),
    "shadow run": (
        releases.shadows,
        lambda s, r: s.shadows.add(r),
        lambda s, r: _first(s.shadows.list(r.release, run=r.run)),
    ),
}


def write_one_of_each(store: Store, data: st.DataObject) -> None:
    """A record in every area, and something in the tables that hold no records."""
    for strategy, write, _ in AREAS.values():
        write(store, data.draw(strategy))
    store.definitions.put("agent", "a", hash_json(1), {})
    store.events.append(RunId("r"), "started", None, {})
    store.audits.owe("owed", "a")
    store.monitors.set("a", {})
    store.blobs.put(b"x")


@settings(max_examples=1, deadline=None)
@given(data=st.data())
def test_no_table_is_left_out(data: st.DataObject) -> None:
    """These tests write to every table there is, so a new one has to be added to them."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        write_one_of_each(store, data)
        tables = store._database.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        empty = [n for (n,) in tables if not store._database.scalar(f"SELECT count(*) FROM {n}")]

    assert empty == []


@pytest.mark.parametrize("area", AREAS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_record_reads_back_equal(area: str, data: st.DataObject) -> None:
    """A record of any area, with any JSON inside, comes back as it went in."""
    strategy, write, read = AREAS[area]
    record = data.draw(strategy)
    with Store.open(":memory:", clock=FakeClock()) as store:
        write(store, record)

        assert read(store, record) == record


@settings(max_examples=50, deadline=None)
@given(value=records.jsons, blob=st.binary(max_size=5000))
def test_values_and_blobs_keep_their_content_and_order(value: Json, blob: bytes) -> None:
    """JSON keeps even the order of its keys; bytes are named by their content."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        store.monitors.set("a", {"value": value})
        back = store.monitors.get("a")

        assert back is not None
        assert repr(back["value"]) == repr(value)
        assert store.blobs.get(store.blobs.put(blob)) == blob
        assert store.blobs.put(blob) == hash_bytes(blob)
        assert store.verify().sound


class AnySequence(RuleBasedStateMachine):
    """Writes, transactions that succeed or fail, and reopening, against a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "pantheon.db"
        self.store = Store.open(self.path, clock=FakeClock())
        self.expected: dict[tuple[str, str, int], NodeResult] = {}

    def _record(self, result: NodeResult) -> None:
        key = (result.run, result.node, result.index)
        if key not in self.expected:
            self.store.journal.record(result)
            self.expected[key] = result

    @rule(result=records.results)
    def write(self, result: NodeResult) -> None:
        """A single write commits by itself."""
        self._record(result)

    @rule(batch=st.lists(records.results, max_size=4), inner=st.lists(records.results, max_size=3))
    def transaction(self, batch: list[NodeResult], inner: list[NodeResult]) -> None:
        """A transaction within a transaction keeps everything."""
        with self.store.transaction():
            for result in batch:
                self._record(result)
            with self.store.transaction():
                for result in inner:
                    self._record(result)

    @rule(
        batch=st.lists(records.results, max_size=4),
        inner=st.lists(records.results, max_size=3),
        outer_fails=st.booleans(),
    )
    def failed_transaction(
        self, batch: list[NodeResult], inner: list[NodeResult], outer_fails: bool
    ) -> None:
        """What fails leaves nothing; an inner failure that is handled leaves the outer whole."""
        before = dict(self.expected)
        with (
            pytest.raises(RuntimeError) if outer_fails else nullcontext(),
            self.store.transaction(),
        ):
            for result in batch:
                self._record(result)
            middle = dict(self.expected)
            with pytest.raises(RuntimeError):
                self._fail_within(inner)
            self.expected = middle
            if outer_fails:
                raise RuntimeError
        if outer_fails:
            self.expected = before

    def _fail_within(self, batch: list[NodeResult]) -> None:
        with self.store.transaction():
            for result in batch:
                self._record(result)
            raise RuntimeError

    @rule()
    def reopen(self) -> None:
        """Closing and opening changes nothing."""
        self.store.close()
        self.store = Store.open(self.path, clock=FakeClock())

    @invariant()
    def reads_back(self) -> None:
        """The store holds exactly what was written."""
        runs: set[RunId] = {result.run for result in self.expected.values()}
        found = [result for run in runs for result in self.store.journal.results(run)]
        keyed = {(r.run, r.node, r.index): r for r in found}
        assert keyed == self.expected

    def teardown(self) -> None:
        """Close and clean up."""
        self.store.close()
        self.folder.cleanup()


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_equal_large_values_are_kept_once(store: Store) -> None:
    """Content addressing: the same large value in many rows takes one blob."""
    large: Json = {"text": "all the same " * 500}
    for i in range(20):
        store.monitors.set(f"agent {i}", {"value": large})

    assert len(store.blobs.names()) == 1
    assert hash_json(store.monitors.get("agent 7")) == hash_json({"value": large})
