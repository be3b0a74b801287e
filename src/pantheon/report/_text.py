"""The report for a terminal: about twenty lines of plain text, the decisions first.

No colours and no escape sequences; the command line may add colours to the signs.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from pantheon.report import _phrases, _words
from pantheon.report._clean import scrub
from pantheon.report._model import AgentMorning, Morning, Need, Undelivered

WIDTH = 80
_MOST = 3
"""Items under each heading; the page has them all."""
_MOST_AGENTS = 5


def render_text(morning: Morning, *, width: int = WIDTH) -> str:
    """The report in lines of at most `width` terminal columns; commands may be longer."""
    return "\n".join(scrub(line) for line in _lines(morning, max(width, 40)))


def _lines(m: Morning, width: int) -> Iterator[str]:
    yield f"Pantheon · {_words.date(m.period.until)}"
    yield from textwrap.wrap(m.sentence, width)
    if m.labels:
        yield from textwrap.wrap(f"◇ Not live: {_phrases.labels(m.labels)}", width)
    if m.needs_you:
        yield ""
        yield f"Needs you ({_words.count(m.needs_you_total)})"
        for need in m.needs_you[:_MOST]:
            yield from _need_lines(need, width)
        yield from _more(m.needs_you_total - _MOST)
    if m.not_delivered:
        yield ""
        yield f"Not delivered ({_words.count(m.not_delivered_total)})"
        for item in m.not_delivered[:_MOST]:
            yield _undelivered_line(item, width)
        yield from _more(m.not_delivered_total - _MOST)
    if _phrases.compared(m):
        yield ""
        yield from _agent_lines(_phrases.compared(m), width)
    yield from _closing_lines(m, width)


def _need_lines(need: Need, width: int) -> Iterator[str]:
    yield fit(f"  {_phrases.NEED[need.kind][0]}: {need.title}", width)
    if need.commands:
        yield (
            f"      {need.commands[-1].line}"
            if need.kind == "question"
            else (f"      {need.commands[min(1, len(need.commands) - 1)].line}")
        )


def _undelivered_line(item: Undelivered, width: int) -> str:
    sign = _phrases.STATE[item.state][0].split(" ")[0]
    reason = f": {item.words}"
    return fit(fit(f"  {sign} {item.title}", max(width - columns(reason), 20)) + reason, width)


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield f"  and {_words.count(number)} more"


def _agent_lines(agents: list[AgentMorning], width: int) -> Iterator[str]:
    shown = agents[:_MOST_AGENTS]
    name = min(max(columns(agent.name) for agent in shown), 20)
    yield fit(f"{'Agents':<{name + 2}}  cloud  promise", width)
    for agent in shown:
        yield from _agent_line(agent, name, width)
        if agent.update and agent.update.outcome != "skipped":
            outcome = _phrases.OUTCOME[agent.update.outcome][0]
            yield fit(f"      {outcome}: {_phrases.move(agent.update)}", width)
    yield from _more(len(agents) - _MOST_AGENTS)


def _agent_line(agent: AgentMorning, name: int, width: int) -> Iterator[str]:
    yield from _promise_line(agent, name, width)
    if agent.quality is not None:
        yield fit(f"      quality: {agent.quality.words}", width)
    if agent.probation is not None:
        share = _words.percent(agent.probation.share)
        yield fit(f"      on probation: {agent.probation.version}, {share} of requests", width)


def _promise_line(agent: AgentMorning, name: int, width: int) -> Iterator[str]:
    promise = agent.promise
    share = _words.estimate(agent.cloud_share)
    line = f"  {pad(agent.name, name)}  {share:>5}  {_phrases.STATUS[promise.status][0]}"
    if promise.disagreement.value is None or not promise.local:
        yield fit(line, width)
        return
    differ = f"{_words.estimate(promise.disagreement)} differ"
    bounds = _words.interval(promise.disagreement)
    found = f"{differ} ({bounds}), {_words.percent(promise.epsilon)} allowed"
    if columns(line) + columns(found) + 2 <= width:
        yield f"{line}: {found}"
    else:
        yield fit(line, width)
        yield fit(f"      {found}", width)


def _closing_lines(m: Morning, width: int) -> Iterator[str]:
    yield ""
    for trial in m.trials[:_MOST]:
        sign = "▲" if trial.outcome == "stopped" else "●"
        yield fit(f"{sign} {trial.words} {trial.why}", width)
    for alarm in m.alarms[:_MOST]:
        yield fit(f"▲ {_phrases.alarm(alarm)}", width)
    for anomaly in m.anomalies[:_MOST]:
        yield fit(f"▲ {anomaly.words}", width)
    cost = f"Cloud cost {_words.money(m.numbers.cloud_usd)}, {_phrases.saved_note(m)}."
    yield fit(cost, width)


# ------------------------------------------------------------------------- terminal columns
def columns(text: str) -> int:
    """How many columns a text takes: wide characters take two, combining ones none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """The text, cut with `…` where it would be wider than `width` columns."""
    if columns(text) <= width:
        return text
    kept, used = "", 1
    for character in text:
        used += _width(character)
        if used > width:
            break
        kept += character
    return kept.rstrip() + "…"


def pad(text: str, width: int) -> str:
    """The text in exactly `width` columns."""
    cut = fit(text, width)
    return cut + " " * (width - columns(cut))
