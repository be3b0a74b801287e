"""Examples of keys: cut out of whole projects that load, so that every one of them may be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from pantheon.editing import spell
from pantheon.ids import Json, JsonObject

NAME = "NAME"
"""Stands for a name that the author chooses."""
_WIDTH = 76
_THROUGH = ("selector", "sequence")
_TREE_OF_A_NODE = ("flows", NAME, "nodes", NAME, "tree")
_Path: TypeAlias = Sequence[str]


def sample_of(key: _Path) -> str:
    """The key in its place, as YAML; empty where no project has it."""
    for project in sample_projects():
        found = _cut(project, key)
        if found is not None:
            return "\n".join(_render(found, len(key)))
    # What a node may hold as a flow does is shown in a flow.
    return sample_of((*key[:2], *key[4:])) if tuple(key[:5]) == _TREE_OF_A_NODE else ""


@cache
def sample_projects() -> tuple[JsonObject, ...]:
    """The projects that examples are cut from."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("pantheon.lint") / "catalogue" / "keys.yaml").read_text("utf-8")
    return tuple(yaml.load_all(text, loader))


def _cut(part: Json, key: _Path) -> Json:
    """What leads to a key, and beside it only what fits on its line; None: it is not there."""
    if not key:
        return part
    if isinstance(part, list):
        found = (_cut(item, key) for item in part)
        return next(([item] for item in found if item is not None), None)
    if not isinstance(part, dict):
        return None
    for name in _steps(part, key[0]):
        inner = _cut(part[name], key[1:] if key[0] in (name, NAME) else key)
        if inner is not None:
            beside = len(key) == 1 and key[0] != NAME and len(spell(part)) <= _WIDTH
            return part if beside else {name: inner}
    return None


def _steps(part: JsonObject, wanted: str) -> Iterator[str]:
    """The keys that lead on: the wanted one, any where an author's name stands, else through a tree."""
    if wanted == NAME:
        yield from part
    elif wanted in part:
        yield wanted
    else:
        yield from (name for name in _THROUGH if name in part)


def _render(part: Json, depth: int) -> list[str]:
    """Lines of a value; `depth` names of the way lead through it, each with a line of its own."""
    if not isinstance(part, dict | list) or (_ends(part, depth) and len(spell(part)) <= _WIDTH):
        return [spell(part)]
    if isinstance(part, list):
        return [line for item in part for line in _render_item(item, depth)]
    return [line for key, value in part.items() for line in _render_entry(key, value, depth - 1)]


def _ends(part: JsonObject | list[Json], depth: int) -> bool:
    """Whether the way ends here: with all of it, or at one of several keys."""
    return depth <= 0 or (depth == 1 and isinstance(part, dict) and len(part) > 1)


def _render_item(item: Json, depth: int) -> list[str]:
    first, *rest = _render(item, depth)
    return [f"- {first}", *(f"  {line}" for line in rest)]


def _render_entry(key: str, value: Json, depth: int) -> list[str]:
    """One key with its value, on one line where it fits and the way does not lead on."""
    inline = f"{spell(key)}: {spell(value)}"
    if not isinstance(value, dict | list) or (_ends(value, depth) and len(inline) <= _WIDTH):
        return [inline]
    if isinstance(value, list):
        inner = [line for item in value for line in _render_item(item, depth)]
    else:
        inner = [x for name, part in value.items() for x in _render_entry(name, part, depth - 1)]
    return [f"{spell(key)}:", *(f"  {line}" for line in inner)]
