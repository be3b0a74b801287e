"""A fleet: several agents, their days and nights in common, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound
from pantheon.ids import Json, JsonObject
from pantheon.night import (
    BadCandidate,
    Change,
    ChatLog,
    Fleet,
    FleetDay,
    FleetSimulation,
    Member,
    fleet_to_json,
    read_fleet,
    render_fleet,
    simulate_fleet,
    stream_of,
)
from pantheon.night._changes import rows_of_day
from pantheon.report import Morning, collect, render_html, render_markdown, render_text
from pantheon.spec import Project, Promise
from pantheon.store import Store
from tests.night import world

ROOT = Path(__file__).resolve().parents[2]
PROMISE = Promise(disagreement=0.1, confidence=0.9, audit=0.3)


def records(count: int) -> list[JsonObject]:
    """Requests whose record has an optional field, and of which one in ten has another truth."""
    rng = random.Random(3)
    made: list[JsonObject] = []
    for number, row in enumerate(world.rows(count, seed=5)):
        output = row["output"]
        assert isinstance(output, dict)
        urgent = "card" in world.text_of(row)
        record: JsonObject = {**output, "urgent": True} if urgent else output
        wrong = rng.random() < 0.1
        gold: JsonObject = {"team": "other"} if wrong else record
        made.append({"id": str(number), "input": row["input"], "output": record, "gold": gold})
    return made


def calls(path: Path, count: int = 60) -> Path:
    """A raw log in which one prompt comes again and again."""
    lines: list[str] = []
    for number, row in enumerate(world.rows(count, seed=9)):
        output = row["output"]
        assert isinstance(output, dict)
        asked = f"Which team answers this? One word.\n\n{world.text_of(row)}"
        answer = {"message": {"role": "assistant", "content": str(output["team"])}}
        call = {
            "request": {"model": "gpt", "messages": [{"role": "user", "content": asked}]},
            "response": {"id": f"c{number}", "choices": [answer]},
        }
        lines.append(json.dumps(call))
    path.write_text("\n".join(lines))
    return path


def fleet(log: Path) -> Fleet:
    """A label whose teacher changes, a record with the truth known, and a number."""
    numbers: list[JsonObject] = [
        {"id": row["id"], "input": row["input"], "output": {"length": len(world.text_of(row)) % 3}}
        for row in world.rows(300, seed=8)
    ]
    triage = Member("triage", stream_of(world.rows(600), name="t"), a_day=120, promise=PROMISE)
    quality = replace(PROMISE, quality=0.05)
    forms = Member("forms", stream_of(records(400), name="f"), a_day=80, promise=quality)
    return Fleet(
        (triage, forms, Member("number", stream_of(numbers, name="n"), a_day=20, promise=PROMISE)),
        days=4,
        changes=(Change(3, "triage", "answers change"),),
        logs=(ChatLog(2, log),),
    )


def play(given: Fleet) -> tuple[FleetSimulation, list[Morning]]:
    """The simulation on a timer that stands still, and its mornings."""
    mornings: list[Morning] = []

    def on_morning(store: Store, project: Project, day: FleetDay) -> None:
        del day
        mornings.append(collect(store, project=project))

    played = asyncio.run(
        simulate_fleet(given, embedder=world.EMBEDDER, timer=FakeClock(), on_morning=on_morning)
    )
    return played, mornings


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[FleetSimulation, list[Morning]]:
    """One fleet, looked at by several tests."""
    return play(fleet(calls(tmp_path_factory.mktemp("log") / "calls.jsonl")))


def test_the_cloud_is_asked_less(played: tuple[FleetSimulation, list[Morning]]) -> None:
    """On the second day most is answered here, by every agent that can be learned."""
    first, second, *_ = played[0].days

    assert first.total.local.hits == 0
    assert (second.figures["triage"].local.rate or 0) > 0.5
    assert second.total.cloud_calls < first.total.cloud_calls


def test_a_teacher_that_changes_is_noticed(
    played: tuple[FleetSimulation, list[Morning]],
) -> None:
    """The specialist steps back on the day of the change, and another one follows."""
    third, fourth = played[0].days[2:4]

    assert "triage" in third.stepped_back
    assert third.nights["triage"].outcome == "promoted" or fourth.nights["triage"].version


def test_what_recurs_in_a_log_is_suggested(
    played: tuple[FleetSimulation, list[Morning]],
) -> None:
    """Found on the night on which the log is given, and asked of a person in the morning."""
    night = played[0].days[1]

    assert [suggestion.kind for suggestion in night.suggestions] == ["agent"]
    assert any(need.kind == "idea" for need in played[1][1].needs_you)
    assert not any(need.kind == "idea" for need in played[1][0].needs_you)


def test_judgements_are_asked_for_and_given(
    played: tuple[FleetSimulation, list[Morning]],
) -> None:
    """The morning says what is asked; then the recorded truth answers."""
    simulation, mornings = played
    asked = [need for morning in mornings for need in morning.needs_you]

    assert sum(day.judged for day in simulation.days) > 0
    assert any(need.kind == "judgements" and need.agent == "forms" for need in asked)


def test_a_worthless_certificate_is_not_believed() -> None:
    """Judged on what it has learned from it looks perfect; held-out requests say otherwise."""
    rng = random.Random(0)
    noise: list[JsonObject] = [
        {**row, "output": {"team": rng.choice(sorted(world.WORDS))}} for row in world.rows(300)
    ]
    member = Member("noise", stream_of(noise, name="x"), a_day=300, promise=PROMISE)
    played, (morning,) = play(Fleet((member,), days=1, bad=(BadCandidate(1, "noise"),)))
    night = played.days[0].nights["noise"]
    update = morning.agents[0].update

    assert (night.rung, night.outcome) == ("unchecked", "rejected")
    assert any("Held-out" in reason for reason in night.reasons)
    assert update is not None
    assert [rung.name for rung in update.ladder if rung.chosen] == ["unchecked"]


def test_the_same_seed_gives_the_same_fleet(
    played: tuple[FleetSimulation, list[Morning]], tmp_path: Path
) -> None:
    """Bit for bit, reports included, on a timer that stands still."""
    again, mornings = play(fleet(calls(tmp_path / "calls.jsonl")))

    assert fleet_to_json(again) == fleet_to_json(played[0])
    assert mornings == played[1]


def test_everything_can_be_read(played: tuple[FleetSimulation, list[Morning]]) -> None:
    """Table, JSON and every rendering of the reports."""
    simulation, mornings = played
    table = render_fleet(simulation)

    assert json.loads(json.dumps(fleet_to_json(simulation)))["days"][2]["day"] == 3
    assert all(agent in table for agent in ("triage", "forms", "number"))
    assert "suggested: agent" in table
    for morning in mornings:
        text = render_text(morning) + render_markdown(morning) + render_html(morning)
        assert "probation" in text


def test_every_key_is_documented(played: tuple[FleetSimulation, list[Morning]]) -> None:
    """The reference page names each key of the whole object."""
    page = (ROOT / "docs" / "reference" / "simulate-json.md").read_text(encoding="utf-8")

    assert [key for key in _keys(fleet_to_json(played[0])) if f"`{key}`" not in page] == []


def _keys(value: Json) -> set[str]:
    keys: set[str] = set()
    if isinstance(value, dict):
        keys.update(key for key in value if not key.endswith("_interval"))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return keys.union(*map(_keys, inner))


def test_changes_of_a_teacher() -> None:
    """Values become others of their field, in `gold` too; noise and other requests do as named."""
    stream = stream_of(records(20), name="a")
    other = stream_of(world.rows(20, seed=2), name="b")
    plain = rows_of_day(stream, 2, size=5, changes=(), seed=0)
    changed = rows_of_day(stream, 2, size=5, changes=[Change(2, "a", "answers change")], seed=0)
    noise = Change(2, "a", "answers at random")
    moved = Change(2, "a", "requests change", stream=other)

    assert [row.input for row in changed] == [row.input for row in plain]
    assert all(a.output["team"] != b.output["team"] for a, b in zip(changed, plain, strict=True))
    assert all(row.gold is not None for row in changed)
    assert rows_of_day(stream, 1, size=5, changes=[noise], seed=0) == list(stream.rows[:5])
    assert [row.gold for row in rows_of_day(stream, 2, size=5, changes=[noise], seed=0)] == [
        row.gold for row in plain
    ]
    assert rows_of_day(stream, 3, size=5, changes=[moved], seed=0) == list(other.rows[5:10])


FILE = """\
days: 2
agents:
  triage: {stream: work.jsonl, a_day: 30, disagreement: 0.1, quality: 0.02, same: exact}
