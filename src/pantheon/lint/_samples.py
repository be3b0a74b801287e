"""Examples of keys: cut out of whole projects that load, so that every one of them may be written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias, cast

from pantheon.editing import spell
from pantheon.ids import Json, JsonObject

NAME = "NAME"
"""Stands for a name that the author chooses."""
_WIDTH = 76
_Path: TypeAlias = Sequence[str]


def sample_of(key: _Path) -> str:
    """The key in its place, as YAML; empty where no project has it."""
    for project in sample_projects():
        found = _cut(project, key)
        if found is not None:
            return "\n".join(_render(found, len(key)))
    return ""


@cache
def sample_projects() -> tuple[JsonObject, ...]:
    """The projects that examples are cut from."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("pantheon.lint") / "catalogue" / "keys.yaml").read_text("utf-8")
    return tuple(yaml.load_all(text, loader))  # noqa: S506


def _cut(part: Json, key: _Path) -> Json:
    """What leads to a key, and beside it only what fits on its line; None: it is not there."""
    if not key:
        return part
    if isinstance(part, list):
        found = (_cut(item, key) for item in part)
        return next(([item] for item in found if item is not None), None)
    if not isinstance(part, dict):
        return None
    for name in part if key[0] == NAME else (key[0],):
        inner = _cut(part[name], key[1:]) if name in part else None
        if inner is not None:
            beside = len(key) == 1 and key[0] != NAME and len(spell(part)) <= _WIDTH // 2
            return part if beside else {name: inner}
    return None


def _render(part: Json, depth: int) -> list[str]:
    """Lines of a value that `depth` more names of the way lead through."""
    if isinstance(part, list):
        return _render_list(cast("list[Json]", part), depth)
    if not isinstance(part, dict) or (depth <= 0 and len(spell(part)) <= _WIDTH):
        return [spell(part)]
    return [line for key, value in part.items() for line in _render_entry(key, value, depth - 1)]


def _render_entry(key: str, value: Json, depth: int) -> list[str]:
    """One key with its value, on one line where nothing more is to be shown apart."""
    inline = f"{key}: {spell(value)}"
    if not isinstance(value, dict | list) or (depth <= 0 and len(inline) <= _WIDTH):
        return [inline]
    inner = _render(value, depth)
    return [f"{key}:", *(f"  {line}" for line in inner)]


def _render_list(items: list[Json], depth: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        first, *rest = _render(item, depth)
        lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return lines
