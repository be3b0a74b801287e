"""Every number of the report can be derived again from the database, by anyone with SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from scipy.special import bdtr

from pantheon.ids import Json
from pantheon.report import QUERIES, collect, to_json
from tests.report.fortnight import build_fortnight
from tests.report.odd_nights import build_failed_night, build_judged_day, build_recorded_day
from tests.report.school import build_school_night

Numbers = dict[str, Any]
WORLDS = {
    "fortnight": build_fortnight,
    "all failed": build_failed_night,
    "recorded, no night": build_recorded_day,
    "not only traffic": build_judged_day,
    "all of learning": build_school_night,
}


def walk(value: Json, place: str = "", known: Numbers | None = None) -> Iterator[tuple[Any, ...]]:
    """(place, number, values around it by parameter name, the object it lies in)."""
    known = known or {}
    if isinstance(value, list):
        for part in value:
            yield from walk(part, f"{place}[]", known)
    if isinstance(value, dict):
        name = re.sub(r"\[\]", "", place).rpartition(".")[2]
        around = {**known, **{f"{name}_{k}": v for k, v in value.items() if is_plain(v)}}
        for key, part in value.items():
            inner = f"{place}.{key}".removeprefix(".")
            if is_number(part):
                yield inner, part, around, value
            else:
                yield from walk(part, inner, around)


def is_plain(value: Json) -> bool:
    """Whether a value can be a parameter."""
    return not isinstance(value, (dict, list))


def is_number(value: Json) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@pytest.fixture(params=list(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Numbers, Path]]:
    """The JSON of a report, and the file it was made from."""
    path = tmp_path / "pantheon.db"
    built = WORLDS[request.param](path=str(path))
    with closing(built.store):
        yield to_json(collect(built.store)), path


def numbers_of(report: Numbers) -> list[tuple[Any, ...]]:
    """Every number of a report with the parameters of its query."""
    period = {f"period_{name}": value for name, value in report["period"].items()}
    return [
        (place, number, {**period, **around}, parent)
        for place, number, around, parent in walk(report)
    ]


def test_every_number_says_where_it_comes_from(world: tuple[Numbers, Path]) -> None:
    """No number is in the report that the catalogue does not explain."""
    ends = re.compile(r"\.(low|high|level)$")
    places = {place for place, *_ in numbers_of(world[0]) if not ends.search(place)}

    assert places - set(QUERIES) == set()


def test_queries_give_the_same_numbers(world: tuple[Numbers, Path]) -> None:
    """The documented SQL, run by another connection, gives every number that has a query."""
    report, path = world
    tried = 0
    with closing(sqlite3.connect(path)) as connection:
        for place, number, parameters, _ in numbers_of(report):
            query = QUERIES.get(place)
            if query is None or not query.sql or not is_asked(place, report):
                continue
            (found,) = connection.execute(query.sql, parameters).fetchone()
            assert found == pytest.approx(number), (place, query.sql, parameters)
            tried += 1

    assert tried > 20


def is_asked(place: str, report: Numbers) -> bool:
    """Without a night the period ends when the report is made, which no row says."""
    return place != "period.until" or report["period"]["night_finished"] is not None


def test_missing_values_are_missing_in_the_database_too(world: tuple[Numbers, Path]) -> None:
    """Where the report says that nothing was measured, the query finds nothing either."""
    report, path = world
    days = [
        (agent, day)
        for agent in report["agents"]
        for day in agent["days"]
        if day["disagreement"]["value"] is None and day["requests"]
    ]
    query = QUERIES["agents[].days[].disagreement.value"]
    with closing(sqlite3.connect(path)) as connection:
        for agent, day in days:
            parameters = {
                "agents_name": agent["name"],
                "period_until": report["period"]["until"],
                "days_since": day["since"],
                "days_until": day["until"],
            }
            assert connection.execute(query.sql, parameters).fetchone() == (None,)


def exact(hits: int, of: int, level: float) -> tuple[float, float]:
    """Clopper–Pearson by another road: the shares at which the count becomes too unlikely."""
    tail = (1 - level) / 2
    low = find_share(lambda p: 1 - float(bdtr(hits - 1, of, p)) < tail) if hits else 0.0
    high = find_share(lambda p: float(bdtr(hits, of, p)) > tail) if hits < of else 1.0
    return low, high


def find_share(is_below: Callable[[float], bool]) -> float:
    """Where a condition on a share stops to hold, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def test_intervals_follow_from_the_counts_beside_them(world: tuple[Numbers, Path]) -> None:
    """Shares have exact intervals; disagreement that of the audits times the local share."""
    for agent in world[0]["agents"]:
        check_share(agent["cloud_share"], agent["cloud"], agent["requests"])
        check_disagreement(agent["promise"])
        for day in agent["days"]:
            check_share(day["cloud_share"], day["cloud"], day["requests"])
            check_disagreement(day)


