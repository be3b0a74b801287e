"""Behaviour trees: what can be written, what is told of mistakes, and what a tree must fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import Json
from pantheon.spec import Expression, parse_expression
from pantheon.spec._constants import (
    NOWHERE,
)
from pantheon.spec._draft import NodeDraft
from pantheon.spec._flow_model import (
    TreeDef,
)
from pantheon.spec._source import (
    UNPLACED,
    Findings,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
    from_json,
)
from pantheon.spec._tree import read_tree
from pantheon.spec._tree_check import check_tree, tree_tests
from pantheon.spec._yaml import parse_yaml


def written(text: str) -> Written:
    """YAML as the loader sees it."""
    parsed = parse_yaml(SourceFile("flow.yaml", tuple(text.split("\n"))), Findings())
    assert parsed is not None
    return parsed


def read(text: str) -> TreeDef:
    """A tree without mistakes."""
    findings = Findings()
    tree = read_tree(_value(text), findings)
    assert findings.diagnostics == []
    assert tree is not None
    return tree


def _value(text: str) -> Written:
    table = written(f"tree: {text}" if "\n" not in text else f"tree:\n{text}")
    assert isinstance(table, Table)
    return table.entries["tree"].value


def mistakes(text: str) -> list[tuple[str, int, int, str, str]]:
    """Code, line, column, message and fix of what is wrong with a tree."""
    findings = Findings()
    assert read_tree(_value(text), findings) is None
    found = findings.diagnostics
    return [(d.code, d.where.line, d.where.column, d.message, d.fix) for d in found]


def nodes(*names: str, **fallbacks: str) -> dict[str, NodeDraft]:
    """Drafts of nodes; a keyword names the fallback of one."""
    place = Place(SourceFile("flow.yaml", ()), 40, 2, 1)
    found = {name: NodeDraft(name, Scalar(name, place, name)) for name in names}
    for name, fallback in fallbacks.items():
        found[name].fallback = Scalar(fallback, place, fallback)
    return found


def checked(text: str, drafts: dict[str, NodeDraft]) -> list[tuple[str, str, int, int, str, str]]:
    """What the check of a tree against a flow's nodes says."""
    findings = Findings()
    value = _value(text)
    tree = read_tree(value, findings)
    assert tree is not None
    check_tree(tree, drafts, findings, value.place)
    return [
        (d.severity, d.code, d.where.line, d.where.column, d.message, d.fix)
        for d in findings.diagnostics
    ]


EVERYTHING = """
  selector:
    - sequence: [a, {node: check, success: check.ok}]
    - guard: {if: "context.score > 0", do: b}
    - retry: {attempts: 3, do: c}
    - timeout: {after: 30s, do: c}
    - repeat: {times: 3, until: "c.ok", do: c}
    - parallel: {need: 1, do: [a, b]}
    - parallel: [a, b]
    - budget: {usd: 0.5, requests: 10, do: c}
    - invert: a
    - once: {sequence: [a]}
    - condition: "a.n > 1"
"""


def test_every_kind_is_read() -> None:
    """Each kind with its settings becomes the part that the model describes."""
    tree = read(EVERYTHING)
    a, b, c = (TreeDef("node", node=name) for name in "abc")
    expected = (
        TreeDef("sequence", (a, TreeDef("node", node="check", test=expression("check.ok")))),
        TreeDef("guard", (b,), test=expression("context.score > 0")),
        TreeDef("retry", (c,), count=3),
        TreeDef("timeout", (c,), seconds=30.0),
        TreeDef("repeat", (c,), test=expression("c.ok"), count=3),
        TreeDef("parallel", (a, b), count=1),
        TreeDef("parallel", (a, b)),
        TreeDef("budget", (c,), usd=0.5, requests=10),
        TreeDef("invert", (a,)),
        TreeDef("once", (TreeDef("sequence", (a,)),)),
        TreeDef("condition", test=expression("a.n > 1")),
    )
    assert tree.kind == "selector"
    assert tree.children == expected


def expression(source: str) -> Expression:
    """A parsed expression."""
    return parse_expression(source, NOWHERE)


def test_every_part_knows_its_place() -> None:
    """A leaf begins at its name, another part at its key."""
    tree = read("\n  sequence:\n    - a\n    - {node: check, success: check.ok}\n    - invert: b\n")
    places = [(part.where.line, part.where.column) for part in (tree, *tree.children)]
    assert places == [(3, 3), (4, 7), (5, 14), (6, 7)]
    assert tree.children[2].children[0].where.column == 15


def test_a_name_alone_is_a_tree() -> None:
    """The smallest tree runs one node."""
    assert read("a") == TreeDef("node", node="a")


