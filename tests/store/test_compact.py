"""Compaction: what is not needed goes, what is needed stays, and a kill in the middle is harmless."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import Busy, InputError, StoreFault
from pantheon.ids import Json, JsonObject, RunId, hash_json
from pantheon.learn import curate
from pantheon.report import collect
from pantheon.spec import AgentDef, SpecialistTier
from pantheon.store import (
    Audit,
    Feedback,
    Night,
    RunState,
    Store,
    Version,
)
from pantheon.store._compact import GRACE, TRACES, _shrink
from tests.store import samples
from tests.store.courses import DAY, GONE, NOW, WHOLE, Case, add_run, compact, course, large
from tests.store.test_round_trip import AREAS

SCHEMA: JsonObject = {"type": "object", "properties": {"text": {"type": "string"}}}
TRIAGE = AgentDef("triage", input=SCHEMA, output=SCHEMA, tiers=(SpecialistTier(),))


def test_the_course_of_an_old_run_goes_and_its_answers_stay(store: Store) -> None:
    """What learning and people need of it stays: the run, its answers, an open question."""
    add_run(store, "r1", Case())
    add_run(store, "r2", Case(age=10.0))

    told = compact(store)

    assert (course(store, "r1"), course(store, "r2")) == (GONE, WHOLE)
    assert store.runs.get("r1").output == large("r1")
    assert (store.runs.get("r1").compacted, store.runs.get("r2").compacted) == (NOW, None)
    assert [a.id for a in store.answers.list(run="r1")] == ["r1 answer"]
    assert [q.id for q in store.inbox.list(run="r1")] == ["r1 open"]
    assert (told.runs, told.unfinished, told.dry) == (1, None, False)
    assert told.removed == {
        "node_results": 2, "events": 1, "context_writes": 1, "signals": 1, "timers": 1,
        "inbox": 1, "cache": 0, "definitions": 0, "blobs": 2,
    }  # fmt: skip
    assert compact(store).runs == 0


CASES = st.builds(
    Case,
    state=st.sampled_from(get_args(RunState)),
    age=st.none() | st.sampled_from([-5.0, 0.0, 29.9, 30.1, 80.0]),
    leased=st.booleans(),
    owing=st.booleans(),
    queued=st.booleans(),
    night=st.sampled_from([None, "n1", "n2"]),
)


@settings(max_examples=60, deadline=None)
@given(cases=st.lists(CASES, max_size=6))
def test_only_what_nobody_needs_goes(cases: list[Case]) -> None:
    """Runs that go on, are held, queued, owe an audit or belong to the last night keep all."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        store.nights.start(Night("n1", started=1.0, seed=0))
        store.nights.start(Night("n2", started=2.0, seed=0))
        for i, case in enumerate(cases):
            add_run(store, f"r{i}", case)

        told = compact(store)

        assert told.runs == sum(case.goes for case in cases)
        for i, case in enumerate(cases):
            assert course(store, f"r{i}") == (GONE if case.goes else WHOLE)
        assert len(store.answers.list()) == len(cases)


def test_without_a_limit_the_course_of_every_run_stays(store: Store) -> None:
    """`None` keeps runs for ever; no time at all is a time, a negative one is not."""
    add_run(store, "r1", Case(age=9999.0))

    assert compact(store, keep=None).runs == 0
    assert course(store, "r1") == WHOLE
    for wrong in (-1.0, float("nan")):
        with pytest.raises(InputError, match="cannot be kept"):
            compact(store, keep=wrong)
    assert compact(store, keep=0.0).runs == 1


def test_many_runs_go_in_batches(store: Store) -> None:
    """More than fit in one transaction, among others that stay."""
    for i in range(450):
        run = dataclasses.replace(samples.run(f"r{i}"), state="done", finished=float(i % 2) * NOW)
        store.runs.create(run)

    assert compact(store).runs == 225
    assert compact(store).runs == 0


def test_every_table_about_runs_is_decided() -> None:
    """A new table that names a run must be deleted with its course, or be known to stay."""
    with Store.open(":memory:", clock=FakeClock()) as store:
        about_runs = store._database.rows(
            "SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS c "
            "WHERE tables.type = 'table' AND c.name = 'run'"
        )

    kept = {"answers", "queue", "memory_writes", "shadow_runs"}
    assert {name for (name,) in about_runs} == {*TRACES, *kept}


