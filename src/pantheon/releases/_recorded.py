"""The recorded versions of agents, as the constraints of flows choose among them."""

from __future__ import annotations

from pantheon.errors import NotFound, SpecError
from pantheon.spec import Recorded, RecordedAgent, agent_from_json
from pantheon.store import ReleaseRow, Store


def recorded_agents(store: Store) -> Recorded:
    """Every version of an agent that the store holds; one that cannot be read is left out."""

    def find(name: str) -> list[RecordedAgent]:
        rows = store.releases.list("agent", name)
        found = (_read(store, row) for row in rows)
        return [one for one in found if one is not None]

    return find


def _read(store: Store, row: ReleaseRow) -> RecordedAgent | None:
    try:
        definition = agent_from_json(store.definitions.get(row.definition))
    except (NotFound, SpecError):
        return None
    return RecordedAgent(definition, row.number)
