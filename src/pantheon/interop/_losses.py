"""What a format cannot hold: found on the way, kept in order, each thing once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pantheon.ids import JsonObject


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that is not in what came out, and what became of it."""

    where: str
    """The definition that has it: `agents.triage`, `flows.support.nodes.reply`."""
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def to_json(self) -> JsonObject:
        """For programs."""
        return {"where": self.where, "message": self.message}


@dataclass(frozen=True, slots=True)
class Carried:
    """A text in another format, and what it lacks."""

    text: str
    losses: tuple[Loss, ...] = ()


@dataclass(slots=True)
class Losses:
    """Collects losses."""

    found: dict[Loss, None] = field(default_factory=dict[Loss, None])

    def add(self, where: str, message: str) -> None:
        """Name one; the same is named once."""
        self.found[Loss(where, message)] = None

    def at(self, where: str) -> Callable[[str], None]:
        """What names losses of one definition."""
        return lambda message: self.add(where, message)

    def listed(self) -> tuple[Loss, ...]:
        """All of them, in the order in which they were found."""
        return tuple(self.found)
