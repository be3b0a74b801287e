"""What the `prompt` and `cloud` tiers share: ask a model, count what it took, repair once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._contract import Contract, listed
from pantheon.ids import JsonObject, canonical_json
from pantheon.models import ChatModel, ChatReply, ChatRequest, Message, ModelFailure
from pantheon.store import Source

_SHOWN = 4_000
"""Characters of a wrong reply that are shown to the model again."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took, failed ones included."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def plus(self, reply: ChatReply) -> Spent:
        """This and one more reply."""
        return Spent(
            self.tokens_in + reply.tokens_in,
            self.tokens_out + reply.tokens_out,
            self.cost_usd + reply.cost_usd,
        )


@dataclass(frozen=True, slots=True)
class Replied:
    """An output that satisfies the contract's schema."""

    output: JsonObject
    source: Source
    model: str
    logprob: float | None
    spent: Spent
    repaired: bool


ChatOutcome: TypeAlias = Replied | Abstention


async def converse(
    model: ChatModel, request: ChatRequest, contract: Contract, *, tier: str, repairs: int
) -> ChatOutcome:
    """Ask until the output satisfies the contract, at most 1 + `repairs` times.

    Each repair shows the model its own reply and what is wrong with it.
    """
    spent = Spent()
    problems: list[str] = []
    for attempt in range(1 + repairs):
        try:
            reply = await model.chat(_attempt_key(request, attempt))
        except ModelFailure as failure:
            return _failed(tier, failure, spent)
        spent = spent.plus(reply)
        output = contract.tidy(reply.output)
        problems = contract.output_problems(output)
        if not problems and isinstance(output, dict):
            return Replied(output, reply.source, reply.model, reply.logprob, spent, attempt > 0)
        request = _with_objections(request, reply, problems)
    detail = f"{model.name} did not keep to the contract: {listed(problems)}"
    return _with_spent(Abstention(tier, Reason.INVALID_OUTPUT, detail), spent)


def _attempt_key(request: ChatRequest, attempt: int) -> ChatRequest:
    """A repair is another call: a server that remembers keys must not repeat its first reply."""
    if attempt == 0 or not request.idempotency_key:
        return request
    return replace(request, idempotency_key=f"{request.idempotency_key}-repair{attempt}")


def _with_objections(request: ChatRequest, reply: ChatReply, problems: list[str]) -> ChatRequest:
    said = reply.text or canonical_json(reply.output)
    objection = (
        f"This does not satisfy the contract: {listed(problems)}. "
        "Reply again with one corrected JSON object and nothing else."
    )
    turns = (Message("assistant", said[:_SHOWN]), Message("user", objection))
    return replace(request, messages=(*request.messages, *turns))


def _failed(tier: str, failure: ModelFailure, spent: Spent) -> Abstention:
    billed = replace(spent, cost_usd=spent.cost_usd + failure.cost_usd)
    return _with_spent(Abstention(tier, Reason(failure.reason.value), failure.message), billed)


def _with_spent(abstention: Abstention, spent: Spent) -> Abstention:
    return replace(
        abstention,
        tokens_in=spent.tokens_in,
        tokens_out=spent.tokens_out,
        cost_usd=spent.cost_usd,
    )
