"""The report as Markdown (CommonMark with tables), for a mail, a pull request or a wiki.

What models and users wrote is escaped: it can become neither a heading, a link, an image, a
mention nor HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pantheon.report import _markdown_school, _phrases, _words
from pantheon.report._clean import scrub
from pantheon.report._model import (
    AgentMorning,
    Command,
    Delivery,
    Morning,
    Need,
    Undelivered,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#!|~$^])")
_OPENERS = re.compile(r"^(\s*)([-+=>]|\d+(?=[.)]))")


def render_markdown(morning: Morning) -> str:
    """The whole report."""
    parts = [
        _head(morning),
        _needs(morning),
        _delivered(morning),
        _not_delivered(morning),
        _updates(morning),
        _promises(morning),
        _days(morning),
        _unusual(morning),
        _costs(morning),
        _markdown_school.glossary(escape),
        _provenance(morning),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    plain = scrub(text).replace("\n", " ")
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _SPECIAL.sub(r"\\\1", plain)
    # Bare addresses and mentions are made into links by some readers.
    plain = plain.replace("://", "&#58;//").replace("www.", "www&#46;").replace("@", "&#64;")
    return _OPENERS.sub(r"\1\\\2" if not plain[:1].isdigit() else r"\1\2\\", plain)


def code(text: str) -> str:
    """A code span: its fence is longer than any run of backticks inside."""
    plain = scrub(text).replace("\n", " ")
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    edge = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{edge}{plain}{edge}{fence}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: int = 0) -> list[str]:
    """A table whose last `numeric` columns are set to the right; cells are Markdown already."""
    rule = ["---"] * (len(heads) - numeric) + ["---:"] * numeric
    return [_row(heads), _row(rule), *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(m: Morning) -> Iterator[str]:
    n = m.numbers
    yield f"# Morning report, {_words.date(m.period.until)}"
    yield ""
    yield f"**{escape(m.sentence)}**"
    yield ""
    yield escape(_phrases.period(m))
    if m.labels:
        yield ""
        yield f"> **Not live:** {escape(_phrases.labels(m.labels))}"
    yield ""
    yield from table(
        ("Tasks delivered", "Need you", "Answered by the cloud", "Cloud cost"),
        [
            (
                f"**{_words.count(n.delivered)}** of {_words.count(n.tasks)}",
                f"**{_words.count(n.needs_you)}**",
                f"**{_words.estimate(n.cloud_share)}** {_phrases.cloud_note(n)}",
                f"**{_words.money(n.cloud_usd)}**, {_phrases.saved_note(m)}",
            )
        ],
    )


# ------------------------------------------------------------------------------ the night
def _needs(m: Morning) -> Iterator[str]:
    yield f"## Needs you ({_words.count(m.needs_you_total)})"
    yield ""
    if not m.needs_you:
        yield "Nothing waits for a decision."
    for need in m.needs_you:
        yield from _need(need)
    yield from _more(m.needs_you_total - len(m.needs_you))


def _need(need: Need) -> Iterator[str]:
    yield f"- {_phrases.NEED[need.kind][0]}: **{escape(need.title)}**"
    if need.detail:
        yield f"  {escape(need.detail)}"
    yield from _commands(need.commands)


def _commands(commands: Sequence[Command]) -> Iterator[str]:
    for command in commands:
        yield f"  - {escape(command.says)}: {code(command.line)}"


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield f"- and {_words.count(number)} more"


def _delivered(m: Morning) -> Iterator[str]:
    yield f"## Delivered ({_words.count(m.delivered_total)})"
    yield ""
    if m.delivered:
        rows = [_delivery_row(delivery) for delivery in m.delivered]
        yield from table(("Task", "Output", "Answered by", "Run", "Cost", "Took"), rows, numeric=2)
    else:
        yield "None of the queued work was delivered." if m.numbers.tasks else "No work was queued."
    if m.delivered_total > len(m.delivered):
        yield ""
        yield f"And {_words.count(m.delivered_total - len(m.delivered))} more."
    if m.other_runs:
        yield ""
        yield f"By day, outside the queue: {escape(_phrases.runs(m.other_runs))}."


def _delivery_row(d: Delivery) -> tuple[str, ...]:
    steps = ", ".join(_phrases.step(step) for step in d.steps)
    return (
        escape(d.title),
        escape(d.excerpt),
        escape(steps),
        code(d.run),
        _words.money(d.cost_usd),
        _words.duration(d.seconds),
    )


def _not_delivered(m: Morning) -> Iterator[str]:
    yield f"## Not delivered ({_words.count(m.not_delivered_total)})"
    yield ""
    if not m.not_delivered:
        yield "Everything was delivered." if m.numbers.tasks else "Nothing failed."
    for item in m.not_delivered:
        yield from _undelivered(item)
    yield from _more(m.not_delivered_total - len(m.not_delivered))
    if m.troubles:
        rows = [(escape(t.where), escape(t.words), _words.count(t.count)) for t in m.troubles]
        yield ""
        yield from table(("Step that gave nothing", "Reason", "Times"), rows, numeric=1)


def _undelivered(u: Undelivered) -> Iterator[str]:
    yield f"- {_phrases.STATE[u.state][0]}: **{escape(u.title)}**. {escape(_phrases.why(u))}"
    if u.message:
        yield f"  {escape(u.message)}"
    yield f"  {escape(_phrases.progress(u))}"
    yield from _commands([u.next_step])


# -------------------------------------------------------------------------------- agents
def _updates(m: Morning) -> Iterator[str]:
    yield "## Agent updates"
    updated = [agent for agent in m.agents if agent.update and agent.update.outcome != "skipped"]
    if not updated:
        yield ""
        yield "No specialist changed."
    for agent in updated:
        yield from _update(agent)
    yield from _markdown_school.trials(m, escape, code)
    yield from _markdown_school.testing(m, escape)


def _update(agent: AgentMorning) -> Iterator[str]:
    update = agent.update
    if update is None:
        return
    yield ""
    yield f"### {escape(agent.name)}: {_phrases.OUTCOME[update.outcome][0]}"
    yield ""
    yield escape(update.words)
    yield ""
    for reason in update.reasons:
        yield f"- {escape(reason)}"
    learned = f"Learned from {_words.count(update.examples)} examples"
    sources = _phrases.sources(update.examples_by_source)
    yield f"- {escape(learned + (f': {sources}' if sources else ''))}"
    if update.choice:
        yield f"- {escape(update.choice)}"
    yield from (line[2:] for line in _commands(update.commands))
    yield from _markdown_school.ladder(update, escape, table)
    if update.evidence:
        rows = [
            (escape(f.name), _phrases.fact(f), _phrases.fact_interval(f)) for f in update.evidence
        ]
        yield ""
        yield from table(("Evidence", "Value", "Interval"), rows, numeric=2)


def _promises(m: Morning) -> Iterator[str]:
    yield "## Are the promises kept?"
    yield ""
    yield (
        "How many of an agent's answers differ from what the cloud would have said, seen through "
        f"audits of random local answers, over the {_phrases.window(m)}."
    )
    yield ""
    heads = ("Agent", "Verdict", "Promised", "Found", "Audits", "Different")
    yield from table(heads, [_promise_row(agent) for agent in _phrases.compared(m)], numeric=4)
    if _phrases.apart(m):
        yield ""
        yield escape(_phrases.apart(m))
    yield from _markdown_school.quality(m.agents, escape, table)


def _promise_row(agent: AgentMorning) -> tuple[str, ...]:
    p = agent.promise
    return (
        escape(agent.name),
        f"**{_phrases.STATUS[p.status][0]}.** {escape(p.words)}",
        f"≤ {_words.percent(p.epsilon)}",
        _words.with_interval(p.disagreement),
        _words.count(p.audited),
        _words.count(p.disagreed),
    )


def _days(m: Morning) -> Iterator[str]:
    yield "## Day by day"
    for agent in _phrases.compared(m):
        if not agent.days:
            continue
        yield ""
        yield f"### {escape(agent.name)} ({escape(_phrases.who(agent))})"
        yield ""
        rows = [
            (
                escape(day.label),
                _words.count(day.requests),
                _words.with_interval(day.cloud_share),
                _words.count(day.audited),
                _words.with_interval(day.disagreement),
            )
            for day in agent.days
        ]
        heads = ("Day", "Requests", "Asked of the cloud", "Audits", "Different from the cloud")
        yield from table(heads, rows, numeric=4)


# --------------------------------------------------------------------------- the small print
def _unusual(m: Morning) -> Iterator[str]:
    yield "## Anything unusual?"
    yield ""
    for alarm in m.alarms:
        yield f"- {escape(_phrases.alarm(alarm))}"
        if alarm.command:
            yield f"  - It is meant to be so: {code(alarm.command)}"
    for anomaly in m.anomalies:
        yield f"- {escape(anomaly.words)}"
    if not m.anomalies:
        yield escape(_phrases.unusual(m))


def _costs(m: Morning) -> Iterator[str]:
    yield "## Costs"
    yield ""
    rows = [
        (
            escape(row.agent),
            _words.count(row.cloud),
            _words.money(row.cloud_usd),
            f"{_words.money(row.audit_usd)} ({_words.count(row.audits)})",
            _words.count(row.local),
            _phrases.saved(row),
            f"{_words.tokens(row.tokens_in)} / {_words.tokens(row.tokens_out)}",
        )
        for row in m.costs.rows
    ]
    heads = ("Agent", "By the cloud", "Spent", "Audits", "Answered here", "Saved, about", "Tokens")
    yield from table(heads, rows, numeric=6)


def _provenance(m: Morning) -> Iterator[str]:
    p = m.provenance
    yield "## Where this comes from"
    yield ""
    yield f"- Make it again: {code(p.reproduce.line)}"
    yield f"- Report: {code(p.report_hash)}"
    yield f"- Store: {code(p.store)}"
    if p.seed is not None:
        yield f"- Seed of the night: {p.seed}"
    yield f"- Made with pantheon {escape(p.pantheon)}, Python {escape(p.python)}"
    for definition in p.definitions:
        yield f"- {escape(definition.kind)} {escape(definition.name)}: {code(definition.hash)}"
