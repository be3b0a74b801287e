"""A simulation as a plain-text table: a line per day, the last third, and the whole stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pantheon.night._figures import Figures, Share
from pantheon.night._simulation import Day, Simulation, say_quality

if TYPE_CHECKING:
    from pantheon.spec import Promise

_LOCAL = "local: answered without asking the cloud first; audited answers are local, and cloud calls too."
_DIFFER = "differ: of all requests, answered locally and unlike the recording"
_WORST = 5
"""Fields told of in the table; the JSON has them all."""
_HEADS = ("day", "requests", "local", "differ", "differ/local", "accuracy", "cloud calls", "night")


def render_table(simulation: Simulation) -> str:
    """The figures for people, in lines of plain text; shares in percent."""
    rows = [_HEADS, *(_day_row(day) for day in simulation.days)]
    rows.append(_row("last third", simulation.last_third, _seconds(simulation)))
    rows.append(_row("in all", simulation.total, ""))
    lines = _align(rows)
    lines.insert(len(lines) - 2, "-" * max(map(len, lines)))
    return "\n".join([*_preamble(simulation), *lines, *_explain(simulation)]) + "\n"


def _day_row(day: Day) -> tuple[str, ...]:
    return _row(str(day.number), day.figures, day.night_words)


def _row(name: str, figures: Figures, night: str) -> tuple[str, ...]:
    return (
        name,
        f"{figures.requests:,}",
        _percent(figures.local),
        _percent(figures.disagreement),
        _percent(figures.disagreement_local),
        _percent(figures.accuracy),
        f"{figures.cloud_calls:,}",
        night,
    )


def _percent(share: Share) -> str:
    return "-" if share.rate is None else f"{100 * share.rate:.1f} %"


def _seconds(simulation: Simulation) -> str:
    return f"{simulation.training_seconds:.1f} s of training"


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    return [
        "  ".join(
            cell.ljust(width) if i in (0, len(_HEADS) - 1) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _preamble(simulation: Simulation) -> list[str]:
    promise = simulation.settings.promise
    what = (
        f"{simulation.agent} on {simulation.stream}: {simulation.total.requests:,} recorded "
        "requests; the recorded outputs play the cloud."
    )
    promised = (
        f"Promise: at most {100 * promise.disagreement:g} % of all answers differ from the "
        f"cloud's, with {100 * promise.confidence:g} % confidence; "
        f"{100 * promise.audit:g} % of local answers are audited."
    )
    return [
        what,
        promised,
        *_promise_quality(promise),
        f"Two outputs are the same: {simulation.same}.",
        "",
    ]


def _promise_quality(promise: Promise) -> list[str]:
    if promise.quality is None:
        return []
    least = f"{100 * promise.quality:g} %"
    return [f"Promise of quality: at most {least} worse than the cloud, by people's judgements."]


def _explain(simulation: Simulation) -> list[str]:
    total = simulation.total
    lines = ["", _LOCAL, _DIFFER + _interval(total.disagreement), *simulation.notes]
    p50, p99 = simulation.latency_milliseconds
    if p50 is not None and p99 is not None:
        lines.append(f"One answer of the specialist: {p50:.1f} ms (p50), {p99:.1f} ms (p99).")
    lines.extend(_explain_fields(total))
    lines.extend(_explain_quality(simulation))
    if total.saved_usd is not None:
        lines.append(f"Saved, by estimated tokens: {total.saved_usd:.4f} USD.")
    return lines


def _explain_fields(total: Figures) -> list[str]:
    """The fields that differ most often, in one line."""
    worst = [(name, share) for name, share in total.fields if share.hits][:_WORST]
    if not worst:
        return []
    told = ", ".join(f"{n} {s.hits:,} of {s.of:,} ({_percent(s)})" for n, s in worst)
    return [f"Fields that differ most, of the local answers: {told}."]


def _explain_quality(simulation: Simulation) -> list[str]:
    """What judgements have shown by the last night on which a specialist was made."""
    if simulation.settings.promise.quality is None:
        return []
    found = [day.night.quality for day in simulation.days if day.night and day.night.quality]
    lines = [f"Judgements given, from the rows' `gold`: {simulation.judged:,}."]
    if found:
        wins, losses = found[-1].get("wins"), found[-1].get("losses")
        said = "; ".join(say_quality(found[-1]))
        lines.append(
            f"Quality: {said} (the local answer right {wins}, the cloud's {losses} times)."
        )
    return lines


def _interval(share: Share) -> str:
    if share.interval is None:
        return "."
    low, high = share.interval
    return f"; in all {100 * low:.1f} to {100 * high:.1f} % (95 % interval)."
