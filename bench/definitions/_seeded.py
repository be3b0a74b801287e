"""The project and its seeded mistakes; each says beforehand what a good message must name."""

from __future__ import annotations

from dataclasses import dataclass

BASE = """\
version: 1
models:
  cloud:
    engine: openai
    base_url: "https://api.example.com/v1"
    model: big-model
    api_key_env: CLOUD_KEY
    price: {input: 2.5, output: 10.0}
  small: {engine: llama.cpp, weights: smollm2-135m-instruct}
memory:
  profile: {scope: user, type: string}
agents:
  clean:
    description: Take the signature out of a message.
    input: {message: string}
    output: {text: string}
    tiers:
      - python: "desk:clean"
    deterministic: true
  triage:
    description: Which team should answer this customer message?
    version: "0.3"
    input: {text: string}
    output: {team: {enum: [cards, payments, other]}, score: number}
    tiers:
      - rules:
          - {when: 'contains(input.text, "card")', give: {team: cards, score: 1}}
      - specialist
      - cloud
    promise: {disagreement: 0.05, confidence: 0.95, audit: 0.05}
  reply:
    description: A short reply to the customer.
    version: "0.2"
    input: {text: string, team: string}
    output: {reply: {type: string, maxLength: 400}}
    tiers:
      - specialist
      - prompt: {model: small, template: prompts/reply.j2, max_tokens: 100}
      - cloud
  check:
    description: May this reply go out?
    input: {reply: string}
    output: {ok: boolean, comment: string}
    tiers:
      - command: ["checker", "--strict", "{reply}"]
  ask_person:
    input: {text: string, team: string}
    output: {reply: {type: string, maxLength: 400}}
    tiers:
      - human: {question: "What should we answer?"}
flows:
  sort:
    description: Find the team.
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
    output: {team: triage.team}
  support:
    description: Find the team for a customer message and draft a reply.
    input: {message: string}
    nodes:
      clean: {agent: clean, in: {message: input.message}}
      triage: {agent: "triage@>=0.1,<1", in: {text: clean.text}}
      reply:
        agent: reply
        in: {text: clean.text, team: triage.team}
        when: triage.score > 0.5
        retry: {attempts: 3, backoff: exponential}
        timeout: 30s
        fallback: ask_person
      check: {agent: check, in: {reply: reply.reply}}
      route: {flow: sort, in: {text: clean.text}, after: [check]}
      both: {merge: {from: [triage, route], policy: any}}
    output: {team: both.team, reply: reply.reply, ok: check.ok}
router: {flows: [support, sort], otherwise: cloud}
night: {window: "22:00-06:00", budget: {cloud_usd: 2.0, memory: 8GB}, promote: review}
"""
FILES = {
    "prompts/reply.j2": "Write a reply.\nTeam: {{ team }}\nMessage: {{ text }}\n",
    "desk.py": "def clean(message): return {'text': message}\n",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One edit of the project, and what a message about it must name."""

    name: str
    text: str
    lines: tuple[int, ...]
    """Any of which is the place to be changed, from 1."""
    cause: tuple[str, ...]
    """All of these stand in the message."""
    fix: tuple[str, ...]
    """One of these stands in what to do."""


def _edit(
    name: str,
    old: str,
    new: str,
    *,
    at: str | tuple[str, ...] = "",
    cause: tuple[str, ...],
    fix: tuple[str, ...],
) -> Mistake:
    """The project with one piece replaced; `at` is text on the line(s) that is to be named."""
    assert BASE.count(old) == 1, (name, BASE.count(old))
    text = BASE.replace(old, new)
    marks = (at or new.strip().splitlines()[0],) if isinstance(at, str) else at
    lines = tuple(
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if any(mark in line for mark in marks)
    )
    assert lines, name
    return Mistake(name, text, lines, cause, fix)


MISTAKES: tuple[Mistake, ...] = (
    # ----------------------------------------------------------------------------- keys and shapes
    _edit("key of an agent misspelt", "    tiers:\n      - python", "    teirs:\n      - python",
          at="teirs", cause=("teirs",), fix=("tiers",)),
    _edit("section misspelt", "\nflows:\n", "\nflow:\n", at="flow:", cause=("flow",), fix=("flows",)),
    _edit("key of a node misspelt", "        fallback: ask_person", "        fallbck: ask_person",
          cause=("fallbck",), fix=("fallback",)),
    _edit("key of a promise misspelt", "confidence: 0.95", "confidense: 0.95", at="confidense",
          cause=("confidense",), fix=("confidence",)),
    _edit("key of a model misspelt", "api_key_env:", "api_key_var:", at="api_key_var",
          cause=("api_key_var",), fix=("api_key_env",)),
    _edit("key of the night misspelt", "window: \"22:00", "windw: \"22:00", at="windw",
          cause=("windw",), fix=("window",)),
    _edit("key from another system", "    description: A short reply to the customer.\n",
          "    system_prompt: A short reply to the customer.\n", at="system_prompt",
          cause=("system_prompt",), fix=("one of", "prompt", "description")),
    _edit("agents as a list", "agents:\n  clean:", "agents:\n  - clean:", at=("- clean:", "description: Take"),
          cause=(), fix=("align", "indent", "mapping", "name")),
    _edit("tiers as text", "    tiers:\n      - command: [\"checker\", \"--strict\", \"{reply}\"]",
          "    tiers: command", at="tiers: command", cause=("command",), fix=("[", "list", "argv", "program")),
    _edit("agent without an output", "    output: {ok: boolean, comment: string}\n", "",
          at=("  check:", "May this reply"), cause=("output",), fix=("output",)),
    _edit("agent without an input", "    input: {reply: string}\n", "", at=("  check:", "May this reply"),
          cause=("input",), fix=("input",)),
    _edit("flow without nodes", "    nodes:\n      triage: {agent: triage, in: {text: input.text}}\n", "",
          at=("  sort:", "Find the team.", "output: {team: triage.team}"), cause=("nodes",), fix=("nodes",)),
    _edit("flow without an output", "    output: {team: triage.team}\n", "", at=("  sort:", "Find the team."),
          cause=("output",), fix=("output",)),
    _edit("node without an agent", "{agent: check, in: {reply: reply.reply}}", "{in: {reply: reply.reply}}",
          at="check: {in", cause=("check", "agent"), fix=("agent:",)),
    _edit("number as text", "max_tokens: 100", "max_tokens: many", at="max_tokens: many",
          cause=("max_tokens",), fix=("whole", "number", "write")),
    _edit("flag as number", "deterministic: true", "deterministic: 2", cause=("deterministic",),
          fix=("true", "false")),
    # -------------------------------------------------------------------------------- names
    _edit("unknown agent", "reply:\n        agent: reply", "reply:\n        agent: replly",
          at="agent: replly", cause=("replly",), fix=("reply",)),
    _edit("unknown flow", "{flow: sort,", "{flow: srot,", at="srot", cause=("srot",), fix=("sort",)),
    _edit("unknown node in an expression", "{reply: reply.reply}}\n      route", "{reply: repl.reply}}\n      route",
          at="repl.reply", cause=("repl",), fix=("reply",)),
    _edit("unknown field in an expression", "output: {team: both.team,", "output: {team: both.taem,",
          at="both.taem", cause=("taem",), fix=("team",)),
    _edit("unknown input field", "in: {message: input.message}", "in: {message: input.mesage}",
          at="input.mesage", cause=("mesage",), fix=("message",)),
    _edit("unknown model", "model: small,", "model: smal,", at="smal,", cause=("smal",), fix=("small",)),
    _edit("unknown tier", "      - specialist\n      - prompt", "      - specialst\n      - prompt",
          at="specialst", cause=("specialst",), fix=("specialist",)),
    _edit("unknown fallback", "fallback: ask_person", "fallback: ask_persn", cause=("ask_persn",),
          fix=("ask_person",)),
    _edit("unknown node to wait for", "after: [check]", "after: [chek]", at="chek", cause=("chek",),
          fix=("check",)),
    _edit("unknown source of a merge", "from: [triage, route]", "from: [triage, rout]", at="rout]",
          cause=("rout",), fix=("route",)),
    _edit("unknown flow of the router", "flows: [support, sort]", "flows: [suport, sort]", at="suport",
          cause=("suport",), fix=("support",)),
    _edit("missing prompt file", "prompts/reply.j2", "prompts/repyl.j2", at="repyl", cause=("repyl",),
          fix=("reply.j2",)),
    _edit("placeholder that is no input", "\"{reply}\"]", "\"{replies}\"]", at="{replies}",
          cause=("replies",), fix=("reply",)),
    _edit("name with a space", "  ask_person:\n", "  ask person:\n", at=("ask person", "fallback: ask_person"),
          cause=("ask",), fix=("ask_person", "call it", "letters", "define", "did you mean")),
    # -------------------------------------------------------------------------------- types
    _edit("input of a node missing", "in: {text: clean.text, team: triage.team}", "in: {text: clean.text}",
          at=("agent: reply", "in: {text: clean.text}", "      reply:"), cause=("team",), fix=("team",)),
    _edit("input that the agent has not", "in: {text: clean.text, team: triage.team}",
          "in: {text: clean.text, team: triage.team, tone: triage.team}", at="tone", cause=("tone",),
          fix=("remove", "text", "one of")),
    _edit("number where text is wanted", "team: triage.team}\n        when", "team: triage.score}\n        when",
          at="team: triage.score", cause=("number", "string"), fix=("text(", "wanted", "give", "string")),
    _edit("condition that is no condition", "when: triage.score > 0.5", "when: triage.team",
          cause=("when",), fix=("true", "compare", "==")),
    _edit("comparison that can never hold", "when: triage.score > 0.5", "when: triage.team == \"card\"",
          cause=("card",), fix=("cards",)),
    _edit("text compared with a number", "when: triage.score > 0.5", "when: triage.team > 0.5",
          cause=(">",), fix=("number", "same", "text", "compare")),
    _edit("unknown function", "when: triage.score > 0.5", "when: length(triage.team) > 2",
          cause=("length",), fix=("len", "size", "one of")),
    _edit("expression cut short", "when: triage.score > 0.5", "when: triage.score >", cause=(),
          fix=("value", "write", "after", "end")),
    _edit("rule that gives what the contract refuses", "give: {team: cards, score: 1}",
          "give: {team: loans, score: 1}", at="loans", cause=("loans",), fix=("cards",)),
    _edit("type that is none", "output: {ok: boolean,", "output: {ok: bool,", at="ok: bool,",
          cause=("bool",), fix=("boolean",)),
    _edit("choice written with bars", "{enum: [cards, payments, other]}", "cards|payments|other",
          at="cards|payments", cause=("team",), fix=("enum: [cards, payments, other]",)),
    _edit("schema keyword of the wrong type", "maxLength: 400}}\n    tiers:\n      - specialist",
          "maxLength: long}}\n    tiers:\n      - specialist", at="maxLength: long", cause=("maxLength",),
          fix=("whole", "number", "400", "integer")),
    _edit("fallback that gives something else", "  ask_person:\n    input: {text: string, team: string}\n    output: {reply: {type: string, maxLength: 400}}",
          "  ask_person:\n    input: {text: string, team: string}\n    output: {answer: string}",
          at=("fallback: ask_person", "answer: string"), cause=("ask_person",), fix=("reply", "same", "give", "output")),
    # ------------------------------------------------------------------------------ graph
    _edit("cycle", "clean: {agent: clean, in: {message: input.message}}",
          "clean: {agent: clean, in: {message: reply.reply}}", at=("clean: {agent", "triage: {agent: \"triage", "in: {text: clean.text, team"),
          cause=("clean", "reply"), fix=("break", "remove", "depend", "one of", "loop")),
    _edit("node that waits for itself", "after: [check]", "after: [route]", at="after: [route]",
          cause=("route",), fix=("another", "remove")),
    _edit("node that nothing uses", "output: {team: both.team, reply: reply.reply, ok: check.ok}\nrouter",
          "output: {reply: reply.reply, ok: check.ok}\nrouter", at="both: {merge", cause=("both",), fix=("output", "remove")),
    _edit("flow that runs itself", "triage: {agent: triage, in: {text: input.text}}\n    output: {team: triage.team}\n  support",
          "triage: {flow: sort, in: {text: input.text}}\n    output: {team: triage.team}\n  support",
          at=("{flow: sort, in: {text: input.text}}", "  sort:"), cause=("sort",), fix=("loop", "another", "remove", "itself")),
    _edit("version that does not satisfy", "triage@>=0.1,<1", "triage@>=1", at="triage@>=1",
          cause=("0.3", ">=1"), fix=("constraint", "version", "0.3")),
    _edit("constraint that is none", "triage@>=0.1,<1", "triage@latest", at="triage@latest",
          cause=("latest",), fix=(">=",)),
    _edit("loop without an end", "        timeout: 30s", "        loop: {until: last.reply != \"\"}",
          at="loop:", cause=("max",), fix=("max:",)),
    # ------------------------------------------------------------------------------ values
    _edit("share above one", "disagreement: 0.05", "disagreement: 5", at="disagreement: 5",
          cause=("disagreement",), fix=("0.05", "5%", "between", "share")),
    _edit("unknown engine", "engine: openai", "engine: opanai", cause=("opanai",), fix=("openai",)),
    _edit("endpoint without an address", "    base_url: \"https://api.example.com/v1\"\n", "",
          at=("  cloud:", "engine: openai"), cause=("base_url",), fix=("base_url",)),
    _edit("key in the file", "api_key_env: CLOUD_KEY", "api_key_env: sk-proj-4f9a8b7c6d5e4f3a2b1c0d9e8f",
          at="api_key_env", cause=("key",), fix=("NAME", "variable", "environment")),
    _edit("duration that is none", "timeout: 30s", "timeout: soon", at="timeout: soon", cause=("soon",),
          fix=("30s",)),
    _edit("negative attempts", "attempts: 3", "attempts: -3", at="attempts: -3", cause=("attempts",),
          fix=("1", "at least")),
    _edit("unknown backoff", "backoff: exponential", "backoff: expo", at="backoff: expo", cause=("expo",),
          fix=("exponential",)),
    _edit("window that is none", "\"22:00-06:00\"", "\"22-6 o'clock\"", at="o'clock", cause=("window",),
          fix=("22:00-06:00",)),
    _edit("unknown policy of a merge", "policy: any}", "policy: fastest}", at="fastest", cause=("fastest",),
          fix=("first", "any")),
    _edit("size that is none", "memory: 8GB", "memory: big", at="memory: big", cause=("big",), fix=("8GB",)),
    _edit("unknown scope of a memory", "scope: user", "scope: users", cause=("users",), fix=("user",)),
    # -------------------------------------------------------------------------------- YAML
    _edit("tab", "    description: Find the team.\n", "\tdescription: Find the team.\n", at="\tdescription",
          cause=("tab",), fix=("space",)),
    _edit("bracket left open", "output: {team: triage.team}", "output: {team: triage.team",
          at=("output: {team: triage.team", "  support:"), cause=(), fix=("}",)),
    _edit("quote left open", "model: big-model", "model: \"big-model", at="\"big-model", cause=(),
          fix=("quote",)),
    _edit("colon in a text", "description: Find the team.", "description: Sort: find the team.",
          cause=(), fix=("quote",)),
    _edit("wrong indentation", "    output: {reply: {type: string, maxLength: 400}}\n    tiers:\n      - specialist",
          "   output: {reply: {type: string, maxLength: 400}}\n    tiers:\n      - specialist",
          at="   output: {reply: {type: string, maxLength: 400}}\n".rstrip("\n"), cause=(), fix=("align", "indent")),
    _edit("key twice", "    deterministic: true\n", "    deterministic: true\n    deterministic: false\n",
          at="deterministic: false", cause=("deterministic",), fix=("one of them", "remove")),
    _edit("agent twice", "  ask_person:\n", "  check:\n    input: {a: string}\n    output: {b: string}\n    tiers: [cloud]\n  ask_person:\n",
          at="  check:", cause=("check",), fix=("one of them", "rename")),
    _edit("undefined alias", "      - cloud\n    promise", "      - *cloud\n    promise", at="*cloud",
          cause=("cloud",), fix=("&",)),
    _edit("version of the format", "version: 1\nmodels", "version: 3\nmodels", at="version: 3",
          cause=("3",), fix=("version: 1", "update")),
)  # fmt: skip
