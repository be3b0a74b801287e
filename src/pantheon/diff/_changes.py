"""Paths at which two nested values differ, in the order in which they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from pantheon.diff._model import Change, State, Topic
from pantheon.diff._words import compare_words, is_text
from pantheon.ids import Json, JsonObject

_NAME = re.compile(r"[\w-]+")
_TOPICS: dict[str, Topic] = {
    "input": "contract", "output": "contract", "returns": "contract", "same": "contract",
    "tiers": "tiers", "promise": "promise", "nodes": "nodes", "tree": "nodes",
    "context": "prompt", "skills": "prompt",
}  # fmt: skip
_PROMISED = ("min_confidence", "audit", "disagreement")


def find_changes(before: JsonObject, after: JsonObject) -> tuple[Change, ...]:
    """Every change from one view of a definition to another."""
    return tuple(_compare(before, after, ()))


def _compare(before: JsonObject, after: JsonObject, path: tuple[str, ...]) -> Iterator[Change]:
    for key in {**before, **after}:
        place = (*path, key)
        if key not in before:
            yield _change("added", None, after[key], place)
        elif key not in after:
            yield _change("removed", before[key], None, place)
        elif not same(before[key], after[key]):
            yield from _differ(before[key], after[key], place)


def _differ(before: Json, after: Json, path: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _compare(before, after, path)
    else:
        yield _change("changed", before, after, path)


def same(one: Json, other: Json) -> bool:
    """Equal, and of one type: true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _change(state: State, before: Json, after: Json, path: tuple[str, ...]) -> Change:
    words = ()
    if state == "changed" and isinstance(before, str) and isinstance(after, str):
        words = compare_words(before, after) if is_text(before) or is_text(after) else ()
    return Change(spell_path(path), state, before, after, _topic(path), words)


def _topic(path: tuple[str, ...]) -> Topic:
    if path[-1] in _PROMISED:
        return "promise"
    if path[0].startswith("tier ") or path == ("template",):
        return "prompt" if path[-1] in {"template", "question"} else "tiers"
    return _TOPICS.get(path[0], "other")


def spell_path(path: tuple[str, ...]) -> str:
    """Keys with dots between; one that is no plain name in brackets."""
    if path[0].startswith("tier "):
        path = ("tiers", path[0].removeprefix("tier "), *path[1:])
    parts = [f".{key}" if _NAME.fullmatch(key) else f"[{key}]" for key in path]
    return "".join(parts).removeprefix(".")


def split_lists(before: Json, after: Json) -> tuple[list[Json], list[Json]] | None:
    """What left a list and what came into it; None for other values, or if only the order differs."""
    if not isinstance(before, list) or not isinstance(after, list):
        return None
    old, new = cast("list[Json]", before), cast("list[Json]", after)
    gone, come = _without(old, new), _without(new, old)
    return (gone, come) if gone or come else None


def _without(items: list[Json], others: list[Json]) -> list[Json]:
    left = list(others)
    found: list[Json] = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            found.append(item)
    return found
