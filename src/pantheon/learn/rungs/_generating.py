"""What rungs that write their answers have in common: which rows judge, and how they are judged.

Writing is slow, so a sample of the random rows judges, drawn by a hash that knows nothing of their
answers. Every row is answered without the examples of its own group. How many there are depends
on the time that is left and never on how they come out; only a model that is nearly always wrong
is given up early, and then it is not promoted, so nothing is claimed of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pantheon.errors import InputError
from pantheon.ids import hash_bytes
from pantheon.learn._bounds import rows_needed, upper_bound
from pantheon.learn._rows import hash_unit
from pantheon.learn._rung import Judged, Trained, fold_of, random_rows
from pantheon.learn._task import recurs
from pantheon.learn._verifier import Verifier, learn_verifier
from pantheon.learn.rungs._examples import Examples
from pantheon.learn.rungs._generative import GenerativeModel, hand_over
from pantheon.learn.rungs._recipe import Draft, try_to_write
from pantheon.models import ModelFailure

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn._rows import Flags, Promise, Row
    from pantheon.learn._rung import Tools
    from pantheon.learn._task import Task
    from pantheon.learn.rungs._recipe import Recipe
    from pantheon.models import ChatModel, Message

FOLDS = 5
JUDGES = 150
"""Rows that judge, where the promise does not need more."""
_MOST_JUDGES = 600
_SMALLEST_SHARE = 0.1
"""Of the promise's delta, that a rung like these may be left with."""
_FIRST, _HOPELESS = 24, 0.2
"""After so many rows a model is given up that is surely right on fewer than this share."""
_READ, _WRITTEN = 600.0, 60.0
"""Tokens a second, of prompts and answers, of a model of 135 million weights on two quiet cores."""
_CHARACTERS = 3.5
"""A token, about."""
_SHARE_OF_TIME = 0.5
"""Of what is left of the night, that the rows which judge may take."""
_LONGEST = 1800.0
"""Seconds that judging takes at most, also where the night has no end."""


