"""Prompts: the user's Jinja2 template, or one made from the agent's description and types.

Templates run in Jinja's sandbox and an undefined name is an error. The input is data: it fills
variables and is never itself read as a template.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.models import Message
from pantheon.spec import AgentDef, Skill, list_skills

if TYPE_CHECKING:
    from jinja2 import Template

MAX_EXAMPLES = 8
"""Examples shown in a made prompt; a small model's context is short."""


class TemplateFault(Exception):
    """The user's template cannot be rendered for this input."""


def messages_for(
    agent: AgentDef, input: JsonObject, *, template: str | None, skills: Sequence[Skill] = ()
) -> tuple[Message, ...]:
    """What a model is asked: the rendered template, or the made prompt. Raises TemplateFault.

    `skills` are those whose instructions the made prompt holds.
    """
    if template is None:
        return made_messages(agent, input, skills=skills)
    return (
        Message("system", _format_rule(agent.output)),
        Message("user", _render(template, agent, input)),
    )


def made_messages(
    agent: AgentDef, input: JsonObject, *, skills: Sequence[Skill] = ()
) -> tuple[Message, ...]:
    """A system message from description, context and types, the examples as turns, the input."""
    turns = [Message("system", _guided(agent, skills))]
    for example in agent.examples[:MAX_EXAMPLES]:
        turns.append(Message("user", show_input(cast("JsonObject", example["input"]))))
        turns.append(Message("assistant", canonical_json(example["output"])))
    return (*turns, Message("user", show_input(input)))


def instruction_of(agent: AgentDef) -> str:
    """What to do, and the form of the answer: from description and types alone."""
    return f"{_task(agent)}\n{_format_rule(agent.output)}"


def _guided(agent: AgentDef, skills: Sequence[Skill]) -> str:
    """The instruction, after what the agent is told besides: the form of the answer comes last."""
    told = [context_of(agent), *map(_show_skill, skills)]
    return "\n\n".join([*filter(None, told), instruction_of(agent)])


def context_of(agent: AgentDef) -> str:
    """The texts of the agent's context files."""
    return "\n\n".join(file.text for file in agent.context if file.text)


def _show_skill(skill: Skill) -> str:
    return f'<skill name="{skill.name}">\n{skill.body}\n</skill>'


def show_input(input: JsonObject) -> str:
    """The input as a person would send it: bare text when it is one string, else JSON."""
    values = list(input.values())
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return json.dumps(input, ensure_ascii=False, indent=1)


def _task(agent: AgentDef) -> str:
    if agent.description:
        return agent.description
    given = _listed(_fields(agent.input)) or "an object"
    wanted = _listed(_fields(agent.output)) or "an object"
    return f"You are `{agent.name}`. You are given {given} and reply with {wanted}."


def _format_rule(schema: JsonObject) -> str:
    fields = _listed([_described(name, rule) for name, rule in _properties(schema).items()])
    wanted = f" with {fields}" if fields else ""
    return f"Reply with one JSON object{wanted} and nothing else."


def _described(name: str, rule: Json) -> str:
    """`team (one of: cards, other)`: what one field of the output must be."""
    if not isinstance(rule, dict):
        return f'"{name}"'
    values = rule.get("enum")
    if isinstance(values, list):
        return f'"{name}" (one of: {", ".join(map(_plain, values))})'
    kind = rule.get("type")
    return f'"{name}" ({kind})' if isinstance(kind, str) else f'"{name}"'


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _properties(schema: JsonObject) -> JsonObject:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _fields(schema: JsonObject) -> list[str]:
    return [f'"{name}"' for name in _properties(schema)]


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items)


# ----------------------------------------------------------------------------------- rendering


def _render(template: str, agent: AgentDef, input: JsonObject) -> str:
    from jinja2 import TemplateError

    names: dict[str, object] = {
        "input": input,
        "description": agent.description,
        "examples": agent.examples,
        "schema": agent.output,
        **_guidance(agent),
        **input,
    }
    try:
        return _compiled(template).render(names)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateFault(f"The template cannot be rendered: {error}.") from error


def _guidance(agent: AgentDef) -> dict[str, object]:
    """What only templates of agents with context or skills may name."""
    context: dict[str, object] = {"context": context_of(agent)} if agent.context else {}
    skills: dict[str, object] = {"skills": _Skills(agent.skills)} if agent.skills else {}
    return context | skills


class _Skills(Mapping[str, object]):
    """`{{ skills }}` lists them; `{{ skills.pdf.body }}` and `.references` say more of one."""

    def __init__(self, skills: Sequence[Skill]) -> None:
        self._skills = {skill.name: skill for skill in skills}

    def __getitem__(self, name: str) -> object:
        skill = self._skills[name]
        return {
            "name": skill.name,
            "description": skill.description,
            "body": skill.body,
            "references": skill.references,
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._skills)

    def __len__(self) -> int:
        return len(self._skills)

    def __str__(self) -> str:
        return list_skills(self._skills.values())


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # autoescape stays off: the text goes to a model, never into HTML.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
    return environment.from_string(template)
