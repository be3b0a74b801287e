"""What learning keeps: examples, versions with their lineage, channels, monitors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from pantheon.errors import NotFound
from pantheon.ids import ContentHash, JsonObject
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import ChannelMove, Example, Split, Version
from pantheon.store._table import Table, where

HIGHEST_OF_AGENT: Final = """SELECT max(
 coalesce((SELECT max(number) FROM versions WHERE agent = ?), 0),
 coalesce((SELECT max(number) FROM releases WHERE kind = 'agent' AND name = ?), 0))"""
"""The highest number of an agent's versions, be they trained or written."""


class Examples:
    """Inputs with accepted outputs, per agent."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(
            database, values, Example, name="examples", json=("input", "output", "gold")
        )

    def add(self, examples: Iterable[Example]) -> int:
        """Write examples, all or none; those whose id is known are left as they are.

        Returns how many were new.
        """
        return self._table.insert_all_new(examples)

    def list(
        self, agent: str, *, split: Split | None = None, until: float | None = None
    ) -> list[Example]:
        """Examples of an agent with at < until, oldest first."""
        clause, parameters = where(("agent = ?", agent), ("split = ?", split), ("at < ?", until))
        return self._table.select(clause + " ORDER BY at, rowid", parameters)

    def count(self, agent: str, *, split: Split | None = None) -> int:
        """How many examples an agent has."""
        return self._table.count(*where(("agent = ?", agent), ("split = ?", split)))

    def groups(self, agent: str) -> dict[ContentHash, Split]:
        """The split that each group of near-duplicates belongs to."""
        rows = self._database.rows(
            'SELECT DISTINCT "group", split FROM examples WHERE agent = ?', (agent,)
        )
        return {ContentHash(group): split for group, split in rows}

    def answers(self, agent: str) -> set[str]:
        """Ids of the answers that examples of the agent were made from."""
        rows = self._database.rows(
            "SELECT answer FROM examples WHERE agent = ? AND answer IS NOT NULL", (agent,)
        )
        return {r[0] for r in rows}


class Versions:
    """What has ever been trained for each agent."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(database, values, Version, name="versions", json=("evidence",))

    def add(self, version: Version) -> None:
        """Write a new version; one that is known stays as it is."""
        self._table.insert_new(version)

    def get(self, hash: ContentHash) -> Version:
        """The version, or NotFound."""
        found = self._table.first("WHERE hash = ?", (hash,))
        if found is None:
            raise NotFound(
                f"There is no version {hash} in {self._database.path}.",
                hint="`pantheon agents history NAME` lists an agent's versions.",
            )
        return found

    def list(self, agent: str | None = None) -> list[Version]:
        """Versions, by agent and number."""
        clause, parameters = where(("agent = ?", agent))
        return self._table.select(clause + " ORDER BY agent, number", parameters)

    def next_number(self, agent: str) -> int:
        """The number the agent's next version gets; 1 for the first.

        What nights train and what people write of an agent share one sequence of numbers.
        """
        return int(self._database.scalar(HIGHEST_OF_AGENT, (agent, agent))) + 1

    def release(self, hash: ContentHash) -> None:
        """Let go of a version's model: the next compaction deletes it; what is known of it stays."""
        version = self.get(hash)
        if not version.released:
            self._table.update(hash, {"artifact": f"released:{version.artifact}"})

    def set_state(self, hash: ContentHash, state: str) -> None:
        """Change what has become of a version."""
        if not self._table.update(hash, {"state": state}):
            self.get(hash)


class Channels:
    """Which version each channel of each agent points at, and every move it made."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, ChannelMove, name="channel_moves")

    def current(self, agent: str, channel: str = "stable") -> ContentHash | None:
        """The version a channel points at, or None."""
        last = self.last(agent, channel)
        return None if last is None else last.version

    def last(self, agent: str, channel: str = "stable") -> ChannelMove | None:
        """The move that made a channel point where it does, or None."""
        return self._table.first(
            "WHERE agent = ? AND channel = ? ORDER BY rowid DESC LIMIT 1", (agent, channel)
        )

    def move(self, move: ChannelMove) -> None:
        """Write that a channel points elsewhere from now on."""
        self._table.insert(move)

    def history(self, agent: str | None = None) -> list[ChannelMove]:
        """All moves, oldest first."""
        clause, parameters = where(("agent = ?", agent))
        return self._table.select(clause + " ORDER BY rowid", parameters)


class Monitors:
    """The state of each agent's audit monitor."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._values = values

    def get(self, agent: str) -> JsonObject | None:
        """The state last set, or None."""
        state = self._database.scalar("SELECT state FROM monitors WHERE agent = ?", (agent,))
        return None if state is None else cast("JsonObject", self._values.unpack(state))

    def set(self, agent: str, state: JsonObject) -> None:
        """Keep the state in place of the one before."""
        self._database.write(
            "INSERT OR REPLACE INTO monitors (agent, state) VALUES (?, ?)",
            (agent, self._values.pack(state)),
        )
