"""Prompts: Jinja here, text with `{{field}}` alone in Open Agent Spec."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, CloudTier, PromptTier

Lose = Callable[[str], None]

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_SPECIAL = re.compile(r"\{[{%#]")


def prompt_of(agent: AgentDef, tier: PromptTier | CloudTier, lose: Lose) -> str:
    """The prompt of a tier as text with placeholders: its template, or what stands for it."""
    fields = _fields(agent)
    if tier.template is not None:
        plain = _plain_template(tier.template, agent, fields)
        if plain is not None:
            return plain
        lose(
            "the template uses more of Jinja than `{{ field }}`; a prompt from the description is given"
        )
    return _made_prompt(agent, fields)


def _fields(agent: AgentDef) -> list[str]:
    declared = agent.input.get("properties")
    return (
        [name for name in declared if re.fullmatch(r"\w+", name)]
        if isinstance(declared, dict)
        else []
    )


def _made_prompt(agent: AgentDef, fields: Collection[str]) -> str:
    parts = [_escape(file.text) for file in agent.context]
    parts += [_escape(f"{skill.name}\n{skill.body}") for skill in agent.skills]
    parts.append(_escape(agent.description or f"You are `{agent.name}`."))
    shown = [
        f"Input: {_compact(example['input'])}\nOutput: {_compact(example['output'])}"
        for example in agent.examples
    ]
    parts += [_escape(text) for text in shown]
    given = "\n".join(f"{name}: {{{{{name}}}}}" for name in fields)
    return "\n\n".join(part for part in [*parts, given] if part)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _escape(text: str) -> str:
    """Text in which nothing is a placeholder: there is no way to quote one."""
    return text.replace("{{", "{ {")


def _plain_template(template: str, agent: AgentDef, fields: Collection[str]) -> str | None:
    """The template, if all it does is to put in fields and what never changes."""
    from jinja2 import TemplateError, nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    try:
        tree = ImmutableSandboxedEnvironment().parse(template)
    except TemplateError:
        return None
    fixed = {"description": agent.description}
    if agent.context:
        fixed["context"] = "\n\n".join(file.text for file in agent.context)
    found: list[str] = []
    for part in tree.body:
        for piece in part.nodes if isinstance(part, nodes.Output) else [None]:
            if isinstance(piece, nodes.TemplateData):
                found.append(_escape(piece.data))
            elif isinstance(piece, nodes.Name) and piece.name in fields:
                found.append(f"{{{{{piece.name}}}}}")
            elif isinstance(piece, nodes.Name) and piece.name in fixed:
                found.append(_escape(fixed[piece.name]))
            else:
                return None
    return "".join(found)


def placeholders_in(prompt: str) -> list[str]:
    """The names in `{{name}}`, each once, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(prompt)))


def template_of(prompt: str) -> str:
    """The Jinja template that gives what a text with placeholders gives."""
    parts: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(prompt):
        parts += [_raw(prompt[end : match.start()]), f"{{{{ {match[1]} }}}}"]
        end = match.end()
    return "".join([*parts, _raw(prompt[end:])])


def _raw(text: str) -> str:
    """Text that Jinja leaves as it is."""
    if not _SPECIAL.search(text):
        return text
    if "endraw" in text:
        return f"{{{{ {json.dumps(text, ensure_ascii=False)} }}}}"
    return f"{{% raw %}}{text}{{% endraw %}}"


def question_of(message: str) -> str:
    """A message as a question of a human tier, where a field is `{name}`."""
    return _PLACEHOLDER.sub(lambda match: f"{{{match[1]}}}", message)


def message_of(question: str, input: JsonObject) -> str:
    """A question of a human tier as a message."""
    declared = input.get("properties")
    names = list(declared) if isinstance(declared, dict) else []
    for name in names:
        question = question.replace(f"{{{name}}}", f"{{{{{name}}}}}")
    return question
