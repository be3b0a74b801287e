"""Agents that judge whether two outputs of another agent are the same: their contract.

A judge is given what was asked (`input`, or `question`) and the two outputs (`left`, `right`), each
as an object or, where it reads text, as text; it gives `same: boolean`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import JsonObject
from pantheon.spec._compatibility import (
    find_mismatch,
    is_only,
    kinds_of,
    properties_of,
    property_of,
    required_of,
)
from pantheon.spec._model import AgentDef, CloudTier, ModelDef, PromptTier
from pantheon.spec._source import Entry, Findings, Table, did_you_mean
from pantheon.spec._validate import render_text

VERDICT = "same"
"""The field of a judge's output that says whether the two are the same."""
_SIDES = ("left", "right")
_ASKED = ("input", "question")


def check_judges(
    entries: Mapping[str, Entry],
    agents: Mapping[str, AgentDef | None],
    models: Mapping[str, ModelDef],
    findings: Findings,
) -> None:
    """Record judges that are not there, may not know what they would, or cannot judge."""
    for name, agent in agents.items():
        section = entries[name].value
        written = section.get("same") if isinstance(section, Table) else None
        if agent is None or agent.same.kind != "judge" or written is None:
            continue
        if agent.same.judge not in agents:
            message = f"There is no agent `{agent.same.judge}` to judge."
            fix = did_you_mean(agent.same.judge, [other for other in agents if other != name])
            findings.error("unknown-agent", written.place, message, fix)
            continue
        judge = agents[agent.same.judge]
        problem = judge and _problem_of(agent, judge, models)  # a wrong judge has been told
        if problem is not None:
            findings.error("bad-judge", written.place, *problem)


def _problem_of(
    agent: AgentDef, judge: AgentDef, models: Mapping[str, ModelDef]
) -> tuple[str, str] | None:
    """Message and fix of the first thing that is wrong with an agent's judge."""
    if judge.same.kind == "judge":
        message = f"The judge `{judge.name}` would itself need a judge."
        return message, f"give `{judge.name}` another `same`, such as `exact`"
    if agent.privacy == "local" and _sends_out(judge, models):
        message = f"`{agent.name}` is `privacy: local`, but its judge `{judge.name}` may ask an"
        return f"{message} endpoint.", f"let `{judge.name}` answer on this machine only"
    problem = _contract_problem(agent, judge)
    if problem is None:
        return None
    return f"`{judge.name}` cannot judge the answers of `{agent.name}`: {problem[0]}.", problem[1]


def _sends_out(judge: AgentDef, models: Mapping[str, ModelDef]) -> bool:
    prompts = (t.model for t in judge.tiers if isinstance(t, PromptTier) and t.model is not None)
    remote = any(models[model].remote for model in prompts if model in models)
    return remote or any(isinstance(tier, CloudTier) for tier in judge.tiers)


def _contract_problem(agent: AgentDef, judge: AgentDef) -> tuple[str, str] | None:
    """Why a judge cannot be asked about an agent's outputs, and the fix."""
    whole = f"give `{judge.name}` the input `{{input: object, left: object, right: object}}`"
    known = [name for name in (*_ASKED, *_SIDES) if property_of(judge.input, name) is not None]
    for name in _SIDES:
        if name not in known:
            return f"its input has no field `{name}`", whole
    if not set(known) & set(_ASKED):
        return "its input has no field `input` for what was asked", whole
    extra = sorted(required_of(judge.input) - set(known))
    if extra:
        return f"it needs `{extra[0]}`, which nobody gives it", f"make `{extra[0]}` optional"
    for name in known:
        given = agent.output if name in _SIDES else agent.input
        reason = _port_problem(given, property_of(judge.input, name) or {})
        if reason is not None:
            return f"its `{name}` does not fit, {reason}", f"make `{name}` an `object`"
    verdict = properties_of(judge.output).get(VERDICT)
    if verdict is None or not is_only(verdict, "boolean"):
        reason = f"its output has no field `{VERDICT}` that is true or false"
        return reason, f"give `{judge.name}` the output `{{{VERDICT}: boolean}}`"
    return None


def _port_problem(given: JsonObject, port: JsonObject) -> str | None:
    return None if "string" in kinds_of(port) else find_mismatch(given, port)


def judge_question(
    judge: AgentDef, agent: AgentDef, *, input: JsonObject, left: JsonObject, right: JsonObject
) -> JsonObject:
    """What a judge is given about two outputs of an agent, as its contract wants it."""
    values = {"input": input, "question": input, "left": left, "right": right}
    question: JsonObject = {}
    for name, value in values.items():
        port = property_of(judge.input, name)
        if port is not None:
            schema = agent.output if name in _SIDES else agent.input
            objects = "object" in kinds_of(port)
            question[name] = value if objects else render_text(schema, value)
    return question
