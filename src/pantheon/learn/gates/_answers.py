"""What a model said of some rows, and whether that was right: all that gates look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from pantheon.learn._rows import Flags

if TYPE_CHECKING:
    from pantheon.learn._rows import Prediction, Row

Same: TypeAlias = Callable[[str, str], bool]
"""Whether two outputs, canonical JSON, count as the same."""


class Answering(Protocol):
    """A model that answers many texts at once."""

    def answer(self, texts: Sequence[str]) -> Sequence[Prediction]:
        """One prediction a text, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said of some rows.

    - local: shape (n,), whether it would answer the row here
    - said: its n outputs, canonical JSON; what it says of rows it leaves to others is not looked at
    """

    local: Flags
    said: tuple[str, ...]

    @classmethod
    def nothing(cls, rows: int) -> Answers:
        """An empty slot: every row goes on to the next tier."""
        return cls(np.zeros(rows, dtype=bool), ("",) * rows)

    @classmethod
    def of(cls, predictions: Sequence[Prediction]) -> Answers:
        """What was predicted, a row each."""
        local = np.array([p.accepted for p in predictions], dtype=bool)
        return cls(local, tuple(p.label for p in predictions))

    def pick(self, places: Sequence[int]) -> Answers:
        """The answers to some of the rows."""
        return Answers(self.local[list(places)], tuple(self.said[place] for place in places))

    def judge(self, rows: Sequence[Row], same: Same) -> Outcome:
        """Compare with the rows' labels."""
        if not len(rows) == len(self.said) == len(self.local):
            raise ValueError("answers and rows differ in number")
        pairs = zip(self.local.tolist(), self.said, rows, strict=True)
        wrong = [local and not same(said, row.label) for local, said, row in pairs]
        return Outcome(self.local, np.array(wrong, dtype=bool))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shape (n,) each: answered here; answered here unlike the teacher."""

    local: Flags
    wrong: Flags

    @property
    def right(self) -> Flags:
        """Answered here, like the teacher: what a specialist is for."""
        return self.local & ~self.wrong


def ask(model: Answering | None, rows: Sequence[Row]) -> Answers:
    """What a model says of rows; None is an empty slot."""
    if model is None or not rows:
        return Answers.nothing(len(rows))
    return Answers.of(model.answer([row.text for row in rows]))
