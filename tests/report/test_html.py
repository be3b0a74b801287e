"""The page: well-formed, self-contained, small, and usable without seeing or pointing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache

import pytest

from pantheon.report import collect, render_html
from tests.report.fortnight import build_fortnight
from tests.report.odd_nights import (
    build_crowded_night,
    build_empty_night,
    build_failed_night,
    build_recorded_day,
)
from tests.report.pages import Element, read_page
from tests.report.worlds import World

BUILDERS: dict[str, Callable[[], World]] = {
    "fortnight": build_fortnight,
    "empty": build_empty_night,
    "all failed": build_failed_night,
    "crowded": build_crowded_night,
    "recorded": build_recorded_day,
}
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "xlink:href", "background"}
"""Attributes that make a browser fetch something."""
LARGEST = 300_000


@cache
def html_of(name: str) -> str:
    """The page of a world."""
    return render_html(collect(BUILDERS[name]().store))


@pytest.fixture(params=list(BUILDERS))
def page(request: pytest.FixtureRequest) -> Element:
    """The page of each world, read strictly."""
    return read_page(html_of(request.param))


def test_page_is_self_contained(page: Element) -> None:
    """No script, no style from elsewhere, nothing that makes a browser ask for anything."""
    assert page.find("script", "link", "img", "iframe", "object", "embed", "base", "form") == []
    for element in page.walk():
        assert not LOADING & element.attributes.keys()
        assert not [name for name in element.attributes if name.startswith("on")]
        assert element.attributes.get("href", "#").startswith("#")
    (style,) = page.find("style")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_page_forbids_what_it_does_not_need(page: Element) -> None:
    """Even if something slipped in, the browser is told to run and fetch nothing."""
    policies = [e.attributes["content"] for e in page.find("meta") if "http-equiv" in e.attributes]

    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


@pytest.mark.parametrize("name", list(BUILDERS))
def test_page_stays_small(name: str) -> None:
    """Under 300 KB, also for a night of two hundred tasks and a dozen agents."""
    assert len(html_of(name).encode()) < LARGEST


def test_landmarks_and_language(page: Element) -> None:
    """One header, nav, main and footer; the language and the title are said."""
    (html,) = page.find("html")
    (title,) = page.find("title")[:1]
    (nav,) = page.find("nav")

    assert html.attributes["lang"] == "en"
    assert title.all_text().startswith("Morning report")
    assert nav.attributes["aria-label"]
    assert [len(page.find(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]


def test_headings_go_down_one_step_at_a_time(page: Element) -> None:
    """One h1, and no level is skipped on the way down."""
    levels = [int(heading.tag[1]) for heading in page.find("h1", "h2", "h3", "h4")]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_sections_are_named_and_links_lead_somewhere(page: Element) -> None:
    """Ids are unique; every section is labelled by a heading; no link leads nowhere."""
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for section in page.find("section"):
        assert section.attributes["aria-labelledby"] in ids
    for link in page.find("a"):
        assert link.attributes["href"][1:] in ids
        assert link.all_text().strip()


def test_tables_have_captions_and_headers(page: Element) -> None:
    """Each table says what it holds; every header cell says what it heads; rows are complete."""
    for table in page.find("table"):
        (caption,) = table.find("caption")
        heads = table.find("thead")[0].find("th")
        assert caption.all_text().strip()
        assert all(cell.attributes["scope"] in ("col", "row") for cell in table.find("th"))
        assert all(head.all_text().strip() for head in heads)
        for row in table.find("tbody")[0].find("tr"):
            assert len(row.children) == len(heads)
            assert any(cell.tag == "th" for cell in row.children)


def test_pictures_are_told_in_words(page: Element) -> None:
    """Each picture is an image with a label; each chart has a caption and the same as a table."""
    for picture in page.find("svg"):
        assert picture.attributes["role"] == "img"
        assert picture.attributes["aria-label"].strip()
    for figure in page.find("figure"):
        assert figure.find("figcaption")[0].all_text().strip()
        assert figure.find("desc")[0].text.strip()
        assert len(figure.find("details")[0].find("table")) == 1


def test_chart_and_table_show_the_same_points() -> None:
    """The table beside a chart has a row for each day, and a marker for each measured one."""
    figures = read_page(html_of("fortnight")).find("figure")
    assert len(figures) == 7
    for figure in figures:
        rows = figure.find("tbody")[0].find("tr")
        measured = [row for row in rows if "not measured" not in row.all_text()]
        marks = [
            mark
            for group in figure.find("g")
            if group.attributes.get("class") in ("mark", "bar")
            for mark in group.find("circle", "rect", "path")
        ]
        assert len(rows) == 9
        assert len(marks) == len(measured)
        for row, mark in zip(measured, marks, strict=True):
            assert row.children[1].all_text() in mark.all_text()


def test_status_never_rests_on_colour_alone() -> None:
    """Every coloured word carries a sign and says in words what it means."""
    page = read_page(html_of("fortnight"))
    tagged = [e for e in page.walk() if "tag" in e.attributes.get("class", "").split()]
    verdicts = [e for e in page.find("b") if e.attributes.get("class") in ("good", "bad", "quiet")]

    assert len(tagged) >= 8
    assert len(verdicts) == 3
    for element in [*tagged, *verdicts]:
        sign, _, words = element.text.partition(" ")
        assert sign in set("✓✕○–◆▲")
        assert words


def test_recorded_answers_are_labelled() -> None:
    """A banner at the top and each tier's row say that answers were recorded."""
    page = read_page(html_of("recorded"))
    (banner,) = [e for e in page.find("p") if e.attributes.get("role") == "note"]

    assert "recorded earlier" in banner.all_text()
    assert "No cloud model gave them now" in banner.all_text()
    assert "answered (recorded earlier)" in page.all_text()
    assert not [
        e for e in read_page(html_of("fortnight")).find("p") if e.attributes.get("role") == "note"
    ]


def test_a_long_list_says_how_much_it_leaves_out() -> None:
    """Of 250 tasks, 200 are listed and the rest are counted."""
    page = read_page(render_html(collect(build_crowded_night(250).store)))
    (section,) = [e for e in page.find("section") if e.attributes["id"] == "delivered"]

    assert len(section.find("tbody")[0].find("tr")) == 200
    assert "And 38 more" in section.all_text()
