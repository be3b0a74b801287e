"""The `cloud` tier: the configured cloud model. What it answers becomes training data."""

from __future__ import annotations

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._chat import consult
from pantheon.agents._registry import ModelRegistry
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, CloudTier

KIND = "cloud"


class CloudRunner:
    """Asks the cloud, unless the agent is private or the model out of reach."""

    kind = KIND
    sends_out = True

    def __init__(self, tier: CloudTier, agent: AgentDef, models: ModelRegistry) -> None:
        self._tier = tier
        self._agent = agent
        self._models = models

    def unusable(self) -> Abstention | None:
        # The agent asks this too; here it holds for whoever else gets hold of a runner.
        if self._agent.privacy == "local":
            detail = f"Agent {self._agent.name!r} is marked `privacy: local`; nothing is sent out."
            return abstain(KIND, Reason.PRIVACY, detail)
        problem = self._models.problem(self._tier.model)
        return None if problem is None else abstain(KIND, problem.reason, problem.detail)

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        barred = self.unusable()
        if barred is not None:
            return barred
        replied = await consult(self._tier, self._agent, self._models, input=input, request=request)
        if isinstance(replied, Abstention):
            return replied
        reply = replied.reply
        again = "" if reply.attempts == 1 else f" after {reply.attempts} calls"
        return TierAnswer(
            replied.output,
            reply.source,
            f"{reply.model} answered{again}",
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost_usd=reply.cost_usd,
        )
