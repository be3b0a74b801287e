"""Equivalent mistakes in a declarative CrewAI flow, as its loader and validator tell them.

Run in its environment. What the validator only logs counts as told.
"""

import io
import json
import logging
import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}

from crewai.flow.flow_definition import FlowDefinition, log_flow_definition_issues  # noqa: E402

BASE = """\
schema: crewai.flow/v1
name: support
state:
  type: json_schema
  json_schema:
    type: object
    properties:
      text: {type: string}
    required: [text]
  default: {text: hello}
methods:
  triage:
    start: true
    do:
      call: agent
      with:
        role: Router
        goal: Find the team.
        backstory: Knows the teams.
        input: "Message: ${state.text}"
  route:
    listen: triage
    router: true
    emit: [cards, other]
    do:
      call: expression
      expr: outputs.triage.raw
  reply:
    listen: cards
    do:
      call: agent
      with:
        role: Writer
        goal: Write a reply.
        backstory: Polite.
        input: "Team: ${outputs.triage.raw}"
"""


def case(name, old, new, at, cause, fix):
    """One edit, where it is, and what a message must name."""
    assert BASE.count(old) == 1, name
    text = BASE.replace(old, new)
    lines = [n for n, line in enumerate(text.split("\n"), 1) if at in line]
    assert lines, name
    return name, text, lines, cause, fix


CASES = [
    case("section misspelt", "methods:", "method:", "method:", ["method"], ["methods"]),
    case("key of a node misspelt", "    router: true", "    ruoter: true", "ruoter", ["ruoter"], ["router"]),
    case("key of an agent misspelt", "        backstory: Polite.", "        backstroy: Polite.", "backstroy", ["backstroy"], ["backstory"]),
    case("node without what it runs", "    do:\n      call: expression\n      expr: outputs.triage.raw\n", "", "  route:", ["route", "do"], ["do"]),
    case("agent without its role", "        role: Writer\n", "", "      with:", ["role"], ["role"]),
    case("unknown action", "call: expression", "call: expresion", "expresion", ["expresion"], ["expression"]),
    case("unknown node to wait for", "listen: triage", "listen: traige", "traige", ["traige"], ["triage"]),
    case("unknown event", "listen: cards", "listen: crads", "crads", ["crads"], ["cards"]),
    case("unknown node in an expression", "expr: outputs.triage.raw", "expr: outputs.traige.raw", "traige", ["traige"], ["triage"]),
    case("unknown field in an expression", "${state.text}", "${state.txet}", "txet", ["txet"], ["text"]),
    case("unknown root in an expression", "${state.text}", "${input.text}", "input.text", ["input"], ["state"]),
    case("expression cut short", "expr: outputs.triage.raw", "expr: outputs.triage.raw ==", "raw ==", ["outputs.triage.raw =="], ["value", "expected", "operand"]),
    case("node that waits for itself", "listen: triage", "listen: route", "listen: route", ["route"], ["another", "rename", "use"]),
    case("flag as text", "router: true", "router: maybe", "maybe", ["router"], ["true", "bool"]),
    case("list as text", "emit: [cards, other]", "emit: 7", "emit: 7", ["emit"], ["list"]),
    case("type that is none", "text: {type: string}", "text: {type: str}", "type: str}", ["str"], ["string"]),
    case("nodes as a list", "methods:\n  triage:", "methods:\n  - triage:", "- triage:", ["methods"], ["mapping", "dict", "align", "indent"]),
    case("name with a space", "  reply:\n", "  re ply:\n", "re ply", ["re ply"], ["letters", "name", "match"]),
    case("version of the format", "crewai.flow/v1", "crewai.flow/v9", "v9", ["v9"], ["crewai.flow/v1"]),
    case("key twice", "    router: true", "    router: true\n    router: false", "router: false", ["router"], ["one of", "remove", "duplicate"]),
    case("tab", "    router: true", "\trouter: true", "\trouter", ["tab"], ["space"]),
    case("bracket left open", "emit: [cards, other]", "emit: [cards, other", "emit: [", [], ["]", "close"]),
    case("quote left open", '"Message: ${state.text}"', '"Message: ${state.text}', "Message", [], ["quote"]),
    case("undefined alias", "goal: Find the team.", "goal: *team", "*team", ["team"], ["&", "anchor", "define"]),
]

logged = io.StringIO()
logging.basicConfig(stream=logged, level=logging.WARNING, force=True)


def told(text):
    """The message, or None where all is accepted."""
    logged.seek(0)
    logged.truncate()
    try:
        log_flow_definition_issues(FlowDefinition.from_declaration(contents=text))
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return logged.getvalue() or None


assert told(BASE) is None, told(BASE)
rows = [
    {"name": name, "lines": lines, "cause": cause, "fix": fix, "said": told(text)}
    for name, text, lines, cause, fix in CASES
]
print(json.dumps(rows))
