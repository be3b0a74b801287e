"""What only a person can decide: broken promises, proposals, judgements, ideas, questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pantheon.report._clean import EXCERPT, MESSAGE, NAME, TITLE, clean, describe
from pantheon.report._ideas import suggestion_commands, suggestion_title, suggestion_words
from pantheon.report._model import AgentMorning, Command, Need
from pantheon.report._past import Past
from pantheon.report._reasons import typed
from pantheon.report._words import plural

if TYPE_CHECKING:
    from pantheon.store import InboxItem, Suggestion, Version

_FIELDS = 4
"""Most fields spelled out in the command that answers a question."""


def find_needs(past: Past, agents: tuple[AgentMorning, ...]) -> list[Need]:
    """Broken promises first, then proposals, judgements, suggestions and questions, each the
    oldest first.
    """
    proposed = [version for version in past.versions.values() if version.state == "proposed"]
    return [
        *(need for agent in agents if (need := _promise_need(past, agent))),
        *(_proposal_need(version) for version in sorted(proposed, key=lambda v: v.created)),
        *(_judgement_need(past, agent) for agent in agents if _unlocks(agent)),
        *(_idea_need(idea) for idea in past.store.suggestions.list(state="open")),
        *(_question_need(item) for item in past.store.inbox.list(state="open")),
    ]


def _promise_need(past: Past, agent: AgentMorning) -> Need | None:
    """A specialist that stepped back, or one whose audits are bad enough that it should."""
    status = agent.promise.status
    if status not in ("broken", "stepped_back", "precaution"):
        return None
    back = status != "broken"
    at = (past.store.monitors.get(agent.name) or {}).get("stepped_back_at")
    return Need(
        kind="promise" if status == "broken" else status,
        title=f"{agent.name} {'has stepped back' if back else 'breaks its promise'}",
        detail=agent.promise.words,
        agent=agent.name,
        asked=float(at) if back and isinstance(at, (int, float)) else past.period.until,
        commands=_promise_commands(agent),
    )


def _promise_commands(agent: AgentMorning) -> tuple[Command, ...]:
    return (
        Command("See its versions", typed("pantheon agents history", agent.name)),
        Command("Return to the version before", typed("pantheon agents rollback", agent.name)),
        Command("Let a night train it anew", "pantheon night"),
    )


def _proposal_need(version: Version) -> Need:
    label = f"{version.agent}@{version.number}"
    return Need(
        kind="proposal",
        title=clean(f"{label} is ready to answer", TITLE),
        detail=clean(str(version.evidence.get("summary") or "A night trained it."), MESSAGE),
        agent=clean(version.agent, NAME),
        asked=version.created,
        commands=(
            Command("See what changed", typed("pantheon agents diff", label)),
            Command("Deploy it", typed("pantheon agents promote", label)),
        ),
    )


def _unlocks(agent: AgentMorning) -> bool:
    """Whether judging would move anything: people are not asked for what changes nothing."""
    quality = agent.quality
    return quality is not None and quality.pending > 0


def _judgement_need(past: Past, agent: AgentMorning) -> Need:
    quality = agent.quality
    pending = quality.pending if quality else 0
    return Need(
        kind="judgements",
        title=f"{agent.name}: which of two answers is right? ({plural(pending, 'difference')})",
        detail=quality.words if quality else "",
        agent=agent.name,
        asked=past.period.until,
        commands=(
            Command("See what is asked", typed("pantheon teach", agent.name) + " --list"),
            Command("Judge, the most telling first", typed("pantheon teach", agent.name)),
        ),
    )


def _idea_need(idea: Suggestion) -> Need:
    return Need(
        kind="idea",
        title=clean(suggestion_title(idea), TITLE),
        detail=clean(suggestion_words(idea), MESSAGE),
        agent=clean(idea.subject, NAME),
        asked=idea.at,
        commands=suggestion_commands(idea),
    )


def _question_need(item: InboxItem) -> Need:
    known = describe(item.input, EXCERPT)
    return Need(
        kind="question",
        title=clean(item.question, EXCERPT),
        detail=f"Known: {known}" if known else "",
        agent=clean(item.agent, NAME),
        asked=item.asked,
        commands=(
            Command("Read it in full", typed("pantheon inbox show", item.id)),
            Command("Answer", typed("pantheon inbox answer", item.id) + _answer_fields(item)),
        ),
        run=item.run,
    )


def _answer_fields(item: InboxItem) -> str:
    """` team=… reply=…`: what the answer's schema asks for."""
    properties = item.schema.get("properties")
    names = list(cast("dict[str, object]", properties)) if isinstance(properties, dict) else []
    if not names or len(names) > _FIELDS:
        return " FIELD=VALUE"
    return " " + " ".join(typed("", name).strip() + "=VALUE" for name in names)
