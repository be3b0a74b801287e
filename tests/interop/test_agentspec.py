"""Open Agent Spec in and out with the real `pyagentspec`, where it is installed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from pantheon.api import Pantheon
from pantheon.errors import InputError
from pantheon.interop import Carried, from_agentspec, to_agentspec
from pantheon.spec import HumanTier, Project, PythonTier, load_project, to_json

pytestmark = [
    pytest.mark.interop,
    # It has its own habits with deprecations; here only what it reads and writes is looked at.
    pytest.mark.filterwarnings("ignore"),
]
AGENT: Any = pytest.importorskip("pyagentspec.agent")
EDGES: Any = pytest.importorskip("pyagentspec.flows.edges")
FLOW: Any = pytest.importorskip("pyagentspec.flows.flow")
NODES: Any = pytest.importorskip("pyagentspec.flows.nodes")
LLMS: Any = pytest.importorskip("pyagentspec.llms")
PROPERTY: Any = pytest.importorskip("pyagentspec.property")
TEXTS: Any = pytest.importorskip("pyagentspec.serialization")
TOOLS: Any = pytest.importorskip("pyagentspec.tools")

MODELS = """
version: 1
models:
  cloud: {engine: openai, base_url: "http://127.0.0.1:9/v1", model: big}
  small: {engine: openai, base_url: "http://127.0.0.1:8/v1", model: little}
"""
AGENTS = """
agents:
  triage:
    description: Which team should answer?
    input: {text: string}
    output: {team: {enum: [cards, payments, other]}}
    tiers: [specialist, cloud: {template: "Which team answers {{ text }}?"}]
  reply:
    version: "0.3"
    input: {text: string, team: string, note?: string}
    output: {reply: string, score: number, tags: [string]}
    tiers: [specialist, cloud: {model: small, max_tokens: 99, template: "{{ text }} {{ team }} {{ note }}"}]
  count:
    input: {text: string}
    output: {words: integer, known: boolean}
    tiers: [python: "desk:count"]
  ask:
    input: {text: string}
    output: {answer: string}
    tiers: [human: "What of {text}?"]
  run:
    input: {text: string}
    output: {made: {name: string, size?: integer}}
    tiers: [command: [wc, "{text}"]]
"""
FLOWS: dict[str, str] = {
    "chain": """
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      reply: {agent: reply, in: {text: input.text, team: triage.team}}
    output: {team: triage.team, reply: reply.reply, tags: reply.tags}
