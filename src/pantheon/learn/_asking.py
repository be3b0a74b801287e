"""What a model says of rows, whether it is a table or a language model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pantheon.errors import Busy, PantheonError, StoreFault
from pantheon.learn._rows import Prediction, Row
from pantheon.learn._rung import RungModel, Sameness, Tools
from pantheon.learn.gates._answers import Answers

if TYPE_CHECKING:
    from pantheon.agents import Request


@runtime_checkable
class Generative(Protocol):
    """A model that writes its answers: slow, so it is asked one by one, and may be awaited."""

    async def ask(self, text: str, request: Request) -> Prediction:
        """Answer one text."""
        ...


WRITTEN = 150
"""Rows at a time that a model which writes its answers is asked at night: minutes, not hours."""


def most_rows(*models: RungModel | None) -> int | None:
    """How many rows these may be asked at a time; None: any number."""
    return WRITTEN if any(isinstance(model, Generative) for model in models) else None


async def predict(model: RungModel, texts: Sequence[str]) -> list[Prediction]:
    """One prediction a text, in order."""
    if isinstance(model, Generative):
        from pantheon.agents import Request

        return [await _write(model, text, Request()) for text in texts]  # one engine, one queue
    return list(model.answer(texts))


async def _write(model: Generative, text: str, request: Request) -> Prediction:
    """What a model cannot write goes on to the next tier, as it will in service."""
    from pantheon.models import ModelFailure

    try:
        return await model.ask(text, request)
    except (StoreFault, Busy):
        raise
    except (ModelFailure, PantheonError):
        return Prediction("{}", 0.0, accepted=False, nearest=())


async def ask_rows(model: RungModel | None, rows: Sequence[Row]) -> Answers:
    """Put rows to a model; None leaves everything to the next tier."""
    if model is None or not rows:
        return Answers.nothing(len(rows))
    return Answers.of(await predict(model, [row.text for row in rows]))


async def judged_sameness(
    rows: Sequence[Row], answers: Sequence[Answers | None], tools: Tools
) -> Sameness:
    """The contract's equality with a judge's verdicts on these answers built in."""
    pairs = [
        (row.text, said, row.label)
        for given in answers
        if given is not None
        for row, said, local in zip(rows, given.said, given.local.tolist(), strict=True)
        if local
    ]
    verdicts = (await tools.compare(pairs)).tolist()
    known = {(left, right): same for (_, left, right), same in zip(pairs, verdicts, strict=True)}

    def same(left: str, right: str) -> bool:
        verdict = known.get((left, right))
        return tools.same(left, right) if verdict is None else verdict

    return same
