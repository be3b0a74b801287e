"""Mistakes as data: where, the excerpt, the rule, the fix; and how they are shown.

Text that comes from a file is made harmless here: no control character reaches a terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.errors import SpecError, Where
from pantheon.ids import Json, JsonObject

Severity: TypeAlias = Literal["error", "warning", "info"]
Style: TypeAlias = Literal[
    "where", "error", "warning", "info", "message", "frame", "source", "caret", "fix"
]

_MAX_TOLD = 1_000
_WIDTH = 110
"""Columns of a source line that are shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of the file, and which part of it is meant."""

    line: int
    text: str
    start: int
    """Offset into `text`, from 0."""
    length: int
    """At least 1."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake (or one doubt) about what the user wrote."""

    code: str
    """Stable name of the rule, e.g. `unknown-key`."""
    message: str
    """The rule that is broken, as a sentence that names the thing."""
    where: Where
    fix: str
    """What to do, e.g. `did you mean "tiers"?`."""
    excerpt: Excerpt | None = None
    severity: Severity = "error"

    def segments(self) -> list[tuple[Style, str]]:
        """The rendered text in order, each piece with what it is, so that it can be coloured."""
        head: list[tuple[Style, str]] = [
            ("where", f"{_harmless(str(self.where))}: "),
            (self.severity, f"{self.severity}[{self.code}]"),
            ("message", f": {_harmless(self.message)}\n"),
        ]
        gutter = " " * len(str(self.where.line))
        return [*head, *self._picture(gutter), ("fix", f"{gutter} = fix: {_harmless(self.fix)}")]

    def _picture(self, gutter: str) -> list[tuple[Style, str]]:
        if self.excerpt is None:
            return []
        text, padding, length = _clip(self.excerpt)
        return [
            ("frame", f"{gutter} |\n{self.excerpt.line} | "),
            ("source", f"{text}\n"),
            ("frame", f"{gutter} | "),
            ("caret", f"{' ' * padding}{'^' * length}\n"),
        ]

    def render(self) -> str:
        """Plain text, as a compiler would print it."""
        return "".join(text for _, text in self.segments())

    def to_json(self) -> JsonObject:
        """For `--json`: code, severity, message, fix, file, line, column, excerpt."""
        excerpt: Json = None
        if self.excerpt is not None:
            start, length = self.excerpt.start, self.excerpt.length
            excerpt = {"text": self.excerpt.text, "start": start, "length": length}
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "fix": self.fix,
            "file": self.where.file,
            "line": self.where.line,
            "column": self.where.column,
            "excerpt": excerpt,
        }


def _harmless(text: str) -> str:
    """Without characters that could steer a terminal or reorder the line."""
    return "".join(c if c == " " or not _steers(c) else _visible(c) for c in text)


def _steers(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _visible(character: str) -> str:
    return " " if character in "\t\n" else "\N{REPLACEMENT CHARACTER}"


def _clip(excerpt: Excerpt) -> tuple[str, int, int]:
    """The part of the line that is shown, the columns before the caret, the caret's columns."""
    first = max(0, excerpt.start - _WIDTH // 2) if len(excerpt.text) > _WIDTH else 0
    shown = _harmless(excerpt.text[first : first + _WIDTH])
    before = shown[: excerpt.start - first]
    meant = shown[excerpt.start - first : excerpt.start - first + excerpt.length]
    lead = "…" if first else ""
    tail = "…" if len(excerpt.text) > first + _WIDTH else ""
    return f"{lead}{shown}{tail}", _columns(lead + before), max(1, _columns(meant))


def _columns(text: str) -> int:
    """Terminal columns: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


class InvalidProject(SpecError):
    """What the user wrote does not validate; `diagnostics` holds every mistake, in file order.

    Beyond a thousand they are only counted: nobody reads them, and a file may hold a million.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        found = sort_diagnostics(diagnostics)
        first = next(d for d in found if d.severity == "error")
        self.errors = sum(d.severity == "error" for d in found)
        self.diagnostics = found if len(found) <= _MAX_TOLD else (first, *found[: _MAX_TOLD - 1])
        more = f" ({self.errors - 1:,} more)" if self.errors > 1 else ""
        super().__init__(f"{first.message}{more}", hint=first.fix, where=first.where)

    def render(self) -> str:
        """Every diagnostic as plain text, with a last line that counts them."""
        total = f"{self.errors:,} mistake{'s' if self.errors > 1 else ''} found."
        return "\n\n".join([*(d.render() for d in self.diagnostics), total])

    def to_json(self) -> JsonObject:
        """For `--json`."""
        return {"diagnostics": [d.to_json() for d in self.diagnostics]}


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the files' lines, each mistake once."""
    distinct = dict.fromkeys(diagnostics)
    return tuple(
        sorted(distinct, key=lambda d: (d.where.file, d.where.line, d.where.column, d.code))
    )
