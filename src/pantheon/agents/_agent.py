"""An agent: the first answer of its tiers that passes the acceptance test, and the bookkeeping."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from pantheon.agents._admission import Slot
from pantheon.agents._answer import Abstention, Answer, Failure, Outcome, Reason, Waiting
from pantheon.agents._audit import Auditor, Settlement, StillOwed
from pantheon.agents._cache import ResultCache
from pantheon.agents._context import AgentContext
from pantheon.agents._contract import Contract, listed
from pantheon.agents._inquiry import (
    Inquiry,
    Standing,
    answered_row,
    tried_from_json,
    unanswered_row,
)
from pantheon.agents._plain import PlainPath
from pantheon.agents._tier import AGAIN, Request, TierAnswer, TierOutcome, TierRunner, abstain
from pantheon.agents._tier_human import HumanRunner
from pantheon.agents._tier_specialist import SpecialistRunner, SpecialistSlot
from pantheon.agents._tiers import build_tier
from pantheon.agents._version import Versions
from pantheon.errors import Busy, NotFound, PantheonError, StoreFault
from pantheon.ids import ContentHash, JsonObject
from pantheon.spec import AgentDef
from pantheon.store import AnswerRow

ANY = Request()
_QUESTION_ROW = "aq"
_TRANSIENT = frozenset({Reason.BUDGET})
"""The cloud is configured and only out of reach for now: audits stay owed, promises hold."""


class Agent:
    """Answers requests by one definition. Make one per agent and context, and keep it."""

    def __init__(
        self,
        definition: AgentDef,
        context: AgentContext,
        *,
        then: Sequence[TierRunner] = (),
    ) -> None:
        """`then`: tiers of the program's own, asked after those of the definition."""
        self.definition = definition
        self.context = context
        self._store = context.store
        self._contract = Contract(definition, context.functions)
        self._slot = SpecialistSlot(definition.name, context.store, context.load_specialist)
        made = (
            context.between(
                build_tier(tier, definition, context=context, slot=self._slot), tier, definition
            )
            for tier in definition.tiers
        )
        self._tiers: tuple[TierRunner, ...] = (*made, *then)
        self._auditor = Auditor(definition, context, self._contract)
        self._versions = Versions(definition, context.store)
        self._code_only = definition.code_only
        self._plain = self._plain_path()
        self._cache = ResultCache.of(definition, context)

    @property
    def name(self) -> str:
        """The agent's name in the project."""
        return self.definition.name

    # ------------------------------------------------------------------ answering

    def slot(self, request: Request) -> Slot:
        """The agent's share of what is scarce, to be held while it answers."""
        return self.context.admission.slot(
            self.definition.resources, priority=request.priority, flow=request.flow, agent=self.name
        )

    async def answer(self, input: JsonObject, request: Request = ANY) -> Outcome:
        """Answer one input; never raises for what the input, a tier or a model did.

        Writes one `AnswerRow` for each request (a question to a person: one, completed when the
        answer is there), and owes an audit when the answer is drawn.
        """
        if self._cache is None:
            return await self._ask_anew(input, request)
        version = self._version(input)
        found = self._cache.find(version, input, request)
        if found is not None:
            return self._from_cache(found, input, request)
        outcome = await self._ask_anew(input, request)
        if isinstance(outcome, Answer):
            self._cache.keep(version, input, outcome, request)
        return outcome

    async def _ask_anew(self, input: JsonObject, request: Request) -> Outcome:
        """The short way where it is open, else the long one."""
        said: TierOutcome | Answer | None = None
        if self._plain is not None and _is_the_node_itself(request):
            said = await self._plain.answer(input, request)
            if isinstance(said, Answer):
                return said
        return await self._answer(input, request, said)

    async def _answer(
        self, input: JsonObject, request: Request, given: TierOutcome | None
    ) -> Outcome:
        """`given`: what the first tier has said already."""
        inquiry = self._open(input, request)
        problems = self._contract.input_problems(input)
        if problems:
            return self._refuse(inquiry, listed(problems))
        try:
            return await self._first_accepted(inquiry, given)
        except asyncio.CancelledError:
            why = "cancelled before any tier had answered"
            self._write(inquiry, self._unanswered(inquiry, tier="none", why=why))
            raise

    async def answer_many(
        self, inputs: Sequence[JsonObject], *, concurrency: int = 8
    ) -> list[Outcome]:
        """Answer inputs as `answer` would each, in order; the specialist sees them all at once."""
        self._prepare([i for i in inputs if not self._contract.input_problems(i)])
        slots = asyncio.Semaphore(concurrency)

        async def one(input: JsonObject) -> Outcome:
            async with slots:
                return await self.answer(input)

        try:
            return list(await asyncio.gather(*(one(input) for input in inputs)))
        finally:
            self._prepare([])

    async def _first_accepted(self, inquiry: Inquiry, given: TierOutcome | None) -> Outcome:
        """`given`: what the first tier has said already."""
        for position in self._resumed(inquiry):
            outcome = await self._ask(position, inquiry, given if position == 0 else None)
            if outcome is not None:
                return outcome
        return self._exhausted(inquiry)

    def _plain_path(self) -> PlainPath | None:
        """For agents of code only, without a check of the user's own."""
        if not self.definition.code_only or self.definition.validators or not self._tiers:
            return None
        return PlainPath(self.definition, self._tiers[0], version=self._version, ask=_ask_safely)

    def _version(self, input: JsonObject | None = None) -> ContentHash:
        """The version that would answer an input now; code has one for good."""
        return self._versions.of(None if self._code_only else self._slot.version(input))

    def _from_cache(self, found: Answer, input: JsonObject, request: Request) -> Answer:
        """An answer given before; it leaves a row of its own unless the journal says it all."""
        if self.definition.code_only and _is_the_node_itself(request):
            return found
        inquiry = self._open(input, request)
        row = answered_row(
            inquiry,
            replace(found, id=inquiry.id),
            agent=self.name,
            at=self.context.clock.now(),
            standing=Standing(local=False, propensity=0.0),
        )
        self._write(inquiry, row)
        return replace(found, id=inquiry.id)

    def _prepare(self, inputs: Sequence[JsonObject]) -> None:
        for runner in self._tiers:
            if isinstance(runner, SpecialistRunner):
                runner.prepare(inputs)

    def _open(self, input: JsonObject, request: Request) -> Inquiry:
        specialist = self._slot.version(input)
        return Inquiry(
            self.context.new_answer_id(self.name),
            input,
            request,
            started=self.context.clock.elapsed(),
            specialist=specialist,
            version=self._versions.of(specialist),
            redact=self.context.models.redact,
            tried=[_ASKED_AGAIN] if request.role == AGAIN else [],
        )

    def _resumed(self, inquiry: Inquiry) -> Iterator[int]:
        """The tiers to ask: all that the request allows, or, when a person was asked before, those
        from the question on. A pause is not a re-execution.
        """
        start = 0
        for position, runner in enumerate(self._tiers):
            if isinstance(runner, HumanRunner):
                item = runner.question(inquiry.input, inquiry.request)
                if item is not None:
                    start = position
                    self._continue_row(inquiry, _row_of_question(item.id))
        allowed = (p for p, r in enumerate(self._tiers) if _allowed(r, inquiry.request))
        return (position for position in allowed if position >= start)

    def _continue_row(self, inquiry: Inquiry, id: str) -> None:
        """Go on with the row that was written when the question was put."""
        inquiry.id = id
        try:
            inquiry.tried = tried_from_json(self._store.answers.get(id).tried)
        except NotFound:
            return

    # ------------------------------------------------------------------ one tier

    async def _ask(
        self, position: int, inquiry: Inquiry, given: TierOutcome | None = None
    ) -> Outcome | None:
        """The outcome of the request if this tier decides it, else None: ask the next."""
        runner = self._tiers[position]
        started = self.context.clock.elapsed()
        outcome = given or self._barred(position, inquiry.request)
        outcome = outcome or await _ask_safely(runner, inquiry.input, inquiry.request)
        latency = self.context.clock.elapsed() - started
        if isinstance(outcome, Waiting):
            return self._wait(inquiry, outcome)
        if isinstance(outcome, Abstention):
            inquiry.abstained(outcome, latency=latency)
            return None
        rejection = await self._contract.rejection(inquiry.input, outcome.output)
        if rejection is not None:
            inquiry.reject(runner.kind, outcome, rejection, latency=latency)
            return None
        return self._accept(position, inquiry, outcome)

    def _barred(self, position: int, request: Request) -> Abstention | None:
        """Why this tier may not be asked, whatever it would say."""
        runner, agent = self._tiers[position], self.definition
        if runner.sends_out and agent.privacy == "local":
            detail = f"Agent {agent.name!r} is marked `privacy: local`; nothing is sent out."
            return abstain(runner.kind, Reason.PRIVACY, detail)
        uncertified = runner.kind == "prompt" and agent.promise is not None
        if uncertified and request.only is None and self._cloud_after(position) is not None:
            detail = "The agent promises agreement with the cloud; no evidence covers a prompt yet."
            return abstain(runner.kind, Reason.UNCERTIFIED, detail)
        return runner.unusable()

    def _cloud_after(self, position: int) -> TierRunner | None:
        """A cloud tier further down that is configured and allowed to be asked."""
        for runner in self._tiers[position + 1 :]:
            if runner.kind == "cloud" and self.definition.privacy != "local":
                unusable = runner.unusable()
                if unusable is None or unusable.reason in _TRANSIENT:
                    return runner
        return None

    # ------------------------------------------------------------------ endings

    def _accept(self, position: int, inquiry: Inquiry, given: TierAnswer) -> Outcome:
        kind, clock = self._tiers[position].kind, self.context.clock
        answer = inquiry.answer(kind, given, latency=clock.elapsed() - inquiry.started)
        standing, cloud = self._standing(position, inquiry.request)
        row = answered_row(inquiry, answer, agent=self.name, at=clock.now(), standing=standing)
        audited = cloud is not None and standing.local and self._auditor.draws(inquiry.id)
        self._write(inquiry, row, owe=audited)
        if audited and cloud is not None:
            self.context.in_background(partial(self._auditor.settle, inquiry.id, cloud))
        return answer

    def _standing(self, position: int, request: Request) -> tuple[Standing, TierRunner | None]:
        """Whether the answer is local, and how probable it is that the cloud's becomes known."""
        runner, cloud = self._tiers[position], self._cloud_after(position)
        if runner.kind == "cloud":
            return Standing(local=False, propensity=1.0), None
        if cloud is None or runner.sends_out or runner.kind == "human" or request.only:
            return Standing(local=False, propensity=0.0), None
        return Standing(local=True, propensity=self._auditor.share), cloud

    def _wait(self, inquiry: Inquiry, waiting: Waiting) -> Waiting:
        inquiry.id = _row_of_question(waiting.inbox)
        why = f"waiting for a person to answer question {waiting.inbox}"
        self._write(inquiry, self._unanswered(inquiry, tier="human", why=why))
        return Waiting(waiting.inbox, tuple(inquiry.tried))

    def _refuse(self, inquiry: Inquiry, problem: str) -> Failure:
        message = f"The input of agent {self.name!r} does not satisfy its contract: {problem}"
        self._write(inquiry, self._unanswered(inquiry, tier="none", why=message))
        return Failure(Reason.INVALID_INPUT, message, answer=inquiry.id)

    def _exhausted(self, inquiry: Inquiry) -> Failure:
        said = " ".join(f"{a.tier}: {a.detail}" for a in inquiry.tried)
        message = f"No tier of agent {self.name!r} answered. {said or 'None fits.'}"
        self._write(inquiry, self._unanswered(inquiry, tier="none", why=message))
        return Failure(Reason.EXHAUSTED, message, tuple(inquiry.tried), answer=inquiry.id)

    def _unanswered(self, inquiry: Inquiry, *, tier: str, why: str) -> AnswerRow:
        clock = self.context.clock
        latency = clock.elapsed() - inquiry.started
        return unanswered_row(
            inquiry, agent=self.name, at=clock.now(), tier=tier, why=why, latency=latency
        )

    def _write(self, inquiry: Inquiry, row: AnswerRow, *, owe: bool = False) -> None:
        with self._store.transaction():
            self._put(row)
            if owe:
                self._store.audits.owe(row.id, self.name)
            for feedback in inquiry.feedback(agent=self.name, at=row.at):
                self._store.feedback.add(feedback)

    def _put(self, row: AnswerRow) -> None:
        """Only the row of a question to a person is ever written again."""
        if row.id.startswith(_QUESTION_ROW):
            self._store.answers.replace(row)
        else:
            self._store.answers.add(row)

    # ------------------------------------------------------------------ audits

    async def settle_owed(self, limit: int | None = None) -> Settlement:
        """Settle audits that earlier processes left behind, longest due first."""
        cloud = next((runner for runner in self._tiers if runner.kind == "cloud"), None)
        due = list(islice(self._store.audits.owed(self.name), limit))
        if cloud is None:
            detail = "The agent has no cloud tier any longer."
            return Settlement((), tuple(StillOwed(a, Reason.NOT_CONFIGURED, detail) for a in due))
        works = [partial(self._auditor.settle, answer, cloud) for answer in due]
        results = await asyncio.gather(*map(self.context.limited, works))
        return Settlement(
            tuple(r for r in results if not isinstance(r, StillOwed)),
            tuple(r for r in results if isinstance(r, StillOwed)),
        )


