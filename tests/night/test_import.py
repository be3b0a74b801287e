"""Recorded work becomes examples: once, checked against the contract, nothing good lost."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError
from pantheon.learn import Around, Tonight, World, curate, teach
from pantheon.night import import_stream
from pantheon.store import Store
from tests.night import world


def written(folder: Path, *lines: str) -> Path:
    """A stream file."""
    path = folder / "log.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def recorded(count: int) -> list[str]:
    """Good lines."""
    return [json.dumps(row) for row in world.rows(count)]


def test_a_recording_is_enough_for_a_first_lesson(tmp_path: Path) -> None:
    """Imported rows are drawn like the traffic, so they calibrate as the first days would."""
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        report = import_stream(store, world.TRIAGE, written(tmp_path, *recorded(200)), clock=clock)
        curate(store, world.TRIAGE)
        tonight = Tonight("n1", 0, "auto")
        around = Around(world.EMBEDDER.embed, world.EMBEDDER.id)
        lesson = asyncio.run(teach(store, world.TRIAGE, tonight, World(around, clock)))
        sources = {example.source for example in store.examples.list("triage")}

    assert (report.rows, report.added, report.bad_lines) == (200, 200, 0)
    assert sources == {"import"}
    assert lesson.outcome == "promoted"


def test_importing_again_adds_nothing(tmp_path: Path) -> None:
    """What is known is counted as known."""
    clock = FakeClock()
    path = written(tmp_path, *recorded(20))
    with Store.open(":memory:", clock=clock) as store:
        import_stream(store, world.TRIAGE, path, clock=clock)
        again = import_stream(store, world.TRIAGE, path, clock=clock)

    assert (again.added, again.known) == (0, 20)
    assert "20 were known" in again.summary


def test_broken_and_unfitting_lines_cost_nothing_else(tmp_path: Path) -> None:
    """They are named with line and reason; the others are imported."""
    clock = FakeClock()
    wrong = json.dumps({"id": "w", "input": {"text": 3}, "output": {"team": "cards"}})
    missing = json.dumps({"id": "m", "input": {"text": "a"}, "output": {"label": "cards"}})
    path = written(tmp_path, *recorded(5), "{", wrong, missing)
    with Store.open(":memory:", clock=clock) as store:
        report = import_stream(store, world.TRIAGE, path, clock=clock)
        total = store.examples.count("triage")

    assert (report.added, total, report.bad_lines) == (5, 5, 3)
    assert [bad.where.line for bad in report.bad] == [6, 7, 8]
    assert "breaks the contract of triage" in report.bad[1].reason
    assert report.to_json()["bad_lines"] == 3


def test_gold_and_near_duplicates_are_kept(tmp_path: Path) -> None:
    """Gold goes with the example; a repetition in other spelling is counted."""
    clock = FakeClock()
    lines = [
        json.dumps({"id": str(n), "input": {"text": text}, "output": {"team": "a"}, "gold": gold})
        for n, (text, gold) in enumerate(
            [("My card is lost!", {"team": "b"}), ("my card is lost", None)]
        )
    ]
    with Store.open(":memory:", clock=clock) as store:
        report = import_stream(store, world.TRIAGE, written(tmp_path, *lines), clock=clock)
        examples = store.examples.list("triage")

    assert [example.gold for example in examples] == [{"team": "b"}, None]
    assert report.near_duplicates == 1


def test_a_file_of_nothing_good_is_an_input_error(tmp_path: Path) -> None:
    """Nothing is imported."""
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store, pytest.raises(InputError):
        import_stream(store, world.TRIAGE, written(tmp_path, "nonsense"), clock=clock)
