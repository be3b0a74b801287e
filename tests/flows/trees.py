"""Short ways to write behaviour trees."""

from __future__ import annotations

from typing import TypeAlias

from pantheon.spec import TreeDef
from tests.flows.building import e

Written: TypeAlias = "TreeDef | str"


def leaf(name: str, success: str | None = None) -> TreeDef:
    """A node, and what must be true of its output."""
    return TreeDef("node", node=name, test=e(success) if success else None)


def _read(part: Written) -> TreeDef:
    return leaf(part) if isinstance(part, str) else part


def sequence(*parts: Written) -> TreeDef:
    """One after the other."""
    return TreeDef("sequence", tuple(map(_read, parts)))


def selector(*parts: Written) -> TreeDef:
    """The first that succeeds."""
    return TreeDef("selector", tuple(map(_read, parts)))


def parallel(*parts: Written, need: int | None = None) -> TreeDef:
    """All at once."""
    return TreeDef("parallel", tuple(map(_read, parts)), count=need)


def condition(test: str) -> TreeDef:
    """An expression that must be true."""
    return TreeDef("condition", test=e(test))


def invert(part: Written) -> TreeDef:
    """The other way round."""
    return TreeDef("invert", (_read(part),))


def once(part: Written) -> TreeDef:
    """A single time."""
    return TreeDef("once", (_read(part),))


def retry(attempts: int, part: Written) -> TreeDef:
    """Again while it fails."""
    return TreeDef("retry", (_read(part),), count=attempts)


def repeat(times: int | None, part: Written, until: str | None = None) -> TreeDef:
    """Again while it succeeds."""
    return TreeDef("repeat", (_read(part),), count=times, test=e(until) if until else None)


def timeout(seconds: float, part: Written) -> TreeDef:
    """Not longer than that."""
    return TreeDef("timeout", (_read(part),), seconds=seconds)


def guard(test: str, part: Written) -> TreeDef:
    """Only while it holds."""
    return TreeDef("guard", (_read(part),), test=e(test))


def budget(part: Written, *, usd: float | None = None, requests: int | None = None) -> TreeDef:
    """Not more than that."""
    return TreeDef("budget", (_read(part),), usd=usd, requests=requests)