events:
  - {day: 2, agent: triage, what: answers change, share: 0.5}
  - {night: 1, agent: triage, what: bad candidate}
  - {night: 1, what: chat log, log: calls.jsonl}
"""


def test_a_fleet_is_read_from_a_file(tmp_path: Path) -> None:
    """Paths are relative to the file; what is not said has the usual value."""
    (tmp_path / "work.jsonl").write_text("\n".join(map(json.dumps, world.rows(60))))
    file = tmp_path / "fleet.yaml"
    file.write_text(FILE)

    read = read_fleet(file)

    (member,) = read.members
    assert (read.days, member.a_day, member.promise.quality) == (2, 30, 0.02)
    assert member.promise.confidence == Promise().confidence
    assert read.changes == (Change(2, "triage", "answers change", 0.5),)
    assert read.bad == (BadCandidate(1, "triage"),)
    assert read.logs == (ChatLog(1, tmp_path / "calls.jsonl"),)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("days: 2", "days: none", "`days` of the file is no number"),
        ("a_day: 30", "a_dya: 30", "unknown key `a_dya`"),
        ("disagreement: 0.1", "disagreement: 5", "`disagreement` of agent `triage` is no share"),
        ("same: exact", "same: alike", "`same` of agent `triage`"),
        ("same: exact", "same: judge:x", "asks an agent"),
        ("agent: triage, what: bad", "agent: gone, what: bad", "no agent of the fleet"),
        ("what: chat log", "what: surprise", "has no known `what`"),
        ("  triage: {", "  triage: [", "is no YAML"),
        ("stream: work.jsonl, ", "", "names no `stream`"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With the file's name, the place in it and what to write."""
    (tmp_path / "work.jsonl").write_text("\n".join(map(json.dumps, world.rows(60))))
    file = tmp_path / "fleet.yaml"
    file.write_text(FILE.replace(old, new))

    with pytest.raises(InputError, match=said):
        read_fleet(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Neither the fleet nor the work that it names."""
    with pytest.raises(NotFound, match="no fleet"):
        read_fleet(tmp_path / "none.yaml")
    file = tmp_path / "fleet.yaml"
    file.write_text(FILE)
    with pytest.raises(NotFound, match="no stream"):
        read_fleet(file)
