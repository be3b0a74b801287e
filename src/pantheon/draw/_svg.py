"""A picture as SVG: one self-contained drawing, readable in light and dark, without script.

Colours and symbols both tell what changed. Every text is escaped; `title` and `desc` say the same
in words. No custom properties and no style of newer browsers: a file is drawn alike by viewers that
know little CSS.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pantheon.draw._colours import DARK, LIGHT, STRUCTURE, style_rules
from pantheon.draw._picture import Picture, Status
from pantheon.draw._say import say_picture
from pantheon.draw._sheet import (
    LINE_HEIGHT,
    PADDING_X,
    PADDING_Y,
    STACK,
    TITLE_HEIGHT,
    Block,
    Point,
    Route,
    Row,
    Sheet,
    height_of,
    lay_out,
)
from pantheon.text import scrub

_MARGIN = 16.0
_LEGEND = 34.0
_SIGNS: dict[Status, str] = {
    "added": "M{x0} {y}H{x1}M{x} {y0}V{y1}",
    "removed": "M{x0} {y}H{x1}",
    "changed": "M{x0} {y}q{w} -5 {w2} 0t{w2} 0",
}
_LEGENDS: tuple[Status, ...] = ("added", "removed", "changed")


def svg_style() -> str:
    """The style of drawings, for a page that holds some which were made without."""
    dark = f"@media (prefers-color-scheme:dark){{{style_rules(DARK)}}}"
    return f"{STRUCTURE}{style_rules(LIGHT)}{dark}"


def render_svg(
    picture: Picture, *, title: str = "", id: str = "flow", embedded: bool = False
) -> str:
    """The picture as an SVG document.

    `embedded`: for the inside of a page that has `svg_style()` itself; `id` must then be unique.
    """
    sheet = lay_out(picture)
    legend = _LEGEND if picture.changed else 0.0
    width = max(sheet.width + 2 * _MARGIN, 300.0 if legend else 0.0)
    height = sheet.height + 2 * _MARGIN + legend
    left = (width - sheet.width) / 2
    inner = [*_draw_sheet(sheet, left, _MARGIN)]
    inner += _draw_legend(_MARGIN, height - _LEGEND / 2 - 6) if legend else []
    name = scrub(title or f"Flow {picture.name}")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pd" role="img" '
        f'aria-labelledby="{id}-t {id}-d" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}">'
        f'<title id="{id}-t">{escape(name)}</title>'
        f'<desc id="{id}-d">{escape(scrub(say_picture(picture)))}</desc>'
    )
    own = [] if embedded else [f"<style>{svg_style()}</style>"]
    own += [] if embedded else [f'<rect class="paper" width="{_n(width)}" height="{_n(height)}"/>']
    return "\n".join([head, *own, *inner, "</svg>", ""])


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


# ---------------------------------------------------------------------------------- figures


def _draw_sheet(sheet: Sheet, left: float, top: float) -> Iterator[str]:
    yield f'<g transform="translate({_n(left)} {_n(top)})">'
    for route in sorted(sheet.routes, key=lambda r: r.link.status != "same"):
        yield _draw_route(route)
    for block in sheet.blocks:
        yield from _draw_block(block)
    yield "</g>"


def _draw_block(block: Block) -> Iterator[str]:
    figure = block.figure
    yield f'<g class="{figure.status}">'
    yield from _outline(block)
    y = block.y + PADDING_Y + (STACK * 2 if figure.repeated else 0.0)
    for row in block.rows:
        y += TITLE_HEIGHT if row.title else LINE_HEIGHT
        yield _text(row, block.x + PADDING_X, y - 5.0)
    if block.inside is not None:
        margin = (block.width - block.inside.width) / 2
        top = block.y + 2 * PADDING_Y + height_of(block.rows)
        yield from _draw_sheet(block.inside, block.x + margin, top)
    if figure.status != "same":
        yield _badge(figure.status, block.x + _face(block)[0] - 13.0, block.y + _lift(block) + 13.0)
    yield "</g>"


def _lift(block: Block) -> float:
    return STACK * 2 if block.figure.repeated else 0.0


def _face(block: Block) -> Point:
    """Size of the sheet that the text is on."""
    lift = _lift(block)
    return block.width - lift, block.height - lift


def _outline(block: Block) -> Iterator[str]:
    lift, (width, height) = _lift(block), _face(block)
    for step in (2, 1) if lift else ():
        shift = STACK * step
        yield _rect("box", block.x + shift, block.y + lift - shift, width, height, 7)
    x, y = block.x, block.y + lift
    match block.figure.shape:
        case "input" | "output":
            yield _rect("box end", x, y, width, height, 16)
        case "merge" | "condition":
            yield _hexagon(x, y, width, height)
        case "flow":
            yield _rect("box", x, y, width, height, 3)
            yield f'<path class="edge" d="M{_n(x + 5)} {_n(y)}v{_n(height)}M{_n(x + width - 5)} {_n(y)}v{_n(height)}"/>'
        case "frame":
            yield _rect("frame", x, y, width, height, 10)
        case "plan" | "wait":
            yield _rect("box dashed", x, y, width, height, 7)
        case "part":
            yield _rect("box end", x, y, width, height, 14)
        case "agent":
            yield _rect("box", x, y, width, height, 7)


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: float) -> str:
    return (
        f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" '
        f'height="{_n(height)}" rx="{_n(radius)}"/>'
    )


def _hexagon(x: float, y: float, width: float, height: float) -> str:
    cut, middle = 9.0, y + height / 2
    corners = [
        (x, middle), (x + cut, y), (x + width - cut, y), (x + width, middle),
        (x + width - cut, y + height), (x + cut, y + height),
    ]  # fmt: skip
    points = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
    return f'<polygon class="box" points="{points}"/>'


def _text(row: Row, x: float, y: float) -> str:
    kind = "t" if row.title else "q c" if row.code else "q"
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(scrub(row.text))}</text>'


def _badge(status: Status, x: float, y: float) -> str:
    """A filled circle with the sign of a status."""
    sign = _SIGNS[status].format(
        x=_n(x), y=_n(y), x0=_n(x - 4), x1=_n(x + 4), y0=_n(y - 4), y1=_n(y + 4), w=2, w2=4
    )
    return f'<circle class="badge" cx="{_n(x)}" cy="{_n(y)}" r="8"/><path d="{sign}"/>'


# ----------------------------------------------------------------------------------- arrows


def _draw_route(route: Route) -> str:
    link = route.link
    kind = "edge dotted" if link.dotted else "edge"
    return (
        f'<g class="{link.status}"><path class="{kind}" d="{_path(route.points)}"/>'
        f"{_head(route.points)}{_label(route)}</g>"
    )


def _path(points: tuple[Point, ...]) -> str:
    """Straight through the rows, in a swing between them; it ends where the head begins."""
    (x, y), rest = points[0], points[1:]
    parts = [f"M{_n(x)} {_n(y)}"]
    for number, (to_x, to_y) in enumerate(rest):
        final = number == len(rest) - 1
        if number % 2 == 0 or x == to_x:
            if final:  # the line ends inside of the head
                to_y += -5.0 if to_y >= y else 5.0  # noqa: PLW2901
            parts.append(f"L{_n(to_x)} {_n(to_y)}")
        else:
            middle = (y + to_y) / 2
            parts.append(f"C{_n(x)} {_n(middle)} {_n(to_x)} {_n(middle)} {_n(to_x)} {_n(to_y)}")
        x, y = to_x, to_y
    return "".join(parts)


def _head(points: tuple[Point, ...]) -> str:
    (x, y), up = points[-1], points[-1][1] < points[0][1]
    back = 9.0 if up else -9.0
    return (
        f'<path class="head" d="M{_n(x)} {_n(y)}L{_n(x - 4.5)} {_n(y + back)}'
        f'L{_n(x + 4.5)} {_n(y + back)}Z"/>'
    )


def _label(route: Route) -> str:
    if not route.label:
        return ""
    (x, y), (width, height) = route.at, route.size
    kind = "q c" if route.link.kind == "condition" else "q"
    pill = _rect("pill", x - width / 2, y - height / 2, width, height, min(9.0, height / 2))
    first = y - (len(route.label) - 1) * 7.5 + 4.0
    rows = [
        f'<text class="{kind}" text-anchor="middle" x="{_n(x)}" y="{_n(first + 15.0 * at)}">'
        f"{escape(scrub(text))}</text>"
        for at, text in enumerate(route.label)
    ]
    return pill + "".join(rows)


def _draw_legend(x: float, y: float) -> list[str]:
    parts: list[str] = []
    for status in _LEGENDS:
        parts.append(f'<g class="{status}">{_badge(status, x + 8, y)}</g>')
        parts.append(f'<text class="q" x="{_n(x + 21)}" y="{_n(y + 4)}">{status}</text>')
        x += 92.0
    return parts
