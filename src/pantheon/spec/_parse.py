"""Text of an expression -> tree; mistakes carry the offsets of the text they are about.

Bounded in length and depth, so that neither parsing nor evaluating can exhaust anything.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import NoReturn, cast

from pantheon.spec._syntax import (
    NAME,
    PRECEDENCE,
    RESERVED,
    UNARY_MINUS,
    Binary,
    BinaryOp,
    Call,
    Conditional,
    Constant,
    Index,
    ListOf,
    Member,
    Name,
    Node,
    ObjectOf,
    Span,
    Unary,
    children,
    write,
)

MAX_LENGTH = 4096
MAX_DEPTH = 48
_MAX_DIGITS = 300

FUNCTIONS: dict[str, int] = {
    "exists": 1,
    "size": 1,
    "lower": 1,
    "upper": 1,
    "text": 1,
    "contains": 2,
    "starts_with": 2,
    "default": 2,
}
"""Name -> number of arguments."""

_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>{NAME.pattern})
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<op>\|\||&&|==|!=|<=|>=|[-+*<>!?:.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_SPELLINGS = {"||": "or", "&&": "and", "!": "not"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an expression, and where in its text."""

    message: str
    fix: str
    span: Span


class SyntaxProblem(Exception):
    """Internal: the first syntax mistake; callers turn it into an error for users."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    span: Span


def parse(text: str) -> Node:
    """Parse a whole expression; raises SyntaxProblem at the first mistake."""
    if len(text) > MAX_LENGTH:
        fix = "move the logic into an agent with a `python` tier"
        _fail(f"An expression is at most {MAX_LENGTH} characters long.", fix, Span(0, 1))
    return _Parser(text).parse_all()


def _fail(message: str, fix: str, span: Span) -> NoReturn:
    raise SyntaxProblem(Problem(message, fix, span))


def _split(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _fail_at_character(text, position)
        if match.lastgroup != "space":
            span = Span(match.start(), match.end())
            tokens.append(_Token(str(match.lastgroup), match.group(), span))
        position = match.end()
    tokens.append(_Token("end", "", Span(len(text), len(text) + 1)))
    return tokens


def _fail_at_character(text: str, position: int) -> NoReturn:
    span = Span(position, position + 1)
    match text[position]:
        case '"' | "'" as quote:
            _fail("This string is not closed.", f"end it with {quote}", Span(position, len(text)))
        case "=":
            _fail("`=` is not an operator here.", "compare with `==`", span)
        case "/" | "%":
            _fail("There is no division in expressions.", "divide in a `python` tier", span)
        case character:
            fix = 'quote text: `"…"`'
            _fail(f"The character {character!r} has no meaning here.", fix, span)


class _Parser:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.tokens = _split(text)
        self.position = 0
        self.depths: dict[int, int] = {}
        self.nesting = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.next
        self.position += token.kind != "end"
        return token

    def accept(self, text: str) -> bool:
        if self.next.text == text and self.next.kind in {"op", "name"}:
            self.position += 1
            return True
        return False

    def expect(self, text: str) -> _Token:
        token = self.next
        if not self.accept(text):
            found = f"`{token.text}`" if token.text else "the end"
            _fail(f"Expected `{text}`, found {found}.", f"write `{text}` here", token.span)
        return token

    def parse_all(self) -> Node:
        if self.next.kind == "end":
            fix = "write a path such as `input.text`, or a value"
            _fail("The expression is empty.", fix, Span(0, 1))
        node = self.parse_above(0)
        if self.next.kind != "end":
            _fail_after_expression(self.next)
        return node

    def measured(self, node: Node) -> Node:
        """Keep the tree's depth bounded, long chains of one operator included."""
        depth = 1 + max((self.depths.get(id(child), 1) for child in children(node)), default=0)
        self.depths[id(node)] = depth
        if depth > MAX_DEPTH:
            self.fail_too_deep(node.span)
        return node

    def fail_too_deep(self, span: Span) -> NoReturn:
        fix = "split it over several nodes, or use an agent with a `python` tier"
        _fail(f"The expression is nested more than {MAX_DEPTH} deep.", fix, span)

    def parse_above(self, minimum: int) -> Node:
        """Parse operators that bind at least as tightly as `minimum`."""
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            self.fail_too_deep(self.next.span)
        left = self.parse_prefix()
        while (op := self.peek_operator()) is not None and PRECEDENCE[op] >= max(minimum, 1):
            left = self.measured(self.parse_infix(left, op))
        self.nesting -= 1
        return left

    def peek_operator(self) -> str | None:
        token = self.next
        if token.kind not in {"op", "name"}:
            return None
        text = _SPELLINGS.get(token.text, token.text)
        if text == "not":
            following = self.tokens[self.position + 1]
            return "not in" if following.text == "in" and token.text == "not" else None
        return text if text in PRECEDENCE else None

    def parse_infix(self, left: Node, op: str) -> Node:
        self.take()
        if op == "?":
            return self.parse_conditional(left)
        if op == "not in":
            self.take()
        right = self.parse_above(PRECEDENCE[op] + 1)
        following = self.peek_operator()
        if PRECEDENCE[op] == PRECEDENCE["=="] == PRECEDENCE.get(following or "", 0):
            fix = "join two comparisons: `a < b and b < c`"
            _fail("Comparisons do not chain.", fix, self.next.span)
        return Binary(cast(BinaryOp, op), left, right, Span(left.span.start, right.span.end))

    def parse_conditional(self, test: Node) -> Node:
        then = self.parse_above(0)
        self.expect(":")
        otherwise = self.parse_above(PRECEDENCE["?"])
        return Conditional(test, then, otherwise, Span(test.span.start, otherwise.span.end))

    def parse_prefix(self) -> Node:
        token = self.next
        if token.kind == "op" and token.text == "!":
            self.take()
            return self.unary_not(self.parse_above(UNARY_MINUS), token)
        if token.kind == "name" and token.text == "not":
            self.take()
            return self.unary_not(self.parse_above(PRECEDENCE["not"]), token)
        if token.kind == "op" and token.text == "-":
            self.take()
            operand = self.parse_above(UNARY_MINUS)
            return self.measured(self.negate(operand, Span(token.span.start, operand.span.end)))
        return self.parse_postfix(self.parse_primary())

    def unary_not(self, operand: Node, token: _Token) -> Node:
        span = Span(token.span.start, operand.span.end)
        return self.measured(Unary("not", operand, span))

    def negate(self, operand: Node, span: Span) -> Node:
        """`-3` is a number, so that printing and parsing agree."""
        if isinstance(operand, Constant) and type(operand.value) in {int, float}:
            return Constant(-cast(float, operand.value), span)
        return Unary("-", operand, span)

    def parse_postfix(self, node: Node) -> Node:
        while True:
            if self.accept("."):
                field = self.take()
                if field.kind != "name":
                    fix = 'write a field name, or `["odd name"]`'
                    _fail("A field name must follow the dot.", fix, field.span)
                span = Span(node.span.start, field.span.end)
                if self.next.text == "(" and self.next.kind == "op":
                    fix = f"write `{field.text}({write(node)}, …)`"
                    _fail("A function stands before what it is about.", fix, field.span)
                node = self.measured(Member(node, field.text, span))
            elif self.accept("["):
                index = self.parse_above(0)
                end = self.expect("]")
                span = Span(node.span.start, end.span.end)
                node = self.measured(Index(node, index, span))
            else:
                return node

    def parse_primary(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                return Constant(_number(token), token.span)
            case "string":
                return Constant(_string(token), token.span)
            case "name":
                return self.parse_name(token)
            case _:
                return self.parse_bracket(token)

    def parse_name(self, token: _Token) -> Node:
        constants = {"true": True, "false": False, "null": None}
        if token.text in constants:
            return Constant(constants[token.text], token.span)
        if token.text in RESERVED:
            _fail(f"`{token.text}` needs a value before it.", "write a value first", token.span)
        if self.accept("("):
            return self.parse_call(token)
        return Name(token.text, token.span)

    def parse_call(self, token: _Token) -> Node:
        if token.text not in FUNCTIONS:
            near = difflib.get_close_matches(token.text, FUNCTIONS, 1)
            known = ", ".join(sorted(FUNCTIONS))
            fix = f"did you mean `{near[0]}`?" if near else f"use one of: {known}"
            _fail(f"There is no function `{token.text}`.", fix, token.span)
        arguments, end = self.parse_items(")")
        wanted = FUNCTIONS[token.text]
        span = Span(token.span.start, end.span.end)
        if len(arguments) != wanted:
            fix = f"give it {wanted} value{'s' if wanted > 1 else ''}"
            _fail(f"`{token.text}` takes {wanted}, got {len(arguments)}.", fix, span)
        return self.measured(Call(token.text, arguments, span))

    def parse_bracket(self, token: _Token) -> Node:
        if token.text == "(":
            node = self.parse_above(0)
            self.expect(")")
            return node
        if token.text == "[":
            items, end = self.parse_items("]")
            return self.measured(ListOf(items, Span(token.span.start, end.span.end)))
        if token.text == "{":
            return self.parse_object(token)
        found = f"`{token.text}`" if token.text else "the end"
        _fail(f"Expected a value, found {found}.", "write a path or a value here", token.span)

    def parse_items(self, closing: str) -> tuple[tuple[Node, ...], _Token]:
        items: list[Node] = []
        while self.next.text != closing or self.next.kind != "op":
            if items and not self.accept(","):
                fix = f"close it with `{closing}`, or separate values by commas"
                _fail(f"Expected `,` or `{closing}`.", fix, self.next.span)
            items.append(self.parse_above(0))
        return tuple(items), self.take()

    def parse_object(self, opening: _Token) -> Node:
        pairs: dict[str, Node] = {}
        while not (self.next.kind == "op" and self.next.text == "}"):
            if pairs:
                self.expect(",")
            key = self.parse_key()
            if key.text in pairs:
                _fail(f"The key `{key.text}` is given twice.", "keep one of them", key.span)
            self.expect(":")
            pairs[key.text] = self.parse_above(0)
        end = self.take()
        return self.measured(ObjectOf(tuple(pairs.items()), Span(opening.span.start, end.span.end)))

    def parse_key(self) -> _Token:
        token = self.take()
        if token.kind == "string":
            return _Token("string", _string(token), token.span)
        if token.kind != "name":
            _fail("A key must be a name or a string.", "write `{name: …}`", token.span)
        return token


def _fail_after_expression(token: _Token) -> NoReturn:
    if token.kind in {"name", "number", "string"}:
        fix = "join two values with an operator (`and`, `==`, `+`), or quote text"
        _fail(f"`{token.text}` does not belong here.", fix, token.span)
    _fail(f"`{token.text}` does not belong here.", "remove it", token.span)


def _number(token: _Token) -> int | float:
    if len(token.text) > _MAX_DIGITS:
        fix = f"use at most {_MAX_DIGITS} digits"
        _fail("This number is too long.", fix, token.span)
    if token.text.isdecimal():
        return int(token.text)
    value = float(token.text)
    if value == float("inf"):
        _fail("This number is too large.", "use a number below 1e308", token.span)
    return value


def _string(token: _Token) -> str:
    body = token.text[1:-1]
    if token.text[0] == "'":
        body = re.sub(r'\\.|"', lambda m: {"\\'": "'", '"': '\\"'}.get(m[0], m[0]), body)
    try:
        value = json.loads(f'"{body}"', strict=False)
        str(value).encode()
    except ValueError:
        fix = "escape as in JSON: \\\\ \\n \\t \\u00e9"
        _fail("This string has an escape that is not known.", fix, token.span)
    return str(value)