def check_share(found: Numbers, hits: int, of: int) -> None:
    """A share's interval is the exact one."""
    assert (found["low"], found["high"]) == pytest.approx(exact(hits, of, found["level"]), abs=1e-9)


def check_disagreement(counts: Numbers) -> None:
    """A disagreement's interval is that of the audits, times the local share."""
    found = counts["disagreement"]
    if not counts["requests"]:
        assert (found["value"], found["low"], found["high"]) == (None, 0.0, 1.0)
        return
    part = counts["local"] / counts["requests"]
    low, high = exact(counts["disagreed"], counts["audited"], found["level"])
    assert (found["low"], found["high"]) == pytest.approx((low * part, high * part), abs=1e-9)


def test_formulas_hold(world: tuple[Numbers, Path]) -> None:
    """What is computed from other numbers is what those numbers give."""
    report = world[0]
    costs, numbers = report["costs"], report["numbers"]
    bad = ("broken", "stepped_back", "precaution")
    broken = [a for a in report["agents"] if a["promise"]["status"] in bad]
    with closing(sqlite3.connect(world[1])) as connection:
        asked = connection.execute(
            "SELECT (SELECT count(*) FROM inbox WHERE state = 'open') + "
            "(SELECT count(*) FROM versions WHERE state = 'proposed') + "
            "(SELECT count(*) FROM suggestions WHERE state = 'open')"
        ).fetchone()[0]

    assert numbers["needs_you"] == report["needs_you_total"] == asked + len(broken)
    assert numbers["cloud_usd"] == costs["cloud_usd"]
    assert numbers["saved_usd"] == costs["saved_usd"]
    assert costs["saved_usd"] == pytest.approx(sum(row["saved_usd"] for row in costs["rows"]))
    for row in costs["rows"]:
        assert row["saved_usd"] == pytest.approx(row["local"] * (row["mean_cloud_usd"] or 0))
    assert report["provenance"]["seed"] == report["period"]["seed"]


def test_days_and_nights_meet_without_a_gap() -> None:
    """Each day begins where the night before ended, and the last ends with the period."""
    report = cast("Numbers", to_json(collect(build_fortnight().store)))
    for agent in report["agents"]:
        days = agent["days"]
        assert [day["since"] for day in days[1:]] == [day["until"] for day in days[:-1]]
        assert days[-1]["until"] == report["period"]["until"]
    nights = report["nights"]
    assert [night["since"] for night in nights[1:]] == [night["until"] for night in nights[:-1]]


def test_evidence_is_what_the_night_kept() -> None:
    """The facts of an update are the numbers of its lesson, in order."""
    built = build_fortnight()
    report = collect(built.store)
    lesson = built.store.nights.lessons(night=report.period.night, agent="triage")[-1]
    update = next(agent.update for agent in report.agents if agent.name == "triage")
    assert update is not None
    facts = {fact.name: fact for fact in update.evidence}

    assert facts["Random requests it was calibrated on"].value == lesson.calibration["rows"]
    assert facts["Held-out requests asked of both versions"].value == lesson.gate["rows"]
    share = cast("Numbers", lesson.calibration["local_share"])
    kept = facts["Estimated to be answered here"]
    assert (kept.value, kept.low, kept.high) == (share["value"], share["low"], share["high"])
