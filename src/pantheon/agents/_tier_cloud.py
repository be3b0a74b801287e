"""The `cloud` tier: the configured cloud model. What it answers becomes training data."""

from __future__ import annotations

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._chat import converse
from pantheon.agents._contract import Contract
from pantheon.agents._registry import ModelRegistry
from pantheon.agents._template import TemplateFault, messages_for
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.models import ChatRequest
from pantheon.spec import AgentDef, CloudTier

KIND = "cloud"


class CloudRunner:
    """Asks the cloud; one wrong reply is shown to it again with what is wrong."""

    kind = KIND
    sends_out = True

    def __init__(
        self, tier: CloudTier, agent: AgentDef, *, models: ModelRegistry, contract: Contract
    ) -> None:
        self._tier = tier
        self._agent = agent
        self._models = models
        self._contract = contract

    def unusable(self) -> Abstention | None:
        # The agent asks this too. Here it holds for whoever else gets hold of a runner.
        if self._agent.privacy == "local":
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
        replied = await converse(model, chat, self._contract, tier=KIND, repairs=1)
        if isinstance(replied, Abstention):
            return replied
        accepted = f"{replied.model} answered" + (" after one repair" if replied.repaired else "")
        return TierAnswer(
            replied.output,
            replied.source,
            accepted,
            tokens_in=replied.spent.tokens_in,
            tokens_out=replied.spent.tokens_out,
            cost_usd=replied.spent.cost_usd,
        )

    def _chat_request(self, input: JsonObject, request: Request) -> ChatRequest:
        return ChatRequest(
            messages_for(self._agent, input, template=self._tier.template),
            schema=self._agent.output,
            max_tokens=self._tier.max_tokens,
            timeout=self._models.timeout(self._tier.model),
            idempotency_key=request.idempotency_key,
            input=input,
        )
