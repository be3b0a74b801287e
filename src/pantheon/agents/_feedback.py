"""What a person says about an answer, found by run, node or answer id, checked and kept."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pantheon.agents._contract import listed
from pantheon.agents._version import definition_of
from pantheon.errors import InputError, NotFound, UsageError
from pantheon.ids import JsonObject
from pantheon.spec import Project, agent_from_json, validate_value
from pantheon.store import AnswerRow, Feedback, Store

Verdict: TypeAlias = Literal["good", "bad", "correct"]


def give_feedback(
    store: Store,
    project: Project | None,
    target: str,
    *,
    verdict: Verdict,
    at: float,
    correction: JsonObject | None = None,
    note: str = "",
) -> list[Feedback]:
    """Keep a verdict on `RUN`, `RUN:NODE`, `RUN:NODE:ITEM` or an answer's id; returns the rows.

    `good` about a run holds for each of its answers. `bad` and `correct` are about one answer:
    where several are meant the error names them. A correction must satisfy the agent's contract.

    Raises:
        NotFound: no such run, node or answer.
        UsageError: the target names several answers, or verdict and correction do not fit.
        InputError: the correction breaks the contract.
    """
    if (verdict == "correct") != (correction is not None):
        raise UsageError(
            "A correction goes with the verdict `correct`, and with it alone.",
            hint="Give --good, --bad, or --correct with the right output.",
        )
    rows = _rows_meant(store, target, verdict)
    if verdict != "good" and len(rows) > 1:
        raise _ambiguous(target, rows)
    if correction is not None:
        _check_correction(store, project, rows[0], correction)
    feedback = [
        Feedback(row.id, row.agent, at, verdict, "user", correction=correction, note=note)
        for row in rows
    ]
    with store.transaction():
        for one in feedback:
            store.feedback.add(one)
    return feedback


def _rows_meant(store: Store, target: str, verdict: Verdict) -> list[AnswerRow]:
    """The rows a verdict is about. Only a correction can be about a request without an answer."""
    rows = _latest_per_place(_rows_of(store, target))
    if verdict != "correct":
        rows = [row for row in rows if row.output is not None]
    if not rows:
        raise NotFound(f"There is no answer in {target}.", hint=_answers_hint(store, target))
    return rows


def _rows_of(store: Store, target: str) -> list[AnswerRow]:
    run, _, place = target.partition(":")
    if run.startswith("a") and not place:
        return [store.answers.get(run)]
    store.runs.get(run)
    node, _, item = place.partition(":")
    rows = store.answers.of_node(run, node or None)
    return [row for row in rows if not item or str(row.index) == item]


def _answers_hint(store: Store, target: str) -> str:
    rows = store.answers.of_node(target.partition(":")[0])
    names = dict.fromkeys(_place(row) for row in rows if row.output is not None)
    return f"There are: {', '.join(names)}." if names else "No agent answered there."


def _latest_per_place(rows: list[AnswerRow]) -> list[AnswerRow]:
    """A retried node has several; the last one with an output is what the run went on with."""
    rows = sorted(rows, key=lambda row: row.output is not None)
    return list({(row.run, row.node, row.index, row.agent): row for row in rows}.values())


def _place(row: AnswerRow) -> str:
    return f"{row.run}:{row.node}" + (f":{row.index}" if row.index >= 0 else "")


def _ambiguous(target: str, rows: list[AnswerRow]) -> UsageError:
    places = ", ".join(_place(row) for row in rows[:8]) + (", …" if len(rows) > 8 else "")
    return UsageError(f"{target} has {len(rows)} answers.", hint=f"Name one of them: {places}.")


def _check_correction(
    store: Store, project: Project | None, row: AnswerRow, correction: JsonObject
) -> None:
    problems = validate_value(_output_schema(store, project, row), correction)
    if problems:
        raise InputError(
            f"The correction is no output of agent {row.agent!r}: {listed(problems)}",
            hint="Give the whole output object, as the agent's contract describes it.",
        )


def _output_schema(store: Store, project: Project | None, row: AnswerRow) -> JsonObject:
    """Today's contract, or the one the answer was given under when the agent is gone."""
    agent = project.agents.get(row.agent) if project else None
    if agent is not None:
        return agent.output
    return agent_from_json(definition_of(store, row.version)).output
