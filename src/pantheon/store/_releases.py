"""Versions of what people write: flows, agents, models, prompts; and what was deployed when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pantheon.errors import NotFound
from pantheon.ids import ContentHash, Json, JsonObject
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._learning import HIGHEST_OF_AGENT
from pantheon.store._records import Run
from pantheon.store._table import Table, where


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One version of a definition, by content: what was written before is that version again."""

    hash: ContentHash
    kind: str
    """flow, agent, model or prompt."""
    name: str
    number: int
    """1, 2, 3 … per kind and name, for people: `support@3`."""
    definition: ContentHash
    """What it consists of, among the definitions; of a prompt, the blob of its text."""
    parent: ContentHash | None
    """The version that the working files were before."""
    cause: str
    """edit, night, rollback, import, migrate or lock."""
    at: float
    who: str
    why: str
    label: str | None = None
    """The user's own version."""
    evidence: JsonObject = field(default_factory=dict[str, Json])
    seen: int = 0
    """Order in which the working files were found to be a version; the highest: found last."""


@dataclass(frozen=True, slots=True)
class ReleasePart:
    """Something that a version consists of besides its definition."""

    release: ContentHash
    part: str
    """`file` (a blob), `model` (a definition), `agent` or `flow` (other versions)."""
    name: str
    hash: ContentHash


@dataclass(frozen=True, slots=True)
class ReleaseMove:
    """The channels of one flow or agent began to point elsewhere."""

    id: int | None
    """None: the store gives the next number."""
    change: str
    """What was changed at once shares it."""
    action: str
    """deploy, promote, rollback, retire or lock."""
    kind: str
    name: str
    before: JsonObject
    """What each channel pointed at."""
    after: JsonObject
    at: float
    who: str
    why: str
    undoes: int | None = None
    """rollback: the earliest of the moves that it takes back."""


