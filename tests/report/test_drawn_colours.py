"""The colours of drawings that stand in our pages."""

from __future__ import annotations

import pytest

from pantheon import draw
from pantheon.report._palette import DARK, LIGHT, contrast


@pytest.mark.parametrize(("ours", "theirs"), [(draw.LIGHT, LIGHT), (draw.DARK, DARK)])
def test_drawings_have_the_colours_of_the_page(
    ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """And stand out from what they are drawn on, in light and dark."""
    shared = ours.keys() & theirs.keys()
    assert {"ink", "paper", "good", "warn", "bad"} <= shared
    assert all(ours[name] == theirs[name] for name in shared)
    for tone in ("good", "warn", "bad"):
        assert contrast(ours[tone], ours["paper"]) >= 4.5
        assert contrast(ours["quiet"], ours[f"{tone}-wash"]) >= 4.5
    assert contrast(ours["edge"], ours["paper"]) >= 3
