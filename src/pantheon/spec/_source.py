"""What stands in a file, with the place of every key and value; and the collector of mistakes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from pantheon.errors import Where
from pantheon.ids import Json
from pantheon.spec._diagnostic import Diagnostic, Excerpt, Severity

_AROUND = 250
"""Characters of a very long line before a mistake that are told with it."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """A text file as it is named to the user."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one file; line and columns count from 0 here."""

    file: SourceFile
    line: int
    column: int
    length: int = 1

    @property
    def where(self) -> Where:
        """As users count: from 1."""
        return Where(self.file.name, self.line + 1, self.column + 1)

    @property
    def excerpt(self) -> Excerpt | None:
        """The line with the stretch, or what is near it; None where the file has no such line."""
        if not self.line < len(self.file.lines):
            return None
        text = self.file.lines[self.line]
        first = max(0, self.column - _AROUND) if len(text) > 4 * _AROUND else 0
        text = text[first : self.column + 3 * _AROUND] if len(text) > 4 * _AROUND else text
        start = min(self.column - first, len(text))
        return Excerpt(self.line + 1, text, start, max(1, min(self.length, 4 * _AROUND)))

    def part(self, start: int, end: int) -> Place:
        """A stretch inside this one."""
        return Place(self.file, self.line, self.column + start, max(1, end - start))


PYTHON = SourceFile("<python>", ())
UNPLACED = Place(PYTHON, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value; `text` as written, `inset` columns before the text starts when it is one line."""

    value: None | bool | int | float | str
    place: Place
    text: str
    inset: int | None = None
    """Offset of the text in the place (1 inside quotes); None where offsets cannot be told."""
    code: str | None = None
    """What to read where an expression is expected, if that is not the text: parameters that were
    filled in are literals there."""

    def part(self, start: int, end: int) -> Place:
        """Place of a piece of the text, or of the whole where that cannot be told."""
        if self.inset is None:
            return self.place
        return self.place.part(self.inset + start, self.inset + end)


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list."""

    items: tuple[Written, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key and its value."""

    key: Scalar
    value: Written


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping from text to values, in the order written."""

    entries: dict[str, Entry]
    place: Place

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def get(self, key: str) -> Written | None:
        """The value of a key."""
        entry = self.entries.get(key)
        return entry.value if entry else None

    def place_of(self, key: str) -> Place:
        """Where the key stands, or the table itself."""
        entry = self.entries.get(key)
        return entry.key.place if entry else self.place


Written: TypeAlias = Scalar | Items | Table


def to_json(written: Written) -> Json:
    """The bare value."""
    match written:
        case Scalar(value=value):
            return value
        case Items(items=items):
            return [to_json(item) for item in items]
        case Table(entries=entries):
            return {key: to_json(entry.value) for key, entry in entries.items()}


def from_json(value: Json, place: Place = UNPLACED) -> Written:
    """A value made in Python, as if written at one place."""
    if isinstance(value, list):
        return Items(tuple(from_json(item, place) for item in value), place)
    if isinstance(value, dict):
        entries = {
            key: Entry(Scalar(key, place, key), from_json(item, place))
            for key, item in value.items()
        }
        return Table(entries, place)
    return Scalar(value, place, value if isinstance(value, str) else str(value))


def describe(written: Written) -> str:
    """What kind of thing stands there, for messages."""
    match written:
        case Table():
            return "a mapping"
        case Items(items=()):
            return "an empty list"
        case Items():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return "true or false"
        case Scalar(value=str()):
            return "text"
        case Scalar():
            return "a number"


@dataclass(slots=True)
class Findings:
    """Collects mistakes so that the user sees all of them at once."""

    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])
    _counted: int = 0
    _errors: int = 0

    def error(self, code: str, place: Place, message: str, fix: str) -> None:
        """Record a mistake."""
        self._add(code, place, message, fix=fix, severity="error")

    def warn(self, code: str, place: Place, message: str, fix: str) -> None:
        """Record a doubt: the project still loads."""
        self._add(code, place, message, fix=fix, severity="warning")

    def _add(self, code: str, place: Place, message: str, *, fix: str, severity: Severity) -> None:
        found = Diagnostic(code, message, place.where, fix, place.excerpt, severity)
        self.diagnostics.append(found)

    @property
    def errors(self) -> int:
        """How many mistakes there are; doubts do not count."""
        new = self.diagnostics[self._counted :]
        self._counted += len(new)
        self._errors += sum(d.severity == "error" for d in new)
        return self._errors

    @property
    def failed(self) -> bool:
        """Whether any mistake was found."""
        return self.errors > 0


def _starts(option: str, name: str) -> bool:
    """Whether a name is the option, or its first letters, three at least."""
    return len(name) > 2 and option.startswith(name)


def _equally_near(name: str, first: str, second: str) -> bool:
    """Whether nothing says which of two names was meant."""
    one, other = (difflib.SequenceMatcher(None, option, name).ratio() for option in (first, second))
    return abs(one - other) < 0.01


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A fix for a misspelt name: the nearest known one, else `otherwise`, else the whole list."""
    options = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, options, 2, 0.6)
    if len(near) == 2 and not _equally_near(name, *near):
        near = near[:1]
    if not near:
        plain = name.lower().replace("_", "").replace("-", "")
        found = [o for o in options if _starts(o.lower().replace("_", "").replace("-", ""), plain)]
        near = found if len(found) == 1 else []
    if near:
        return f"did you mean {' or '.join(f'`{one}`' for one in near)}?"
    if otherwise or not options:
        return otherwise or "there is none to choose from"
    listed = ", ".join(f"`{option}`" for option in options[:12])
    return f"use one of: {listed}{', …' if len(options) > 12 else ''}"
