"""The `prompt` tier: a template on a model, the output constrained by the contract's schema.

Its confidence is exp(mean log-probability of the answer's tokens), a ranking and no certificate:
no evidence covers a prompt yet, so an agent that makes a promise asks the cloud instead wherever a
cloud is configured (the agent sees to that; the reason is `uncertified`).
"""

from __future__ import annotations

import math

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._chat import Replied, converse
from pantheon.agents._contract import Contract
from pantheon.agents._registry import ModelRegistry
from pantheon.agents._template import TemplateFault, messages_for
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.models import ChatRequest
from pantheon.spec import AgentDef, PromptTier

KIND = "prompt"


class PromptRunner:
    """Asks one model, local or remote, once."""

    kind = KIND

    def __init__(
        self, tier: PromptTier, agent: AgentDef, *, models: ModelRegistry, contract: Contract
    ) -> None:
        self._tier = tier
        self._agent = agent
        self._models = models
        self._contract = contract

    @property
    def sends_out(self) -> bool:
        return self._models.remote(self._tier.model)

    def unusable(self) -> Abstention | None:
        if self.sends_out and self._agent.privacy == "local":
            detail = f"Agent {self._agent.name!r} is marked `privacy: local`; nothing is sent out."
            return abstain(KIND, Reason.PRIVACY, detail)
        problem = self._models.problem(self._tier.model)
        return None if problem is None else abstain(KIND, problem.reason, problem.detail)

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        barred = self.unusable()
        if barred is not None:
            return barred
        try:
            chat = self._chat_request(input, request)
        except TemplateFault as fault:
            return abstain(KIND, Reason.NOT_CONFIGURED, str(fault))
        model = await self._models.get(self._tier.model)
        replied = await converse(model, chat, self._contract, tier=KIND, repairs=0)
        return replied if isinstance(replied, Abstention) else self._weigh(replied)

    def _chat_request(self, input: JsonObject, request: Request) -> ChatRequest:
        return ChatRequest(
            messages_for(self._agent, input, template=self._tier.template),
            schema=self._agent.output,
            max_tokens=self._tier.max_tokens,
            timeout=self._models.timeout(self._tier.model),
            idempotency_key=request.idempotency_key,
            input=input,
        )

    def _weigh(self, replied: Replied) -> TierOutcome:
        confidence = None if replied.logprob is None else math.exp(min(replied.logprob, 0.0))
        least, spent = self._tier.min_confidence, replied.spent
        if least > 0 and (confidence is None or confidence < least):
            said = "is not told by the engine" if confidence is None else f"{confidence:.3f}"
            detail = f"Confidence {said}; at least {least:g} is wanted."
            return Abstention(
                KIND,
                Reason.LOW_CONFIDENCE,
                detail,
                cost_usd=spent.cost_usd,
                tokens_in=spent.tokens_in,
                tokens_out=spent.tokens_out,
                confidence=confidence,
            )
        return TierAnswer(
            replied.output,
            replied.source,
            f"{replied.model} answered within the schema",
            confidence=confidence,
            tokens_in=spent.tokens_in,
            tokens_out=spent.tokens_out,
            cost_usd=spent.cost_usd,
        )
