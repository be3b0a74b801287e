"""Setting and removing single values in a YAML text; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from pantheon.editing._entries import cut, insert, replace
from pantheon.editing._spell import spell
from pantheon.editing._tree import Piece, parse
from pantheon.errors import InputError
from pantheon.ids import Json, JsonObject

Path: TypeAlias = Sequence[str | int]
"""Keys, and numbers of items from 0: `("agents", "triage", "tiers", 0)`."""
_Shape: TypeAlias = "dict[str, _Shape] | list[_Shape] | tuple[str, str, str] | None"
"""What a text means, as far as a change has to know: values with type, text and anchor."""


def set_value(text: str, path: Path, value: Json) -> str:
    """The text with a value at a path; a key that is missing is put behind its neighbours.

    Raises:
        InputError: the text is not YAML, a part of the path is no mapping or list, or the place is
            written in a way that cannot be changed alone (behind an anchor, say).
    """
    root = parse(text)
    if root is None:
        return f"{text}{_nested(path, value)}"
    if not path:
        raise InputError("A path names at least one key.", hint="Name a key.")
    parents, rest = _follow(root, path)
    if not rest:
        changed = replace(text, parents[-2], path[-1], spell(value))
    else:
        _check_mapping(parents[-1], rest)
        changed = insert(text, parents[-1], str(rest[0]), spell(_wrap(rest[1:], value)))
    return _checked(changed, root, path, lambda place, key: _put(place, key, value))


def remove(text: str, path: Path) -> str:
    """The text without a key, or an item of a list, and without the comment behind it.

    A text that has no such thing is returned as it is.

    Raises:
        InputError: the text is not YAML, or the place cannot be changed alone.
    """
    root = parse(text)
    if root is None or not path:
        return text
    parents, rest = _follow(root, path)
    if rest:
        return text
    owner = parents[-2]
    parts = owner.children if owner.kind == "sequence" else owner.children[::2]
    if len(parts) == 1 and len(parents) > 2:
        empty = "[]" if owner.kind == "sequence" else "{}"
        changed = replace(text, parents[-3], path[-2], empty)
    else:
        changed = cut(text, owner, path[-1])
    return _checked(changed, root, path, _drop)


def _follow(piece: Piece, path: Path) -> tuple[list[Piece], Path]:
    """The values along a path as far as there are, and what is left of the path."""
    found = [piece]
    for number, part in enumerate(path):
        inner = _inside(found[-1], part)
        if inner is None:
            return found, path[number:]
        found.append(inner)
    return found, ()


def _inside(piece: Piece, part: str | int) -> Piece | None:
    if piece.kind == "mapping":
        found = [value for key, value in piece.pairs if key.value == str(part)]
        if len(found) > 1:
            raise InputError(f"The key {part!r} stands there twice.", hint="Keep one of them.")
        return found[0] if found else None
    if piece.kind == "sequence" and isinstance(part, int) and 0 <= part < len(piece.children):
        return piece.children[part]
    return None


def _check_mapping(piece: Piece, rest: Path) -> None:
    if piece.kind != "mapping" or any(isinstance(part, int) for part in rest):
        raise InputError(
            f"There is no {rest[0]!r} in a {piece.kind}.", hint="Name a key of a mapping."
        )


def _wrap(path: Path, value: Json) -> Json:
    """A value in the mappings of a path."""
    for part in reversed(path):
        outer: JsonObject = {str(part): value}
        value = outer
    return value


def _nested(path: Path, value: Json) -> str:
    whole = _wrap(path, value)
    return "".join(
        f"{spell(key)}: {spell(inner)}\n"
        for key, inner in (whole.items() if isinstance(whole, dict) else ())
    )


# --------------------------------------------------------------------------------- what it means


def _checked(
    text: str, before: Piece, path: Path, change: Callable[[_Shape, str | int], None]
) -> str:
    """The text, if it means what it meant but for the change."""
    wanted = _shape(before)
    place = wanted
    for part in path[:-1]:
        place = _deeper(place, part)
    change(place, path[-1])
    if _means(text, wanted):
        return text
    where = ".".join(map(str, path))
    raise InputError(
        f"{where} is written in a way that cannot be changed by itself.",
        hint="Change it by hand; an anchor, a tag or a comment stands in the way.",
    )


def _means(text: str, wanted: _Shape) -> bool:
    """Whether a text means this; one of which all was taken holds nothing."""
    try:
        root = parse(text)
    except InputError:
        return False
    if root is not None and not _is_closed(root):
        return False
    found = _shape(root)
    return found == wanted or (found is None and wanted in ({}, []))


def _is_closed(root: Piece) -> bool:
    """Whether everything that is referred to is still there."""
    marks: set[str] = set()
    for piece in root.all():
        if piece.kind == "alias" and piece.value not in marks:
            return False
        marks.update(piece.mark.split())
    return True


def _deeper(place: _Shape, part: str | int) -> _Shape:
    if isinstance(part, int):
        return cast("list[_Shape]", place)[part]
    return cast("dict[str, _Shape]", place).setdefault(part, {})


def _shape(piece: Piece | None) -> _Shape:
    if piece is None:
        return None
    if piece.kind == "mapping":
        return {key.value: _shape(value) for key, value in piece.pairs}
    if piece.kind == "sequence":
        return [_shape(item) for item in piece.children]
    return piece.taken_as, piece.value, piece.mark


def _put(place: _Shape, key: str | int, value: Json) -> None:
    spelled = parse(f"k: {spell(value)}\n")
    assert spelled is not None
    cast("dict[str | int, _Shape]", place)[key] = _shape(spelled.get("k"))


def _drop(place: _Shape, key: str | int) -> None:
    del cast("dict[str | int, _Shape]", place)[key]
