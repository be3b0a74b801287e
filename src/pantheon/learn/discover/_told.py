"""Savings and learning curves in a line for people: never a figure without its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.learn._intervals import Interval
    from pantheon.learn.discover._curve import LearningPoint
    from pantheon.learn.discover._savings import Saving


def saving_line(saving: Saving) -> str:
    """`$12.30 (8.10–17.40) a month`, or calls where no price is known."""
    per = "a month" if saving.per == "month" else f"per {saving.per}"
    if saving.local.high == 0:
        return "nothing can be certified yet"
    if saving.usd is None:
        limits = _limits(saving.local, "{:,.0f}")
        return f"{limits} calls {per} (no price is known)"
    return f"{_limits(saving.usd, '${:,.2f}')} {per}"


def _limits(interval: Interval, form: str) -> str:
    value, low, high = (
        form.format(part) for part in (interval.estimate, interval.low, interval.high)
    )
    return f"{value} ({low} to {high})"


def curve_line(curve: Sequence[LearningPoint]) -> str:
    """`200: 0 %, 400: 41 % (36–46)`: certified local share after so many calls."""
    parts = [
        f"{point.calls:,}: {point.local.estimate:.0%} ({point.local.low:.0%} to {point.local.high:.0%})"
        if point.rows
        else f"{point.calls:,}: none"
        for point in curve
    ]
    reason = curve[-1].reason if curve else ""
    return ", ".join(parts) + (f"; {reason}" if reason else "")


def render_proposal(body: Mapping[str, Any]) -> str:
    """A kept proposal for people, from its JSON."""
    spend = body["spend"]
    lines = [
        f"{body['id']}  {body['name']}  {body.get('state', '')}".rstrip(),
        f"  {body['description']}",
        f"  {body['calls']:,} calls, {body['share']:.1%} of the log, {spend['share']:.1%} of the spend",
        f"  input   {json.dumps(body['input'], ensure_ascii=False)}",
        f"  output  {json.dumps(body['output'], ensure_ascii=False)}  (same: {body['same']})",
        f"  {body['repeats']:.0%} of the calls repeat an earlier one",
        "",
        "Learning curve (certified local share after so many calls)",
        *(_curve_row(point) for point in body["curve"]),
        "",
        "Prompts",
        *(f"  {w['calls']:>6,} × {_one_line(w['prompt'])}" for w in body["wordings"]),
        "",
        "Examples",
        *(f"  {json.dumps(example, ensure_ascii=False)}" for example in body["examples"]),
        *(f"Left out: {count:,}, {reason}" for reason, count in body["left_out"].items()),
        *(f"Note: {text}" for text in body["notes"]),
    ]
    return "\n".join(lines)


def _curve_row(point: Mapping[str, Any]) -> str:
    local = point["local"]
    said = point["reason"] or f"{local['value']:.0%} ({local['low']:.0%} to {local['high']:.0%})"
    return f"  {point['calls']:>6,}  {said}"


def _one_line(text: str) -> str:
    return clean(text, 160)
