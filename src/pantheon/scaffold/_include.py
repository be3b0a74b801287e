"""The project's first file, so that it reads a folder of definitions."""

from __future__ import annotations

from pantheon.editing import Piece, lines_of, parse, set_value, spell
from pantheon.ids import Json


def included(text: str, pattern: str) -> str:
    """The text of a `pantheon.yaml` with the pattern under `include`; all else is kept.

    Raises:
        InputError: the text is not YAML.
    """
    root = parse(text)
    known = root.get("include") if root is not None and root.kind == "mapping" else None
    names = [] if known is None else _names(known)
    if pattern in names:
        return text
    if known is not None and known.kind == "sequence" and known.children:
        after = _behind(text, known, pattern)
    else:
        after = set_value(text, ("include",), list[Json]([*names, pattern]))
    return after.replace("\n", "\r\n") if "\r\n" in text else after


def _names(known: Piece) -> list[str]:
    if known.kind == "sequence":
        return [child.value for child in known.children]
    return [known.value] if known.kind == "scalar" and known.value not in {"", "null", "~"} else []


def _behind(text: str, known: Piece, pattern: str) -> str:
    """One more item, right behind the last one, so that the comments stay where they are."""
    lines = list(lines_of(text))
    line, column = known.children[-1].end
    if known.flow:
        lines[line] = f"{lines[line][:column]}, {spell(pattern)}{lines[line][column:]}"
    else:
        dash = lines[line][: lines[line].index("-") + 1]
        lines.insert(line + 1, f"{dash} {spell(pattern)}")
    return "\n".join(lines)
