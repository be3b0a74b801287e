"""The `rules` tier: the user's own conditions over the input, each with the answer it gives.

The first rule that holds answers; none, and the next tier is asked. Like a specialist's, its answers
are local where a cloud tier follows, and a share of them is audited: so every rule has a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._plain import own_object
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.spec import ExpressionFault, RulesTier
from pantheon.store import AnswerRow, Audit

KIND = "rules"
_ACCEPTED = re.compile(r"rule (\d+) matched\b")


class RulesRunner:
    """Evaluates the rules in order, without a model or a process."""

    kind = KIND
    sends_out = False

    def __init__(self, tier: RulesTier) -> None:
        self._rules = tier.rules

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        scope = {"input": input}
        for number, rule in enumerate(self._rules, 1):
            try:
                holds = rule.when.evaluate(scope) is True
            except ExpressionFault as fault:  # what the rules below mean hangs on this one
                return abstain(KIND, Reason.RAISED, f"Rule {number}: {fault.message}")
            if holds:
                accepted = f"rule {number} matched: {rule.when.source}"
                return TierAnswer(own_object(rule.give), "code", accepted)
        return abstain(KIND, Reason.DECLINED, f"None of the {len(self._rules)} rules holds.")


def rule_of(row: AnswerRow) -> int | None:
    """Which rule gave an answer, counted from 1; None where none did."""
    found = _ACCEPTED.match(row.accepted) if row.tier == KIND else None
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """What became of the answers of one rule."""

    rule: int
    """Counts from 1, in the order written."""
    answers: int = 0
    audited: int = 0
    """Those that the cloud was asked about, and whose audit says something."""
    agreed: int = 0


def rule_records(rows: Iterable[AnswerRow], audits: Mapping[str, Audit]) -> tuple[RuleRecord, ...]:
    """Answers and agreement of each rule, from an agent's answers and their audits by answer.

    Rules have numbers, so the rows should be those of one version of the agent.
    """
    found: dict[int, RuleRecord] = {}
    for row in rows:
        rule = rule_of(row)
        if rule is None:
            continue
        audit, was = audits.get(row.id), found.get(rule, RuleRecord(rule))
        told = audit is not None and audit.agrees is not None
        agreed = audit is not None and audit.agrees is True
        found[rule] = RuleRecord(rule, was.answers + 1, was.audited + told, was.agreed + agreed)
    return tuple(found[rule] for rule in sorted(found))
