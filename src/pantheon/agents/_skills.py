"""Which skills a request needs: names and descriptions are shown first, instructions on demand.

An agent with one skill always works by it. One with several asks its model first, by a question
whose answer can only be names from the list; where that cannot be had, all instructions are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pantheon.agents._template import show_input
from pantheon.agents._tier import Request
from pantheon.ids import Json, JsonObject
from pantheon.models import ChatModel, ChatReply, ChatRequest, Message, ModelFailure
from pantheon.spec import AgentDef, Skill, list_skills

_QUESTION = (
    "{listed}\n\nYou are asked: {task}\nWhich of these skills does the request below need? Reply "
    'with one JSON object with "skills", a list of their names; it may be empty.'
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The skills whose instructions are shown, and what it took to choose them."""

    skills: tuple[Skill, ...] = ()
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0

    def added_to(self, reply: ChatReply) -> ChatReply:
        """The reply with what choosing has cost."""
        if not (self.cost_usd or self.tokens_in or self.tokens_out):
            return reply
        return replace(
            reply,
            cost_usd=reply.cost_usd + self.cost_usd,
            tokens_in=reply.tokens_in + self.tokens_in,
            tokens_out=reply.tokens_out + self.tokens_out,
        )


NONE_CHOSEN = Chosen()
"""For who has no skills, or a template that shows them itself."""


async def choose_skills(
    agent: AgentDef, input: JsonObject, model: ChatModel, *, timeout: float, request: Request
) -> Chosen:
    """The only skill, or those of several that the model says the request needs."""
    if len(agent.skills) == 1:
        return Chosen(agent.skills)
    try:
        reply = await model.chat(_ask(agent, input, timeout=timeout, request=request))
    except ModelFailure as failure:
        return Chosen(agent.skills, cost_usd=failure.cost_usd)
    named = reply.output.get("skills") if isinstance(reply.output, dict) else None
    wanted = agent.skills
    if isinstance(named, list):
        wanted = tuple(skill for skill in agent.skills if skill.name in named)
    return Chosen(wanted, reply.cost_usd, reply.tokens_in, reply.tokens_out)


def _ask(agent: AgentDef, input: JsonObject, *, timeout: float, request: Request) -> ChatRequest:
    task = agent.description or f"the work of `{agent.name}`."
    question = _QUESTION.format(listed=list_skills(agent.skills), task=task)
    key = request.idempotency_key
    return ChatRequest(
        (Message("system", question), Message("user", show_input(input))),
        schema=_answer_schema(agent.skills),
        max_tokens=32 * (1 + len(agent.skills)),
        timeout=timeout,
        idempotency_key=f"{key}:skills" if key else "",
        input={"skills_for": input},
    )


def _answer_schema(skills: Sequence[Skill]) -> JsonObject:
    names: list[Json] = [skill.name for skill in skills]
    listed: JsonObject = {"type": "array", "items": {"enum": names}, "maxItems": len(names)}
    return {
        "type": "object",
        "properties": {"skills": listed},
        "required": ["skills"],
        "additionalProperties": False,
    }
