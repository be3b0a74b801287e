"""Numbers are written as people read them."""

from __future__ import annotations

import pytest

from pantheon.report import Estimate
from pantheon.report import _words as words


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (1, "100%"), (0.38, "38%"), (0.0996, "10%"), (0.042, "4.2%"), (0.05, "5%"),
     (0.0003, "0.03%"), (0.000001, "0%"), (0.996, "100%")],
)  # fmt: skip
def test_shares(share: float, text: str) -> None:
    """As many digits as the share deserves."""
    assert words.percent(share) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "$0.00"), (1204.5, "$1,204.50"), (0.84, "$0.84"), (0.0042, "$0.0042"),
     (0.00001, "under $0.0001")],
)  # fmt: skip
def test_money(usd: float, text: str) -> None:
    """Cents, and more digits where cents would say nothing."""
    assert words.money(usd) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.2 s"), (42, "42 s"), (59.7, "1 min"), (725, "12 min 5 s"), (18_720, "5 h 12 min"),
     (7200, "2 h"), (270_000, "3 d 3 h")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    """Two units at most."""
    assert words.duration(seconds) == text


def test_counts_and_lists() -> None:
    """Thousands are parted, one is singular, the last of a list follows `and`."""
    assert words.plural(1, "task") == "1 task"
    assert words.plural(2340, "reply", "replies") == "2,340 replies"
    assert words.tokens(950) == "950"
    assert words.tokens(1_900_000) == "1.9 M"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.listing(["a"]) == "a"
    assert words.listing([]) == ""


def test_dates_are_utc() -> None:
    """Moments are written in UTC."""
    assert words.date(1_772_514_720) == "Tuesday 3 March 2026"
    assert words.moment(1_772_514_720) == "Tue 3 Mar 05:12"
    assert words.day_of(1_772_514_720) == "2026-03-03"


def test_estimates() -> None:
    """A value with its interval; a dash where nothing was seen."""
    assert words.with_interval(Estimate(0.042, 0.021, 0.063, 0.95)) == "4.2% (2.1% to 6.3%)"
    assert words.with_interval(Estimate(None, 0, 1, 0.95)) == "– (0% to 100%)"