""",
    "condition": """
    description: Somebody answers.
    input: {text: string, note?: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      reply:
        agent: reply
        in: {text: input.text, team: triage.team, note: input.note}
        when: triage.team != "other"
      ask: {agent: ask, in: {text: input.text}, when: triage.team == "other"}
    output: {team: triage.team, reply: reply.reply, answer: ask.answer}
""",
    "skipped_with_it": """
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      reply: {agent: reply, in: {text: input.text, team: triage.team}, when: triage.team == "cards"}
      again: {agent: reply, in: {text: reply.reply, team: triage.team}}
      count: {agent: count, in: {text: again.reply}, when: reply.score > 0.5}
    output: {reply: again.reply, words: count.words}
""",
    "computed": """
    input: {text: string}
    nodes:
      count: {agent: count, in: {text: '"Re: " + input.text'}}
      reply: {agent: reply, in: {text: input.text, team: '"cards"'}, when: count.words > 3 and count.known}
    output: {words: count.words + 1, reply: reply.reply}
""",
    "code": """
    input: {text: string}
    nodes:
      run: {agent: run, in: {text: input.text}}
      count: {agent: count, in: {text: run.made.name}}
    output: {name: run.made.name, words: count.words}
""",
    "inside": """
    input: {text: string}
    nodes:
      first: {flow: condition, in: {text: input.text}}
      count: {agent: count, in: {text: first.team}}
    output: {team: first.team, words: count.words}
""",
}


def load(root: Path, text: str) -> Project:
    """The project that a text is."""
    root.mkdir(exist_ok=True)
    (root / "pantheon.yaml").write_text(text)
    return load_project(root)


def project(root: Path) -> Project:
    """All flows and agents."""
    flows = "".join(f"  {name}:{body}" for name, body in FLOWS.items())
    return load(root, f"{MODELS}{AGENTS}\nflows:\n{flows}")


def said(carried: Carried) -> str:
    """What was lost, as text."""
    return "\n".join(map(str, carried.losses))


# ------------------------------------------------------------------------------------ round trip


@pytest.mark.parametrize("name", list(FLOWS))
@pytest.mark.parametrize("as_json", [False, True])
def test_what_both_have_comes_back(tmp_path: Path, name: str, *, as_json: bool) -> None:
    """Out, through the library's own reader, and in again: the same flow, agents and models."""
    before = project(tmp_path / "a")

    out = to_agentspec(before, before.flows[name], as_json=as_json)
    after = load(tmp_path / "b", from_agentspec(out.text, as_json=as_json).text)

    assert to_json(after.flows[name]) == to_json(before.flows[name])
    for agent in after.agents.values():
        assert to_json(agent) == to_json(before.agents[agent.name])
    for model in after.models.values():
        assert model == before.models[model.name]


@pytest.mark.parametrize("name", ["triage", "reply", "count", "ask", "run"])
def test_an_agent_comes_back(tmp_path: Path, name: str) -> None:
    """By itself, as an Agent or as a tool."""
    before = project(tmp_path / "a")

    out = to_agentspec(before, before.agents[name])
    after = load(tmp_path / "b", from_agentspec(out.text).text)

    assert to_json(after.agents[name]) == to_json(before.agents[name])


def test_code_that_a_file_names_is_told(tmp_path: Path) -> None:
    """A file of somebody else may name a command: whoever imports it is told to look at it."""
    made = project(tmp_path)

    back = from_agentspec(to_agentspec(made, made.agents["run"]).text)

    assert "it runs `['wc', '{text}']`: look at it before you run it" in said(back)


def test_equal_definitions_are_equal_text(tmp_path: Path) -> None:
    """Ids come from places, not from chance: the export may be kept under version control."""
    before = project(tmp_path / "a")

    texts = {to_agentspec(before, before.flows["condition"]).text for _ in range(3)}

    assert len(texts) == 1


# ---------------------------------------------------------------------------------------- losses


def test_what_is_lost_is_named(tmp_path: Path) -> None:
    """Everything that Agent Spec has no place for, at the definition that has it."""
    text = f"""{MODELS}
agents:
  triage:
    description: Which team?
    input: {{text: string, unused?: string}}
    output: {{team: string}}
    tiers:
      - specialist
      - prompt: {{template: "{{% if text %}}{{{{ text }}}}{{% endif %}}"}}
      - cloud
    promise: {{disagreement: 0.05}}
    privacy: any
    deterministic: true
    resources: {{cpu: 1}}
flows:
  support:
    input: {{text: string}}
    timeout: 30s
    priority: 3
    nodes:
      each: {{agent: triage, map: '[input.text]', in: {{text: item}}}}
      triage: {{agent: triage, in: {{text: input.text}}, retry: 3, timeout: 5s, fallback: later}}
      later: {{agent: triage, in: {{text: input.text}}}}
      other: {{agent: triage, in: {{text: input.text}}}}
      both: {{merge: {{from: [triage, other], policy: first}}}}
    output: {{team: triage.team, n: size(each), both: both.team}}
"""
    made = load(tmp_path, text)

    told = said(to_agentspec(made, made.flows["support"]))

    for part in (
        "agents.triage: only the cloud tier is carried; it also has specialist, prompt",
        "the promise (`promise`)",
        "`cache`, `deterministic`",
        "`resources`",
        "flows.support: its time limit",
        "flows.support: its priority",
        "nodes.triage: how it is tried again",
        "nodes.triage: its time limit",
        "nodes.triage: who answers when it fails",
        "node `each` (map) is a tool",
        "node `both` (merge) is a tool",
        "`size(each)` is computed by a tool",
    ):
        assert part in told, told


def test_a_template_with_logic_is_replaced(tmp_path: Path) -> None:
    """There is only `{{field}}` there: a prompt from the description stands in, and that is told."""
    text = f"""{MODELS}
agents:
  a:
    description: Say it.
    input: {{text: string}}
    output: {{reply: string}}
    tiers: [cloud: {{template: "{{{{ text | upper }}}}"}}]
"""
    made = load(tmp_path, text)

    out = to_agentspec(made, made.agents["a"])

    assert "more of Jinja" in said(out)
    assert "Say it.\n\n  text: {{text}}" in out.text or "text: {{text}}" in out.text


def test_types_beyond_the_format_are_told(tmp_path: Path) -> None:
    """What its readers refuse becomes any value, by name."""
    text = f"""{MODELS}
agents:
  a:
    input: {{text: {{oneOf: [{{type: string}}, {{type: integer}}]}}}}
    output: {{type: object, properties: {{reply: {{type: string}}}}, required: [reply]}}
    tiers: [cloud]
"""
    made = load(tmp_path, text)

    told = said(to_agentspec(made, made.agents["a"]))

    assert "the type of `text` says more" in told
    assert "fields that the contract does not list" in told


# ------------------------------------------------------------------------ files of other systems


def flow_of(
    nodes: list[Any], control: list[tuple[Any, ...]], data: list[tuple[Any, ...]] | None
) -> str:
    """A flow component as text: edges as (from, to) or (from, branch, to), and (a, x, b, y)."""
    edges = [
        EDGES.ControlFlowEdge(
            name=f"c{i}", from_node=e[0], from_branch=e[1] if len(e) == 3 else None, to_node=e[-1]
        )
        for i, e in enumerate(control)
    ]
    wires = None
    if data is not None:
        wires = [
            EDGES.DataFlowEdge(
                name=f"d{i}",
                source_node=a,
                source_output=x,
                destination_node=b,
                destination_input=y,
            )
            for i, (a, x, b, y) in enumerate(data)
        ]
    flow = FLOW.Flow(
        name="Other Flow",
        start_node=nodes[0],
        nodes=nodes,
        control_flow_connections=edges,
        data_flow_connections=wires,
    )
    return TEXTS.AgentSpecSerializer().to_yaml(flow)


def prop(title: str, kind: str = "string", **more: Any) -> Any:
    """A property."""
    return PROPERTY.Property(json_schema={"title": title, "type": kind, **more})


def llm() -> Any:
    """A model behind an endpoint."""
    return LLMS.VllmConfig(name="My vLLM", model_id="llama", url="localhost:8000")


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


# ------------------------------------------------------------------------------- another runtime


@pytest.mark.parametrize(("text", "expected"), [("one two three four five", "long"), ("one", None)])
def test_an_export_runs_elsewhere(tmp_path: Path, text: str, expected: str | None) -> None:
    """LangGraph, through the library's own adapter, gives what the flow gives here."""
    pytest.importorskip("langgraph")
    adapter: Any = pytest.importorskip("pyagentspec.adapters.langgraph")

    made = load(
        tmp_path,
        """
version: 1
agents:
  count:
    input: {text: string}
    output: {words: integer}
    tiers: [python: "desk:count"]
  name:
    input: {words: integer}
    output: {name: string}
    tiers: [python: "desk:name"]
flows:
  sizes:
    input: {text: string}
    nodes:
      count: {agent: count, in: {text: input.text}}
      name: {agent: name, in: {words: count.words}, when: count.words > 3}
    output: {words: count.words, name: name.name}
""",
    )
    tools: dict[str, Any] = {"count": _count, "name": _name, "name_when": _name_when}
    graph: Any = adapter.AgentSpecLoader(tool_registry=tools).load_yaml(
        to_agentspec(made, made.flows["sizes"]).text
    )

    outputs = graph.invoke({"inputs": {"text": text}})["outputs"]

    assert json.loads(json.dumps(outputs)) == {"words": len(text.split()), "name": expected}


def _count(text: str) -> int:
    return len(text.split())


def _name(words: int) -> str:
    return "long" if words > 3 else "short"


def _name_when(count_words: int) -> str:
    return "true" if count_words > 3 else "false"
