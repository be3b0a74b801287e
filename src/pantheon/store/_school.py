"""What nights keep about learning itself: trials, evidence, judgements, alarms, suggestions."""

from __future__ import annotations

from collections.abc import Iterable

from pantheon.errors import NotFound
from pantheon.ids import ContentHash
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._school_records import (
    Alarm,
    Decision,
    Evidence,
    Judgement,
    Look,
    ShadowPrediction,
    Suggestion,
    Trial,
)
from pantheon.store._table import Table, where


class Trials:
    """Rungs that were trained, by what decides their outcome."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Trial, name="trials", json=("result",))

    def get(self, key: str) -> Trial | None:
        """The trial of that key, or None."""
        return self._table.first("WHERE key = ?", (key,))

    def put(self, trial: Trial) -> None:
        """Keep a trial, in place of an earlier one with its key."""
        self._table.replace(trial)

    def list(self, agent: str | None = None, *, night: str | None = None) -> list[Trial]:
        """Trials in the order in which they were made."""
        clause, parameters = where(("agent = ?", agent), ("night = ?", night))
        return self._table.select(clause + " ORDER BY rowid", parameters)


class EvidenceLog:
    """Anytime-valid tests, a row for each night that they grew."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Evidence, name="evidence", json=("state",))

    def add(self, evidence: Evidence) -> None:
        """Write where a test stands now."""
        self._table.insert(evidence)

    def last(self, agent: str, test: str, subject: str | None = None) -> Evidence | None:
        """Where a test stood last, or None if it never began."""
        clause, parameters = where(
            ("agent = ?", agent), ("test = ?", test), ("subject = ?", subject)
        )
        return self._table.first(clause + " ORDER BY rowid DESC LIMIT 1", parameters)

    def list(self, agent: str | None = None, *, test: str | None = None) -> list[Evidence]:
        """All steps, oldest first."""
        clause, parameters = where(("agent = ?", agent), ("test = ?", test))
        return self._table.select(clause + " ORDER BY rowid", parameters)


class Decisions:
    """The ledger of the false-discovery budget over all agents, in the order of the tests."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Decision, name="decisions", flags=("rejected",))

    def add(self, decision: Decision) -> None:
        """Write a test and what came of it."""
        self._table.insert(decision)

    def list(self, agent: str | None = None) -> list[Decision]:
        """All tests, oldest first."""
        clause, parameters = where(("agent = ?", agent))
        return self._table.select(clause + " ORDER BY rowid", parameters)


class Looks:
    """Every query to a holdout; each look wears it."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(database, values, Look, name="looks")

    def add(
        self,
        agent: str,
        *,
        night: str | None,
        n: int,
        at: float,
        purpose: str = "",
        rows: int = 0,
    ) -> None:
        """Write that the holdout was looked at `n` more times."""
        self._table.insert(Look(agent, night, n, at, purpose, rows))

    def total(self, agent: str) -> int:
        """Looks so far."""
        sql = "SELECT total(looks) FROM looks WHERE agent = ?"
        return int(self._database.scalar(sql, (agent,)))

    def list(self, agent: str | None = None) -> list[Look]:
        """All looks, oldest first."""
        clause, parameters = where(("agent = ?", agent))
        return self._table.select(clause + " ORDER BY rowid", parameters)


class Judgements:
    """Which of two different answers was right; one for each request, the last one counts."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(
            database,
            values,
            Judgement,
            name="judgements",
            json=("output", "local_output", "cloud_output"),
        )

    def add(self, judgement: Judgement) -> None:
        """Write a judgement; one with the same id is replaced."""
        self._table.replace(judgement)

    def list(self, agent: str | None = None, *, example: str | None = None) -> list[Judgement]:
        """Judgements, oldest first."""
        clause, parameters = where(("agent = ?", agent), ("example = ?", example))
        return self._table.select(clause + " ORDER BY at, rowid", parameters)


class ShadowPredictions:
    """What versions said of requests they had never seen."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(
            database,
            values,
            ShadowPrediction,
            name="predictions",
            json=("output",),
            flags=("accepted",),
        )

    def add(self, predictions: Iterable[ShadowPrediction]) -> int:
        """Write predictions, all or none; what a version has said of a request already stays.

        Returns how many were new.
        """
        return self._table.insert_all_new(predictions)

    def list(
        self, agent: str, *, version: ContentHash | None = None, since: float | None = None
    ) -> list[ShadowPrediction]:
        """Predictions, oldest first."""
        clause, parameters = where(
            ("agent = ?", agent), ("version = ?", version), ("at >= ?", since)
        )
        return self._table.select(clause + " ORDER BY at, rowid", parameters)


class Alarms:
    """What no longer is as it was."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Alarm, name="alarms", json=("detail",))

    def add(self, alarm: Alarm) -> None:
        """Write an alarm; one with the same id is replaced."""
        self._table.replace(alarm)

    def close(self, id: str) -> None:
        """Mark an alarm as over; NotFound when there is none."""
        if not self._table.update(id, {"state": "closed"}):
            raise NotFound(f"There is no alarm {id}.", hint="`pantheon alarms list` shows them.")

    def list(self, agent: str | None = None, *, state: str | None = None) -> list[Alarm]:
        """Alarms, oldest first."""
        clause, parameters = where(("agent = ?", agent), ("state = ?", state))
        return self._table.select(clause + " ORDER BY at, rowid", parameters)


class Suggestions:
    """Changes that the system proposes and a person decides."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Suggestion, name="suggestions", json=("body",))

    def put(self, suggestion: Suggestion) -> None:
        """Write a suggestion, in place of an earlier one with its id."""
        self._table.replace(suggestion)

    def get(self, id: str) -> Suggestion:
        """The suggestion, or NotFound."""
        found = self._table.first("WHERE id = ?", (id,))
        if found is None:
            raise NotFound(
                f"There is no suggestion {id}.", hint="`pantheon suggestions list` shows them."
            )
        return found

    def set_state(self, id: str, state: str) -> None:
        """Write what a person decided."""
        if not self._table.update(id, {"state": state}):
            self.get(id)

    def list(self, kind: str | None = None, *, state: str | None = None) -> list[Suggestion]:
        """Suggestions, oldest first."""
        clause, parameters = where(("kind = ?", kind), ("state = ?", state))
        return self._table.select(clause + " ORDER BY at, rowid", parameters)
