"""Training of `RecordModel`: one factorisation, heads tuned and judged on left-out scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from pantheon.errors import InputError
from pantheon.learn._certainty import UNKNOWN, fit_certainty
from pantheon.learn._features import verbalise
from pantheon.learn._kernel import Kernel, Texts
from pantheon.learn._leave_out import Lesson, Solved, arrange, groups_of, keep_newest, solve
from pantheon.learn._logistic import cross_fit, fit_logistic
from pantheon.learn._rows import Flags, Floats, Row, Settings
from pantheon.learn._rung import Judged, Tools, Trained, fold_of, random_rows
from pantheon.learn._specialist import Specialist, find_blank, halve_texts
from pantheon.learn._task import Task, output_of
from pantheon.learn.rungs._columns import Head, propose_heads
from pantheon.learn.rungs._fields import MISSING, Layout, flatten, learn_layout, spell
from pantheon.learn.rungs._record import (
    Answers,
    RecordModel,
    join_answers,
    rate,
    read_all,
)
from pantheon.learn.rungs._spans import tokenise
from pantheon.learn.rungs._values import Tolerance, field_equal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pantheon.ids import Json

_UNSEEN = -9.0
"""Score of a value that a machine could not know; as in `pantheon.learn._fit`."""
_FOREIGN = 0.01
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How a task's fields may be learned.

    - values: of every row a value of each field
    - options: of each field the heads to choose from
    """

    layout: Layout
    values: list[list[str]]
    options: list[list[Head]]

    @classmethod
    def of(cls, rows: Sequence[Row], tolerance: Tolerance) -> Plan:
        outputs = [output_of(row.label) for row in rows]
        nothing = tokenise("")
        # No text, so that no field is taken for a copy of it.
        layout = learn_layout([(nothing, output) for output in outputs])
        leaves = [flatten(output) for output in outputs]
        values = [[spell(found, f.path) for found in leaves] for f in layout.fields]
        return cls(layout, values, [propose_heads(column, tolerance) for column in values])

    def judged_values(self, start: int) -> list[list[str]]:
        """Of each field the values of the rows from `start` on."""
        return [column[start:] for column in self.values]

    @property
    def unlearnable(self) -> list[str]:
        """Names of fields without a head."""
        pairs = zip(self.layout.fields, self.options, strict=True)
        return [field.name for field, heads in pairs if not heads]


def tolerance_of(task: Task) -> Tolerance:
    """How far apart two numbers may be."""
    if task.same.kind != "numeric":
        return Tolerance()
    return Tolerance(task.same.value, task.same.relative)


