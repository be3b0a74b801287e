"""Flows and agents as an A2A agent card: what a server would offer, each as one skill."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from pantheon.errors import UsageError
from pantheon.ids import Json, JsonObject, hash_json
from pantheon.interop._losses import Carried, Losses
from pantheon.spec import AgentDef, FlowDef, Project, agent_hash, flow_hash

PROTOCOL = "1.0"
_JSON = "application/json"
_TEXT = "text/plain"


def to_agent_card(
    project: Project, definitions: Sequence[FlowDef | AgentDef], *, url: str, name: str
) -> Carried:
    """The card of a server at `url` that answers by these flows and agents.

    Raises UsageError when the address is none.
    """
    losses = Losses()
    _check_url(url)
    hashes = {each.name: _hash_of(each, project) for each in definitions}
    only = definitions[0] if len(definitions) == 1 else None
    skills: list[Json] = [_skill(each, losses) for each in definitions]
    card: JsonObject = {
        "name": only.name if only else name,
        "description": _about(only) if only else _about_all(definitions),
        "version": _version(only, hashes),
        "supportedInterfaces": [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": PROTOCOL}
        ],
        "capabilities": {"streaming": False, "pushNotifications": False},
        "defaultInputModes": [_JSON],
        "defaultOutputModes": [_JSON],
        "skills": skills,
    }
    losses.add(
        "card", f"that something answers A2A at {url} is up to you: Pantheon does not serve it"
    )
    return Carried(json.dumps(card, indent=2, ensure_ascii=False) + "\n", losses.listed())


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(
            f"{url!r} is no address.", hint="Write it like https://agents.example.com/a2a."
        )
    if "@" in parts.netloc:
        raise UsageError(
            "The address holds a user name or password; a card is for everybody.",
            hint="Leave out what stands before the `@`.",
        )


def _hash_of(definition: FlowDef | AgentDef, project: Project) -> str:
    if isinstance(definition, AgentDef):
        return agent_hash(definition).rpartition(":")[2]
    return flow_hash(definition, project).rpartition(":")[2]


def _version(only: FlowDef | AgentDef | None, hashes: dict[str, str]) -> str:
    """The user's own label, else the start of the content's hash."""
    if isinstance(only, AgentDef) and only.version is not None:
        return only.version
    return hashes[only.name][:12] if only else hash_json(dict(hashes)).rpartition(":")[2][:12]


def _about(definition: FlowDef | AgentDef) -> str:
    return definition.description or f"Answers by `{definition.name}`."


def _about_all(definitions: Iterable[FlowDef | AgentDef]) -> str:
    return f"Answers by {', '.join(f'`{each.name}`' for each in definitions)}."


def _skill(definition: FlowDef | AgentDef, losses: Losses) -> JsonObject:
    """One skill. A card has no types, so the fields are named in its description."""
    flow = isinstance(definition, FlowDef)
    output = definition.output_schema if isinstance(definition, FlowDef) else definition.output
    where = f"{'flows' if flow else 'agents'}.{definition.name}"
    losses.add(where, "a card has no types: the fields are only named in the description")
    fields = f"Takes {_fields(definition.input)}; gives {_fields(output)}."
    examples: list[Json] = (
        list(definition.examples)
        if isinstance(definition, FlowDef)
        else [json.dumps(each["input"], ensure_ascii=False) for each in definition.examples]
    )
    body: JsonObject = {
        "id": definition.name,
        "name": definition.name,
        "description": f"{_about(definition)} {fields}",
        "tags": ["flow" if flow else "agent"],
        "inputModes": _modes(definition.input),
        "outputModes": [_JSON],
    }
    return {**body, "examples": examples} if examples else body


def _modes(contract: JsonObject) -> list[Json]:
    """Text alone is enough where the input is one text."""
    fields = contract.get("properties")
    schemas = list(fields.values()) if isinstance(fields, dict) else []
    alone = (
        len(schemas) == 1 and isinstance(schemas[0], dict) and schemas[0].get("type") == "string"
    )
    return [_JSON, _TEXT] if alone else [_JSON]


def _fields(contract: JsonObject) -> str:
    fields = contract.get("properties")
    if not isinstance(fields, dict) or not fields:
        return "an object"
    return ", ".join(f"{name} ({_kind(schema)})" for name, schema in fields.items())


def _kind(schema: Json) -> str:
    if not isinstance(schema, dict):
        return "any"
    values = schema.get("enum")
    if isinstance(values, list):
        return f"one of {', '.join(map(str, values))}"
    kind = schema.get("type")
    return kind if isinstance(kind, str) else "any"
