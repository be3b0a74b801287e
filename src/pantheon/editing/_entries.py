"""Entries of mappings and items of lists, replaced, added and cut out where they stand.

None of it looks at what comes of it; who calls compares what the text means before and after.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pantheon.editing._spell import spell
from pantheon.editing._tree import Piece, Spot, lines_of

_COLON = re.compile(r"\s*:(?=\s|$|[\[{\"',}\]])")


def replace(text: str, parent: Piece, key: str | int, spelled: str) -> str:
    """The text with another value for a key, or an item; a comment behind it stays."""
    lines = lines_of(text)
    owner, value = find(parent, key)
    if parent.flow:
        return _splice(lines, value.start, value.end, spelled)
    line, column = _stem(lines, parent, owner)
    there = value.start != value.end
    if there and value.start[0] == line and not _is_long(value):
        return _splice(lines, value.start, value.end, spelled)
    first, last = (_first_line(value), last_line(lines, value)) if there else (line, line)
    comment = "" if value.block and first == line else _comment_behind(lines[line][column:])
    new = f"{lines[line][:column]} {spelled}{comment}"
    kept = lines[line + 1 : first]
    return "\n".join([*lines[:line], new, *kept, *lines[max(line, last) + 1 :]])


def insert(text: str, mapping: Piece, key: str, spelled: str) -> str:
    """The text with one key more, behind the last one."""
    lines = lines_of(text)
    entry = f"{spell(key)}: {spelled}"
    if mapping.flow:
        if not mapping.children:
            line, column = mapping.end
            return _splice(lines, (line, column - 1), (line, column - 1), entry)
        end = mapping.children[-1].end
        return _splice(lines, end, end, f", {entry}")
    owner, value = mapping.children[-2:]
    last = max(owner.end[0], last_line(lines, value))
    indent = " " * mapping.children[0].start[1]
    return "\n".join([*lines[: last + 1], f"{indent}{entry}", *lines[last + 1 :]])


def cut(text: str, parent: Piece, key: str | int) -> str:
    """The text without an entry or item."""
    lines = lines_of(text)
    owner, value = find(parent, key)
    if parent.flow:
        return _cut_from_brackets(lines, owner, value)
    line, column = owner.start if parent.kind == "mapping" else _dash(lines, owner)
    last = max(owner.end[0], last_line(lines, value))
    before = lines[line][:column]
    if not before.strip():
        return "\n".join([*lines[:line], *lines[last + 1 :]])
    # It is the first behind a dash: the next one takes its place there.
    rest = list(lines[last + 1 :])
    head = next((n for n, text in enumerate(rest) if text.strip() and text.strip()[0] != "#"), 0)
    above = [f"{' ' * (len(before) - len(before.lstrip()))}{text.strip()}" for text in rest[:head]]
    moved = [f"{before}{rest[head][column:]}"] if rest else []
    return "\n".join([*lines[:line], *above, *moved, *rest[head + 1 :]])


def find(parent: Piece, key: str | int) -> tuple[Piece, Piece]:
    """Key and value; of an item, twice the item."""
    if parent.kind == "mapping":
        return next((k, v) for k, v in parent.pairs if k.value == str(key))
    item = parent.children[int(key)]
    return item, item


def last_line(lines: Sequence[str], value: Piece) -> int:
    """The last line of a value that is not blank."""
    line, column = value.end
    last = min(line if column or line == value.start[0] else line - 1, len(lines) - 1)
    while last > value.start[0] and not lines[last].strip():
        last -= 1
    return last


# ------------------------------------------------------------------------------------ where


def _is_long(value: Piece) -> bool:
    """Whether it takes lines of its own below its key."""
    return value.block or value.style in {"|", ">"}


def _first_line(value: Piece) -> int:
    """The line of its first part; an anchor may stand on one above."""
    return (value.children[0] if value.children else value).start[0]


def _stem(lines: Sequence[str], parent: Piece, owner: Piece) -> Spot:
    """Just behind the colon of a key, or the dash of an item."""
    if parent.kind == "sequence":
        line, column = _dash(lines, owner)
        return line, column + 1
    line, column = owner.end
    match = _COLON.match(lines[line], column)
    return line, match.end() if match else column


def _dash(lines: Sequence[str], item: Piece) -> Spot:
    """Where the dash of an item stands."""
    line, column = item.start
    place = lines[line].rfind("-", 0, column)
    if lines[line][column : column + 1] == "-" and not lines[line][:column].strip():
        place = column  # an item of nothing
    return line, max(place, 0)


def _comment_behind(rest: str) -> str:
    """The comment at the end of a line, with the spaces before it."""
    match = re.search(r"\s+#.*$", rest)
    return match[0].rstrip() if match else ""


def _splice(lines: Sequence[str], start: Spot, end: Spot, text: str) -> str:
    (first, column), (last, stop) = start, end
    before, after = lines[first][:column], lines[last][stop:]
    gap = " " if before.endswith(":") else ""
    new = f"{before}{gap}{text}{after}"
    return "\n".join([*lines[:first], new, *lines[last + 1 :]])


def _cut_from_brackets(lines: Sequence[str], owner: Piece, value: Piece) -> str:
    """An entry goes with the comma behind it; the last one with the comma before it."""
    end = max(owner.end, value.end)
    behind = re.match(r"\s*,\s*", lines[end[0]][end[1] :])
    if behind:
        return _splice(lines, owner.start, (end[0], end[1] + behind.end()), "")
    line, column = owner.start
    before = re.search(r",\s*$", lines[line][:column])
    return _splice(lines, (line, before.start() if before else column), end, "")
