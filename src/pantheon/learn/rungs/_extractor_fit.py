"""Training an extractor, and judging every row by one that did not see its group.

The rows are dealt to folds by group. For each fold a machine and its taggers learn from the other
folds and read this one; the verifier that scores a fold is fitted to the readings of the others.
The extractor that serves learns from all rows, so what was judged knew a little less than it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.ids import canonical_json
from pantheon.learn._logistic import Logistic, cross_fit, fit_logistic
from pantheon.learn._rows import Flags, Floats, Row, Settings
from pantheon.learn._rung import Judged, Tools, Trained, fold_of, random_rows
from pantheon.learn._specialist import find_blank
from pantheon.learn._task import Task, output_of
from pantheon.learn.rungs._doubts import doubts_of, score_of
from pantheon.learn.rungs._extractor import Extractor
from pantheon.learn.rungs._fields import Layout, learn_layout
from pantheon.learn.rungs._heads import Bench, choose
from pantheon.learn.rungs._reader import Example, Parts, Reader, Reading, share_out, train_reader
from pantheon.learn.rungs._spans import Tokens, align, tokenise
from pantheon.spec import differing_fields

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject

FOLDS = 5
_FOREIGN = 0.01
"""Share of the traffic that lies furthest from all examples and is never answered here."""
_MOST_TEXT = 1_000_000
"""Characters that are learned from: a tagger takes time and memory for every word."""
_LONGEST = 5000
"""Characters of one text, roughly, that its first `MAX_TOKENS` tokens take."""
_TRUSTED = 0.5
"""Rows that count less are not shown to the taggers, which cannot weigh them."""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Rows with what is made of them once; all lists in the same order."""

    rows: list[Row]
    tokens: list[Tokens]
    layout: Layout
    examples: list[Example]
    good: Flags
    """Whether an example may train taggers: all its values stand in the text, and it is trusted."""
    parts: Parts
    bench: Bench
    fold: NDArray[np.intp]
    judged: Flags


@dataclass(frozen=True, slots=True)
class _Left:
    """What was made of rows by readers that did not see them; shapes (n,), (n, doubts), (n,)."""

    said: list[str]
    doubts: Floats
    nearest: Floats


