"""Runs of a version beside what answers, on the same input: what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.ids import ContentHash, JsonObject, RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._table import Table, where

Agreement: TypeAlias = Literal["same", "differs", "failed", "unknown"]
"""How a shadow run compares with the run beside which it was made. Failed: it gave nothing, where
the other gave something. Unknown: it would have had to ask what nobody asks for a shadow."""


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """One run of a version on channel `shadow`; its output was given to nobody."""

    run: RunId
    """The run that answered, on the same input."""
    release: ContentHash
    """The version in the shadow."""
    at: float
    agreement: Agreement
    output: JsonObject | None = None
    failure: JsonObject | None = None
    """`{reason, message, node}` when it gave nothing."""
    steps: JsonObject | None = None
    """`{node: who answered}`."""
    cost_usd: float = 0.0
    """Paid for the shadow itself; answers taken from the run cost nothing again."""
    seconds: float = 0.0
    cause: str = "shadow"


class ShadowRuns:
    """Shadow runs by version, and by the run that answered."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(
            database,
            values,
            ShadowRun,
            name="shadow_runs",
            json=("output", "failure", "steps"),
        )

    def add(self, shadow: ShadowRun) -> None:
        """Write what became of one; the first of a run and a version stays."""
        self._table.insert_new(shadow)

    def list(
        self,
        release: ContentHash | None = None,
        *,
        run: RunId | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> list[ShadowRun]:
        """Shadow runs, the newest first."""
        clause, parameters = where(("release = ?", release), ("run = ?", run), ("at >= ?", since))
        return self._table.select(
            clause + " ORDER BY at DESC, rowid DESC LIMIT ?",
            [*parameters, -1 if limit is None else limit],
        )

    def counts(self, release: ContentHash, *, since: float) -> dict[str, int]:
        """How many of a version came to what, since a moment."""
        rows = self._database.rows(
            "SELECT agreement, count(*) FROM shadow_runs WHERE release = ? AND at >= ? "
            "GROUP BY agreement",
            (release, since),
        )
        return {str(agreement): int(count) for agreement, count in rows}

    def spent(self, release: ContentHash, *, since: float) -> float:
        """USD that the shadow runs of a version cost, since a moment."""
        return float(
            self._database.scalar(
                "SELECT total(cost_usd) FROM shadow_runs WHERE release = ? AND at >= ?",
                (release, since),
            )
        )
