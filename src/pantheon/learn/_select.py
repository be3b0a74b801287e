"""Which examples a lesson is taught from, and what each of them may be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from pantheon.ids import ContentHash, canonical_json, hash_json
from pantheon.learn._bad_cases import LABELLED_AGAIN
from pantheon.learn._groups import group_texts
from pantheon.learn._monitor_state import fresh_since
from pantheon.learn._rows import Row
from pantheon.learn._splits import assign_split
from pantheon.spec import render_text

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject
    from pantheon.spec import AgentDef
    from pantheon.store import Example, Feedback, Judgement, Store

HARDLY = 1e-3
"""Training weight of an answer that a person found wrong: it says next to nothing about what is
right, but must stay among the rows that calibrate, or the sample would be of the good ones only."""

JUDGED = 10.0
"""A judged answer trains as much as ten of the teacher's do (bench/learning/judgements.py)."""

FADED = 0.1
"""What training weight is left to an example from before a step back: the teacher may have changed
its mind, or only the topics may be new."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a lesson is taught from."""

    rows: tuple[Row, ...]
    """Train and holdout; which is which follows from their groups."""
    labels: tuple[str, ...]
    """Every possible output, where the contract lists them."""
    fresh_since: float | None
    """Rows from before it only train, and little: the specialist of that time stepped back."""

    @property
    def content(self) -> ContentHash:
        """Hash of everything that can change what is learned."""
        facts: list[Json] = [[r.id, r.label, r.drawn, r.weight, r.propensity] for r in self.rows]
        return hash_json({"rows": facts, "labels": [*self.labels]})

    @property
    def random(self) -> int:
        """Rows that may calibrate: drawn like the traffic, not held out."""
        return sum(r.drawn != "feedback" and assign_split(r.group) == "train" for r in self.rows)


def select(store: Store, agent: AgentDef) -> Selection:
    """The rows of an agent's next lesson.

    - What a person corrected is trained on as corrected; the first answer still calibrates, since
      the promise is about what the teacher says.
    - After a step back only rows that came later calibrate, and older ones fade, or go where the
      same was asked again: something changed.
    - An agent without a teacher has only what people said, so that calibrates; people correct
      mistakes sooner than they confirm, which errs on the safe side.
    """
    examples = store.examples.list(agent.name)
    verdicts = _latest_verdicts(store.feedback.list(agent.name))
    rows = [_row(agent, e, verdicts.get(e.answer or "")) for e in examples if _counts(e, verdicts)]
    rows = _with_judgements(rows, store.judgements.list(agent.name))
    since = fresh_since(store, agent.name)
    rows = [_as_drawn(row, since=since, taught=_has_teacher(agent)) for row in rows]
    rows = _without_outdated(_regroup(rows), since)
    return Selection(tuple(rows), _possible_labels(agent), since)


def _latest_verdicts(feedback: Sequence[Feedback]) -> Mapping[str, Feedback]:
    """What people last said of each answer. Automatic checks speak of answers that were refused."""
    return {said.answer: said for said in feedback if said.source == "user"}


def _counts(example: Example, verdicts: Mapping[str, Feedback]) -> bool:
    """Whether an example still stands; of several corrections of an answer the last one does."""
    if example.split == "quarantine":
        return False
    if example.drawn != "feedback" or example.answer is None:
        return True
    said = verdicts.get(example.answer)
    if example.id.endswith(LABELLED_AGAIN):  # until a person says what is right
        return said is None or said.verdict == "bad"
    if said is None or said.verdict == "bad":
        return False
    return said.verdict == "good" or said.correction == example.output


def _row(agent: AgentDef, example: Example, said: Feedback | None) -> Row:
    doubted = said is not None and said.verdict != "good" and example.drawn != "feedback"
    return Row(
        id=example.id,
        text=render_text(agent.input, example.input),
        label=canonical_json(example.output),
        group=example.group,
        at=example.at,
        drawn=example.drawn,
        propensity=example.propensity,
        weight=HARDLY if doubted else example.weight,
    )


def _with_judgements(rows: Sequence[Row], judgements: Sequence[Judgement]) -> list[Row]:
    """The rows, with what people said of the cloud's answer against a local one.

    Where the cloud was wrong its answer hardly trains, but stays among what calibrates agreement
    with it, and the right answer becomes a row of its own; where it was right it weighs more.
    """
    said = {judgement.example: judgement for judgement in judgements}
    found: list[Row] = []
    for row in rows:
        judgement = said.get(row.id)
        if judgement is None or row.drawn == "feedback":
            found.append(row)
            continue
        right = right_output(judgement)
        if right is None and judgement.verdict == "neither":
            found.append(replace(row, weight=HARDLY))
            continue
        if right is None or canonical_json(right) == row.label:
            sure = judgement.verdict == "cloud"
            found.append(replace(row, weight=max(row.weight, JUDGED) if sure else row.weight))
            continue
        label = canonical_json(right)
        twin = f"{row.id}:{hash_json(right)}"
        found.append(replace(row, weight=HARDLY))
        found.append(replace(row, id=twin, label=label, drawn="feedback", weight=JUDGED))
    return found


def right_output(judgement: Judgement) -> JsonObject | None:
    """The output that a judgement says is right; None where it does not say."""
    if judgement.output is not None:
        return judgement.output
    given = {"local": judgement.local_output, "cloud": judgement.cloud_output}
    return given.get(judgement.verdict)


def _as_drawn(row: Row, *, since: float | None, taught: bool) -> Row:
    if since is not None and row.at < since:
        return replace(row, drawn="feedback", weight=row.weight * FADED)
    if taught or row.drawn != "feedback" or row.id.endswith(LABELLED_AGAIN):
        return row  # bad cases are no sample of anything
    return replace(row, drawn="bootstrap")


def _has_teacher(agent: AgentDef) -> bool:
    return any(tier.kind in {"cloud", "human"} for tier in agent.tiers)


def _regroup(rows: Sequence[Row]) -> list[Row]:
    """Rows with their groups of today: later rows may have joined two groups of one side."""
    groups = group_texts([row.text for row in rows])
    return [
        replace(row, group=group)
        for row, group in zip(rows, groups, strict=True)
        if assign_split(group) == assign_split(row.group)
    ]


def _without_outdated(rows: Sequence[Row], since: float | None) -> list[Row]:
    """Without what was answered anew after a step back. An old answer to the same text would pull
    at the new one, unseen by calibration, which leaves out near-duplicates together.
    """
    if since is None:
        return list(rows)
    anew = {row.group for row in rows if row.at >= since}
    return [row for row in rows if row.at >= since or row.group not in anew]


def _possible_labels(agent: AgentDef) -> tuple[str, ...]:
    """Outputs of a contract with one field that is an enum; empty for any other contract."""
    fields = agent.output.get("properties")
    if not isinstance(fields, dict) or len(fields) != 1:
        return ()
    name, rule = next(iter(fields.items()))
    values = rule.get("enum") if isinstance(rule, dict) else None
    known = cast("list[Json]", values) if isinstance(values, list) else []
    return tuple(canonical_json({name: value}) for value in known)
