"""Until when a night takes new work."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pantheon.night._window import window_end


def at(text: str) -> float:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("window", "now", "end"),
    [
        ("22:00-06:00", "2026-01-01T22:00:00", "2026-01-02T06:00:00"),
        ("22:00-06:00", "2026-01-02T05:59:59", "2026-01-02T06:00:00"),
        ("22:00-06:00", "2026-01-02T06:00:00", None),
        ("22:00-06:00", "2026-01-02T12:00:00", None),
        ("01:30-05:00", "2026-01-02T03:10:20", "2026-01-02T05:00:00"),
        ("01:30-05:00", "2026-01-02T00:10:00", None),
        (None, "2026-01-02T03:00:00", None),
    ],
)
def test_the_window_that_holds_the_moment_ends_it(
    window: str | None, now: str, end: str | None
) -> None:
    """Across midnight too; outside of it nothing is limited."""
    assert window_end(window, at(now), zone=UTC) == (at(end) if end else None)
