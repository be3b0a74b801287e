"""Flows that others have made in Open Agent Spec, read with the real `pyagentspec`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pantheon.api import Pantheon
from pantheon.errors import InputError
from pantheon.interop import from_agentspec
from pantheon.spec import HumanTier, PythonTier
from tests.interop.agentspec import (
    AGENT,
    EDGES,
    FLOW,
    NODES,
    TEXTS,
    TOOLS,
    flow_of,
    llm,
    load,
    prop,
    said,
)

pytestmark = [
    pytest.mark.interop,
    # It has its own habits with deprecations; here only what it reads and writes is looked at.
    pytest.mark.filterwarnings("ignore"),
]


def test_branches_with_several_ends(tmp_path: Path) -> None:
    """Each end gives the output of its own way; names are made fit for expressions."""
    start = NODES.StartNode(name="start", inputs=[prop("text")])
    kind = NODES.LlmNode(
        name="what kind",
        llm_config=llm(),
        prompt_template="Kind of {{text}} {% raw",
        outputs=[prop("kind")],
    )
    branch = NODES.BranchingNode(
        name="branch", mapping={"a": "A", "b": "B", "c": "B"}, inputs=[prop("kind")]
    )
    first = NODES.LlmNode(
        name="first", llm_config=llm(), prompt_template="A {{text}}", outputs=[prop("out")]
    )
    second = NODES.LlmNode(
        name="second", llm_config=llm(), prompt_template="B {{text}}", outputs=[prop("out")]
    )
    ends = [NODES.EndNode(name=f"end {n}", outputs=[prop("out")], branch_name=n) for n in "ab"]
    other = NODES.EndNode(name="end other", outputs=[prop("out", default="none")], branch_name="c")
    text = flow_of(
        [start, kind, branch, first, second, *ends, other],
        [
            (start, kind),
            (kind, branch),
            (branch, "A", first),
            (branch, "B", second),
            (branch, "default", other),
            (first, ends[0]),
            (second, ends[1]),
        ],
        [
            (start, "text", kind, "text"),
            (kind, "kind", branch, "kind"),
            (start, "text", first, "text"),
            (start, "text", second, "text"),
            (first, "out", ends[0], "out"),
            (second, "out", ends[1], "out"),
        ],
    )

    back = from_agentspec(text)
    made = load(tmp_path, back.text)

    flow = made.flows["Other_Flow"]
    assert {name: str(node.when or "") for name, node in flow.nodes.items()} == {
        "what_kind": "",
        "first": 'what_kind.kind == "a"',
        "second": 'what_kind.kind in ["b", "c"]',
    }
    scope: Any = {"what_kind": {"kind": "c"}, "second": {"out": "two"}}
    assert flow.output["out"].evaluate(scope) == "two"
    assert flow.output["branch"].evaluate(scope) == "b"
    assert flow.output["out"].evaluate({"what_kind": {"kind": "z"}}) == "none"
    assert made.models["My_vLLM"].base_url == "http://localhost:8000/v1"
    assert "`what kind` is called `what_kind`" in said(back)


def test_ways_that_come_together_again(tmp_path: Path) -> None:
    """After all branches have met, a node runs always, with what the way taken gave."""
    start = NODES.StartNode(name="start", inputs=[prop("key")])
    branch = NODES.BranchingNode(name="branch", mapping={"x": "X"}, inputs=[prop("key")])
    one = NODES.LlmNode(name="one", llm_config=llm(), prompt_template="1", outputs=[prop("out")])
    two = NODES.LlmNode(name="two", llm_config=llm(), prompt_template="2", outputs=[prop("out")])
    join = NODES.LlmNode(
        name="join", llm_config=llm(), prompt_template="{{got}}", outputs=[prop("out")]
    )
    end = NODES.EndNode(name="end", outputs=[prop("out")])
    text = flow_of(
        [start, branch, one, two, join, end],
        [
            (start, branch),
            (branch, "X", one),
            (branch, "default", two),
            (one, join),
            (two, join),
            (join, end),
        ],
        [
            (start, "key", branch, "key"),
            (one, "out", join, "got"),
            (two, "out", join, "got"),
            (join, "out", end, "out"),
        ],
    )

    flow = load(tmp_path, from_agentspec(text).text).flows["Other_Flow"]

    assert str(flow.nodes["two"].when) == 'input.key != "x"'
    assert flow.nodes["join"].when is None
    got = flow.nodes["join"].inputs["got"]
    assert got.evaluate({"one": {"out": "1"}}) == "1"
    assert got.evaluate({"two": {"out": "2"}}) == "2"


@pytest.mark.parametrize(("key", "said_by"), [("x", "one"), ("y", "two")])
def test_an_import_runs(tmp_path: Path, key: str, said_by: str) -> None:
    """The node after the ways have met runs although one of those that it reads did not."""

    def tool(name: str, takes: str) -> Any:
        made = TOOLS.ServerTool(name=name, inputs=[prop(takes)], outputs=[prop("out")])
        return NODES.ToolNode(name=name, tool=made)

    start = NODES.StartNode(name="start", inputs=[prop("key")])
    branch = NODES.BranchingNode(name="branch", mapping={"x": "X"}, inputs=[prop("key")])
    one, two, join = tool("one", "key"), tool("two", "key"), tool("join", "got")
    end = NODES.EndNode(name="end", outputs=[prop("out")])
    text = flow_of(
        [start, branch, one, two, join, end],
        [
            (start, branch),
            (branch, "X", one),
            (branch, "default", two),
            (one, join),
            (two, join),
            (join, end),
        ],
        [
            (start, "key", branch, "key"),
            (start, "key", one, "key"),
            (start, "key", two, "key"),
            (one, "out", join, "got"),
            (two, "out", join, "got"),
            (join, "out", end, "out"),
        ],
    )
    (tmp_path / "tools.py").write_text(
        "def one(key): return {'out': 'one'}\n"
        "def two(key): return {'out': 'two'}\n"
        "def join(got): return {'out': got}\n"
    )
    made = load(tmp_path, from_agentspec(text).text)

    async def run() -> object:
        async with Pantheon.open(made) as opened:
            return (await opened.run("Other_Flow", {"key": key})).output

    assert asyncio.run(run()) == {"out": said_by}


def test_tools_messages_and_agents(tmp_path: Path) -> None:
    """A function that has to be written, a question, a message that nobody sees, an agent's tools."""
    start = NODES.StartNode(name="start", inputs=[prop("text")])
    ask = NODES.InputMessageNode(name="ask", message="What of {{text}}?", outputs=[prop("said")])
    server = TOOLS.ServerTool(name="look-up", inputs=[prop("said")], outputs=[prop("found")])
    remote = TOOLS.RemoteTool(
        name="fetch",
        url="https://example.com/{{found}}",
        http_method="GET",
        outputs=[prop("page")],
    )
    agent = AGENT.Agent(
        name="helper",
        llm_config=llm(),
        system_prompt="Help with {{page}}.",
        tools=[TOOLS.ClientTool(name="click", inputs=[], outputs=[])],
        outputs=[prop("answer")],
    )
    nodes = [
        start,
        ask,
        NODES.ToolNode(name="look", tool=server),
        NODES.ToolNode(name="fetch", tool=remote),
        NODES.OutputMessageNode(name="tell", message="Found {{found}}"),
        NODES.AgentNode(name="help", agent=agent),
        NODES.EndNode(name="end", outputs=[prop("answer")]),
    ]
    control = [(nodes[i], nodes[i + 1]) for i in range(len(nodes) - 1)]

    back = from_agentspec(flow_of(nodes, control, None))
    made = load(tmp_path, back.text)

    flow, told = made.flows["Other_Flow"], said(back)
    assert list(flow.nodes) == ["ask", "look", "fetch", "help"]
    assert str(flow.nodes["fetch"].inputs["found"]) == "look.found"
    assert made.agents["look"].tiers == (PythonTier("tools:look_up"),)
    assert made.agents["ask"].tiers == (HumanTier("What of {text}?"),)
    assert "`fetch`, which calls https://example.com/{{found}}" in told
    assert "the message of `tell` is not shown" in told
    assert "its tool `click` is not carried" in told
    assert "it may ask its user back" in told


