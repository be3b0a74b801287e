"""The `tree` of a flow as written: a behaviour tree that decides which node runs when.

    tree:
      selector:
        - sequence: [fetch, {node: check, success: check.ok}]
        - retry: {attempts: 3, do: ask}

Every part is the name of a node, or a mapping whose one key says what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pantheon.spec._draft import read_expression
from pantheon.spec._expression import Expression
from pantheon.spec._fields import Fields, read_text
from pantheon.spec._flow_model import (
    TreeDef,
)
from pantheon.spec._source import Findings, Items, Scalar, Table, Written, describe

TREE = {
    "sequence": "Parts in order; fails at the first that fails.",
    "selector": "Parts in order of preference; succeeds at the first that succeeds.",
    "parallel": "Parts that run at once; `need` says how many must succeed.",
    "node": "Name of a node; alone it can be written as bare text.",
    "success": "What must be true of the node's output for it to count as a success.",
    "condition": "Succeeds when this expression is true.",
    "retry": "Try a part again when it fails.",
    "timeout": "Fail a part that takes longer.",
    "guard": "Do a part only while a condition holds.",
    "invert": "Succeed when the part fails, and the other way round.",
    "repeat": "Do a part again while it succeeds.",
    "once": "Do a part a single time and remember how it ended.",
    "budget": "Bound what a part may cost.",
}
_PART = "A part of the tree."
TREE_PARALLEL = {
    "need": "How many must succeed: a number, or `all`.",
    "do": "The parts.",
}
TREE_RETRY = {"attempts": "Attempts in all, the first one included.", "do": _PART}
TREE_TIMEOUT = {"after": "Seconds, or text such as `30s`, `5m`.", "do": _PART}
TREE_GUARD = {"if": "An expression that must be true.", "do": _PART}
TREE_REPEAT = {
    "times": "How often at most.",
    "until": "An expression; true ends it.",
    "do": _PART,
}
TREE_BUDGET = {
    "usd": "USD that the nodes below may cost together.",
    "requests": "How many answers they may ask for.",
    "do": _PART,
}


def read_tree(written: Written, findings: Findings) -> TreeDef | None:
    """A tree as written; None after recording what is wrong with it."""
    match written:
        case Table():
            return _read_part(written, findings)
        case Items():
            message = "A list alone does not say how its parts go together."
            fix = "write `sequence:` or `selector:` before it"
            findings.error("bad-tree", written.place, message, fix)
            return None
        case Scalar():
            name = read_text(written, "a part of a tree", findings)
            return None if name is None else TreeDef("node", node=name, where=written.place.where)


def _read_part(table: Table, findings: Findings) -> TreeDef | None:
    """A mapping: the one key that is a kind says which."""
    fields = Fields.read(table, "a part of the tree", findings, TREE)
    assert fields is not None
    kinds = [key for key in table.entries if key in _READERS]
    if len(kinds) != 1 or ("success" in table and kinds != ["node"]):
        if not table.entries or any(key in TREE for key in table.entries):
            _report_kinds(table, kinds, findings)
        return None
    kind = kinds[0]
    if fields.require(kind, f"say what it is about, or remove `{kind}`") is None:
        return None
    found = _READERS[kind](fields, kind)
    # A leaf is its name, any other part begins with its key.
    place = fields.place(kind) if kind == "node" else table.place_of(kind)
    return found and replace(found, where=place.where)


def _report_kinds(table: Table, kinds: list[str], findings: Findings) -> None:
    """Too many kinds in one part, or none."""
    if len(kinds) > 1:
        message = f"A part of a tree is one thing; here are `{kinds[0]}` and `{kinds[1]}`."
        fix, place = "write two parts in a list below `sequence:`", table.place_of(kinds[1])
    elif "success" in table:
        message, place = "`success` belongs to a node.", table.place_of("success")
        fix = "write `{node: check, success: check.ok}`"
    else:
        message, place = "A part of a tree is empty.", table.place
        fix = "name a node, or write `sequence:` with a list of parts"
    findings.error("bad-tree", place, message, fix)


def _read_node(fields: Fields, kind: str) -> TreeDef | None:
    name = fields.text(kind)
    test, sound = _read_optional_test(fields, "success")
    return TreeDef("node", node=name, test=test) if name is not None and sound else None


def _read_condition(fields: Fields, kind: str) -> TreeDef | None:
    test, _ = _read_optional_test(fields, kind)
    return test and TreeDef("condition", test=test)


def _read_optional_test(fields: Fields, key: str) -> tuple[Expression | None, bool]:
    """The expression of a key, and whether it is right or absent."""
    value = fields.get(key)
    if value is None:
        return None, True
    wired = read_expression(value, fields.findings)
    return (wired.expression, True) if wired else (None, False)


def _read_composite(fields: Fields, kind: str) -> TreeDef | None:
    children = _read_children(fields, kind)
    return TreeDef("sequence" if kind == "sequence" else "selector", children) if children else None


def _read_children(fields: Fields, key: str) -> tuple[TreeDef, ...] | None:
    """The parts in a list; all are read before one that is wrong spoils them."""
    value = fields.get(key)
    if isinstance(value, Items) and value.items:
        children = [read_tree(item, fields.findings) for item in value.items]
        sound = tuple(child for child in children if child is not None)
        return sound if len(sound) == len(children) else None
    if value is not None:
        message = f"`{key}` needs a list of parts, not {describe(value)}."
        fields.findings.error("bad-tree", value.place, message, f"write `{key}: [a, b]`")
    return None


def _read_parallel(fields: Fields, kind: str) -> TreeDef | None:
    if not isinstance(fields.get(kind), Table):
        children = _read_children(fields, kind)
        return TreeDef("parallel", children) if children else None
    settings = _read_settings(fields, kind, TREE_PARALLEL)
    children = _read_children(settings, "do") if settings else None
    if settings is None or children is None:
        return None
    need, sound = _read_need(settings, len(children))
    return TreeDef("parallel", children, count=need) if sound else None


def _read_need(settings: Fields, parts: int) -> tuple[int | None, bool]:
    """How many must succeed (None: all), and whether that makes sense."""
    value = settings.get("need")
    if value is None or (isinstance(value, Scalar) and value.value == "all"):
        return None, True
    need = settings.whole("need", 1)
    if need is not None and need > parts:
        message = f"`need` is {need}, but there are only {parts} parts."
        settings.reject(value.place, message, f"write a number from 1 to {parts}, or `all`")
        return None, False
    return need, need is not None


def _read_settings(fields: Fields, kind: str, keys: Mapping[str, str]) -> Fields | None:
    """The mapping below a kind, with `do` in it."""
    value = fields.get(kind)
    assert value is not None
    settings = Fields.read(value, f"`{kind}`", fields.findings, keys)
    if settings is None or settings.require("do", "name what it is about: `do: node`") is None:
        return None
    return settings


def _read_decorator(fields: Fields, kind: str) -> TreeDef | None:
    """A kind with settings and one part below."""
    keys, read = _DECORATORS[kind]
    settings = _read_settings(fields, kind, keys)
    if settings is None:
        return None
    found, child = read(settings), _read_child(settings, "do")
    return replace(found, children=(child,)) if found and child else None


def _read_child(fields: Fields, key: str) -> TreeDef | None:
    value = fields.get(key)
    return None if value is None else read_tree(value, fields.findings)


def _read_retry(settings: Fields) -> TreeDef | None:
    settings.require("attempts", "say how often: `attempts: 3`")
    attempts = settings.whole("attempts", 1)
    return TreeDef("retry", count=attempts) if attempts else None


def _read_timeout(settings: Fields) -> TreeDef | None:
    settings.require("after", "say how long: `after: 30s`")
    seconds = settings.duration("after")
    return TreeDef("timeout", seconds=seconds) if seconds else None


def _read_guard(settings: Fields) -> TreeDef | None:
    settings.require("if", 'say what must be true: `if: "context.score > 0"`')
    test, _ = _read_optional_test(settings, "if")
    return test and TreeDef("guard", test=test)


def _read_repeat(settings: Fields) -> TreeDef | None:
    # `until` may never come true: without `times` nothing would end it.
    settings.require("times", "say how often at most: `times: 3`")
    times = settings.whole("times", 1)
    until, sound = _read_optional_test(settings, "until")
    return TreeDef("repeat", test=until, count=times) if times and sound else None


def _read_budget(settings: Fields) -> TreeDef | None:
    bounds = [key for key in ("usd", "requests") if settings.get(key) is not None]
    if not bounds:
        message = "A budget needs a bound."
        settings.reject(settings.table.place, message, "write `usd: 0.5`, `requests: 10` or both")
        return None
    usd, requests = settings.number("usd", 0, float("inf")), settings.whole("requests", 0)
    wrong = ("usd" in bounds and usd is None) or ("requests" in bounds and requests is None)
    return None if wrong else TreeDef("budget", usd=usd, requests=requests)


def _read_simple(fields: Fields, kind: str) -> TreeDef | None:
    """`invert` and `once` have nothing but their part."""
    child = _read_child(fields, kind)
    return child and TreeDef("invert" if kind == "invert" else "once", (child,))


_DECORATORS: dict[str, tuple[Mapping[str, str], Callable[[Fields], TreeDef | None]]] = {
    "retry": (TREE_RETRY, _read_retry),
    "timeout": (TREE_TIMEOUT, _read_timeout),
    "guard": (TREE_GUARD, _read_guard),
    "repeat": (TREE_REPEAT, _read_repeat),
    "budget": (TREE_BUDGET, _read_budget),
}
_READERS: dict[str, Callable[[Fields, str], TreeDef | None]] = {
    "sequence": _read_composite,
    "selector": _read_composite,
    "parallel": _read_parallel,
    "node": _read_node,
    "condition": _read_condition,
    "invert": _read_simple,
    "once": _read_simple,
    **dict.fromkeys(_DECORATORS, _read_decorator),
}
