"""Setting and removing single values in a YAML text; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from pantheon.editing._spell import spell
from pantheon.editing._tree import Piece, Spot, lines_of, parse
from pantheon.errors import InputError
from pantheon.ids import Json, JsonObject

Path: TypeAlias = Sequence[str | int]
"""Keys, and numbers of items from 0: `("agents", "triage", "tiers", 0)`."""


def set_value(text: str, path: Path, value: Json) -> str:
    """The text with a value at a path; a key that is missing is put behind its neighbours.

    Raises:
        InputError: the text is not YAML, or a part of the path is no mapping or list.
    """
    root = parse(text)
    if root is None:
        return _nested(path, value)
    spelled = spell(value)
    piece, rest = _follow(root, path)
    if not rest:
        return _replace(text, piece, spelled)
    if piece.kind != "mapping" or any(isinstance(part, int) for part in rest):
        raise InputError(
            f"There is no {rest[0]!r} in a {piece.kind}.", hint="Name a key of a mapping."
        )
    inner: Json = value
    for part in reversed(rest[1:]):
        outer: JsonObject = {str(part): inner}
        inner = outer
    return _insert(text, piece, str(rest[0]), spell(inner))


def remove(text: str, path: Path) -> str:
    """The text without a key, or an item of a list, and without the comment behind it.

    A text that has no such thing is returned as it is.
    """
    root = parse(text)
    if root is None or not path:
        return text
    parent, rest = _follow(root, path[:-1])
    if rest:
        return text
    found = _find_entry(parent, path[-1])
    return text if found is None else _cut(text, parent, *found)


def _nested(path: Path, value: Json) -> str:
    for part in reversed(path):
        outer: JsonObject = {str(part): value}
        value = outer
    return "".join(f"{key}: {spell(inner)}\n" for key, inner in _items(value))


def _items(value: Json) -> list[tuple[str, Json]]:
    return list(value.items()) if isinstance(value, dict) else []


def _follow(piece: Piece, path: Path) -> tuple[Piece, Path]:
    """The deepest value of a path that there is, and what is left of the path."""
    for number, part in enumerate(path):
        found = _find_entry(piece, part)
        if found is None:
            return piece, path[number:]
        piece = found[1]
    return piece, ()


def _find_entry(piece: Piece, part: str | int) -> tuple[Piece, Piece] | None:
    """Key and value (for items: twice the item)."""
    if piece.kind == "mapping":
        return next(((k, v) for k, v in piece.pairs if k.value == str(part)), None)
    if piece.kind == "sequence" and isinstance(part, int) and part < len(piece.children):
        item = piece.children[part]
        return item, item
    return None


# ------------------------------------------------------------------------------------ the text


def _offset(lines: Sequence[str], spot: Spot) -> int:
    line, column = spot
    return sum(len(text) + 1 for text in lines[:line]) + column


def _replace(text: str, piece: Piece, spelled: str) -> str:
    lines = lines_of(text)
    whole = "\n".join(lines)
    start, end = _offset(lines, piece.start), _offset(lines, piece.end)
    if piece.block and piece.children:
        # A block stands below its key; what replaces it stands beside the key.
        before = whole[:start].rstrip()
        return f"{before} {spelled}{whole[end:]}"
    if piece.style in {"|", ">"}:
        return f"{whole[:start]}{spelled}\n{whole[end:]}"
    gap = "" if not whole[:start] or whole[start - 1] in " [{,\n" else " "
    return f"{whole[:start]}{gap}{spelled}{whole[end:]}"


def _insert(text: str, mapping: Piece, key: str, spelled: str) -> str:
    lines = lines_of(text)
    whole = "\n".join(lines)
    entry = f"{spell(key)}: {spelled}"
    if mapping.flow:
        end = _offset(lines, mapping.end) - 1
        gap = ", " if mapping.children else ""
        return f"{whole[:end].rstrip()}{gap}{entry}{whole[end:]}"
    line, column = mapping.end
    last = line if column or line == mapping.start[0] else line - 1
    indent = " " * (mapping.children[0].start[1] if mapping.children else 0)
    return "\n".join([*lines[: last + 1], f"{indent}{entry}", *lines[last + 1 :]])


def _cut(text: str, parent: Piece, key: Piece, value: Piece) -> str:
    lines = lines_of(text)
    if parent.flow or lines[key.start[0]][: key.start[1]].strip(" -"):
        return _cut_from_brackets(lines, parent, key, value)
    first = key.start[0]
    last = value.end[0] if value.end[1] or value.end[0] == first else value.end[0] - 1
    return "\n".join([*lines[:first], *lines[last + 1 :]])


def _cut_from_brackets(lines: Sequence[str], parent: Piece, key: Piece, value: Piece) -> str:
    whole = "\n".join(lines)
    start, end = _offset(lines, key.start), _offset(lines, max(value.end, key.end))
    if whole[end:].lstrip().startswith(","):
        end = whole.index(",", end) + 1
        end += len(whole[end:]) - len(whole[end:].lstrip(" "))
    else:
        start = len(whole[:start].rstrip().removesuffix(","))
    assert parent.flow
    return whole[:start] + whole[end:]
