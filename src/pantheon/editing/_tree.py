"""What stands where in a YAML text: every value with its exact stretch, aliases as aliases.

Made from libyaml's events. Nothing is resolved, merged or converted; `pantheon.spec` says what a
text means, this only says where its parts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from pantheon.editing._spell import is_plain
from pantheon.errors import InputError, Where

Spot: TypeAlias = tuple[int, int]
"""Line and column, both from 0."""
Kind: TypeAlias = Literal["scalar", "alias", "mapping", "sequence"]
_DEEPEST = 64
"""Levels of nesting; the loader reads no more either."""


@dataclass(slots=True)
class Piece:
    """A value as written."""

    kind: Kind
    start: Spot
    end: Spot
    """Just behind it; of a block collection, behind its last value."""
    flow: bool = False
    """Written in brackets."""
    style: str = ""
    """Of a scalar: empty, a quote, `|` or `>`."""
    value: str = ""
    """Of a scalar: its text."""
    mark: str = ""
    """Its anchor and its tag."""
    children: list[Piece] = field(default_factory=list["Piece"])
    """Items; of a mapping key, value, key, value, …"""

    @property
    def pairs(self) -> Iterator[tuple[Piece, Piece]]:
        """Keys with their values."""
        return zip(self.children[::2], self.children[1::2], strict=True)

    def get(self, key: str) -> Piece | None:
        """The value of a key."""
        return next((value for name, value in self.pairs if name.value == key), None)

    def all(self) -> Iterator[Piece]:
        """Itself and everything in it, in the order written."""
        waiting: list[Piece] = [self]
        while waiting:
            piece = waiting.pop()
            yield piece
            waiting.extend(reversed(piece.children))

    @property
    def meaning(self) -> list[tuple[str, str, str, str, int]]:
        """All that may not change when only the layout does; the number says what is in what."""
        return [(p.kind, p.taken_as, p.value, p.mark, len(p.children)) for p in self.all()]

    @property
    def taken_as(self) -> str:
        """What a reader goes by: a text, a text in a block, or what plain characters stand for."""
        quoted = self.style in {"'", '"'} or (not self.style and is_plain(self.value))
        return "text" if quoted else self.style

    @property
    def block(self) -> bool:
        """Whether it is a collection whose parts stand on lines of their own."""
        return self.kind in {"mapping", "sequence"} and not self.flow


def parse(text: str, name: str = "the text") -> Piece | None:
    """The one document of a text; None when it is empty.

    Raises:
        InputError: it is not YAML, or holds several documents; `pantheon validate` says more.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _read(cast("Any", yaml).parse(text, Loader=loader), name)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        where = Where(name, mark.line + 1, mark.column + 1) if mark is not None else None
        told = getattr(error, "problem", None) or getattr(error, "reason", None)
        problem = told or type(error).__name__
        raise InputError(
            f"{name} is not valid YAML: {problem}.",
            hint="`pantheon validate` says how to mend it.",
            where=where,
        ) from None


def _read(events: Any, name: str) -> Piece | None:
    roots: list[Piece] = []
    open_pieces: list[Piece] = []
    for event in events:
        kind = type(event).__name__
        if kind in {"MappingEndEvent", "SequenceEndEvent"}:
            _close(open_pieces.pop(), event)
            continue
        if (piece := _piece(kind, event)) is None:
            continue
        (open_pieces[-1].children if open_pieces else roots).append(piece)
        if kind.endswith("StartEvent"):
            open_pieces.append(piece)
            if len(open_pieces) > _DEEPEST:
                where = Where(name, piece.start[0] + 1, piece.start[1] + 1)
                message = f"{name} is nested more than {_DEEPEST} deep."
                raise InputError(message, hint="Nest less.", where=where)
    if len(roots) > 1:
        raise InputError(f"{name} holds {len(roots)} documents.", hint="Keep one of them.")
    return roots[0] if roots else None


def _piece(kind: str, event: Any) -> Piece | None:
    start, end = _spot(event.start_mark), _spot(event.end_mark)
    match kind:
        case "ScalarEvent":
            style = event.style or ""
            return Piece("scalar", start, end, style=style, value=event.value, mark=_mark(event))
        case "AliasEvent":
            return Piece("alias", start, end, value=str(event.anchor))
        case "MappingStartEvent" | "SequenceStartEvent":
            name: Kind = "mapping" if kind.startswith("Mapping") else "sequence"
            return Piece(name, start, end, flow=bool(event.flow_style), mark=_mark(event))
        case _:
            return None


def _mark(event: Any) -> str:
    return " ".join(str(part) for part in (event.anchor, event.tag) if part)


def _close(piece: Piece, event: Any) -> None:
    """The end of a block is where its last value ends: what follows belongs to somebody else."""
    if piece.flow:
        piece.end = _spot(event.end_mark)
    elif piece.children:
        piece.end = max(child.end for child in piece.children)


def _spot(mark: Any) -> Spot:
    return int(mark.line), int(mark.column)


_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def lines_of(text: str) -> list[str]:
    """The lines as YAML counts them, without their ends."""
    return _BREAKS.split(text.removeprefix("\ufeff"))
