"""Expressions put together from parts: paths, constants, comparisons, what stands in for nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pantheon.spec import NOWHERE, parse_expression

_PLAIN_NAME = re.compile(r"[^\W\d][\w-]*")
_ONE = re.compile(r"""[\w.-]+( (==|!=) "[^"\\]*")?""")
"""What stands beside `and` and `or` as it is: a path, or a path compared with a text."""


def enclosed(source: str) -> str:
    """The expression as one part of a larger one."""
    return source if _ONE.fullmatch(source) else f"({source})"


def compare(key: str, values: Sequence[str], equal: bool) -> str:
    """That a key is one of some texts; not `equal`: that it is none of them."""
    if not values:
        return "false" if equal else "true"
    if len(values) == 1:
        return f"{key} {'==' if equal else '!='} {spell(values[0])}"
    return f"{key} {'in' if equal else 'not in'} {spell(list(values))}"


def member(root: str, name: str) -> str:
    return f"{root}.{name}" if _PLAIN_NAME.fullmatch(name) else f"{root}[{spell(name)}]"


def spell(value: Any) -> str:
    """A constant as an expression."""
    return json.dumps(value, ensure_ascii=False)


def first_of(sources: list[str]) -> str | None:
    """The first that is there; of several, each may be missing, and none keeps its reader waiting."""
    if len(sources) < 2:
        return sources[0] if sources else None
    *before, last = map(enclosed, sources)
    if parse_expression(last, NOWHERE).roots <= {"input"}:
        for source in reversed(before):
            last = f"default({source}, {last})"
        return last
    last = f"default({last}, {before[0]})"  # of a name outside of these it would be said to need it
    for source in reversed(before):
        last = f"exists({source}) ? {source} : {last}"
    return last