async def train_extractor(rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
    """Learn from `rows`, none of which is held out; InputError if the time does not suffice."""
    lesson = _prepare(rows, task, tools)
    left = _read_left_out(lesson, tools)
    chosen = np.flatnonzero(lesson.judged)
    pairs = [(lesson.rows[i].text, left.said[i], lesson.rows[i].label) for i in chosen]
    right = await tools.compare(pairs)
    folds, doubts, nearest = lesson.fold[chosen].tolist(), left.doubts[chosen], left.nearest[chosen]
    reach = float(np.quantile(nearest, _FOREIGN)) if len(nearest) else -np.inf
    margin = score_of(cross_fit(doubts, right, folds))
    blank = find_blank([lesson.rows[i].text for i in chosen])
    said = tuple(left.said[i] for i in chosen)
    judged = Judged(
        ids=tuple(lesson.rows[i].id for i in chosen),
        margin=np.where((nearest < reach) | blank, -1.0, margin),
        wrong=~right,
        said=said,
    )
    model = _serve(lesson, fit_logistic(doubts, right), reach, tools)
    note = _note(lesson, task, [lesson.rows[i].label for i in chosen], said)
    return Trained(model, judged, len(lesson.rows), note=note)


# ------------------------------------------------------------------------------------ preparing
def _prepare(rows: Sequence[Row], task: Task, tools: Tools) -> _Lesson:
    random = {row.id for row in random_rows(rows, task)}
    kept = _keep(rows, random, tools)
    tokens = [tokenise(row.text) for row in kept]
    outputs = [output_of(row.label) for row in kept]
    layout = learn_layout(list(zip(tokens, outputs, strict=True)))
    examples, good = _align(kept, tokens, outputs, layout)
    usable = [e for e, ok in zip(examples, good, strict=True) if ok]
    return _Lesson(
        rows=kept,
        tokens=tokens,
        layout=layout,
        examples=examples,
        good=good,
        parts=share_out(layout, usable),
        bench=Bench.set_up(
            [row.text for row in kept],
            [example.labels for example in examples],
            [row.weight for row in kept],
            tools.embed,
        ),
        fold=np.array([fold_of(r.group, folds=FOLDS, seed=task.seed) for r in kept], dtype=np.intp),
        judged=np.array([row.id in random for row in kept], dtype=bool),
    )


def _keep(rows: Sequence[Row], random: set[str], tools: Tools) -> list[Row]:
    """What fits, the random and the newest first; in an order that does not depend on theirs."""
    settings = Settings() if tools.memory is None else Settings().within(tools.memory)
    newest = sorted(rows, key=lambda row: (row.id in random, row.at, row.id), reverse=True)
    read = np.cumsum([min(len(row.text), _LONGEST) for row in newest])
    fits = max(int((read <= _MOST_TEXT).sum()), 1)
    return sorted(newest[: min(settings.max_rows, fits)], key=lambda row: (row.at, row.id))


def _align(
    rows: Sequence[Row], tokens: Sequence[Tokens], outputs: Sequence[JsonObject], layout: Layout
) -> tuple[list[Example], Flags]:
    examples: list[Example] = []
    good: list[bool] = []
    for row, text, output in zip(rows, tokens, outputs, strict=True):
        spans, lost = align(text, layout.wanted(output))
        labels = tuple(layout.values(output))
        examples.append(Example(text, tuple(spans), labels, row.group))
        good.append(not lost and row.weight >= _TRUSTED)
    return examples, np.array(good, dtype=bool)


# ---------------------------------------------------------------------------------- cross-fitting
def _read_left_out(lesson: _Lesson, tools: Tools) -> _Left:
    said = [""] * len(lesson.rows)
    doubts: list[tuple[NDArray[np.intp], Floats]] = []
    nearest = np.zeros(len(lesson.rows))
    begun = tools.clock.elapsed()
    for done, fold in enumerate(np.unique(lesson.fold)):
        _check_time(begun, done, tools)
        inside = np.flatnonzero((lesson.fold == fold) & lesson.judged)
        outside = np.flatnonzero(lesson.fold != fold)
        if not len(inside) or not len(outside):
            continue
        reader = _train_on(lesson, outside, tools)
        readings = _read(lesson, reader, inside, outside)
        nearest[inside] = lesson.bench.matrix[np.ix_(inside, outside)].max(axis=1)
        doubts.append((inside, doubts_of(reader, readings, nearest[inside])))
        for index, reading in zip(inside, readings, strict=True):
            said[index] = canonical_json(reader.write(reading))
    return _Left(said, _gather(doubts, len(lesson.rows)), nearest)


def _check_time(begun: float, done: int, tools: Tools) -> None:
    """After each fold, whether those to come and the whole can still be trained."""
    each = (tools.clock.elapsed() - begun) / done if done else 0.0
    if each * (FOLDS - done + 1) > tools.seconds_left:
        raise InputError(
            f"The night's time is up: a fold takes {each:.0f} s, {tools.seconds_left:.0f} s are left.",
            hint="Give the night more time, or let it keep fewer examples.",
        )


def _train_on(lesson: _Lesson, rows: NDArray[np.intp], tools: Tools) -> Reader:
    numbers: list[int] = rows[lesson.good[rows]].tolist()
    examples = [lesson.examples[number] for number in numbers]
    threads = min(tools.cpu or 2, 2)
    return train_reader(lesson.layout, lesson.parts, examples, threads=threads)


def _read(
    lesson: _Lesson, reader: Reader, inside: NDArray[np.intp], outside: NDArray[np.intp]
) -> list[Reading]:
    kernel = lesson.bench.matrix[np.ix_(inside, outside)]
    chosen = choose(kernel @ lesson.bench.train(outside), lesson.bench.values)
    numbers: list[int] = inside.tolist()
    return [reader.read(lesson.tokens[i], c) for i, c in zip(numbers, chosen, strict=True)]


def _gather(pieces: Sequence[tuple[NDArray[np.intp], Floats]], count: int) -> Floats:
    whole = np.zeros((count, pieces[0][1].shape[1] if pieces else 1))
    for index, found in pieces:
        whole[index] = found
    return whole


# --------------------------------------------------------------------------------------- the whole
def _serve(lesson: _Lesson, verifier: Logistic, reach: float, tools: Tools) -> Extractor:
    everything = np.arange(len(lesson.rows), dtype=np.intp)
    return Extractor(
        ids=tuple(row.id for row in lesson.rows),
        heads=lesson.bench.heads(tools.embed),
        reader=_train_on(lesson, everything, tools),
        verifier=verifier,
        reach=reach,
        space=tools.space,
    )


def _note(lesson: _Lesson, task: Task, labels: Sequence[str], said: Sequence[str]) -> JsonObject:
    """For people: which fields are copied, and how often each was the same as the teacher's."""
    wrong = {field.name: 0 for field in lesson.layout.fields}
    for label, answer in zip(labels, said, strict=True):
        for name in differing_fields(task.same, output_of(label), output_of(answer or "{}")):
            wrong[name] = wrong.get(name, 0) + 1
    agree: dict[str, Json] = {k: round(1 - n / max(len(said), 1), 4) for k, n in wrong.items()}
    decides = lesson.layout.labels[lesson.parts.by] if lesson.parts.by >= 0 else None
    return {
        "copied": [lesson.layout.fields[number].name for number in lesson.layout.spans],
        "chosen": [lesson.layout.fields[number].name for number in lesson.layout.labels],
        "decides": None if decides is None else lesson.layout.fields[decides].name,
        "not_in_text": int((~lesson.good).sum()),
        "agreement": agree,
    }
