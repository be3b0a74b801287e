"""The `prompt` tier: a template on a model, the output constrained by the contract's schema.

Its confidence is exp(mean log-probability of the answer's tokens), a ranking and no certificate:
no evidence covers a prompt yet, so an agent that makes a promise asks the cloud instead wherever a
cloud is configured (the agent sees to that; the reason is `uncertified`).
"""

from __future__ import annotations

import math

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._chat import Replied, consult, with_reply
from pantheon.agents._registry import ModelRegistry
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, PromptTier

KIND = "prompt"


class PromptRunner:
    """Asks one model, local or remote."""

    kind = KIND

    def __init__(self, tier: PromptTier, agent: AgentDef, models: ModelRegistry) -> None:
        self._tier = tier
        self._agent = agent
        self._models = models

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
        replied = await consult(self._tier, self._agent, self._models, input=input, request=request)
        return replied if isinstance(replied, Abstention) else self._weigh(replied)

    def _weigh(self, replied: Replied) -> TierOutcome:
        reply, least = replied.reply, self._tier.min_confidence
        confidence = None if reply.logprob is None else math.exp(min(reply.logprob, 0.0))
        if least > 0 and (confidence is None or confidence < least):
            said = "is not told by the engine" if confidence is None else f"{confidence:.3f}"
            detail = f"Confidence {said}; at least {least:g} is wanted."
            abstention = abstain(KIND, Reason.LOW_CONFIDENCE, detail, confidence=confidence)
            return with_reply(abstention, reply)
        return TierAnswer(
            replied.output,
            reply.source,
            f"{reply.model} answered within the schema",
            confidence=confidence,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost_usd=reply.cost_usd,
        )