def why_not(task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
    """Why a language model should not write the answers; None if it may."""
    if tools.chat is None:
        return "No local language model may be asked."
    if task.shape not in {"text", "record"} and recurs(rows):
        return "Answers come again: a machine chooses among them better, and far cheaper."
    judges, needed = len(random_rows(rows, task)), rows_needed(_spent(task.promise))
    if judges < needed:
        return f"{judges} random examples; at least {needed} could certify what it writes."
    return None


def judges_wanted(task: Task) -> int:
    """How many rows should judge, so that a few errors do not take everything."""
    needed = rows_needed(_spent(task.promise))
    return int(np.clip(1.5 * needed, JUDGES, max(_MOST_JUDGES, needed)))


def _spent(promise: Promise) -> Promise:
    return replace(promise, confidence=1 - _SMALLEST_SHARE * promise.delta)


def seconds_each(rows: Sequence[Row], *, shown: int) -> float:
    """Roughly how long one answer takes."""
    some = rows[:: max(len(rows) // 50, 1)]
    asked = float(np.mean([len(row.text) for row in some])) if some else 0.0
    said = float(np.mean([len(row.label) for row in some])) if some else 0.0
    prompt = 300.0 + asked + shown * (asked + said + 30)
    return prompt / _CHARACTERS / _READ + (said / _CHARACTERS + 1) / _WRITTEN


def draw(rows: Sequence[Row], task: Task, *, judges: int, dev: int) -> tuple[list[Row], list[Row]]:
    """Rows that judge, and others to choose by, of other groups; whoever is in which is chance."""
    order = sorted(random_rows(rows, task), key=lambda r: hash_unit("write", task.seed, r.id))
    judging = order[:judges]
    taken = {row.group for row in judging}
    return judging, [row for row in order[judges:] if row.group not in taken][:dev]


@dataclass(frozen=True, slots=True)
class Pen:
    """A model with a prompt, examples and perhaps an adapter, before anything is known of it."""

    rung: str
    chat: ChatModel
    recipe: Recipe
    examples: Examples
    adapter: bytes = b""

    async def draft(self, rows: Sequence[Row], tools: Tools, *, told: bool = False) -> list[Draft]:
        """What it writes for rows, each without the examples of the row's group.

        `told`: whoever watches hears of it. Raises InputError where the model fails altogether.
        """
        if self.adapter:
            await hand_over(self.chat, self.adapter)
        vectors = tools.embed([row.text for row in rows])
        drafts: list[Draft] = []
        for row, vector in zip(rows, vectors, strict=True):
            near = self.examples.nearest(vector, without=frozenset({row.group}))
            asked = self.recipe.messages(row.text, self.examples, near)
            drafts.append(await self._write(asked))
            if told and len(drafts) % 10 == 0:
                tools.notify(f"{self.rung}: {len(drafts)} of {len(rows)} answers written")
        return drafts

    async def _write(self, asked: tuple[Message, ...]) -> Draft:
        name = hash_bytes(self.adapter) if self.adapter else None
        try:
            return await try_to_write(self.chat, self.recipe, asked, adapter=name)
        except ModelFailure as failure:
            raise InputError(f"{self.chat.name} cannot be asked: {failure.message}") from failure

    async def right(self, rows: Sequence[Row], tools: Tools) -> Flags:
        """Whether what it writes is the same as the teacher's; shape (n,)."""
        return await _compare(rows, await self.draft(rows, tools), tools)


async def judge(pen: Pen, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
    """What a pen's answers to these rows show, and the model that it makes.

    Raises:
        InputError: it is hopeless, or there is too little time to show anything.
    """
    start = tools.clock.elapsed()
    drafts = await pen.draft(rows[:_FIRST], tools)
    await _give_up_if_hopeless(rows[:_FIRST], drafts, tools)
    each = (tools.clock.elapsed() - start) / max(len(drafts), 1)
    rows = rows[: _affordable(len(rows), each, task, tools)]
    drafts += await pen.draft(rows[len(drafts) :], tools, told=True)
    right = await _compare(rows, drafts, tools)
    return _learn(pen, rows, drafts, right, task, tools, each=each)


def _affordable(wanted: int, each: float, task: Task, tools: Tools) -> int:
    left = min(_SHARE_OF_TIME * tools.seconds_left, _LONGEST)
    needed = rows_needed(_spent(task.promise))
    fits = wanted if each * wanted <= left else int(left / each)
    if fits < needed:
        raise InputError(
            f"An answer takes {each:.1f} s, so the time left is enough for {fits} judged rows; "
            f"{needed} are needed."
        )
    return max(fits, _FIRST)


async def _give_up_if_hopeless(rows: Sequence[Row], drafts: Sequence[Draft], tools: Tools) -> None:
    right = await _compare(rows, drafts, tools)
    hits, total = int(right.sum()), len(right)
    if total >= _FIRST and upper_bound(hits, total, 0.05) < _HOPELESS:
        raise InputError(f"Only {hits} of its first {total} answers are the teacher's.")


async def _compare(rows: Sequence[Row], drafts: Sequence[Draft], tools: Tools) -> Flags:
    pairs = [
        (row.text, draft.said or "{}", row.label) for row, draft in zip(rows, drafts, strict=True)
    ]
    wrote = np.array([bool(draft.said) for draft in drafts], dtype=bool)
    return (await tools.compare(pairs)) & wrote


def _learn(
    pen: Pen,
    rows: Sequence[Row],
    drafts: Sequence[Draft],
    right: Flags,
    task: Task,
    tools: Tools,
    *,
    each: float,
) -> Trained:
    vectors = tools.embed([row.text for row in rows])
    written = [
        pen.examples.describe(
            row.text,
            draft.said,
            draft.logprobs,
            pen.examples.nearest(vector, without=frozenset({row.group})),
        )
        for row, draft, vector in zip(rows, drafts, vectors, strict=True)
    ]
    folds = [fold_of(row.group, folds=FOLDS, seed=task.seed) for row in rows]
    verifier, margin = learn_verifier(written, right, folds, tools.same)
    judged = Judged(
        tuple(row.id for row in rows), margin, ~right, tuple(one.said for one in written)
    )
    model = _model(pen, verifier, task, tools)
    note: JsonObject = {
        "model": pen.chat.name,
        "right": round(float(right.mean()), 4),
        "seconds_each": round(each, 3),
        "tokens_in": round(float(np.mean([draft.tokens_in for draft in drafts]))),
        "tokens_out": round(float(np.mean([draft.tokens_out for draft in drafts]))),
    }
    return Trained(model, judged, len(pen.examples.ids), note=note)


def _model(pen: Pen, verifier: Verifier, task: Task, tools: Tools) -> GenerativeModel:
    return GenerativeModel(
        pen.rung,
        pen.recipe,
        pen.examples,
        verifier,
        pen.chat.name,
        tools.embed,
        tools.space,
        tools.chat,
        task.same,
        pen.adapter,
    )


async def local_model(tools: Tools, name: str | None = None) -> ChatModel:
    """A model of this machine; raises PantheonError where there is none."""
    if tools.chat is None:
        raise InputError("No local language model may be asked.")
    return await tools.chat(name)
