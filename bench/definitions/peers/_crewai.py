# pyright: basic, reportMissingImports=false
"""Equivalent mistakes in a declarative CrewAI flow, as its loader and validator tell them.

Run in its environment. What the validator only logs counts as told.
"""

import io
import logging
import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}

from _equivalents import tell
from crewai.flow.flow_definition import FlowDefinition, log_flow_definition_issues

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


EDITS = [
    ("section misspelt", "methods:", "method:", "method:", ["method"], ["methods"]),
    (
        "key of a node misspelt",
        "    router: true",
        "    ruoter: true",
        "ruoter",
        ["ruoter"],
        ["router"],
    ),
    (
        "key of an agent misspelt",
        "        backstory: Polite.",
        "        backstroy: Polite.",
        "backstroy",
        ["backstroy"],
        ["backstory"],
    ),
    (
        "node without what it runs",
        "    do:\n      call: expression\n      expr: outputs.triage.raw\n",
        "",
        "  route:",
        ["route", "do"],
        ["do"],
    ),
    ("agent without its role", "        role: Writer\n", "", "      with:", ["role"], ["role"]),
    (
        "unknown action",
        "call: expression",
        "call: expresion",
        "expresion",
        ["expresion"],
        ["expression"],
    ),
    (
        "unknown node to wait for",
        "listen: triage",
        "listen: traige",
        "traige",
        ["traige"],
        ["triage"],
    ),
    ("unknown event", "listen: cards", "listen: crads", "crads", ["crads"], ["cards"]),
    (
        "unknown node in an expression",
        "expr: outputs.triage.raw",
        "expr: outputs.traige.raw",
        "traige",
        ["traige"],
        ["triage"],
    ),
    (
        "unknown field in an expression",
        "${state.text}",
        "${state.txet}",
        "txet",
        ["txet"],
        ["text"],
    ),
    (
        "unknown root in an expression",
        "${state.text}",
        "${input.text}",
        "input.text",
        ["input"],
        ["state"],
    ),
    (
        "expression cut short",
        "expr: outputs.triage.raw",
        "expr: outputs.triage.raw ==",
        "raw ==",
        ["outputs.triage.raw =="],
        ["value", "expected", "operand"],
    ),
    (
        "node that waits for itself",
        "listen: triage",
        "listen: route",
        "listen: route",
        ["route"],
        ["another", "rename", "use"],
    ),
    ("flag as text", "router: true", "router: maybe", "maybe", ["router"], ["true", "bool"]),
    ("list as text", "emit: [cards, other]", "emit: 7", "emit: 7", ["emit"], ["list"]),
    (
        "type that is none",
        "text: {type: string}",
        "text: {type: str}",
        "type: str}",
        ["str"],
        ["string"],
    ),
    (
        "nodes as a list",
        "methods:\n  triage:",
        "methods:\n  - triage:",
        "- triage:",
        ["methods"],
        ["mapping", "dict", "align", "indent"],
    ),
    (
        "name with a space",
        "  reply:\n",
        "  re ply:\n",
        "re ply",
        ["re ply"],
        ["letters", "name", "match"],
    ),
    (
        "version of the format",
        "crewai.flow/v1",
        "crewai.flow/v9",
        "v9",
        ["v9"],
        ["crewai.flow/v1"],
    ),
    (
        "key twice",
        "    router: true",
        "    router: true\n    router: false",
        "router: false",
        ["router"],
        ["one of", "remove", "duplicate"],
    ),
    ("tab", "    router: true", "\trouter: true", "\trouter", ["tab"], ["space"]),
    (
        "bracket left open",
        "emit: [cards, other]",
        "emit: [cards, other",
        "emit: [",
        [],
        ["]", "close"],
    ),
    (
        "quote left open",
        '"Message: ${state.text}"',
        '"Message: ${state.text}',
        "Message",
        [],
        ["quote"],
    ),
    (
        "undefined alias",
        "goal: Find the team.",
        "goal: *team",
        "*team",
        ["team"],
        ["&", "anchor", "define"],
    ),
]  # fmt: skip


logged = io.StringIO()
logging.basicConfig(stream=logged, level=logging.WARNING, force=True)


def load(text: str) -> str | None:
    """What was logged, if anything; raises where the text is refused."""
    logged.seek(0)
    logged.truncate()
    log_flow_definition_issues(FlowDefinition.from_declaration(contents=text))
    return logged.getvalue() or None


tell(BASE, EDITS, load)
