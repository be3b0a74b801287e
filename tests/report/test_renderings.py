"""Text, Markdown, JSON and HTML of the same morning, kept beside the tests to be looked at.

`pytest --inline-snapshot=fix` writes them anew after a change that is meant.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

import pytest
from inline_snapshot import external_file, snapshot

from pantheon.ids import Json
from pantheon.report import (
    Morning,
    collect,
    render_html,
    render_json,
    render_markdown,
    render_text,
    to_json,
)
from pantheon.report._text import columns, fit, pad
from tests.report.fortnight import build_fortnight
from tests.report.odd_nights import (
    build_crowded_night,
    build_empty_night,
    build_failed_night,
    build_recorded_day,
)


@cache
def fortnight() -> Morning:
    """The report after nine days and nights, as if made by a fixed program."""
    morning = collect(build_fortnight().store)
    return replace(
        morning, provenance=replace(morning.provenance, pantheon="0.0.0", python="3.0.0")
    )


def test_text_snapshot() -> None:
    """The terminal's version."""
    assert render_text(fortnight()) + "\n" == external_file("snapshots/morning.txt")


def test_markdown_snapshot() -> None:
    """The Markdown version."""
    assert render_markdown(fortnight()) == external_file("snapshots/morning.md", format=".txt")


def test_html_snapshot() -> None:
    """The page."""
    assert render_html(fortnight()) == external_file("snapshots/morning.html", format=".txt")


def test_json_snapshot() -> None:
    """The values, with nine digits: the last bits are the machine's own."""
    text = json.dumps(rounded(to_json(fortnight())), indent=1) + "\n"

    assert text == external_file("snapshots/morning.json", format=".txt")


def rounded(value: Json) -> Json:
    """The same value with floats of nine digits."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def test_json_keys_are_the_documented_fields() -> None:
    """Each object has exactly the keys that its dataclass documents."""
    values = json.loads(render_json(fortnight()))
    assert values.pop("format") == "pantheon.report/1"
    check_keys(fortnight(), values)


def check_keys(model: Any, values: Any) -> None:
    """The values have the shape of the model."""
    if is_dataclass(model):
        assert list(values) == [field.name for field in fields(model)]
        for field in fields(model):
            check_keys(getattr(model, field.name), values[field.name])
    elif isinstance(model, tuple):
        for part, value in zip(model, values, strict=True):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            check_keys(part, value)
    else:
        assert model == values


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_text_keeps_to_the_width(width: int) -> None:
    """No line but a command is wider than the terminal; there are ten to thirty lines."""
    lines = render_text(fortnight(), width=width).splitlines()

    assert 10 <= len(lines) <= 34
    assert all(columns(line) <= width for line in lines if "pantheon " not in line)


def test_text_of_an_empty_night() -> None:
    """A night on which nothing happened takes a few lines."""
    assert render_text(collect(build_empty_night().store)) == snapshot(
        """\
Pantheon · Friday 27 February 2026
Nothing was asked, nothing ran and nothing needs you.

Cloud cost $0.00, nothing saved yet.\
"""
    )


def test_text_of_a_night_of_failures() -> None:
    """What failed comes before everything else."""
    assert render_text(collect(build_failed_night().store)) == snapshot(
        """\
Pantheon · Friday 27 February 2026
None of 7 tasks was delivered.

Not delivered (7)
  ✕ Task that ends as unreachable: the cloud could not be reached
  ✕ Task that ends as no_key: the key for the cloud is not set
  ✕ Task that ends as raised: your function raised an error
  and 4 more

Cloud cost $0.00, nothing saved yet.\
"""
    )


def test_text_of_a_crowded_night_stays_short() -> None:
    """Two hundred tasks take no more lines than ten."""
    assert len(render_text(collect(build_crowded_night().store)).splitlines()) < 26


def test_recorded_answers_are_labelled_in_every_form() -> None:
    """Text, Markdown, JSON and HTML all say that recorded answers stood in for the cloud."""
    morning = collect(build_recorded_day().store)
    values = to_json(morning)

    assert "Not live" in render_text(morning)
    assert "**Not live:**" in render_markdown(morning)
    assert "Not live:" in render_html(morning)
    assert values["labels"] == [{"name": "recorded", "count": morning.labels[0].count}]
    assert morning.labels[0].count > 20


def test_live_answers_carry_no_label() -> None:
    """Without recorded or scripted answers nothing is labelled."""
    assert fortnight().labels == ()
    assert "Not live" not in render_text(fortnight())


def test_wide_characters_take_two_columns() -> None:
    """Text is cut and padded by columns, not by characters."""
    assert columns("日本") == 4
    assert columns("e\u0301") == 1
    assert fit("日本語テキスト", 7) == "日本語…"
    assert columns(pad("日本", 6)) == 6
