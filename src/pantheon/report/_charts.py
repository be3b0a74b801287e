"""Small charts for the report: where every mark goes, and the words that say the same.

A chart is laid out here in plain numbers and drawn by `templates/chart.html.j2` as SVG inside a
`<figure>`, with a caption and a table of the same rows. Colour never carries meaning alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

Tone: TypeAlias = Literal["cloud", "risk"]
Kind: TypeAlias = Literal["line", "dots", "bars"]
T = TypeVar("T")

WIDTH, HEIGHT = 360.0, 176.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 10.0, 22.0, 26.0
_SPARK_WIDTH, _SPARK_HEIGHT = 96.0, 24.0
_STEPS = {1: 4, 2: 4, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4, 10: 4}
"""Leading digits an axis may end with, and into how many round steps each divides."""
_LABELS = 5
"""Most labels under the axis that stay apart at 360 px."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value along the x axis; `value` is None where nothing was measured."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal line that values should stay under."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw and how to say it."""

    kind: Kind
    """line: with a band for the interval; dots: with whiskers; bars: from zero."""
    title: str
    summary: str
    """The chart in one sentence, for those who do not see it and for those in a hurry."""
    points: tuple[Point, ...]
    spell: Callable[[float], str]
    """How a value is written: percent, money, …"""
    tone: Tone = "cloud"
    limit: Limit | None = None
    top: float | None = None
    """Highest value of the axis; None: chosen from the data."""
    heading: str = "Day"
    """Head of the table's first column."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker or a bar at (x, y), with the words for its tooltip."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """A vertical interval; `cut` where it goes on above the axis."""

    x: float
    y1: float
    y2: float
    cut: bool
    empty: bool
    """No value was measured; the interval is all that is known."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside an axis."""

    at: float
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class Layout:
    """Every coordinate of a chart, in the units of its view box."""

    marks: tuple[Mark, ...]
    whiskers: tuple[Whisker, ...]
    lines: tuple[str, ...]
    """`points` attributes of polylines; a gap in the data starts a new one."""
    bands: tuple[str, ...]
    """`points` attributes of polygons."""
    ticks: tuple[Label, ...]
    days: tuple[Label, ...]
    limit: Label | None
    bar_width: float
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


def lay_out(chart: Chart) -> Layout:
    """Place every mark of a chart."""
    top = chart.top or _choose_top(chart)
    places = _places(len(chart.points), bars=chart.kind == "bars")
    scale = _Scale(top)
    runs = _runs(list(zip(places, chart.points, strict=True)))
    return Layout(
        marks=_marks(chart, places, scale),
        whiskers=_whiskers(chart, places, scale) if chart.kind == "dots" else (),
        lines=_lines(runs, scale) if chart.kind == "line" else (),
        bands=_bands(runs, scale) if chart.kind == "line" else (),
        ticks=_ticks(chart, top, scale),
        days=_day_labels(chart.points, places),
        limit=chart.limit and Label(scale.y(chart.limit.value), chart.limit.label, "end"),
        bar_width=round(0.64 * (WIDTH - _LEFT - _RIGHT) / max(len(places), 4), 1),
    )


def table_rows(chart: Chart) -> list[tuple[str, str, str]]:
    """(label, value, interval) of each point: the chart as a table."""
    return [(p.label, _spell_value(chart, p), _spell_interval(chart, p)) for p in chart.points]


def has_intervals(chart: Chart) -> bool:
    """Whether any point of the chart has an interval."""
    return any(point.high is not None for point in chart.points)


