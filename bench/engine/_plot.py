"""A line plot as SVG: a logarithmic x axis, a y axis from zero, each line named at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 64, 48
STYLES = (
    ("#1b5e9c", ""),
    ("#b3501b", "6 3"),
    ("#2f7d3b", "2 3"),
    ("#7a3d8f", "9 3 2 3"),
)
"""Colour and dashes of each line: either alone tells them apart."""
LOOK = 'font-family="sans-serif" font-size="12" role="img"'
NAME_HEIGHT = 15
TICKS = 5
"""Most steps of the y axis."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line and its name; x must be above zero."""

    name: str
    points: Sequence[tuple[float, float]]


def draw(lines: Sequence[Series], *, title: str, x: str, y: str) -> str:
    """The plot as one SVG element."""
    frame = _Frame(lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {LOOK}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 22, title, "start", extra='font-weight="bold"'),
        *frame.axes(x, y),
        *(frame.line(series, *style) for series, style in zip(lines, STYLES, strict=False)),
        *frame.names(lines),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Frame:
    """Where values lie on the paper."""

    def __init__(self, lines: Sequence[Series]) -> None:
        found = [point for series in lines for point in series.points]
        logs = [math.log10(x) for x, _ in found]
        self._low, self._high = math.floor(min(logs)), math.ceil(max(logs))
        highest = max(y for _, y in found)
        self._step = _round_up(highest / TICKS)
        self._ticks = math.ceil(highest / self._step)

    def x(self, value: float) -> float:
        share = (math.log10(value) - self._low) / max(1, self._high - self._low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / (self._step * self._ticks) * (HEIGHT - TOP - BOTTOM)

    def axes(self, x: str, y: str) -> list[str]:
        """Grid, ticks and names of the axes."""
        parts = [
            _text(LEFT, HEIGHT - 10, x, "start"),
            _text(LEFT - 48, TOP - 16, y, "start"),
        ]
        for tick in range(self._ticks + 1):
            at = self.y(tick * self._step)
            parts.append(
                f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd" stroke-width="1"/>'
            )
            parts.append(_text(LEFT - 6, at + 4, f"{tick * self._step:g}", "end"))
        for power in range(self._low, self._high + 1):
            at = self.x(10**power)
            parts.append(_text(at, HEIGHT - BOTTOM + 18, f"{10**power:,}", "middle"))
        return parts

    def line(self, series: Series, colour: str, dashes: str) -> str:
        """A polyline with a dot at each point."""
        places = [(self.x(x), self.y(y)) for x, y in series.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
        return (
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/><g fill="{colour}">{dots}</g>'
        )

    def names(self, lines: Sequence[Series]) -> list[str]:
        """Each line's name at its end, moved down where two would overlap."""
        ends = sorted(
            (self.y(series.points[-1][1]), series.name, colour)
            for series, (colour, _) in zip(lines, STYLES, strict=False)
        )
        parts: list[str] = []
        free = 0.0
        for end, name, colour in ends:
            at = max(end + 4, free)
            free = at + NAME_HEIGHT
            parts.append(_text(WIDTH - RIGHT + 10, at, name, "start", extra=f'fill="{colour}"'))
        return parts


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, … that is not smaller."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _text(x: float, y: float, text: str, anchor: str, *, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(text)}</text>'
