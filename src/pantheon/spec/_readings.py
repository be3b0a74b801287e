"""What an expression reads, seen from outside: fields of nodes, and comparisons with a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pantheon.spec._expression import Expression
from pantheon.spec._syntax import Binary, Constant, Member, Name, Node, children


@dataclass(frozen=True, slots=True)
class Reading:
    """A field of a node's output, or of the flow's `input`; None: all of it."""

    root: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`reading == "text"`, or with `equal` false `reading != "text"`."""

    reading: Reading
    text: str
    equal: bool


def readings_of(expression: Expression) -> tuple[Reading, ...]:
    """Every field and every whole output that it reads, each once, in order."""
    return tuple(dict.fromkeys(_readings(expression.tree)))


def single_reading(expression: Expression) -> Reading | None:
    """The field that the expression is; None: it is more than one field, or less."""
    return _field(expression.tree)


def comparison_of(expression: Expression) -> Comparison | None:
    """The expression as a comparison of one field with one text; None: it is something else."""
    tree = expression.tree
    if not isinstance(tree, Binary) or tree.op not in ("==", "!="):
        return None
    for side, other in ((tree.left, tree.right), (tree.right, tree.left)):
        reading = _field(side)
        if reading is not None and isinstance(other, Constant) and isinstance(other.value, str):
            return Comparison(reading, other.value, tree.op == "==")
    return None


def _field(tree: Node) -> Reading | None:
    if isinstance(tree, Member) and isinstance(tree.base, Name):
        return Reading(tree.base.name, tree.name)
    return None


def _readings(tree: Node) -> Iterator[Reading]:
    field = _field(tree)
    if field is not None:
        yield field
    elif isinstance(tree, Name):
        yield Reading(tree.name)
    else:
        for child in children(tree):
            yield from _readings(child)
