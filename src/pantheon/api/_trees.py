"""Behaviour trees in Python: each part is what `tree:` in YAML calls by the same name."""

from __future__ import annotations

from typing import TypeAlias

from pantheon.api._definitions import Part, part

TreePart: TypeAlias = "Part | str"
"""A part of a tree, or the name of a node."""


def sequence(*parts: TreePart) -> Part:
    """Parts in order; fails at the first that fails."""
    return part({"sequence": parts})


def selector(*parts: TreePart) -> Part:
    """Parts in order of preference; succeeds at the first that succeeds."""
    return part({"selector": parts})


def parallel(*parts: TreePart, need: int | None = None) -> Part:
    """Parts at once; succeeds when so many do (None: all)."""
    return part({"parallel": {"need": "all" if need is None else need, "do": parts}})


def leaf(node: str, *, success: str | None = None) -> Part:
    """A node; it succeeds when it gives an output, or when `success` is true of it."""
    return part({"node": node} if success is None else {"node": node, "success": success})


def condition(test: str) -> Part:
    """Succeeds when the expression is true."""
    return part({"condition": test})


def guard(test: str, do: TreePart) -> Part:
    """A part that is done only while the expression is true."""
    return part({"guard": {"if": test, "do": do}})


def retry(do: TreePart, *, attempts: int) -> Part:
    """A part that is tried again when it fails."""
    return part({"retry": {"attempts": attempts, "do": do}})


def timeout(do: TreePart, *, after: float | str) -> Part:
    """A part that fails when it takes longer: seconds, or text such as `30s`."""
    return part({"timeout": {"after": after, "do": do}})


def repeat(do: TreePart, *, times: int, until: str | None = None) -> Part:
    """A part that is done again while it succeeds, at most so many times."""
    ends = {} if until is None else {"until": until}
    return part({"repeat": {"times": times, **ends, "do": do}})


def budget(do: TreePart, *, usd: float | None = None, requests: int | None = None) -> Part:
    """A part whose nodes may cost so much, or ask for so many answers, together."""
    bounds = {"usd": usd, "requests": requests}
    given = {key: value for key, value in bounds.items() if value is not None}
    return part({"budget": {**given, "do": do}})


def invert(do: TreePart) -> Part:
    """Succeeds when the part fails, and the other way round."""
    return part({"invert": do})


def once(do: TreePart) -> Part:
    """A part that is done a single time; how it ended is remembered."""
    return part({"once": do})
