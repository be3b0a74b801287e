"""The expression language: what it means, what it refuses, and that nothing can break it."""

from __future__ import annotations

import contextlib
import pickle
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import Where
from pantheon.ids import Json
from pantheon.spec import ExpressionError, ExpressionFault, parse_expression
from pantheon.spec._parse import MAX_DEPTH, MAX_LENGTH, Problem, SyntaxProblem, parse
from pantheon.spec._syntax import (
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
    Unary,
    write,
)

HERE = Where("test.yaml", 1, 1)
SCOPE: dict[str, Json] = {
    "triage": {"team": "cards", "score": 0.9, "sure": True, "none": None},
    "input": {"items": [1, 2, {"a": "x"}], "odd name": 7, "in": "field", "text": "Lost Card"},
    "skipped": None,
    "code-gen": {"code": "pass"},
}


def value_of(text: str) -> Json:
    """The value in the scope above."""
    return parse_expression(text, HERE).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("triage.team", "cards"),
        ("input.items[0]", 1),
        ("input.items[-1].a", "x"),
        ("input.items[9]", None),
        ('input["odd name"]', 7),
        ("input.in", "field"),
        ("code-gen.code", "pass"),
        ("12", 12),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("'it\\'s \"so\"'", 'it\'s "so"'),
        ('"\\u00e9\\n"', "é\n"),
        ("[1, triage.team, null]", [1, "cards", None]),
        ('{a: 1, "b c": triage.team}', {"a": 1, "b c": "cards"}),
        ('triage.team == "cards" and triage.score >= 0.5', True),
        ('triage.team != "cards" || !triage.sure', False),
        ('not triage.sure == false && "x" in ["y", "x"]', True),
        ('"os" in "Lost" and "team" in triage and "z" not in triage', True),
        ("1 + 2 * 3 - -4", 11),
        ('"a" + "b"', "ab"),
        ("triage.sure ? 1 : 2", 1),
        ("triage.none ? 1 : false ? 2 : 3", 3),
        ("exists(triage.team) and not exists(triage.none)", True),
        ('default(triage.none, "other")', "other"),
        ("size(input.items) + size(triage.team) + size(skipped.list)", 8),
        ('lower(input.text) + upper("x")', "lost cardX"),
        ('contains(input.items, 2) and starts_with(input.text, "Lost")', True),
        ("text(input.items) + text(1.5) + text(true)", '[1,2,{"a":"x"}]1.5true'),
        ('"b" > "a" and 2 > 1', True),
    ],
)
def test_value(text: str, value: Json) -> None:
    """Each construct of the language has the value its documentation says."""
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("skipped.reply", None),
        ("absent.reply.text[0]", None),
        ("skipped.n + 1", None),
        ("-skipped.n", None),
        ("lower(skipped.text)", None),
        ("skipped.n < 3", False),
        ("skipped.n >= 3", False),
        ("skipped.flag", None),
        ("skipped.flag and true", False),
        ("not skipped.flag", True),
        ("skipped.flag ? 1 : 2", 2),
        ('starts_with(skipped.text, "a")', False),
        ('"a" in skipped.list', False),
        ("size(skipped)", 0),
        ("skipped.x == null", True),
        ("text(skipped.x)", None),
    ],
)
def test_null_of_a_skipped_node(text: str, value: Json) -> None:
    """What a skipped node did not give is null: it flows through, orders nothing, is not true."""
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 == true", False), ("0 == false", False), ("1 == 1.0", True), ("[1] == [true]", False)],
)
def test_equality_is_that_of_json(text: str, value: Json) -> None:
    """Numbers never equal booleans, though Python says so."""
    assert value_of(text) is value


@pytest.mark.parametrize(
    "text",
    [
        "triage.team.length",
        "triage.team + 1",
        "triage.sure + 1",
        "triage.team < 3",
        "triage.team and true",
        "input.items[triage.team]",
        "size(3)",
        "lower(3)",
        "1 in 2",
        "1e308 * 10",
        "-triage.team",
    ],
)
def test_fault_at_run_time_names_the_expression(text: str) -> None:
    """Values without a meaning raise a typed fault, never a Python error."""
    with pytest.raises(ExpressionFault) as caught:
        value_of(text)
    assert text in caught.value.message
    assert caught.value.hint
    assert caught.value.where == HERE


@pytest.mark.parametrize(
    ("text", "start", "fix"),
    [
        ("", 0, "write a path"),
        ("a = 1", 2, "`==`"),
        ("a / 2", 2, "`python` tier"),
        ("a < b < c", 6, "a < b and b < c"),
        ("foo(1)", 0, "use one of"),
        ("sizes(a)", 0, "did you mean `size`?"),
        ("size(a, b)", 0, "give it 1 value"),
        ('"open', 0, 'end it with "'),
        ("(a", 2, "`)`"),
        ("[a b]", 3, "`]`"),
        ("{a: 1, a: 2}", 7, "keep one"),
        ("{1: 2}", 1, "{name: …}"),
        ("a b", 2, "operator"),
        ("a.", 2, "field name"),
        ("and a", 0, "value first"),
        ("a ? b", 5, "`:`"),
        ("a ; b", 2, "quote text"),
        ('"\\x"', 0, "escape as in JSON"),
        ('"\\ud800"', 0, "escape as in JSON"),
        ("9" * 400, 0, "300 digits"),
        ("1e999", 0, "below 1e308"),
        ("__import__('os').system('ls')", 0, "use one of"),
    ],
)
def test_syntax_mistake_has_offset_and_fix(text: str, start: int, fix: str) -> None:
    """A mistake is told with its offset in the text and what to write instead."""
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, HERE)
    (problem,) = caught.value.problems
    assert problem.span.start == start
    assert fix in problem.fix


