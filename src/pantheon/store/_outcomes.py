"""What runs came to, as figures: whether they failed, what they cost, how long they took."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from pantheon.ids import ContentHash
from pantheon.store._database import Database
from pantheon.store._table import where


@dataclass(frozen=True, slots=True)
class WhichRuns:
    """Which runs: all that is given must hold."""

    since: float
    flow: str | None = None
    release: ContentHash | None = None
    channel: str | None = None
    plain: bool = False
    """Only those of the working files: no version was chosen for them."""
    pins: Sequence[ContentHash] | None = None
    """Only those that began with one of these pins."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to."""

    state: str
    usd: float
    """Of its answers."""
    seconds: float | None
    """From its begin to its end. None while it is under way; also where it was cut short or
    waited, as that time is not its own, and where the course of it was deleted."""


_OUTCOMES: Final = """SELECT state,
 (SELECT total(cost_usd) FROM answers WHERE answers.run = runs.id),
 CASE WHEN compacted IS NULL AND NOT EXISTS
  (SELECT 1 FROM events WHERE events.run = runs.id AND kind = 'run_resumed')
 THEN finished - created END FROM runs"""
_AUDITS: Final = """SELECT coalesce(sum(NOT audits.agrees), 0), count(*) FROM answers
 JOIN audits ON audits.answer = answers.id AND audits.agrees IS NOT NULL
 WHERE (? IS NULL OR answers.agent = ?) AND answers.run IN (SELECT id FROM runs"""
_ENDED: Final = "SELECT coalesce(sum(state IN ('done', 'failed')), 0) FROM runs"
_PINS: Final = "SELECT DISTINCT flow_hash FROM runs"


class Outcomes:
    """Figures of runs; nothing is written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def runs(self, some: WhichRuns) -> list[Outcome]:
        """What runs came to, in the order in which they began; cancelled ones came to nothing."""
        clause, given = _where(some)
        sql = f"{_OUTCOMES} {clause} AND state != 'cancelled' ORDER BY rowid"
        return [Outcome(*row) for row in self._database.rows(sql, given)]

    def ended(self, some: WhichRuns) -> int:
        """How many runs are done or have failed."""
        clause, given = _where(some)
        return int(self._database.scalar(f"{_ENDED} {clause}", given))

    def audits(self, some: WhichRuns, agent: str | None = None) -> tuple[int, int]:
        """Of the audited answers in runs (of an agent): how many were unlike the cloud's, and all."""
        clause, given = _where(some)
        row = self._database.row(f"{_AUDITS} {clause})", (agent, agent, *given))
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def pins(self, some: WhichRuns) -> list[ContentHash]:
        """What runs began with, each once."""
        clause, given = _where(some)
        rows = self._database.rows(f"{_PINS} {clause}", given)
        return [ContentHash(row[0]) for row in rows]


def _where(some: WhichRuns) -> tuple[LiteralString, list[object]]:
    pins = None if some.pins is None else json.dumps(list(some.pins))
    plain = 1 if some.plain else None
    return where(
        ("created >= ?", some.since),
        ("flow = ?", some.flow),
        ("release = ?", some.release),
        ("channel = ?", some.channel),
        ("(release IS NULL AND channel IS NULL) = ?", plain),
        ("flow_hash IN (SELECT value FROM json_each(?))", pins),
    )
