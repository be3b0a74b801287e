"""What the linter finds, with the edit that would mend it and the reason why it is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from pantheon.ids import Json, JsonObject
from pantheon.spec import Diagnostic

Spot: TypeAlias = tuple[int, int]
"""Line and column, from 0."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of one file, and the text that takes its place."""

    file: str
    """As places name it."""
    start: Spot
    end: Spot
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake or doubt, as it is told and counted."""

    number: str
    diagnostic: Diagnostic
    edit: Edit | None = None
    """What would mend it without changing what the rest means."""
    ignored: str | None = None
    """Why it is left as it is; None: it counts."""
    in_source: bool = True
    """Where that is said: beside it, or for the whole project."""

    @property
    def counts(self) -> bool:
        """Whether it is told."""
        return self.ignored is None

    def render(self) -> str:
        """As a compiler would print it, the number before the name."""
        shown = replace(self.diagnostic, code=f"{self.number} {self.diagnostic.code}")
        return shown.render()

    def to_json(self) -> JsonObject:
        """For `--json`."""
        ignored: Json = self.ignored
        told: JsonObject = {"number": self.number, "fixable": self.edit is not None}
        return {**told, **self.diagnostic.to_json(), "ignored": ignored}
