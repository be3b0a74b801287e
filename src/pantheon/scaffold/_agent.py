"""A new agent: its definition, the prompt or function it answers by, and a test of its contract."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.editing import spell
from pantheon.errors import UsageError
from pantheon.ids import Json, JsonObject
from pantheon.scaffold._files import File
from pantheon.scaffold._stub import function_stub
from pantheon.scaffold._value import sample
from pantheon.scaffold._yaml import HEADER, read_value
from pantheon.spec import expand_contract

By: TypeAlias = Literal["prompt", "cloud", "python", "human"]


@dataclass(frozen=True, slots=True)
class AgentOrder:
    """What a new agent should be."""

    name: str
    input: tuple[str, ...]
    """Fields, each `name: type`."""
    output: tuple[str, ...]
    description: str = ""
    by: By = "prompt"
    """Who answers: a prompt on the embedded model, the cloud, a function, a person."""


def agent_files(order: AgentOrder) -> tuple[File, ...]:
    """The files of a new agent.

    Raises:
        UsageError: a name or a field is none.
        InvalidProject: a type is none.
    """
    check_name(order.name, "agent")
    written = fields_of(order.input, "input"), fields_of(order.output, "output")
    input, output = (expand_contract(side) for side in written)
    given, result = sample(input), sample(output)
    files = [
        File(f"agents/{order.name}.yaml", _definition(order, *written)),
        File(f"tests/{order.name}.yaml", _test(order, given, result)),
    ]
    if order.by == "python":
        text = function_stub(order.name, order.description, input, output)
        files.append(File(f"functions/{order.name}.py", text))
    if order.by in {"prompt", "cloud"}:
        files.append(File(f"prompts/{order.name}.j2", _prompt(order, input)))
    return tuple(files)


def tool_files(order: AgentOrder) -> tuple[File, ...]:
    """The files of an agent that only calls a function."""
    return agent_files(
        AgentOrder(order.name, order.input, order.output, order.description, "python")
    )


def check_name(name: str, kind: str) -> None:
    """A name that is safe as a part of paths, references and Python modules. Raises UsageError."""
    plain = re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name)
    if plain and not keyword.iskeyword(name) and name not in sys.stdlib_module_names:
        return
    why = "Python has a module or word of that name" if plain else "it is not a plain name"
    raise UsageError(
        f"{name!r} cannot be the name of a new {kind}: {why}.",
        hint="Use lower-case letters, digits and `_`, beginning with a letter.",
    )


def fields_of(given: Iterable[str], side: str) -> JsonObject:
    """`["text: string", "team: {enum: [a, b]}"]` → the short form of a contract.

    Raises:
        UsageError: one is not `name: type`.
    """
    fields: dict[str, Json] = {}
    for text in given:
        found = re.fullmatch(r"\s*([A-Za-z_][A-Za-z0-9_]*\??)\s*[:=]\s*(.+)", text, re.DOTALL)
        if found is None:
            raise UsageError(
                f"--{side} {text!r} is not a field.", hint=f"Write --{side} 'name: type'."
            )
        try:
            fields[found[1]] = read_value(found[2])
        except ValueError as error:
            raise UsageError(
                f"--{side} {text!r}: the type cannot be read: {error}.",
                hint="Write for example 'text: string' or 'team: {enum: [cards, other]}'.",
            ) from None
    return fields


def _definition(order: AgentOrder, input: JsonObject, output: JsonObject) -> str:
    description = order.description or f"What the agent {order.name} does, in a sentence."
    body = [
        f"description: {spell(description)}",
        'version: "0.1"',
        f"input: {spell(input)}",
        f"output: {spell(output)}",
        "tiers:",
        *(f"  - {tier}" for tier in _tiers(order)),
        *_more(order.by),
        f"tests: tests/{order.name}.yaml",
    ]
    lines = "".join(f"    {line}\n" for line in body)
    return f"{HEADER}agents:\n  {order.name}:\n{lines}"


def _tiers(order: AgentOrder) -> tuple[str, ...]:
    match order.by:
        case "python":
            return (f'python: "functions.{order.name}:{order.name}"',)
        case "human":
            question = spell({"question": order.description or f"What is the {order.name}?"})
            return ("specialist", f"human: {question}")
        case "cloud":
            return ("specialist", f"cloud: {{template: prompts/{order.name}.j2}}")
        case "prompt":
            return ("specialist", f"prompt: {{template: prompts/{order.name}.j2}}")


def _more(by: By) -> tuple[str, ...]:
    if by == "cloud":
        return ("promise: {disagreement: 0.05, confidence: 0.95, audit: 0.05}",)
    return ("deterministic: true",) if by == "python" else ()


def _test(order: AgentOrder, given: Json, result: Json) -> str:
    lines = [f"- name: an answer fits the contract\n  input: {spell(given)}\n"]
    if order.by in {"prompt", "cloud", "human"}:
        answers = spell({order.name: result})
        lines.append(f"  answers: {answers} # scripted: no model is asked\n")
    lines.append(f"  expect: {{equals: {spell(result)}}}\n")
    return "".join(lines)


def _prompt(order: AgentOrder, input: JsonObject) -> str:
    fields = input.get("properties")
    names = list(fields) if isinstance(fields, dict) else []
    lines = [order.description or f"Say what the agent {order.name} should do.", ""]
    return "\n".join([*lines, *(f"{name}: {{{{ {name} }}}}" for name in names)]) + "\n"