def test_flows_inside(tmp_path: Path) -> None:
    """Flows side by side are nodes of their own; a caught failure is `on_error: continue`."""

    def inner(name: str) -> Any:
        start = NODES.StartNode(name="start", inputs=[prop("text")])
        node = NODES.LlmNode(
            name="say", llm_config=llm(), prompt_template="{{text}}", outputs=[prop(name)]
        )
        end = NODES.EndNode(name="end", outputs=[prop(name, default="")])
        return FLOW.Flow(
            name=name,
            start_node=start,
            nodes=[start, node, end],
            control_flow_connections=[
                EDGES.ControlFlowEdge(name="1", from_node=start, to_node=node),
                EDGES.ControlFlowEdge(name="2", from_node=node, to_node=end),
            ],
            data_flow_connections=[
                EDGES.DataFlowEdge(
                    name="3",
                    source_node=start,
                    source_output="text",
                    destination_node=node,
                    destination_input="text",
                ),
                EDGES.DataFlowEdge(
                    name="4",
                    source_node=node,
                    source_output=name,
                    destination_node=end,
                    destination_input=name,
                ),
            ],
        )

    start = NODES.StartNode(name="start", inputs=[prop("text")])
    both = NODES.ParallelFlowNode(name="both", subflows=[inner("left"), inner("right")])
    caught = NODES.CatchExceptionNode(name="caught", subflow=inner("risky"))
    bad = NODES.EndNode(name="bad", outputs=[prop("left")])
    good = NODES.EndNode(name="good", outputs=[prop("left"), prop("right"), prop("risky")])
    text = flow_of(
        [start, both, caught, bad, good],
        [
            (start, both),
            (both, caught),
            (caught, "caught_exception_branch", bad),
            (caught, "next", good),
        ],
        [
            (start, "text", both, "text"),
            (both, "left", caught, "text"),
            (both, "left", bad, "left"),
            (both, "left", good, "left"),
            (both, "right", good, "right"),
            (caught, "risky", good, "risky"),
        ],
    )

    flow = load(tmp_path, from_agentspec(text).text).flows["Other_Flow"]

    assert {name: node.flow for name, node in flow.nodes.items()} == {
        "both_1": "left",
        "both_2": "right",
        "caught": "risky",
    }
    assert str(flow.nodes["caught"].inputs["text"]) == "both_1.left"
    assert flow.nodes["caught"].on_error == "continue"


