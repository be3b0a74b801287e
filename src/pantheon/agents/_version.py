"""The version of an agent: hash of its definition and of what fills its specialist slot."""

from __future__ import annotations

from pantheon.ids import ContentHash, JsonObject, hash_json
from pantheon.spec import AgentDef, agent_hash, to_json
from pantheon.store import Store

KIND = "agent"


class Versions:
    """The versions one agent has had in this process, each kept in the store when first seen."""

    def __init__(self, agent: AgentDef, store: Store) -> None:
        self._agent = agent
        self._store = store
        self._definition = agent_hash(agent)
        self._known: dict[ContentHash | None, ContentHash] = {}

    def of(self, specialist: ContentHash | None) -> ContentHash:
        """The agent's version while that specialist is deployed."""
        if specialist not in self._known:
            self._known[specialist] = self._keep(specialist)
        return self._known[specialist]

    def _keep(self, specialist: ContentHash | None) -> ContentHash:
        version = hash_json({"definition": self._definition, "specialist": specialist})
        body: JsonObject = {"definition": to_json(self._agent), "specialist": specialist}
        self._store.definitions.put(KIND, self._agent.name, version, body)
        return version


def definition_of(store: Store, version: ContentHash) -> JsonObject:
    """The definition that a version was made of, as JSON."""
    definition = store.definitions.get(version)["definition"]
    assert isinstance(definition, dict)
    return definition