def test_size_and_depth_are_bounded() -> None:
    """Neither long texts, nor deep nesting, nor long chains get through."""
    for text in (
        "a" * (MAX_LENGTH + 1),
        "(" * 1000 + "a" + ")" * 1000,
        "!" * 1000 + "a",
        "-" * 1000 + "a",
        "a" + ".b" * (MAX_DEPTH + 1),
        " + ".join(["a"] * (MAX_DEPTH + 2)),
        "[" * 1000,
        "a ? " * 1000,
    ):
        with pytest.raises(ExpressionError):
            parse_expression(text, HERE)


def test_roots_and_guarded_roots() -> None:
    """Roots are all names read; the guarded ones are asked about with exists or default."""
    expression = parse_expression('exists(a.x) ? default(b.y, c.z) : {d: [e["f"], item]}', HERE)
    assert expression.roots == {"a", "b", "c", "e", "item"}
    assert expression.guarded == {"a", "b"}


def test_equal_when_written_the_same() -> None:
    """Where it stands does not matter to equality, and it survives pickling."""
    expression = parse_expression("a.b == 1", HERE)
    assert expression == parse_expression("a.b == 1", Where("other", 3, 4))
    assert pickle.loads(pickle.dumps(expression)).evaluate({"a": {"b": 1}}) is True


@given(st.text())
def test_any_text_parses_or_is_refused(text: str) -> None:
    """No text whatever crashes the parser, and what parses can be evaluated or faults."""
    problems: tuple[Problem, ...] = ()
    try:
        expression = parse_expression(text, HERE)
        with contextlib.suppress(ExpressionFault):
            expression.evaluate({})
    except ExpressionError as error:
        problems = error.problems
    assert all(0 <= p.span.start < p.span.end for p in problems)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "a",
            "b.c",
            "input",
            "[",
            "]",
            "(",
            ")",
            "{",
            "}",
            ",",
            ":",
            "?",
            ".",
            "+",
            "-",
            "*",
            "!",
            "not",
            "and",
            "or",
            "in",
            "==",
            "!=",
            "<",
            "<=",
            "size",
            "exists",
            "default",
            "1",
            "2.5",
            '"s"',
            "'q'",
            "null",
            "true",
            "[0]",
            "lower(",
        ]
    ),
    max_size=14,
).map(" ".join)


@given(FRAGMENTS)
def test_printing_what_was_parsed_is_stable(text: str) -> None:
    """parse(print(tree)) is the tree, for whatever tree any text gives."""
    try:
        tree = parse(text)
    except SyntaxProblem:
        return
    assert parse(write(tree)) == tree


Trees: TypeAlias = st.SearchStrategy[Node]
_NAMES = st.sampled_from(["a", "input", "code-gen", "item", "x_1", "é"])
_CONSTANTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=8),
).map(Constant)
_OPERATORS: tuple[BinaryOp, ...] = (
    *("or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*"),
)


def _negatable(node: Node) -> bool:
    return not (isinstance(node, Constant) and type(node.value) in {int, float})


def _inner(trees: Trees) -> Trees:
    several = st.lists(trees, max_size=3).map(tuple)
    keys = st.text(st.characters(codec="utf-8"), max_size=5)
    return st.one_of(
        st.builds(Member, trees, _NAMES),
        st.builds(Index, trees, trees),
        st.builds(ListOf, several),
        st.dictionaries(keys, trees, max_size=3).map(lambda d: ObjectOf(tuple(d.items()))),
        st.builds(Unary, st.just("not"), trees),
        st.builds(Unary, st.just("-"), trees.filter(_negatable)),
        st.builds(Binary, st.sampled_from(_OPERATORS), trees, trees),
        st.builds(Conditional, trees, trees, trees),
        st.builds(Call, st.just("size"), st.tuples(trees)),
        st.builds(Call, st.just("default"), st.tuples(trees, trees)),
    )


TREES: Trees = st.recursive(_CONSTANTS | _NAMES.map(Name), _inner, max_leaves=12)


@given(TREES)
def test_printing_any_tree_is_parsed_back(tree: Node) -> None:
    """Parentheses are written exactly where the grammar needs them."""
    assert parse(write(tree)) == tree


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


@given(TREES, st.dictionaries(st.sampled_from(["a", "input", "item"]), JSON))
def test_evaluation_ends_in_json_or_a_fault(tree: Node, scope: dict[str, Json]) -> None:
    """Whatever the values are, the result is JSON or the typed fault."""
    expression = parse_expression(write(tree), HERE)
    try:
        value = expression.evaluate(scope)
    except ExpressionFault:
        return
    assert value is None or isinstance(value, bool | int | float | str | list | dict)
