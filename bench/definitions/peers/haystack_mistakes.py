"""Equivalent mistakes in a Haystack pipeline, as its loader tells them. Run in its environment."""

import json

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


def case(name, old, new, at, cause, fix):
    """One edit, where it is, and what a message must name."""
    assert BASE.count(old) == 1, name
    text = BASE.replace(old, new)
    lines = [n for n, line in enumerate(text.split("\n"), 1) if at in line]
    assert lines, name
    return name, text, lines, cause, fix


CASES = [
    case("section misspelt", "connections:", "conections:", "conections", ["conections"], ["connections"]),
    case("key of a component misspelt", "    type: haystack.components.joiners", "    typ: haystack.components.joiners", "typ: ", ["typ"], ["type"]),
    case("setting misspelt", "type_: str", "typ_: str", "typ_:", ["typ_"], ["type_"]),
    case("component without a type", "    type: haystack.components.joiners.branch.BranchJoiner\n", "", "join:", ["join", "type"], ["type"]),
    case("unknown component type", "joiners.branch.BranchJoiner", "joiners.branch.BranchJoner", "BranchJoner", ["BranchJoner"], ["BranchJoiner"]),
    case("unknown component in a connection", "receiver: reply.text", "receiver: repl.text", "repl.text", ["repl"], ["reply"]),
    case("unknown field in a connection", "sender: ask.prompt", "sender: ask.promt", "ask.promt", ["promt"], ["prompt"]),
    case("connection without a receiver", "{sender: reply.prompt, receiver: join.value}", "{sender: reply.prompt}", "{sender: reply.prompt}", ["receiver"], ["receiver"]),
    case("type that does not fit", "type_: str", "type_: int", "type_: int", ["str", "int"], ["str"]),
    case("setting of the wrong type", 'required_variables: ["text"]', "required_variables: 7", "required_variables: 7", ["required_variables"], ["list"]),
    case("key twice", "  reply:\n    type", "  ask:\n    type", "  ask:", ["ask"], ["one of", "remove", "duplicate"]),
    case("components as a list", "components:\n  ask:", "components:\n  - ask:", "- ask:", ["components"], ["mapping", "dict", "indent", "align"]),
    case("tab", "    type: haystack.components.joiners", "\ttype: haystack.components.joiners", "\ttype", ["tab"], ["space"]),
    case("bracket left open", "receiver: join.value}", "receiver: join.value", "receiver: join.value", [], ["}", "close"]),
    case("quote left open", 'template: "Reply: {{ text }}"', 'template: "Reply: {{ text }}', "Reply:", [], ["quote"]),
    case("template that is not valid", "Reply: {{ text }}", "Reply: {{ text }", "Reply:", ["template"], ["}}"]),
    case("cycle", "  - {sender: reply.prompt, receiver: join.value}", "  - {sender: reply.prompt, receiver: ask.text}", "receiver: ask.text", ["cycle"], ["remove", "break"]),
    case("undefined alias", "output_name: other", "output_name: *other", "*other", ["other"], ["&", "anchor", "define"]),
]

Pipeline.loads(BASE)
rows = []
for name, text, lines, cause, fix in CASES:
    said = None
    try:
        Pipeline.loads(text)
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    rows.append({"name": name, "lines": lines, "cause": cause, "fix": fix, "said": said})
print(json.dumps(rows))
