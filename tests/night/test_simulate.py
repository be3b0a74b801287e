"""Simulation: the product's own days and nights on recorded work."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError
from pantheon.ids import Json, JsonObject
from pantheon.learn import VectorCache
from pantheon.night import (
    Day,
    Simulation,
    SimulationSettings,
    Subject,
    render_table,
    simulate,
    simulation_to_json,
)
from pantheon.spec import Price, Promise
from tests.night import world

ROOT = Path(__file__).resolve().parents[2]
PROMISE = Promise(disagreement=0.1, confidence=0.9, audit=0.2)
SETTINGS = SimulationSettings(day=150, promise=PROMISE)
SUBJECT = Subject(embedder=world.EMBEDDER)
WORK = world.rows(600)
FIGURES = {
    "requests",
    "local_share",
    "local_share_interval",
    "disagreement",
    "disagreement_interval",
    "disagreement_local",
    "accuracy",
    "cloud_calls",
    "cost_saved_usd",
    "specialist_latency_ms",
}


def play(
    rows: list[JsonObject] = WORK,
    settings: SimulationSettings = SETTINGS,
    subject: Subject = SUBJECT,
) -> Simulation:
    """A simulation on a timer that stands still."""
    return asyncio.run(simulate(rows, settings=settings, subject=subject, timer=FakeClock()))


@pytest.fixture(scope="module")
def played() -> Simulation:
    """One simulation of four days, looked at by several tests."""
    return play()


def test_the_cloud_is_asked_less_each_day(played: Simulation) -> None:
    """On the first day everything; after the night hardly anything but audits."""
    shares = [day.figures.local.rate for day in played.days]

    assert shares[0] == 0
    assert min(shares[1:]) > 0.8  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert played.days[0].night_words == "promoted @1 (machine)"
    assert played.days[-1].night is None


def test_what_is_counted_adds_up(played: Simulation) -> None:
    """Days sum to the total; audited answers are local and cloud calls at once."""
    total = played.total

    assert total.requests == sum(day.figures.requests for day in played.days) == 600
    assert total.local.hits == sum(day.figures.local.hits for day in played.days)
    assert total.cloud_calls > total.requests - total.local.hits
    assert played.last_third.requests == 200
    assert total.disagreement.rate is not None
    assert total.disagreement.rate < 0.1


def test_the_json_has_its_documented_keys(played: Simulation) -> None:
    """The same keys in all, in the last third and on each day; it is JSON."""
    body = json.loads(json.dumps(simulation_to_json(played)))

    for figures in (body["total"], body["last_third"], *body["days"]):
        assert figures.keys() >= FIGURES
    assert body["source"] == "recorded"
    assert body["settings"]["disagreement"] == 0.1
    assert body["total"]["promoted"] == sum(d.night_words.count("promoted") for d in played.days)
    assert body["days"][0]["night"]["outcome"] == "promoted"


def test_every_key_is_documented(played: Simulation) -> None:
    """The reference page names each key of the whole object."""
    page = (ROOT / "docs" / "reference" / "simulate-json.md").read_text(encoding="utf-8")

    missing = [key for key in _keys(simulation_to_json(played)) if f"`{key}`" not in page]

    assert missing == []


def _keys(value: Json) -> set[str]:
    """Keys at any depth; those of intervals are documented once for all."""
    keys: set[str] = set()
    if isinstance(value, dict):
        keys.update(key for key in value if not key.endswith("_interval"))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return keys.union(*map(_keys, inner))


def test_the_same_seed_gives_the_same_figures(played: Simulation) -> None:
    """Bit for bit, on a timer that stands still; another seed audits other answers."""
    again = play()
    other = play(settings=replace(SETTINGS, seed=1))

    assert simulation_to_json(again) == simulation_to_json(played)
    assert simulation_to_json(other) != simulation_to_json(played)


def test_shuffling_changes_the_order_and_loses_nothing(played: Simulation) -> None:
    """The seed decides the order."""
    shuffled = play(settings=replace(SETTINGS, shuffle=True))

    assert shuffled.total.requests == 600
    assert shuffled.days[0].figures != played.days[0].figures or shuffled.days != played.days


def test_accuracy_needs_gold_and_savings_a_price(played: Simulation) -> None:
    """Without them they are null, and the notes say why; with them they are figures."""
    gold: list[JsonObject] = [{**row, "gold": row["output"]} for row in WORK[:200]]
    priced = play(gold, subject=replace(SUBJECT, price=Price(input=2.0, output=8.0)))

    assert played.total.accuracy.rate is None
    assert played.total.saved_usd is None
    assert any("gold" in note for note in played.notes)
    assert any("No price" in note for note in played.notes)
    assert priced.total.accuracy.rate == pytest.approx(1.0, abs=0.1)
    assert priced.total.teacher_accuracy.rate == 1.0
    assert (priced.total.saved_usd or 0) > 0
    assert any("estimate" in note for note in priced.notes)


def test_broken_lines_are_left_out_and_said(tmp_path: Path) -> None:
    """The figures are of the good rows."""
    path = tmp_path / "work.jsonl"
    lines = [json.dumps(row) for row in WORK[:60]]
    path.write_text("\n".join([*lines, "{broken"]))

    simulation = asyncio.run(simulate(path, settings=SETTINGS, subject=SUBJECT))

    assert (simulation.total.requests, simulation.bad_lines) == (60, 1)
    assert any("broken: 1" in note and ":61:" in note for note in simulation.notes)
    assert simulation.agent == "work"


def test_an_agent_of_a_project_brings_its_contract() -> None:
    """Its own tiers are replaced: a simulation reaches no cloud and runs no user's code."""
    subject = replace(SUBJECT, agent=replace(world.TRIAGE, privacy="local", validators=("x:y",)))

    simulation = play(WORK[:200], subject=subject)

    assert simulation.agent == "triage"
    assert simulation.total.local.hits > 0


