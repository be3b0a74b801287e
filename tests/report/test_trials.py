"""What guards did to versions on trial is told in the morning, in every rendering."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, JsonObject
from pantheon.report import collect, render_html, render_markdown, render_text, to_json
from pantheon.store import ReleaseMove, Store

HASH = ContentHash("b2:" + "0" * 32)
WHY = "30 runs; error_rate 33.3% of 30 runs (14.1% to 57.0%), bound 5%: passed"


def pointer(number: int) -> JsonObject:
    """What a channel points at."""
    return {"version": number, "hash": f"{HASH[:-1]}{number}"}


def move(action: str, before: JsonObject, after: JsonObject, *, who: str, at: float) -> ReleaseMove:
    """One change of the flow `support`."""
    return ReleaseMove(None, f"d{at}", action, "flow", "support", before, after, at, who, WHY)


def filled(path: Path) -> Store:
    """A canary was stopped by its guard, another one promoted; people have deployed both."""
    store = Store.open(path / "p.db", clock=FakeClock(1000.0))
    stable: JsonObject = {"stable": pointer(1)}
    canary: JsonObject = {"stable": pointer(1), "canary": pointer(2)}
    other: JsonObject = {"stable": pointer(1), "canary": pointer(3)}
    for row in (
        move("deploy", {}, stable, who="someone", at=100.0),
        move("deploy", stable, canary, who="someone", at=200.0),
        move("retire", canary, stable, who="guard", at=300.0),
        move("deploy", stable, other, who="someone", at=400.0),
        move("promote", other, {"stable": pointer(3)}, who="guard", at=500.0),
    ):
        store.releases.move(row)
    return store


def test_what_guards_did_is_in_every_rendering(tmp_path: Path) -> None:
    """With the figures, and with the command that undoes it."""
    with filled(tmp_path) as store:
        morning = collect(store, since=0.0, until=1000.0)

    assert [(note.version, note.outcome) for note in morning.trials] == [
        ("support@3", "promoted"),
        ("support@2", "stopped"),
    ]
    assert "upport@2 was stopped by its guards" in morning.sentence
    assert "support@3 was made stable by its guards" in morning.sentence
    page = render_html(morning)
    for part in ("Stopped by its guards", "33.3% of 30 runs", "pantheon rollback support"):
        assert part in page
    assert "stopped by its guards" in render_markdown(morning)
    assert "▲ support@2 has passed a bound" in render_text(morning)
    assert len(to_json(morning)["trials"]) == 2  # pyright: ignore[reportArgumentType]


def test_moves_outside_of_the_period_are_not_told_again(tmp_path: Path) -> None:
    """Each morning tells what was done since the one before."""
    with filled(tmp_path) as store:
        assert [note.version for note in collect(store, since=300.0, until=1000.0).trials] == [
            "support@3"
        ]


def test_names_are_harmless(tmp_path: Path) -> None:
    """A reason may hold anything."""
    with Store.open(tmp_path / "p.db", clock=FakeClock(1000.0)) as store:
        row = move("retire", {"canary": pointer(2)}, {}, who="guard", at=10.0)
        store.releases.move(row)
        hostile = "<script>\x1b[31m"
        store.releases.move(replace(row, why=hostile))
        morning = collect(store, since=0.0, until=1000.0)

    assert "<script>\x1b" not in render_html(morning)
    assert "\x1b" not in render_text(morning)
