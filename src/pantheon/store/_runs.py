"""Runs of flows, the definitions they are pinned to, and who is executing them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields
from typing import Final, cast

from pantheon.clock import Clock
from pantheon.errors import NotFound
from pantheon.ids import ContentHash, JsonObject, RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import Run, RunState
from pantheon.store._table import Table, where


class Definitions:
    """What the user had written when something ran, by content."""

    def __init__(self, database: Database, values: Values, clock: Clock) -> None:
        self._database = database
        self._values = values
        self._clock = clock

    def put(self, kind: str, name: str, hash: ContentHash, body: JsonObject) -> None:
        """Keep a definition under its hash; keeping it again changes nothing."""
        if self._database.row("SELECT 1 FROM definitions WHERE hash = ?", (hash,)):
            return
        self._database.write(
            "INSERT OR IGNORE INTO definitions (hash, kind, name, body, at) VALUES (?, ?, ?, ?, ?)",
            (hash, kind, name, self._values.pack(body), self._clock.now()),
        )

    def get(self, hash: ContentHash) -> JsonObject:
        """The definition, or NotFound."""
        body = self._database.scalar("SELECT body FROM definitions WHERE hash = ?", (hash,))
        if body is None:
            raise NotFound(
                f"There is no definition {hash} in {self._database.path}.",
                hint="It may have been written by another database; `pantheon runs list` shows "
                "the runs of this one.",
            )
        return cast("JsonObject", self._values.unpack(body))


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is executing a run, and until when nobody else may."""

    owner: str
    until: float
    """Seconds since the epoch."""


_COLUMNS: Final = [*(f.name for f in fields(Run)), "owner", "lease_until"]
_CREATE_LEASED: Final = (
    f"INSERT INTO runs ({', '.join(_COLUMNS)}) "  # noqa: S608 (names of fields)
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_FINISH: Final = """UPDATE runs SET state = ?, output = ?, failure = ?, finished = ?,
 cancel = CASE ? WHEN 'waiting' THEN cancel END, owner = NULL, lease_until = NULL
 WHERE id = ? AND (owner IS NULL OR owner = ?)"""
"""A request to cancel outlives a pause, but not the end of the run."""


class Runs:
    """Runs by id."""

    def __init__(self, database: Database, values: Values, clock: Clock) -> None:
        self._database = database
        self._values = values
        self._clock = clock
        self._table = Table(database, values, Run, name="runs", json=("input", "output", "failure"))

    def create(self, run: Run) -> None:
        """Write a new run."""
        self._table.insert(run)

    def create_leased(self, run: Run, owner: str, seconds: float) -> None:
        """Write a new run that `owner` alone may execute, for so long."""
        row = self._table.row(run)
        self._database.write(_CREATE_LEASED, [*row, owner, self._clock.now() + seconds])

    def finish(
        self,
        id: str,
        *,
        state: RunState,
        output: JsonObject | None,
        failure: JsonObject | None,
        finished: float | None,
        owner: str,
    ) -> bool:
        """Write how a run ended (or that it waits), and give the owner's lease back.

        False, and nothing is written, when another owner has taken the run over meanwhile.
        """
        pack = self._values.pack
        row = (state, pack(output), pack(failure), finished, state, id, owner)
        return self._database.write(_FINISH, row) > 0

    def get(self, id: str) -> Run:
        """The run, or NotFound."""
        found = self._table.first("WHERE id = ?", (id,))
        if found is None:
            raise NotFound(
                f"There is no run {id} in {self._database.path}.",
                hint="`pantheon runs list` shows the runs there are.",
            )
        return found

    def list(
        self,
        limit: int | None = 50,
        *,
        state: RunState | None = None,
        flow: str | None = None,
        night: str | None = None,
        release: ContentHash | None = None,
    ) -> list[Run]:
        """The newest runs first; no limit: all of them."""
        clause, parameters = where(
            ("state = ?", state), ("flow = ?", flow), ("night = ?", night), ("release = ?", release)
        )
        return self._table.select(
            clause + " ORDER BY created DESC, rowid DESC LIMIT ?",
            [*parameters, -1 if limit is None else limit],
        )

    def count(self, *, state: RunState | None = None) -> int:
        """How many runs there are (in a state)."""
        return self._table.count(*where(("state = ?", state)))

    def update(self, id: str, **changes: object) -> None:
        """Change fields of a run, e.g. `update(id, state="done", output=…)`."""
        if not self._table.update(id, changes):
            self.get(id)

    # ------------------------------------------------------------------ cancelling

    def request_cancel(self, id: str, why: str) -> bool:
        """Ask whoever executes a run to end it; the first reason stands. False: it has ended."""
        asked = self._database.write(
            "UPDATE runs SET cancel = coalesce(cancel, ?) "
            "WHERE id = ? AND state IN ('queued', 'running', 'waiting')",
            (why, id),
        )
        if not asked:
            self.get(id)
        return asked > 0

    def cancels(self, ids: Container[str]) -> dict[RunId, str]:
        """Which of these runs are to be cancelled, and why; costs little however many they are."""
        rows = self._database.rows("SELECT id, cancel FROM runs WHERE cancel IS NOT NULL")
        return {RunId(id): why for id, why in rows if id in ids}

    # ------------------------------------------------------------------ leases

    def lease(self, id: str, owner: str, seconds: float) -> bool:
        """Take or renew the right to execute a run; False while another owner holds it."""
        now = self._clock.now()
        taken = self._database.write(
            "UPDATE runs SET owner = ?, lease_until = ? "
            "WHERE id = ? AND (owner IS NULL OR owner = ? OR lease_until < ?)",
            (owner, now + seconds, id, owner, now),
        )
        return taken > 0

    def renew(self, owner: str, seconds: float) -> int:
        """Renew all leases of an owner; says how many there are."""
        return self._database.write(
            "UPDATE runs SET lease_until = ? WHERE state = 'running' AND owner = ?",
            (self._clock.now() + seconds, owner),
        )

    def seize(self, id: str, owner: str, seconds: float, *, held_by: str) -> bool:
        """Take a lease from an owner that is known to be dead; False if it changed hands."""
        taken = self._database.write(
            "UPDATE runs SET owner = ?, lease_until = ? WHERE id = ? AND owner = ?",
            (owner, self._clock.now() + seconds, id, held_by),
        )
        return taken > 0

    def release(self, id: str, owner: str) -> None:
        """Give the right back; nothing happens when another owner holds it by now."""
        self._database.write(
            "UPDATE runs SET owner = NULL, lease_until = NULL WHERE id = ? AND owner = ?",
            (id, owner),
        )

    def lease_of(self, id: str) -> Lease | None:
        """Who holds the run, or None."""
        row = self._database.row("SELECT owner, lease_until FROM runs WHERE id = ?", (id,))
        return None if row is None or row[0] is None else Lease(owner=row[0], until=row[1])
