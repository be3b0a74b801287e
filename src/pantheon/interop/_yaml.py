"""A project as YAML text, laid out as a person would: texts as blocks, small mappings on one line."""

from __future__ import annotations

import io
from typing import Any

from pantheon.ids import Json, JsonObject

HEADER = "# yaml-language-server: $schema=.pantheon/schema/pantheon.v1.json\n"
"""For an editor, in a project's first file."""
_WIDTH = 80
"""Of a mapping or list that stands on one line."""
_BLOCK = 2
"""Down to this depth mappings are blocks, whatever their size: sections and their definitions."""


def write_yaml(body: JsonObject) -> str:
    """The text; sections that are empty are left out."""
    from ruamel.yaml import YAML

    yaml: Any = YAML()
    yaml.width = 1 << 16
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    kept: JsonObject = {key: value for key, value in body.items() if value not in ({}, [], None)}
    yaml.dump(_laid_out(kept, 0), out)
    return _spaced(out.getvalue())


def _laid_out(value: Json, depth: int) -> Any:
    """The value in ruamel's types, each mapping and list with its layout."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import LiteralScalarString

    if isinstance(value, dict):
        table: Any = CommentedMap({_quoted(k): _laid_out(v, depth + 1) for k, v in value.items()})
        if not value or (depth > _BLOCK and _fits(value)):
            table.fa.set_flow_style()
        return table
    if isinstance(value, list):
        items: Any = CommentedSeq([_laid_out(v, depth + 1) for v in value])
        if not value or _fits(value):
            items.fa.set_flow_style()
        return items
    if isinstance(value, str) and "\n" in value and _is_block(value):
        return LiteralScalarString(value)
    return _quoted(value) if isinstance(value, str) else value


def _quoted(text: str) -> str:
    """Signs that are no letters are escaped; a sign in front is kept from meaning something."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

    if not text.isprintable():
        return DoubleQuotedScalarString(text)
    return text if text[:1].isalnum() or text[:1] == "_" else SingleQuotedScalarString(text)


def _is_block(text: str) -> bool:
    """Whether a literal block holds exactly this text."""
    return not text.startswith((" ", "\n")) and all(c in "\n\t" or c.isprintable() for c in text)


def _fits(value: Json) -> bool:
    return "\n" not in repr(value).replace("\\n", "\n") and len(repr(value)) <= _WIDTH


def _spaced(text: str) -> str:
    """An empty line before each section and, in long sections, before each definition."""
    lines: list[str] = []
    for line in text.rstrip("\n").split("\n"):
        if line[:1].strip() and line[:1] != "-" and lines and line.endswith(":"):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"