_ASKED_AGAIN = Abstention("night", Reason.AGAIN, "The first answer was in doubt.")


def _is_the_node_itself(request: Request) -> bool:
    """Whether the journal of the run will hold the answer."""
    return request.run is not None and request.only is None and not request.role


def _allowed(runner: TierRunner, request: Request) -> bool:
    """Whether a cross-check that wants one side only may ask this tier."""
    if request.only == "cloud":
        return runner.kind == "cloud"
    if request.only == "local":
        return not runner.sends_out and runner.kind != "human"
    return True


async def _ask_safely(runner: TierRunner, input: JsonObject, request: Request) -> TierOutcome:
    """A defect in one tier is recorded and must not take the other tiers' answers away."""
    try:
        return await runner.ask(input, request)
    except (Busy, StoreFault):
        raise  # what is answered could not be written down either
    except PantheonError as error:
        return abstain(runner.kind, Reason.UNAVAILABLE, f"{error.message} {error.hint}".strip())
    except Exception as error:  # noqa: BLE001
        detail = f"The tier itself failed: {type(error).__name__}: {error}"
        return abstain(runner.kind, Reason.CRASHED, detail)


def _row_of_question(question: str) -> str:
    """The answer's row that belongs to a question: one request, one row, however long it waits."""
    return _QUESTION_ROW + question.removeprefix("q")