def test_a_way_back_is_left_out(tmp_path: Path) -> None:
    """A loop of nodes has no counterpart: the edge is named, the rest is there."""
    start = NODES.StartNode(name="start", inputs=[prop("text")])
    say = NODES.LlmNode(
        name="say", llm_config=llm(), prompt_template="{{text}}", outputs=[prop("out")]
    )
    branch = NODES.BranchingNode(name="again", mapping={"no": "back"}, inputs=[prop("out")])
    end = NODES.EndNode(name="end", outputs=[prop("out")])
    text = flow_of(
        [start, say, branch, end],
        [(start, say), (say, branch), (branch, "back", say), (branch, "default", end)],
        [(start, "text", say, "text"), (say, "out", branch, "out"), (say, "out", end, "out")],
    )

    back = from_agentspec(text)

    assert "the way back `c2` is left out" in said(back)
    assert load(tmp_path, back.text).flows["Other_Flow"].nodes["say"].when is None


@pytest.mark.parametrize(
    "text", ["", "[", "a: 1", "component_type: Nothing", "{}", "- 1", "\0", "x" * 9999]
)
def test_what_is_no_component_is_told(text: str) -> None:
    """Whatever the library raises is one sentence with a hint."""
    with pytest.raises(InputError):
        from_agentspec(text)


def test_what_has_no_counterpart_is_told() -> None:
    """A model alone is nothing that answers."""
    with pytest.raises(InputError, match="VllmConfig"):
        from_agentspec(TEXTS.AgentSpecSerializer().to_yaml(llm()))