@dataclass(frozen=True, slots=True)
class ReleaseIntent:
    """A change that is about to be made: written before the lock file is."""

    change: str
    moves: list[Json]
    at: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What the runs of one version came to."""

    runs: int = 0
    done: int = 0
    failed: int = 0
    usd: float = 0.0
    last: float | None = None
    """When the newest of them began."""


_TALLY = """SELECT runs.release, count(*), sum(runs.state = 'done'), sum(runs.state = 'failed'),
 coalesce(sum((SELECT sum(cost_usd) FROM answers WHERE answers.run = runs.id)), 0.0),
 max(runs.created) FROM runs WHERE runs.release IN (SELECT hash FROM releases WHERE kind = ?
 AND name = ?) GROUP BY runs.release"""


class Releases:
    """Versions by hash, and the moves of channels; the newest move of a name says what stands."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._rows = Table(database, values, ReleaseRow, name="releases", json=("evidence",))
        self._parts = Table(database, values, ReleasePart, name="release_parts")
        self._moves = Table(
            database, values, ReleaseMove, name="release_moves", json=("before", "after")
        )
        self._intents = Table(
            database, values, ReleaseIntent, name="release_intents", json=("moves",)
        )
        self._runs = Table(database, values, Run, name="runs", json=("input", "output", "failure"))

    # ------------------------------------------------------------------ versions

    def add(self, row: ReleaseRow, parts: Sequence[ReleasePart]) -> None:
        """Write a new version with its parts; one that is known stays as it is."""
        with self._database.transaction():
            if self._rows.insert_new(row):
                self._parts.insert_all_new(parts)

    def get(self, hash: ContentHash) -> ReleaseRow:
        """The version, or NotFound."""
        found = self.find(hash)
        if found is None:
            raise NotFound(
                f"There is no version {hash} in {self._database.path}.",
                hint="`pantheon versions list` shows what is deployed here.",
            )
        return found

    def find(self, hash: ContentHash) -> ReleaseRow | None:
        """The version, or None."""
        return self._rows.first("WHERE hash = ?", (hash,))

    def list(self, kind: str | None = None, name: str | None = None) -> list[ReleaseRow]:
        """Versions by kind, name and number."""
        clause, parameters = where(("kind = ?", kind), ("name = ?", name))
        return self._rows.select(clause + " ORDER BY kind, name, number", parameters)

    def of_definition(self, definition: ContentHash) -> list[ReleaseRow]:
        """The versions with that definition; several differ in code or models only."""
        return self._rows.select("WHERE definition = ? ORDER BY seen", (definition,))

    def newest(self, kind: str, name: str) -> ReleaseRow | None:
        """The version that the working files were when they were last looked at."""
        return self._rows.first(
            "WHERE kind = ? AND name = ? ORDER BY seen DESC, number DESC LIMIT 1", (kind, name)
        )

    def see(self, hash: ContentHash, seen: int) -> None:
        """The working files were found to be this version."""
        self._rows.update(hash, {"seen": seen})

    def next_seen(self) -> int:
        """The number of the next look at the working files."""
        return int(self._database.scalar("SELECT coalesce(max(seen), 0) FROM releases")) + 1

    def next_number(self, kind: str, name: str) -> int:
        """The number that the next version of a name gets; 1 for the first."""
        if kind == "agent":
            return int(self._database.scalar(HIGHEST_OF_AGENT, (name, name))) + 1
        sql = "SELECT coalesce(max(number), 0) FROM releases WHERE kind = ? AND name = ?"
        return int(self._database.scalar(sql, (kind, name))) + 1

    def parts(self, hash: ContentHash) -> list[ReleasePart]:
        """What a version consists of besides its definition, by part and name."""
        return self._parts.select("WHERE release = ? ORDER BY part, name", (hash,))

    # ------------------------------------------------------------------ moves

    def move(self, move: ReleaseMove) -> None:
        """Write that channels point elsewhere from now on."""
        self._moves.insert(move)

    def last(self, kind: str, name: str) -> ReleaseMove | None:
        """The move that made the channels of a name stand as they do, or None."""
        return self._moves.first(
            "WHERE kind = ? AND name = ? ORDER BY id DESC LIMIT 1", (kind, name)
        )

    def moves(self, kind: str | None = None, name: str | None = None) -> list[ReleaseMove]:
        """All moves, oldest first."""
        clause, parameters = where(("kind = ?", kind), ("name = ?", name))
        return self._moves.select(clause + " ORDER BY id", parameters)

    def newest_move(self) -> int:
        """The number of the newest move of all; 0 when nothing was ever deployed."""
        return int(self._database.scalar("SELECT coalesce(max(id), 0) FROM release_moves"))

    def standing(self) -> list[ReleaseMove]:
        """The last move of every name that ever had one."""
        return self._moves.select(
            "WHERE id IN (SELECT max(id) FROM release_moves GROUP BY kind, name) "
            "ORDER BY kind, name"
        )

    # ------------------------------------------------------------------ intents

    def intend(self, intent: ReleaseIntent) -> None:
        """Write what is about to be changed."""
        self._intents.insert(intent)

    def intents(self) -> list[ReleaseIntent]:
        """Changes that were about to be made and never came to an end, oldest first."""
        return self._intents.select("ORDER BY rowid")

    def settle(self, change: str) -> None:
        """A change was made, or never will be."""
        self._database.write("DELETE FROM release_intents WHERE change = ?", (change,))

    # ------------------------------------------------------------------ runs

    def runs_of(self, hash: ContentHash, *, limit: int | None = None) -> list[Run]:
        """The runs of a version, the newest first."""
        return self._runs.select(
            "WHERE release = ? ORDER BY created DESC, rowid DESC LIMIT ?",
            (hash, -1 if limit is None else limit),
        )

    def tallies(self, kind: str, name: str) -> dict[ContentHash, Tally]:
        """What the runs of each version of a name came to."""
        rows = self._database.rows(_TALLY, (kind, name))
        return {ContentHash(row[0]): Tally(*row[1:]) for row in rows}
