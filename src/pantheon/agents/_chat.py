"""What the `prompt` and `cloud` tiers share: the request to a model, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._registry import ModelRegistry
from pantheon.agents._skills import NONE_CHOSEN, choose_skills
from pantheon.agents._template import TemplateFault, messages_for
from pantheon.agents._tier import Request, abstain
from pantheon.errors import PantheonError
from pantheon.ids import JsonObject
from pantheon.models import ChatReply, ChatRequest, ModelFailure
from pantheon.spec import AgentDef, CloudTier, PromptTier, omit_absent


@dataclass(frozen=True, slots=True)
class Replied:
    """A model's reply and the output object in it."""

    output: JsonObject
    reply: ChatReply


ChatOutcome: TypeAlias = Replied | Abstention


async def consult(
    tier: PromptTier | CloudTier,
    agent: AgentDef,
    models: ModelRegistry,
    *,
    input: JsonObject,
    request: Request,
) -> ChatOutcome:
    """Ask the tier's model. Every way in which it can fail is an abstention with what it cost.

    The engine constrains or checks the answer against the contract's schema, and tells a remote
    model once what was wrong with its answer.
    """
    try:
        model = await models.get(tier.model)
    except PantheonError as error:
        return abstain(tier.kind, Reason.NOT_CONFIGURED, f"{error.message} {error.hint}")
    patience = _patience(models.timeout(tier.model), request.seconds)
    chosen = NONE_CHOSEN
    if agent.skills and tier.template is None:
        chosen = await choose_skills(agent, input, model, timeout=patience, request=request)
    try:
        messages = messages_for(agent, input, template=tier.template, skills=chosen.skills)
    except TemplateFault as fault:
        return abstain(tier.kind, Reason.NOT_CONFIGURED, str(fault))
    asked = ChatRequest(
        messages,
        schema=agent.output,
        max_tokens=tier.max_tokens,
        timeout=patience,
        idempotency_key=request.idempotency_key,
        input=input,
        on_token=request.on_token,
    )
    try:
        reply = await model.chat(asked)
    except ModelFailure as failure:
        reason = Reason(failure.reason.value)
        cost = failure.cost_usd + chosen.cost_usd
        return Abstention(tier.kind, reason, failure.message, cost_usd=cost)
    return _read(tier.kind, agent, chosen.added_to(reply))


def _patience(own: float, left: float | None) -> float:
    """Seconds for a request: no longer than who asks will wait."""
    return own if left is None else max(0.001, min(own, left))


def _read(kind: str, agent: AgentDef, reply: ChatReply) -> ChatOutcome:
    if not isinstance(reply.output, dict):
        detail = f"{reply.model} gave no object but {reply.text[:80]!r}."
        return with_reply(abstain(kind, Reason.INVALID_OUTPUT, detail), reply)
    # Endpoints with strict schemas make every field required: an absent one comes as null.
    return Replied(omit_absent(agent.output, reply.output), reply)


def with_reply(abstention: Abstention, reply: ChatReply) -> Abstention:
    """The abstention with what the reply cost."""
    return Abstention(
        abstention.tier,
        abstention.reason,
        abstention.detail,
        cost_usd=reply.cost_usd,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        confidence=abstention.confidence,
    )
