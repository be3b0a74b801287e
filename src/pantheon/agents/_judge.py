"""Whether two outputs are the same to an agent's contract, where another agent may have to say so.

What the cheap test finds equal needs no question. The judge is shown the two in an order drawn for
the answer, so that a liking for one side favours neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from pantheon.agents._answer import Answer, Outcome, Reason, Waiting
from pantheon.agents._context import AgentContext
from pantheon.agents._tier import JUDGE, Request
from pantheon.errors import NotFound
from pantheon.ids import JsonObject
from pantheon.spec import VERDICT, AgentDef, judge_question, same_output


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two outputs are the same, and the answer of the judge that was asked, if one was."""

    same: bool
    judge: str | None = None


@dataclass(frozen=True, slots=True)
class NoVerdict:
    """The judge said nothing that could be written down."""

    detail: str
    reason: Reason = Reason.UNJUDGED


async def compare(
    agent: AgentDef,
    context: AgentContext,
    *,
    input: JsonObject,
    outputs: tuple[JsonObject, JsonObject],
    key: str,
) -> Verdict | NoVerdict:
    """Whether two outputs for one input are the same to the agent's contract.

    `key` names the comparison: the order that it is shown in and the repeated question hang on it.
    """
    if same_output(agent.same, *outputs):
        return Verdict(same=True)
    if agent.same.kind != "judge":
        return Verdict(same=False)
    return await _ask(agent, context, input, outputs, key)


async def _ask(
    agent: AgentDef,
    context: AgentContext,
    input: JsonObject,
    outputs: tuple[JsonObject, JsonObject],
    key: str,
) -> Verdict | NoVerdict:
    name = agent.same.judge
    if context.find_agent is None:
        return NoVerdict(f"The judge {name!r} cannot be asked from here.")
    try:
        judge = context.find_agent(name)
    except NotFound:
        return NoVerdict(f"There is no agent {name!r} to judge any longer.")
    left, right = outputs if context.draw("judge", key) < 0.5 else outputs[::-1]
    question = judge_question(judge.definition, agent, input=input, left=left, right=right)
    said = await judge.answer(question, Request(key=f"judge-{key}", role=JUDGE))
    return _read(name, said)


def _read(name: str, said: Outcome) -> Verdict | NoVerdict:
    if isinstance(said, Waiting):
        return NoVerdict(f"The judge {name!r} waits for question {said.inbox}.")
    if not isinstance(said, Answer):
        return NoVerdict(f"The judge {name!r} gave no answer. {said.message}")
    verdict = said.output.get(VERDICT)
    if not isinstance(verdict, bool):
        return NoVerdict(f"The judge {name!r} did not say whether they are the same.")
    return Verdict(verdict, said.id or None)