async def train_record(rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
    """Learn from all rows and judge each random one without its group.

    Raises:
        InputError: some field cannot be learned, or no row was drawn like the traffic.
    """
    settings = Settings(audit_rate=task.audit_rate, space=tools.space)
    if tools.memory is not None:
        settings = settings.within(tools.memory)
    random = {row.id for row in random_rows(rows, task)}
    kept = keep_newest(rows, random, settings)
    lesson = arrange(kept, random, [])
    plan = Plan.of(lesson.rows, tolerance_of(task))
    if plan.unlearnable or not plan.options:
        names = ", ".join(f"`{name}`" for name in plan.unlearnable[:3]) or "the output"
        raise InputError(f"Values of {names} do not come again.", hint="Other rungs may fit.")
    trial = _Trial.run(lesson, plan, tools=tools, settings=settings)
    use = np.array([row.id in random for row in lesson.judged], dtype=bool)
    if not use.any():
        raise InputError("No example was drawn like the traffic.", hint="Let audits go on.")
    return await trial.certify(use, plan, tools=tools, settings=settings)


@dataclass(frozen=True, slots=True)
class _Column:
    """A head on trial: its part of the scores, and what was left out of it."""

    head: Head
    part: slice
    left_out: Floats
    common: Floats
    counts: Floats

    def read(self, near: NDArray[np.float32]) -> list[str]:
        return self.head.read(self.scores, near).values

    def tuned_again(self, said: Sequence[str], rows: NDArray[np.intp]) -> Head:
        """The head as it would be had it been tuned on these rows only."""
        if self.head.kind != "labels" or not len(rows):
            return self.head
        return self.head.tune(
            self.left_out[rows], [said[int(i)] for i in rows], self.common[rows], self.counts
        )

    @property
    def scores(self) -> Floats:
        return self.head.outside(self.left_out, self.common, self.counts)


@dataclass(frozen=True, slots=True)
class _Trial:
    """All heads solved at once, and for each field the one that did best."""

    lesson: Lesson
    solved: Solved
    chosen: list[_Column]

    @classmethod
    def run(cls, lesson: Lesson, plan: Plan, *, tools: Tools, settings: Settings) -> _Trial:
        lesson, spelt, anchors = _with_names(lesson, plan, settings)
        blocks = [
            head.targets(values)
            for values, heads in zip(plan.values, plan.options, strict=True)
            for head in heads
        ]
        targets = np.column_stack(blocks)
        whole = lesson.spread(targets, anchors)
        solved = solve(lesson, whole, embed=tools.embed, spell=spelt.__getitem__, settings=settings)
        chosen = _choose(lesson, plan, solved, targets)
        return cls(lesson, solved, chosen)

    async def certify(self, use: Flags, plan: Plan, *, tools: Tools, settings: Settings) -> Trained:
        """The model with a verifier, and what it would have said of the judged rows."""
        heads = tuple(column.head for column in self.chosen)
        found = self._read_by_folds(use, plan)
        rows = [row for row, used in zip(self.lesson.judged, use.tolist(), strict=True) if used]
        pairs = [(r.text, said, r.label) for r, said in zip(rows, found.said, strict=True)]
        right = await tools.compare(pairs)
        folds = [fold_of(row.group, folds=_FOLDS) for row in rows]
        odds = cross_fit(found.features, right, folds, rising=True)
        reach = float(np.quantile(self.solved.nearest[use], _FOREIGN))
        refused = (self.solved.nearest[use] < reach) | find_blank([row.text for row in rows])
        judged = Judged(
            tuple(row.id for row in rows), rate(odds, refused), ~right, tuple(found.said)
        )
        per_field = _field_rights(found, rows, plan.layout, heads)
        model = RecordModel(
            machine=self._machine(reach, tools=tools, settings=settings),
            layout=plan.layout,
            heads=heads,
            verifier=fit_logistic(found.features, right, rising=True),
            certainties=tuple(
                fit_certainty(found.fields[:, n], ok) for n, ok in enumerate(per_field)
            ),
        )
        note = _note(plan.layout, heads, per_field)
        choices = max(sum(sum(head.binary) for head in heads), 2)
        return Trained(model, judged, len(model.machine.ids), choices=choices, note=note)

    def _read_by_folds(self, use: Flags, plan: Plan) -> Answers:
        """What was left out, with cuts that were tuned on other folds than the row's."""
        said = plan.judged_values(len(self.lesson.before))
        part = np.array([fold_of(row.group, folds=_FOLDS) for row in self.lesson.judged])
        scores = np.column_stack([column.scores for column in self.chosen])
        places: list[NDArray[np.intp]] = []
        parts: list[Answers] = []
        for fold in np.unique(part[use]):
            inside = use & (part == fold)
            rest = np.flatnonzero(part != fold)
            heads = [c.tuned_again(v, rest) for c, v in zip(self.chosen, said, strict=True)]
            parts.append(read_all(plan.layout, heads, scores[inside], self.solved.likeness[inside]))
            places.append(np.flatnonzero(inside))
        return join_answers(parts, np.argsort(np.concatenate(places)))

    def _machine(self, reach: float, *, tools: Tools, settings: Settings) -> Specialist:
        small = halve_texts(Texts(self.solved.support.vectors, self.solved.support.terms))
        parts = [self.solved.coefficients[:, column.part] for column in self.chosen]
        coefficients = np.column_stack(parts)
        return Specialist(
            labels=tuple(str(number) for number in range(coefficients.shape[1])),
            ids=tuple(row.id for row in self.lesson.rows),
            support=small.vectors.astype(np.float16),
            terms=small.terms,
            coefficients=coefficients.astype(np.float16),
            kernel=Kernel(settings.width, settings.text_weight),
            reach=reach,
            threshold=np.inf,
            certainty=UNKNOWN,
            embed=tools.embed,
            neighbours=settings.neighbours,
            space=settings.space,
        )


def _with_names(
    lesson: Lesson, plan: Plan, settings: Settings
) -> tuple[Lesson, dict[str, str], Floats]:
    """The lesson with the words of values as examples of them; their texts, and their targets."""
    heads = [head for options in plan.options for head in options]
    starts = [0, *accumulate(head.width for head in heads)]
    names: dict[str, str] = {}
    places: list[int] = []
    for head, start in zip(heads, starts, strict=False):
        for column, value in enumerate(head.values):
            if value.startswith('"') and len(value) > 2:
                names[f"{start + column}"] = verbalise(value)
                places.append(start + column)
    if settings.anchor_weight <= 0:
        names, places = {}, []
    anchors = np.zeros((len(places), starts[-1]))
    anchors[np.arange(len(places)), places] = 1.0
    return Lesson(lesson.before, list(names), lesson.judged), names, anchors


def _choose(lesson: Lesson, plan: Plan, solved: Solved, targets: Floats) -> list[_Column]:
    """For each field the head whose left-out answers are right most often."""
    heads = [head for options in plan.options for head in options]
    binary = np.array([flag for head in heads for flag in head.binary], dtype=bool)
    truth = targets[len(lesson.before) :]
    counts = targets.sum(axis=0)
    others = np.repeat(counts[None, :], len(truth), axis=0)
    for group in groups_of(lesson.judged):
        others[group] -= truth[group].sum(axis=0)
    left_out = np.where(binary & (truth > 0) & (others <= 0), _UNSEEN, solved.left_out)
    common = np.log1p(np.maximum(others, 0.0))
    starts = iter(pairwise([0, *accumulate(head.width for head in heads)]))
    chosen: list[_Column] = []
    for values, options in zip(plan.values, plan.options, strict=True):
        said = values[len(lesson.before) :]
        trials: list[_Column] = []
        for head in options:
            part = slice(*next(starts))
            shares = left_out[:, part], common[:, part], counts[part]
            tuned = head.tune(shares[0], said, shares[1], shares[2])
            trials.append(_Column(tuned, part, *shares))
        chosen.append(_best(trials, said, solved.likeness))
    return chosen


def _best(trials: list[_Column], said: list[str], near: NDArray[np.float32]) -> _Column:
    if len(trials) == 1:
        return trials[0]
    equal = field_equal(trials[0].head.tolerance)

    def hits(column: _Column) -> int:
        return sum(map(equal, column.read(near), said))

    return max(trials, key=hits)


def _field_rights(
    found: Answers, rows: Sequence[Row], layout: Layout, heads: Sequence[Head]
) -> list[Flags]:
    """For each field, whether it is as the teacher's."""
    ours = [flatten(output_of(said)) for said in found.said]
    theirs = [flatten(output_of(row.label)) for row in rows]
    rights: list[Flags] = []
    for field, head in zip(layout.fields, heads, strict=True):
        equal = field_equal(head.tolerance)
        pairs = zip(ours, theirs, strict=True)
        same = [equal(spell(a, field.path), spell(b, field.path)) for a, b in pairs]
        rights.append(np.array(same, dtype=bool))
    return rights


def _note(layout: Layout, heads: Sequence[Head], rights: Sequence[Flags]) -> dict[str, Json]:
    fields: dict[str, Json] = {
        field.name: {
            "learned_as": head.kind,
            "values": len(head.values),
            "agreement": round(float(right.mean()), 4),
        }
        for field, head, right in zip(layout.fields, heads, rights, strict=True)
    }
    return {"fields": fields}


__all__ = ["MISSING", "Plan", "tolerance_of", "train_record"]
