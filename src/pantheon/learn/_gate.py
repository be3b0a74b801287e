"""The gate: a candidate is compared with what is deployed, on held-out rows it never saw.

Calibration has already certified the promise on far more rows than are held out; the gate asks
what certification cannot: does unseen evidence contradict it, would users lose local answers, does
a slice that must never break get worse. What else it asks depends on the move:

- `fill`: the slot is empty. The certificate is enough.
- `refresh`: the same rung, trained again. One that is not worse is promoted, because its
  certificate is fresher: keeping whichever once looked best would keep the luckiest. This claims no
  improvement, so it takes nothing from the budget of false discoveries.
- `improve`: a dearer rung, or another at the same cost. It must be shown to be better.
- `replace`: a cheaper rung. It must be shown to be no worse than a margin stated beforehand.

What shows the last two is evidence over fresh requests that grows from night to night (see
`pantheon.learn.gates`); while there is too little, a candidate waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import eq
from typing import TYPE_CHECKING

from pantheon.ids import canonical_json
from pantheon.learn._bounds import upper_bound
from pantheon.learn._intervals import Interval, clopper_pearson
from pantheon.learn._numeric import binomial_cdf
from pantheon.learn._paired import Paired
from pantheon.learn._rows import Promise, Row, Settings, hash_unit
from pantheon.learn._splits import drawn_like_traffic, lowest_audit_rate, rows_in
from pantheon.learn.gates._answers import Answering, Answers, Outcome, Same, ask
from pantheon.learn.gates._ledger import Holdout, usable
from pantheon.learn.gates._moves import Move
from pantheon.learn.gates._slices import find_critical, harmed_labels, harmed_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pantheon.ids import JsonObject
    from pantheon.learn._candidate import Candidate
    from pantheon.learn._rung import RungModel
    from pantheon.learn.gates._challenge import Weighed
    from pantheon.learn.gates._quarantine import Leaks
    from pantheon.store import Look


@dataclass(frozen=True, slots=True)
class Standing:
    """One specialist on the held-out rows that were drawn like the traffic."""

    risk: Interval
    risk_bound: float
    local_share: Interval


@dataclass(frozen=True, slots=True)
class GateResult:
    """The decision and its evidence.

    - reasons: why it was not promoted; empty if it was
    - waiting: nothing speaks against it, but what it must show is not shown yet
    - rows: random held-out rows both were asked; critical_rows: rows of critical slices looked at
    - deployed: None for an empty slot, which leaves everything to the next tier
    - local, wrong: paired counts of rows answered here, and of rows answered here wrongly
    - holdout: how worn the holdout is; None if the ledger was not asked
    """

    promoted: bool
    reasons: tuple[str, ...]
    rows: int
    candidate: Standing
    deployed: Standing | None
    local: Paired
    wrong: Paired
    critical_rows: int = 0
    move: Move = "fill"
    waiting: bool = False
    holdout: Holdout | None = None


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the gate insists on.

    - alpha: significance at which harm counts as shown
    - critical: parts of outputs (JSON) on which not one new wrong local answer is tolerated
    """

    alpha: float = 0.05
    critical: frozenset[str] = field(default_factory=frozenset[str])

    @classmethod
    def for_critical(cls, parts: Iterable[JsonObject]) -> GateRules:
        """The usual rules, with what a contract declares critical."""
        return cls(critical=frozenset(canonical_json(part) for part in parts))


@dataclass(frozen=True, slots=True)
class Sample:
    """What the gate looks at.

    - rows: held-out ones
    - random: places in `rows` of those that were drawn like the traffic and are not worn
    - holdout: what the ledger says; None if it was not asked
    """

    rows: tuple[Row, ...]
    random: tuple[int, ...]
    holdout: Holdout | None = None

    def limited(self, most: int) -> Sample:
        """Critical rows, and at most so many of the random ones, drawn by the hash of their ids."""
        random = sorted(self.random, key=lambda place: hash_unit("gate", self.rows[place].id))[
            :most
        ]
        kept = sorted({*random, *(n for n in range(len(self.rows)) if n not in self.random)})
        places = {place: number for number, place in enumerate(kept)}
        chosen = tuple(places[place] for place in sorted(random))
        return Sample(tuple(self.rows[place] for place in kept), chosen, self.holdout)


