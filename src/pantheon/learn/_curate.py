"""From what happened to what can be learned: answers, audits and feedback become examples.

Never from a local answer that nobody checked. Each answer becomes an example at most once, however
often this runs. A correction is an example of its own; which of an answer's examples are trained
on is decided when a lesson begins (`_lesson`), so that a later verdict needs nothing rewritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.agents import Reason
from pantheon.ids import ContentHash, hash_json
from pantheon.learn._bad_cases import is_traffic
from pantheon.learn._groups import group_texts
from pantheon.learn._splits import assign_split
from pantheon.spec import render_text
from pantheon.store import Example

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.spec import AgentDef
    from pantheon.store import AnswerRow, Audit, Drawn, Feedback, Source, Split, Store

Origin: TypeAlias = Literal["cloud", "human", "verified", "agreement", "import", "recorded"]

CORRECTION_WEIGHT = 4.0
"""A person's correction trains as much as four of the teacher's answers do."""
_RULES = "rules"
"""The user's own rules: what they pass on is the specialist's traffic, what they answer is not."""
_OVERLAP = 3600.0
"""Seconds looked at again: an answer may be committed a little after a later one."""
_TEACHERS = frozenset({"cloud", "human"})
"""Tiers whose answers count as right."""
_WHATEVER_IS_ASKED = frozenset(
    {
        Reason.EMPTY_SLOT,
        Reason.UNCERTIFIED,
        Reason.STEPPED_BACK,
        Reason.PRIVACY,
        Reason.NO_KEY,
        Reason.NOT_CONFIGURED,
        Reason.BUDGET,
        Reason.RATE_LIMITED,
        Reason.UNREACHABLE,
        Reason.UNAVAILABLE,
    }
)
"""Why a tier does not answer whatever it is asked: what passes it is drawn like the traffic."""


@dataclass(frozen=True, slots=True)
class Known:
    """A request whose right answer is known, before it has a group and a split."""

    id: str
    input: JsonObject
    output: JsonObject
    source: Origin
    drawn: Drawn
    at: float
    """When the answer became known; curated in this order."""
    propensity: float = 1.0
    weight: float = 1.0
    answer: str | None = None
    gold: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class CurationReport:
    """What one curation added to an agent's examples."""

    agent: str
    added: int
    total: int
    by_drawn: Mapping[Drawn, int] = field(default_factory=dict["Drawn", int])
    near_duplicates: int = 0
    """New examples that joined the group of another one."""
    quarantined: int = 0
    """New examples that resemble examples on both sides of the split."""


def curate(store: Store, agent: AgentDef) -> CurationReport:
    """Make examples of everything an agent's past has to teach; running it again adds nothing."""
    before = store.examples.list(agent.name)
    # Of answers and audits only: what the night labels again, or a person says, may be newer than
    # answers that are no examples yet.
    since = max((e.at for e in before if e.answer == e.id), default=0.0) - _OVERLAP
    found = [*_answered(store, agent.name, since), *_said(store, agent.name)]
    return keep(store, agent, sorted(found, key=lambda known: (known.at, known.id)))


def keep(store: Store, agent: AgentDef, found: Iterable[Known]) -> CurationReport:
    """Add what is not an example yet, with its group of near-duplicates and, by it, its split."""
    before = store.examples.list(agent.name)
    ids = {example.id for example in before}
    fresh = list({known.id: known for known in found if known.id not in ids}.values())
    placed = _place(agent, before, fresh)
    added = store.examples.add(placed)
    return CurationReport(
        agent.name,
        added=added,
        total=len(before) + added,
        by_drawn=Counter(example.drawn for example in placed),
        near_duplicates=_count_joined(before, placed),
        quarantined=sum(example.split == "quarantine" for example in placed),
    )


def _place(agent: AgentDef, before: Sequence[Example], fresh: Sequence[Known]) -> list[Example]:
    if not fresh:
        return []
    inputs = [e.input for e in before] + [known.input for known in fresh]
    groups = group_texts([render_text(agent.input, input) for input in inputs])
    sides: dict[str, set[Split]] = {}
    for example, group in zip(before, groups, strict=False):
        sides.setdefault(group, set()).add(example.split)
    return [
        _example(agent.name, known, group, sides.get(group, set()))
        for known, group in zip(fresh, groups[len(before) :], strict=True)
    ]


def _example(agent: str, known: Known, group: str, sides: set[Split]) -> Example:
    split = assign_split(group)
    # What is kept already stays where it is: if the two disagree, the new one is used for nothing.
    split = split if sides <= {split} else "quarantine"
    return Example(
        id=known.id,
        agent=agent,
        input=known.input,
        output=known.output,
        source=known.source,
        drawn=known.drawn,
        at=known.at,
        group=ContentHash(group),
        split=split,
        propensity=known.propensity,
        weight=known.weight,
        answer=known.answer,
        gold=known.gold,
    )


def _count_joined(before: Sequence[Example], placed: Sequence[Example]) -> int:
    seen: set[str] = {example.group for example in before}
    joined = 0
    for example in placed:
        joined += example.group in seen
        seen.add(example.group)
    return joined


# ---------------------------------------------------------------------------- what is known
def _answered(store: Store, agent: str, since: float) -> Iterator[Known]:
    """What the teacher, or a person in its place, said."""
    for row in store.answers.list(agent, since=since):
        if row.output is not None and row.tier in _TEACHERS and is_traffic(row):
            yield _from_answer(row, row.output)
    for audit in store.audits.list(agent, since=since):
        if audit.cloud_output is not None:
            yield _from_audit(store.answers.get(audit.answer), audit, audit.cloud_output)


def _from_answer(row: AnswerRow, output: JsonObject) -> Known:
    return Known(
        id=row.id,
        input=row.input,
        output=output,
        source=_origin(row.tier, row.source),
        drawn="bootstrap" if _reached_whatever_it_asks(row) else "escalated",
        at=row.at,
        answer=row.id,
    )


def _from_audit(row: AnswerRow, audit: Audit, output: JsonObject) -> Known:
    return Known(
        id=row.id,
        input=row.input,
        output=output,
        source=_origin("cloud", audit.source),
        drawn="audit" if row.tier != _RULES else "escalated",
        at=audit.at,
        propensity=row.label_propensity,
        answer=row.id,
    )


def _origin(tier: str, source: Source) -> Origin:
    """Recorded and scripted answers are never passed off as the cloud's."""
    if source in {"recorded", "scripted"}:
        return "recorded"
    return "human" if tier == "human" else "cloud"


def _reached_whatever_it_asks(row: AnswerRow) -> bool:
    """Whether any request that no rule answers would have reached the teacher then.

    Such requests are a fair sample of what the specialist is asked.
    """
    asked = (tried for tried in row.tried if tried.get("tier") != _RULES)
    return all(tried.get("reason") in _WHATEVER_IS_ASKED for tried in asked)


def _said(store: Store, agent: str) -> Iterator[Known]:
    """What people said of answers: how it should be, or that a local one is good."""
    for feedback in store.feedback.list(agent):
        if feedback.source == "user":
            row = store.answers.get(feedback.answer)
            yield from _from_person(row, feedback)


def _from_person(row: AnswerRow, feedback: Feedback) -> Iterator[Known]:
    output, weight = feedback.correction, CORRECTION_WEIGHT
    if feedback.verdict == "good" and row.tier not in _TEACHERS:
        output, weight = row.output, 1.0
    if output is not None:
        yield Known(
            id=f"{row.id}:{hash_json(output)}",
            input=row.input,
            output=output,
            source="human",
            drawn="feedback",
            at=feedback.at,
            weight=weight,
            answer=row.id,
        )
