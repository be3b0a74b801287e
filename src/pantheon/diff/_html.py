"""A diff as one self-contained page in the style of the report: no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from pantheon.diff._model import CodeChange, DefinitionDiff, Diff
from pantheon.diff._phrases import (
    changes_by_topic,
    code_head,
    code_lines,
    describe_consequence,
    first_callers,
    items_of,
    learned_lines,
    listing,
    summary,
    value_text,
)
from pantheon.draw import render_svg, svg_style
from pantheon.text import scrub

if TYPE_CHECKING:
    from jinja2 import Environment


def render_html(diff: Diff) -> str:
    """The whole page."""
    template = _environment().get_template("definitions.html.j2")
    return template.render(
        d=diff, summary=summary(diff), style=svg_style(), callers=first_callers(diff)
    )


@cache
def _environment() -> Environment:
    from pantheon.report import page_environment

    made = page_environment("pantheon.diff")
    filters: dict[str, Callable[..., Any]] = {
        "items": items_of,
        "value": value_text,
        "consequence": describe_consequence,
        "topics": changes_by_topic,
        "drawing": _drawing,
        "learned": _learned,
        "code_head": code_head,
        "code_lines": _code_lines,
        "versions": _versions,
        "ticks": _ticks,
        "flows": listing,
    }
    made.filters.update(filters)
    names: dict[str, Any] = {"signs": {"added": "+", "removed": "−", "changed": "~"}}
    made.globals.update(names)
    return made


def _drawing(definition: DefinitionDiff, number: int) -> str:
    """The graph as markup; every text in it was escaped by the one who drew it."""
    assert definition.picture is not None
    return render_svg(
        definition.picture,
        title=f"Flow {definition.name}, what changed",
        id=f"graph{number}",
        embedded=True,
    )


def _learned(definition: DefinitionDiff) -> str:
    assert definition.learned is not None
    return "\n".join(learned_lines(definition.learned, 78))


def _code_lines(change: CodeChange) -> list[tuple[str, str]]:
    return [(style, scrub(line)) for style, line in code_lines(change)]


def _versions(definition: DefinitionDiff) -> str:
    """Label and the beginning of the hash, then and now."""
    stamps = (definition.before, definition.after)
    words = [
        " ".join(part for part in (s.version, (s.hash or "")[:11]) if part) for s in stamps if s
    ]
    return " → ".join(dict.fromkeys(words))


def _ticks(text: str) -> str:
    """Markup of a text, with what stands between backticks set as code."""
    parts = [escape(part) for part in scrub(text).split("`")]
    if len(parts) % 2 == 0:  # one is open: it is no mark
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(parts))
