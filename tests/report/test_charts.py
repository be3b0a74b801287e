"""Charts put every mark where its value belongs, and colours are told apart by everyone."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.report import Chart, Limit, Point
from pantheon.report._charts import lay_out, sparkline, table_rows
from pantheon.report._palette import DARK, GRAPHIC_PAIRS, LIGHT, TEXT_PAIRS, contrast
from pantheon.report._words import percent

SHARES = st.floats(0, 1, allow_nan=False)
# Severe deuteranopia and protanopia as linear maps of linear RGB (Machado et al., 2009).
BLINDNESS = {
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}


def chart(*points: Point, kind: str = "line", limit: Limit | None = None) -> Chart:
    """A chart of these points."""
    return Chart(kind, "Title", "Summary.", points, percent, limit=limit)  # type: ignore[arg-type]


def test_values_and_bands_are_where_they_belong() -> None:
    """On an axis from 0 to 100 % the middle lies in the middle; bands close around the line."""
    layout = lay_out(chart(Point("a", 0.0, 0.0, 0.5), Point("b", 1.0, 0.5, 1.0)))
    first, second = layout.marks

    assert (first.y, second.y) == (layout.bottom, layout.top)
    assert first.x < second.x
    assert len(layout.lines) == 1
    assert len(layout.bands[0].split()) == 4
    assert [tick.text for tick in layout.ticks] == ["0%", "25%", "50%", "75%", "100%"]


def test_gaps_break_the_line() -> None:
    """A day without a value parts the line; a lone day is a marker with a narrow band."""
    points = [Point(str(i), None if i == 2 else 0.5, 0.4, 0.6) for i in range(4)]
    layout = lay_out(chart(*points))

    assert len(layout.marks) == 3
    assert len(layout.lines) == 1
    assert len(layout.bands) == 2


def test_wide_intervals_are_cut_rather_than_rule_the_axis() -> None:
    """A whisker far above the rest ends in an arrow; the limit stays readable."""
    points = (Point("a", 0.01, 0.0, 0.9), Point("b", 0.02, 0.0, 0.06), Point("c", None, 0.0, 0.1))
    layout = lay_out(chart(*points, kind="dots", limit=Limit(0.05, "promised")))
    cut, whole, empty = layout.whiskers

    assert (cut.cut, whole.cut, empty.empty) == (True, False, True)
    assert cut.y2 == layout.top
    assert layout.limit is not None
    assert layout.top < layout.limit.at < layout.bottom


@given(st.lists(st.tuples(SHARES, SHARES, SHARES), max_size=20), st.sampled_from(["line", "dots"]))
def test_nothing_leaves_the_picture(rows: list[tuple[float, float, float]], kind: str) -> None:
    """Whatever the values, every coordinate lies inside the view box and labels keep apart."""
    points = [Point(str(i), sorted(row)[1], min(row), max(row)) for i, row in enumerate(rows)]
    layout = lay_out(chart(*points, kind=kind, limit=Limit(0.05, "promised")))

    for mark in layout.marks:
        assert layout.left <= mark.x <= layout.right
        assert layout.top <= mark.y <= layout.bottom
    for whisker in layout.whiskers:
        assert layout.top <= whisker.y2 <= whisker.y1 <= layout.bottom
    for tick in layout.ticks:
        assert layout.top <= tick.at <= layout.bottom
    gaps = [b.at - a.at for a, b in zip(layout.days, layout.days[1:], strict=False)]
    assert all(gap > 40 for gap in gaps)


def test_axes_end_at_round_numbers() -> None:
    """Ticks are numbers that people would choose."""
    layout = lay_out(chart(Point("a", 0.23), Point("b", 0.01), kind="bars"))

    assert [tick.text for tick in layout.ticks] == ["0%", "10%", "20%", "30%"]


def test_the_table_has_the_words_of_the_markers() -> None:
    """Each row of the table says what the marker's tooltip says."""
    made = chart(Point("3 Mar", 0.38, 0.33, 0.43), Point("4 Mar", None, 0.0, 0.2))

    assert table_rows(made) == [
        ("3 Mar", "38%", "33% to 43%"),
        ("4 Mar", "not measured", "0% to 20%"),
    ]
    assert lay_out(made).marks[0].words == "3 Mar: 38% (33% to 43%)"


def test_an_empty_chart_is_an_empty_frame() -> None:
    """Without points there are an axis and nothing on it."""
    layout = lay_out(chart())

    assert (layout.marks, layout.lines, layout.days) == ((), (), ())


def test_sparklines_need_two_values() -> None:
    """One value makes no line; a gap makes two."""
    assert sparkline([0.5]) == ()
    assert len(sparkline([0.5, 0.4, None, 0.3, 0.2])) == 2


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_enough_to_read(colours: dict[str, str]) -> None:
    """Text has 4.5 to 1 on every ground it stands on, lines and markers 3 to 1 (WCAG 2.2 AA)."""
    for ink, ground in TEXT_PAIRS:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for tone, ground in GRAPHIC_PAIRS:
        assert contrast(colours[tone], colours[ground]) >= 3.0, (tone, ground)


def test_contrast_is_the_ratio_of_the_standard() -> None:
    """Black on white is 21 to 1, a colour on itself 1 to 1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#123456", "#123456") == pytest.approx(1)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_tones_stay_apart_for_the_colour_blind(colours: dict[str, str], kind: str) -> None:
    """As a colour-blind reader sees them, the tones that share a chart differ clearly."""
    tones = [seen(colours[name], kind) for name in ("cloud", "risk", "limit")]
    shared = [(tones[1], tones[2]), (tones[0], tones[1])]

    assert len(set(combinations(tones, 2))) == 3
    for one, other in shared:
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 0.12


def seen(colour: str, kind: str) -> tuple[float, ...]:
    """The colour as someone with that blindness sees it, linear RGB."""
    channels = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
    return tuple(sum(w * c for w, c in zip(row, channels, strict=True)) for row in BLINDNESS[kind])
