"""Drawings and diffs on a terminal: coloured where it shows colours, plain ASCII where it must be."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pantheon.draw import Segment

_COLOURS: Mapping[str, dict[str, Any]] = {
    "strong": {"bold": True},
    "quiet": {"dim": True},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "changed": {"fg": "yellow"},
}


def echo_segments(lines: Iterable[Iterable[Segment]], *, colours: bool) -> None:
    """Print lines of pieces that were made harmless before."""
    for line in lines:
        pieces = [
            click.style(text, **_COLOURS[style]) if colours and style in _COLOURS else text
            for style, text in line
        ]
        click.echo("".join(pieces).rstrip(), color=colours)


def wants_colours() -> bool:
    """Whether a terminal reads this, or git's pager does, and nobody said NO_COLOR."""
    paged = os.environ.get("GIT_PAGER_IN_USE") == "true"
    dumb = os.environ.get("TERM") == "dumb"
    return not os.environ.get("NO_COLOR") and not dumb and (paged or sys.stdout.isatty())


def only_ascii() -> bool:
    """Whether standard output cannot take box-drawing characters."""
    try:
        "┌─┐▼→−⚠".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def terminal_width() -> int:
    """Columns of the terminal, or 100 where there is none."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)