def swell(record: Any) -> Any:
    """The record with a large value in every field that holds JSON."""
    changes: dict[str, Any] = {}
    for f in fields(record):
        if str(f.type).startswith("Json"):
            changes[f.name] = large(f.name)
        elif str(f.type).startswith("tuple["):
            text = f"{f.name} " * 1000
            changes[f.name] = (text,) if "str" in str(f.type) else ({"text": text},)
    return dataclasses.replace(record, **changes)


@pytest.mark.parametrize("area", AREAS)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_large_values_stay_while_a_row_has_them(area: str, data: st.DataObject) -> None:
    """Whatever the table and column: no blob goes that a row refers to."""
    strategy, write, read = AREAS[area]
    record = swell(data.draw(strategy))
    with Store.open(":memory:", clock=FakeClock()) as store:
        write(store, record)
        store.blobs.put(b"nobody's" * 500)
        kept = len(store.blobs.names()) - 1

        assert compact(store, keep=None).removed["blobs"] == 1
        assert len(store.blobs.names()) == kept
        assert read(store, record) == record


def test_blobs_without_rows_go(store: Store) -> None:
    """Values in tables without records, and what specialists are made of, stay as well."""
    store.monitors.set("a", large("monitor"))
    store.definitions.put("pin", "f", hash_json("f"), large("definition"))
    artifact = store.blobs.put(b"specialist" * 500)
    store.versions.add(
        Version(hash_json("v"), "a", 1, None, "night", 1.0, "promoted", {}, artifact)
    )
    store.blobs.put(b"nobody's")

    assert compact(store).removed["blobs"] == 1
    assert store.monitors.get("a") == large("monitor")
    assert store.definitions.get(hash_json("f")) == large("definition")
    assert store.blobs.get(artifact) == b"specialist" * 500


def test_a_value_that_someone_shares_stays(store: Store) -> None:
    """The blob of a deleted result that an answer holds too is not deleted."""
    add_run(store, "r1", Case())
    store.answers.add(dataclasses.replace(samples.answer("x"), output=large("r1 a")))

    assert compact(store).removed["blobs"] == 1
    assert store.answers.get("x").output == large("r1 a")


def test_the_order_of_results_outlives_a_compaction(store: Store) -> None:
    """Rows move together in the file; their order is theirs."""
    add_run(store, "r1", Case())
    for name in ("z", "m", "a"):
        result = dataclasses.replace(samples.result(name), run=RunId("r9"))
        store.journal.record(result)

    compact(store)

    assert [r.node for r in store.journal.results("r9")] == ["z", "m", "a"]


@dataclass
class Definer:
    """Definitions written at different times."""

    store: Store
    clock: FakeClock
    hashes: dict[str, Any] = field(default_factory=dict[str, Any])

    def put(self, label: str, *, name: str = "f", age: float) -> None:
        """Keep a definition that is so many days old."""
        self.clock.advance(NOW - age * DAY - self.clock.now())
        self.hashes[label] = hash_json(label)
        self.store.definitions.put("pin", name, self.hashes[label], {"label": label})

    def left(self) -> set[str]:
        """Labels of those that are still there."""
        rows = {row[0] for row in self.store._database.rows("SELECT hash FROM definitions")}
        return {label for label, hash in self.hashes.items() if hash in rows}


def test_definitions_go_when_nothing_refers_to_them(store: Store, clock: FakeClock) -> None:
    """Those of runs and answers stay; so do the newest of each name and those of the last day."""
    define = Definer(store, clock)
    for label, age in (("unused", 50.0), ("run", 49.0), ("answer", 48.0), ("fresh", 0.5)):
        define.put(label, age=age)
    define.put("newest", age=0.1)
    define.put("only", name="g", age=90.0)
    store.runs.create(dataclasses.replace(samples.run(), flow_hash=define.hashes["run"]))
    store.answers.add(dataclasses.replace(samples.answer("a"), version=define.hashes["answer"]))

    assert GRACE == DAY
    assert compact(store).removed["definitions"] == 1
    assert define.left() == {"run", "answer", "fresh", "newest", "only"}


def test_expired_answers_leave_the_cache(store: Store) -> None:
    """Whatever is kept of runs."""
    store.cache.put(samples.cached("old", expires=NOW))
    store.cache.put(samples.cached("new", expires=NOW + 1))

    assert compact(store, keep=None).removed["cache"] == 1
    assert store.cache.get("new", NOW) is not None


