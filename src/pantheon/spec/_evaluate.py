"""Expression trees compiled to closures: what every operator and function means at run time.

Null is what a skipped node, a missing field and an absent optional input give. It flows through
fields, indices, arithmetic and text functions; it orders below nothing (`null < 3` is false), is
false where a condition is wanted, has size 0 and contains nothing. Any other mismatch is a fault.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from pantheon.ids import Json, canonical_json
from pantheon.spec._syntax import (
    Binary,
    Call,
    Conditional,
    Constant,
    Index,
    ListOf,
    Member,
    Name,
    Node,
    ObjectOf,
    Unary,
)

Scope: TypeAlias = Mapping[str, Json]
Evaluator: TypeAlias = Callable[[Scope], Json]

_LARGEST = 2**1023


class Mismatch(Exception):
    """Internal: an operation met a value that it has no meaning for."""


def compile_node(node: Node) -> Evaluator:
    """The closure that computes a tree's value from a scope; may raise Mismatch."""
    match node:
        case Constant(value=value):
            return lambda scope: value
        case Name(name=name):
            return lambda scope: scope.get(name)
        case Member(base=Name(name=root), name=name):
            return lambda scope: _member(scope.get(root), name)
        case Member(base=base, name=name):
            return _member_of(compile_node(base), name)
        case Index(base=base, index=index):
            return _binary(_index, compile_node(base), compile_node(index))
        case ListOf(items=items):
            return _list_of([compile_node(item) for item in items])
        case ObjectOf(items=pairs):
            return _object_of([(key, compile_node(value)) for key, value in pairs])
        case Unary(op=op, operand=operand):
            return _unary(_not if op == "not" else _negate, compile_node(operand))
        case Binary():
            return _compile_binary(node)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return _choice(compile_node(test), compile_node(then), compile_node(otherwise))
        case Call():
            return _compile_call(node)


def _compile_binary(node: Binary) -> Evaluator:
    left, right = compile_node(node.left), compile_node(node.right)
    if node.op == "and":
        return lambda scope: _truth(left(scope)) and _truth(right(scope))
    if node.op == "or":
        return lambda scope: _truth(left(scope)) or _truth(right(scope))
    return _binary(_OPERATORS[node.op], left, right)


def _compile_call(node: Call) -> Evaluator:
    arguments = [compile_node(argument) for argument in node.arguments]
    if node.function == "default":
        return _default(arguments[0], arguments[1])
    if len(arguments) == 1:
        return _unary(_ONE_ARGUMENT[node.function], arguments[0])
    return _binary(_TWO_ARGUMENTS[node.function], arguments[0], arguments[1])


def _unary(apply: Callable[[Json], Json], operand: Evaluator) -> Evaluator:
    return lambda scope: apply(operand(scope))


def _binary(apply: Callable[[Json, Json], Json], left: Evaluator, right: Evaluator) -> Evaluator:
    return lambda scope: apply(left(scope), right(scope))


def _member_of(base: Evaluator, name: str) -> Evaluator:
    return lambda scope: _member(base(scope), name)


def _list_of(items: list[Evaluator]) -> Evaluator:
    return lambda scope: [item(scope) for item in items]


def _object_of(pairs: list[tuple[str, Evaluator]]) -> Evaluator:
    return lambda scope: {key: value(scope) for key, value in pairs}


def _choice(test: Evaluator, then: Evaluator, otherwise: Evaluator) -> Evaluator:
    return lambda scope: then(scope) if _truth(test(scope)) else otherwise(scope)


def _default(value: Evaluator, otherwise: Evaluator) -> Evaluator:
    def choose(scope: Scope) -> Json:
        found = value(scope)
        return otherwise(scope) if found is None else found

    return choose