@pytest.mark.parametrize(
    ("text", "code", "column", "message", "fix"),
    [
        ("[a, b]", "bad-tree", 7, "does not say how its parts go together", "`sequence:`"),
        ("{}", "bad-tree", 7, "is empty", "name a node"),
        ("{seqence1: [a]}", "unknown-key", 8, "`seqence1`", "did you mean `sequence`?"),
        ("{sequence: a}", "bad-tree", 18, "needs a list of parts, not text", "[a, b]"),
        ("{selector: []}", "bad-tree", 18, "not an empty list", "[a, b]"),
        ("{sequence: [a], invert: b}", "bad-tree", 23, "`sequence` and `invert`", "two parts"),
        ("{success: a.ok}", "bad-tree", 8, "belongs to a node", "{node: check"),
        ("{invert: a, success: a.ok}", "bad-tree", 19, "belongs to a node", "{node: check"),
        ("{retry: {do: a}}", "missing-key", 16, "needs `attempts`", "attempts: 3"),
        ("{retry: {attempts: 0, do: a}}", "bad-value", 26, "is 0", "at least 1"),
        ("{retry: {attempts: 2}}", "missing-key", 16, "needs `do`", "do: node"),
        ("{retry: a}", "wrong-type", 15, "must be a mapping", "attempts, do"),
        ("{timeout: {after: soon, do: a}}", "bad-value", 25, "must be a time", "30s"),
        ("{timeout: {do: a}}", "missing-key", 18, "needs `after`", "30s"),
        ("{guard: {do: a}}", "missing-key", 16, "needs `if`", "if:"),
        ("{guard: {if: 'a >', do: a}}", "bad-expression", 24, "Expected a value", "write a path"),
        ("{repeat: {until: a.ok, do: a}}", "missing-key", 17, "needs `times`", "times: 3"),
        ("{repeat: {times: 2, until: '(', do: a}}", "bad-expression", 36, "Expected", "write"),
        ("{parallel: {need: 3, do: [a, b]}}", "bad-value", 25, "only 2 parts", "1 to 2"),
        ("{parallel: {need: most, do: [a]}}", "wrong-type", 25, "must be a number", "number"),
        ("{budget: {do: a}}", "bad-value", 16, "needs a bound", "usd: 0.5"),
        ("{budget: {usd: -1, do: a}}", "bad-value", 22, "is -1", "at least 0"),
        (
            "{budget: {usd: 1, requests: x, do: a}}",
            "wrong-type",
            35,
            "must be a number",
            "a number",
        ),
        ("{node: {a: b}}", "wrong-type", 14, "must be text", "write text"),
        ("{invert: }", "missing-key", 8, "needs `invert`", "remove `invert`"),
        ("{condition: '='}", "bad-expression", 20, "`=` is not an operator", "=="),
        ("true", "wrong-type", 7, "must be text, not true or false", "quote it"),
    ],
)
def test_a_mistake_is_told_at_its_place(
    text: str, code: str, column: int, message: str, fix: str
) -> None:
    """One mistake gives one diagnostic with rule, place and fix."""
    (found,) = mistakes(text)
    assert found[:3] == (code, 1, column)
    assert message in found[3]
    assert fix in found[4]


def test_all_mistakes_are_told_at_once() -> None:
    """One wrong part does not hide the next."""
    found = mistakes(
        "{sequence: [{retry: {do: a}}, {once: [b]}, {nod: c}, {guard: {if: '', do: 7}}]}"
    )
    assert [code for code, *_ in found] == [
        "missing-key",
        "bad-tree",
        "unknown-key",
        "bad-expression",
    ]


def test_a_tree_that_fits_its_flow() -> None:
    """A node may be named often; a fallback need not be named."""
    tree = "{selector: [a, {retry: {attempts: 2, do: a}}, {guard: {if: input.urgent, do: b}}]}"
    assert checked(tree, nodes("a", "b", "spare", a="spare")) == []


def test_names_must_mean_something() -> None:
    """A leaf names a node that runs by itself, and every node has a leaf."""
    found = checked("{sequence: [fetsch, spare]}", nodes("fetch", "spare", fetch="spare"))
    assert [(d[0], d[1], d[2], d[3]) for d in found] == [
        ("error", "unknown-node", 1, 19),
        ("error", "unknown-node", 1, 27),
        ("error", "unused-node", 41, 3),
    ]
    assert found[0][5] == "did you mean `fetch`?"
    assert found[1][4] == "`spare` only runs in the place of `fetch`."
    assert "it never runs" in found[2][4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{guard: {if: '1 < 2', do: a}}", "The condition of the guard `1 < 2` never changes."),
        ("{sequence: [a, {condition: 'true'}]}", "The condition `true` never changes."),
        ("{node: a, success: 'true'}", "The test of success `true` never changes."),
        (
            "{repeat: {times: 2, until: input.done, do: a}}",
            "The end of the repetition `input.done` never changes.",
        ),
    ],
)
def test_a_test_that_never_changes_is_doubtful(text: str, message: str) -> None:
    """It still loads: a constant decides nothing, and the input stays as it is while one repeats."""
    (found,) = checked(text, nodes("a"))
    assert found[:2] == ("warning", "constant-test")
    assert found[4] == message


def test_the_expressions_come_with_their_places() -> None:
    """Types are checked elsewhere, and told where the expression stands."""
    value = _value("{sequence: [{node: a, success: a.ok}, {guard: {if: a.n > 1, do: a}}]}")
    tree = read_tree(value, Findings())
    assert tree is not None
    found = list(tree_tests(tree, value.place))
    assert [wired.expression.source for wired in found] == ["a.ok", "a.n > 1"]
    assert [wired.written.place.column for wired in found] == [37, 57]
    assert found[0].written.place.file is value.place.file
    assert found[1].written.place.length == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from("ab"),
    lambda below: st.lists(below, max_size=3)
    | st.dictionaries(
        st.sampled_from(["sequence", "node", "success", "retry", "do", "attempts", "if", "guard",
                         "repeat", "times", "budget", "usd", "parallel", "need", "once"]),
        below, max_size=3,
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_anything_gives_a_tree_or_a_mistake(value: Json) -> None:
    """Whatever stands there, reading ends with a tree or says what is wrong, never with neither."""
    findings = Findings()
    tree = read_tree(from_json(value), findings)
    assert tree is not None or findings.failed
    if tree is not None:
        check_tree(tree, nodes("a", "b"), findings, UNPLACED)
