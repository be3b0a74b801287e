"""The type (JSON Schema) of an expression from the types of its roots, with every mismatch."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pantheon.ids import Json, JsonObject
from pantheon.spec._compatibility import (
    ALL_KINDS,
    ANY,
    NULL,
    Kinds,
    alternatives,
    closed_values,
    describe,
    is_integer,
    is_only,
    items_of,
    kinds_of,
    properties_of,
    property_of,
    schema_of,
    union_of,
    with_null,
    without_null,
)
from pantheon.spec._evaluate import json_equal
from pantheon.spec._parse import Problem
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
    write,
)

_BOOLEAN: JsonObject = {"type": "boolean"}
_NUMBER: JsonObject = {"type": "number"}
_INTEGER: JsonObject = {"type": "integer"}
_STRING: JsonObject = {"type": "string"}


def infer_type(
    tree: Node, types: Mapping[str, JsonObject]
) -> tuple[JsonObject, tuple[Problem, ...]]:
    """The schema of the value, and everything that is wrong on the way."""
    checker = _Checker(types)
    return checker.infer(tree), tuple(checker.problems)


def suggest(name: str, known: Mapping[str, object] | list[str]) -> str:
    """`did you mean` for a misspelt name, else the list of what there is."""
    near = difflib.get_close_matches(name, known, 1, 0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    listed = ", ".join(f"`{k}`" for k in list(known)[:8])
    return f"use one of: {listed}" if listed else "there is none to choose from"


class _Checker:
    """Walks a tree once; unknown parts become `anything` so that one mistake is told once."""

    def __init__(self, types: Mapping[str, JsonObject]) -> None:
        self.types = types
        self.problems: list[Problem] = []

    def report(self, node: Node, message: str, fix: str) -> JsonObject:
        self.problems.append(Problem(message, fix, node.span))
        return ANY

    def infer(self, node: Node) -> JsonObject:
        match node:
            case Constant(value=value):
                return schema_of(value)
            case Name(name=name):
                return self.infer_name(node, name)
            case Member(base=base, name=name):
                return self.infer_field(node, self.infer(base), name)
            case Index():
                return self.infer_index(node)
            case ListOf(items=items):
                return {"type": "array", "items": union_of(map(self.infer, items))}
            case ObjectOf(items=pairs):
                return self.infer_object(pairs)
            case Unary(op=op, operand=operand):
                if op == "-":
                    return self.want(operand, "number")
                return self.want_conditions(operand)
            case Binary():
                return self.infer_binary(node)
            case Conditional(test=test, then=then, otherwise=otherwise):
                self.want(test, "boolean")
                return union_of((self.infer(then), self.infer(otherwise)))
            case Call():
                return self.infer_call(node)

    def infer_name(self, node: Name, name: str) -> JsonObject:
        if name in self.types:
            return self.types[name]
        fix = suggest(name, self.types)
        if "-" in name:
            fix += "; to subtract, put spaces around the minus"
        return self.report(node, f"There is nothing called `{name}` here.", fix)

    def infer_object(self, pairs: tuple[tuple[str, Node], ...]) -> JsonObject:
        properties: dict[str, Json] = {key: self.infer(value) for key, value in pairs}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def infer_field(self, node: Member | Index, base: JsonObject, name: str) -> JsonObject:
        branches = [b for b in alternatives(base) if kinds_of(b) & {"object"}]
        owner = write(node.base)
        if not branches:
            if is_only(base, "null"):
                return NULL
            fix = f"use `{owner}` as it is"
            message = f"`{owner}` has no fields: it is {describe(base)}."
            return self.report(node, message, fix)
        found = [f for f in (property_of(b, name) for b in branches) if f is not None]
        if not found:
            known = [key for branch in branches for key in properties_of(branch)]
            message = f"`{owner}` has no field `{name}`."
            return self.report(node, message, suggest(name, known))
        schema = union_of(found)
        partial = len(found) < len(branches)
        certain = is_only(base, "object") or kinds_of(base) == ALL_KINDS
        return schema if certain and not partial else with_null(schema)

    def infer_index(self, node: Index) -> JsonObject:
        base, index = self.infer(node.base), self.infer(node.index)
        if isinstance(node.index, Constant) and isinstance(node.index.value, str):
            return self.infer_field(node, base, node.index.value)
        wanted = kinds_of(index) & {"number", "string"}
        if not wanted or not kinds_of(base) & {"array", "object", "null"}:
            message = f"`{write(node.base)}` cannot be indexed: it is {describe(base)}."
            if not wanted:
                message = f"An index is a number or text; this is {describe(index)}."
            return self.report(node, message, "index a list by number or an object by text")
        # A list may be shorter than the index, so what is found there may be null.
        lists = [items_of(b) for b in alternatives(base) if "array" in kinds_of(b)]
        return with_null(union_of(lists)) if lists else ANY

    def want(self, node: Node, kind: str) -> JsonObject:
        """Report unless the node's values can be of this kind; null makes the result null too."""
        schema = self.infer(node)
        result: JsonObject = {"type": kind}
        if kinds_of(schema) <= {kind, "null"} or kinds_of(schema) == ALL_KINDS:
            whole = kind == "number" and is_integer(without_null(schema))
            return _carry_null(_INTEGER if whole else result, schema)
        message = f"`{write(node)}` is {describe(schema)}, but a {kind} is wanted here."
        self.report(node, message, _FIXES[kind])
        return result

    def infer_binary(self, node: Binary) -> JsonObject:
        match node.op:
            case "and" | "or":
                return self.want_conditions(node.left, node.right)
            case "==" | "!=":
                return self.infer_equality(node)
            case "in" | "not in":
                return self.infer_membership(node, node.left, node.right)
            case "<" | "<=" | ">" | ">=":
                self.same_kind(node, self.infer(node.left), self.infer(node.right))
                return _BOOLEAN
            case "+":
                return self.infer_sum(node)
            case "-" | "*":
                return _number_of(self.want(node.left, "number"), self.want(node.right, "number"))

    def want_conditions(self, *operands: Node) -> JsonObject:
        """Operands of `and`, `or`, `not`: null counts as false, so the result is never null."""
        for operand in operands:
            self.want(operand, "boolean")
        return _BOOLEAN

    def infer_sum(self, node: Binary) -> JsonObject:
        left, right = self.infer(node.left), self.infer(node.right)
        kinds = self.same_kind(node, left, right)
        if kinds == frozenset(("number",)):
            return _number_of(left, right)
        total: JsonObject = _STRING if len(kinds) == 1 else {"type": ["number", "string"]}
        return _carry_null(_carry_null(total, left), right)

    def same_kind(self, node: Binary, left: JsonObject, right: JsonObject) -> Kinds:
        """Check that both sides can be numbers, or both texts; returns the kinds left."""
        common = kinds_of(left) & kinds_of(right) & {"number", "string"}
        if not common and "null" not in kinds_of(left) | kinds_of(right):
            message = f"`{node.op}` cannot join {describe(left)} and {describe(right)}."
            self.report(node, message, "use two numbers, or two texts")
        return common

    def infer_equality(self, node: Binary) -> JsonObject:
        left, right = self.infer(node.left), self.infer(node.right)
        for side, other, schema in ((node.left, node.right, right), (node.right, node.left, left)):
            if isinstance(side, Constant) and not isinstance(other, Constant):
                self.check_possible(side, write(other), schema)
        return _BOOLEAN

    def check_possible(self, constant: Constant, other: str, schema: JsonObject) -> None:
        """A comparison with a value that can never occur is a typo."""
        value = constant.value
        if value is None or is_only(schema, "null"):
            return
        branches = [closed_values(branch) for branch in alternatives(without_null(schema))]
        known = [item for values in branches for item in values or []]
        closed = all(values is not None for values in branches)
        if closed and not any(json_equal(value, item) for item in known):
            message = f"`{other}` is never {write(constant)}."
            self.report(constant, message, suggest(str(value), [str(item) for item in known]))
        elif not kinds_of(schema) & kinds_of(schema_of(value)):
            message = f"`{other}` is {describe(schema)}, so it never equals {write(constant)}."
            self.report(constant, message, f"compare it with {describe(without_null(schema))}")

    def infer_membership(self, node: Node, value: Node, container: Node) -> JsonObject:
        schema, wanted = self.infer(container), self.infer(value)
        if not kinds_of(schema) & {"array", "string", "object", "null"}:
            message = f"`{write(container)}` holds nothing: it is {describe(schema)}."
            self.report(node, message, "look in a list, a text or an object")
        if isinstance(container, ListOf) and closed_values(wanted) is not None:
            for item in container.items:
                if isinstance(item, Constant):
                    self.check_possible(item, write(value), wanted)
        return _BOOLEAN

    def infer_call(self, node: Call) -> JsonObject:
        first = node.arguments[0]
        match node.function:
            case "exists":
                self.infer(first)
                return _BOOLEAN
            case "default":
                otherwise = self.infer(node.arguments[1])
                return union_of((without_null(self.infer(first)), otherwise))
            case "contains":
                return self.infer_membership(node, node.arguments[1], first)
            case "text":
                return _carry_null(_STRING, self.infer(first))
            case "size":
                return self.infer_size(node, first)
            case "starts_with":
                self.want(first, "string")
                self.want(node.arguments[1], "string")
                return _BOOLEAN
            case _:
                return self.want(first, "string")

    def infer_size(self, node: Call, argument: Node) -> JsonObject:
        schema = self.infer(argument)
        if not kinds_of(schema) & {"array", "string", "object", "null"}:
            message = f"`{write(argument)}` has no size: it is {describe(schema)}."
            self.report(node, message, "give `size` a list, a text or an object")
        return _INTEGER


def _number_of(left: JsonObject, right: JsonObject) -> JsonObject:
    """The result of arithmetic: whole where both operands are."""
    whole = is_integer(without_null(left)) and is_integer(without_null(right))
    return _carry_null(_carry_null(_INTEGER if whole else _NUMBER, left), right)


def _carry_null(result: JsonObject, operand: JsonObject) -> JsonObject:
    """The result of an operation through which null flows."""
    known = kinds_of(operand)
    return with_null(result) if "null" in known and known != ALL_KINDS else result


_FIXES: dict[str, str] = {
    "boolean": 'compare it, as in `triage.team == "cards"` or `exists(input.note)`',
    "number": "use a number",
    "string": "use text",
}
