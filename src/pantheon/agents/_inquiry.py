"""One request while its tiers are being asked, and the row it becomes in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from pantheon.agents._answer import Abstention, Answer, Reason
from pantheon.agents._contract import Rejection, size_problem
from pantheon.agents._tier import Request, TierAnswer
from pantheon.ids import ContentHash, JsonObject
from pantheon.store import AnswerRow, Feedback

LONGEST_DETAIL = 2_000
"""Characters kept of what a tier, a validator or a server said."""


@dataclass(slots=True)
class Inquiry:
    """What is known about a request so far."""

    id: str
    """Of the answer's row."""
    input: JsonObject
    request: Request
    started: float
    """By `Clock.elapsed`."""
    specialist: ContentHash | None
    """What fills the slot at this moment."""
    version: ContentHash
    redact: Callable[[str], str]
    """Takes secrets out of a text."""
    tried: list[Abstention] = field(default_factory=list[Abstention])
    rejections: list[tuple[str, Rejection]] = field(default_factory=list[tuple[str, Rejection]])

    def abstained(self, abstention: Abstention, *, latency: float) -> None:
        """Note that a tier gave no answer."""
        detail = self.cleaned(abstention.detail)
        self.tried.append(replace(abstention, detail=detail, latency=latency))

    def cleaned(self, text: str) -> str:
        """What others said, as it may be written: no secret, no novel."""
        safe = self.redact(text)  # first, or half a key could remain
        return safe if len(safe) <= LONGEST_DETAIL else safe[:LONGEST_DETAIL] + "…"

    def reject(self, kind: str, given: TierAnswer, rejection: Rejection, *, latency: float) -> None:
        """Note an answer that did not pass the acceptance test."""
        self.rejections.append((kind, rejection))
        abstention = Abstention(
            kind,
            rejection.reason,
            rejection.detail,
            cost_usd=given.cost_usd,
            tokens_in=given.tokens_in,
            tokens_out=given.tokens_out,
            confidence=given.confidence,
        )
        self.abstained(abstention, latency=latency)

    def feedback(self, *, agent: str, at: float) -> list[Feedback]:
        """Rejected answers as automatic feedback.

        Each is about the tier named first in its note, not about the answer given in the end.
        """
        return [
            Feedback(
                self.id,
                agent,
                at,
                "bad",
                rejection.by,
                note=self.cleaned(f"{kind}: {rejection.detail}"),
            )
            for kind, rejection in self.rejections
        ]

    def answer(self, kind: str, given: TierAnswer, *, latency: float) -> Answer:
        """The accepted answer, with everything the request took, failed tiers included."""
        return Answer(
            self.id,
            given.output,
            kind,
            self.cleaned(given.accepted),
            given.source,
            self.version,
            given.confidence,
            tokens_in=given.tokens_in + sum(a.tokens_in for a in self.tried),
            tokens_out=given.tokens_out + sum(a.tokens_out for a in self.tried),
            cost_usd=given.cost_usd + sum(a.cost_usd for a in self.tried),
            latency=latency,
            tried=tuple(self.tried),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the promise wants to know about an answer."""

    local: bool
    """Given on this machine although the cloud could have been asked."""
    propensity: float
    """With which probability the cloud's answer becomes known."""


def answered_row(
    inquiry: Inquiry, answer: Answer, *, agent: str, at: float, standing: Standing
) -> AnswerRow:
    """The row of a request that a tier answered."""
    request = inquiry.request
    return AnswerRow(
        inquiry.id,
        agent,
        inquiry.version,
        at,
        inquiry.input,
        answer.output,
        answer.tier,
        answer.accepted,
        answer.source,
        confidence=answer.confidence,
        label_propensity=standing.propensity,
        local=standing.local,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_usd=answer.cost_usd,
        latency=answer.latency,
        run=request.run,
        node=request.node,
        index=request.index,
        specialist=inquiry.specialist,
        tried=tried_to_json(inquiry.tried),
        role=request.recorded_role,
    )


def unanswered_row(
    inquiry: Inquiry, *, agent: str, at: float, tier: str, why: str, latency: float
) -> AnswerRow:
    """The row of a request that nobody has answered; `tier` is `none`, or `human` while waiting.

    An input that is no JSON or too big is not kept.
    """
    request = inquiry.request
    return AnswerRow(
        inquiry.id,
        agent,
        inquiry.version,
        at,
        {} if size_problem(inquiry.input) else inquiry.input,
        None,
        tier,
        inquiry.cleaned(why),
        "code",
        tokens_in=sum(a.tokens_in for a in inquiry.tried),
        tokens_out=sum(a.tokens_out for a in inquiry.tried),
        cost_usd=sum(a.cost_usd for a in inquiry.tried),
        latency=latency,
        run=request.run,
        node=request.node,
        index=request.index,
        specialist=inquiry.specialist,
        tried=tried_to_json(inquiry.tried),
        role=request.recorded_role,
    )


def tried_to_json(tried: Sequence[Abstention]) -> tuple[JsonObject, ...]:
    """Abstentions as the row keeps them: `{tier, reason, detail, latency, cost_usd, …}`."""
    return tuple({**asdict(a), "reason": a.reason.value} for a in tried)


def tried_from_json(rows: Sequence[JsonObject]) -> list[Abstention]:
    """The abstentions a row keeps."""
    return [
        Abstention(**cast("dict[str, Any]", {**row, "reason": Reason(cast("str", row["reason"]))}))
        for row in rows
    ]
