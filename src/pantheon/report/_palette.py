"""The colours of the page, in light and dark, named by what they are for.

The three hues of the charts keep apart under the common colour blindnesses, and each has a marker
or a dash of its own. Contrast of every pair that occurs is held by a test.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#faf8f4",
    "card": "#ffffff",
    "wash": "#f1ede4",
    "ink": "#1c1f23",
    "quiet": "#565d66",
    "rule": "#d9d4c8",
    "link": "#0b58a2",
    "cloud": "#0b62ad",
    "risk": "#b34700",
    "limit": "#8a1c5b",
    "good": "#1c6b3a",
    "warn": "#855000",
    "bad": "#a61b2b",
}
DARK: Mapping[str, str] = {
    "paper": "#14161a",
    "card": "#1b1e24",
    "wash": "#23272e",
    "ink": "#e9e6df",
    "quiet": "#aab1bb",
    "rule": "#3a404a",
    "link": "#83c0ff",
    "cloud": "#6fb4f5",
    "risk": "#ff9d5c",
    "limit": "#f29bd0",
    "good": "#7bd39a",
    "warn": "#efb54e",
    "bad": "#ff9090",
}

TEXT_PAIRS = tuple(
    (ink, ground)
    for ground in ("paper", "card", "wash")
    for ink in ("ink", "quiet", "link", "good", "warn", "bad", "limit")
)
"""Colours that text is set in, on what: 4.5 to 1 at least (WCAG 1.4.3)."""
GRAPHIC_PAIRS = tuple((tone, "card") for tone in ("cloud", "risk", "limit"))
"""Lines and markers, on what: 3 to 1 at least (WCAG 1.4.11)."""


def declarations(colours: Mapping[str, str]) -> str:
    """CSS custom properties: `--ink: #1c1f23; …`."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