def dump(store: Store) -> list[str]:
    """Everything in the database as text."""
    return list(store._database._connection.iterdump())


def test_a_dry_compaction_tells_the_same_and_changes_nothing(path: Path) -> None:
    """Its counts are those of the real one that follows."""
    with Store.open(path, clock=FakeClock()) as store:
        for i in range(20):
            add_run(store, f"r{i}", Case(age=float(2 * i + 5)))
        before = dump(store)

        dry = compact(store, dry=True)
        assert dump(store) == before
        real = compact(store)

    assert dry.dry
    assert (dry.runs, dry.removed) == (real.runs, real.removed)
    assert real.runs == 7
    assert dry.bytes_before == real.bytes_before > dry.bytes_after >= real.bytes_after


def test_the_file_becomes_smaller(path: Path) -> None:
    """Space goes back to the disk, the write-ahead log included."""
    with Store.open(path, clock=FakeClock()) as store:
        for i in range(150):
            add_run(store, f"r{i}", Case(age=40.0 if i else 1.0))
        told = compact(store)

        assert path.stat().st_size == told.bytes_after < told.bytes_before / 2
        assert Path(f"{path}-wal").stat().st_size == 0
        assert store.verify().sound


# ------------------------------------------------------------------- others in the way


@pytest.fixture
def two(path: Path) -> Iterator[tuple[Store, Store]]:
    """Two connections to a database with an old run; the first gives up soon."""
    with (
        Store.open(path, clock=FakeClock(), busy_seconds=0.05) as one,
        Store.open(path, clock=FakeClock(), busy_seconds=0.05) as other,
    ):
        add_run(one, "r1", Case())
        yield one, other


def test_a_compaction_beside_a_writer_is_busy_and_changes_nothing(two: tuple[Store, Store]) -> None:
    """Another program holds the lock for writing: told so, and it works once it lets go."""
    one, other = two
    with other.transaction():
        for dry in (True, False):
            with pytest.raises(Busy, match="Another program holds") as caught:
                compact(one, dry=dry)
            assert caught.value.hint
    assert course(one, "r1") == WHOLE
    assert compact(one).runs == 1


def test_a_file_that_cannot_shrink_now_is_told_and_whole(two: tuple[Store, Store]) -> None:
    """Someone writes or reads at the moment of shrinking: the rest is done, nothing is wrong."""
    one, other = two
    with other.transaction():
        assert "Another program holds" in str(_shrink(one._database))
    reading = other._database._connection
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM runs").fetchall()
    add_run(one, "r2", Case())
    assert "is reading" in str(compact(one).unfinished)
    reading.execute("ROLLBACK")
    assert one.verify().sound
    assert compact(one).unfinished is None


def test_a_disk_too_full_to_move_things_together_is_told(path: Path) -> None:
    """Shrinking needs room; without it everything is deleted that should be, and whole."""
    code = """
        import resource, sys
        from pathlib import Path
        from pantheon.clock import FakeClock
        from pantheon.store import Store
        from tests.store.courses import Case, add_run, compact
        path = Path(sys.argv[1])
        with Store.open(path, clock=FakeClock()) as store:
            for i in range(400):
                add_run(store, f"r{i}", Case(age=40.0 if i < 50 else 1.0))
            store._database.row("PRAGMA wal_checkpoint(TRUNCATE)")
            limit = path.stat().st_size // 2
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            told = compact(store)
            print(told.runs, told.unfinished)
    """
    said = child(code, path).stdout

    assert said.startswith("50 The disk with the database"), said
    with Store.open(path, clock=FakeClock()) as store:
        assert store.verify().sound
        assert course(store, "r399") == WHOLE
        assert compact(store).unfinished is None


def child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


# The child kills itself within SQLite, after so many of its steps: a real SIGKILL, at any point.
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from pantheon.clock import FakeClock
    from pantheon.store import Store, _compact
    from tests.store.courses import compact
    _compact.BATCH = 7
    left = int(sys.argv[2])
    def step():
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0
    with Store.open(Path(sys.argv[1]), clock=FakeClock()) as store:
        store._database._connection.set_progress_handler(step, 100)
        compact(store)
        print(int(sys.argv[2]) - left)
