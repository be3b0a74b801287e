"""Nights and what each taught each agent."""

from __future__ import annotations

from typing import Literal

from pantheon.errors import NotFound
from pantheon.ids import JsonObject
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import Lesson, Night
from pantheon.store._table import Table, where


class Nights:
    """Nights by id, and their lessons."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._nights = Table(database, values, Night, name="nights", json=("summary",))
        self._lessons = Table(
            database,
            values,
            Lesson,
            name="lessons",
            json=("calibration", "gate"),
            tuples=("reasons",),
        )

    def start(self, night: Night) -> None:
        """Write that a night began."""
        self._nights.insert(night)

    def finish(
        self, id: str, state: Literal["done", "failed"], summary: JsonObject, at: float
    ) -> None:
        """Write how a night ended."""
        changes = {"state": state, "summary": summary, "finished": at}
        if not self._nights.update(id, changes):
            self.get(id)

    def get(self, id: str) -> Night:
        """The night, or NotFound."""
        found = self._nights.first("WHERE id = ?", (id,))
        if found is None:
            raise NotFound(
                f"There is no night {id} in {self._database.path}.",
                hint="`pantheon report` without --night shows the last one.",
            )
        return found

    def list(self, limit: int | None = None) -> list[Night]:
        """The newest nights first."""
        return self._nights.select(
            "ORDER BY started DESC, rowid DESC LIMIT ?", (-1 if limit is None else limit,)
        )

    def add_lesson(self, lesson: Lesson) -> None:
        """Write what a night did for an agent."""
        self._lessons.insert(lesson)

    def lessons(self, night: str | None = None, agent: str | None = None) -> list[Lesson]:
        """Lessons, oldest first."""
        clause, parameters = where(("night = ?", night), ("agent = ?", agent))
        return self._lessons.select(clause + " ORDER BY rowid", parameters)
