"""Work handed in for the night, and questions that wait for a person."""

from __future__ import annotations

from typing import Literal

from pantheon.errors import InputError, NotFound
from pantheon.ids import JsonObject, RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import InboxItem, QueueItem
from pantheon.store._table import Table, where


class Queue:
    """Work by priority (higher first), then by age."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(database, values, QueueItem, name="queue", json=("input",))

    def submit(self, item: QueueItem) -> None:
        """Hand work in."""
        self._table.insert(item)

    def get(self, id: str) -> QueueItem:
        """The item, or NotFound."""
        found = self._table.first("WHERE id = ?", (id,))
        if found is None:
            raise NotFound(
                f"There is no queued work {id} in {self._database.path}.",
                hint="`pantheon submit` prints the id of what it hands in.",
            )
        return found

    def take(self) -> QueueItem | None:
        """Claim the next item: no two callers, in whatever processes, get the same one."""
        with self._database.transaction():
            item = self._table.first(
                "WHERE state = 'queued' ORDER BY priority DESC, submitted, rowid LIMIT 1"
            )
            if item is None:
                return None
            self._table.update(item.id, {"state": "running"})
        return self.get(item.id)

    def finish(
        self, id: str, state: Literal["queued", "running", "done", "failed"], run: RunId | None
    ) -> None:
        """Write what became of an item; `queued` puts it back."""
        if not self._table.update(id, {"state": state, "run": run}):
            self.get(id)

    def list(self, state: str | None = None) -> list[QueueItem]:
        """Items in the order in which they are taken."""
        clause, parameters = where(("state = ?", state))
        return self._table.select(clause + " ORDER BY priority DESC, submitted, rowid", parameters)


class Inbox:
    """Questions to people."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(
            database, values, InboxItem, name="inbox", json=("input", "schema", "answer")
        )

    def ask(self, item: InboxItem) -> None:
        """Put a question; asking the same one (by id) again changes nothing."""
        self._table.insert_new(item)

    def get(self, id: str) -> InboxItem:
        """The question, or NotFound."""
        found = self._table.first("WHERE id = ?", (id,))
        if found is None:
            raise NotFound(
                f"There is no question {id} in the inbox of {self._database.path}.",
                hint="`pantheon inbox` lists the open questions.",
            )
        return found

    def list(
        self,
        state: Literal["open", "answered", "withdrawn"] | None = "open",
        *,
        run: RunId | str | None = None,
    ) -> list[InboxItem]:
        """Questions, longest asked first; state None: all of them."""
        clause, parameters = where(("state = ?", state), ("run = ?", run))
        return self._table.select(clause + " ORDER BY asked, rowid", parameters)

    def answer(self, id: str, output: JsonObject, at: float) -> InboxItem:
        """Write a person's answer. InputError when the question is not open any longer."""
        with self._database.transaction():
            item = self.get(id)
            if item.state != "open":
                raise InputError(
                    f"The question {id} is {item.state} already.",
                    hint="`pantheon inbox` lists the open questions.",
                )
            self._table.update(id, {"state": "answered", "answer": output, "answered": at})
        return self.get(id)

    def withdraw(self, id: str) -> None:
        """Nobody needs the answer any longer."""
        item = self.get(id)
        if item.state == "open":
            self._table.update(id, {"state": "withdrawn"})

    def forget_withdrawn(self, run: RunId | str) -> None:
        """A run that was ended goes on: what it asked for then may be asked anew."""
        self._database.write("DELETE FROM inbox WHERE run = ? AND state = 'withdrawn'", (run,))

    def take_back(self, id: str) -> None:
        """Forget an open question as if it had not been put: it may be put anew."""
        self._database.write("DELETE FROM inbox WHERE id = ? AND state = 'open'", (id,))
