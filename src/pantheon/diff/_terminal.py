"""A diff for the terminal, in pieces that each say what they are, so that they can be coloured."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from pantheon.diff._model import (
    Capability,
    Change,
    CodeChange,
    ContractNote,
    DefinitionDiff,
    Diff,
    Direction,
    Word,
)
from pantheon.diff._phrases import (
    MARKS,
    changes_by_topic,
    code_head,
    code_lines,
    describe_consequence,
    first_callers,
    head_of,
    items_of,
    learned_lines,
    listing,
    summary,
    value_text,
)
from pantheon.draw import Segment, Style, text_segments
from pantheon.text import scrub

Lines = Iterator[list[Segment]]
WIDTH = 100
_INDENT: Segment = ("plain", "        ")
_CONTEXT = 48
"""Characters of unchanged text around a change."""


def render_text(diff: Diff, *, width: int = WIDTH, ascii_only: bool = False) -> str:
    """The whole diff as plain text."""
    lines = diff_segments(diff, width=width, ascii_only=ascii_only)
    return "\n".join("".join(text for _, text in line).rstrip() for line in lines)


def diff_segments(
    diff: Diff, *, width: int = WIDTH, ascii_only: bool = False, graphs: bool = True
) -> list[list[Segment]]:
    """The same, line by line, each piece with its style; `graphs`: with changed flows drawn."""
    painter = _Painter(max(width, 40), ascii_only, graphs)
    return [
        [_finish(piece, ascii_only=ascii_only) for piece in line] for line in painter.diff(diff)
    ]


_ASCII = str.maketrans({"→": ">", "−": "-", "…": "~", "⚠": "!"})


def _finish(piece: Segment, *, ascii_only: bool) -> Segment:
    """A piece that is harmless, and plain where it must be."""
    style, text = piece
    return style, scrub(text).translate(_ASCII) if ascii_only else scrub(text)


class _Painter:
    def __init__(self, width: int, ascii_only: bool, graphs: bool) -> None:
        self.width = width
        self.ascii_only = ascii_only
        self.graphs = graphs
        self.callers: dict[CodeChange, str] = {}

    def diff(self, diff: Diff) -> Lines:
        self.callers = first_callers(diff)
        yield [("strong", f"{diff.before} → {diff.after}"), ("quiet", f"   {summary(diff)}")]
        for definition in diff.definitions:
            yield []
            yield from self.definition(definition)

    def definition(self, definition: DefinitionDiff) -> Lines:
        mark, style = MARKS[definition.state]
        yield [
            (style, f"{mark} {definition.kind} "),
            ("strong", definition.name),
            *head_of(definition),
        ]
        if definition.used_by:
            yield from self.wrapped(f"in {listing(definition.used_by)}", "quiet", indent=4)
        yield from self.capabilities(definition.capabilities)
        yield from self.contract(definition.contract, definition)
        for head, changes in changes_by_topic(definition):
            yield from self.section(head)
            for change in changes:
                yield from self.change(change)
        yield from self.code(definition)
        if definition.learned is not None:
            yield from self.section("What it learned")
            for line in learned_lines(definition.learned, self.width - 6):
                yield [("plain", f"      {line}")]
        if definition.picture is not None and self.graphs:
            yield from self.section("Graph")
            drawn = text_segments(
                definition.picture, width=self.width - 6, ascii_only=self.ascii_only
            )
            for line in drawn:
                yield [_INDENT, *line]

    def code(self, definition: DefinitionDiff) -> Lines:
        """Source files; the lines of one that several definitions call are shown once."""
        width = self.width - 8
        if definition.code:
            yield from self.section("Code")
        for change in definition.code:
            mark, style = MARKS[change.state]
            yield [(style, f"      {mark} {change.path}"), ("quiet", f"   {code_head(change)}")]
            first = self.callers[change]
            if first != definition.name:
                yield [_INDENT, ("quiet", f"as in {first}, above")]
                continue
            for line_style, line in code_lines(change):
                whole = line.expandtabs(4)
                for at in range(0, len(whole) or 1, width):
                    yield [_INDENT, (line_style, whole[at : at + width])]

    def section(self, head: str) -> Lines:
        yield [("quiet", f"    {head}")]

    def capabilities(self, capabilities: Sequence[Capability]) -> Lines:
        told: tuple[tuple[Direction, str, str, Style], ...] = (
            ("more", "May do more", "+", "added"),
            ("other", "Also", "~", "changed"),
            ("less", "May do less", "−", "removed"),
        )
        for direction, head, mark, style in told:
            group = [c for c in capabilities if c.direction == direction]
            if group:
                yield from self.section(head)
            for capability in group:
                yield from self.wrapped(f"{mark} {capability.words}", style)

    def contract(self, notes: Iterable[ContractNote], definition: DefinitionDiff) -> Lines:
        listed = [*notes]
        if listed or definition.consequences:
            yield from self.section("Contract")
        for note in listed:
            style: Style = "removed" if note.breaking else "plain"
            yield from self.wrapped(f"{'⚠' if note.breaking else ' '} {note.words}", style)
        for consequence in definition.consequences:
            style = "changed" if consequence.adapted else "removed"
            yield from self.wrapped(f"⚠ {describe_consequence(consequence)}", style)

    def wrapped(self, text: str, style: Style, *, indent: int = 6) -> Lines:
        rows = textwrap.wrap(text, self.width - indent, subsequent_indent="  ") or [""]
        for row in rows:
            yield [(style, f"{' ' * indent}{row}")]

    # ------------------------------------------------------------------------------ changes

    def change(self, change: Change) -> Lines:
        if change.words:
            yield [("plain", f"      {change.path}")]
            yield from self.words(change.words)
            return
        items = items_of(change)
        if items is not None:
            yield [("plain", f"      {change.path}   "), *self.items(*items)]
        elif change.state == "changed":
            yield from self.moved(change)
        else:
            mark, style = MARKS[change.state]
            value = change.after if change.state == "added" else change.before
            yield from self.wrapped(f"{mark} {change.path}   {value_text(value)}", style)

    def moved(self, change: Change) -> Lines:
        before, after = value_text(change.before), value_text(change.after)
        if len(change.path) + len(before) + len(after) + 16 <= self.width:
            head: Segment = ("plain", f"      {change.path}   ")
            yield [head, ("removed", before), ("plain", " → "), ("added", after)]
            return
        yield [("plain", f"      {change.path}")]
        yield from self.wrapped(f"  − {before}", "removed")
        yield from self.wrapped(f"  + {after}", "added")

    def items(self, gone: list[str], come: list[str]) -> Iterator[Segment]:
        for at, item in enumerate(gone):
            yield ("removed", f"{'  ' if at else ''}−{item}")
        for at, item in enumerate(come):
            yield ("added", f"{'  ' if at or gone else ''}+{item}")

    def words(self, words: tuple[Word, ...]) -> Lines:
        """Changed words with a little of what stands around them, wrapped as one text."""
        line: list[Segment] = [_INDENT]
        used = 1
        for style, text in _pieces(words):
            for part in _breakable(text):
                if part == "\n" or used + len(part) > self.width - 10:
                    yield line
                    line, used = [_INDENT], 0
                line.append((style, part.lstrip() if used == 0 else part))
                used += len(part)
        yield line


def _pieces(words: tuple[Word, ...]) -> Iterator[Segment]:
    for at, word in enumerate(words):
        if word.state == "added":
            yield ("added", f"{{+{word.text}+}}")
        elif word.state == "removed":
            yield ("removed", f"[-{word.text}-]")
        else:
            yield ("quiet", _shorten(word.text, first=at == 0, last=at == len(words) - 1))


def _shorten(text: str, *, first: bool, last: bool) -> str:
    """Unchanged text, with its middle left out, or what is far from any change."""
    if first and last:
        return text
    limit = _CONTEXT if first or last else 2 * _CONTEXT
    if len(text) <= limit + 8:
        return text
    if first:
        return f"… {_tail(text)}"
    return f"{_head(text)} …" if last else f"{_head(text)} … {_tail(text)}"


def _head(text: str) -> str:
    return text[: text.rfind(" ", 0, _CONTEXT) if " " in text[:_CONTEXT] else _CONTEXT]


def _tail(text: str) -> str:
    at = text.find(" ", len(text) - _CONTEXT)
    return text[at + 1 if at >= 0 else len(text) - _CONTEXT :]


def _breakable(text: str) -> Iterator[str]:
    """Words with the space after them; line ends by themselves."""
    for number, line in enumerate(text.split("\n")):
        if number:
            yield "\n"
        yield from (word for word in line.replace(" ", " \0").split("\0") if word)
