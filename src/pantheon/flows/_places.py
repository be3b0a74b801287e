"""Where the nodes of a run are: paths in its journal, and the paths that people write for them.

A node of the run's own flow is `name`. Inside node `n` it is `n/name`; inside item or round i of
it, `n#i/name`; inside its second attempt, `n@2/name`; inside the flow of `s`, which stands in for
it, `n~s/name`. People write `n[i]/name` for the item, and `n/name` for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Key: TypeAlias = tuple[str, int]
"""Path of a node and index of a result: −1 for the node itself."""
_SEGMENT = re.compile(
    r"(?P<name>[^#@~/]+)(?:#(?P<index>\d+))?(?:~(?P<stand_in>[^#@~/]+))?(?:@(?P<attempt>\d+))?"
)
_UNWRITTEN = re.compile(r"@\d+(?=/|$)|~[^#@~/]+")
_WRITTEN_INDEX = re.compile(r"\[(\d+)\]$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path: which node, which of its times, and who stands in for it."""

    name: str
    index: int
    stand_in: str | None = None


def split(path: str) -> tuple[str, str]:
    """The prefix of the frame that a node is in, and its name: `a#0/b` is `a#0/` and `b`."""
    head, slash, name = path.rpartition("/")
    return head + slash, name


def owner_of(prefix: str) -> tuple[str, Segment]:
    """Of a frame inside a node: the prefix of the frame of that node, and which node it is."""
    above, last = split(prefix.removesuffix("/"))
    found = _SEGMENT.fullmatch(last)
    assert found is not None, f"{prefix!r} is no prefix of a frame"
    return above, Segment(found["name"], int(found["index"] or -1), found["stand_in"])


def prefixes_of(path: str) -> Iterator[str]:
    """The prefixes of all frames around a node but that of the run, the outermost first."""
    for position, character in enumerate(path):
        if character == "/":
            yield path[: position + 1]


def owners_of(path: str) -> Iterator[Key]:
    """The results of the nodes around a node, and of the item or round of each that it is in."""
    for prefix in prefixes_of(path):
        above, segment = owner_of(prefix)
        yield above + segment.name, -1
        if segment.index >= 0:
            yield above + segment.name, segment.index


def is_inside(path: str, node: str) -> bool:
    """Whether a path leads to something inside a node."""
    return path.startswith(node) and path[len(node) : len(node) + 1] in {"/", "#", "~", "@"}


def written(path: str, index: int = -1) -> str:
    """A path as people write it: `n[0]/name`; attempts and stand-ins are left out."""
    named = _UNWRITTEN.sub("", path)
    shown = re.sub(r"#(\d+)", r"[\1]", named)
    return shown if index < 0 else f"{shown}[{index}]"


def read_index(name: str) -> tuple[str, int]:
    """`n[3]` is `n` and 3; `n` is `n` and −1."""
    found = _WRITTEN_INDEX.search(name)
    return (name, -1) if found is None else (name[: found.start()], int(found[1]))


def plain(path: str) -> str:
    """A path without indexes and attempts, as the flow has it: `n#0@2/name` is `n/name`."""
    return re.sub(r"#\d+|\[\d+\]", "", _UNWRITTEN.sub("", path))


def matches(path: str, wanted: str) -> bool:
    """Whether a journal's path is one that a person's path means."""
    if path == wanted:
        return True
    ours, theirs = path.split("/"), wanted.split("/")
    return len(ours) == len(theirs) and all(map(_fits, ours, theirs))


def _fits(ours: str, theirs: str) -> bool:
    found = _SEGMENT.fullmatch(ours)
    name, index = read_index(theirs)
    if found is None or found["name"] != name:
        return False
    return index < 0 or int(found["index"] or -1) == index
