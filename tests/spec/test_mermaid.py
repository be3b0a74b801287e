"""Diagrams of flows: what is drawn, how, and that no text becomes syntax."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pantheon.spec import Expression, FlowDef, Merge, NodeDef, parse_expression
from pantheon.spec._constants import (
    ANY_OBJECT,
    NOWHERE,
)
from pantheon.spec._flow_model import (
    CrossCheck,
    Loop,
    Planned,
    TreeDef,
    Wait,
)
from pantheon.spec._mermaid import to_mermaid


def e(source: str) -> Expression:
    """A parsed expression."""
    return parse_expression(source, NOWHERE)


def flow(*nodes: NodeDef, output: str = "1", **settings: Any) -> FlowDef:
    """A flow of nodes whose one output field is an expression."""
    named = {node.name: node for node in nodes}
    return FlowDef("f", ANY_OBJECT, named, {"x": e(output)}, ANY_OBJECT, **settings)


def node(name: str, agent: str | None = "worker", **settings: Any) -> NodeDef:
    """A node that is given expressions by name."""
    inputs = {k: e(v) for k, v in settings.pop("reads", {}).items()}
    return NodeDef(name, agent, inputs, **settings)


def drawn(of: FlowDef) -> list[str]:
    """The lines of a diagram, escapes of common signs undone."""
    text = to_mermaid(of)
    assert text.startswith("flowchart TD\n")
    assert text.endswith("\n")
    return re.sub(r"#(\d+);", lambda m: chr(int(m[1])), text).splitlines()[1:]


def test_data_order_and_conditions() -> None:
    """Arrows follow the data; waiting is dotted; a condition stands at what it reads."""
    found = drawn(
        flow(
            node("triage", reads={"text": "input.text"}),
            node("reply", when=e('triage.team != "other"'), reads={"t": "triage.team"}),
            node("log", after=("reply",), writes={"seen": e("output.n"), "memory.n": e("1")}),
            node("check", "checker", reviews="reply"),
            output="reply.text",
        )
    )
    assert found == [
        '  n1(["input"])',
        '  n2["triage<br/>worker"]',
        '  n3["reply<br/>worker"]',
        '  n4["log<br/>worker<br/>writes seen, memory.n"]',
        '  n5["check<br/>checker"]',
        "  n1 --> n2",
        '  n2 -->|"if triage.team != "other""| n3',
        "  n3 -.-> n4",
        '  n3 -->|"reviews"| n5',
        '  n6(["output"])',
        "  n3 --> n6",
    ]


def test_kinds_have_their_figures() -> None:
    """Merges, flows, plans and waits are told apart by their figure and what they say."""
    found = drawn(
        flow(
            node("a", "a", map=e("input.items"), cross_check=CrossCheck("j"), on_error="continue"),
            node("m", None, merge=Merge(("a", "b"), "quorum", k=2)),
            node("best", None, merge=Merge(("a",), "best", by=e("item.score"))),
            node("sub", None, flow="other", when=e("context.n > 1")),
            node("plan", None, plan=Planned(e("p.plan"), ("x", "y"))),
            node("event", None, wait=Wait(event="approved")),
            node("timer", None, wait=Wait(seconds=e("7200"))),
            node("again", loop=Loop(e("last.ok"), 5), reads={"x": "last.x"}),
        )
    )
    assert found == [
        '  n1(["input"])',
        '  n2["a<br/>for each of input.items<br/>cross-checked<br/>on error continue"]',
        '  n3{{"m<br/>quorum of 2"}}',
        '  n4{{"best<br/>best by item.score"}}',
        '  n5[["sub<br/>flow other<br/>if context.n > 1"]]',
        '  n6[/"plan<br/>plan p.plan of x, y"/]',
        '  n7>"event<br/>wait for approved"]',
        '  n8>"timer<br/>wait 7200 s"]',
        '  n9["again<br/>worker"]',
        "  n1 --> n2",
        "  n2 --> n3",
        "  n2 --> n4",
        '  n9 -->|"until last.ok, at most 5 times"| n9',
        '  n10(["output"])',
    ]


def test_stand_ins_and_bodies() -> None:
    """A dotted arrow leads to who stands in; a flow inside a node is framed."""
    body = flow(node("x", reads={"t": "input.t"}), node("y", reads={"t": "x.t"}))
    found = drawn(
        flow(
            node("a", fallback="b"),
            node("b", fallback="elsewhere"),
            node("c", None, body=body, loop=Loop(e("last.ok"), 2), reads={"t": "a.t"}),
        )
    )
    assert found == [
        '  n1(["input"])',
        '  n2["a<br/>worker"]',
        '  n3["b<br/>worker"]',
        '  subgraph n4["c<br/>until last.ok, at most 2 times"]',
        '    n5["x<br/>worker"]',
        '    n6["y<br/>worker"]',
        "    n5 --> n6",
        "  end",
        '  n2 -.->|"if it fails"| n3',
        '  n7["elsewhere"]',
        '  n3 -.->|"if it fails"| n7',
        "  n2 --> n4",
        '  n8(["output"])',
    ]


def test_a_tree_is_drawn_from_its_root() -> None:
    """Parts are numbered in order, a node is drawn each time that it is named."""
    a, b = TreeDef("node", node="a"), TreeDef("node", node="b", test=e("b.ok"))
    tree = TreeDef(
        "selector",
        (
            TreeDef("sequence", (a, b, TreeDef("condition", test=e("b.n > 1")))),
            TreeDef("retry", (TreeDef("timeout", (a,), seconds=2.5),), count=3),
            TreeDef("guard", (TreeDef("repeat", (b,), count=2, test=e("b.ok")),), test=e("a.ok")),
            TreeDef("parallel", (TreeDef("invert", (a,)), TreeDef("once", (a,))), count=1),
            TreeDef("budget", (TreeDef("node", node="missing"),), usd=0.5, requests=10),
        ),
    )
    found = drawn(flow(node("a", fallback="c"), node("b", when=e("a.ok")), node("c"), tree=tree))
    assert [line.strip() for line in found if "->" not in line] == [
        'n1{{"selector"}}',
        'n2{{"sequence"}}',
        'n3["a<br/>worker"]',
        'n4["c<br/>worker"]',
        'n5["b<br/>worker<br/>if a.ok<br/>succeeds if b.ok"]',
        'n6{"b.n > 1"}',
        'n7("up to 3 attempts")',
        'n8("at most 2.5 s")',
        'n9["a<br/>worker"]',
        'n10["c<br/>worker"]',
        'n11("while a.ok")',
        'n12("up to 2 times, until b.ok")',
        'n13["b<br/>worker<br/>if a.ok<br/>succeeds if b.ok"]',
        'n14{{"parallel, 1 must succeed"}}',
        'n15("invert")',
        'n16["a<br/>worker"]',
        'n17["c<br/>worker"]',
        'n18("once")',
        'n19["a<br/>worker"]',
        'n20["c<br/>worker"]',
        'n21("at most 0.5 USD and 10 requests")',
        'n22["missing"]',
    ]
    arrows = [line.strip() for line in found if "->" in line]
    assert arrows[:4] == [
        'n3 -.->|"if it fails"| n4',
        'n2 -->|"1"| n3',
        'n2 -->|"2"| n5',
        'n2 -->|"3"| n6',
    ]
    assert "n7 --> n8" in arrows


FIGURE = r'n\d+(?:\["L"\]|\("L"\)|\(\["L"\]\)|\[\["L"\]\]|\{\{"L"\}\}|\{"L"\}|\[/"L"/\]|>"L"\])'
ARROW = r'n\d+ (?:-->|-\.->)(?:\|"L"\|)? n\d+'
LINE = re.compile(rf'\s+(?:{FIGURE}|{ARROW}|subgraph n\d+\["L"\]|end)')
LABEL = re.compile(r'"(?:[\w .-]|#\d+;|<br/>)*"')
NASTY = st.text(max_size=30) | st.sampled_from(
    ['"]; click n1 "javascript:alert(1)"', "end", "<script>", "#quot;", "%%{init: {}}%%",
     "style a:b#c;", "`md`", "a\nb --> c", "ﬂ°°60¶ß", "\u202eabc", "]]", "subgraph x"]
)  # fmt: skip


@given(st.lists(NASTY, min_size=2, max_size=4, unique=True), NASTY)
def test_no_text_becomes_syntax(names: list[str], text: str) -> None:
    """Whatever nodes, agents, events and texts are called, every line is one that was meant."""
    quoted = Expression(text, NOWHERE, frozenset(), e("1").tree, e("1")._run)
    first, second = names[:2]
    inner = flow(node(text, text))
    of = flow(
        node(first, text, fallback=text),
        node(second, text, after=(first,), writes={text: e("1")}),
        *(node(name, None, wait=Wait(event=text)) for name in names[2:]),
        node("with body", None, body=inner, when=quoted),
        node("plan", None, plan=Planned(e("p.plan"), (text,)), when=e("input.x == 'a\"]; end'")),
        tree=None,
    )
    tree = TreeDef("sequence", (TreeDef("node", node=first), TreeDef("node", node=text)))
    for each in (of, flow(*of.nodes.values(), tree=tree)):
        diagram = to_mermaid(each)
        assert diagram == to_mermaid(each)
        for line in diagram.splitlines()[1:]:
            assert LINE.fullmatch(LABEL.sub('"L"', line)), line
            assert ":" not in line
