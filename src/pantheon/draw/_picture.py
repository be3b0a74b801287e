"""What a drawing shows, before it has a size: figures, what joins them, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["same", "added", "removed", "changed"]
Shape: TypeAlias = Literal[
    "input", "output", "agent", "flow", "frame", "merge", "plan", "wait", "part", "condition"
]
LinkKind: TypeAlias = Literal["data", "condition", "review", "after", "fallback", "order"]

MARKS: dict[Status, str] = {"same": "", "added": "+", "removed": "−", "changed": "~"}
"""A sign for each status, so that colour never carries meaning alone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line in a figure."""

    text: str
    code: bool = False
    """Part of the language of flows rather than prose."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is drawn; `inside` is drawn within its frame."""

    id: str
    """Unique in its picture; never shown."""
    shape: Shape
    title: str
    lines: tuple[Line, ...] = ()
    repeated: bool = False
    """Once for each item of a list."""
    status: Status = "same"
    inside: Picture | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow from one figure to another, by their ids."""

    source: str
    target: str
    kind: LinkKind = "data"
    label: str = ""
    status: Status = "same"

    @property
    def dotted(self) -> bool:
        """Whether no data goes along it in the ordinary course of things."""
        return self.kind in {"after", "fallback"}


@dataclass(frozen=True, slots=True)
class Picture:
    """Figures and links, in the order in which they were written."""

    name: str
    figures: tuple[Figure, ...]
    links: tuple[Link, ...]

    @property
    def changed(self) -> bool:
        """Whether anything in it was added, removed or changed."""
        return any(part.status != "same" for part in (*self.figures, *self.links)) or any(
            figure.inside.changed for figure in self.figures if figure.inside
        )


def count_statuses(picture: Picture) -> dict[Status, int]:
    """How many figures there are of each status, those inside of others too."""
    counts: dict[Status, int] = dict.fromkeys(MARKS, 0)
    for figure in picture.figures:
        counts[figure.status] += 1
        for status, count in count_statuses(figure.inside).items() if figure.inside else ():
            counts[status] += count
    return counts