def sparkline(values: Sequence[float | None]) -> tuple[str, ...]:
    """Polyline points for a line without axes, 96 by 24, from zero to the highest value."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ()
    top = max(known) or 1.0
    step = (_SPARK_WIDTH - 4) / (len(values) - 1)
    pairs = [
        None if v is None else (2 + i * step, _SPARK_HEIGHT - 3 - v / top * (_SPARK_HEIGHT - 6))
        for i, v in enumerate(values)
    ]
    return tuple(_join(run) for run in _split(pairs) if len(run) > 1)


class _Scale:
    """From values to heights in the view box."""

    def __init__(self, top: float) -> None:
        self._top = top

    def y(self, value: float) -> float:
        inside = min(max(value, 0.0), self._top) / self._top
        return round(HEIGHT - _BOTTOM - inside * (HEIGHT - _BOTTOM - _TOP), 1)

    def is_over(self, value: float) -> bool:
        return value > self._top * 1.0001


def _choose_top(chart: Chart) -> float:
    """High enough for every value and the limit; wide intervals are cut rather than rule all."""
    values = [p.value for p in chart.points if p.value is not None]
    values += [chart.limit.value * 2] if chart.limit else []
    need = max(values, default=0.0)
    highest = max((p.high for p in chart.points if p.high is not None), default=0.0)
    return _round_up(max(need, min(highest, need * 2.5)) or 1.0)


def _round_up(value: float) -> float:
    """The next value that round ticks divide."""
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    return next(step * power for step in _STEPS if step * power >= value * 0.9999)


def _places(number: int, *, bars: bool) -> list[float]:
    span = WIDTH - _LEFT - _RIGHT
    if bars or number == 1:
        cells = max(number, 4)
        return [round(_LEFT + span * (i + 0.5) / cells, 1) for i in range(number)]
    inset = 8.0
    return [round(_LEFT + inset + (span - 2 * inset) * i / (number - 1), 1) for i in range(number)]


def _runs(placed: list[tuple[float, Point]]) -> list[list[tuple[float, Point]]]:
    return _split([pair if pair[1].value is not None else None for pair in placed])


def _split(items: Sequence[T | None]) -> list[list[T]]:
    """The stretches between gaps."""
    stretches: list[list[T]] = [[]]
    for item in items:
        if item is not None:
            stretches[-1].append(item)
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _lines(runs: list[list[tuple[float, Point]]], scale: _Scale) -> tuple[str, ...]:
    return tuple(
        _join([(x, scale.y(p.value or 0.0)) for x, p in run]) for run in runs if len(run) > 1
    )


def _bands(runs: list[list[tuple[float, Point]]], scale: _Scale) -> tuple[str, ...]:
    """There along the upper ends, back along the lower ones; a lone day gets a narrow band."""
    shapes: list[str] = []
    for run in runs:
        ends = [(x, p.low, p.high) for x, p in run if p.low is not None and p.high is not None]
        if len(ends) == 1:
            x, low, high = ends[0]
            ends = [(x - 5, low, high), (x + 5, low, high)]
        upper = [(x, scale.y(high)) for x, _, high in ends]
        lower = [(x, scale.y(low)) for x, low, _ in reversed(ends)]
        if ends:
            shapes.append(_join(upper + lower))
    return tuple(shapes)


def _join(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def _marks(chart: Chart, places: list[float], scale: _Scale) -> tuple[Mark, ...]:
    return tuple(
        Mark(x, scale.y(point.value), _spell_point(chart, point))
        for x, point in zip(places, chart.points, strict=True)
        if point.value is not None
    )


def _whiskers(chart: Chart, places: list[float], scale: _Scale) -> tuple[Whisker, ...]:
    return tuple(
        Whisker(x, scale.y(p.low), scale.y(p.high), scale.is_over(p.high), p.value is None)
        for x, p in zip(places, chart.points, strict=True)
        if p.low is not None and p.high is not None and p.high > p.low
    )


def _ticks(chart: Chart, top: float, scale: _Scale) -> tuple[Label, ...]:
    steps = next((n for digit, n in _STEPS.items() if _is_power_of_ten(top / digit)), 4)
    values = [top * i / steps for i in range(steps + 1)]
    return tuple(Label(scale.y(value), chart.spell(value), "end") for value in values)


def _is_power_of_ten(value: float) -> bool:
    exponent = math.log10(value)
    return abs(exponent - round(exponent)) < 1e-9


def _day_labels(points: Sequence[Point], places: list[float]) -> tuple[Label, ...]:
    """The first and the last, and as many evenly between as stay apart."""
    last = len(points) - 1
    if last < 0:
        return ()
    gaps = min(_LABELS - 1, max(last, 1))
    chosen = sorted({round(last * i / gaps) for i in range(gaps + 1)})
    return tuple(Label(places[i], points[i].label) for i in chosen)


def _spell_point(chart: Chart, point: Point) -> str:
    interval = _spell_interval(chart, point)
    return f"{point.label}: {_spell_value(chart, point)}" + (f" ({interval})" if interval else "")


def _spell_value(chart: Chart, point: Point) -> str:
    return "not measured" if point.value is None else chart.spell(point.value)


def _spell_interval(chart: Chart, point: Point) -> str:
    if point.low is None or point.high is None:
        return ""
    return f"{chart.spell(point.low)} to {chart.spell(point.high)}"
