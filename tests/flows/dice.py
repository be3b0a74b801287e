"""Random decisions that can be written down, repeated and made simpler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Decisions read from a tape; behind its end all are the simplest."""

    def __init__(self, tape: bytes) -> None:
        self._tape = iter(tape)

    def below(self, number: int) -> int:
        return next(self._tape, 0) % number

    def pick(self, options: Sequence[T]) -> T:
        """The first is the simplest."""
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def pick_some(self, options: Sequence[T], most: int) -> list[T]:
        """Different ones, in their order."""
        chosen = {self.below(len(options)) for _ in range(self.below(most + 1))} if options else ()
        return [options[i] for i in sorted(chosen)]