def test_free_text_is_not_learned_and_not_broken() -> None:
    """Outputs that never repeat stay with the cloud, without an error."""
    rows: list[JsonObject] = [
        {**row, "output": {"reply": f"dear {n}"}} for n, row in enumerate(WORK[:200])
    ]

    simulation = play(rows)

    assert simulation.total.local.hits == 0
    assert simulation.days[0].night is not None
    assert simulation.days[0].night.outcome == "rejected"


def test_latency_is_measured_where_a_vector_had_to_be_computed() -> None:
    """One answer in 25, by the timer that was handed in."""
    ticking = _Ticking()
    simulation = asyncio.run(
        simulate(WORK[:300], settings=SETTINGS, subject=SUBJECT, timer=ticking)
    )

    assert 1 <= len(simulation.total.latencies) <= 12
    assert simulation.latency_milliseconds[0] == pytest.approx(1000.0)


class _Ticking(FakeClock):
    """Every look at the clock takes a second."""

    def elapsed(self) -> float:
        self.advance(1.0)
        return super().elapsed()


def test_progress_is_told_of_each_day() -> None:
    """With the number of days to come."""
    told: list[tuple[int, int]] = []

    def progress(day: Day, days: int) -> None:
        told.append((day.number, days))

    asyncio.run(simulate(WORK[:300], settings=SETTINGS, subject=SUBJECT, progress=progress))

    assert told == [(1, 2), (2, 2)]


def test_the_table_says_what_it_counts(played: Simulation) -> None:
    """A line per day, the last third, the whole, and what the columns mean."""
    table = render_table(played)

    assert table.count("\n") > 10
    assert "last third" in table
    assert "at most 10 % of all answers" in table
    assert "recorded outputs play the cloud" in table
    assert "\x1b" not in table


def test_one_row_and_no_row() -> None:
    """The smallest stream is a day without a night; an empty one is an error."""
    assert play(WORK[:1]).total.cloud_calls == 1
    with pytest.raises(InputError, match="No line"):
        play([])


def test_a_shared_vector_memory_changes_no_figure(played: Simulation) -> None:
    """Warm or cold, the same answers."""
    shared = VectorCache(world.EMBEDDER)
    shared.embed([world.text_of(row) for row in WORK])

    warm = play(subject=replace(SUBJECT, embedder=shared))

    assert _untimed(warm) == _untimed(played)


def _untimed(simulation: Simulation) -> list[object]:
    return [(d.figures.local, d.figures.disagreement, d.night_words) for d in simulation.days]


def test_a_teacher_that_changes_its_mind_has_not_known_it_before() -> None:
    """The cloud gives what was recorded for this request, not for a later one like it."""
    gone: JsonObject = {"team": "gone"}
    later: list[JsonObject] = [
        {**row, "id": f"later-{row['id']}", "output": gone} for row in WORK[:300]
    ]
    unmoved = play(WORK[:300])

    moved = play([*WORK[:300], *later])

    assert moved.days[1].figures == unmoved.days[1].figures
    assert moved.days[1].figures.disagreement.rate == 0
