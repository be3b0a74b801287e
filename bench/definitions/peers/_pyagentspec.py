# pyright: basic, reportMissingImports=false
"""Equivalent mistakes in an Open Agent Spec flow, as pyagentspec tells them. Run in its environment."""

from _equivalents import tell
from pyagentspec.serialization import AgentSpecDeserializer

BASE = """\
component_type: Flow
id: flow-1
name: support
description: Find the team.
inputs:
  - {title: text, type: string}
outputs:
  - {title: team, type: string}
start_node: {$component_ref: start}
nodes:
  - {$component_ref: start}
  - {$component_ref: ask}
  - {$component_ref: end}
control_flow_connections:
  - {component_type: ControlFlowEdge, id: c1, name: c1, from_node: {$component_ref: start}, to_node: {$component_ref: ask}}
  - {component_type: ControlFlowEdge, id: c2, name: c2, from_node: {$component_ref: ask}, to_node: {$component_ref: end}}
data_flow_connections:
  - {component_type: DataFlowEdge, id: d1, name: d1, source_node: {$component_ref: start}, source_output: text, destination_node: {$component_ref: ask}, destination_input: text}
  - {component_type: DataFlowEdge, id: d2, name: d2, source_node: {$component_ref: ask}, source_output: team, destination_node: {$component_ref: end}, destination_input: team}
$referenced_components:
  start:
    component_type: StartNode
    id: start
    name: start
    inputs: [{title: text, type: string}]
  end:
    component_type: EndNode
    id: end
    name: end
    outputs: [{title: team, type: string}]
  ask:
    component_type: LlmNode
    id: ask
    name: ask
    prompt_template: "Which team? {{ text }}"
    inputs: [{title: text, type: string}]
    outputs: [{title: team, type: string}]
    llm_config: {$component_ref: llm}
  llm:
    component_type: OpenAiCompatibleConfig
    id: llm
    name: llm
    url: http://localhost:8000
    model_id: small
agentspec_version: 25.4.1
"""


EDITS = [
    (
        "section misspelt",
        "data_flow_connections:",
        "data_flow_conections:",
        "data_flow_conections",
        ["data_flow_conections"],
        ["data_flow_connections"],
    ),
    (
        "key of a node misspelt",
        "prompt_template:",
        "prompt_templat:",
        "prompt_templat",
        ["prompt_templat"],
        ["prompt_template"],
    ),
    ("key of a model misspelt", "    url: http", "    ulr: http", "ulr:", ["ulr"], ["url"]),
    (
        "node without what it needs",
        '    prompt_template: "Which team? {{ text }}"\n',
        "",
        "  ask:",
        ["prompt_template"],
        ["prompt_template"],
    ),
    (
        "model without its name", "    model_id: small\n", "", "  llm:", ["model_id"], ["model_id"]
    ),
    (
        "unknown component type",
        "component_type: LlmNode",
        "component_type: LlmNod",
        "LlmNod",
        ["LlmNod"],
        ["LlmNode"],
    ),
    (
        "unknown node in a connection",
        "to_node: {$component_ref: ask}",
        "to_node: {$component_ref: aks}",
        "aks",
        ["aks"],
        ["ask"],
    ),
    (
        "unknown model",
        "llm_config: {$component_ref: llm}",
        "llm_config: {$component_ref: lm}",
        "ref: lm}",
        ["lm"],
        ["llm"],
    ),
    (
        "unknown field in a connection",
        "source_output: team",
        "source_output: taem",
        "taem",
        ["taem"],
        ["team"],
    ),
    (
        "input of a node missing",
        "  - {component_type: DataFlowEdge, id: d1, name: d1, source_node: {$component_ref: start}, source_output: text, destination_node: {$component_ref: ask}, destination_input: text}\n",
        "",
        "ask",
        ["text", "ask"],
        ["connect", "edge", "default"],
    ),
    (
        "type that does not fit",
        "    inputs: [{title: text, type: string}]\n    outputs: [{title: team, type: string}]\n    llm_config",
        "    inputs: [{title: text, type: integer}]\n    outputs: [{title: team, type: string}]\n    llm_config",
        "type: integer",
        ["text", "integer"],
        ["string"],
    ),
    (
        "type that is none",
        "outputs:\n  - {title: team, type: string}",
        "outputs:\n  - {title: team, type: str}",
        "type: str}",
        ["str"],
        ["string"],
    ),
    (
        "number as text",
        "model_id: small",
        "model_id: [small]",
        "[small]",
        ["model_id"],
        ["string"],
    ),
    (
        "nodes as a mapping",
        "nodes:\n  - {$component_ref: start}",
        "nodes:\n  a: {$component_ref: start}",
        "a: {$component_ref: start}",
        ["nodes"],
        ["list", "align", "indent"],
    ),
    (
        "version of the format",
        "agentspec_version: 25.4.1",
        "agentspec_version: 99.9.9",
        "99.9.9",
        ["99.9.9"],
        ["25", "26"],
    ),
    (
        "key twice",
        "    model_id: small",
        "    model_id: small\n    model_id: big",
        "model_id: big",
        ["model_id"],
        ["one of", "remove", "duplicate"],
    ),
    ("tab", "    model_id: small", "\tmodel_id: small", "\tmodel_id", ["tab"], ["space"]),
    (
        "bracket left open",
        "llm_config: {$component_ref: llm}",
        "llm_config: {$component_ref: llm",
        "ref: llm",
        [],
        ["}", "close"],
    ),
    (
        "quote left open",
        '"Which team? {{ text }}"',
        '"Which team? {{ text }}',
        "Which team",
        [],
        ["quote"],
    ),
    (
        "undefined alias",
        "model_id: small",
        "model_id: *small",
        "*small",
        ["small"],
        ["&", "anchor", "define"],
    ),
    (
        "unknown placeholder in a prompt",
        "Which team? {{ text }}",
        "Which team? {{ txt }}",
        "txt",
        ["txt"],
        ["text"],
    ),
    (
        "cycle",
        "from_node: {$component_ref: ask}, to_node: {$component_ref: end}",
        "from_node: {$component_ref: ask}, to_node: {$component_ref: ask}",
        "c2",
        ["ask"],
        ["end", "cycle"],
    ),
]  # fmt: skip


def load(text: str) -> None:
    """Accept or raise."""
    AgentSpecDeserializer().from_yaml(text)


tell(BASE, EDITS, load)