"""


def test_a_killed_compaction_loses_nothing(path: Path, tmp_path: Path) -> None:
    """Kill -9 at ten points from the first statement to the last: the database is whole, every
    run has its course or not, and the next compaction finishes the work.
    """
    with Store.open(path, clock=FakeClock()) as store:
        for i in range(90):
            add_run(store, f"r{i}", Case(age=40.0 if i % 3 else 1.0))
        store.backup(tmp_path / "whole.db")
    steps = int(child(KILLED, tmp_path / "whole.db", 10**9).stdout)

    part_way = 0
    for tenth in range(10):
        with Store.open(path, clock=FakeClock()) as store:
            store.backup(tmp_path / f"{tenth}.db")
        done = child(KILLED, tmp_path / f"{tenth}.db", steps * tenth // 10)
        assert done.returncode == -9, done.stderr
        with Store.open(tmp_path / f"{tenth}.db", clock=FakeClock()) as store:
            part_way += check_whole(store)
            compact(store)
            assert check_whole(store) == 60
    assert 0 < part_way < 600


def check_whole(store: Store) -> int:
    """Every run is whole or compacted; returns how many are compacted."""
    assert store.verify().sound
    runs = store.runs.list(None)
    assert len(runs) == 90
    for run in runs:
        gone = run.compacted is not None
        assert run.output == large(run.id)
        assert course(store, run.id) == (GONE if gone else WHOLE)
    assert len(store.answers.list()) == 90
    return sum(run.compacted is not None for run in runs)


# --------------------------------------------------------------- learning and the report


def teach(store: Store) -> None:
    """An old run whose answer was audited, one that a person corrected, one of a cloud."""
    for i in range(3):
        add_run(store, f"r{i}", Case(state="failed" if i == 2 else "done"))
    output: JsonObject = {"text": "right"}
    store.audits.settle(Audit("r0 answer", "triage", 2.0, output, agrees=False))
    store.feedback.add(Feedback("r1 answer", "triage", 3.0, "correct", "user", output))
    row = dataclasses.replace(samples.answer("cloud"), tier="cloud", source="model", output=output)
    store.answers.add(dataclasses.replace(row, run=RunId("r2"), node="b"))


def test_learning_gets_the_same_from_a_compacted_store(clock: FakeClock) -> None:
    """Examples come from answers, audits and feedback; all of those stay."""
    learned: list[Json] = []
    for compacted in (False, True):
        with Store.open(":memory:", clock=clock) as store:
            teach(store)
            if compacted:
                assert compact(store).runs == 3
            curate(store, TRIAGE)
            examples = store.examples.list("triage")
            learned.append([[e.id, e.input, e.output, e.drawn] for e in examples])

    assert learned[0] == learned[1]
    assert len(cast("list[Json]", learned[0])) == 3


def test_the_report_of_a_compacted_store_can_be_made(store: Store) -> None:
    """It reads the runs of its night, whose course stays, and tells less of older ones."""
    teach(store)
    store.nights.start(Night("n1", started=NOW, seed=0))
    add_run(store, "r8", Case(state="failed", night="n1"))
    compact(store)

    morning = collect(store, project=None, night="n1")

    assert course(store, "r8") == WHOLE
    seen = [(task.run, task.nodes_seen) for task in morning.not_delivered]
    assert seen == [("r2", 0), ("r8", 2)]


def test_a_database_that_may_not_be_written_is_not_compacted(path: Path) -> None:
    """A fault with a hint; nothing is half deleted."""
    with Store.open(path, clock=FakeClock()) as store:
        add_run(store, "r1", Case())
        store._database.row("PRAGMA query_only = 1")
        with pytest.raises(StoreFault, match="cannot be written") as caught:
            compact(store)
        assert caught.value.hint
        store._database.row("PRAGMA query_only = 0")
        assert course(store, "r1") == WHOLE


def test_a_value_whose_row_is_on_its_way_stays(store: Store, clock: FakeClock) -> None:
    """What was put within a day stays, though no row has it yet: also one put anew."""
    old, new = store.blobs.put(b"old"), b"put again"
    store.blobs.put(new)
    clock.advance(2 * DAY)
    name = store.blobs.put(new)
    store.compact(keep_runs=None, now=clock.now())

    assert store.blobs.names() == [name]
    assert not store.blobs.has(old)
