"""The expression language as a tree: its nodes, and how a tree is written back as text.

`write(parse(text))` is the canonical spelling; parsing it gives an equal tree (offsets aside).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Literal as Choice
from typing import TypeAlias

UnaryOp: TypeAlias = Choice["not", "-"]
BinaryOp: TypeAlias = Choice[
    "or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*"
]

NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*")
"""Dashes belong to names (agents are often called `code-gen`); subtraction needs spaces."""
RESERVED = frozenset({"and", "or", "not", "in", "true", "false", "null"})

PRECEDENCE: dict[str, int] = {
    "?": 1,
    "or": 2,
    "and": 3,
    "not": 4,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not in"), 5),
    "+": 6,
    "-": 6,
    "*": 7,
}
UNARY_MINUS = 8
POSTFIX = 9


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of a piece of the expression's text: [start, end)."""

    start: int
    end: int


_NO_SPAN = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, string, true, false or null."""

    value: None | bool | int | float | str
    span: Span = field(default=_NO_SPAN, compare=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Constant):
            return NotImplemented
        return type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Name:
    """A root: a node, `input` or `item`."""

    name: str
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """`base.name`."""

    base: Node
    name: str
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    """`base[index]`, of a list by number or of an object by string."""

    base: Node
    index: Node
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: tuple[Node, ...]
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """`{a: x, "b c": y}`."""

    items: tuple[tuple[str, Node], ...]
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x`, `-x`."""

    op: UnaryOp
    operand: Node
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`a op b`."""

    op: BinaryOp
    left: Node
    right: Node
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : otherwise`."""

    test: Node
    then: Node
    otherwise: Node
    span: Span = field(default=_NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`function(a, b)` of one of the built-in functions."""

    function: str
    arguments: tuple[Node, ...]
    span: Span = field(default=_NO_SPAN, compare=False)


Node: TypeAlias = (
    Constant | Name | Member | Index | ListOf | ObjectOf | Unary | Binary | Conditional | Call
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Constant() | Name():
            return ()
        case Member(base=base):
            return (base,)
        case Index(base=base, index=index):
            return (base, index)
        case ListOf(items=items):
            return items
        case ObjectOf(items=pairs):
            return tuple(value for _, value in pairs)
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case Call(arguments=arguments):
            return arguments


def root_names(node: Node) -> frozenset[str]:
    """Every root the tree refers to."""
    if isinstance(node, Name):
        return frozenset((node.name,))
    return frozenset[str]().union(*map(root_names, children(node)))


def fields_of(node: Node, root: str) -> dict[str | None, Span]:
    """Fields that the tree takes from a root, and where; None where it takes it as a whole."""
    match node:
        case Name(name=name, span=span):
            return {None: span} if name == root else {}
        case Member(base=Name(name=name), name=field, span=span) if name == root:
            return {field: span}
        case Index(base=Name(name=name), index=Constant(value=str() as key), span=span) if (
            name == root
        ):
            return {key: span}
        case _:
            found: dict[str | None, Span] = {}
            for child in children(node):
                found = {**fields_of(child, root), **found}
            return found


def guarded_names(node: Node) -> frozenset[str]:
    """Roots named inside `exists(…)` or as the first argument of `default(…, …)`."""
    if isinstance(node, Call) and node.function in {"exists", "default"}:
        first, *rest = node.arguments
        return root_names(first).union(*map(guarded_names, rest))
    return frozenset[str]().union(*map(guarded_names, children(node)))


def write(node: Node) -> str:
    """The canonical text of a tree."""
    return _write(node, 0)


def _write(node: Node, outer: int) -> str:
    text, own = _spell(node)
    return f"({text})" if own < outer else text


def _spell(node: Node) -> tuple[str, int]:
    """Text of a node and how tightly it binds."""
    match node:
        case Constant(value=value):
            return _spell_constant(value)
        case Name(name=name):
            return name, POSTFIX
        case Member(base=base, name=name):
            return f"{_write(base, POSTFIX)}.{name}", POSTFIX
        case Index(base=base, index=index):
            return f"{_write(base, POSTFIX)}[{write(index)}]", POSTFIX
        case ListOf(items=items):
            return f"[{_join(items)}]", POSTFIX
        case ObjectOf(items=pairs):
            return _spell_object(pairs), POSTFIX
        case Call(function=function, arguments=arguments):
            return f"{function}({_join(arguments)})", POSTFIX
        case _:
            return _spell_operation(node)


def _spell_operation(node: Unary | Binary | Conditional) -> tuple[str, int]:
    match node:
        case Unary(op="not", operand=operand):
            return f"not {_write(operand, PRECEDENCE['not'])}", PRECEDENCE["not"]
        case Unary(operand=operand):
            return f"-{_write(operand, UNARY_MINUS)}", UNARY_MINUS
        case Binary(op=op, left=left, right=right):
            own = PRECEDENCE[op]
            # Comparisons do not chain, so an equal on the left needs its parentheses too.
            first = _write(left, own + 1 if own == PRECEDENCE["=="] else own)
            return f"{first} {op} {_write(right, own + 1)}", own
        case Conditional(test=test, then=then, otherwise=otherwise):
            own = PRECEDENCE["?"]
            return f"{_write(test, own + 1)} ? {write(then)} : {_write(otherwise, own)}", own


def _spell_constant(value: None | bool | int | float | str) -> tuple[str, int]:
    text = json.dumps(value, ensure_ascii=False)
    return text, UNARY_MINUS if text.startswith("-") else POSTFIX


def _spell_object(pairs: tuple[tuple[str, Node], ...]) -> str:
    fields = (f"{_spell_key(key)}: {write(value)}" for key, value in pairs)
    return "{" + ", ".join(fields) + "}"


def _spell_key(key: str) -> str:
    return key if NAME.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _join(nodes: tuple[Node, ...]) -> str:
    return ", ".join(map(write, nodes))
