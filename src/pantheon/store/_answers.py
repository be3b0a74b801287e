"""Every answer of every agent, the audits of local ones, and what people and checks said."""

from __future__ import annotations

from typing import LiteralString

from pantheon.clock import Clock
from pantheon.errors import NotFound
from pantheon.ids import RunId
from pantheon.store._blobs import Values
from pantheon.store._database import Database
from pantheon.store._records import AnswerRow, Audit, Feedback
from pantheon.store._table import Table, where


class Answers:
    """Answers by id, agent, run and time."""

    def __init__(self, database: Database, values: Values) -> None:
        self._database = database
        self._table = Table(
            database,
            values,
            AnswerRow,
            name="answers",
            json=("input", "output"),
            tuples=("tried",),
            flags=("local",),
        )

    def add(self, answer: AnswerRow) -> None:
        """Write a new answer."""
        self._table.insert(answer)

    def replace(self, answer: AnswerRow) -> None:
        """Write an answer, over the row with its id: a question to a person stays one row."""
        self._table.replace(answer)

    def get(self, id: str) -> AnswerRow:
        """The answer, or NotFound."""
        found = self._table.first("WHERE id = ?", (id,))
        if found is None:
            raise NotFound(
                f"There is no answer {id} in {self._database.path}.",
                hint="`pantheon runs show RUN` lists the answers of a run.",
            )
        return found

    def list(
        self,
        agent: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        run: RunId | str | None = None,
        limit: int | None = None,
        traffic: bool | None = None,
    ) -> list[AnswerRow]:
        """Answers with since ≤ at < until, oldest first; a limit keeps the newest ones.

        `traffic`: only requests (True), or only rows that have another role (False).
        """
        clause, parameters = _between(agent, since, until, run, traffic)
        if limit is None:
            return self._table.select(clause + " ORDER BY at, rowid", parameters)
        newest = self._table.select(
            clause + " ORDER BY at DESC, rowid DESC LIMIT ?", [*parameters, limit]
        )
        return newest[::-1]

    def count(
        self,
        agent: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        run: RunId | str | None = None,
        traffic: bool | None = None,
    ) -> int:
        """How many answers `list` would give."""
        return self._table.count(*_between(agent, since, until, run, traffic))

    def of_node(self, run: RunId | str, node: str | None = None) -> list[AnswerRow]:
        """The answers given in a run (by one of its nodes), oldest first."""
        clause, parameters = where(("run = ?", run), ("node = ?", node))
        return self._table.select(clause + " ORDER BY at, rowid", parameters)

    def agents(self) -> list[str]:
        """Names of all agents that ever answered, sorted."""
        return [r[0] for r in self._database.rows("SELECT DISTINCT agent FROM answers ORDER BY 1")]

    def spent(self, since: float | None = None) -> float:
        """USD paid to the cloud for answers and audits since a moment."""
        start = float("-inf") if since is None else since
        return float(
            self._database.scalar(
                "SELECT (SELECT total(cost_usd) FROM answers WHERE at >= ?)"
                " + (SELECT total(cost_usd) FROM audits WHERE at >= ?)",
                (start, start),
            )
        )


def _between(
    agent: str | None,
    since: float | None,
    until: float | None,
    run: str | None,
    traffic: bool | None,
) -> tuple[LiteralString, list[object]]:
    return where(
        ("agent = ?", agent),
        ("at >= ?", since),
        ("at < ?", until),
        ("run = ?", run),
        ("(role = '') = ?", traffic),
    )


class Audits:
    """Local answers that were, or still must be, asked of the cloud as well."""

    def __init__(self, database: Database, values: Values, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._table = Table(
            database, values, Audit, name="audits", json=("cloud_output",), flags=("agrees",)
        )

    def owe(self, answer: str, agent: str) -> None:
        """Note that an answer was drawn for an audit."""
        self._database.write(
            "INSERT OR IGNORE INTO owed_audits (answer, agent, at) VALUES (?, ?, ?)",
            (answer, agent, self._clock.now()),
        )

    def owed(self, agent: str | None = None) -> list[str]:
        """Ids of answers whose audit is due, longest due first."""
        clause, parameters = where(("agent = ?", agent))
        sql = "SELECT answer FROM owed_audits " + clause + " ORDER BY at, rowid"  # noqa: S608 (literals)
        return [r[0] for r in self._database.rows(sql, parameters)]

    def settle(self, audit: Audit) -> None:
        """Write what an audit came to; it is not owed any longer."""
        with self._database.transaction():
            self._table.replace(audit)
            self._database.write("DELETE FROM owed_audits WHERE answer = ?", (audit.answer,))

    def get(self, answer: str) -> Audit | None:
        """The audit of an answer, or None."""
        return self._table.first("WHERE answer = ?", (answer,))

    def list(
        self,
        agent: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
    ) -> list[Audit]:
        """Audits with since ≤ at < until, oldest first."""
        clause, parameters = where(("agent = ?", agent), ("at >= ?", since), ("at < ?", until))
        return self._table.select(clause + " ORDER BY at, rowid", parameters)


class FeedbackLog:
    """What people and automatic checks said about answers."""

    def __init__(self, database: Database, values: Values) -> None:
        self._table = Table(database, values, Feedback, name="feedback", json=("correction",))

    def add(self, feedback: Feedback) -> None:
        """Write one more verdict."""
        self._table.insert(feedback)

    def list(
        self,
        agent: str | None = None,
        *,
        answer: str | None = None,
        since: float | None = None,
        until: float | None = None,
    ) -> list[Feedback]:
        """Verdicts with since ≤ at < until, oldest first."""
        clause, parameters = where(
            ("agent = ?", agent), ("answer = ?", answer), ("at >= ?", since), ("at < ?", until)
        )
        return self._table.select(clause + " ORDER BY at, rowid", parameters)
