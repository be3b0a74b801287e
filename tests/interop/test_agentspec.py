"""Open Agent Spec out and in again with the real `pyagentspec`, where it is installed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from pantheon.ids import JsonObject
from pantheon.interop import from_agentspec, to_agentspec
from pantheon.spec import Project, load_definitions, to_json
from tests.interop.agentspec import (
    load,
    said,
)

pytestmark = [
    pytest.mark.interop,
    # It has its own habits with deprecations; here only what it reads and writes is looked at.
    pytest.mark.filterwarnings("ignore"),
]
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


def project(root: Path) -> Project:
    """All flows and agents."""
    flows = "".join(f"  {name}:{body}" for name, body in FLOWS.items())
    return load(root, f"{MODELS}{AGENTS}\nflows:\n{flows}")


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


# ---------------------------------------------------------------------------------- flows of chance


def _some_flow(chance: random.Random) -> JsonObject:
    """Up to seven nodes that read from one another, some with a condition, some in an order."""
    nodes: JsonObject = {}
    for number in range(chance.randint(1, 7)):
        before = list(nodes)
        fields = [f"{name}.{field}" for name in before for field in ("out", "team")]
        source = chance.choice([*fields, "input.text", '"text"', 'input.text + "!"'])
        node: JsonObject = {"agent": chance.choice(["say", "code"]), "in": {"text": source}}
        if before and chance.random() < 0.35:
            name = chance.choice(before)
            conditions = ['{}.team == "p"', '{}.team != "p"', '{}.n > 3 or {}.team == "q"']
            node["when"] = chance.choice(conditions).replace("{}", name)
        if before and chance.random() < 0.15:
            node["after"] = [chance.choice(before)]
        nodes[f"n{number}"] = node
    output: JsonObject = {f"o{number}": f"n{number}.out" for number in range(len(nodes))}
    return {"input": {"text": "string"}, "nodes": nodes, "output": output}


@pytest.mark.parametrize("seed", range(40))
def test_flows_of_chance_come_back(tmp_path: Path, seed: int) -> None:
    """Inputs, conditions and order; only where a loss is named may a condition say more."""
    output: JsonObject = {"out": "string", "team": {"enum": ["p", "q"]}, "n": "integer"}
    agents: JsonObject = {
        "say": {"input": {"text": "string"}, "output": output, "tiers": ["specialist", "cloud"]},
        "code": {"input": {"text": "string"}, "output": output, "tiers": [{"python": "a:b"}]},
    }
    models: JsonObject = {"cloud": {"engine": "openai", "base_url": "http://x/v1", "model": "m"}}
    flows: JsonObject = {"f": _some_flow(random.Random(seed))}
    body: JsonObject = {"version": 1, "models": models, "agents": agents, "flows": flows}
    before = load_definitions(body, tmp_path)

    out = to_agentspec(before, before.flows["f"])
    after = load(tmp_path / "back", from_agentspec(out.text).text).flows["f"]

    flow = before.flows["f"]
    assert set(after.nodes) == set(flow.nodes)
    assert {n: node.after for n, node in after.nodes.items()} == {
        n: node.after for n, node in flow.nodes.items()
    }
    if "runs with null" not in said(out):
        assert {name: after.nodes[name] for name in flow.nodes} == dict(flow.nodes)
        assert after.output == flow.output
