"""Flows as pictures: laid out in layers, drawn as SVG or as text for the terminal.

`draw_flow` makes a `Picture` of a flow, `compare_flows` one of what changed between two; a picture
knows nothing of sizes. `render_svg` and `render_text` lay it out and draw it.
"""

from __future__ import annotations

from pantheon.draw._canvas import Segment, Style
from pantheon.draw._changes import compare_flows
from pantheon.draw._colours import DARK, LIGHT
from pantheon.draw._flow import draw_flow
from pantheon.draw._picture import Figure, Line, Link, Picture, count_statuses
from pantheon.draw._say import say_picture
from pantheon.draw._svg import render_svg, svg_style
from pantheon.draw._text import render_text, text_segments

__all__ = [
    "DARK",
    "LIGHT",
    "Figure",
    "Line",
    "Link",
    "Picture",
    "Segment",
    "Style",
    "compare_flows",
    "count_statuses",
    "draw_flow",
    "render_svg",
    "render_text",
    "say_picture",
    "svg_style",
    "text_segments",
]
