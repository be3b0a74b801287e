"""The version of an agent: hash of its definition's canonical form and of what fills its slot."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

from pantheon.ids import ContentHash, JsonObject, hash_json
from pantheon.spec import AgentDef
from pantheon.store import Store

_NOT_CONTENT = ("where", "template_path")
"""Where a definition was written does not change what it is; a template counts by its text."""


def definition_body(agent: AgentDef) -> JsonObject:
    """The definition as JSON, without its place in the file."""
    body: Any = json.loads(json.dumps(asdict(agent), ensure_ascii=False))
    return cast("JsonObject", _content(body))


def definition_hash(agent: AgentDef) -> ContentHash:
    """Hash of the definition alone, the same whatever has been promoted."""
    return hash_json(definition_body(agent))


def _content(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {name: _content(part) for name, part in items if name not in _NOT_CONTENT}
    return [_content(v) for v in cast("list[Any]", value)] if isinstance(value, list) else value


class Versions:
    """The versions one agent has had in this process, each kept in the store when first seen."""

    def __init__(self, agent: AgentDef, store: Store) -> None:
        self._name = agent.name
        self._store = store
        self._body = definition_body(agent)
        self._known: dict[ContentHash | None, ContentHash] = {}

    def of(self, specialist: ContentHash | None) -> ContentHash:
        """The agent's version while that specialist is deployed."""
        if specialist not in self._known:
            body: JsonObject = {"definition": self._body, "specialist": specialist}
            version = hash_json(body)
            self._store.definitions.put("agent", self._name, version, body)
            self._known[specialist] = version
        return self._known[specialist]
