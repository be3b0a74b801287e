"""The Markdown of what is about learning itself; cells are escaped by whoever calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pantheon.report import _phrases, _words
from pantheon.report._glossary import GLOSSARY

if TYPE_CHECKING:
    from pantheon.report._model import AgentMorning, AgentUpdate, Morning

_Escape = Callable[[str], str]
_Table = Callable[..., list[str]]


def ladder(update: AgentUpdate, escape: _Escape, table: _Table) -> Iterator[str]:
    """A table of all kinds that were tried."""
    if not update.ladder:
        return
    heads = ("Tried", "What it does", "Verdict", "Would answer here", "Agrees", "Took")
    rows = [
        (
            escape(rung.name),
            escape(rung.words),
            escape(_phrases.verdict(rung)),
            _phrases.tried_share(rung),
            _phrases.tried_agreement(rung),
            _words.duration(rung.seconds),
        )
        for rung in update.ladder
    ]
    yield ""
    yield from table(heads, rows, numeric=3)


def trials(m: Morning, escape: _Escape, code: _Escape) -> Iterator[str]:
    """Versions on trial that guards stopped or made stable."""
    for trial in m.trials:
        yield ""
        yield f"### {escape(trial.version)}: {trial.outcome} by its guards"
        yield ""
        yield escape(trial.words)
        yield ""
        yield f"- {escape(trial.why)}"
        yield f"- See its history: {code(trial.look)}"
        yield f"- Undo this: {code(trial.undo)}"


def quality(agents: Sequence[AgentMorning], escape: _Escape, table: _Table) -> Iterator[str]:
    """The promises of quality, where there are any."""
    rows = [
        (
            escape(agent.name),
            escape(q.words),
            _words.percent(q.margin),
            _words.percent(q.local_share),
            f"{_words.count(q.judged)} (here right {q.wins}, cloud right {q.losses})",
        )
        for agent in agents
        if (q := agent.quality)
    ]
    if not rows:
        return
    yield ""
    yield "And is it as good? Where the two differ, people judge which is right."
    yield ""
    yield from table(
        ("Agent", "Standing", "At most worse by", "Shown for", "Judged"), rows, numeric=3
    )


def testing(m: Morning, escape: _Escape) -> Iterator[str]:
    """Probations, the budget of mistakes, and how worn the held-out examples are."""
    for agent in m.agents:
        if agent.probation:
            yield ""
            yield f"- On probation: {escape(agent.probation.words)}"
    if m.budget:
        yield ""
        yield escape(m.budget.words)
    for agent in m.agents:
        held = agent.held_out
        if held:
            looks = _words.plural(held.looks, "look")
            yield f"- {escape(agent.name)}: {held.rows} held out, {looks}; {escape(held.words)}"


def glossary(escape: _Escape) -> Iterator[str]:
    """A line for each word."""
    yield "## Words used here"
    yield ""
    for word, meaning in GLOSSARY:
        yield f"- **{escape(word)}**: {escape(meaning)}"
