"""A new agent in the text of a `pantheon.yaml`: every other line stays as it was, with comments."""

from __future__ import annotations

import io
import re
import textwrap
from typing import Any, cast

from pantheon.errors import InputError
from pantheon.ids import JsonObject

_SECTION = "agents"
_WIDTH = 100
_HEADER = re.compile(r"agents:[ \t]*(?:#.*)?")


def insert_agent(text: str | None, name: str, definition: JsonObject, *, comment: str) -> str:
    """The text with one more agent, at the head of `agents`.

    Args:
        text: of the file; None begins one.
        name: of the agent.
        definition: its keys, in the order in which they are to stand.
        comment: said above it, one or several lines.

    Raises:
        InputError: the text is no YAML mapping, or has an agent of this name.
    """
    if text is None:
        text = "version: 1\n"
    before = _parse(text)
    if name in (before.get(_SECTION) or {}):
        raise InputError(
            f"There is an agent {name!r} already.", hint="Rename it, or accept another proposal."
        )
    lines = text.splitlines(keepends=True)
    header = next((n for n, line in enumerate(lines) if _HEADER.fullmatch(line.rstrip())), None)
    if _SECTION not in before:
        head = text if text.endswith("\n") or not text else f"{text}\n"
        after = f"{head}{_SECTION}:\n{_block(name, definition, comment, indent=2)}"
    elif header is not None and before[_SECTION]:
        block = _block(name, definition, comment, indent=_indent(lines[header + 1 :]))
        lines[header] = lines[header].rstrip("\r\n") + "\n"
        after = "".join([*lines[: header + 1], block, *lines[header + 1 :]])
    else:
        after = _written_again(text, name, definition)
    _check(before, _parse(after), name)
    return after


def _indent(lines: list[str]) -> int:
    """How far the section's first entry is indented."""
    first = next(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return len(first) - len(first.lstrip(" "))


def _block(name: str, definition: JsonObject, comment: str, *, indent: int) -> str:
    said = "".join(f"# {line}\n" for part in comment.splitlines() for line in _wrap(part))
    return textwrap.indent(f"{said}{_dump({name: _flowing(definition)})}", " " * indent)


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH - 8) or [""]


def _flowing(definition: JsonObject) -> Any:
    """Keys one below the other, their values on one line where they fit."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    body = CommentedMap()
    for key, value in definition.items():
        made: Any = value
        if isinstance(value, dict):
            made = CommentedMap(value)
            made.fa.set_flow_style()
        elif isinstance(value, list):
            made = CommentedSeq([_in_line(item) for item in value])
            if all(isinstance(item, str) for item in value) or key == "tiers":
                made.fa.set_flow_style()
        body[key] = made
    return body


def _in_line(item: object) -> Any:
    from ruamel.yaml.comments import CommentedMap

    if not isinstance(item, dict):
        return item
    made: Any = CommentedMap(item)
    made.fa.set_flow_style()
    return made


def _engine() -> Any:
    from ruamel.yaml import YAML

    engine: Any = YAML(typ="rt", pure=True)
    engine.width = _WIDTH
    engine.preserve_quotes = True
    engine.indent(mapping=2, sequence=4, offset=2)
    return engine


def _dump(value: object) -> str:
    from ruamel.yaml.comments import CommentedMap

    stream = io.StringIO()
    _engine().dump(CommentedMap(value), stream)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return stream.getvalue()


def _parse(text: str) -> Any:
    from ruamel.yaml.error import YAMLError

    try:
        found = _engine().load(text)
    except YAMLError:
        found = None
    if found is None and not text.strip():
        return {}
    if isinstance(found, dict):
        return cast("dict[str, Any]", found)
    hint = "Run `pantheon validate`."
    raise InputError("The project's file is no YAML mapping.", hint=hint)


def _written_again(text: str, name: str, definition: JsonObject) -> str:
    """The whole file, written by the YAML library: where `agents` is empty, or on one line."""
    body = _parse(text)
    if not body[_SECTION]:
        body[_SECTION] = {}
    body[_SECTION][name] = _flowing(definition)
    stream = io.StringIO()
    _engine().dump(body, stream)
    return stream.getvalue()


def _check(before: Any, after: Any, name: str) -> None:
    """Nothing but the new agent may have come or gone."""
    agents = {key: value for key, value in after[_SECTION].items() if key != name}
    rest = {key: value for key, value in after.items() if key != _SECTION}
    old = {key: value for key, value in before.items() if key != _SECTION}
    if rest != old or agents != dict(before.get(_SECTION) or {}):
        raise InputError(
            "The project's file cannot be edited safely.",
            hint="Write `agents:` on a line of its own, one agent below the other.",
        )
