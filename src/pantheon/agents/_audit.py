"""Audits: a random share of local answers is also asked of the cloud.

The draw depends on the seed and the answer's id alone, never on the input, so audited answers are
a fair sample of the local ones. An audit is owed in the store, in the same transaction as the
answer, before the cloud is asked: nothing is lost when the program dies in between. What the cloud
says is compared by the agent's own `same`; where another agent judges and cannot say, the audit stays
owed.
"""

from __future__ import annotations

from dataclasses import dataclass

from pantheon.agents._answer import Abstention, Reason, Waiting
from pantheon.agents._context import AgentContext
from pantheon.agents._contract import Contract
from pantheon.agents._judge import NoVerdict, Verdict, compare
from pantheon.agents._tier import Request, TierAnswer, TierRunner
from pantheon.spec import AgentDef, Promise
from pantheon.store import AnswerRow, Audit

_PERMANENT = frozenset(
    {Reason.INVALID_OUTPUT, Reason.BAD_REPLY, Reason.REFUSED, Reason.CONTEXT_OVERFLOW}
)
"""Asking the same again would not help: the audit is closed and says nothing about agreement."""


@dataclass(frozen=True, slots=True)
class StillOwed:
    """An audit that could not be settled, and why."""

    answer: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of the audits that were due."""

    settled: tuple[Audit, ...]
    owed: tuple[StillOwed, ...]


class Auditor:
    """Draws and settles the audits of one agent."""

    def __init__(self, agent: AgentDef, context: AgentContext, contract: Contract) -> None:
        self._agent = agent
        self._context = context
        self._contract = contract
        self.share = (agent.promise or Promise()).audit
        self._being_settled: set[str] = set()
        self._lost_usd: dict[str, float] = {}
        """What failed attempts at an audit have cost; booked when it is settled."""
        self._unjudged: dict[str, TierAnswer] = {}
        """What the cloud has said where the judge has not: nobody pays for it twice."""

    def draws(self, answer_id: str) -> bool:
        """Whether this answer is one of the audited share."""
        return self._context.draw("audit", answer_id) < self.share

    async def settle(self, answer_id: str, cloud: TierRunner) -> Audit | StillOwed:
        """Ask the cloud what it would have said, and write it down; once, however often called."""
        settled = self._context.store.audits.get(answer_id)
        if settled is not None:
            return settled
        row = self._context.store.answers.get(answer_id)
        barred = self._barred(answer_id, cloud)
        if barred is not None:
            return barred
        self._being_settled.add(answer_id)
        try:
            said = self._unjudged.get(answer_id)
            if said is not None:
                return await self._compare(row, said)
            request = Request(key=f"audit-{answer_id}", only="cloud")
            outcome = await cloud.ask(row.input, request)
            return await self._close(row, outcome)
        finally:
            self._being_settled.discard(answer_id)

    def _barred(self, answer_id: str, cloud: TierRunner) -> StillOwed | None:
        if self._agent.privacy == "local":
            detail = "The agent is marked `privacy: local` now; nothing is sent out."
            return StillOwed(answer_id, Reason.PRIVACY, detail)
        if answer_id in self._being_settled:
            return StillOwed(answer_id, Reason.UNAVAILABLE, "It is being settled already.")
        unusable = cloud.unusable()
        return unusable and StillOwed(answer_id, unusable.reason, unusable.detail)

    async def _close(
        self, row: AnswerRow, outcome: TierAnswer | Abstention | Waiting
    ) -> Audit | StillOwed:
        if isinstance(outcome, Waiting):
            return StillOwed(row.id, Reason.UNAVAILABLE, "A person was asked instead.")
        if isinstance(outcome, TierAnswer):
            rejection = await self._contract.rejection(row.input, outcome.output)
            if rejection is None:
                return await self._compare(row, outcome)
            return self._write(row, self._void(row, outcome))
        if outcome.reason in _PERMANENT:
            return self._write(row, self._void(row, outcome))
        self._lost_usd[row.id] = self._lost_usd.get(row.id, 0.0) + outcome.cost_usd
        return StillOwed(row.id, outcome.reason, outcome.detail)

    async def _compare(self, row: AnswerRow, outcome: TierAnswer) -> Audit | StillOwed:
        outputs = (row.output or {}, outcome.output)
        verdict = await compare(
            self._agent, self._context, input=row.input, outputs=outputs, key=row.id
        )
        if isinstance(verdict, NoVerdict):
            self._unjudged[row.id] = outcome
            return StillOwed(row.id, verdict.reason, verdict.detail)
        self._unjudged.pop(row.id, None)
        return self._write(row, self._compared(row, outcome, verdict))

    def _compared(self, row: AnswerRow, outcome: TierAnswer, verdict: Verdict) -> Audit:
        return Audit(
            row.id,
            row.agent,
            self._context.clock.now(),
            outcome.output,
            agrees=verdict.same,
            cost_usd=outcome.cost_usd + self._lost_usd.pop(row.id, 0.0),
            tokens_in=outcome.tokens_in,
            tokens_out=outcome.tokens_out,
            source=outcome.source,
            judge=verdict.judge,
        )

    def _void(self, row: AnswerRow, outcome: TierAnswer | Abstention) -> Audit:
        """The cloud gave nothing that counts, but what it cost counts."""
        return Audit(
            row.id,
            row.agent,
            self._context.clock.now(),
            None,
            agrees=None,
            cost_usd=outcome.cost_usd + self._lost_usd.pop(row.id, 0.0),
            tokens_in=outcome.tokens_in,
            tokens_out=outcome.tokens_out,
            source=outcome.source if isinstance(outcome, TierAnswer) else "model",
        )

    def _write(self, row: AnswerRow, audit: Audit) -> Audit:
        store = self._context.store
        with store.transaction():
            store.audits.settle(audit)
            if self._context.on_audit is not None:
                self._context.on_audit(self._agent, row, audit)
        return audit
