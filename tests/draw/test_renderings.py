"""SVG and text: complete, harmless, readable in light and dark, and never wider than need be."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from pantheon.draw import Picture, compare_flows, draw_flow, render_svg, render_text, svg_style
from pantheon.draw._measure import columns, wrap
from pantheon.draw._sheet import lay_out
from pantheon.spec import FlowDef, NodeDef, Project

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.text(min_size=1, max_size=40)


def texts(svg: str) -> str:
    """All that is written in a drawing."""
    root = ElementTree.fromstring(svg)
    return "\n".join("".join(e.itertext()) for e in root.iter(f"{SVG}text"))


@pytest.fixture
def changed(project: Project) -> Picture:
    """A flow that lost a node and changed another."""
    flow = project.flows["support"]
    nodes = {name: node for name, node in flow.nodes.items() if name != "check"}
    nodes["triage"] = replace(nodes["triage"], timeout=3.0)
    return compare_flows(flow, replace(flow, nodes=nodes))


def test_every_node_is_in_both(project: Project) -> None:
    """Those inside of frames too."""
    for flow in project.flows.values():
        picture = draw_flow(flow, agents=project.agents, flows=project.flows)
        svg, text = texts(render_svg(picture)), render_text(picture)
        for node in flow.nodes:
            assert node in svg
            assert node in text


def test_text_of_a_tree(project: Project) -> None:
    """Boxes and lines that join."""
    drawn = render_text(draw_flow(project.flows["tree"]))
    assert drawn == snapshot("""\
      ╭───────────────────────────────────╮
      │ selector: the first that succeeds │
      ╰───────────────────────────────────╯
            ┌───────────┴───────────┐
            ▼                       ▼
┌───────────────────────┐   ╭───────────────╮
│ 1. known              │   │ 2. 3 attempts │
│ agent home            │   ╰───────────────╯
│ succeeds if known.ok  │           │
└───────────────────────┘           │
                                    │
                                    ▼
                       ╭─────────────────────────╮
                       │ sequence: all, in order │
                       ╰─────────────────────────╯
                          ┌─────────┴─────────┐
                          ▼                   ▼
                   ┌─────────────┐    ┌───────────────┐
                   │ 1. known    │    │ 2. draft      │
                   │ agent home  │    │ agent triage  │
                   └─────────────┘    └───────────────┘""")


def test_text_without_box_drawing_characters(project: Project, changed: Picture) -> None:
    """Plain ASCII, wherever the text of a user is."""
    for picture in (changed, draw_flow(project.flows["support"], agents=project.agents)):
        assert render_text(picture, ascii_only=True).isascii()


def test_text_is_made_narrow_for_a_narrow_terminal(project: Project) -> None:
    """By wrapping what stands in the boxes."""
    picture = draw_flow(project.flows["support"], agents=project.agents)
    wide = max(map(columns, render_text(picture, width=200).splitlines()))
    narrow = max(map(columns, render_text(picture, width=60).splitlines()))
    assert narrow < wide


def test_changes_are_told_by_symbols(changed: Picture) -> None:
    """Not by colour alone."""
    text = render_text(changed)
    assert "− check" in text
    assert "~ triage" in text
    svg = render_svg(changed)
    assert 'class="removed"' in svg
    assert svg.count('class="badge"') >= 2 + 3
    assert "removed" in texts(svg)


def test_svg_is_self_contained_and_accessible(changed: Picture) -> None:
    """No script, no request, a name and a description."""
    svg = render_svg(changed, title="Support, what changed")
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    named = [e.get("id") for e in root if e.tag in {f"{SVG}title", f"{SVG}desc"}]
    assert root.get("aria-labelledby", "").split() == named
    assert root[0].text == "Support, what changed"
    assert "check (removed)" in (root[1].text or "")
    assert not re.search(r"<script|href|url\(|@import", svg)
    assert "prefers-color-scheme:dark" in svg
    assert "<style" not in render_svg(changed, embedded=True)


def test_svg_fits_its_frame(project: Project) -> None:
    """Nothing is drawn outside of the view."""
    for flow in project.flows.values():
        sheet = lay_out(draw_flow(flow, agents=project.agents))
        for block in sheet.blocks:
            assert block.x >= -0.01
            assert block.y >= -0.01
            assert block.x + block.width <= sheet.width + 0.01
            assert block.y + block.height <= sheet.height + 0.01
        for one, other in product(sheet.blocks, repeat=2):
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart |= one.y + one.height <= other.y or other.y + other.height <= one.y
            assert one is other or apart


def test_arrows_go_from_box_to_box(project: Project) -> None:
    """From the side of one to the side of the other, within its width."""
    for flow in project.flows.values():
        sheet = lay_out(draw_flow(flow))
        blocks = {block.figure.id: block for block in sheet.blocks}
        for route in sheet.routes:
            start, end = blocks[route.link.source], blocks[route.link.target]
            (x, y), (to_x, to_y) = route.points[0], route.points[-1]
            assert start.x < x < start.x + start.width
            assert end.x < to_x < end.x + end.width
            assert (y, to_y) == (start.y + start.height, end.y)


@given(NAMES, NAMES)
def test_no_text_becomes_markup_or_steers_a_terminal(name: str, agent: str) -> None:
    """Whatever a file or a model says is data."""
    node = NodeDef(name, agent)
    picture = draw_flow(FlowDef(name, {"type": "object"}, {name: node}, {}))
    root = ElementTree.fromstring(render_svg(picture))
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "g",
        "path",
        "text",
        "circle",
        "polygon",
    }
    drawn = render_text(picture)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", drawn)


def test_the_style_needs_no_custom_properties() -> None:
    """So that a file looks the same in viewers that know little CSS."""
    assert "var(" not in svg_style()


@given(st.text(max_size=200), st.integers(2, 30))
def test_wrapped_lines_fit(text: str, most: int) -> None:
    """Unless one character alone is wider."""
    for line in wrap(text, most, columns):
        assert columns(line) <= most or len(line) <= 2


def test_wide_characters_keep_the_frame_straight() -> None:
    """A box around Chinese text is as wide as on the terminal."""
    flow = FlowDef("f", {"type": "object"}, {"分类": NodeDef("分类", "客户支持")}, {})
    rows = render_text(draw_flow(flow)).splitlines()
    box = [row for row in rows if "分" in row or "客" in row]
    assert len({columns(row) for row in box}) == 1
