"""The morning: one report of what was delivered, what needs a person and which agents changed.

Reads the store and writes nothing. `collect` makes one model; text, HTML, Markdown and JSON are
made from it. May import `learn` and everything below it, never `night` or `cli`.
"""

from __future__ import annotations

from pantheon.report._charts import Chart, Limit, Point
from pantheon.report._collect import collect
from pantheon.report._diff import (
    VersionDiff,
    diff_to_json,
    render_diff_html,
    render_diff_text,
    version_diff,
)
from pantheon.report._html import page_environment, render_html
from pantheon.report._json import render_json, to_json
from pantheon.report._markdown import render_markdown
from pantheon.report._model import (
    AgentMorning,
    AgentUpdate,
    Anomaly,
    Command,
    Count,
    Day,
    Definition,
    Delivery,
    Estimate,
    Fact,
    Morning,
    Need,
    NightRow,
    Numbers,
    Period,
    PromiseCheck,
    Provenance,
    Step,
    TierCount,
    Trouble,
    Undelivered,
    VersionRef,
)
from pantheon.report._model_costs import CostRow, Costs
from pantheon.report._model_school import (
    AlarmNote,
    HeldOut,
    Probation,
    QualityCheck,
    RungTried,
    TestBudget,
)
from pantheon.report._queries import QUERIES, Query
from pantheon.report._reasons import MEANINGS, Meaning, remedy_words
from pantheon.report._text import render_text

__all__ = [
    "AlarmNote",
    "HeldOut",
    "Probation",
    "QualityCheck",
    "RungTried",
    "TestBudget",
    "collect",
    "page_environment",
    "render_html",
    "render_json",
    "render_markdown",
    "render_text",
    "to_json",
    "version_diff",
    "diff_to_json",
    "remedy_words",
    "render_diff_html",
    "render_diff_text",
    "VersionDiff",
    "QUERIES",
    "Query",
    "Chart",
    "Limit",
    "Point",
    "AgentMorning",
    "AgentUpdate",
    "Anomaly",
    "Command",
    "CostRow",
    "Costs",
    "Count",
    "Day",
    "Definition",
    "Delivery",
    "Estimate",
    "Fact",
    "MEANINGS",
    "Meaning",
    "Morning",
    "Need",
    "NightRow",
    "Numbers",
    "Period",
    "PromiseCheck",
    "Provenance",
    "Step",
    "TierCount",
    "Trouble",
    "Undelivered",
    "VersionRef",
]
