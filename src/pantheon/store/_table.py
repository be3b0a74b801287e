"""How a frozen record becomes a row and back: columns are fields, JSON columns are packed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Generic, LiteralString, TypeVar, cast

from pantheon.store._blobs import Values
from pantheon.store._database import Database, SqlRow

RecordT = TypeVar("RecordT")


def where(
    *conditions: tuple[LiteralString, object],
) -> tuple[LiteralString, list[object]]:
    """`WHERE` of the conditions whose value is given; values only ever go in as parameters."""
    clauses: list[LiteralString] = []
    values: list[object] = []
    for clause, value in conditions:
        if value is not None:
            clauses.append(clause)
            values.append(value)
    return ("WHERE " + " AND ".join(clauses) if clauses else ""), values


class Table(Generic[RecordT]):
    """A table whose rows are one kind of record."""

    def __init__(
        self,
        database: Database,
        values: Values,
        record: type[RecordT],
        *,
        name: LiteralString,
        json: Sequence[str] = (),
        tuples: Sequence[str] = (),
        flags: Sequence[str] = (),
    ) -> None:
        self._database = database
        self._values = values
        self._record: Any = record
        names = [f.name for f in fields(cast("Any", record))]
        self.names = names
        self._get = attrgetter(*names)
        self._json = tuple(names.index(n) for n in [*json, *tuples])
        self._tuples = tuple(names.index(n) for n in tuples)
        self._flags = tuple(names.index(n) for n in flags)
        columns = ", ".join(f'"{n}"' for n in names)
        marks = ", ".join("?" * len(names))
        self._insert = f"INTO {name} ({columns}) VALUES ({marks})"
        self._select = f"SELECT {columns} FROM {name} "  # noqa: S608 (names of fields)
        self._name = name

    # ------------------------------------------------------------------ writing

    def insert(self, record: RecordT) -> None:
        """Write a new row."""
        self._database.write("INSERT " + self._insert, self.row(record))

    def insert_new(self, record: RecordT) -> bool:
        """Write the row unless its key exists; says whether it was new."""
        return self._database.write("INSERT OR IGNORE " + self._insert, self.row(record)) > 0

    def insert_all_new(self, records: Iterable[RecordT]) -> int:
        """Write the rows whose keys are new, all or none; says how many there were."""
        with self._database.transaction():
            rows = [self.row(record) for record in records]
            return self._database.write_many("INSERT OR IGNORE " + self._insert, rows)

    def replace(self, record: RecordT) -> None:
        """Write the row, over an older one with its key."""
        self._database.write("INSERT OR REPLACE " + self._insert, self.row(record))

    def upsert(self, records: Sequence[RecordT], *, conflict: LiteralString) -> int:
        """Write rows with an ON CONFLICT clause; returns how many rows were written."""
        sql = f"INSERT {self._insert} {conflict}"
        if len(records) == 1:
            return self._database.write(sql, self.row(records[0]))
        return self._database.write_many(sql, [self.row(r) for r in records])

    def update(self, key: str, changes: Mapping[str, object]) -> bool:
        """Change fields of the row whose first field is `key`; says whether there is one."""
        for name in changes:
            if name not in self.names:
                raise TypeError(f"{self._record.__name__} has no field {name!r}")
        columns = ", ".join(f'"{name}" = ?' for name in changes)
        parameters = [self._column(n, v) for n, v in changes.items()]
        sql = f'UPDATE {self._name} SET {columns} WHERE "{self.names[0]}" = ?'  # noqa: S608 (names of fields)
        return self._database.write(sql, [*parameters, key]) > 0

    def row(self, record: RecordT) -> list[object]:
        """The record's values as columns."""
        values: list[Any] = list(self._get(record))
        pack = self._values.pack
        for i in self._tuples:
            values[i] = list(values[i]) or None
        for i in self._json:
            values[i] = pack(values[i])
        return values

    def _column(self, name: str, value: Any) -> object:
        index = self.names.index(name)
        if index in self._tuples:
            value = list(value) or None
        return self._values.pack(value) if index in self._json else value

    # ------------------------------------------------------------------ reading

    def select(self, rest: LiteralString = "", parameters: Sequence[object] = ()) -> list[RecordT]:
        """The records of a query; `rest` is what follows `FROM table`."""
        return [self.record(r) for r in self._database.rows(self._select + rest, parameters)]

    def first(self, rest: LiteralString, parameters: Sequence[object] = ()) -> RecordT | None:
        """The first record of a query, or None."""
        row = self._database.row(self._select + rest, parameters)
        return None if row is None else self.record(row)

    def count(self, rest: LiteralString = "", parameters: Sequence[object] = ()) -> int:
        """How many rows a query has."""
        sql = f"SELECT count(*) FROM {self._name} {rest}"  # noqa: S608 (literals)
        return int(self._database.scalar(sql, parameters))

    def record(self, row: SqlRow) -> RecordT:
        """The record a row holds."""
        values = list(row)
        unpack = self._values.unpack
        for i in self._json:
            if values[i] is not None:
                values[i] = unpack(values[i])
        for i in self._tuples:
            values[i] = tuple(values[i] or ())
        for i in self._flags:
            values[i] = None if values[i] is None else bool(values[i])
        return self._record(*values)
