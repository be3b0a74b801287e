"""What an expression reads, as paths: from a node (or `input`, `context`, …) down to one field."""

from __future__ import annotations

from typing import TypeAlias

from pantheon.spec._expression import Expression
from pantheon.spec._syntax import Constant, Index, Member, Name, Node, children

Path: TypeAlias = tuple[str, ...]
"""A root, then fields and positions: `input.items[0].text` is `("input", "items", "0", "text")`."""


def paths_of(expression: Expression) -> frozenset[Path]:
    """Every path that it reads; one ends where the rest is only known when it is evaluated."""
    return _paths(expression.tree)


def overlap(one: Path, other: Path) -> bool:
    """Whether a change at one path may be seen at the other."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _paths(node: Node) -> frozenset[Path]:
    path = _path(node)
    if path is not None:
        return frozenset((path,))
    return frozenset[Path]().union(*map(_paths, children(node)))


def _path(node: Node) -> Path | None:
    """The path that a node is, if it is nothing else."""
    match node:
        case Name(name=name):
            return (name,)
        case Member(base=base, name=name):
            return _below(base, name)
        case Index(base=base, index=Constant(value=int() | str() as step)):
            return _below(base, str(step))
        case _:
            return None


def _below(base: Node, step: str) -> Path | None:
    path = _path(base)
    return None if path is None else (*path, step)