def draw_sample(
    rows: Sequence[Row],
    *,
    settings: Settings | None = None,
    seed: int = 0,
    looks: Sequence[Look] | None = None,
) -> Sample:
    """The held-out rows, and which of them are a fair sample of the traffic.

    Args:
        rows: all rows, or the held-out ones.
        settings: the ones the candidate was trained with.
        seed: the one the candidate was trained with.
        looks: the ledger of the agent's holdout; None lets every row be looked at. Critical rows
            are looked at in any case: they are a test that nothing breaks, not an estimate.
    """
    settings = settings or Settings()
    held = rows_in("holdout", rows, holdout_share=settings.holdout_share)
    rate = lowest_audit_rate(held, settings.audit_rate)
    drawn = [row for row in held if drawn_like_traffic(row, audit_rate=rate, seed=seed)]
    state = None
    if looks is not None:
        drawn, state = usable(drawn, looks)
    chosen = {row.id for row in drawn}
    places = tuple(place for place, row in enumerate(held) if row.id in chosen)
    return Sample(tuple(held), places, state)


def gate(
    candidate: Candidate[RungModel],
    deployed: Answering | None,
    rows: Sequence[Row],
    *,
    promise: Promise,
    settings: Settings | None = None,
    rules: GateRules | None = None,
    seed: int = 0,
) -> GateResult:
    """Decide whether `candidate` replaces a specialist of its own rung, or fills an empty slot.

    Args:
        candidate: what the night trained.
        deployed: what answers now; None if nothing does.
        rows: all rows, or the held-out ones; only held-out ones are looked at.
        promise: what must be kept.
        settings: the ones the candidate was trained with.
        rules: how strict to be.
        seed: the one the candidate was trained with.
    """
    sample = draw_sample(rows, settings=settings, seed=seed)
    return gate_answers(
        sample,
        ask(candidate.specialist, sample.rows),
        None if deployed is None else ask(deployed, sample.rows),
        promise=promise,
        rules=rules,
        claim=Claim(candidate.calibration.reasons),
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """What a candidate brings along.

    - certificate: why calibration certified nothing; empty if it did
    - move: what its promotion would be; None: `refresh`, or `fill` for an empty slot
    - weighed: the evidence of past nights, for `improve` and `replace`
    - leaks: what the check for near-duplicates found
    """

    certificate: tuple[str, ...] = ()
    move: Move | None = None
    weighed: Weighed | None = None
    leaks: Leaks | None = None


def gate_answers(
    sample: Sample,
    candidate: Answers,
    deployed: Answers | None,
    *,
    promise: Promise,
    rules: GateRules | None = None,
    same: Same = eq,
    claim: Claim = Claim(),
) -> GateResult:
    """The gate as a function of what was answered: the same for a table and for a language model.

    Args:
        sample: what was asked.
        candidate: what the candidate said of all rows of the sample.
        deployed: what is deployed said of them; None for an empty slot.
        promise: what must be kept.
        rules: how strict to be.
        same: the contract's equality.
        claim: certificate, evidence, and what the promotion would be.
    """
    rules = rules or GateRules()
    case = _Case(sample, candidate, deployed, rules, same)
    harm = (
        *claim.certificate,
        *(claim.leaks.reasons if claim.leaks else ()),
        *_contradiction(case.ours, promise, rules),
        *_loss(case.local, case.wrong, rules=rules),
        *case.harmed(),
    )
    kind: Move = claim.move or ("fill" if deployed is None else "refresh")
    shown = () if kind in {"fill", "refresh"} else _unshown(kind, claim.weighed)
    result = case.result(promise, promoted=not harm and not shown)
    return replace(result, reasons=harm + shown, waiting=bool(shown) and not harm, move=kind)


class _Case:
    """A candidate beside what is deployed."""

    def __init__(
        self,
        sample: Sample,
        candidate: Answers,
        deployed: Answers | None,
        rules: GateRules,
        same: Same,
    ) -> None:
        self._sample, self._rules, self._empty = sample, rules, deployed is None
        self._said = (candidate, deployed or Answers.nothing(len(sample.rows)))
        judged = [answers.judge(sample.rows, same) for answers in self._said]
        self._all = judged
        self.ours, self.theirs = (_pick(outcome, sample.random) for outcome in judged)
        self.local = Paired.count(self.ours.local, self.theirs.local)
        self.wrong = Paired.count(self.ours.wrong, self.theirs.wrong)
        self._critical = find_critical(sample.rows, self._said, rules.critical)

    def harmed(self) -> tuple[str, ...]:
        """What must not get worse and does. An empty slot is never wrong: that no label is
        answered wrongly more often than by it cannot be asked, only that no critical one is.
        """
        parts = harmed_parts(self._critical, *self._all)
        critical = tuple(f"A critical answer got worse: {part}" for part in parts)
        if self._empty:
            return critical
        random = [self._sample.rows[place] for place in self._sample.random]
        labels = harmed_labels(random, self.ours, self.theirs, alpha=self._rules.alpha)
        return critical + tuple(
            f"Answers got worse where {label} is right: {paired.candidate_only} held-out examples "
            f"are new errors, {paired.deployed_only} are errors no longer (p = {p:.4f})."
            for label, paired, p in labels
        )

    def result(self, promise: Promise, *, promoted: bool) -> GateResult:
        """The figures."""
        return GateResult(
            promoted=promoted,
            reasons=(),
            rows=len(self._sample.random),
            candidate=_stand(self.ours, promise),
            deployed=None if self._empty else _stand(self.theirs, promise),
            local=self.local,
            wrong=self.wrong,
            critical_rows=len({place for where in self._critical.values() for place in where}),
            holdout=self._sample.holdout,
        )


def _pick(outcome: Outcome, places: Sequence[int]) -> Outcome:
    return Outcome(outcome.local[list(places)], outcome.wrong[list(places)])


def _stand(outcome: Outcome, promise: Promise) -> Standing:
    total, wrong = len(outcome.local), int(outcome.wrong.sum())
    return Standing(
        clopper_pearson(wrong, total, promise.confidence),
        upper_bound(wrong, total, promise.delta),
        clopper_pearson(int(outcome.local.sum()), total, promise.confidence),
    )


def _contradiction(ours: Outcome, promise: Promise, rules: GateRules) -> tuple[str, ...]:
    total, wrong = len(ours.wrong), int(ours.wrong.sum())
    if wrong == 0 or 1 - binomial_cdf(wrong - 1, total, promise.disagreement) > rules.alpha:
        return ()
    reason = (
        f"Held-out examples contradict the promise: {wrong} of {total} would be answered here "
        f"unlike the teacher ({promise.disagreement:.1%} promised)."
    )
    return (reason,)


def _loss(local: Paired, wrong: Paired, *, rules: GateRules) -> tuple[str, ...]:
    """Fewer local answers are a loss, unless they buy fewer wrong ones."""
    if local.p_fewer > rules.alpha or wrong.p_fewer <= rules.alpha:
        return ()
    reason = (
        f"It would answer fewer requests here: {local.deployed_only} held-out examples only the "
        f"deployed one answers, {local.candidate_only} only the candidate (p = {local.p_fewer:.3f})."
    )
    return (reason,)


def _unshown(move: Move, weighed: Weighed | None) -> tuple[str, ...]:
    """What the evidence of the nights does not show yet."""
    if weighed is not None:
        return () if weighed.shown else (weighed.reason,)
    wanted = "be better than" if move == "improve" else "be no worse than"
    return (f"It has still to show on fresh requests that it may {wanted} what is deployed.",)
