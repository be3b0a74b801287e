"""The report as one HTML file: no script, no request to anywhere, readable on paper and in the dark.

Every value goes through Jinja2's autoescape, and before that through `scrub`: text that a model or
a user wrote can neither become markup nor reorder or hide what stands around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pantheon.report import _charts, _figures, _phrases, _words
from pantheon.report._clean import scrub
from pantheon.report._glossary import GLOSSARY
from pantheon.report._model import Morning
from pantheon.report._palette import DARK, LIGHT, declarations
from pantheon.report._queries import QUERIES

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_CHARTED = 8
"""Agents with pictures; a page with dozens is no morning's reading, and the file stays small."""


def render_html(morning: Morning) -> str:
    """The whole page."""
    template = environment().get_template("morning.html.j2")
    compared = _phrases.compared(morning)
    charted = [agent for agent in compared if agent.days]
    updates = [agent for agent in morning.agents if agent.update]
    trained = [a for a in updates if a.update and a.update.outcome != "skipped"]
    return template.render(
        m=morning,
        contents=_contents(morning, updates=len(trained)),
        shows_undelivered=_shows_undelivered(morning),
        trend=_figures.cloud_trend(morning),
        trend_words=_figures.say_cloud_trend(morning),
        updated=trained,
        unchanged=[agent for agent in updates if agent not in trained],
        compared=compared,
        apart=_phrases.apart(morning),
        charted=charted[:MOST_CHARTED],
        uncharted=charted[MOST_CHARTED:],
        window=_phrases.window(morning),
        nights_chart=_figures.nights_chart(morning.nights),
        queries=QUERIES.items(),
        glossary=GLOSSARY,
        judged=[agent for agent in morning.agents if agent.quality],
        worn=[agent for agent in morning.agents if agent.held_out],
    )


def _shows_undelivered(morning: Morning) -> bool:
    """Without queued work and without failures, a heading for them would only be in the way."""
    return bool(morning.numbers.tasks or morning.not_delivered or morning.troubles)


def _contents(morning: Morning, *, updates: int) -> list[tuple[str, str]]:
    undelivered = ("not-delivered", f"Not delivered ({morning.not_delivered_total})")
    return [
        ("needs", f"Needs you ({morning.needs_you_total})"),
        ("delivered", f"Delivered ({morning.delivered_total})"),
        *([undelivered] if _shows_undelivered(morning) else []),
        ("updates", f"Agent updates ({updates})"),
        ("promises", "Promises"),
        ("days", "Day by day"),
        ("unusual", f"Unusual ({len(morning.alarms) + len(morning.anomalies)})"),
        ("costs", "Costs"),
        ("words", "Words"),
        ("provenance-h", "Sources"),
    ]


@cache
def environment() -> Environment:
    """Templates of the report, with its words as filters."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("pantheon.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters.update(_filters())
    made.globals.update(_globals())

    return made


def page_environment(package: str) -> Environment:
    """The same for the pages of another package: its templates, the style and words of the report."""
    from jinja2 import ChoiceLoader, PackageLoader

    own = environment()
    loaders = [PackageLoader(package), PackageLoader("pantheon.report")]
    made = own.overlay(loader=ChoiceLoader(loaders))
    made.filters, made.globals = dict(own.filters), dict(own.globals)
    return made


def _globals() -> dict[str, Any]:
    return {
        "lay_out": _charts.lay_out,
        "table_rows": _charts.table_rows,
        "has_intervals": _charts.has_intervals,
        "sparkline": _charts.sparkline,
        "more": _say_more,
        "light": declarations(LIGHT),
        "dark": declarations(DARK),
    }


def _finalize(value: Any) -> Any:
    """Only plain text is scrubbed: what a macro returns is markup already."""
    return scrub(value) if type(value) is str else value


def _say_more(shown: Sequence[object], total: int, command: str) -> str:
    left = total - len(shown)
    return f"And {_words.count(left)} more: {command} lists them." if left > 0 else ""


def _filters() -> dict[str, Callable[..., Any]]:
    plain = (
        _words.count, _words.percent, _words.estimate, _words.interval, _words.money,
        _words.duration, _words.tokens, _words.date, _words.moment, _words.listing,
        _phrases.period, _phrases.labels, _phrases.undelivered, _phrases.cloud_note,
        _phrases.saved_note, _phrases.saved, _phrases.step, _phrases.why, _phrases.progress,
        _phrases.runs, _phrases.sources, _phrases.move, _phrases.who, _phrases.answered,
        _phrases.fact, _phrases.fact_interval, _phrases.verdict, _phrases.tried_share,
        _phrases.tried_agreement, _phrases.alarm, _phrases.alarm_kind, _phrases.unusual, _figures.cloud_chart,
        _figures.disagreement_chart,
    )  # fmt: skip
    return {
        **{function.__name__: function for function in plain},
        **_both("status", _phrases.STATUS),
        **_both("outcome", _phrases.OUTCOME),
        **_both("state", _phrases.STATE),
        **_both("need", _phrases.NEED),
    }


def _both(name: str, table: Mapping[str, tuple[str, str]]) -> dict[str, Callable[[str], str]]:
    def word(key: str) -> str:
        return table[key][0]

    def tone(key: str) -> str:
        return table[key][1]

    return {f"{name}_word": word, f"{name}_tone": tone}
