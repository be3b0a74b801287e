"""Requests whose answer cannot be trusted as it stands: what the night labels again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.agents import AGAIN, CROSS_CHECK, Reason

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.store import AnswerRow, Store

BadCause: TypeAlias = Literal["bad feedback", "failed", "rejected", "unsure"]
"""A person said it was wrong; nobody answered; a check refused a first answer; it was a guess."""

_ORDER: dict[BadCause, int] = {"bad feedback": 0, "failed": 1, "rejected": 2, "unsure": 3}
_TEACHERS = frozenset({"cloud", "human"})
_CHECKS = frozenset({Reason.REJECTED, Reason.INVALID_OUTPUT})
_UNSURE = 0.6
"""A local answer that nothing certifies and that is less sure than this is a guess."""
LABELLED_AGAIN = ":again"
"""Ends the id of an example that was labelled again; it begins with the id of the answer."""


@dataclass(frozen=True, slots=True)
class BadCase:
    """One request to be labelled again.

    `said` is what was answered, if anything: whatever is right, that is in doubt.
    """

    answer: str
    agent: str
    input: JsonObject
    cause: BadCause
    at: float
    said: JsonObject | None


def asked_twice(row: AnswerRow) -> bool:
    """Whether the same request has another row: the night put it again, or the cloud was asked
    beside the local path.
    """
    if row.role in {AGAIN, CROSS_CHECK}:
        return True
    return any(tried.get("reason") == Reason.AGAIN for tried in row.tried)


def is_traffic(row: AnswerRow) -> bool:
    """Whether somebody wanted this answer; anything else is no fair sample of what is asked."""
    return not row.role and not asked_twice(row)


def find_bad_cases(store: Store, agent: str, *, since: float | None = None) -> list[BadCase]:
    """Bad cases of an agent that have not been labelled again, the gravest and newest first."""
    known = store.examples.answers(agent)
    known |= {question.removeprefix(ASKED_AGAIN) for question in _asked(store, agent)}
    found = {case.answer: case for case in reversed(list(_all(store, agent, since)))}
    fresh = [case for case in found.values() if case.answer not in known]
    return sorted(fresh, key=lambda case: (_ORDER[case.cause], -case.at, case.answer))


ASKED_AGAIN = "again-"
"""Begins the id of a question to a person about a bad case; the answer's id follows."""


def _asked(store: Store, agent: str) -> list[str]:
    everything = store.inbox.list(None)
    return [i.id for i in everything if i.agent == agent and i.id.startswith(ASKED_AGAIN)]


def _all(store: Store, agent: str, since: float | None) -> Iterator[BadCase]:
    """Every reason to doubt, the gravest of an answer first."""
    bad = {f.answer for f in store.feedback.list(agent) if _is_bad(f.verdict, f.source)}
    for row in store.answers.list(agent, since=since):
        if not is_traffic(row):
            continue
        cause = _cause(row, bad=row.id in bad)
        if cause is not None:
            yield BadCase(row.id, agent, row.input, cause, row.at, row.output)


def _is_bad(verdict: str, source: str) -> bool:
    """A correction says what is right, so it needs no second label."""
    return verdict == "bad" and source == "user"


def _cause(row: AnswerRow, *, bad: bool) -> BadCause | None:
    if bad:
        return "bad feedback"
    if row.output is None:
        return "failed" if row.tier == "none" else None
    if row.tier in _TEACHERS or row.source in {"code", "human"}:
        return None
    if any(tried.get("reason") in _CHECKS for tried in row.tried):
        return "rejected"
    unsure = row.tier != "specialist" and row.confidence is not None and row.confidence < _UNSURE
    return "unsure" if unsure else None