def name_of_type(value: Json) -> str:
    """JSON's name for a value's type."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _member(base: Json, name: str) -> Json:
    if isinstance(base, dict):
        return base.get(name)
    if base is None:
        return None
    raise Mismatch(f"has no field {name!r}: it is of type {name_of_type(base)}")


def _index(base: Json, index: Json) -> Json:
    if base is None or index is None:
        return None
    if isinstance(base, list) and type(index) is int:
        return base[index] if -len(base) <= index < len(base) else None
    if isinstance(base, dict) and isinstance(index, str):
        return base.get(index)
    raise Mismatch(f"cannot index {name_of_type(base)} by {name_of_type(index)}")


def _truth(value: Json) -> bool:
    if value is True or value is False:
        return value
    if value is None:
        return False
    raise Mismatch(f"expected true or false, got {name_of_type(value)}")


def _not(value: Json) -> Json:
    return not _truth(value)


def _negate(value: Json) -> Json:
    return None if value is None else -_number(value)


def _number(value: Json) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mismatch(f"expected a number, got {name_of_type(value)}")
    return value


def _finite(value: int | float) -> int | float:
    if not -_LARGEST < value < _LARGEST:
        raise Mismatch("the result is too large a number")
    return value


def json_equal(left: Json, right: Json) -> bool:
    """Equality of JSON values: `1` equals `1.0` but never `true`."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(left[k], right[k]) for k in left)
    return left == right


def _not_equal(left: Json, right: Json) -> bool:
    return not json_equal(left, right)


def _ordering(compare: Callable[[float | str, float | str], bool]) -> Callable[[Json, Json], Json]:
    def order(left: Json, right: Json) -> Json:
        if left is None or right is None:
            return False
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        return compare(_number(left), _number(right))

    return order


def _add(left: Json, right: Json) -> Json:
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, str) or isinstance(right, str):
        raise Mismatch(f"cannot add {name_of_type(left)} and {name_of_type(right)}")
    return _finite(_number(left) + _number(right))


def _arithmetic(apply: Callable[[float, float], float]) -> Callable[[Json, Json], Json]:
    def compute(left: Json, right: Json) -> Json:
        if left is None or right is None:
            return None
        return _finite(apply(_number(left), _number(right)))

    return compute


def _is_in(value: Json, container: Json) -> bool:
    if container is None:
        return False
    if isinstance(container, list):
        return any(json_equal(value, item) for item in container)
    if value is None:
        return False
    if isinstance(value, str) and isinstance(container, str | dict):
        return value in container
    raise Mismatch(f"cannot look for {name_of_type(value)} in {name_of_type(container)}")


def _is_not_in(value: Json, container: Json) -> bool:
    return not _is_in(value, container)


def _contains(container: Json, value: Json) -> bool:
    return _is_in(value, container)


def _size(value: Json) -> Json:
    if value is None:
        return 0
    if isinstance(value, str | list | dict):
        return len(value)
    raise Mismatch(f"{name_of_type(value)} has no size")


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise Mismatch(f"expected text, got {name_of_type(value)}")
    return value


def _lower(value: Json) -> Json:
    return None if value is None else _text(value).lower()


def _upper(value: Json) -> Json:
    return None if value is None else _text(value).upper()


def _spell(value: Json) -> Json:
    """Text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else canonical_json(value)


def _starts_with(value: Json, prefix: Json) -> bool:
    if value is None or prefix is None:
        return False
    return _text(value).startswith(_text(prefix))


def _exists(value: Json) -> bool:
    return value is not None


_OPERATORS: dict[str, Callable[[Json, Json], Json]] = {
    "==": json_equal,
    "!=": _not_equal,
    "<": _ordering(cast("Callable[[float | str, float | str], bool]", operator.lt)),
    "<=": _ordering(cast("Callable[[float | str, float | str], bool]", operator.le)),
    ">": _ordering(cast("Callable[[float | str, float | str], bool]", operator.gt)),
    ">=": _ordering(cast("Callable[[float | str, float | str], bool]", operator.ge)),
    "in": _is_in,
    "not in": _is_not_in,
    "+": _add,
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
}
_ONE_ARGUMENT: dict[str, Callable[[Json], Json]] = {
    "exists": _exists,
    "size": _size,
    "lower": _lower,
    "upper": _upper,
    "text": _spell,
}
_TWO_ARGUMENTS: dict[str, Callable[[Json, Json], Json]] = {
    "contains": _contains,
    "starts_with": _starts_with,
}
