# pyright: basic, reportMissingImports=false
"""Equivalent mistakes in a Haystack pipeline, as its loader tells them. Run in its environment."""

from _equivalents import tell
from haystack import Pipeline

BASE = """\
components:
  ask:
    type: haystack.components.builders.prompt_builder.PromptBuilder
    init_parameters:
      template: "Which team? {{ text }}"
      required_variables: ["text"]
  route:
    type: haystack.components.routers.conditional_router.ConditionalRouter
    init_parameters:
      routes:
        - {condition: "{{ 'card' in text }}", output: "{{ text }}", output_name: cards, output_type: str}
        - {condition: "{{ True }}", output: "{{ text }}", output_name: other, output_type: str}
  reply:
    type: haystack.components.builders.prompt_builder.PromptBuilder
    init_parameters:
      template: "Reply: {{ text }}"
  join:
    type: haystack.components.joiners.branch.BranchJoiner
    init_parameters:
      type_: str
connections:
  - {sender: ask.prompt, receiver: route.text}
  - {sender: route.cards, receiver: reply.text}
  - {sender: reply.prompt, receiver: join.value}
"""


EDITS = [
    (
        "section misspelt",
        "connections:",
        "conections:",
        "conections",
        ["conections"],
        ["connections"],
    ),
    (
        "key of a component misspelt",
        "    type: haystack.components.joiners",
        "    typ: haystack.components.joiners",
        "typ: ",
        ["typ"],
        ["type"],
    ),
    ("setting misspelt", "type_: str", "typ_: str", "typ_:", ["typ_"], ["type_"]),
    (
        "component without a type",
        "    type: haystack.components.joiners.branch.BranchJoiner\n",
        "",
        "join:",
        ["join", "type"],
        ["type"],
    ),
    (
        "unknown component type",
        "joiners.branch.BranchJoiner",
        "joiners.branch.BranchJoner",
        "BranchJoner",
        ["BranchJoner"],
        ["BranchJoiner"],
    ),
    (
        "unknown component in a connection",
        "receiver: reply.text",
        "receiver: repl.text",
        "repl.text",
        ["repl"],
        ["reply"],
    ),
    (
        "unknown field in a connection",
        "sender: ask.prompt",
        "sender: ask.promt",
        "ask.promt",
        ["promt"],
        ["prompt"],
    ),
    (
        "connection without a receiver",
        "{sender: reply.prompt, receiver: join.value}",
        "{sender: reply.prompt}",
        "{sender: reply.prompt}",
        ["receiver"],
        ["receiver"],
    ),
    (
        "type that does not fit", "type_: str", "type_: int", "type_: int", ["str", "int"], ["str"]
    ),
    (
        "setting of the wrong type",
        'required_variables: ["text"]',
        "required_variables: 7",
        "required_variables: 7",
        ["required_variables"],
        ["list"],
    ),
    (
        "key twice",
        "  reply:\n    type",
        "  ask:\n    type",
        "  ask:",
        ["ask"],
        ["one of", "remove", "duplicate"],
    ),
    (
        "components as a list",
        "components:\n  ask:",
        "components:\n  - ask:",
        "- ask:",
        ["components"],
        ["mapping", "dict", "indent", "align"],
    ),
    (
        "tab",
        "    type: haystack.components.joiners",
        "\ttype: haystack.components.joiners",
        "\ttype",
        ["tab"],
        ["space"],
    ),
    (
        "bracket left open",
        "receiver: join.value}",
        "receiver: join.value",
        "receiver: join.value",
        [],
        ["}", "close"],
    ),
    (
        "quote left open",
        'template: "Reply: {{ text }}"',
        'template: "Reply: {{ text }}',
        "Reply:",
        [],
        ["quote"],
    ),
    (
        "template that is not valid",
        "Reply: {{ text }}",
        "Reply: {{ text }",
        "Reply:",
        ["template"],
        ["}}"],
    ),
    (
        "cycle",
        "  - {sender: reply.prompt, receiver: join.value}",
        "  - {sender: reply.prompt, receiver: ask.text}",
        "receiver: ask.text",
        ["cycle"],
        ["remove", "break"],
    ),
    (
        "undefined alias",
        "output_name: other",
        "output_name: *other",
        "*other",
        ["other"],
        ["&", "anchor", "define"],
    ),
]  # fmt: skip


def load(text: str) -> None:
    """Accept or raise."""
    Pipeline.loads(text)


tell(BASE, EDITS, load)
