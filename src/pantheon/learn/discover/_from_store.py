"""The project's own past as a log: what the cloud answered for agents that have no specialist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.ids import canonical_json
from pantheon.learn.discover._call import Call
from pantheon.learn.discover._log import LONGEST_PROMPT, MOST_CALLS, CallLog
from pantheon.spec import render_text

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.spec import AgentDef, Project
    from pantheon.store import AnswerRow, Store

OTHERWISE = "otherwise"
"""Who answers a prompt that fits no flow, where the router sends the rest to the cloud."""
_TIER = "cloud"


def calls_of_store(store: Store, project: Project, *, since: float | None = None) -> CallLog:
    """Answers of the cloud that no specialist is taught from yet.

    That is what passes through `otherwise: cloud`, and the work of agents whose tiers have no
    specialist. What an agent marked `privacy: local` was asked is not even read.
    """
    found: list[Call] = []
    for name in store.answers.agents():
        agent = project.agents.get(name)
        if not _is_open(name, agent):
            continue
        rows = store.answers.list(name, since=since, limit=MOST_CALLS, traffic=True)
        found += [call for row in rows if (call := _call(row, agent))]
    found.sort(key=lambda call: (call.at or 0.0, call.id))
    return CallLog(tuple(found[-MOST_CALLS:]), cut=len(found) > MOST_CALLS)


def _is_open(name: str, agent: AgentDef | None) -> bool:
    if agent is None:
        return name == OTHERWISE
    return agent.privacy != "local" and all(tier.kind != "specialist" for tier in agent.tiers)


def _call(row: AnswerRow, agent: AgentDef | None) -> Call | None:
    if row.tier != _TIER or row.output is None:
        return None
    asked = _text(row.input, agent)
    if len(asked) > LONGEST_PROMPT or not asked.strip():
        return None
    instruction = agent.description if agent else ""
    turns = (("system", instruction),) if instruction else ()
    return Call(
        id=row.id,
        model=_TIER,
        turns=(*turns, ("user", asked)),
        reply=_reply(row.output),
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        at=row.at,
        usd=row.cost_usd or None,
    )


def _text(value: JsonObject, agent: AgentDef | None) -> str:
    only = next(iter(value.values())) if len(value) == 1 else None
    if isinstance(only, str):
        return only
    return render_text(agent.input if agent else {}, value)


def _reply(output: JsonObject) -> str:
    """The bare text of an answer of one text field, as a log of the wire would show it."""
    only = next(iter(output.values())) if len(output) == 1 else None
    return only if isinstance(only, str) else canonical_json(output)
